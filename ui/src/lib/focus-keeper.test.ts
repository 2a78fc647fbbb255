import { afterEach, beforeEach, expect, it } from "vitest";
import { keepFocus } from "./focus-keeper";

let stop: () => void;

beforeEach(() => {
  stop = keepFocus();
});
afterEach(() => {
  stop();
  document.body.innerHTML = "";
});

function draw(html: string) {
  document.body.innerHTML = `<main id="main" tabindex="-1"><h1>Settings</h1>${html}</main>`;
  const button = (name: string) => [...document.querySelectorAll("button")].find((b) => b.textContent === name) as HTMLButtonElement;
  return { button, row: (name: string) => button(name).closest("li, tr, article") as HTMLElement };
}

const settled = () => new Promise((done) => setTimeout(done, 120));
const rows = (...names: string[]) => names.map((n) => `<li><a href="/${n}">${n}</a><button>More ${n}</button><button>End ${n}</button></li>`).join("");

it("goes to the same control of the next row", async () => {
  const { button, row } = draw(`<section><h2>Sessions</h2><ul>${rows("a", "b", "c")}</ul></section>`);
  button("End b").focus();
  row("End b").remove();
  await settled();
  expect(document.activeElement).toBe(button("End c"));
});

it("goes to the row before when it was the last one, also in a table", async () => {
  const { button, row } = draw("<table><tbody><tr><td><button>End a</button></td></tr><tr><td><button>End b</button></td></tr></tbody></table>");
  button("End b").focus();
  row("End b").remove();
  await settled();
  expect(document.activeElement).toBe(button("End a"));
});

it("goes to the heading of the section when the list is empty, or gone", async () => {
  const { button } = draw(`<section><h2>Sessions</h2><ul>${rows("a")}</ul></section><section><h2>Keys</h2></section>`);
  button("End a").focus();
  document.querySelector("ul")?.remove();
  await settled();
  expect(document.activeElement?.textContent).toBe("Sessions");
});

it("goes to the field of its form when a chip above it goes", async () => {
  const { button, row } = draw("<form><ul><li><button>Remove a</button></li></ul><button>Attach</button><textarea></textarea></form>");
  button("Remove a").focus();
  row("Remove a").parentElement?.remove();
  await settled();
  expect(document.activeElement?.tagName).toBe("TEXTAREA");
});

it("goes to the new page's heading when everything is replaced", async () => {
  const { button } = draw(`<div><h2>Chat</h2><button>Send</button></div>`);
  button("Send").focus();
  (document.getElementById("main") as HTMLElement).innerHTML = "<h1>No such chat</h1>";
  await settled();
  expect(document.activeElement?.textContent).toBe("No such chat");
});

it("goes on when what has the focus is disabled or hidden", async () => {
  const { button } = draw("<form><button>One</button><button>Two</button></form>");
  button("One").focus();
  button("One").disabled = true;
  button("One").blur(); // as browsers do
  await settled();
  expect(document.activeElement).toBe(button("Two"));
});

it("lets whoever moves the focus first have it, and does nothing when nothing is lost", async () => {
  const { button, row } = draw(`<ul>${rows("a", "b")}</ul><button>Search</button>`);
  button("End a").focus();
  row("End a").remove();
  button("Search").focus();
  await settled();
  expect(document.activeElement).toBe(button("Search"));
  button("Search").blur();
  document.querySelector("ul")?.remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
});
