import type { Page } from "@playwright/test";
import { answers, expect, said, say, test, textOf } from "./fixtures";
import type { Model } from "./harness/model";
import { record } from "./harness/recorder";
import type { Rest } from "./harness/rest";
import { count, isBeginning, plain, words } from "./harness/words";

test.use({ withModel: true });

for (const [line, delay] of [
  ["", 0],
  [", on a slow line too", 700],
] as const) {
  test(`2. An answer that is reloaded three times in its middle is whole at every moment${line}`, async ({ page, rest, model }) => {
    if (delay > 0) await slowSocket(page, delay);
    await reloadThrice(page, rest, model);
  });
}

/** Lets what the socket brings arrive late, while requests stay as fast as they are. */
function slowSocket(page: Page, delay: number): Promise<void> {
  return page.routeWebSocket(/\/ws$/, (line) => {
    const server = line.connectToServer();
    server.onMessage((frame) => setTimeout(() => line.send(frame), delay));
  });
}

async function reloadThrice(page: Page, rest: Rest, model: Model) {
  const thread = await rest.thread(await rest.project());
  const samples = await record(page);
  await page.goto(`/threads/${thread.id}`);
  // Held twice on every load, it grows while the page looks, and has not ended before the last reload, however slow the machine.
  await say(page, "[[tokens 500 every 20ms held at 60 120 180 240 300 360 420 480]] Count");

  for (const held of [60, 120, 180, 240, 300, 360, 420, 480]) {
    await expect.poll(async () => count(await said(page)), { intervals: [50] }).toBe(held);
    await model.release();
    if (held % 120 !== 0 || held === 480) continue;
    expect(await answers(page).getAttribute("data-status"), "the reload comes in the middle").toBe("streaming");
    await page.reload();
  }
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(textOf(page)).toHaveText(words(500));

  const seen = samples();
  expect(new Set(seen.map((s) => s.load))).toEqual(new Set([0, 1, 2, 3]));
  expect(seen.filter((s) => !isBeginning(s.text))).toEqual([]);
  const shrunk = seen.filter((s, i) => plain(s.text).length < plain(seen[i - 1]?.text ?? "").length);
  expect(
    shrunk.map((s) => ({ ...s, text: s.text.slice(-11) })),
    "no sample is shorter than one before it",
  ).toEqual([]);
  const grew = (load: number) => seen.filter((s) => s.load === load && s.status === "streaming").length;
  for (const load of [0, 1, 2, 3]) expect(grew(load), `it went on growing after reload ${load}`).toBeGreaterThan(1);

  const [, answer] = await rest.messages(thread);
  expect(plain(answer?.content ?? "")).toBe(words(500));
}

test("2. An answer that ended while the page was away is whole when it comes back", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  const samples = await record(page);
  await page.goto(`/threads/${thread.id}`);
  await say(page, "[[tokens 100 every 10ms]] Count");
  await expect.poll(async () => count(await said(page)), { intervals: [50] }).toBeGreaterThan(10);
  await page.goto("about:blank");
  await expect.poll(async () => (await rest.messages(thread))[1]?.status).toBe("complete");
  await page.goto(`/threads/${thread.id}`);
  await expect(textOf(page)).toHaveText(words(100));
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  expect(samples().filter((s) => !isBeginning(s.text))).toEqual([]);
});
