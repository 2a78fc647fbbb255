import { notifyManager, type QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { call, messageOf, NetworkError, Problem } from "@/lib/api";
import { type MessageList, messagesKey, upsert } from "@/lib/live-messages";
import { socket } from "@/lib/socket";
import { SocketError } from "@/lib/socket-machine";
import { uuid } from "@/lib/uuid";
import type { Attachment, Message } from "@/lib/wire";

/** A message on its way to the server, or one that did not get there. */
export type Outgoing = {
  /** Made once: however often the message is sent, the server stores it once. */
  clientId: string;
  threadId: string;
  userId: string;
  content: string;
  /** The files that go with it. */
  attachments?: readonly Attachment[];
  createdAt: string;
  /** The newest message that was known when it was sent; its own stored form comes after. */
  after: string;
  /** A message that is held could not reach the server; it is sent as soon as that can be reached. */
  state: "sending" | "held" | "failed";
  /** Why it failed, in a sentence. */
  error?: string;
};

type Outbox = {
  waiting: readonly Outgoing[];
  /** Stored messages that were sent from here, by id: they keep the element that they had on their way. */
  sentAs: Readonly<Record<string, string>>;
};

const KEY = "parley-outbox";
const MOST = 20;

export const useOutbox = create<Outbox>(() => ({ waiting: restore(), sentAs: {} }));

/**
 * Sends a text. It is shown at once and stays, whatever happens, until the server has it or
 * the person gives it up. The messages of a thread are sent one after the other, in the
 * order in which they were written.
 */
export function send(client: QueryClient, threadId: string, userId: string, content: string, attachments: readonly Attachment[] = []): Promise<void> {
  const items = client.getQueryData<MessageList>(messagesKey(threadId))?.items;
  const outgoing: Outgoing = {
    clientId: uuid(),
    threadId,
    userId,
    content,
    attachments,
    createdAt: new Date().toISOString(),
    after: items?.at(-1)?.id ?? "",
    state: "sending",
  };
  keep([...useOutbox.getState().waiting, outgoing]);
  return flushThread(client, threadId, userId);
}

/** Tries again, as the same message. */
export function sendAgain(client: QueryClient, clientId: string): Promise<void> {
  const outgoing = useOutbox.getState().waiting.find((m) => m.clientId === clientId);
  if (!outgoing || outgoing.state === "sending") return Promise.resolve();
  change(clientId, { state: "sending", error: undefined });
  return flushThread(client, outgoing.threadId, outgoing.userId);
}

/** Sends what a person's messages were held for: the server may be within reach again. */
export async function flush(client: QueryClient, userId: string): Promise<void> {
  const held = useOutbox.getState().waiting.filter((m) => m.state === "held" && m.userId === userId);
  await Promise.all([...new Set(held.map((m) => m.threadId))].map((threadId) => flushThread(client, threadId, userId)));
}

/** The threads whose messages are being sent. */
const busy = new Map<string, Promise<void>>();

function flushThread(client: QueryClient, threadId: string, userId: string): Promise<void> {
  const running = busy.get(threadId);
  if (running) return running; // it goes on with what was added meanwhile
  const run = deliverAll(client, threadId, userId).finally(() => busy.delete(threadId));
  busy.set(threadId, run);
  return run;
}

/** Sends the messages of a thread in order, until all are sent or the server cannot be reached. */
async function deliverAll(client: QueryClient, threadId: string, userId: string): Promise<void> {
  const done = new Set<string>(); // some of them are still to be taken off the list
  const next = () => useOutbox.getState().waiting.find((m) => m.threadId === threadId && m.userId === userId && m.state !== "failed" && !done.has(m.clientId));
  for (let outgoing = next(); outgoing; outgoing = next()) {
    if (!(await deliver(client, outgoing))) return holdAll(threadId, userId);
    done.add(outgoing.clientId);
  }
}

/** Holds what would have followed a message that is held: the order stays. */
function holdAll(threadId: string, userId: string): void {
  keep(useOutbox.getState().waiting.map((m) => (m.threadId === threadId && m.userId === userId && m.state === "sending" ? { ...m, state: "held" } : m)));
}

/** Gives a message up and returns it. */
export function discard(clientId: string): Outgoing | undefined {
  const { waiting } = useOutbox.getState();
  keep(waiting.filter((m) => m.clientId !== clientId));
  return waiting.find((m) => m.clientId === clientId);
}

/** A message that was given up for lost has turned up among the stored ones. */
export function confirm(clientId: string, messageId: string): void {
  useOutbox.setState(({ sentAs }) => ({ sentAs: { ...sentAs, [messageId]: clientId } }));
  keep(useOutbox.getState().waiting.filter((m) => m.clientId !== clientId));
}

/** Sends one message; false if the server could not be reached. */
async function deliver(client: QueryClient, outgoing: Outgoing): Promise<boolean> {
  try {
    const message = await transmit(outgoing);
    client.setQueryData<MessageList>(messagesKey(outgoing.threadId), (list) => list && upsert(list, message));
    // Right after the list's readers hear of it, or the message would be gone for a moment.
    notifyManager.schedule(() => confirm(outgoing.clientId, message.id));
  } catch (error) {
    if (isUnreachable(error)) return false;
    change(outgoing.clientId, { state: "failed", error: error instanceof SocketError ? sentence(error.message) : messageOf(error) });
  }
  return true;
}

/** By the socket, or over REST where the socket is down or does not answer; the client id makes the second try harmless. */
async function transmit({ threadId, content, clientId, attachments = [] }: Outgoing): Promise<Message> {
  const files = attachments.length > 0 ? { attachment_ids: attachments.map((a) => a.id) } : {};
  try {
    const { message } = await socket.request({ type: "send_message", thread_id: threadId, content, client_id: clientId, ...files });
    if (message) return message;
  } catch (error) {
    const unanswered = error instanceof SocketError && (error.code === "disconnected" || error.code === "timeout");
    if (!unanswered) throw error;
  }
  return (await call<{ message: Message }>("POST", `/threads/${threadId}/messages`, { content, client_id: clientId, ...files })).message;
}

/** Reports whether nobody who could answer has heard of the message: no network, or a proxy without its server. */
function isUnreachable(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof Problem && [502, 503, 504].includes(error.status) && socket.status.state !== "open");
}

function change(clientId: string, to: Partial<Outgoing>): void {
  keep(useOutbox.getState().waiting.map((m) => (m.clientId === clientId ? { ...m, ...to } : m)));
}

/** Also kept for this tab's next life: a reload must not lose a text that never arrived. */
function keep(waiting: readonly Outgoing[]): void {
  useOutbox.setState({ waiting });
  try {
    sessionStorage.setItem(KEY, JSON.stringify(waiting.slice(-MOST)));
  } catch {
    // Full or forbidden: it lives as long as the page does.
  }
}

function restore(): Outgoing[] {
  try {
    const stored = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as Outgoing[];
    // Whether the server has it nobody knows; sent again it is the same message.
    return stored.map((m) => (m.state === "sending" ? { ...m, state: "held" } : m));
  } catch {
    return [];
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}
