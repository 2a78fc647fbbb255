import type { Page } from "@playwright/test";
import { answers, expect, questions, said, say, signIn, test, textOf } from "./fixtures";
import { count } from "./harness/words";

test.use({ withModel: true });

const menu = async (page: Page, item: string) => {
  await page.getByRole("button", { name: "Chat menu" }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

test("9. A chat is renamed where its title stands, and everywhere it is shown", async ({ page, rest, anotherBrowser }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  const other = await anotherBrowser();
  await signIn(other);
  const elsewhere = await other.newPage();
  await elsewhere.goto(`/threads/${thread.id}`);
  await expect(elsewhere.getByRole("log")).toBeVisible();
  await page.goto(`/threads/${thread.id}`);
  await page.getByRole("heading", { level: 1 }).getByRole("button", { name: "Boats" }).click();
  await page.getByRole("textbox", { name: "Chat title" }).fill("Ships & ‹boats›");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ships & ‹boats›");
  await expect(page.getByRole("navigation").getByRole("link", { name: "Ships & ‹boats›" })).toBeVisible();
  await expect(page).toHaveTitle(/Ships & ‹boats›/);
  await expect(elsewhere.getByRole("heading", { level: 1 }), "another browser hears of it").toHaveText("Ships & ‹boats›");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ships & ‹boats›");

  await page.getByRole("heading", { level: 1 }).getByRole("button").click();
  await page.getByRole("textbox", { name: "Chat title" }).fill("Never mind");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ships & ‹boats›");
  expect((await rest.call<{ title: string }>("GET", `/threads/${thread.id}`)).title).toBe("Ships & ‹boats›");
});

test("9. An archived chat leaves the lists, can be read, and comes back", async ({ page, rest }) => {
  const project = await rest.project();
  const thread = await rest.thread(project, "Boats");
  await rest.answer(thread, "What is a boat?");
  await page.goto(`/threads/${thread.id}`);
  await menu(page, "Archive");
  await expect(page.getByText("This chat is archived and read-only.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeHidden();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Boats" })).toBeHidden();
  await expect(answers(page)).toBeVisible();
  await page.goto(`/projects/${project.id}`);
  await expect(page.getByRole("main").getByRole("link", { name: "Boats" })).toBeHidden();

  await page.goto(`/threads/${thread.id}`);
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Boats" })).toBeVisible();
  await say(page, "And a ship?");
  await expect(answers(page)).toHaveCount(2);
});

test("9. A chat is deleted only after a question, and then it is gone", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await menu(page, "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Boats");
  await menu(page, "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete chat" }).click();
  await expect(page).not.toHaveURL(/threads/);
  await expect(page.getByRole("link", { name: "Boats" })).toBeHidden();
  await expect(rest.messages(thread)).rejects.toThrow(/404/);
});

test("9. A question that is edited is answered anew, and keeps its earlier version", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "What is a baot?");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  // A person reads before they press; the rows that come into the window are measured, and move, meanwhile.
  await questions(page).scrollIntoViewIfNeeded();
  await questions(page).getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Edit message" }).fill("What is a boat?");
  await page.keyboard.press("Enter");
  await expect(textOf(page).getByRole("heading", { name: "About What is a boat?" })).toBeVisible();
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(questions(page)).toHaveCount(1);
  await expect(questions(page)).toContainText("edited");
  const [question] = await rest.messages(thread);
  const { versions } = await rest.call<{ versions: { content: string }[] }>("GET", `/messages/${question?.id}/history`);
  expect(versions.map((v) => v.content)).toEqual(["What is a baot?"]);
});

test("9. What is pressed stays under the pointer while the answer grows, and the page follows again after it", async ({ page, rest, model }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 3000 every 1ms held at 1000 2000]] Count");
  const scroller = page.getByRole("log");
  const top = () => scroller.evaluate((el) => el.scrollTop);
  const left = () => scroller.evaluate((el) => el.scrollHeight - el.clientHeight - el.scrollTop);
  await expect.poll(async () => count(await said(page))).toBe(1000);
  await expect.poll(left).toBeLessThan(2);

  const box = await scroller.boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2);
  await page.mouse.down();
  const before = await top();
  await model.release();
  await expect.poll(async () => count(await said(page))).toBe(2000);
  expect(await top()).toBe(before);
  expect(await left()).toBeGreaterThan(100);
  await page.mouse.up();
  await expect.poll(left).toBeLessThan(2);
  await model.release();
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect.poll(left).toBeLessThan(2);
});

test("9. An answer is regenerated beside the old one, and both can be read", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "What is a boat?");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  const first = await answers(page).getAttribute("data-message-id");
  await page.getByRole("button", { name: "Regenerate" }).click();
  await expect(answers(page)).not.toHaveAttribute("data-message-id", first ?? "");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  const group = page.getByRole("group", { name: "Answers to this question" });
  await expect(group).toContainText("2");
  await page.getByRole("button", { name: "Previous answer" }).click();
  await expect(answers(page)).toHaveAttribute("data-message-id", first ?? "");
  await expect(page.getByRole("button", { name: "Previous answer" })).toBeDisabled();
  await page.getByRole("button", { name: "Next answer" }).click();
  await expect(answers(page)).not.toHaveAttribute("data-message-id", first ?? "");
  await page.reload();
  await expect(group).toBeVisible();
  expect(await rest.messages(thread)).toHaveLength(3);
});

test("9. An answer is copied as it was written, and code as code", async ({ page, context, rest }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const thread = await rest.thread(await rest.project());
  const answer = await rest.answer(thread, "What is a boat?");
  await page.goto(`/threads/${thread.id}`);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await answers(page).getByRole("button", { name: "Copy", exact: true }).last().click();
  await expect.poll(clipboard).toBe(answer.content);
  await answers(page).getByRole("button", { name: "Copy code" }).click();
  await expect.poll(clipboard).toMatch(/^\/\/ Sum adds up, <b>safely<\/b> & slowly\.\nfunc Sum/);
});
