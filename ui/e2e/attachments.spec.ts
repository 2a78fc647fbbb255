import { expect, questions, say, test } from "./fixtures";

test.use({ withModel: true });

// Two by two pixels, red.
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVQI12P8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==", "base64");

test("Files are attached by button, paste and drop, sent with a message, seen under it and in its answer", async ({ page, rest, model, watch }) => {
  watch.allow(/status of 415 .*\/attachments/, "a file is refused on purpose");
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  const field = page.getByRole("textbox", { name: "Message" });
  const drafts = page.locator("form").getByRole("list", { name: "Attachments" }).getByRole("listitem");

  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles([
    { name: "turnips.md", mimeType: "text/markdown", buffer: Buffer.from("# Harvest\n\nThe turnips weigh 4711 grams.\n") },
    { name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.concat([Buffer.from("MZ\x90\0"), Buffer.alloc(100)]) },
  ]);
  await expect(drafts).toHaveCount(2);
  await expect(drafts.filter({ hasText: "turnips.md" })).toContainText("Not scanned");
  await expect(drafts.getByRole("alert")).toContainText("programs can't be attached", { ignoreCase: true });
  await page.getByRole("button", { name: "Remove tool.exe" }).click();

  await field.focus();
  await page.evaluate(
    (bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "red.png", { type: "image/png" }));
      document.activeElement?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    },
    [...PNG],
  );
  await expect(drafts.filter({ hasText: "red.png" })).toContainText("Not scanned");

  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["a,b,c\n1,2,3\n4,5,6\n"], "figures.csv", { type: "text/csv" }));
    return data;
  });
  await page.getByRole("log", { name: "Messages" }).dispatchEvent("dragenter", { dataTransfer: dropped });
  await expect(page.getByText("Drop files to attach them")).toBeVisible();
  await page.getByRole("log", { name: "Messages" }).dispatchEvent("drop", { dataTransfer: dropped });
  await expect(page.getByText("Drop files to attach them")).toBeHidden();
  await expect(drafts.filter({ hasText: "figures.csv" })).toContainText("Not scanned");

  await say(page, "How much do they weigh?");
  await expect(drafts).toHaveCount(0);
  const shown = questions(page).getByRole("list", { name: "Attachments" });
  await expect(shown.getByRole("listitem")).toHaveCount(3);
  const picture = shown.getByRole("img", { name: "red.png" });
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth)).toBe(2);

  const saved = page.waitForEvent("download");
  await shown.getByRole("button", { name: /^Save turnips\.md/ }).click();
  expect((await saved).suggestedFilename()).toBe("turnips.md");

  await page.reload();
  await expect(questions(page).getByRole("list", { name: "Attachments" }).getByRole("listitem")).toHaveCount(3);
  await expect.poll(async () => JSON.stringify(await model.stream("How much do they weigh?"))).toContain("finished");
});

test("What is attached and not yet sent outlives a reload", async ({ page, rest }) => {
  const thread = await rest.thread(await rest.project());
  await page.goto(`/threads/${thread.id}`);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles({ name: "turnips.md", mimeType: "text/markdown", buffer: Buffer.from("The turnips weigh 4711 grams.\n") });
  const draft = page.locator("form").getByRole("list", { name: "Attachments" }).getByRole("listitem");
  await expect(draft).toContainText("Not scanned");
  await page.reload();
  await expect(draft).toContainText("turnips.md");
  await page.getByRole("button", { name: "Remove turnips.md" }).click();
  await expect(draft).toHaveCount(0);
});

test("A chat is begun on the start page with files, and what is refused can be taken out", async ({ page, rest, model, watch }) => {
  watch.allow(/status of 415 .*\/attachments/, "a file is refused on purpose");
  const project = await rest.project();
  await page.goto("/");
  const field = page.getByRole("textbox", { name: "Start a new chat" });
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await (await chooser).setFiles([
    { name: "turnips.md", mimeType: "text/markdown", buffer: Buffer.from("# Harvest\n\nThe turnips weigh 4711 grams.\n") },
    { name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.concat([Buffer.from("MZ\x90\0"), Buffer.alloc(100)]) },
  ]);
  await expect(page.getByRole("list", { name: "Attachments" }).getByRole("listitem")).toHaveCount(2);
  await field.fill("How much do they weigh?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "programs can't be attached" })).toBeVisible();
  await expect(field).toHaveValue("How much do they weigh?");
  await page.getByRole("button", { name: "Remove tool.exe" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(/threads/);
  await expect(questions(page).getByRole("list", { name: "Attachments" }).getByRole("listitem")).toHaveCount(1);
  await expect.poll(async () => (await model.stream("How much do they weigh?"))?.question).toContain("4711");
  const { threads } = await rest.call<{ threads: unknown[] }>("GET", `/threads?project_id=${project.id}`);
  expect(threads).toHaveLength(1);
});
