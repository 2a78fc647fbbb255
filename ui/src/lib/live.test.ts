import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { follow, useDrafts } from "./live";
import { fetchNewest } from "./live-fetch";
import type { ServerFrame } from "./live-frames";
import { type MessageList, messagesKey } from "./live-messages";
import { useSummaryFailures } from "./live-summaries";
import { SocketMachine } from "./socket-machine";
import { threadKeys } from "./threads";
import type { Message, Thread } from "./wire";

const thread = "t";
const message = (id: string, more: Partial<Message> = {}) =>
  ({ id, thread_id: thread, is_user: false, content: id, status: "complete", edit_count: 0, is_deleted: false, ...more }) as Message;
const streaming = (id: string, content = "") => message(id, { status: "streaming", content });
const chunk = (id: string, from: number, text: string): ServerFrame => ({
  type: "stream_chunk",
  thread_id: thread,
  message_id: id,
  chunk: text,
  chunk_index: from,
  next_index: from + 1,
  is_final: false,
});
const final = (m: Message): ServerFrame => ({
  type: "stream_chunk",
  thread_id: thread,
  message_id: m.id,
  chunk: "",
  chunk_index: 0,
  next_index: 0,
  is_final: true,
  message: m,
});

let client: QueryClient;
let stored: Message[];
let asked: string[];
let held: Array<() => void> | undefined;
let send: (frame: ServerFrame) => void;
let machine: SocketMachine;
let stop: () => void;
/** What a reader of the chat would see, after every change. */
let seen: string[];
let observer: QueryObserver<MessageList>;

const shown = () =>
  (client.getQueryData<MessageList>(messagesKey(thread))?.items ?? []).map((m) =>
    m.status === "streaming" ? (useDrafts.getState().open[m.id]?.text ?? m.content) : m.content,
  );

const fakeFetch = vi.fn(async (input: RequestInfo | URL) => {
  const { searchParams } = new URL(String(input), "http://parley.test");
  const limit = Number(searchParams.get("limit"));
  const after = searchParams.get("after");
  const found = after ? stored.filter((m) => m.id > after) : stored;
  const messages = after ? found.slice(0, limit) : found.slice(-limit);
  const body = JSON.stringify({ messages, total: stored.length, has_more: found.length > messages.length });
  asked.push(searchParams.toString());
  if (held) await new Promise<void>((release) => held?.push(release));
  return new Response(body);
});

const settle = () => vi.advanceTimersByTimeAsync(50);
const load = async () => {
  observer = new QueryObserver<MessageList>(client, { queryKey: messagesKey(thread), queryFn: ({ signal }) => fetchNewest(client, thread, signal) });
  observer.subscribe(() => seen.push(shown().at(-1) ?? ""));
  await settle();
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", fakeFetch);
  stored = [message("1", { is_user: true })];
  asked = [];
  seen = [];
  held = undefined;
  client = new QueryClient();
  machine = new SocketMachine({ connect: () => ({ send() {}, close() {}, onopen: null, onmessage: null, onclose: null }), probe: async () => "ok" });
  machine.onFrame = (listener) => {
    send = listener;
    return () => true;
  };
  stop = follow(client, machine);
});
afterEach(() => {
  stop();
  client.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("an answer over the socket", () => {
  it("shows its place at once, grows, and ends in the stored message without a gap", async () => {
    await load();
    send({ type: "assistant_message_start", thread_id: thread, message_id: "2", parent_id: "1", model: "m" });
    send(chunk("2", 0, "Hel"));
    send(chunk("2", 1, "lo"));
    await settle();
    expect(shown()).toEqual(["1", "Hello"]);
    useDrafts.subscribe(() => seen.push(shown().at(-1) ?? ""));
    send(final(message("2", { content: "Hello." })));
    await settle();
    expect(shown()).toEqual(["1", "Hello."]);
    expect(useDrafts.getState().open).toEqual({});
    const texts = seen.filter((text) => text !== "1");
    expect(texts).toEqual([...texts].sort((a, b) => a.length - b.length));
  });

  it("joins many tokens into one change per painted frame", async () => {
    await load();
    const changes = vi.fn();
    const unsubscribe = useDrafts.subscribe(changes);
    for (let n = 0; n < 100; n++) send(chunk("2", n, "x"));
    await settle();
    unsubscribe();
    expect(changes).toHaveBeenCalledTimes(1);
    expect(useDrafts.getState().open["2"]?.text).toHaveLength(100);
  });

  it("keeps tokens out of the query cache", async () => {
    await load();
    send({ type: "assistant_message_start", thread_id: thread, message_id: "2", parent_id: "1", model: "m" });
    await settle();
    const before = client.getQueryData(messagesKey(thread));
    send(chunk("2", 0, "x"));
    await settle();
    expect(client.getQueryData(messagesKey(thread))).toBe(before);
  });

  it("is complete when it ended while the first page was on its way", async () => {
    held = [];
    stored.push(streaming("2", "Hel"));
    await load();
    send({ type: "subscribed", thread_id: thread, streaming: { message_id: "2", content: "Hello", next_index: 2, model: "m" } });
    send(final(message("2", { content: "Hello." })));
    stored[1] = message("2", { content: "Hello." });
    const release = held;
    held = undefined;
    for (const let_go of release) let_go();
    await settle();
    expect(shown()).toEqual(["1", "Hello."]);
    expect(useDrafts.getState().open).toEqual({});
  });

  it("keeps what arrived when the server could not store the end", async () => {
    await load();
    send({ type: "assistant_message_start", thread_id: thread, message_id: "2", parent_id: "1", model: "m" });
    send(chunk("2", 0, "Hello"));
    send({ type: "error", error_code: "internal", error: "the answer could not be stored", message_id: "2" });
    await settle();
    expect(client.getQueryData<MessageList>(messagesKey(thread))?.items[1]).toMatchObject({ status: "failed", content: "Hello" });
  });
});

describe("coming back", () => {
  const subscribed: ServerFrame = { type: "subscribed", thread_id: thread, streaming: null };

  it("fetches only what is newer than the last settled message", async () => {
    stored.push(streaming("2", "Hel"));
    await load();
    stored[1] = message("2", { content: "Hello." });
    stored.push(message("3", { is_user: true }));
    send(subscribed);
    await settle();
    expect(asked).toEqual(["limit=50", "after=1&limit=200"]);
    expect(shown()).toEqual(["1", "Hello.", "3"]);
  });

  it("reads the page again after a loss, so that edits and deletions show too", async () => {
    stored.push(message("2"), message("3"));
    await load();
    machine.stop();
    stored = [message("1", { content: "edited", edit_count: 1 }), message("3"), message("4")];
    send(subscribed);
    await settle();
    expect(shown()).toEqual(["edited", "3", "4"]);
  });

  it("drops the draft of an answer that is gone", async () => {
    await load();
    send(chunk("2", 0, "x"));
    send(subscribed);
    await settle();
    expect(useDrafts.getState().open).toEqual({});
  });

  it("leaves no hole after a long absence", async () => {
    await load();
    machine.stop();
    stored = Array.from({ length: 130 }, (_, n) => message(String(n + 1)).id.padStart(4, "0")).map((id) => message(id));
    stored[0] = message("0001");
    client.setQueryData<MessageList>(messagesKey(thread), { items: [message("0001")], hasOlder: false });
    send(subscribed);
    await settle();
    expect(shown()).toHaveLength(130);
  });
});

describe("other news", () => {
  it("adds a message once, whether it comes by frame, by page or by both", async () => {
    await load();
    send({ type: "new_message", message: message("2") });
    stored.push(message("2"));
    send({ type: "subscribed", thread_id: thread, streaming: null });
    send({ type: "new_message", message: message("2") });
    await settle();
    expect(shown()).toEqual(["1", "2"]);
  });

  it("does not let an old page overwrite a newer frame", async () => {
    await load();
    held = [];
    const fetching = client.refetchQueries({ queryKey: messagesKey(thread) });
    await settle();
    send({ type: "message_updated", message: message("1", { content: "edited", edit_count: 1 }) });
    send({ type: "new_message", message: message("2") });
    for (const release of held) release();
    await fetching;
    expect(shown()).toEqual(["edited", "2"]);
  });

  it("removes what was deleted", async () => {
    await load();
    send({ type: "message_deleted", thread_id: thread, message_id: "1" });
    expect(shown()).toEqual([]);
  });

  it("renames a thread and has the lists read again", async () => {
    client.setQueryData(threadKeys.lists(), { pages: [], pageParams: [] });
    send({ type: "thread_updated", thread: { id: thread, title: "New" } as Thread });
    expect(client.getQueryData<Thread>(threadKeys.detail(thread))?.title).toBe("New");
    expect(client.getQueryState(threadKeys.lists())?.isInvalidated).toBe(true);
  });
});

it("knows of a summary that failed until one is made", () => {
  send({ type: "summary_failed", thread_id: thread, error_code: "model_unavailable", error: "no answer", retry_after: 60 });
  expect(useSummaryFailures.getState().threads[thread]).toEqual({ error: "no answer", again: Date.now() + 60_000 });
  send({ type: "summary_available", thread_id: thread });
  expect(useSummaryFailures.getState().threads).toEqual({});
});
