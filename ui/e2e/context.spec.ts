import { expect, say, test, textOf } from "./fixtures";

test.use({ withModel: true, settings: { "model.openai.context_tokens": "700", "summary.interval": "0s" } });

const LONG = "[[tokens 60 every 0ms]] What do I need to know about boats, ships, rafts and all else that floats on water?";

test("The panel says by keyboard what the model reads and what is left out, and leads on to a new chat", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await rest.answer(thread, LONG);
  await page.goto(`/threads/${thread.id}`);
  await expect(textOf(page)).toBeVisible();
  const meter = page.getByRole("button", { name: /^Context \d+%/ });
  await expect(meter).toHaveAttribute("data-severity", "ok");
  for (let i = 0; i < 5; i++) await rest.answer(thread, LONG);
  await expect(meter, "the open page hears of it").toHaveAttribute("data-severity", "critical");
  await expect(meter).toHaveAccessibleName(/The model doesn't read everything: \d+ messages are left out or cut\./);

  await meter.press("Enter");
  const panel = page.getByRole("dialog", { name: "What the model reads" });
  await expect(panel.getByRole("region", { name: "Left out" })).toContainText(/\d+ messages/);
  await expect(panel.getByRole("region", { name: "Reads" })).toContainText(/\d+ messages/);
  await expect(panel.getByRole("region", { name: "Limit" })).toContainText(
    "takes 700 tokens at once; 175 of them are kept free for its answer. An administrator has set this limit.",
  );
  await page.keyboard.press("Escape");
  await expect(meter).toBeFocused();

  await meter.press("Enter");
  const onward = panel.getByRole("button", { name: "Continue in a new chat with the summary" });
  for (let n = 0; n < 10 && !(await onward.evaluate((el) => el === document.activeElement)); n++) await page.keyboard.press("Tab");
  await expect(onward).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(new RegExp(thread.id));
  const summary = page.getByRole("article", { name: "Summary of an earlier chat" });
  await expect(summary).toBeVisible();
  await summary.getByRole("button").first().click();
  await expect(summary.getByRole("link", { name: "Open the earlier chat" })).toHaveAttribute("href", `/threads/${thread.id}`);
  await say(page, "[[echo]]");
  await expect(textOf(page), "the model gets the summary").toContainText("What was said before in this conversation, summed up");
  await expect(meter).toHaveAttribute("data-severity", /ok|warning/);
});

test("A file that no model reads is said so before it is sent, and one that is cut beneath the answer", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles([
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("word ".repeat(2500)) },
    { name: "boat.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n") },
  ]);
  const drafts = page.locator("form").getByRole("list", { name: "Attachments" }).getByRole("listitem");
  await expect(drafts.filter({ hasText: "boat.pdf" })).toContainText("The model can't read this kind of file");
  await expect(drafts.filter({ hasText: "notes.txt" })).not.toContainText("can't read");
  await say(page, "[[tokens 3 every 0ms]] What is in it?");
  await expect(page.getByTestId("context-warning")).toHaveText(/^notes\.txt was cut: the model read \d+ of 2,50\d tokens\.$/);
  await page.getByRole("button", { name: /^Context/ }).click();
  const reads = page.getByRole("region", { name: "Reads" });
  await expect(reads).toContainText("Its name only: the model can't read this kind of file");
  await expect(page.getByRole("region", { name: "Left out" })).toContainText("notes.txt");
});
