import { chromium } from "@playwright/test";
import { answers, expect, say, test, textOf } from "./fixtures";
import { Canaries } from "./harness/canaries";
import { browserArgs, chromiumPath } from "./harness/chromium";
import { readNetLog } from "./harness/netlog";
import { Parley } from "./harness/parley";
import { Rest, somebody } from "./harness/rest";
import { isLocal, Watch } from "./harness/watch";

test("5. From set-up to signing in again, nothing leaves 127.0.0.1 and the console stays silent", async ({ parley, rest, watch }, info) => {
  // A browser of its own, because its own log of the network is what is looked at.
  const log = info.outputPath("netlog.json");
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...browserArgs, `--log-net-log=${log}`] });
  const context = await browser.newContext({ baseURL: parley.url });
  watch.follow(context);
  const page = await context.newPage();
  try {
    await rest.project();
    await page.goto("/");
    await page.getByLabel("Email or user name").fill(somebody.email);
    await page.getByLabel("Password", { exact: true }).fill(somebody.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("textbox", { name: "Start a new chat" }).fill("Look at ![this](https://example.org/picture.png) and [that](https://example.org/)");
    await page.keyboard.press("Enter");
    await expect(answers(page)).toHaveAttribute("data-status", "complete");
    await say(page, "https://example.org/ ![](//example.org/x.png) <img src=https://example.org/y.png>");
    await expect(answers(page)).toHaveCount(2);
    await expect(answers(page).last()).toHaveAttribute("data-status", "complete");
    await expect(textOf(page)).toContainText("No language model is connected.");
    const chat = page.url();
    await page.getByRole("button", { name: /profile, theme, sign out/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await page.goto(chat);
    await page.getByLabel("Email or user name").fill(somebody.username);
    await page.getByLabel("Password", { exact: true }).fill(somebody.password);
    await page.keyboard.press("Enter");
    await expect(page, "back where one wanted to go").toHaveURL(chat);
    await expect(answers(page)).toHaveCount(2);
  } finally {
    await browser.close();
  }
  expect(watch.requests.filter((url) => url.startsWith("ws://127.0.0.1")).length, "the socket was seen too").toBeGreaterThan(0);
  const { peers, datagrams, asked } = await readNetLog(log);
  expect(asked, "the log has seen what the page did").toContain(`${parley.url}/api/v1/auth/login`);
  expect([...asked].filter((url) => !isLocal(url))).toEqual([]);
  expect(peers).toContain(new URL(parley.url).host);
  expect([...peers].filter((peer) => !peer.startsWith("127.0.0.1:"))).toEqual([]);
  expect(datagrams).toBe(0);
});

test.describe("With credentials that are good for ten seconds", () => {
  test.use({ settings: { "auth.access_ttl": "10s" } });

  test("5. A session is renewed while the page is open and after an absence, without a word in the console", async ({ page, rest, watch }) => {
    await rest.project("Harbour");
    await page.goto("/login");
    await page.getByLabel("Email or user name").fill(somebody.email);
    await page.getByLabel("Password", { exact: true }).fill(somebody.password);
    await page.keyboard.press("Enter");
    const isSpent = async () => (await page.context().cookies()).every((c) => c.name !== "parley_access");
    const renewals = () => watch.requests.filter((url) => url.endsWith("/auth/refresh")).length;
    await expect(page.getByRole("textbox", { name: "Start a new chat" })).toBeVisible();
    await expect.poll(isSpent).toBe(true);
    const before = renewals(); // some, where the page took as long to load
    await page.getByRole("link", { name: "Harbour", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Harbour" })).toBeVisible();
    expect(renewals()).toBe(before + 1);

    await page.goto("about:blank");
    await expect.poll(isSpent).toBe(true);
    await page.goto("/");
    await expect(page.getByRole("textbox", { name: "Start a new chat" })).toBeVisible();
    expect(renewals()).toBe(before + 2);
  });
});

test("5. The look-out itself notices a complaint, an error and a request to another host", async ({ browser }) => {
  const context = await browser.newContext();
  const watch = new Watch();
  watch.follow(context);
  const page = await context.newPage();
  await page.route("**/*", (route) =>
    route.fulfill({ contentType: "text/html", body: "<script>console.warn('careful'); missing()</script><img src='http://192.0.2.1/'>" }),
  );
  await page.goto("http://127.0.0.1:9/");
  await expect
    .poll(() => watch.findings().sort())
    .toEqual([
      expect.stringContaining("asked for http://192.0.2.1/"),
      expect.stringContaining("console.warning: careful"),
      expect.stringContaining("uncaught: ReferenceError"),
    ]);
  await context.close();
});

test("5. The look-outs on the server notice a connection that no setting names, and what was sent in the log", async () => {
  const address = "127.0.0.1:9"; // nobody listens there
  const parley = await Parley.start({}, { OPENAI_BASE_URL: `http://${address}/v1` });
  const sent = new Canaries();
  try {
    const rest = new Rest(parley.url, (body) => sent.hear(body));
    await rest.setUp(await parley.setupLink());
    await expect.poll(async () => (await parley.written()).includes('inet_addr("127.0.0.1")')).toBe(true);
  } finally {
    await parley.end();
  }
  expect(await parley.dialled()).toEqual([]);
  expect((await parley.dialled([])).length).toBeGreaterThan(0);
  await parley.close();
  expect(sent.foundIn(parley.logLines)).toEqual([]);
  expect(parley.logLines).toContain("/api/v1/setup");
  expect(sent.foundIn(`level=INFO login=${somebody.password} cookie=parley_access=x`)).toEqual([
    expect.stringContaining("a cookie"),
    expect.stringContaining(`password: ${somebody.password}`),
  ]);
});
