import type { Page } from "@playwright/test";
import { answers, expect, questions, say, signIn, test } from "./fixtures";
import { somebody } from "./harness/rest";

test.use({ withModel: true });

const bob = { username: "bob", display_name: "Bob Reyes", email: "bob@example.org", password: "four unrelated words", role: "member" };

const said = (page: Page) =>
  page
    .locator("article[data-message-id]")
    .evaluateAll((list) => list.map((a) => `${a.querySelector("h2")?.textContent}: ${(a as HTMLElement).dataset.status}`));

test("Two people ask in one chat: each sees who wrote what, whose question is answered and what waits; Escape stops one's own answer alone", async ({
  page,
  rest,
  model,
  anotherBrowser,
}) => {
  const project = await rest.project();
  const thread = await rest.thread(project);
  const { id } = await rest.call<{ id: string }>("POST", "/users", bob);
  await rest.call("PUT", `/projects/${project.id}/members/${id}`, { role: "editor" });
  const other = await anotherBrowser();
  expect((await other.request.post("/api/v1/auth/login", { data: { login: bob.username, password: bob.password } })).status()).toBe(200);
  const theirs = await other.newPage();
  for (const p of [page, theirs]) await p.goto(`/threads/${thread.id}`);

  await say(page, "[[tokens 2000 every 20ms held at 20]] First");
  await expect(answers(theirs)).toHaveAttribute("data-status", "streaming");
  await expect(questions(theirs).getByText(somebody.username, { exact: true })).toBeVisible();
  await expect(answers(theirs).getByText(`answering ${somebody.username}`)).toBeVisible();

  await say(theirs, "[[tokens 2000 every 20ms held at 20]] Second");
  await say(page, "Third");
  await say(theirs, "Fourth");
  const waits = ["You asked: complete", "Answer: streaming", "Bob Reyes asked: queued", "You asked: queued", "Bob Reyes asked: queued"];
  await expect.poll(() => said(page)).toEqual(waits);
  await expect(page.getByText("Queued, 1 ahead")).toBeVisible();
  await questions(theirs).last().getByRole("button", { name: "Remove" }).click();
  await expect(questions(page)).toHaveCount(3);

  await theirs.getByRole("textbox", { name: "Message" }).press("Escape");
  await expect(answers(page), "it is not his").toHaveAttribute("data-status", "streaming");
  await theirs.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page).first().getByText("Stopped by Bob Reyes.")).toBeVisible();
  await expect(answers(page).nth(1).getByText("answering Bob Reyes")).toBeVisible();
  await expect(questions(page).nth(1)).toHaveAttribute("data-status", "complete");

  await expect(answers(theirs).last()).toHaveAttribute("data-status", "streaming");
  await theirs.getByRole("textbox", { name: "Message" }).press("Escape");
  // The third answer is long, and may already have moved the others out of the window.
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  const stored = await rest.messages(thread);
  expect(stored.map((m) => [m.author?.name ?? "", m.status, m.stopped_by?.name ?? ""])).toEqual([
    [somebody.username, "complete", ""],
    ["", "stopped", "Bob Reyes"],
    ["Bob Reyes", "complete", ""],
    ["", "stopped", "Bob Reyes"],
    [somebody.username, "complete", ""],
    ["", "complete", ""],
  ]);
  expect((await model.stream("Third"))?.state).toBe("finished");

  // A new name shows on what was written before, in every page that is open.
  await rest.call("PATCH", "/users/me", { display_name: "Ada Lovelace" });
  await expect(questions(theirs).getByText("Ada Lovelace").last()).toBeVisible();
});

test("What is written offline is sent once and in order when the line is back, over a reload too", async ({ page, context, rest, watch }) => {
  watch.allow(/ERR_INTERNET_DISCONNECTED|WebSocket|dynamically imported module/, "the line is cut on purpose");
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await context.setOffline(true);
  const texts = ["One", "Two", "Three"];
  for (const text of texts) await say(page, text);
  await expect(page.getByText("Sent once you're back online")).toHaveCount(3, { timeout: 60_000 });
  expect(await rest.messages(thread)).toEqual([]);
  await context.setOffline(false);
  await page.reload().catch(() => page.reload()); // the page may be loading itself again at this moment
  await signIn(context);
  await expect.poll(async () => (await rest.messages(thread)).filter((m) => !m.is_user && m.status === "complete").length).toBe(3);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  const stored = await rest.messages(thread);
  expect(stored.filter((m) => m.is_user).map((m) => m.content)).toEqual(texts);
  expect(stored.map((m) => m.is_user)).toEqual([true, false, true, false, true, false]);
});
