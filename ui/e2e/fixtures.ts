import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { Model } from "./harness/model";
import { Parley, type Settings } from "./harness/parley";
import { Rest, somebody } from "./harness/rest";
import { Watch } from "./harness/watch";
import { plain } from "./harness/words";

export type Options = {
  /** What the server is set to beyond its defaults. */
  settings: Settings;
  /** Whether there is a model server; without one the built-in answerer answers. */
  withModel: boolean;
};

type Fixtures = {
  /** The console and the requests of every browser of the test. Any complaint fails it. */
  watch: Watch;
  model: Model;
  /** What OPENAI_BASE_URL is set to; "" for none. */
  modelUrl: string;
  parley: Parley;
  /** Another client, signed in as the administrator, and so is the page's browser. */
  rest: Rest;
  /** Opens a further browser that knows nothing of the others. */
  anotherBrowser: () => Promise<BrowserContext>;
};

export const test = base.extend<Options & Fixtures>({
  settings: [{}, { option: true }],
  withModel: [false, { option: true }],

  watch: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of it
    async ({}, use) => {
      const watch = new Watch();
      await use(watch);
      expect(watch.findings(), "The console is clean, and nothing left 127.0.0.1").toEqual([]);
    },
    { auto: true },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names out of it
  model: async ({}, use) => {
    const model = await Model.start();
    await use(model);
    await model.close();
  },

  modelUrl: async ({ withModel, model }, use) => use(withModel ? model.url : ""),

  parley: async ({ settings, modelUrl, watch }, use, info) => {
    const parley = await Parley.start(settings, modelUrl ? { OPENAI_BASE_URL: modelUrl, PARLEY_MODEL_TITLES: "false" } : {});
    await use(parley);
    await parley.end();
    const dialled = await parley.dialled();
    await parley.close();
    if (info.status !== info.expectedStatus) await info.attach("server.log", { body: parley.log, contentType: "text/plain" });
    expect(dialled, "The server connects to nothing that no setting names").toEqual([]);
    expect(watch.sent.foundIn(parley.logLines), "The server's log holds nothing that was sent, and no secret").toEqual([]);
  },

  baseURL: async ({ parley }, use) => use(parley.url),

  context: async ({ context, watch }, use) => {
    watch.follow(context);
    await use(context);
  },

  rest: async ({ parley, context, watch }, use) => {
    const rest = new Rest(parley.url, (body) => watch.sent.hear(body));
    await rest.setUp(await parley.setupLink());
    await signIn(context);
    await use(rest);
  },

  anotherBrowser: async ({ browser, watch, baseURL }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ baseURL: baseURL ?? "" });
      watch.follow(context);
      opened.push(context);
      return context;
    });
    for (const context of opened) await context.close();
  },
});

export { expect };

/** Gives the browser the cookies of a session without going through the page. */
export async function signIn(context: BrowserContext): Promise<void> {
  const response = await context.request.post("/api/v1/auth/login", { data: { login: somebody.username, password: somebody.password } });
  expect(response.status(), await response.text()).toBe(200);
}

/** The answers that the page shows, oldest first. */
export const answers = (page: Page) => page.locator('article[data-message-id][data-author="assistant"]');

/** The questions that the page shows, oldest first. */
export const questions = (page: Page) => page.locator('article[data-message-id][data-author="user"]');

/** What an answer says, without its buttons. */
export const textOf = (page: Page) => answers(page).last().getByTestId("message-text");

/** What the last answer says at this moment, on one line. */
export const said = async (page: Page) => plain((await textOf(page).textContent()) ?? "");

/** Writes into the composer and sends. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}
