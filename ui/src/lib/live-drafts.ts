import type { ServerFrame, Snapshot, StreamChunk } from "./live-frames";

/** An answer that is being written: what of it has arrived. */
export type Draft = {
  messageId: string;
  threadId: string;
  text: string;
  /** The index that the next chunk must have. */
  nextIndex: number;
  model: string;
  /** How many turns are before this one; null once the model began, or if it was not said. */
  queuePosition: number | null;
  /** A chunk is missing: text stands still until a snapshot comes. */
  stale: boolean;
};

export type Drafts = {
  readonly open: Readonly<Record<string, Draft>>;
  /** Answers that ended, newest last: a late chunk of one must not bring it back. */
  readonly ended: readonly string[];
};

/** What a frame asks for beyond the text itself. */
export type Wish =
  | { kind: "resubscribe"; threadId: string }
  /** The thread may have changed while nobody listened: fetch what is newer. */
  | { kind: "catch-up"; threadId: string }
  /** An answer is being written that may not be in the list yet. */
  | { kind: "placeholder"; threadId: string; messageId: string; parentId: string | null; model: string };

export type Step = { drafts: Drafts; wishes: Wish[] };

export const noDrafts: Drafts = { open: {}, ended: [] };

/** Enough for every answer that a frame in flight could still speak of. */
const REMEMBERED = 64;

/**
 * Takes one frame into the answers being written. Pure. Whatever is dropped, repeated or
 * reordered, a draft's text is always the true beginning of the answer.
 */
export function step(drafts: Drafts, frame: ServerFrame): Step {
  switch (frame.type) {
    case "assistant_message_start":
      return started(drafts, frame);
    case "stream_chunk":
      return frame.is_final ? { drafts: end(drafts, frame.message_id), wishes: [] } : chunk(drafts, frame);
    case "subscribed":
      return frame.thread_id ? subscribed(drafts, frame.thread_id, frame.streaming) : { drafts, wishes: [] };
    case "message_deleted":
      return { drafts: end(drafts, frame.message_id), wishes: [] };
    case "thread_deleted":
      return { drafts: endThread(drafts, frame.thread_id), wishes: [] };
    default:
      return { drafts, wishes: [] };
  }
}

function started(drafts: Drafts, frame: Extract<ServerFrame, { type: "assistant_message_start" }>): Step {
  const { message_id: messageId, thread_id: threadId } = frame;
  if (drafts.ended.includes(messageId)) return { drafts, wishes: [] };
  const old = drafts.open[messageId];
  const draft: Draft = {
    ...(old ?? { messageId, threadId, text: "", nextIndex: 0, stale: false }),
    model: frame.model,
    queuePosition: old?.text ? null : (frame.queue_position ?? null),
  };
  return {
    drafts: put(drafts, draft),
    wishes: [{ kind: "placeholder", threadId, messageId, parentId: frame.parent_id, model: frame.model }],
  };
}

function chunk(drafts: Drafts, frame: StreamChunk): Step {
  if (drafts.ended.includes(frame.message_id)) return { drafts, wishes: [] };
  const old = drafts.open[frame.message_id] ?? begun(frame.thread_id, frame.message_id);
  // Index and length decide together: a merged chunk may begin before what is known and end behind it.
  if (frame.next_index <= old.nextIndex) return { drafts, wishes: [] };
  if (frame.chunk_index === old.nextIndex) {
    const text = old.text + frame.chunk;
    return { drafts: put(drafts, { ...old, text, nextIndex: frame.next_index, queuePosition: null, stale: false }), wishes: [] };
  }
  if (old.stale) return { drafts, wishes: [] };
  return { drafts: put(drafts, { ...old, stale: true }), wishes: [{ kind: "resubscribe", threadId: frame.thread_id }] };
}

function subscribed(drafts: Drafts, threadId: string, streaming: Snapshot | null): Step {
  // What else this thread was writing has ended meanwhile; its text stays until the list has it.
  const wishes: Wish[] = [{ kind: "catch-up", threadId }];
  if (!streaming || drafts.ended.includes(streaming.message_id)) return { drafts, wishes };
  const { message_id: messageId, content, next_index: nextIndex, model } = streaming;
  const old = drafts.open[messageId];
  // A snapshot can lag behind the chunks (another node's): the longer text is the newer one.
  if (old && old.nextIndex >= nextIndex) return { drafts: put(drafts, { ...old, stale: false }), wishes };
  return { drafts: put(drafts, { messageId, threadId, text: content, nextIndex, model, queuePosition: null, stale: false }), wishes };
}

/** Ends an answer: the message list has its final text. */
export function end(drafts: Drafts, messageId: string): Drafts {
  const { [messageId]: gone, ...open } = drafts.open;
  if (!gone && drafts.ended.includes(messageId)) return drafts;
  return { open: gone ? open : drafts.open, ended: [...drafts.ended.filter((id) => id !== messageId), messageId].slice(-REMEMBERED) };
}

function endThread(drafts: Drafts, threadId: string): Drafts {
  return Object.values(drafts.open)
    .filter((draft) => draft.threadId === threadId)
    .reduce((rest, draft) => end(rest, draft.messageId), drafts);
}

function begun(threadId: string, messageId: string): Draft {
  return { messageId, threadId, text: "", nextIndex: 0, model: "", queuePosition: null, stale: false };
}

function put(drafts: Drafts, draft: Draft): Drafts {
  return { ...drafts, open: { ...drafts.open, [draft.messageId]: draft } };
}
