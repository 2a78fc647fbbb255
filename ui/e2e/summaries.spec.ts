import { answers, expect, test, textOf } from "./fixtures";
import { goDownTo } from "./harness/focus";

test.use({ withModel: true });

test("A summary is made, read where it ends, edited and deleted; a message that is deleted takes it along", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await rest.answer(thread, "[[tokens 3 every 0ms]] What is a boat?");
  await rest.answer(thread, "[[tokens 3 every 0ms]] And a ship?");
  await page.goto(`/threads/${thread.id}`);
  await expect(textOf(page)).toBeVisible();
  const menu = page.getByRole("button", { name: "Chat menu" });
  await menu.press("Enter");
  await goDownTo(page, page.getByRole("menuitem", { name: "Summarise" }));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Show it" }).press("Enter");
  const summary = page.getByRole("article", { name: "Summary of 2 messages" });
  await expect(summary).toBeFocused();
  await expect(summary).toContainText("Made by fake-model");
  await expect(page.getByRole("article").nth(2), "behind the first answer").toHaveAttribute("aria-label", "Summary of 2 messages");

  await summary.getByRole("button", { name: "Edit" }).press("Enter");
  await page.getByLabel("Summary", { exact: true }).fill("Boats **float**.");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await expect(summary.locator("strong")).toHaveText("float");
  await page.reload();
  await expect(summary, "its address leads to it again").toContainText("Boats float.");
  await expect(summary).toContainText("edited");

  const [question] = await rest.messages(thread);
  await rest.call("DELETE", `/messages/${question?.id}`);
  await expect(summary, "it was edited by a person: it stays, and is marked").toContainText("out of date");
  await summary.getByRole("button", { name: "Delete" }).press("Enter");
  await page.getByRole("button", { name: "Delete summary" }).press("Enter");
  await expect(summary).toBeHidden();
  await expect(answers(page)).toHaveCount(2);

  await rest.call("POST", `/threads/${thread.id}/summaries`, { summary_text: "From elsewhere." });
  await expect(page.getByRole("article", { name: /Summary of/ }), "it comes by itself").toBeVisible();
});

test.describe("With a short patience for long chats", () => {
  test.use({ settings: { "summary.interval": "200ms", "summary.message_threshold": "4", "summary.idle_after": "0s" } });

  test("A chat that gets long is summed up by itself, in front of whoever is looking, and again after a restart", async ({ page, rest, parley, watch }) => {
    watch.allow(/WebSocket|ERR_CONNECTION_REFUSED|Failed to load resource/, "the server is restarted on purpose");
    const thread = await rest.thread(await rest.project());
    await page.goto(`/threads/${thread.id}`);
    await rest.answer(thread, "[[tokens 3 every 0ms]] What is a boat?");
    await rest.answer(thread, "[[tokens 3 every 0ms]] And a ship?");
    const summaries = page.getByRole("article", { name: /^Summary of/ });
    await expect(summaries).toHaveCount(1);
    await parley.stop();
    await parley.startAgain();
    await rest.answer(thread, "[[tokens 3 every 0ms]] And a raft?");
    await expect(summaries).toHaveCount(2);
  });
});
