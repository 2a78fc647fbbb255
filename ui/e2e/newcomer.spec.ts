import { answers, expect, questions, said, say, test, textOf } from "./fixtures";
import { record } from "./harness/recorder";
import { somebody } from "./harness/rest";
import { count, isBeginning, words } from "./harness/words";

test.describe("With a model server", () => {
  test.use({ withModel: true });

  test("1. A newcomer goes from the printed link to a streamed answer, and a reload shows it all", async ({ page, parley, model }) => {
    await page.goto(await parley.setupLink());
    await page.getByLabel("User name").fill(somebody.username);
    await page.getByLabel("Email").fill(somebody.email);
    await page.getByLabel("Password", { exact: true }).fill(somebody.password);
    await page.getByRole("button", { name: "Create the account" }).click();

    await expect(page.getByRole("heading", { name: "Welcome, ada." })).toBeVisible();
    expect(new URL(page.url()).search, "the token has left the address").toBe("");
    const templates = page.getByRole("region", { name: /project first/ }).getByRole("button");
    await expect(templates.nth(1)).toBeVisible();
    await templates.first().click();
    const dialog = page.getByRole("dialog", { name: "New project" });
    await expect(dialog.getByLabel("Instructions"), "the template has filled it").not.toHaveValue("");
    await dialog.getByLabel("Name").fill("Harbour");
    await dialog.getByRole("button", { name: "Make project" }).click();

    await expect(page.getByRole("heading", { name: "Harbour" })).toBeVisible();
    const samples = await record(page);
    await page.getByRole("textbox", { name: "Start a chat in Harbour" }).fill("[[tokens 60 every 30ms held at 10 20 30 40]] Count the boats");
    await page.keyboard.press("Enter");
    for (const held of [10, 20, 30, 40]) {
      await expect.poll(async () => count(await said(page)), { intervals: [50] }).toBe(held);
      await model.release();
    }
    await expect(answers(page)).toHaveAttribute("data-status", "complete");
    await expect(textOf(page)).toHaveText(words(60));
    const steps = samples().filter((s) => s.text !== "");
    expect(steps.length, "the answer was seen growing").toBeGreaterThan(3);
    expect(steps.filter((s) => !isBeginning(s.text))).toEqual([]);

    await page.reload();
    await expect(questions(page)).toHaveText(/Count the boats/);
    await expect(textOf(page)).toHaveText(words(60));
    await expect(page.getByRole("heading", { level: 1 })).toContainText("Count the boats");
    await expect(page.getByRole("navigation").getByRole("link", { name: /Count the boats/ })).toBeVisible();
    await page.getByRole("navigation").getByRole("link", { name: "Harbour", exact: true }).click();
    await expect(page.getByRole("main").getByRole("link", { name: /Count the boats/ })).toBeVisible();
  });

  test("1. An answer with code, math and a table is drawn as such while it streams and after a reload", async ({ page, rest }) => {
    const thread = await rest.thread(await rest.project());
    await page.goto(`/threads/${thread.id}`);
    await say(page, "What is a harbour?");
    for (const when of ["streamed", "reloaded"]) {
      await expect(answers(page), when).toHaveAttribute("data-status", "complete");
      const text = textOf(page);
      await expect(text.getByRole("heading", { name: "About What is a harbour?" })).toBeAttached();
      await expect(text.locator("pre code")).toContainText("func Sum(xs ...int) (total int) {");
      await expect(text.locator("pre code"), "what looks like a tag is text").toContainText("<b>safely</b> & slowly.");
      await expect(text.locator(".katex").first()).toBeAttached();
      await expect(text.getByRole("row", { name: "港町 240 1603" })).toBeAttached();
      await expect(text.getByText("مرحبا بالعالم")).toBeAttached();
      await expect(text.locator("blockquote")).toHaveText("The sea does not answer.");
      await page.reload();
    }
  });
});

test("1. A newcomer with nothing but a question gets a project and an answer from the built-in provider", async ({ page, rest }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Welcome, ada." })).toBeVisible();
  await page.getByRole("textbox", { name: "Start a new chat" }).fill("What is Parley?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(/\/threads\//);
  await expect(answers(page)).toHaveAttribute("data-status", "complete");
  await expect(textOf(page), "it says what it is").toContainText("No language model is connected.");
  await expect(textOf(page), "and how to change that").toContainText("OPENAI_BASE_URL");
  const before = await said(page);
  await page.reload();
  await expect.poll(() => said(page)).toBe(before);
  const { projects } = await rest.call<{ projects: { name: string }[] }>("GET", "/projects");
  expect(projects.map((p) => p.name)).toEqual(["My first project"]);
});
