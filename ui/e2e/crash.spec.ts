import { answers, expect, said, say, test, textOf } from "./fixtures";
import { record } from "./harness/recorder";
import type { Watch } from "./harness/watch";
import { count, isBeginning, plain } from "./harness/words";

test.use({ withModel: true });

/** The browser, not the page, writes a line for every attempt while nobody listens. */
function serverIsAway(watch: Watch) {
  watch.allow(
    /net::ERR_CONNECTION_(REFUSED|RESET)|net::ERR_EMPTY_RESPONSE|status of 503 |WebSocket connection to 'ws:\/\/127\.0\.0\.1.* failed/,
    "the server was killed, or is going down",
  );
}

test("4. After a kill in the middle of an answer its text is there, marked as interrupted, and can be continued", async ({ page, rest, parley, watch }) => {
  serverIsAway(watch);
  const thread = await rest.thread(await rest.project());
  const samples = await record(page);
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 2000 every 60ms]] Count");
  await expect.poll(async () => count(await said(page)), { intervals: [50] }).toBeGreaterThan(120);
  await parley.kill();
  const shown = count(await said(page));
  await parley.startAgain();

  // The page has stayed open: it finds the server again by itself.
  await expect(answers(page).first()).toHaveAttribute("data-status", "interrupted");
  await expect(page.getByText("The server stopped in the middle of this answer.")).toBeVisible();
  const [question, answer] = await rest.messages(thread);
  expect(question?.content).toContain("Count");
  const kept = answer?.content ?? "";
  expect(isBeginning(kept)).toBe(true);
  // A second at 60 ms a word is 17 words; a slow disk, and what was on its way to it or the page, adds some.
  expect(count(kept)).toBeGreaterThan(shown - 75);
  await expect(textOf(page)).toHaveText(plain(kept));
  expect(samples().filter((s) => !isBeginning(s.text))).toEqual([]);

  await page.reload();
  await expect(answers(page)).toHaveAttribute("data-status", "interrupted");
  await expect(textOf(page)).toHaveText(plain(kept));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  await expect(textOf(page)).toContainText("This answer comes from the test server.");
  await expect(textOf(page)).toHaveCount(1);
});

test("4. The page says that the server is away, and a question typed meanwhile is not lost", async ({ page, rest, parley, watch }) => {
  serverIsAway(watch);
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "What is a harbour?");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await parley.stop();
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("And what is a boat?");
  await expect(page.getByText("The server is restarting.")).toBeVisible();
  // While it is down: once it is up the page may find it by itself first.
  const reconnect = page.getByRole("button", { name: "Reconnect" });
  await reconnect.click();
  await expect(page.getByText("Parley cannot be reached.")).toBeVisible();
  await parley.startAgain();
  await expect(reconnect).toBeHidden();
  await expect(field).toHaveValue("And what is a boat?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  await expect(textOf(page).getByRole("heading", { name: "About And what is a boat?" })).toBeVisible();
});
