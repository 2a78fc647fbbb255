import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { answers, test as base, expect } from "./fixtures";
import { root } from "./harness/paths";
import { Reciter } from "./harness/reciter";
import { Renderer, rendered } from "./harness/renderer";
import { scrollBy } from "./harness/scroll";

/** Both renderers' own tests read it too. */
const corpus: string[] = JSON.parse(readFileSync(join(root, "api/markdown/testdata/hostile.json"), "utf8"));

const test = base.extend<{ renderer: Renderer; reciter: Reciter }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of it
  renderer: async ({}, use) => {
    const renderer = await Renderer.start();
    await use(renderer);
    await renderer.close();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of it
  reciter: async ({}, use) => {
    const reciter = new Reciter(1);
    await use(reciter);
    await reciter.close();
  },
  modelUrl: async ({ reciter }, use) => use(await reciter.listen()),
});

/** Notes every request that is made from now on. */
function listen(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => {
    asked.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => asked.push(`a window: ${popup.url()}`));
  return asked;
}

test("6. Hostile Markdown does nothing at any point of its arrival, drawn by the page", async ({ page, renderer }) => {
  await page.goto(renderer.url);
  await page.evaluate(() => window.grow("$x$ and\n\n```js\nlet x\n```\n")); // formulas and colours are there before anybody listens
  await page.waitForLoadState("networkidle");
  const asked = listen(page);
  for (const text of corpus) {
    expect(await page.evaluate((t) => window.grow(t), text)).toEqual([]);
    expect(await page.evaluate((t) => window.grow(t), `Before.\n\n- item ${text}`)).toEqual([]);
  }
  expect(await page.evaluate(() => window.ran)).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(`${renderer.url}/assets/`))).toEqual([]);
});

test("6. Hostile Markdown does nothing at any point of its arrival, rendered by the server", async ({ page, renderer }) => {
  const pages = rendered(corpus);
  expect(pages).toHaveLength(corpus.length);
  expect(pages.flat().length).toBeGreaterThan(1000);
  await page.goto(renderer.url);
  await page.waitForLoadState("networkidle");
  const asked = listen(page);
  for (const list of pages) expect(await page.evaluate((html) => window.show(html), list)).toEqual([]);
  expect(await page.evaluate(() => window.ran)).toEqual([]);
  expect(asked).toEqual([]);
});

test("6. The look-out notices what gets through", async ({ page, renderer, watch }) => {
  watch.allow(/404|net::ERR|Failed to load/, "a picture is asked for on purpose");
  await page.goto(renderer.url);
  await page.waitForLoadState("networkidle");
  const asked = listen(page);
  const faults = await page.evaluate(() =>
    window.show(['<img src="/gone.png" onerror="alert(1)"><a href="javascript:alert(1)" id="fetch2" name="body">x</a>']),
  );
  for (const word of ["IMG onerror", "IMG src", "a leads to javascript:", "A id=", "A name="]) expect(faults.join("\n")).toContain(word);
  await expect.poll(() => page.evaluate(() => window.ran)).toContain("alert");
  expect(asked).toContain(`${renderer.url}/gone.png`);
});

test("6. In the whole page, hostile questions and answers arrive, stay and come back, and do nothing", async ({ page, parley, reciter, rest }) => {
  const text = corpus.filter((t) => !t.includes("\u0000")).join("\n\n---\n\n");
  reciter.answers.set("Recite", text);
  const thread = await rest.thread(await rest.project(), "Poison");
  await page.goto(`/threads/${thread.id}`);
  const asked = listen(page);
  await rest.ask(thread, "Recite");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await rest.ask(thread, text);
  const complete = async () => (await rest.messages(thread)).filter((m) => m.status === "complete").length;
  await expect.poll(complete).toBe(4);
  await page.reload();
  await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
  for (const end of [-1, 1]) {
    // Only what is near is drawn.
    for (let turn = 0; turn < 40; turn++) await scrollBy(page, end * 1500);
  }
  await page.waitForLoadState("networkidle");
  expect(asked.filter((url) => !url.startsWith(parley.url) && !url.startsWith(parley.url.replace("http", "ws")))).toEqual([]);
  expect(asked.filter((url) => !/\/(api|assets|ws|threads)\b|\/(theme\.js|favicon\.svg)$/.test(new URL(url).pathname))).toEqual([]);
});
