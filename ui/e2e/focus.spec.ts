import type { Page } from "@playwright/test";
import { expect, signIn, test } from "./fixtures";
import { furnishPeople } from "./harness/screens-people";

test.use({ withModel: true, settings: { "auth.registration": "invite" } });

/** Where the focus is: never the body, which is nowhere. */
async function expectFocus(page: Page, what: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), { message: `${what}: the focus is somewhere` }).not.toBe("BODY");
  await page.waitForTimeout(300); // the list may be read again
  const at = await page.evaluate(() => document.activeElement?.tagName ?? "");
  expect(at, what).not.toBe("BODY");
}

test("The focus goes on in the list when a row of it is removed", async ({ page, rest, anotherBrowser }) => {
  const project = await rest.project("Harbour");
  for (const title of ["One", "Two"]) {
    const thread = await rest.thread(project, title);
    await rest.call("POST", `/threads/${thread.id}/archive`);
  }
  await furnishPeople(rest);
  await rest.call("PUT", `/projects/${project.id}/members/${(await rest.call<{ id: string }>("GET", "/users/find?login=bea")).id}`, { role: "editor" });
  for (let n = 0; n < 2; n++) await signIn(await anotherBrowser());

  await page.goto(`/projects/${project.id}?show=archived`);
  for (const [title, next] of [
    ["Two", /More for “One”/],
    ["One", undefined],
  ] as const) {
    await page.getByRole("button", { name: `More for “${title}”` }).press("Enter");
    await page.getByRole("menuitem", { name: "Restore" }).press("Enter");
    await expect(page.getByRole("main").getByRole("link", { name: title, exact: true })).toBeHidden();
    await expectFocus(page, `after ${title} is restored`);
    if (next) await expect(page.getByRole("button", { name: next })).toBeFocused();
  }

  for (const [address, press, confirm] of [
    ["/settings/sessions", /^(End|Sign out)/, /End|Sign out/],
    ["/settings/api-keys", /Delete the key/, /Delete/],
    ["/admin/invites", /(Withdraw|Remove) the invite/, /Withdraw|Remove/],
  ] as const) {
    await page.goto(address);
    const button = page.getByRole("main").getByRole("listitem").getByRole("button", { name: press }).first();
    const name = await button.getAttribute("aria-label");
    const rows = await page.getByRole("main").getByRole("listitem").count();
    await button.press("Enter");
    const dialog = page.getByRole("dialog");
    if (
      await dialog.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      )
    ) {
      await expect(dialog.getByRole("button", { name: "Cancel" }), `${address}: Cancel has the focus`).toBeFocused();
      await dialog.getByRole("button", { name: confirm }).press("Enter");
    }
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("main").getByRole("listitem"), `${address} ${name}`).toHaveCount(rows - 1);
    await expectFocus(page, address);
  }

  await page.goto(`/projects/${project.id}/members`);
  await page.getByRole("button", { name: "More for bea" }).press("Enter");
  await page.getByRole("menuitem", { name: /Remove|Take out/ }).press("Enter");
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /Remove|Take out/ })
    .press("Enter");
  await expect(page.getByRole("button", { name: "More for bea" })).toBeHidden();
  await expectFocus(page, "members");
});

test("The focus stays in the page when the open chat is deleted or archived by somebody else", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await rest.call("POST", `/threads/${thread.id}/archive`);
  await expect(page.getByText("This chat is archived and read-only.")).toBeVisible();
  await expectFocus(page, "archived");
  await rest.call("POST", `/threads/${thread.id}/unarchive`);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeEnabled();
  await page.getByRole("textbox", { name: "Message" }).focus();
  await rest.call("DELETE", `/threads/${thread.id}`);
  await expect(page.getByRole("heading", { name: "No such chat" })).toBeFocused();
});

test("An archived chat comes back by Undo", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await page.getByRole("button", { name: "Chat menu" }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await expect(page.getByText("This chat is archived and read-only.")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  await expect(page.getByRole("textbox", { name: "Message" })).toBeEnabled();
  await expectFocus(page, "after Undo");
});

test("An error page goes by itself when the server is back", async ({ page, rest, watch }) => {
  watch.allow(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket/, "the network is away on purpose");
  const project = await rest.project("Harbour");
  const [one, two] = [await rest.thread(project, "One"), await rest.thread(project, "Two")];
  await page.goto(`/threads/${one.id}`);
  await expect(page.getByRole("log")).toBeVisible();
  await page.context().setOffline(true);
  await page.getByRole("navigation").getByRole("link", { name: "Two" }).click();
  await expect(page.getByRole("heading", { name: "The chat did not load" })).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByRole("heading", { level: 1, name: "Two" })).toBeVisible();
  await expect(page).toHaveURL(`/threads/${two.id}`);
});
