import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { somebody } from "./harness/rest";

/** Opens a page of the settings with the keyboard, from the menu of one's name. */
async function settings(page: Page, section?: string) {
  await page.goto("/");
  await expect(page.getByRole("textbox", { name: "Start a new chat" }), "which takes the focus when it comes").toBeFocused();
  await page.getByRole("button", { name: /profile, theme, sign out/ }).press("Enter");
  await expect(page.getByRole("menuitem", { name: "Profile and settings" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Profile");
  await expect(page.getByRole("main"), "the keyboard is on the new page").toBeFocused();
  if (!section) return;
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: section }).press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(section);
  await expect(page.getByRole("main")).toBeFocused();
}

const renewed = "a harbour full of swans";

test("13. A session on another device is ended from here, and a new password ends the rest", async ({ page, rest, parley, anotherBrowser, watch }) => {
  watch.allow(/status of 401 .*\/(users\/me|auth\/refresh|auth\/login)/, "whose session is ended finds it over");
  watch.allow(/status of 422 .*\/users\/me\/password/, "the current password is wrong on purpose");
  await rest.project();
  const theirs = await (await anotherBrowser()).newPage();
  const signIn = async (password: string) => {
    await theirs.getByLabel("Email or user name").fill(somebody.username);
    await theirs.getByLabel("Password", { exact: true }).fill(password);
    await theirs.keyboard.press("Enter");
  };
  const inside = theirs.getByRole("textbox", { name: "Start a new chat" });
  await theirs.goto(`${parley.url}/login`);
  await signIn(somebody.password);
  await expect(inside).toBeVisible();

  await settings(page, "Sessions");
  const rows = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await expect(rows).toHaveCount(3); // the test's own client has one too
  await expect(rows.first()).toContainText("This session");
  const newest = rows.nth(1).getByRole("button", { name: /^End the session of Chrome/ });
  await newest.press("Enter");
  await page.getByRole("dialog", { name: "End this session?" }).getByRole("button", { name: "End session" }).press("Enter");
  await expect(rows).toHaveCount(2);
  await expect(theirs.getByRole("button", { name: "Sign in" }), "at once, without a word of theirs").toBeVisible();
  await signIn(somebody.password);
  await expect(inside).toBeVisible();

  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Profile" }).press("Enter");
  await page.getByLabel("Current password").fill("not the password");
  await page.getByLabel("New password").fill(renewed);
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Current password")).toHaveAccessibleDescription("Is not your current password.");
  await page.getByLabel("Current password").fill(somebody.password);
  await page.getByRole("button", { name: "Change password" }).press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "Password changed" })).toBeVisible();
  await expect(theirs.getByRole("button", { name: "Sign in" })).toBeVisible();
  await signIn(somebody.password);
  await expect(theirs.getByRole("alert")).toContainText("These do not match");
  await signIn(renewed);
  await expect(inside).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 }), "this session goes on").toHaveText("Profile");
});

test("13. A key that was made in the page is good for what it was made for, until it is deleted", async ({ page, rest, parley }) => {
  await rest.project();
  await settings(page, "API keys");
  await page.getByRole("button", { name: "New key" }).press("Enter");
  await page.getByRole("dialog").getByLabel("Name").fill("Nightly report");
  await page.keyboard.press("Enter");
  const shown = page.getByRole("textbox", { name: "API key" });
  await expect(shown).toBeFocused();
  const key = await shown.inputValue();
  const ask = async (method: string) => {
    const init = method === "POST" ? { body: JSON.stringify({ name: "No" }) } : {};
    const answer = await fetch(`${parley.url}/api/v1/projects`, {
      method,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      ...init,
    });
    return answer.status;
  };
  expect([await ask("GET"), await ask("POST")]).toEqual([200, 403]);
  await page.getByRole("button", { name: "Done" }).press("Enter");
  await page.reload();
  await expect(page.getByRole("list", { name: "API keys" })).toContainText(/Nightly report.*Read.*Used today/);
  expect(await page.content(), "it is shown once").not.toContain(key);
  await page.getByRole("button", { name: "Delete the key Nightly report" }).press("Enter");
  await page.getByRole("dialog", { name: "Delete this key?" }).getByRole("button", { name: "Delete key" }).press("Enter");
  await expect(page.getByText("You have no keys.")).toBeVisible();
  expect(await ask("GET")).toBe(401);
});

test.describe("On a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test("13. The drawer's menu leads to the settings and to the administration, the keyboard too", async ({ page, rest }) => {
    await rest.project();
    await page.goto("/");
    await page.getByRole("button", { name: "Open the menu" }).tap();
    await page.getByRole("dialog").getByRole("link", { name: "Harbour" }).tap();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Harbour");
    await expect(page.getByRole("main"), "as every link of the drawer does").toBeFocused();
    for (const [item, title] of [
      ["Profile and settings", "Profile"],
      ["Administration", "Overview"],
    ] as const) {
      await page.goto("/");
      await page.getByRole("button", { name: "Open the menu" }).tap();
      await page.getByRole("button", { name: /profile, theme, sign out/ }).tap();
      await page.getByRole("menuitem", { name: item }).tap();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
      await expect(page.getByRole("dialog")).toHaveCount(0);
      await expect(page.getByRole("menu")).toHaveCount(0);
      await expect(page.getByRole("main"), "the keyboard is on the new page").toBeFocused();
    }
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Audit" }).tap();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Audit");
    await expect(page.getByRole("link", { name: "Audit" }), "the row has followed").toBeInViewport({ ratio: 0.95 });
  });
});
