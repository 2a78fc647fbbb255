import { describe, expect, it } from "vitest";
import { sampleMessage, sampleSummary } from "@/testing/samples";
import type { Outgoing } from "./outbox";
import { isSaid, type Row, rowsOf, withSummaries } from "./rows";

const ask = (id: string, over = {}) => sampleMessage({ id, is_user: true, user_id: "me", content: `question ${id}`, ...over });
const answer = (id: string, parent_id: string) => sampleMessage({ id, parent_id, content: `answer ${id}` });
const outgoing = (over: Partial<Outgoing> = {}): Outgoing => ({
  clientId: "c",
  threadId: "t",
  userId: "me",
  content: "question 3",
  createdAt: "",
  after: "2",
  state: "sending",
  ...over,
});
const shape = (rows: readonly Row[]) => rows.map((row) => (isSaid(row) ? row.message.id : `~${row.key}`)).join(" ");

describe("the order of a chat", () => {
  it("is question and answer", () => {
    expect(shape(rowsOf([ask("1"), answer("2", "1"), ask("3"), answer("4", "3")], {}, [], {}))).toBe("1 2 3 4");
  });

  it("shows the newest of several answers, where the question is", () => {
    const items = [ask("1"), answer("2", "1"), ask("3"), answer("4", "3"), answer("5", "1")];
    const rows = rowsOf(items, {}, [], {});
    expect(shape(rows)).toBe("1 5 3 4");
    expect(rows[1]).toMatchObject({ siblings: [{ id: "2" }, { id: "5" }] });
  });

  it("shows the answer that the reader picked, under the same key", () => {
    const items = [ask("1"), answer("2", "1"), answer("3", "1")];
    const newest = rowsOf(items, {}, [], {});
    const picked = rowsOf(items, { "1": "2" }, [], {});
    expect(shape(picked)).toBe("1 2");
    expect(picked[1]?.key).toBe(newest[1]?.key);
    expect(shape(rowsOf(items, { "1": "gone" }, [], {}))).toBe("1 3");
  });

  it("has what is damaged in its place, with the answers to it", () => {
    const damaged = (id: string) =>
      sampleMessage({ id, is_user: false, parent_id: null, content: "", status: "failed", error: { code: "damaged", message: "…" } });
    const rows = rowsOf([damaged("1"), answer("2", "1"), answer("3", "1"), ask("4"), damaged("5")], {}, [], {});
    expect(shape(rows)).toBe("~1 3 4 ~5");
    expect(rows[1]).toMatchObject({ siblings: [{ id: "2" }, { id: "3" }] });
  });

  it("keeps answers whose question is not loaded", () => {
    expect(shape(rowsOf([answer("2", "1"), ask("3"), answer("4", "3"), answer("5", "1")], {}, [], {}))).toBe("5 3 4");
  });

  it("counts how many questions wait before each that waits", () => {
    const rows = rowsOf([ask("1"), answer("2", "1"), ask("3", { status: "queued" }), ask("5", { status: "queued" })], {}, [], {});
    expect(rows.map((row) => row.kind === "question" && row.ahead)).toEqual([undefined, false, 0, 1]);
  });

  it("names who asked where the question is loaded", () => {
    const anna = { id: "a", name: "Anna" };
    expect(rowsOf([ask("1", { author: anna }), answer("2", "1"), answer("4", "0")], {}, [], {}).slice(1)).toMatchObject([
      { asker: anna },
      { asker: undefined },
    ]);
  });

  it("knows the last word, which an unanswered question takes away", () => {
    const last = (rows: Row[]) => rows.filter((row) => isSaid(row) && row.isLast).map((row) => row.key);
    expect(last(rowsOf([ask("1"), answer("2", "1")], {}, [], {}))).toEqual(["1", "answer-1"]);
    expect(last(rowsOf([ask("1"), answer("2", "1"), ask("3")], {}, [], {}))).toEqual(["3"]);
  });
});

describe("what is on its way", () => {
  const before = [ask("1"), answer("2", "1")];

  it("stands at the end", () => {
    expect(shape(rowsOf(before, {}, [outgoing()], {}))).toBe("1 2 ~c");
  });

  it("becomes its stored form in place, whichever of push and reply comes first", () => {
    const stored = [...before, ask("3")];
    const pushed = rowsOf(stored, {}, [outgoing()], {});
    const replied = rowsOf(stored, {}, [], { "3": "c" });
    expect(shape(pushed)).toBe("1 2 3");
    expect([pushed[2]?.key, replied[2]?.key]).toEqual(["c", "c"]);
  });

  it("is not taken for an earlier message with the same words, nor for someone else's", () => {
    expect(shape(rowsOf([ask("1", { content: "question 3" }), answer("2", "1")], {}, [outgoing()], {}))).toBe("1 2 ~c");
    expect(shape(rowsOf([...before, ask("3", { user_id: "you" })], {}, [outgoing()], {}))).toBe("1 2 3 ~c");
  });

  it("is matched one to one when the same words are sent twice", () => {
    const twice = [outgoing(), outgoing({ clientId: "d" })];
    expect(shape(rowsOf([...before, ask("3")], {}, twice, {}))).toBe("1 2 3 ~d");
    expect(shape(rowsOf([...before, ask("3"), ask("4", { content: "question 3" })], {}, twice, {}))).toBe("1 2 3 4");
  });
});

describe("summaries", () => {
  const rows = rowsOf([ask("1"), answer("2", "1"), ask("3"), answer("4", "3"), answer("5", "1")], {}, [outgoing({ content: "question 4" })], {});
  const summary = (id: string, end_message_id: string | null) => sampleSummary({ id, end_message_id });

  it("stand behind the last message that they stand for", () => {
    expect(shape(withSummaries(rows, [summary("s", "2"), summary("t", "4")], false))).toBe("1 5 ~summary-s 3 4 ~summary-t ~c");
  });
  it("that end at the same place stand in their order, also where the message itself is gone", () => {
    expect(shape(withSummaries(rows, [summary("s", "21"), summary("t", "2")], false))).toBe("1 5 ~summary-s ~summary-t 3 4 ~c");
  });
  it("come with what is further up", () => {
    expect(shape(withSummaries(rows, [summary("s", "0")], true))).toBe("1 5 3 4 ~c");
    expect(shape(withSummaries(rows, [summary("s", "0")], false))).toBe("~summary-s 1 5 3 4 ~c");
  });
  it("of nothing stand nowhere", () => {
    expect(withSummaries(rows, [summary("s", null)], false)).toEqual(rows);
  });
});
