import type { Message, Summary } from "@/lib/wire";
import type { Outgoing } from "./outbox";

/** One line of the chat. Its key outlives the change from sent to stored and from one answer to another. */
export type Row =
  | { kind: "question"; key: string; message: Message; isLast: boolean /** How many questions wait before this one, if it waits. */; ahead?: number }
  | {
      kind: "answer";
      key: string;
      message: Message /** All answers to the question, oldest first. */;
      siblings: readonly Message[] /** Who asked, where the question is loaded. */;
      asker: Message["author"];
      isLast: boolean;
    }
  | { kind: "damaged"; key: string; message: Message }
  | { kind: "outgoing"; key: string; outgoing: Outgoing }
  | { kind: "summary"; key: string; summary: Summary };

type Said = Extract<Row, { kind: "question" | "answer" }>;

export const isSaid = (row: Row | undefined): row is Said => row?.kind === "question" || row?.kind === "answer";

/** Which answer to a question the reader picked; without a pick it is the newest. */
export type Picks = Readonly<Record<string, string>>;

/**
 * Puts the messages in the order in which they are read: each question with one of its
 * answers below it, whenever that was made, and what is on its way at the end.
 */
export function rowsOf(items: readonly Message[], picks: Picks, waiting: readonly Outgoing[], sentAs: Readonly<Record<string, string>>): Row[] {
  const claims = claim(items, waiting);
  const answers = groupAnswers(items);
  const loaded = new Map(items.map((m) => [m.id, m]));
  const rows: Row[] = [];
  let queued = 0;
  for (const message of items) {
    if (isDamaged(message)) rows.push({ kind: "damaged", key: message.id, message });
    if (message.is_user) {
      const key = sentAs[message.id] ?? claims.get(message.id) ?? message.id;
      rows.push({ kind: "question", key, message, isLast: false, ...(message.status === "queued" && { ahead: queued++ }) });
    }
    const group = message.is_user || isDamaged(message) ? answers.get(message.id) : ownGroup(message, loaded, answers);
    if (group) rows.push(answerRow(group, picks, loaded));
  }
  markLast(rows);
  const claimed = new Set(claims.values());
  for (const outgoing of waiting) if (!claimed.has(outgoing.clientId)) rows.push({ kind: "outgoing", key: outgoing.clientId, outgoing });
  return rows;
}

/**
 * Puts each summary behind the last message that it stands for. One that ends further
 * up than what is loaded comes with that.
 */
export function withSummaries(rows: readonly Row[], summaries: readonly Summary[], hasOlder: boolean): readonly Row[] {
  if (summaries.length === 0) return rows;
  const behind = new Map<number, Summary[]>();
  for (const summary of summaries) {
    const { end_message_id: end } = summary;
    if (end === null) continue;
    const at = rows.findLastIndex((row) => isSaid(row) && began(row) <= end);
    if (at >= 0 || !hasOlder) behind.set(at, [...(behind.get(at) ?? []), summary]);
  }
  const some = (at: number): Row[] => behind.get(at)?.map((summary) => ({ kind: "summary", key: `summary-${summary.id}`, summary })) ?? [];
  return [...some(-1), ...rows.flatMap((row, at) => [row, ...some(at)])];
}

/** A line stands where its first message does, whichever of them it shows. */
const began = (row: Said) => (row.kind === "answer" ? (row.siblings[0] ?? row.message) : row.message).id;

/** Whether it only stands for a message that the store lost; whose it was is not known. */
const isDamaged = (message: Message) => message.error?.code === "damaged";

/** Answers by their question. */
function groupAnswers(items: readonly Message[]): Map<string, Message[]> {
  const groups = new Map<string, Message[]>();
  for (const message of items) {
    if (message.is_user || isDamaged(message)) continue;
    const parent = message.parent_id ?? message.id;
    groups.set(parent, [...(groups.get(parent) ?? []), message]);
  }
  return groups;
}

/** The group of an answer whose question is not loaded: it stands where its first answer does. */
function ownGroup(message: Message, loaded: ReadonlyMap<string, Message>, answers: Map<string, Message[]>): Message[] | undefined {
  const group = answers.get(message.parent_id ?? message.id);
  const orphan = message.parent_id === null || !loaded.has(message.parent_id);
  return orphan && group?.[0] === message ? group : undefined;
}

function answerRow(siblings: Message[], picks: Picks, loaded: ReadonlyMap<string, Message>): Row {
  const newest = siblings[siblings.length - 1] as Message;
  const parent = newest.parent_id ?? newest.id;
  const message = siblings.find((m) => m.id === picks[parent]) ?? newest;
  return { kind: "answer", key: `answer-${parent}`, message, siblings, asker: loaded.get(parent)?.author, isLast: false };
}

function markLast(rows: Row[]): void {
  for (const kind of ["question", "answer"] as const) {
    const last = rows.findLast((row) => row.kind === kind);
    if (isSaid(last)) last.isLast = true;
  }
  // An answer is the last word only if nothing was asked since.
  const end = rows[rows.length - 1];
  for (const row of rows) if (row.kind === "answer" && row !== end) row.isLast = false;
}

/** Finds stored messages (by id) that are what is still thought to be on its way: the push can overtake the reply. */
export function claim(items: readonly Message[], waiting: readonly Outgoing[]): Map<string, string> {
  const claims = new Map<string, string>();
  for (const outgoing of waiting) {
    const stored = items.find(
      (m) => m.is_user && m.id > outgoing.after && m.user_id === outgoing.userId && m.content === outgoing.content && !claims.has(m.id),
    );
    if (stored) claims.set(stored.id, outgoing.clientId);
  }
  return claims;
}
