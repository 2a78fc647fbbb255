import { answers, expect, said, say, test, textOf } from "./fixtures";
import { count, isBeginning } from "./harness/words";

test.use({ withModel: true });

test("8. Stop ends the answer at once, here and at the model server, and keeps what was written", async ({ page, rest, model }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 2000 every 20ms]] Count");
  await expect.poll(async () => count(await said(page))).toBeGreaterThan(20);
  const clicked = page.evaluate(
    () => new Promise<number>((resolve) => document.addEventListener("click", () => resolve(Date.now()), { capture: true, once: true })),
  );
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(answers(page)).toHaveAttribute("data-status", "stopped");
  await expect(answers(page).getByText("You stopped this answer.")).toBeVisible();

  await expect.poll(async () => (await model.stream("Count"))?.state).toBe("aborted");
  const closed = Date.parse((await model.stream("Count"))?.ended ?? "");
  // The server has 250 ms, which its own tests measure; here a busy browser is on the way. The answer would take 40 s.
  expect(closed - (await clicked), "milliseconds until the model server saw the connection close").toBeLessThan(15_000);

  const [, answer] = await rest.messages(thread);
  expect(answer?.status).toBe("stopped");
  expect(isBeginning(answer?.content ?? "")).toBe(true);
  expect(count(answer?.content ?? "")).toBe(count(await said(page)));
  await page.reload();
  await expect(textOf(page)).toHaveText((answer?.content ?? "").trim());

  await say(page, "And now?");
  await expect(answers(page)).toHaveCount(2);
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
});

test("8. Escape stops the answer too, and what is typed meanwhile stays", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 2000 every 20ms]] Count");
  await expect.poll(async () => count(await said(page))).toBeGreaterThan(5);
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("The next one");
  await field.press("Escape");
  await expect(answers(page)).toHaveAttribute("data-status", "stopped");
  await expect(field).toHaveValue("The next one");
});
