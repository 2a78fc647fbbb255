import type { Page } from "@playwright/test";
import { answers, expect, say, test } from "./fixtures";

test.use({ withModel: true });

/** The first message in sight, and how far below the upper edge it begins. */
const sight = (page: Page) =>
  page.getByRole("log", { name: "Messages" }).evaluate((log) => {
    const { top } = log.getBoundingClientRect();
    const el = [...log.querySelectorAll<HTMLElement>("[data-message-id]")].find((m) => m.getBoundingClientRect().bottom > top);
    return { id: el?.dataset.messageId, below: Math.round((el?.getBoundingClientRect().top ?? 0) - top) };
  });

test("Back leads to the place in a long chat that one was reading", async ({ page, rest }) => {
  const project = await rest.project("Harbour");
  const thread = await rest.thread(project, "Boats");
  for (let n = 0; n < 40; n++) await rest.answer(thread, `[[tokens 30 every 0ms]] Question ${n}`);
  await page.goto(`/threads/${thread.id}`);
  await expect(answers(page).last()).toBeVisible();
  await page.getByRole("log").hover();
  for (let n = 0; n < 6; n++) {
    await page.mouse.wheel(0, -700);
    await page.waitForTimeout(150);
  }
  await expect(page.getByRole("button", { name: "Jump to latest" })).toBeVisible();
  const before = await sight(page);
  await page.getByRole("navigation").getByRole("link", { name: "Harbour" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Harbour" })).toBeVisible();
  await page.goBack();
  await expect.poll(async () => (await sight(page)).id).toBe(before.id);
  await expect.poll(async () => Math.abs((await sight(page)).below - before.below)).toBeLessThan(8);

  // A link leads to the end, as ever.
  await page.getByRole("navigation").getByRole("link", { name: "Harbour" }).click();
  await page.getByRole("navigation").getByRole("link", { name: "Boats" }).click();
  await expect(page.getByRole("log")).toBeVisible();
  await expect(page.getByRole("button", { name: "Jump to latest" })).toBeHidden();
});

test("What is written on the start page is still there after Back and a reload, and gone once it is sent", async ({ page, rest }) => {
  const project = await rest.project("Harbour");
  await page.goto("/");
  const field = page.getByRole("textbox", { name: "Start a new chat" });
  await field.fill("Which boat is");
  await page.getByRole("navigation").getByRole("link", { name: "Harbour" }).click();
  await expect(page.getByRole("textbox", { name: `Start a chat in ${project.name}` }), "each place has its own").toHaveValue("");
  await page.goBack();
  await expect(field).toHaveValue("Which boat is");
  await page.reload();
  await expect(field).toHaveValue("Which boat is");
  await field.press("Enter");
  await expect(answers(page)).toBeVisible();
  await page.goto("/");
  await expect(field).toHaveValue("");
});

test("What a model reasons is shown while it comes, and folded with its time after that", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project(), "Boats");
  await page.goto(`/threads/${thread.id}`);
  await page.evaluate(() => {
    // The test's model reasons too fast to be looked at.
    const seen = window as unknown as { openWhileThinking: boolean };
    new MutationObserver(() => {
      if (document.querySelector("article[data-status=streaming] details[open]")?.textContent?.includes("The question")) seen.openWhileThinking = true;
    }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
  });
  await say(page, "[[reasoning]] What is a boat?");
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(page.getByText(/It wants an answer/)).toBeHidden();
  expect(await page.evaluate(() => (window as unknown as { openWhileThinking?: boolean }).openWhileThinking), "it was open while the model reasoned").toBe(
    true,
  );
  await page.getByText(/^Thought for \d+ s$/).click();
  await expect(page.getByText("The question is short. It wants an answer. So be it.")).toBeVisible();
  await page.reload();
  await expect(page.getByText(/^Thought for \d+ s$/)).toBeVisible();
});
