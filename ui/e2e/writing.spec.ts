import type { Locator } from "@playwright/test";
import { answers, expect, questions, say, test } from "./fixtures";

test.use({ withModel: true });

// Two by two pixels, red.
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQI12P8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==";

/** Pastes as a browser does: what is not taken by the page is inserted as plain text. */
function paste(field: Locator, clipboard: { text?: string; html?: string; image?: boolean }): Promise<void> {
  return field.evaluate(
    (el, { text, html, png }) => {
      const data = new DataTransfer();
      if (text) data.setData("text/plain", text);
      if (html) data.setData("text/html", html);
      if (png) data.items.add(new File([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], "image.png", { type: "image/png" }));
      (el as HTMLElement).focus();
      const untaken = el.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      if (untaken && text) document.execCommand("insertText", false, text);
    },
    { ...clipboard, png: clipboard.image ? PNG : "" },
  );
}

const CELLS = { text: "A\tB\n1\t2", html: "<table><tr><td>A</td><td>B</td></tr></table>", image: true };

test("Pasting cells, rich text or slides pastes their text; a picture alone is attached", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  const drafts = page.locator("form").getByRole("list", { name: "Attachments" }).getByRole("listitem");
  for (const [address, label] of [
    ["/", "Start a new chat"],
    [`/threads/${thread.id}`, "Message"],
  ] as const) {
    await page.goto(address);
    const field = page.getByRole("textbox", { name: label });
    await expect(field).toBeEnabled();
    await expect(page.getByRole("button", { name: "Attach files" })).toBeVisible();
    await paste(field, CELLS);
    await expect(field).toHaveValue("A\tB\n1\t2");
    await field.fill("");
    await paste(field, { html: "<h1>Plan</h1><p>One</p>", image: true });
    await expect(field, "HTML beside a picture, without plain text").toHaveValue("Plan\nOne");
    await page.keyboard.press("Control+z");
    await expect(field, "a paste can be undone").toHaveValue("");
    await expect(drafts).toHaveCount(0);
    await paste(field, { html: '<img src="https://example.org/a.png">', image: true });
    await expect(drafts).toHaveCount(1);
    await expect(field).toHaveValue("");
    await page.getByRole("button", { name: "Remove image.png" }).click();
  }
  await say(page, "What is a boat?");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await questions(page).getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("textbox", { name: "Edit message" });
  await edit.fill("");
  await paste(edit, CELLS);
  await expect(edit).toHaveValue("A\tB\n1\t2");
  await paste(edit, { image: true });
  await expect(page.getByText("Files can't be added to a message that was already sent")).toBeVisible();
});

/** Ends a composition as Safari does: its Enter or Escape comes after `compositionend`, told apart by key code 229 alone. */
async function compose(field: Locator, text: string, key: "Enter" | "Escape" = "Enter"): Promise<void> {
  await field.fill(text);
  await field.evaluate(
    (el, [data, key]) => {
      el.dispatchEvent(new CompositionEvent("compositionstart", { data: "", bubbles: true }));
      el.dispatchEvent(new CompositionEvent("compositionend", { data: data ?? "", bubbles: true }));
      for (const isComposing of [false, true])
        el.dispatchEvent(new KeyboardEvent("keydown", { key: key ?? "", keyCode: 229, which: 229, isComposing, bubbles: true, cancelable: true }));
    },
    [text, key],
  );
}

test("The Enter and the Escape of an input method do nothing else, in every field", async ({ page, rest }) => {
  const project = await rest.project("Harbour");
  const thread = await rest.thread(project, "Boats");

  await page.goto("/");
  const start = page.getByRole("textbox", { name: "Start a new chat" });
  await compose(start, "日本");
  await expect(start).toHaveValue("日本");
  await expect(page).toHaveURL("/");

  await page.goto(`/threads/${thread.id}`);
  const message = page.getByRole("textbox", { name: "Message" });
  await compose(message, "日本");
  await expect(message).toHaveValue("日本");
  await expect(questions(page)).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");

  await questions(page).getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("textbox", { name: "Edit message" });
  for (const key of ["Enter", "Escape"] as const) {
    await compose(edit, "東京", key);
    await expect(edit).toHaveValue("東京");
  }
  await page.getByRole("button", { name: "Cancel" }).click();

  await page.getByRole("heading", { level: 1 }).getByRole("button").click();
  const title = page.getByRole("textbox", { name: "Chat title" });
  for (const key of ["Enter", "Escape"] as const) {
    await compose(title, "船", key);
    await expect(title).toBeFocused();
  }
  await page.keyboard.press("Escape");

  await page.keyboard.press("Control+k");
  const search = page.getByRole("combobox", { name: "Search" });
  for (const key of ["Enter", "Escape"] as const) {
    await compose(search, "日本", key);
    await expect(search).toHaveValue("日本");
  }
  await page.keyboard.press("Escape");
  await expect(search).toBeHidden();

  await page.goto(`/projects/${project.id}`);
  await page.getByRole("button", { name: "Project settings and more" }).click();
  await page.getByRole("menuitem", { name: "Project settings" }).click();
  for (const name of ["Name", "Tags"]) {
    for (const key of ["Enter", "Escape"] as const) {
      await compose(page.getByRole("textbox", { name, exact: true }), "港", key);
      await expect(page.getByRole("dialog", { name: "Project settings" })).toBeVisible();
    }
  }
  expect((await rest.call<{ name: string }>("GET", `/projects/${project.id}`)).name).toBe("Harbour");
});
