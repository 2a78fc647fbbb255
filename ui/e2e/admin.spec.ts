import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import type { AuditEntry } from "@/lib/wire";
import { expect, signIn, test } from "./fixtures";
import { goDownTo } from "./harness/focus";
import { somebody } from "./harness/rest";

const bob = { username: "bob", email: "bob@example.org", password: "four unrelated words" };

/** Opens a page of the administration with the keyboard, from the menu of one's name. */
async function administer(page: Page, section?: string) {
  await page.goto("/");
  await expect(page.getByRole("textbox", { name: "Start a new chat" }), "which takes the focus when it comes").toBeFocused();
  await page.getByRole("button", { name: /profile, theme, sign out/ }).focus();
  await page.keyboard.press("Enter");
  const entry = page.getByRole("menuitem", { name: "Administration" });
  await goDownTo(page, entry);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 }), "the lazy part has come").toBeVisible();
  await expect(page.getByRole("main"), "the keyboard is on the new page").toBeFocused();
  if (!section) return;
  await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: section }).press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(section);
}

test("12. An administrator reads in the page who did what, searches it, and saves it as JSON lines", async ({ page, rest }) => {
  const made = await rest.call<{ id: string }>("POST", "/users", bob);
  await rest.call("PATCH", `/users/${made.id}`, { is_disabled: true });
  await rest.call("POST", "/auth/login", { login: "nobody", password: "canary-of-the-sign-in" }).catch(() => undefined);
  await administer(page, "Audit");
  const entries = page.getByRole("region", { name: "Entries" }).locator("summary");
  await expect(entries.filter({ hasText: "Somebody failed to sign in to an account that does not exist" })).toHaveCount(1);
  const disabled = entries.filter({ hasText: "ada changed the account of bob: disabled it" });
  await disabled.press("Enter");
  await expect(page.getByText(made.id).filter({ visible: true }), "what it was about").toBeVisible();

  await page.getByLabel("What").selectOption("Account made");
  await page.getByLabel("Who").fill(somebody.email);
  await page.keyboard.press("Enter");
  await expect(entries).toHaveText([/ada made an account for bob \(member\)/]);
  await page.reload();
  await expect(entries, "the search stands in the address").toHaveCount(1);

  await page.getByRole("button", { name: "Show everything" }).press("Enter");
  await expect(disabled).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as JSON lines" }).press("Enter")]);
  expect(download.suggestedFilename()).toBe("parley-audit.jsonl");
  const text = await readFile(await download.path(), "utf8");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditEntry);
  expect(lines.map((e) => e.number)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.map((e) => e.action)).toEqual(expect.arrayContaining(["set_up", "user_created", "user_updated", "sign_in_failed", "audit_read"]));
  expect(text, "what was typed into a sign-in is nobody's business").not.toContain("canary-of-the-sign-in");
});

test("12. An administrator sees how the instance is and who had what, makes a backup, and changes the signing key without being signed out", async ({
  page,
  parley,
  rest,
  watch,
}) => {
  watch.allow(/status of 401 /, "whose access token is void asks for a new one");
  await rest.answer(await rest.thread(await rest.project()), "What is a boat?");
  await administer(page, "Backups");
  await expect(page.getByText("There is no backup yet.")).toBeVisible();
  await page.getByRole("button", { name: "Make a backup now" }).press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "The backup is made and proven good" })).toBeVisible();
  const backup = page.getByRole("list", { name: "Backups" }).getByRole("listitem");
  await expect(backup).toHaveCount(1);
  const [name] = (await backup.textContent())?.match(/parley-\S+?\.tar/) ?? [];
  expect(await readdir(join(parley.data, "backups"))).toContain(name);

  const to = async (section: string) => {
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: section }).press("Enter");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(section);
    await expect(page.getByRole("main")).toBeFocused();
  };
  await to("Usage");
  await expect(page.getByRole("row", { name: /^ada builtin 1 / })).toBeVisible();
  await to("Overview");
  await expect(page.getByRole("heading", { name: "All systems OK" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Figures" })).toContainText(/Users1.*Projects1.*Last backuptoday/);

  const keys = async () => ((await (await page.request.get("/.well-known/jwks.json")).json()) as { keys: { kid: string }[] }).keys.map((k) => k.kid);
  const before = await keys();
  await page.getByRole("button", { name: "Rotate key" }).press("Enter");
  await page.getByRole("checkbox", { name: /^Revoke all access tokens now/ }).press("Space");
  await page.getByRole("dialog").getByRole("button", { name: "Rotate key" }).press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "all access tokens revoked" })).toBeVisible();
  expect((await keys()).filter((kid) => before.includes(kid))).toEqual([]);
  await to("Users");
  await expect(page.getByRole("listitem").filter({ hasText: "ada@example.org" }), "the session goes on").toBeVisible();
});

test("12. To a member there is no administration", async ({ page, context, rest, anotherBrowser }) => {
  await rest.call("POST", "/users", bob);
  const other = await anotherBrowser();
  const response = await other.request.post("/api/v1/auth/login", { data: { login: bob.username, password: bob.password } });
  expect(response.status()).toBe(200);
  const theirs = await other.newPage();
  await theirs.goto("/admin/audit");
  await expect(theirs.getByRole("heading", { level: 1 })).toHaveText("No such page");
  await theirs.getByRole("button", { name: /profile, theme, sign out/ }).click();
  await expect(theirs.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
  await expect(theirs.getByRole("menuitem", { name: "Administration" })).toHaveCount(0);
  // And what the page would ask for is refused.
  expect((await other.request.get("/api/v1/admin/audit")).status()).toBe(403);

  await signIn(context);
  await page.goto("/admin/nowhere");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("No such page");
});

test.describe("Where registering takes an invite", () => {
  test.use({ settings: { "auth.registration": "invite" } });

  test("12. An invited person makes an account with the link, which works once; disabled, they are signed out while they look", async ({
    page,
    rest,
    anotherBrowser,
    watch,
  }) => {
    watch.allow(/status of 403 .*\/auth\/register/, "the second use of an invite is refused");
    watch.allow(/status of 401 .*\/(users\/me|auth\/refresh)/, "who is disabled finds the session over");
    await rest.project();
    // As where the page is served without TLS: browsers give it no clipboard then.
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await administer(page, "Invites");
    await page.getByRole("button", { name: "New invite" }).press("Enter");
    await page.getByLabel("Email (optional)").fill(bob.email);
    await page.keyboard.press("Enter");
    const link = page.getByRole("textbox", { name: "Link" });
    await expect(link).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
    const address = await link.inputValue();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await page
      .getByRole("button", { name: "New chat" })
      .or(page.getByRole("link", { name: "New chat" }))
      .first()
      .click();
    await page.getByRole("textbox", { name: "Start a new chat" }).focus();
    await page.keyboard.press("ControlOrMeta+v");
    await expect(page.getByRole("textbox", { name: "Start a new chat" }), "it was copied").toHaveValue(address);

    const theirs = await (await anotherBrowser()).newPage();
    await theirs.goto(address);
    await theirs.getByLabel("User name").fill(bob.username);
    await theirs.getByLabel("Email").fill(bob.email);
    await theirs.getByLabel("Password", { exact: true }).fill(bob.password);
    await theirs.keyboard.press("Enter");
    await expect(theirs.getByRole("heading", { name: "Welcome, bob." })).toBeVisible();
    expect(new URL(theirs.url()).hash, "the code has left the address").toBe("");

    const late = await (await anotherBrowser()).newPage();
    await late.goto(address);
    await late.getByLabel("User name").fill("late");
    await late.getByLabel("Email").fill(bob.email);
    await late.getByLabel("Password", { exact: true }).fill(bob.password);
    await late.keyboard.press("Enter");
    await expect(late.getByRole("alert")).toContainText("This invite is not valid");

    await administer(page, "Invites");
    await expect(page.getByRole("list", { name: "Invites" }).getByRole("listitem")).toContainText("Used");
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Users" }).press("Enter");
    await page.getByRole("button", { name: "More for bob" }).press("Enter");
    await page.getByRole("menuitem", { name: "Disable" }).press("Enter");
    await page.getByRole("dialog", { name: "Disable bob?" }).getByRole("button", { name: "Disable" }).press("Enter");
    await expect(page.getByRole("status").filter({ hasText: "bob is disabled, and was signed out everywhere." })).toBeVisible();
    await expect(page.getByRole("button", { name: "More for bob" }), "the focus comes back").toBeFocused();
    await expect(theirs.getByRole("button", { name: "Sign in" }), "at once, without a word of theirs").toBeVisible();
  });
});
