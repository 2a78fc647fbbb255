import { notifyManager, type QueryClient } from "@tanstack/react-query";
import { create } from "zustand";
import { updateAttachment } from "./attachments";
import { isDeleting } from "./gone";
import { type Drafts, end, noDrafts, step, type Wish } from "./live-drafts";
import { fetchNewer } from "./live-fetch";
import type { ServerFrame } from "./live-frames";
import { isSettled, type MessageList, messagesKey, remove, summariesKey, upsert } from "./live-messages";
import { forgetSummaryFailures, putSummaryFailure } from "./live-summaries";
import { noticesKey } from "./notices";
import { putName } from "./people";
import { dropProject, projectKeys } from "./projects";
import type { SocketMachine } from "./socket-machine";
import { dropThread, putThread, threadKeys } from "./threads";
import type { Message, Thread } from "./wire";

/** The answers being written. Tokens live here alone: in the query cache each would redraw every reader of the chat. */
export const useDrafts = create<Drafts>(() => noDrafts);

/** How long a hidden tab, which paints no frames, may lag behind. */
const HIDDEN_MS = 500;

/**
 * Takes frames into the drafts and the query cache until the returned function is called.
 * Finished messages belong to the cache, growing ones to the drafts; a draft goes only once
 * whoever watches the cache has the message, so that no text is ever missing in between.
 */
export function follow(client: QueryClient, socket: SocketMachine): () => void {
  const live = new Live(client, socket);
  const stops = [socket.onFrame((frame) => live.take(frame)), socket.onStatus(({ state }) => state !== "open" && live.lineLost()), live.watchCache()];
  return () => {
    for (const stop of stops) stop();
    live.stop();
  };
}

class Live {
  private drafts = noDrafts;
  private cancelPublish: (() => void) | undefined;
  /** Threads whose messages may have changed unheard. */
  private readonly missed = new Set<string>();

  constructor(
    private readonly client: QueryClient,
    private readonly socket: SocketMachine,
  ) {}

  take(frame: ServerFrame): void {
    const patched = this.patch(frame);
    // The watch on the cache ends the draft once the final message is in it.
    if (frame.type === "stream_chunk" && frame.is_final && patched) return;
    const { drafts, wishes } = step(this.drafts, frame);
    this.set(drafts);
    for (const wish of wishes) this.grant(wish);
  }

  lineLost(): void {
    forgetSummaryFailures(); // what followed them would not be heard
    for (const query of this.client.getQueryCache().findAll({ queryKey: ["messages"] })) this.missed.add(String(query.queryKey[1]));
  }

  /** Ends drafts whose messages have come into the cache, by whichever way, right after its readers heard. */
  watchCache(): () => void {
    return this.client.getQueryCache().subscribe(({ type, query }) => {
      if (type !== "updated" || query.queryKey[0] !== "messages") return;
      const threadId = String(query.queryKey[1]);
      if (Object.values(this.drafts.open).some((draft) => draft.threadId === threadId)) notifyManager.schedule(() => this.reap(threadId, false));
    });
  }

  stop(): void {
    this.cancelPublish?.();
    this.drafts = noDrafts;
    useDrafts.setState(noDrafts, true);
  }

  /** Writes what a frame says into the query cache; true if a list of messages took it. */
  private patch(frame: ServerFrame): boolean {
    switch (frame.type) {
      case "new_message":
      case "message_queued":
      case "message_updated":
        return this.put(frame.message);
      case "stream_chunk":
        return frame.message ? this.put(frame.message) : false;
      case "attachment_updated":
        updateAttachment(frame.attachment);
        return false;
      case "message_deleted":
        return this.edit(frame.thread_id, (list) => remove(list, frame.message_id));
      case "error":
        return frame.message_id ? this.fail(frame.message_id, frame.error_code, frame.error) : false;
      case "thread_created":
      case "thread_updated":
        if (this.client.getQueryData<Thread>(threadKeys.detail(frame.thread.id))?.summary_count !== frame.thread.summary_count)
          void this.client.invalidateQueries({ queryKey: summariesKey(frame.thread.id) });
        putThread(this.client, frame.thread);
        return false;
      case "notice":
        void this.client.invalidateQueries({ queryKey: noticesKey });
        return false;
      case "user_updated":
        putName(this.client, frame.user);
        return false;
      case "summary_failed":
        putSummaryFailure(frame.thread_id, { error: frame.error, again: Date.now() + frame.retry_after * 1000 });
        return false;
      case "summary_available":
        putSummaryFailure(frame.thread_id);
        void this.client.invalidateQueries({ queryKey: summariesKey(frame.thread_id) });
        return false;
      case "thread_deleted":
        if (!isDeleting(this.client, frame.thread_id)) dropThread(this.client, frame.thread_id);
        return false;
      case "project_updated":
        if (frame.is_deleted) {
          if (!isDeleting(this.client, frame.project_id)) dropProject(this.client, frame.project_id);
          return false;
        }
        void this.client.invalidateQueries({ queryKey: projectKeys.detail(frame.project_id) });
        void this.client.invalidateQueries({ queryKey: projectKeys.list() });
        return false;
      default:
        return false;
    }
  }

  private put(message: Message): boolean {
    return this.edit(message.thread_id, (list) => upsert(list, message));
  }

  /** The server could not even store how an answer ended: its text is all there will be. */
  private fail(messageId: string, code: string, message: string): boolean {
    const draft = this.drafts.open[messageId];
    if (!draft) return false;
    return this.edit(draft.threadId, (list) => {
      const found = list.items.find((m) => m.id === messageId);
      return found ? upsert(list, { ...found, content: draft.text || found.content, status: "failed", error: { code, message } }) : list;
    });
  }

  /**
   * Changes a list that is loaded. While it is being fetched the change is made again on
   * what arrives, which may have been read before.
   */
  private edit(threadId: string, change: (list: MessageList) => MessageList): boolean {
    const key = messagesKey(threadId);
    const query = this.client.getQueryCache().find<MessageList>({ queryKey: key });
    if (!query) return false;
    const apply = () => this.client.setQueryData<MessageList>(key, (list) => list && change(list));
    if (query.state.fetchStatus === "fetching") void query.promise?.then(apply, () => undefined);
    if (query.state.data === undefined) return false;
    apply();
    return true;
  }

  private grant(wish: Wish): void {
    if (wish.kind === "resubscribe") this.socket.resubscribe(wish.threadId);
    else if (wish.kind === "catch-up") void this.catchUp(wish.threadId);
    else this.edit(wish.threadId, (list) => (list.items.some((m) => m.id === wish.messageId) ? list : upsert(list, placeholder(wish))));
  }

  private async catchUp(threadId: string): Promise<void> {
    const query = this.client.getQueryCache().find({ queryKey: messagesKey(threadId) });
    if (!query) return;
    if (query.state.fetchStatus === "fetching") await query.promise?.catch(() => undefined);
    // After an absence earlier messages may have changed too, so the page is read again.
    if (this.missed.delete(threadId)) await this.client.refetchQueries({ queryKey: query.queryKey });
    else await fetchNewer(this.client, threadId);
    this.reap(threadId, true);
  }

  /** Ends the drafts that the list has no use for any more. `read`: the list is fresh, so what it lacks is gone. */
  private reap(threadId: string, read: boolean): void {
    const list = this.client.getQueryData<MessageList>(messagesKey(threadId));
    if (!list) return;
    let drafts = this.drafts;
    for (const draft of Object.values(drafts.open)) {
      if (draft.threadId !== threadId) continue;
      const message = list.items.find((m) => m.id === draft.messageId);
      if (message ? isSettled(message) : read) drafts = end(drafts, draft.messageId);
    }
    if (drafts === this.drafts) return;
    this.drafts = drafts;
    this.publish();
  }

  private set(drafts: Drafts): void {
    if (drafts === this.drafts) return;
    this.drafts = drafts;
    this.cancelPublish ??= nextFrame(() => this.publish());
  }

  private publish(): void {
    this.cancelPublish?.();
    this.cancelPublish = undefined;
    useDrafts.setState(this.drafts, true);
  }
}

/** What the list shows until the server's own row of the answer is read. */
function placeholder({ threadId, messageId, parentId, model }: Extract<Wish, { kind: "placeholder" }>): Message {
  return {
    id: messageId,
    thread_id: threadId,
    user_id: null,
    is_user: false,
    content: "",
    content_html: "",
    status: "streaming",
    parent_id: parentId,
    alternatives: [],
    attachments: [],
    token_count: 0,
    model_used: model,
    finish_reason: "",
    context_warning: null,
    is_edited: false,
    edited_at: null,
    edit_count: 0,
    is_deleted: false,
    deleted_at: null,
    is_summarized: false,
    summary_id: null,
    created_at: new Date().toISOString(),
  };
}

/** Runs `fn` once before the next paint; a hidden tab paints nothing, so there a timer stands in. */
function nextFrame(fn: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(fn, HIDDEN_MS);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(fn);
  return () => cancelAnimationFrame(frame);
}
