import type { Page } from "@playwright/test";
import type { Message } from "@/lib/wire";
import { answers, test as base, expect, say, signIn, textOf } from "./fixtures";
import { readManual, type Section } from "./harness/manual";
import { Reciter } from "./harness/reciter";
import { restlessness, scrollBy } from "./harness/scroll";

const test = base.extend<{ reciter: Reciter }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of it
  reciter: async ({}, use) => {
    const reciter = new Reciter();
    await use(reciter);
    await reciter.close();
  },
  modelUrl: async ({ reciter }, use) => use(await reciter.listen()),
});
// A hundred questions in a row are more than a person asks in a minute. A summary made in the background would change what is compared.
test.use({ settings: { "rate_limit.enabled": "false", "summary.interval": "0" }, viewport: { width: 1280, height: 1200 } });

/** Pixels of one turn of the wheel, at once: less than what the page draws ahead, more than a person turns in a frame. */
const STEP = 500;

const bare = (text: string) => text.replace(/\s+/g, "");

/** A section of the manual, and the question that it answers. */
type Turn = Section & { question: string };
const inEnglish = (s: Section): Turn => ({ ...s, question: `Read me ${number(s)}` });
const inJapanese = (s: Section): Turn => ({ ...s, question: `${number(s)} を読んで` });
const number = (s: Section) => s.title.split(/\s/)[0];

test("7. A chat of 200 messages made from a real manual is drawn right, scrolls, survives a restart, and is quoted from", async ({
  browser,
  context,
  page,
  parley,
  reciter,
  rest,
}) => {
  const [english, japanese] = [await readManual(browser, "ch01.en"), await readManual(browser, "ch01.ja")];
  const turns = [...english.map(inEnglish), ...japanese.map(inJapanese)].slice(0, 100);
  expect(turns).toHaveLength(100);
  for (const kind of ["tables", "codes", "items"] as const) expect(turns.filter((t) => t[kind] > 0).length, kind).toBeGreaterThan(15);
  for (const turn of turns) reciter.answers.set(turn.question, turn.markdown);

  const thread = await rest.thread(await rest.project("Manuals"), "Debian Reference");
  for (const turn of turns) expect((await rest.answer(thread, turn.question)).content).toBe(turn.markdown);
  const written = await rest.messages(thread);
  expect(written).toHaveLength(200);

  await test.step("It survives a restart", async () => {
    await parley.stop();
    await parley.startAgain({ env: {} }); // from here on there is no model server
    await rest.signIn();
    expect(await rest.messages(thread)).toEqual(written);
  });
  await signIn(context);
  await test.step("Earlier messages come without a jump", () => prependsWithoutJump(page, `/threads/${thread.id}`));
  await test.step("All of it is drawn as it stands in the manual, while it is scrolled evenly", () => readsUpwards(page, written, turns));
  await test.step("The built-in provider quotes it", () => quotes(page, written, turns));
});

/** Holds back the page of earlier messages, and looks at every frame while it is put in front. */
async function prependsWithoutJump(page: Page, address: string) {
  const earlier = /messages\?.*before=/;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(earlier, async (route) => {
    await held;
    await route.fallback();
  });
  await page.goto(address);
  await expect(answers(page).last()).toBeVisible();
  const asked = page.waitForRequest(earlier);
  await page.getByRole("log").hover();
  while (!(await scrollBy(page, 0)).atTop) await page.mouse.wheel(0, -2_000);
  await asked;
  const came = page.waitForResponse(earlier);
  const moved = restlessness(page, 1_500);
  release();
  await came;
  expect(await moved, "pixels that what is being read has moved in any frame").toBeLessThanOrEqual(2);
  expect((await scrollBy(page, 0)).atTop, "there is more above now").toBe(false);
  await page.unroute(earlier);
}

/** Scrolls to the first message, compares every answer with the manual, and measures each step. */
async function readsUpwards(page: Page, written: Message[], turns: Turn[]) {
  const expected = new Map(written.filter((m) => !m.is_user).map((m, i) => [m.id, turns[i] as Turn]));
  await page.reload();
  await expect(answers(page).last()).toBeVisible();
  const seen = new Set<string>();
  const uneven: number[] = [];
  let step = await scrollBy(page, 0);
  for (let n = 0; n < 600 && seen.size < expected.size; n++) {
    for (const { id, ...shown } of step.answers) {
      const turn = expected.get(id);
      if (!turn || seen.has(id)) continue;
      seen.add(id);
      const { text, tables, codes, items } = turn;
      expect.soft(shown, turn.title).toEqual({ text, tables, codes, items });
    }
    step = await scrollBy(page, -STEP);
    if (!step.atTop) uneven.push(...step.moved.filter((by) => Math.abs(by - STEP) > 2));
  }
  expect(seen.size, "answers that were drawn").toBe(expected.size);
  expect(uneven, "steps in which a message moved by anything but the pixels that were scrolled").toEqual([]);
  await expect(page.getByText(turns[0]?.question ?? "", { exact: true })).toBeVisible();
}

/** Asks three things; every quote of the answers must stand in the manual, and be about what was asked. */
async function quotes(page: Page, written: Message[], turns: Turn[]) {
  await page.reload(); // which leads to the end of it
  let last = written.at(-1)?.id ?? "";
  const manual = bare(turns.map((t) => t.text).join(""));
  for (const { question, about } of [
    { question: "How do I shutdown the system?", about: /shutdown/ },
    { question: "What is the umask and what does it control for newly created files?", about: /umask/ },
    { question: "仮想コンソールとは何ですか？", about: /仮想コンソール/ },
  ]) {
    await expect(answers(page).last()).toHaveAttribute("data-message-id", last);
    await say(page, question);
    await expect(answers(page).last()).not.toHaveAttribute("data-message-id", last);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await expect(textOf(page)).toContainText("No language model is connected.");
    const found = await textOf(page)
      .locator("> blockquote, > * > blockquote")
      .evaluateAll((list) =>
        list.map((el) => {
          for (const head of el.querySelectorAll("figcaption")) head.remove();
          return el.textContent ?? "";
        }),
      );
    expect(found.length, question).toBeGreaterThan(0);
    expect(
      found.filter((quote) => !manual.includes(bare(quote))),
      `quotes for “${question}” that are not in the manual`,
    ).toEqual([]);
    expect(found.join("\n")).toMatch(about);
    last = (await answers(page).last().getAttribute("data-message-id")) ?? "";
  }
}
