import type { Page } from "@playwright/test";
import { answers, expect, test, textOf } from "./fixtures";
import { somebody } from "./harness/rest";

test.use({ withModel: true });

/** Whether what has the focus looks different from when it has not, in itself or in what frames it. */
async function focusShows(page: Page): Promise<{ what: string; shows: boolean }> {
  return page.evaluate(async () => {
    const el = document.activeElement as HTMLElement;
    const frames: Element[] = [el];
    for (let up = el.parentElement; up && frames.length < 5; up = up.parentElement) frames.push(up);
    const look = () =>
      frames.map((f) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, transform, backgroundColor } = getComputedStyle(f);
        return `${outlineStyle === "none" ? "" : outlineWidth + outlineColor} ${boxShadow} ${transform} ${backgroundColor}`;
      });
    // What fades in has to have arrived.
    const rest = () => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => undefined)));
    await rest();
    const focused = look();
    el.blur();
    await rest();
    const blurred = look();
    el.focus();
    return { what: `${el.tagName} ${el.getAttribute("aria-label") ?? el.textContent?.slice(0, 40)}`, shows: focused.join() !== blurred.join() };
  });
}

test("10. From signing in to reading an answer no mouse is needed, and one always sees where one is", async ({ page, rest, context }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await rest.project("Harbour");
  await context.clearCookies();
  await page.goto("/login");
  await expect(page.getByLabel("Email or user name")).toBeFocused();
  await page.keyboard.type(somebody.username);
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Password", { exact: true })).toBeFocused();
  await page.keyboard.type(somebody.password);
  await page.keyboard.press("Enter");

  await expect(page.getByRole("textbox", { name: "Start a new chat" })).toBeFocused();
  await page.keyboard.type("What is a boat?");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("Be brief.");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(textOf(page)).toContainText("This answer comes from the test server.");
  await expect(page.getByRole("status").filter({ hasText: "Answer finished" }), "a screen reader is told").toBeAttached();

  // Once around the whole page.
  const skip = page.getByRole("link", { name: "Skip to the page" });
  await page.keyboard.press("Tab"); // off the end of the page
  await page.keyboard.press("Tab");
  await expect(skip, "the way around the sidebar comes first").toBeFocused();
  const stops: string[] = [];
  do {
    const { what, shows } = await focusShows(page);
    expect(shows, `the focus shows on ${what}`).toBe(true);
    stops.push(what);
    await page.keyboard.press("Tab");
  } while (stops.length < 60 && (await page.evaluate(() => document.activeElement !== document.body)));
  for (const name of ["New chat", "Harbour", "profile, theme", "Copy", "Regenerate", "Message"]) expect(stops.join("\n")).toContain(name);
});

test("10. A menu and a dialog are opened, used and left with the keyboard, and the focus comes back", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  const trigger = page.getByRole("button", { name: "Chat menu" });
  await trigger.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Copy link" })).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: "Delete" })).toBeFocused();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  for (let n = 0; n < 6; n++) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((el) => el.contains(document.activeElement)), "the focus stays in the dialog").toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(trigger).toBeFocused();
});
