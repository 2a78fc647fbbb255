import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { Markdown } from "@/components/markdown/markdown";

// The page's renderer and nothing else, without the policy that would stop a script all the same: a test
// sees by this alone what the renderer lets through.

declare global {
  interface Window {
    /** What ran that should not have. */
    ran: string[];
    /** Draws a text as it grows, letter by letter, and returns what it found wrong on the way. */
    grow: (text: string) => Promise<string[]>;
    /** Puts a server's HTML into the document, twice: what it reads as the second time counts too. */
    show: (html: string[]) => Promise<string[]>;
  }
}

window.ran = [];
for (const name of ["alert", "confirm", "prompt", "open"] as const) Object.assign(window, { [name]: () => void window.ran.push(name) });
for (const event of ["securitypolicyviolation", "error"])
  window.addEventListener(event, (e) => window.ran.push(`${event}: ${"message" in e ? e.message : ""}`));

const box = document.querySelector("#box") as HTMLElement;
const settled = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));

/** Handlers, addresses that do something, elements that fetch, names that stand in the way of the document's own. */
function faults(root: Element): string[] {
  return [...root.querySelectorAll("*")].flatMap((node) => {
    const bad = [...node.attributes].filter(
      ({ name }) =>
        /^on|^(src|srcset|srcdoc|action|formaction|ping|poster|background|data|name|xlink:href)$/.test(name) || (name === "id" && !node.closest("svg")),
    );
    const leads = node instanceof HTMLAnchorElement && node.hasAttribute("href") && !["http:", "https:", "mailto:"].includes(node.protocol);
    const strange = /^(script|style|img|iframe|object|embed|form|base|meta|link|video|audio|source|template|noscript|textarea|select|foreignobject)$/i.test(
      node.tagName,
    );
    return [
      ...bad.map(({ name, value }) => `${node.tagName} ${name}=${value}`),
      ...(leads ? [`a leads to ${node.href}`] : []),
      ...(strange ? [node.tagName] : []),
    ];
  });
}

window.grow = async (text) => {
  const root = createRoot(box);
  const found = new Set<string>();
  for (let end = 1; end <= text.length; end++) {
    flushSync(() => root.render(<Markdown text={text.slice(0, end)} live={end < text.length} />));
    for (const fault of faults(box)) found.add(`${JSON.stringify(text.slice(0, end))}: ${fault}`);
  }
  await settled();
  for (const fault of faults(box)) found.add(`${JSON.stringify(text)}: ${fault}`);
  root.unmount();
  return [...found];
};

window.show = async (list) => {
  const again = document.createElement("div");
  box.after(again);
  const found = new Set<string>();
  for (const html of list) {
    box.innerHTML = html;
    again.innerHTML = box.innerHTML;
    for (const fault of [...faults(box), ...faults(again)]) found.add(`${JSON.stringify(html)}: ${fault}`);
  }
  await settled();
  box.replaceChildren();
  again.remove();
  return [...found];
};
