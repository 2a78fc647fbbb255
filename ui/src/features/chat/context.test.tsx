import { act, screen, waitFor, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { describe, expect, it, vi } from "vitest";
import { useAnnouncement } from "@/lib/announce";
import { threadKeys } from "@/lib/threads";
import type { ContextMeter, Message, Thread, ThreadContext, User } from "@/lib/wire";
import { fakeServer, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import {
  sampleAttachment,
  sampleContext,
  sampleId,
  sampleList,
  sampleMessage,
  sampleProject,
  sampleSummary,
  sampleThread,
  sampleUser,
} from "@/testing/samples";
import ChatPage from "./chat-page";

// It draws nothing where there is no layout.
vi.mock("virtua", () => ({
  Virtualizer: ({ data, children }: { data: unknown[]; children: (row: unknown) => ReactElement }) => <>{data.map(children)}</>,
}));

const home = sampleProject();

async function open({
  context = {} as Partial<ContextMeter>,
  parts = [] as ThreadContext["parts"],
  answer = {} as Partial<Message>,
  question = {} as Partial<Message>,
  me = sampleUser(),
  thread = {} as Partial<Thread>,
  routes = {} as Routes,
} = {}) {
  const chat = sampleThread({ project_id: home.id, user_id: me.id, context: sampleContext(context), ...thread });
  const asked = sampleMessage({ thread_id: chat.id, user_id: me.id, is_user: true, content: "Which crane?", ...question });
  const answered = sampleMessage({ thread_id: chat.id, user_id: me.id, parent_id: asked.id, ...answer });
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /threads/:id": () => chat,
    "GET /projects/:id": () => home,
    "GET /threads/:id/messages": () => sampleList("messages", [asked, answered]),
    "GET /threads/:id/context": (): ThreadContext => ({ model: "m", parts, unsent: [], ...chat.context }),
    ...routes,
  });
  const drawn = render(<ChatPage threadId={chat.id} />, { at: `/threads/${chat.id}` });
  drawn.client.setQueryData<User>(["me"], me);
  await screen.findByRole("log");
  await screen.findByRole("link", { name: home.name });
  return { ...drawn, chat, server };
}

const meter = () => screen.getByRole("button", { name: /^Context/ });
const part = (over: Partial<ThreadContext["parts"][number]>) => ({
  kind: "message" as const,
  id: sampleId(),
  title: "Words",
  tokens: 10,
  included: true,
  cut_tokens: 0,
  ...over,
});

it("opens with the keyboard and says what is read, what is left out and where the limit comes from", async () => {
  const { user } = await open({
    context: {
      used: 700,
      budget: 750,
      limit: 1000,
      percent: 93,
      severity: "critical",
      limit_source: "assumed",
      left_out: { messages: 2, attachments: 1, tokens: 420 },
    },
    parts: [
      part({ kind: "instructions", title: "Be brief." }),
      part({ title: "Old question", is_user: true, included: false }),
      part({ title: "Old answer", included: false }),
      part({ title: "Newer question", is_user: true }),
      part({ kind: "attachment", title: "notes.txt", tokens: 2133, cut_tokens: 367, readable_by: { m: true } }),
      part({ kind: "attachment", title: "boat.png", readable_by: { m: false } }),
    ],
  });
  expect(meter()).toHaveAccessibleName("Context 93%. The model doesn't read everything: 2 messages and 1 file are left out or cut.");
  meter().focus();
  await user.keyboard("{Enter}");
  const panel = await screen.findByRole("dialog", { name: "What the model reads" });
  const left = await within(panel).findByRole("region", { name: "Left out" });
  expect(left).toHaveTextContent("2 messages");
  expect(left).toHaveTextContent("notes.txt");
  const reads = within(panel).getByRole("region", { name: "Reads" });
  expect(reads).toHaveTextContent("2,133 of 2,500 tokens");
  expect(reads).toHaveTextContent("boat.pngIts name only: the model can't read this kind of file");
  expect(within(panel).getByRole("region", { name: "Limit" })).toHaveTextContent(
    /takes 1,000 tokens at once; 250 of them .* assumes this one.*model.openai.context_tokens/,
  );
  await user.keyboard("{Escape}");
  await waitFor(() => expect(meter()).toHaveFocus());
});

it("tells members that an administrator can set an assumed limit, and not how", async () => {
  const { user } = await open({ context: { limit_source: "assumed" }, me: sampleUser({ role: "member" }) });
  await user.click(meter());
  expect(await screen.findByText("An administrator can set the real limit.")).toBeInTheDocument();
  expect(screen.queryByText("model.openai.context_tokens")).toBeNull();
});

it("tells a screen reader when it turns to warning and to critical", async () => {
  const { client, chat } = await open();
  const turn = (context: Partial<ContextMeter>) =>
    act(async () => void client.setQueryData(threadKeys.detail(chat.id), { ...chat, context: sampleContext(context) }));
  await turn({ percent: 85, severity: "warning" });
  await waitFor(() => expect(useAnnouncement.getState().text).toBe("The chat is getting long. A summary frees up context."));
  await turn({ percent: 90, severity: "critical", left_out: { messages: 2, attachments: 0, tokens: 90 } });
  await waitFor(() => expect(useAnnouncement.getState().text).toBe("The model doesn't read everything: 2 messages are left out or cut."));
});

it("says beneath an answer that the model server cut the prompt", async () => {
  await open({ answer: { context_warning: { kind: "truncated_by_server", sent_tokens: 8000, read_tokens: 500 } } });
  expect(screen.getByTestId("context-warning")).toHaveTextContent("The model read only 500 of 8,000 tokens. The model server cut off the rest.");
});

it("says beneath an answer which file was cut", async () => {
  const notes = sampleAttachment({ name: "notes.txt" });
  await open({
    question: { attachments: [notes] },
    answer: { context_warning: { kind: "attachment_cut", attachment_id: notes.id, sent_tokens: 2133, all_tokens: 2500 } },
  });
  expect(screen.getByTestId("context-warning")).toHaveTextContent("notes.txt was cut: the model read 2,133 of 2,500 tokens.");
});

it("continues in a new chat that begins with a summary of the whole one", async () => {
  const summary = sampleSummary();
  const made = sampleThread({ project_id: home.id });
  const { user, server, chat } = await open({
    routes: {
      "POST /threads/:id/summarize": () => ({ summary_id: summary.id, status: "pending" }),
      "GET /threads/:id/summaries": () => sampleList("summaries", [summary]),
      "POST /threads": () => made,
    },
  });
  await user.click(meter());
  await user.click(await screen.findByRole("button", { name: "Continue in a new chat with the summary" }));
  await waitFor(() => expect(window.location.pathname).toBe(`/threads/${made.id}`));
  expect(server.to("POST /threads/:id/summarize").map((r) => r.body)).toEqual([{ whole: true }]);
  expect(server.to("POST /threads").map((r) => r.body)).toEqual([
    { project_id: home.id, title: `${chat.title} (continued)`, is_private: false, summary_id: summary.id, client_id: expect.any(String) },
  ]);
});

describe("an answer that failed because the chat is too long", () => {
  const answer: Partial<Message> = {
    status: "failed",
    content: "",
    error: { code: "context_exceeded", message: "The chat is longer than the model can read." },
  };

  it("offers what makes the chat shorter, beside another try", async () => {
    const { user, server } = await open({ answer, routes: { "POST /threads/:id/summarize": () => ({ summary_id: sampleId(), status: "pending" }) } });
    expect(screen.getByRole("button", { name: "Continue in a new chat with the summary" })).toBeEnabled();
    expect(screen.getByRole("button", { name: "Retry" })).toBeEnabled();
    await user.click(screen.getByRole("button", { name: "Summarise now" }));
    await waitFor(() => expect(server.to("POST /threads/:id/summarize")).toHaveLength(1));
  });

  it("offers it to nobody who cannot write, and not after another failure", async () => {
    const first = await open({ answer, thread: { is_archived: true } });
    expect(screen.queryByRole("button", { name: "Summarise now" })).toBeNull();
    first.unmount();
    await open({ answer: { ...answer, error: { code: "model_error", message: "No." } } });
    expect(screen.getByRole("button", { name: "Retry" })).toBeEnabled();
    expect(screen.queryByRole("button", { name: "Summarise now" })).toBeNull();
  });
});

it("has no actions for those who only read", async () => {
  const { user } = await open({ thread: { is_archived: true } });
  await user.click(meter());
  await screen.findByRole("region", { name: "Limit" });
  expect(screen.queryByRole("button", { name: "Summarise now" })).toBeNull();
});
