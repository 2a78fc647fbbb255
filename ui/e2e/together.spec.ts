import { answers, expect, said, say, signIn, test, textOf } from "./fixtures";
import { record } from "./harness/recorder";
import { count, isBeginning, words } from "./harness/words";

test.use({ withModel: true });

test("3. Two browsers see one answer grow, and closing the one that asked does not stop it", async ({ page, context, rest, model, anotherBrowser }) => {
  const thread = await rest.thread(await rest.project());
  const other = await anotherBrowser();
  await signIn(other);
  const watcher = await other.newPage();
  const samples = await record(watcher);
  await watcher.goto(`/threads/${thread.id}`);
  await page.goto(`/threads/${thread.id}`);
  await expect(watcher.getByText("Nothing has been asked here yet.")).toBeVisible();

  // Held now and then, it grows while both look, however slow the machine.
  await say(page, "[[tokens 200 every 20ms held at 40 80 120 160]] Count");
  for (const held of [40, 80]) {
    for (const p of [page, watcher]) await expect.poll(async () => count(await said(p)), { message: "both are equally far", intervals: [50] }).toBe(held);
    await model.release();
  }
  await context.close();
  for (const held of [120, 160]) {
    await expect.poll(async () => count(await said(watcher)), { intervals: [50] }).toBe(held);
    await model.release();
  }
  await expect(answers(watcher)).toHaveAttribute("data-status", "complete");
  await expect(textOf(watcher)).toHaveText(words(200));
  const seen = samples();
  expect(seen.filter((s) => !isBeginning(s.text))).toEqual([]);
  expect(seen.filter((s) => s.status === "streaming").length).toBeGreaterThan(3);
  expect(await model.stream("Count")).toMatchObject({ state: "finished", words: 200 });
});

test("3. A question asked in one browser appears in the other, and either can stop the answer", async ({ page, rest, model, anotherBrowser }) => {
  const thread = await rest.thread(await rest.project());
  const other = await anotherBrowser();
  await signIn(other);
  const watcher = await other.newPage();
  await watcher.goto(`/threads/${thread.id}`);
  await page.goto(`/threads/${thread.id}`);
  await expect(watcher.getByText("Nothing has been asked here yet.")).toBeVisible();
  await say(page, "[[tokens 2000 every 20ms]] Count for long");
  await expect(watcher.getByText("Count for long")).toBeVisible();
  await expect.poll(async () => count(await said(watcher))).toBeGreaterThan(5);
  await watcher.getByRole("button", { name: "Stop" }).click();
  for (const p of [page, watcher]) await expect(answers(p)).toHaveAttribute("data-status", "stopped");
  await expect(textOf(page)).toHaveText(await said(watcher));
  await expect.poll(async () => (await model.stream("Count for long"))?.state).toBe("aborted");
});
