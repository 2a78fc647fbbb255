import type { Page } from "@playwright/test";
import { expect, questions, test } from "./fixtures";

test.use({ withModel: true, settings: { "rate_limit.enabled": "false" } });

const field = (page: Page) => page.getByRole("combobox", { name: "Search" });
const options = (page: Page) => page.getByRole("listbox").getByRole("option");

test("Search is opened by its keys, led by the arrows, and leads to the message, however far up that stands", async ({ page, rest }) => {
  const project = await rest.project();
  const thread = await rest.thread(project, "A long talk");
  // More than the chat loads at once, and more than one step back.
  await rest.answer(thread, "[[tokens 3 every 0ms]] Where does the albatross nest?");
  for (let n = 0; n < 130; n++) await rest.answer(thread, `[[tokens 3 every 0ms]] Tell me about berth number ${n}.`);
  await page.goto(`/threads/${thread.id}`);
  await expect(questions(page).last()).toContainText("berth number 129");

  await page.keyboard.press("Control+K");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("albatr");
  await expect(options(page).first()).toBeVisible();
  await expect(page.getByRole("listbox").locator("mark").first()).toHaveText("albatross");
  const ours = options(page).filter({ hasText: "Where does the albatross nest?" });
  await expect(ours.first()).toBeVisible();
  for (let n = 0; (await ours.first().getAttribute("aria-selected")) !== "true" && n < 10; n++) await page.keyboard.press("ArrowDown");
  await expect(ours.first()).toHaveAttribute("aria-selected", "true");
  // For a moment, for which one has to look already.
  const marked = page.waitForFunction(() => document.querySelector("[data-marked]")?.textContent?.includes("albatross"));
  await page.keyboard.press("Enter");

  const wanted = questions(page).filter({ hasText: "Where does the albatross nest?" });
  await expect(wanted).toBeFocused();
  await expect(wanted).toBeInViewport();
  await marked;
  await expect(page.locator("[data-marked]"), "for a moment").toHaveCount(0);
  await expect(page, "the address leads there again").toHaveURL(/\?message=/);

  await page.getByRole("button", { name: "Jump to latest" }).click();
  await expect(questions(page).last()).toContainText("berth number 129");
  await expect(wanted).not.toBeInViewport();
  await page.keyboard.press("Control+K");
  await expect(field(page), "what was asked is still there").toHaveValue("albatr");
  await expect(options(page).first()).toBeVisible();
  await ours.first().click();
  await expect(wanted, "the same way again").toBeInViewport();
  await expect(wanted).toBeFocused();

  await page.reload();
  await expect(wanted, "and after a reload").toBeInViewport();
});

test("Search shows recent chats, narrows down to a project, goes on page by page, and closes without a trace", async ({ page, rest }) => {
  const [harbour, quay] = [await rest.project("Harbour"), await rest.project("Quay")];
  for (let n = 0; n < 45; n++) await rest.thread(n % 3 ? harbour : quay, `Lantern number ${n}`);
  await page.goto("/");
  await expect(page.getByRole("textbox", { name: "Start a new chat" }), "which takes the focus when it comes").toBeFocused();
  const opener = page.getByRole("navigation").getByRole("button", { name: "Search" });
  await opener.click();
  await expect(options(page)).toHaveCount(20);
  await field(page).fill("lantern");
  await expect(page.getByText("45 results")).toBeVisible();
  await expect(options(page)).toHaveCount(20);
  for (const there of [20, 40, 45]) {
    await expect(options(page)).toHaveCount(there);
    while ((await options(page).last().getAttribute("aria-selected")) !== "true" && (await options(page).count()) === there)
      await page.keyboard.press("ArrowDown");
    await expect(options(page).and(page.locator("[aria-selected=true]"))).toBeInViewport();
  }
  await page.getByLabel("Project", { exact: true }).selectOption("Quay");
  await expect(page.getByText("15 results")).toBeVisible();
  await expect(field(page), "one goes on writing").toBeFocused();
  await field(page).fill("nothing like it");
  await expect(page.getByText("Nothing was found for “nothing like it”.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(field(page)).toBeHidden();
  await expect(opener).toBeFocused();
});

test("A link to a message that was deleted says so", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  const answer = await rest.answer(thread, "What is a boat?");
  await rest.call("DELETE", `/messages/${answer.id}`);
  await page.goto(`/threads/${thread.id}?message=${answer.id}`);
  await expect(page.getByText("That message is no longer there.")).toBeVisible();
});
