import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { useAnnouncement } from "@/lib/announce";
import { useDrafts } from "@/lib/live";
import { begun, noDrafts } from "@/lib/live-drafts";
import { type MessageList, messagesKey, upsert } from "@/lib/live-messages";
import { useConnection } from "@/lib/socket";
import { useToasts } from "@/lib/toast";
import type { Message, Project, Thread } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleContext, sampleMessage, sampleProject, sampleThread, sampleUser } from "@/testing/samples";
import ChatPage from "./chat-page";
import { useOutbox } from "./outbox";

// It draws nothing where there is no layout.
vi.mock("virtua", () => ({
  Virtualizer: ({ data, children }: { data: unknown[]; children: (row: unknown) => ReactElement }) => <>{data.map(children)}</>,
}));

const me = sampleUser();
const threadId = "0198c0de-0000-7000-a000-000000000001";

function scene({
  messages = [],
  thread = {},
  project = {},
  routes = {},
}: {
  messages?: Partial<Message>[];
  thread?: Partial<Thread>;
  project?: Partial<Project>;
  routes?: Routes;
} = {}) {
  const home = sampleProject(project);
  const chat = sampleThread({ id: threadId, project_id: home.id, user_id: me.id, ...thread });
  const stored = messages.map((m) => sampleMessage({ thread_id: chat.id, user_id: me.id, ...m }));
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /threads/:id": () => chat,
    "GET /projects/:id": () => home,
    "GET /threads/:id/messages": () => ({ messages: stored, total: stored.length, has_more: false }),
    ...routes,
  });
  return { chat, stored, server };
}

async function open(given: Parameters<typeof scene>[0] = {}) {
  const made = scene(given);
  const drawn = render(<ChatPage threadId={made.chat.id} />);
  drawn.client.setQueryData(["me"], me);
  await screen.findByRole("log");
  await screen.findByRole("link", { name: "Harbour plans" }); // what one may do is known
  const put = (message: Partial<Message>) =>
    act(async () => {
      drawn.client.setQueryData<MessageList>(
        messagesKey(made.chat.id),
        (list) => list && upsert(list, sampleMessage({ thread_id: made.chat.id, user_id: me.id, ...message })),
      );
    });
  return { ...made, ...drawn, put };
}

const box = () => screen.getByRole("textbox", { name: "Message" });
const articles = () => screen.getAllByRole("article").map((a) => [a.dataset.author, a.dataset.status, within(a).getByTestId("message-text").textContent]);
const question = { thread_id: threadId, id: "0198c0de-0000-7000-9000-000000000001", is_user: true, content: "Which crane?" };
const reply = { thread_id: threadId, id: "0198c0de-0000-7000-9000-000000000002", parent_id: question.id, content: "The **north** one." };

beforeEach(() => {
  useOutbox.setState({ waiting: [], sentAs: {} });
  useDrafts.setState(noDrafts, true);
  useConnection.setState({ state: "connecting", reason: null, retryAt: null });
});

describe("reading", () => {
  it("shows what was said, the answers as markdown", async () => {
    await open({ messages: [question, reply] });
    expect(articles()).toEqual([
      ["user", "complete", "Which crane?"],
      ["assistant", "complete", "The north one."],
    ]);
    expect(screen.getByText("north").tagName).toBe("STRONG");
    expect(screen.getByRole("log")).toHaveAttribute("aria-live", "off");
  });

  it("says by name who asked, who is answered and who stopped", async () => {
    const anna = { id: sampleUser().id, name: "Anna Çelik" };
    await open({
      messages: [
        { ...question, user_id: anna.id, author: anna },
        { ...reply, user_id: anna.id, status: "stopped", stopped_by: { id: me.id, name: "ann" } },
        { ...question, id: "0198c0de-0000-7000-9000-000000000003", content: "And me?", author: { id: me.id, name: "ann" } },
        { ...question, id: "0198c0de-0000-7000-9000-000000000004", content: "Gone", user_id: null },
      ],
    });
    expect(screen.getAllByRole("heading", { level: 2 }).map((h) => h.textContent)).toEqual([
      "Anna Çelik asked",
      "Answer to Anna Çelik",
      "You asked",
      "A former member asked",
    ]);
    expect(screen.getAllByRole("article")[0]).toHaveAccessibleName(/^Anna Çelik, /);
    expect(screen.getByText("You stopped this answer.")).toBeInTheDocument();
  });

  it("does not take a person's words for markdown", async () => {
    await open({ messages: [{ ...question, content: "**so** <b>x</b>" }] });
    expect(articles()[0]?.[2]).toBe("**so** <b>x</b>");
  });

  it("shows an answer grow, and says once that it is finished", async () => {
    const { put } = await open({ messages: [question, { ...reply, content: "", status: "streaming" }] });
    expect(screen.getByText("Thinking")).toBeInTheDocument();
    const draft = { ...begun("", reply.id), text: "The nor", nextIndex: 2, model: "m", queuePosition: null };
    act(() => useDrafts.setState({ open: { [reply.id]: draft }, ended: [] }));
    expect(articles()[1]).toEqual(["assistant", "streaming", "The nor"]);
    expect(screen.getAllByRole("article")[1]).toHaveAttribute("aria-busy", "true");
    await put(reply);
    await waitFor(() => expect(articles()[1]).toEqual(["assistant", "complete", "The north one."]));
    expect(useAnnouncement.getState().text).toBe("Answer finished.");
  });

  it("shows the place in the queue", async () => {
    await open({ messages: [question, { ...reply, content: "", status: "streaming" }] });
    const draft = { ...begun("", reply.id), text: "", nextIndex: 0, model: "m", queuePosition: 2 };
    act(() => useDrafts.setState({ open: { [reply.id]: draft }, ended: [] }));
    expect(screen.getByText("Waiting in line, 2 before you")).toBeInTheDocument();
  });

  it("shows what the model reasons while it does, and folds it with its time once the answer begins", async () => {
    const { user, put } = await open({ messages: [question, { ...reply, content: "", status: "streaming" }] });
    const draft = { ...begun("", reply.id), reasoning: "The crane…", reasoningNext: 2, reasoningSince: 0 };
    act(() => useDrafts.setState({ open: { [reply.id]: draft }, ended: [] }));
    expect(screen.getByText("Thinking")).toBeVisible();
    expect(screen.getByText("The crane…")).toBeVisible();
    act(() => useDrafts.setState({ open: { [reply.id]: { ...draft, text: "The", nextIndex: 1, reasoningMs: 12_300 } }, ended: [] }));
    expect(screen.getByText("Thought for 12 s")).toBeVisible();
    expect(screen.getByText("The crane…")).not.toBeVisible();
    await user.click(screen.getByText("Thought for 12 s"));
    expect(screen.getByText("The crane…")).toBeVisible();
    await put({ ...reply, reasoning: "The crane…", reasoning_ms: 12_400 });
    expect(screen.getByText("The crane…"), "what the reader opened stays open").toBeVisible();
    expect(screen.getByText("Thought for 12 s")).toBeVisible();
  });

  it("steps through the answers to one question", async () => {
    const second = { ...reply, id: "0198c0de-0000-7000-9000-000000000003", content: "The south one." };
    const { user } = await open({ messages: [question, reply, second] });
    expect(articles().at(-1)?.[2]).toBe("The south one.");
    await user.click(screen.getByRole("button", { name: "Previous answer" }));
    expect(articles().at(-1)?.[2]).toBe("The north one.");
    expect(screen.getByRole("button", { name: "Previous answer" })).toBeDisabled();
  });

  it("copies an answer as it was written", async () => {
    const { user } = await open({ messages: [question, reply] });
    await user.click(screen.getAllByRole("button", { name: "Copy" })[1] as HTMLElement);
    expect(await navigator.clipboard.readText()).toBe("The **north** one.");
  });

  it("loads earlier messages when there are some", async () => {
    const older = sampleMessage({ is_user: true, content: "Long ago", id: "0198c0de-0000-7000-8000-000000000001" });
    const routes: Routes = {
      "GET /threads/:id/messages": ({ query, params }) => ({
        messages: query.get("before") ? [older] : [sampleMessage({ ...question, thread_id: params.id ?? "" })],
        total: 2,
        has_more: !query.get("before"),
      }),
    };
    await open({ routes });
    expect(await screen.findByText("Long ago")).toBeInTheDocument();
    expect(articles().map(([, , text]) => text)).toEqual(["Long ago", "Which crane?"]);
  });

  it("says so when the chat is not there", async () => {
    scene({ routes: { "GET /threads/:id": () => problem(404, "not_found", "there is no such thread") } });
    render(<ChatPage threadId="x" />);
    expect(await screen.findByRole("heading", { name: "No such chat" })).toBeInTheDocument();
  });

  it("offers another try when only the messages do not load", async () => {
    scene({ routes: { "GET /threads/:id/messages": () => problem(500, "internal", "oh no") } });
    const { client } = render(<ChatPage threadId="x" />);
    client.setQueryData(["me"], me);
    expect(await screen.findByRole("button", { name: "Try again" })).toBeInTheDocument();
    expect(screen.getByRole("textbox", { name: "Message" })).toBeEnabled();
  });
});

describe("how an answer ended", () => {
  it.each([
    ["stopped", {}],
    ["interrupted", {}],
    ["failed", {}],
    ["complete", { finish_reason: "length" }],
  ] as const)("%s: shows what was cut off as it was shown while it came", async (status, more) => {
    const text = (content: string) => ({ ...reply, status, ...more, content });
    await open({ messages: [question, text("Figures:\n\n| Approach | Commits/s")] });
    expect(screen.getByRole("columnheader", { name: "Approach" })).toBeInTheDocument();
    expect(screen.queryByText(/\| Approach/)).toBeNull();
  });

  it.each([
    ["stopped", {}, "Stopped."],
    ["interrupted", {}, "The server stopped in the middle of this answer."],
    ["complete", { finish_reason: "length" }, "The answer reached its length limit."],
    ["complete", { finish_reason: "content_filter" }, "A content filter of the model server ended this answer."],
    ["complete", { finish_reason: "tool_calls" }, "The model ended this answer to call a tool, which Parley cannot do."],
    ["complete", { finish_reason: "moonlight" }, "The model server ended this answer early (moonlight)."],
  ] as const)("%s: says so and goes on by asking for it", async (status, more, sentence) => {
    const { user, server } = await open({
      messages: [question, { ...reply, status, ...more }],
      routes: {
        "POST /threads/:id/messages": ({ body }) =>
          json(201, {
            message: sampleMessage({ ...question, id: "0198c0de-0000-7000-9000-000000000009", user_id: me.id, content: (body as Message).content }),
            answer: null,
          }),
      },
    });
    expect(screen.getByText(sentence)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await waitFor(() => expect(server.to("POST /threads/:id/messages")[0]?.body).toMatchObject({ content: "Please continue exactly where you stopped." }));
    expect(box()).toHaveFocus();
  });

  it("failed: says why, keeps what had come, and tries again", async () => {
    const failed = { ...reply, status: "failed", error: { code: "model_unavailable", message: "the model server cannot be reached" } } as const;
    const { user, server } = await open({
      messages: [question, failed],
      routes: {
        "POST /messages/:id/regenerate": () =>
          json(201, sampleMessage({ ...reply, id: "0198c0de-0000-7000-9000-000000000003", status: "streaming", content: "" })),
      },
    });
    expect(screen.getByText("The model server cannot be reached.")).toBeInTheDocument();
    expect(articles()[1]?.[2]).toBe("The north one.");
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await waitFor(() => expect(server.to("POST /messages/:id/regenerate")[0]?.params.id).toBe(reply.id));
  });

  it.each(["stop", ""])("complete with %j: says nothing", async (finish_reason) => {
    await open({ messages: [question, { ...reply, status: "complete", finish_reason }] });
    expect(articles()[1]?.[2]).toBe("The north one.");
    expect(screen.queryByRole("button", { name: "Continue" })).not.toBeInTheDocument();
  });

  it("offers nothing to those who may not", async () => {
    await open({ messages: [question, { ...reply, status: "stopped" }], project: { role: "viewer" } });
    await screen.findByText("You have view-only access to this chat.");
    for (const name of ["Continue", "Regenerate", "Edit", "Send"]) expect(screen.queryByRole("button", { name })).not.toBeInTheDocument();
  });
});

describe("writing", () => {
  const stored = (content: string) => sampleMessage({ ...question, id: "0198c0de-0000-7000-9000-000000000009", user_id: me.id, content });
  const taking: Routes = { "POST /threads/:id/messages": ({ body }) => json(201, { message: stored((body as Message).content), answer: null }) };

  it("shows a message at once, sends it once, and keeps its element when it is stored", async () => {
    let release = () => {};
    const { user, server } = await open({
      routes: {
        "POST /threads/:id/messages": async ({ body }) =>
          new Promise((done) => (release = () => done(json(201, { message: stored((body as Message).content), answer: null })))),
      },
    });
    await user.type(box(), "Hello{Enter}");
    expect(articles()).toEqual([["user", "sending", "Hello"]]);
    expect(box()).toHaveValue("");
    await waitFor(() => expect(server.to("POST /threads/:id/messages")).toHaveLength(1));
    await act(async () => release());
    await waitFor(() => expect(articles()).toEqual([["user", "complete", "Hello"]]));
    expect(box()).toHaveFocus();
  });

  it("keeps what could not be sent, and sends it again as the same message", async () => {
    let down = true;
    const { user, server } = await open({
      routes: {
        "POST /threads/:id/messages": ({ body }) =>
          down ? problem(500, "internal", "something broke") : json(201, { message: stored((body as Message).content), answer: null }),
      },
    });
    await user.type(box(), "Hello{Enter}");
    expect(await screen.findByText("Not sent. Something broke.")).toBeInTheDocument();
    down = false;
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await waitFor(() => expect(articles()).toEqual([["user", "complete", "Hello"]]));
    const [first, second] = server.to("POST /threads/:id/messages").map(({ body }) => body as { client_id: string });
    expect(first?.client_id).toBe(second?.client_id);
    expect(first?.client_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("gives the text back for another wording", async () => {
    const { user } = await open({ routes: { "POST /threads/:id/messages": () => problem(409, "generation_in_progress", "an answer is being written") } });
    await user.type(box(), "Hello{Enter}");
    await screen.findByText("Not sent. An answer is being written.");
    await user.click(screen.getByRole("button", { name: "Edit" }));
    expect(box()).toHaveValue("Hello");
    expect(screen.queryByRole("article")).not.toBeInTheDocument();
  });

  it("starts a line with Shift+Enter, and leaves Enter to an input method", async () => {
    const { user } = await open({ routes: taking });
    await user.type(box(), "a{Shift>}{Enter}{/Shift}b");
    expect(box()).toHaveValue("a\nb");
    fireEvent.keyDown(box(), { key: "Enter", isComposing: true });
    expect(box()).toHaveValue("a\nb");
  });

  it("keeps the text of each chat over leaving and reloading", async () => {
    const { user, unmount, chat } = await open();
    await user.type(box(), "half a th");
    unmount();
    const again = render(<ChatPage threadId={chat.id} />);
    again.client.setQueryData(["me"], me);
    await screen.findByRole("log");
    expect(box()).toHaveValue("half a th");
  });

  it("counts near the limit and sends nothing beyond it", async () => {
    const { user, server } = await open({ routes: taking });
    fireEvent.change(box(), { target: { value: "x".repeat(49_990) } });
    expect(screen.getByText("10 characters left")).toBeInTheDocument();
    fireEvent.change(box(), { target: { value: "x".repeat(50_001) } });
    expect(screen.getByText("1 characters over the limit")).toBeInTheDocument();
    expect(box()).toBeInvalid();
    await user.click(box());
    await user.keyboard("{Enter}");
    expect(server.to("POST /threads/:id/messages")).toHaveLength(0);
  });

  it("refuses a paste that could never be sent, instead of freezing over it", async () => {
    const { user } = await open();
    await user.click(box());
    await user.paste("line\n".repeat(200_000));
    expect(box()).toHaveValue("");
    expect(useToasts.getState().list.at(-1)?.text).toContain("1,000,000 characters");
  });

  it("holds what is sent offline, says so, and gives it back for editing", async () => {
    const gone = () => {
      throw new TypeError("Failed to fetch");
    };
    const { user } = await open({ routes: { "POST /threads/:id/messages": gone } });
    await user.type(box(), "Hello");
    act(() => useConnection.setState({ state: "offline", reason: "lost", retryAt: Date.now() + 4000 }));
    expect(screen.getByText(/Parley cannot be reached. Messages you send are kept and go out once you're back online./)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Reconnect" })).toBeInTheDocument();
    await user.keyboard("{Enter}");
    expect(await screen.findByText("Sent once you're back online")).toBeInTheDocument();
    expect(articles()).toEqual([["user", "held", "Hello"]]);
    await user.click(screen.getByRole("button", { name: "Edit" }));
    expect(box()).toHaveValue("Hello");
    expect(useOutbox.getState().waiting).toEqual([]);
  });

  it("un-archives where one would write", async () => {
    const { user, chat } = await open({ thread: { is_archived: true }, routes: { "POST /threads/:id/unarchive": () => ({ ...chat, is_archived: false }) } });
    expect(screen.queryByRole("button", { name: "Send" })).not.toBeInTheDocument();
    await user.click(await screen.findByRole("button", { name: "Restore" }));
    expect(await screen.findByRole("button", { name: "Send" })).toBeInTheDocument();
  });

  it("changes one's last question and has it answered anew", async () => {
    const { user, server } = await open({
      messages: [question, reply],
      routes: { "PATCH /messages/:id": ({ body }) => sampleMessage({ ...question, ...(body as object), is_edited: true, edit_count: 1 }) },
    });
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    const field = screen.getByRole("textbox", { name: "Edit message" });
    await user.clear(field);
    expect(field).toHaveAccessibleDescription("Enter to send · Shift+Enter for a new line");
    await user.type(field, "Which{Shift>}{Enter}{/Shift}boat?{Enter}");
    await waitFor(() => expect(articles()[0]?.[2]).toBe("Which\nboat?"));
    expect(server.to("PATCH /messages/:id")[0]?.body).toEqual({ content: "Which\nboat?" });
    expect(box()).toHaveFocus();
  });

  it("gives the focus back to the Edit button when editing is cancelled", async () => {
    const { user } = await open({ messages: [question] });
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    await user.keyboard("{Escape}");
    expect(screen.getByRole("button", { name: "Edit" })).toHaveFocus();
  });

  it("makes the editor read-only and keeps its text when the chat is archived meanwhile", async () => {
    const { user, client, chat, server } = await open({ messages: [question] });
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    await user.type(screen.getByRole("textbox", { name: "Edit message" }), " Really?");
    act(() => client.setQueryData(["thread", threadId], { ...chat, is_archived: true }));
    const field = screen.getByRole("textbox", { name: "Edit message" });
    await waitFor(() => expect(field).toHaveAttribute("readonly"));
    expect(field).toHaveValue("Which crane? Really?");
    expect(screen.getByRole("button", { name: "Send" })).toBeDisabled();
    await user.type(field, "{Enter}");
    expect(server.to("PATCH /messages/:id")).toHaveLength(0);
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByRole("textbox", { name: "Edit message" })).toBeNull();
  });
});

describe("while an answer is being written", () => {
  const writing = {
    messages: [question, { ...reply, content: "The", status: "streaming" as const }],
    routes: { "POST /threads/:id/stop": () => ({ stopped: true }) },
  };

  it("stops by the button and by Escape, and keeps what is typed", async () => {
    const { user, server } = await open(writing);
    await user.type(box(), "next");
    await user.click(screen.getByRole("button", { name: "Stop" }));
    await waitFor(() => expect(server.to("POST /threads/:id/stop")).toHaveLength(1));
    expect(box()).toHaveFocus();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(server.to("POST /threads/:id/stop")).toHaveLength(2));
    expect(box()).toHaveValue("next");
  });

  it("lets Escape alone where it is not meant for one's own answer", async () => {
    const anna = { id: sampleUser().id, name: "Anna" };
    const { user, server, put } = await open(writing);
    (document.activeElement as HTMLElement).blur();
    await user.keyboard("{Escape}"); // nowhere in the chat
    await user.click(screen.getByRole("button", { name: "Chat menu" }));
    await user.keyboard("{Escape}"); // closes the menu
    await put({ ...question, user_id: anna.id, author: anna });
    await user.click(box());
    await user.keyboard("{Escape}"); // hers
    expect(server.to("POST /threads/:id/stop")).toHaveLength(0);
    await user.click(screen.getByRole("button", { name: "Stop" })); // by the button it may be
    await waitFor(() => expect(server.to("POST /threads/:id/stop")).toHaveLength(1));
  });

  it("puts the next question into the queue, where it can be changed and removed", async () => {
    const queued = { ...question, id: "0198c0de-0000-7000-9000-000000000003", content: "next", status: "queued" as const };
    const theirs = { ...queued, id: "0198c0de-0000-7000-9000-000000000004", user_id: sampleUser().id, author: { id: "x", name: "Ben" } };
    const { user, server, put } = await open({
      ...writing,
      project: { role: "editor" },
      routes: {
        ...writing.routes,
        "POST /threads/:id/messages": () => json(201, { message: sampleMessage({ ...queued, user_id: me.id }), answer: null }),
        "DELETE /messages/:id": () => undefined,
      },
    });
    await user.type(box(), "next{Enter}");
    await waitFor(() => expect(articles()[2]).toEqual(["user", "queued", "next"]));
    await put(theirs);
    expect(screen.getByText(/Queued, next to be answered/)).toBeInTheDocument();
    expect(await screen.findByText(/Queued, 1 ahead/)).toBeInTheDocument();
    expect(screen.getAllByRole("button", { name: "Edit" })).toHaveLength(1); // of one's own
    await user.click(screen.getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(articles().map((a) => a[1])).toEqual(["complete", "streaming", "queued"]));
    expect(server.to("DELETE /messages/:id")[0]?.params.id).toBe(queued.id);
  });

  it("asks for it again and again where the socket does not get through", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { server } = await open(writing);
    await act(async () => vi.advanceTimersByTimeAsync(2_100));
    await waitFor(() => expect(server.to("GET /threads/:id/messages").length).toBeGreaterThan(1));
  });
});

describe("the chat itself", () => {
  it("is renamed in place; Escape changes nothing", async () => {
    const { user, server, chat } = await open({ routes: { "PATCH /threads/:id": ({ body }) => ({ ...chat, ...(body as object) }) } });
    await user.click(await screen.findByRole("button", { name: chat.title }));
    await user.keyboard("No{Escape}");
    expect(server.to("PATCH /threads/:id")).toHaveLength(0);
    await user.click(screen.getByRole("button", { name: chat.title }));
    await user.clear(screen.getByRole("textbox", { name: "Chat title" }));
    await user.keyboard("Cranes{Enter}");
    expect(await screen.findByRole("button", { name: "Cranes" })).toHaveFocus();
    expect(server.to("PATCH /threads/:id")[0]?.body).toEqual({ title: "Cranes" });
  });

  it("is deleted only after a question", async () => {
    const { user, server } = await open({ routes: { "DELETE /threads/:id": () => undefined } });
    await user.click(screen.getByRole("button", { name: "Chat menu" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
    expect(server.to("DELETE /threads/:id")).toHaveLength(0);
    await user.click(screen.getByRole("button", { name: "Delete chat" }));
    await waitFor(() => expect(server.to("DELETE /threads/:id")).toHaveLength(1));
    await waitFor(() => expect(window.location.pathname).toMatch(/^\/projects\//));
  });

  it("warns when the model's context fills up", async () => {
    await open({ thread: { context: sampleContext({ used: 5840, percent: 95, severity: "critical" }) } });
    expect(screen.getByRole("button", { name: /^Context 95%. The context is full/ })).toHaveAttribute("data-severity", "critical");
  });
});
