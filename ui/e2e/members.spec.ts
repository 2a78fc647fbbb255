import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { goDownTo } from "./harness/focus";
import { somebody } from "./harness/rest";

const bob = { username: "bob", email: "bob@example.org", password: "four unrelated words" };

const choose = async (page: Page, who: string, role: "menuitem" | "menuitemradio", what: string) => {
  const trigger = page.getByRole("button", { name: `More for ${who}` });
  await trigger.focus();
  await page.keyboard.press("Enter");
  await goDownTo(page, page.getByRole(role, { name: what }));
  await page.keyboard.press("Enter");
};

test("An owner takes somebody in, changes what they may do and hands the project over; the other page follows; nobody needs a mouse", async ({
  page,
  rest,
  anotherBrowser,
  watch,
}) => {
  watch.allow(/status of 404 .*\/projects\//, "who was removed looks for the project");
  const project = await rest.project("Harbour");
  await rest.thread(project, "Boats");
  await rest.call("POST", "/users", bob);
  const other = await anotherBrowser();
  expect((await other.request.post("/api/v1/auth/login", { data: { login: bob.username, password: bob.password } })).status()).toBe(200);
  const theirs = await other.newPage();
  await theirs.goto("/");
  await expect(theirs.getByRole("textbox", { name: "Start a new chat" })).toBeVisible();

  await page.goto(`/projects/${project.id}`);
  await expect(page.getByRole("textbox", { name: "Start a chat in Harbour" }), "which takes the focus when it comes").toBeFocused();
  await page.getByRole("navigation", { name: "Parts of the project" }).getByRole("link", { name: "Members" }).press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.getByRole("button", { name: "Add a member" }).press("Enter");
  await expect(page.getByLabel("User name or email")).toBeFocused();
  await page.keyboard.type("BOB@example.org");
  await page.getByLabel("Role").selectOption("viewer");
  await page.getByRole("button", { name: "Add", exact: true }).press("Enter");
  await expect(page.getByRole("button", { name: "More for bob" })).toBeVisible();

  await theirs.reload();
  await theirs.getByRole("link", { name: "Harbour", exact: true }).click();
  await expect(theirs.getByRole("heading", { name: "Harbour" })).toBeVisible();
  await expect(theirs.getByRole("textbox"), "a viewer only reads").toHaveCount(0);

  await choose(page, "bob", "menuitemradio", "Editor");
  await page.keyboard.press("Escape");
  await expect(theirs.getByRole("textbox", { name: "Start a chat in Harbour" }), "the other page hears of it").toBeVisible();

  await choose(page, "bob", "menuitem", "Hand the project over");
  await page.getByRole("button", { name: "Hand it over" }).press("Enter");
  await expect(page.getByRole("button", { name: "Add a member" })).toBeHidden();
  await theirs.goto(`/projects/${project.id}/members`);
  await choose(theirs, somebody.username, "menuitem", "Remove from the project");
  await theirs.getByRole("button", { name: "Remove", exact: true }).press("Enter");
  await expect(theirs.getByRole("button", { name: `More for ${somebody.username}` })).toBeHidden();
  await page.goto(`/projects/${project.id}`);
  await expect(page.getByRole("heading", { name: "No such project" })).toBeVisible();

  await theirs.getByRole("navigation", { name: "Parts of the project" }).getByRole("link", { name: "Activity" }).click();
  await expect(theirs.getByRole("main").getByRole("listitem").filter({ hasText: "bob removed ada" })).toBeVisible();
  await expect(theirs.getByRole("main").getByRole("link", { name: "Boats" })).toBeVisible();
});
