import { answers, expect, said, say, test, textOf } from "./fixtures";
import { focusShows, stopsOf } from "./harness/focus";
import { somebody } from "./harness/rest";
import { furnishPeople } from "./harness/screens-people";
import { count } from "./harness/words";

test.use({ withModel: true, settings: { "auth.registration": "invite" } });

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
  const { stops, unseen } = await stopsOf(page);
  expect(unseen, "where the focus does not show").toEqual([]);
  for (const name of ["New chat", "Harbour", "profile, theme", "Copy", "Regenerate", "Message"]) expect(stops.join("\n")).toContain(name);
});

test("10. A growing answer is read by keyboard: the messages are a stop, scroll, let go of the end and come back to it", async ({ page, rest }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 3000 every 1ms held at 1000]] Count");
  await expect.poll(async () => count(await said(page))).toBe(1000);
  const messages = page.getByRole("log", { name: "Messages" });
  for (let n = 0; n < 8 && !(await messages.evaluate((el) => el === document.activeElement)); n++) await page.keyboard.press("Shift+Tab");
  await expect(messages).toBeFocused();
  expect((await focusShows(page)).shows, "one sees where one is").toBe(true);
  const left = () => messages.evaluate((el) => el.scrollHeight - el.clientHeight - el.scrollTop);
  await expect.poll(left).toBeLessThan(2);
  await page.keyboard.press("PageUp");
  await expect(page.getByRole("button", { name: "Jump to latest" })).toBeVisible();
  await page.keyboard.press("End");
  await expect.poll(left).toBeLessThan(2);
  await expect(answers(page), "it was growing all the time").toHaveAttribute("data-status", "streaming");
  await expect(page.getByRole("button", { name: "Jump to latest" })).toBeHidden();
});

test("10. A menu and a dialog are opened, used and left with the keyboard, and the focus comes back", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await expect(page.getByRole("textbox", { name: "Message" }), "which takes the focus when it comes").toBeFocused();
  const trigger = page.getByRole("button", { name: "Chat menu" });
  await trigger.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
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

test("10. On the pages of people and settings everything is reached by keyboard, and one sees where one is", async ({ page, rest }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await rest.project("Harbour");
  await furnishPeople(rest);
  for (const [address, names] of [
    ["/settings", ["User name", "Save profile", "Current password", "Change password"]],
    ["/settings/sessions", ["End all others", "End the session of"]],
    ["/settings/api-keys", ["New key", "Delete the key Nightly report"]],
    ["/settings/usage", ["Time"]],
    ["/admin", ["Ask again", "Audit", "Rotate key"]],
    ["/admin/users", ["New account", "Name or email", "Role", "Show", "More for bea"]],
    ["/admin/invites", ["New invite", "Withdraw the invite for dora@example.org"]],
    ["/admin/backups", ["Make a backup now"]],
    ["/admin/audit", ["Export", "Who", "What", "First day", "Last day", "ada changed the account of"]],
  ] as const) {
    await page.goto(address);
    await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("main").locator("[aria-hidden] .animate-breathe, .animate-breathe[aria-hidden]"), "all has come").toHaveCount(0);
    await page.getByRole("main").focus();
    await page.keyboard.press("Tab");
    const { stops, unseen } = await stopsOf(page);
    expect(unseen, `where the focus does not show at ${address}`).toEqual([]);
    for (const name of names) expect(stops.join("\n"), address).toContain(name);
  }
});
