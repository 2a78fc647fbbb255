import type { BrowserContext, Page } from "@playwright/test";
import { answers, expect, said, say, signIn } from "../fixtures";
import type { Parley } from "./parley";
import type { Rest } from "./rest";
import { furnishPeople } from "./screens-people";
import type { Watch } from "./watch";
import { count } from "./words";

/** What every screen may need. */
export type Scene = {
  page: Page;
  context: BrowserContext;
  parley: Parley;
  rest: Rest;
  watch: Watch;
  projectId: string;
  threadId: string;
  failedId: string;
  archivedId: string;
};

/** More people than one in a project, of which one has a long name. */
async function furnishMembers(rest: Rest, projectId: string): Promise<void> {
  const people = [
    ["bea", "editor"],
    ["dolores-who-keeps-the-books-of-the-harbour", "viewer"],
  ] as const;
  await rest.call("POST", "/users", { username: people[1][0], email: "dolores@example.org", password: "four unrelated words" });
  for (const [name, role] of people) {
    const { id } = await rest.call<{ id: string }>("GET", `/users/find?login=${name}`);
    await rest.call("PUT", `/projects/${projectId}/members/${id}`, { role });
  }
  await rest.call("PATCH", `/projects/${projectId}`, { tags: ["fees", "berths", "a tag that is rather long"] });
}

/** A state of the page that a person sees, and the way to it. */
export type Screen = { name: string; signedIn: boolean; open: (scene: Scene) => Promise<void> };

/** Goes to a screen from any other, as somebody or as nobody. */
export async function visit(scene: Scene, { signedIn, open }: Screen): Promise<void> {
  await scene.page.goto("about:blank"); // what the page asks for by itself would be answered by 401
  await scene.context.clearCookies();
  if (signedIn) await signIn(scene.context);
  await open(scene);
}

/** Fills an empty instance, so that there is something to see. */
export async function furnish(rest: Rest): Promise<Pick<Scene, "projectId" | "threadId" | "failedId" | "archivedId">> {
  const harbour = await rest.call<{ id: string }>("POST", "/projects", {
    name: "Harbour office",
    color: "amber",
    description: "Who comes, who goes, and what they owe.",
    instructions: "You work for the harbour office of a small town. Answer in short sentences. Amounts are in euro, times in UTC, lengths in metres.",
  });
  for (const name of ["Tide tables", "A project whose name is rather longer than the room that there is for it"])
    await rest.call("POST", "/projects", { name, color: "teal" });
  const project = harbour as Parameters<Rest["thread"]>[0];
  const failed = await rest.thread(project, "The model server that was not there");
  await rest.answer(failed, "[[break]] Which berths are free tonight?");
  const archived = await rest.thread(project, "Fees of last year");
  await rest.answer(archived, "What did a berth cost?");
  await rest.call("POST", `/threads/${archived.id}/archive`);
  const thread = await rest.thread(project, "How the fee for a berth is worked out, step by step");
  await rest.answer(thread, "How is the fee for a berth worked out?\nOne line per step, please.");
  await rest.answer(thread, "And in winter?");
  await furnishPeople(rest);
  await furnishMembers(rest, harbour.id);
  return { projectId: harbour.id, threadId: thread.id, failedId: failed.id, archivedId: archived.id };
}

async function openSearch(page: Page): Promise<void> {
  await expect(page.getByRole("main").getByRole("heading").first()).toBeVisible();
  await page.keyboard.press("Control+K");
  await expect(page.getByRole("combobox", { name: "Search" })).toBeFocused();
}

export const screens: Screen[] = [
  {
    name: "sign-in",
    signedIn: false,
    open: async ({ page }) => {
      await page.goto("/login");
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    },
  },
  {
    name: "sign-in-errors",
    signedIn: false,
    open: async ({ page }) => {
      await page.goto("/login");
      await page.getByRole("button", { name: "Sign in" }).click();
      await expect(page.getByText("Enter your password.")).toBeVisible();
    },
  },
  {
    name: "set-up-already",
    signedIn: false,
    open: async ({ page }) => {
      await page.goto("/setup");
      await expect(page.getByRole("heading", { name: "Parley is set up already" })).toBeVisible();
    },
  },
  {
    name: "dashboard",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/");
      await expect(page.getByRole("main").getByRole("link", { name: /How the fee/ })).toBeVisible();
    },
  },
  {
    name: "project",
    signedIn: true,
    open: async ({ page, projectId }) => {
      await page.goto(`/projects/${projectId}`);
      await expect(page.getByRole("main").getByRole("link", { name: /How the fee/ })).toBeVisible();
    },
  },
  {
    name: "project-settings",
    signedIn: true,
    open: async ({ page, projectId }) => {
      await page.goto(`/projects/${projectId}`);
      await page.getByRole("button", { name: "Project settings and more" }).click();
      await page.getByRole("menuitem", { name: "Project settings" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
    },
  },
  {
    name: "project-members",
    signedIn: true,
    open: async ({ page, projectId }) => {
      await page.goto(`/projects/${projectId}/members`);
      await page.getByRole("button", { name: "More for bea" }).click();
      await expect(page.getByRole("menuitem", { name: "Hand the project over" })).toBeVisible();
    },
  },
  {
    name: "project-member-add",
    signedIn: true,
    open: async ({ page, projectId, watch }) => {
      watch.allow(/status of 404 .*\/users\/find/, "nobody has that name");
      await page.goto(`/projects/${projectId}/members`);
      await page.getByRole("button", { name: "Add a member" }).click();
      await page.getByLabel("User name or email").fill("nobody");
      await page.keyboard.press("Enter");
      await expect(page.getByText("Nobody here has this user name")).toBeVisible();
    },
  },
  {
    name: "project-activity",
    signedIn: true,
    open: async ({ page, projectId }) => {
      await page.goto(`/projects/${projectId}/activity`);
      await expect(page.getByText("made the project")).toBeVisible();
    },
  },
  {
    name: "chat",
    signedIn: true,
    open: async ({ page, threadId }) => {
      await page.goto(`/threads/${threadId}`);
      await expect(answers(page).last().locator(".katex").first()).toBeAttached();
      await expect(answers(page).last().locator("pre [class^=code-]").first(), "the code is coloured").toBeAttached();
    },
  },
  {
    name: "chat-top",
    signedIn: true,
    open: async ({ page, threadId }) => {
      await page.goto(`/threads/${threadId}`);
      await expect(answers(page).last().locator("pre [class^=code-]").first()).toBeAttached();
      await page.getByRole("log").hover();
      await page.mouse.wheel(0, -10_000);
      await expect(page.getByRole("button", { name: "Jump to latest" })).toBeVisible();
    },
  },
  {
    name: "chat-summary",
    signedIn: true,
    open: async ({ page, rest, projectId }) => {
      const thread = await rest.call<{ id: string }>("POST", "/threads", { project_id: projectId, title: "What was agreed with the ferry company" });
      const known = thread as Parameters<Rest["answer"]>[0];
      await rest.answer(known, "[[tokens 20 every 0ms]] What did the ferry company offer?");
      await rest.call("POST", `/threads/${thread.id}/summaries`, {
        summary_text: "The ferry company offered **400 euro** a month for berth 7.\n\n- Not decided: who repairs the pier\n- Answer due on *3 December*",
        key_topics: ["ferry", "berth 7", "a topic that has a rather long name"],
      });
      await rest.answer(known, "[[tokens 20 every 0ms]] And for berth 8?");
      const { id } = await rest.call<{ id: string }>("POST", `/threads/${thread.id}/summaries`, { summary_text: "Berth 8 is too short." });
      const [question] = await rest.messages(known);
      await page.goto(`/threads/${thread.id}?summary=${id}`);
      await expect(page.getByText("Berth 8 is too short.")).toBeVisible();
      await page
        .getByRole("button", { name: /^Summary of 2/ })
        .first()
        .click();
      await rest.call("PATCH", `/messages/${question?.id}`, { content: "What did they offer?", regenerate: false });
      await expect(page.getByText("A message in it was changed")).toHaveCount(2);
      await page.route("**/summarize", (route) =>
        route.fulfill({ status: 202, json: { summary_id: "0198c0de-0000-7000-8000-000000000000", status: "pending" } }),
      );
      await page.getByRole("button", { name: "Chat menu" }).click();
      await page.getByRole("menuitem", { name: "Summarise" }).click();
      await expect(page.getByText("Summarising…")).toBeVisible();
    },
  },
  {
    name: "chat-summary-write",
    signedIn: true,
    open: async ({ page, threadId }) => {
      await page.goto(`/threads/${threadId}`);
      await page.getByRole("button", { name: "Chat menu" }).click();
      await page.getByRole("menuitem", { name: "Write a summary" }).click();
      await page.getByRole("button", { name: "Save summary" }).click();
      await expect(page.getByText("Write what was said.")).toBeVisible();
    },
  },
  {
    name: "chat-menu",
    signedIn: true,
    open: async ({ page, threadId }) => {
      await page.goto(`/threads/${threadId}`);
      await page.getByRole("button", { name: "Chat menu" }).click();
      await expect(page.getByRole("menuitem", { name: "Archive" })).toBeVisible();
    },
  },
  {
    name: "chat-failed",
    signedIn: true,
    open: async ({ page, failedId }) => {
      await page.goto(`/threads/${failedId}`);
      await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
    },
  },
  {
    name: "chat-archived",
    signedIn: true,
    open: async ({ page, archivedId }) => {
      await page.goto(`/threads/${archivedId}`);
      await expect(page.getByText("This chat is archived")).toBeVisible();
    },
  },
  {
    name: "chat-streaming",
    signedIn: true,
    open: async ({ page, rest, projectId }) => {
      const thread = await rest.call<{ id: string }>("POST", "/threads", { project_id: projectId, title: "Counting boats" });
      await page.goto(`/threads/${thread.id}`);
      // Held: on a slow machine it would fill the window and more before that is looked at.
      await say(page, "[[tokens 3000 every 20ms held at 40]] Count the boats");
      await expect.poll(async () => count(await said(page))).toBe(40);
    },
  },
  {
    name: "dashboard-files",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/");
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Attach files" }).click();
      await (await chooser).setFiles([
        { name: "berths.csv", mimeType: "text/csv", buffer: Buffer.from("berth,fee\n1,20\n") },
        { name: "a plan of the harbour whose name is rather long for a name.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") },
        { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.from("") },
      ]);
      await page.getByRole("textbox", { name: "Start a new chat" }).fill("What does berth 1 cost?");
      await expect(page.getByText("It is empty.", { exact: true })).toBeVisible();
    },
  },
  {
    name: "search-recent",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/");
      await openSearch(page);
      await expect(page.getByRole("option", { name: /How the fee/ })).toBeVisible();
    },
  },
  {
    name: "search",
    signedIn: true,
    open: async ({ page, projectId }) => {
      await page.goto(`/projects/${projectId}`);
      await openSearch(page);
      await page.keyboard.type("fee ber");
      await expect(page.getByRole("listbox").locator("mark").first()).toBeVisible();
    },
  },
  {
    name: "search-nothing",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/");
      await openSearch(page);
      await page.keyboard.type("a lighthouse that nobody has ever spoken about");
      await expect(page.getByText("Nothing was found")).toBeVisible();
    },
  },
  {
    name: "chat-message-found",
    signedIn: true,
    open: async ({ page, rest, threadId }) => {
      const [question] = await rest.messages({ id: threadId });
      await page.goto(`/threads/${threadId}?message=${question?.id}`);
      await expect(page.locator("[data-marked]")).toBeVisible();
    },
  },
  {
    name: "not-found",
    signedIn: true,
    open: async ({ page }) => {
      await page.goto("/nowhere");
      await expect(page.getByRole("main").getByRole("heading")).toBeVisible();
    },
  },
];
