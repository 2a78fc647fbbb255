import { answers, expect, said, say, test, textOf } from "./fixtures";
import { words } from "./harness/words";

// The fake is silent for as long as it is asked to; a person would wait a minute by default.
test.use({ withModel: true, settings: { "model.silence_timeout": "5s", "model.first_token_timeout": "5s" } });

/** What goes wrong, what the person is told, and how many words had come. */
const failures = [
  { words: "[[stall once]]", says: "The model server fell silent in the middle of the answer. What had come is kept.", kept: 12 },
  { words: "[[stall at start once]]", says: "The model server has sent nothing for 5 seconds. Try again.", kept: 0 },
  { words: "[[break once]]", says: "The model server broke off in the middle of the answer. What had come is kept.", kept: 12 },
  { words: "[[http 500 once]]", says: /^The model server failed\. Try again/, kept: 0 },
  { words: "[[error once]]", says: /The model runner has stopped unexpectedly/, kept: 12 },
  { words: "[[429 1 once]]", says: "The model server has too much to do just now. Try again in a moment", kept: 0 },
];

for (const { words: fault, says, kept } of failures) {
  test(`6. After ${fault} the page says why, keeps what had come, and a retry works`, async ({ page, rest }) => {
    const thread = await rest.thread(await rest.project());
    await page.goto(`/threads/${thread.id}`);
    await say(page, `${fault} What is a harbour?`);
    await expect(answers(page)).toHaveAttribute("data-status", "failed");
    const sentence = answers(page).locator("p").filter({ hasText: says });
    await expect(sentence).toBeVisible();
    expect(await sentence.textContent(), "no codes, names or addresses of machines").not.toMatch(/EOF|tcp|http:|127\.0\.0\.1|<html|\bnil\b|dial|\{/);
    await expect(textOf(page)).toHaveText(words(kept));

    await page.reload();
    await expect(sentence, "it is still said after a reload").toBeVisible();
    await expect(textOf(page)).toHaveText(words(kept));

    await page.getByRole("button", { name: "Retry" }).click();
    await expect(answers(page)).toHaveAttribute("data-status", "complete");
    await expect(textOf(page).getByRole("heading", { name: /What is a harbour\?$/ })).toBeVisible();
    await expect(sentence).toBeHidden();

    await page.getByRole("button", { name: "Previous answer" }).click();
    await expect(sentence, "the answer that failed is kept beside the new one").toBeVisible();
    expect(await said(page)).toBe(words(kept));
  });
}

test("6. A model server that is not there is named in a sentence, and answers once it is back", async ({ page, rest, model }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  await model.close();
  await say(page, "Is anybody there?");
  await expect(answers(page)).toHaveAttribute("data-status", "failed");
  await expect(
    answers(page)
      .locator("p")
      .filter({ hasText: /model server/ }),
  ).toBeVisible();
  await model.startAgain();
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(textOf(page).getByRole("heading", { name: "About Is anybody there?" })).toBeVisible();
});
