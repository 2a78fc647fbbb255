import type { ReasoningChunk, ServerFrame, Snapshot, StreamChunk } from "./live-frames";

/** An answer that is being written: what of it has arrived. */
export type Draft = {
  messageId: string;
  threadId: string;
  text: string;
  /** The index that the next chunk must have. */
  nextIndex: number;
  /** What the model reasoned before the text, and the index of its next chunk. */
  reasoning: string;
  reasoningNext: number;
  /** When it began to reason, in milliseconds; null if it had begun before this page watched. */
  reasoningSince: number | null;
  /** For how long it reasoned, in milliseconds; null while it does, or where that was not watched. */
  reasoningMs: number | null;
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
 * Takes one frame, which came at `now`, into the answers being written. Pure. Whatever is dropped,
 * repeated or reordered, a draft's texts are always the true beginnings of reasoning and answer.
 */
export function step(drafts: Drafts, frame: ServerFrame, now = Date.now()): Step {
  switch (frame.type) {
    case "assistant_message_start":
      return started(drafts, frame);
    case "stream_chunk":
      return frame.is_final ? { drafts: end(drafts, frame.message_id), wishes: [] } : chunk(drafts, frame, now);
    case "reasoning_chunk":
      return reasoned(drafts, frame, now);
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
    ...(old ?? begun(threadId, messageId)),
    model: frame.model,
    queuePosition: old?.text || old?.reasoning ? null : (frame.queue_position ?? null),
  };
  return {
    drafts: put(drafts, draft),
    wishes: [{ kind: "placeholder", threadId, messageId, parentId: frame.parent_id, model: frame.model }],
  };
}

/** Takes a chunk of what the model reasons, by the same rules as one of its text. */
function reasoned(drafts: Drafts, frame: ReasoningChunk, now: number): Step {
  if (drafts.ended.includes(frame.message_id)) return { drafts, wishes: [] };
  const old = drafts.open[frame.message_id] ?? begun(frame.thread_id, frame.message_id);
  if (frame.next_index <= old.reasoningNext) return { drafts, wishes: [] };
  if (frame.chunk_index === old.reasoningNext) {
    const reasoning = old.reasoning + frame.chunk;
    const reasoningSince = frame.chunk_index === 0 && old.nextIndex === 0 ? now : old.reasoningSince;
    return { drafts: put(drafts, { ...old, reasoning, reasoningNext: frame.next_index, reasoningSince, queuePosition: null }), wishes: [] };
  }
  return missed(drafts, old);
}

/** Something between this frame and those before was lost: asks once for a snapshot. */
function missed(drafts: Drafts, old: Draft): Step {
  if (old.stale) return { drafts, wishes: [] };
  return { drafts: put(drafts, { ...old, stale: true }), wishes: [{ kind: "resubscribe", threadId: old.threadId }] };
}

function chunk(drafts: Drafts, frame: StreamChunk, now: number): Step {
  if (drafts.ended.includes(frame.message_id)) return { drafts, wishes: [] };
  const old = drafts.open[frame.message_id] ?? begun(frame.thread_id, frame.message_id);
  // Index and length decide together: a merged chunk may begin before what is known and end behind it.
  if (frame.next_index <= old.nextIndex) return { drafts, wishes: [] };
  if (frame.chunk_index === old.nextIndex) {
    const text = old.text + frame.chunk;
    const reasoningMs = old.text === "" && old.reasoningSince !== null ? now - old.reasoningSince : old.reasoningMs;
    return { drafts: put(drafts, { ...old, text, reasoningMs, nextIndex: frame.next_index, queuePosition: null, stale: false }), wishes: [] };
  }
  return missed(drafts, old);
}

function subscribed(drafts: Drafts, threadId: string, streaming: Snapshot | null): Step {
  // What else this thread was writing has ended meanwhile; its text stays until the list has it.
  const wishes: Wish[] = [{ kind: "catch-up", threadId }];
  if (!streaming || drafts.ended.includes(streaming.message_id)) return { drafts, wishes };
  const { message_id: messageId, content, next_index: nextIndex, model, reasoning = "", reasoning_next_index: reasoningNext = 0 } = streaming;
  const old = drafts.open[messageId];
  // A snapshot can lag behind the chunks (another node's): the longer text is the newer one.
  const texts = !old || old.nextIndex < nextIndex ? { text: content, nextIndex, model, queuePosition: null } : {};
  const thoughts = !old || old.reasoningNext < reasoningNext ? { reasoning, reasoningNext } : {};
  const behind = old && nextIndex > 0 && old.nextIndex === 0 ? { reasoningSince: null } : {}; // when it ended was not seen
  const draft: Draft = { ...(old ?? { ...begun(threadId, messageId), model }), ...texts, ...thoughts, ...behind, stale: false };
  return { drafts: put(drafts, draft), wishes };
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

/** An answer of which nothing has come yet. */
export function begun(threadId: string, messageId: string): Draft {
  return {
    messageId,
    threadId,
    text: "",
    nextIndex: 0,
    reasoning: "",
    reasoningNext: 0,
    reasoningSince: null,
    reasoningMs: null,
    model: "",
    queuePosition: null,
    stale: false,
  };
}

function put(drafts: Drafts, draft: Draft): Drafts {
  return { ...drafts, open: { ...drafts.open, [draft.messageId]: draft } };
}
