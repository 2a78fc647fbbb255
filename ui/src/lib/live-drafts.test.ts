import { describe, expect, it } from "vitest";
import { type Drafts, noDrafts, step } from "./live-drafts";
import type { ServerFrame, StreamChunk } from "./live-frames";
import type { Message } from "./wire";

const thread = "t1";
const message = "m1";
const chunk = (from: number, to: number, text: string): StreamChunk => ({
  type: "stream_chunk",
  thread_id: thread,
  message_id: message,
  chunk: text,
  chunk_index: from,
  next_index: to,
  is_final: false,
});
const final: ServerFrame = { ...chunk(0, 0, ""), is_final: true, message: { id: message } as Message };
const start: ServerFrame = { type: "assistant_message_start", thread_id: thread, message_id: message, parent_id: "q1", model: "m" };
const snapshot = (content: string, next: number): ServerFrame => ({
  type: "subscribed",
  thread_id: thread,
  streaming: { message_id: message, content, next_index: next, model: "m" },
});
const run = (...frames: ServerFrame[]) => {
  let drafts: Drafts = noDrafts;
  const wishes: string[] = [];
  for (const frame of frames) {
    const next = step(drafts, frame);
    drafts = next.drafts;
    wishes.push(...next.wishes.map((wish) => wish.kind));
  }
  return { drafts, wishes, text: drafts.open[message]?.text };
};

describe("an answer being written", () => {
  it("grows chunk by chunk, merged ones included", () => {
    expect(run(start, chunk(0, 1, "a"), chunk(1, 4, "bcd")).text).toBe("abcd");
  });

  it("ignores what it has already", () => {
    expect(run(start, chunk(0, 2, "ab"), chunk(1, 2, "b"), chunk(0, 2, "ab")).text).toBe("ab");
  });

  it("asks once for a snapshot when a chunk is missing, and stands still until it comes", () => {
    const gap = run(start, chunk(0, 1, "a"), chunk(2, 3, "c"), chunk(3, 4, "d"));
    expect(gap.text).toBe("a");
    expect(gap.wishes).toEqual(["placeholder", "resubscribe"]);
    expect(run(start, chunk(0, 1, "a"), chunk(2, 3, "c"), snapshot("abc", 3), chunk(3, 4, "d")).text).toBe("abcd");
  });

  it("takes a chunk that overlaps what it has for a gap", () => {
    expect(run(chunk(0, 2, "ab"), chunk(1, 4, "bcd")).wishes).toEqual(["resubscribe"]);
  });

  it("replaces its text by a snapshot that nobody asked for", () => {
    expect(run(start, chunk(0, 1, "a"), snapshot("abc", 3), chunk(3, 4, "d")).text).toBe("abcd");
  });

  const thought = (from: number, to: number, text: string): ServerFrame => ({
    type: "reasoning_chunk",
    thread_id: thread,
    message_id: message,
    chunk: text,
    chunk_index: from,
    next_index: to,
  });

  it("has what the model reasons beside its text, with indexes of its own and the time it took", () => {
    let drafts = step(noDrafts, start, 0).drafts;
    const at = (now: number, frame: ServerFrame) => {
      drafts = step(drafts, frame, now).drafts;
      return drafts.open[message];
    };
    at(1_000, thought(0, 1, "h"));
    expect(at(2_000, thought(1, 3, "m…"))).toMatchObject({ reasoning: "hm…", text: "", reasoningMs: null });
    expect(at(3_000, chunk(0, 1, "a"))).toMatchObject({ reasoning: "hm…", text: "a", reasoningMs: 2_000 });
    expect(at(9_000, chunk(1, 2, "b"))).toMatchObject({ text: "ab", reasoningMs: 2_000 });
  });

  it("asks for a snapshot when a piece of reasoning is missing, and takes both texts from it", () => {
    const both: ServerFrame = {
      type: "subscribed",
      thread_id: thread,
      streaming: { message_id: message, content: "a", next_index: 1, model: "m", reasoning: "hm…", reasoning_next_index: 3 },
    };
    const gap = run(start, thought(0, 1, "h"), thought(2, 3, "…"), thought(3, 4, "!"));
    expect(gap.wishes).toEqual(["placeholder", "resubscribe"]);
    expect(gap.drafts.open[message]?.reasoning).toBe("h");
    const mended = run(start, thought(0, 1, "h"), thought(2, 3, "…"), both, thought(3, 4, "!"), chunk(1, 2, "b"));
    expect(mended.drafts.open[message]).toMatchObject({ reasoning: "hm…!", text: "ab", stale: false });
    expect(run(both).drafts.open[message], "how long it took was not seen").toMatchObject({ reasoningSince: null, reasoningMs: null });
  });

  it("keeps the longer text when a snapshot lags behind", () => {
    expect(run(chunk(0, 3, "abc"), snapshot("ab", 2), chunk(2, 3, "c"), chunk(3, 4, "d")).text).toBe("abcd");
  });

  it("asks for a snapshot when it joins in the middle", () => {
    const joined = run(chunk(7, 8, "x"));
    expect(joined.text).toBe("");
    expect(joined.wishes).toEqual(["resubscribe"]);
  });

  it("does not come back after its end", () => {
    expect(run(start, chunk(0, 1, "a"), final, chunk(0, 1, "a"), start, snapshot("a", 1)).drafts.open).toEqual({});
  });

  it("keeps its text when it ended while nobody listened, until the list has it", () => {
    const away = run(start, chunk(0, 1, "a"), { type: "subscribed", thread_id: thread, streaming: null });
    expect(away.text).toBe("a");
    expect(away.wishes).toContain("catch-up");
  });

  it("shows its place in the queue until the model begins", () => {
    const queued = { ...start, queue_position: 3 } as ServerFrame;
    expect(run(queued).drafts.open[message]?.queuePosition).toBe(3);
    expect(run(queued, chunk(0, 1, "a")).drafts.open[message]?.queuePosition).toBeNull();
  });

  it("goes with its message and with its thread", () => {
    expect(run(start, { type: "message_deleted", thread_id: thread, message_id: message }).drafts.open).toEqual({});
    expect(run(start, { type: "thread_deleted", thread_id: thread }).drafts.open).toEqual({});
  });
});

/** A small generator, so that a failing case can be run again by its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The words of an answer; every prefix by tokens is known. */
function answer(next: () => number): string[] {
  return Array.from({ length: 5 + Math.floor(next() * 60) }, (_, i) => `${i}·${"é🙂 a\n"[Math.floor(next() * 5)]}`);
}

describe("whatever happens on the way", () => {
  it.each(Array.from({ length: 400 }, (_, seed) => [seed]))("the text is a prefix of the truth and ends equal (seed %i)", (seed) => {
    const next = random(seed);
    const tokens = answer(next);
    const upTo = (n: number) => tokens.slice(0, n).join("");
    const truth = upTo(tokens.length);
    const prefixes = new Set(tokens.map((_, n) => upTo(n)).concat(truth));

    // The wire: frames wait in a queue that loses, repeats and swaps them.
    let drafts = noDrafts;
    const wire: ServerFrame[] = [start];
    let written = 0;
    const deliver = (frame: ServerFrame) => {
      const result = step(drafts, frame);
      drafts = result.drafts;
      for (const wish of result.wishes) if (wish.kind === "resubscribe") wire.push(snapshot(upTo(written), written));
      const text = drafts.open[message]?.text;
      if (text !== undefined) expect(prefixes.has(text)).toBe(true);
    };
    const lossy = () => {
      const frame = wire.shift();
      if (!frame) return;
      const dice = next();
      if (frame.type === "stream_chunk" && dice < 0.1) return;
      if (dice < 0.2) wire.splice(Math.floor(next() * (wire.length + 1)), 0, frame);
      if (dice > 0.9 && wire.length > 0) return void wire.splice(1 + Math.floor(next() * 3), 0, frame);
      deliver(frame);
    };
    while (written < tokens.length) {
      const to = Math.min(tokens.length, written + 1 + Math.floor(next() * 4));
      wire.push(chunk(written, to, tokens.slice(written, to).join("")));
      written = to;
      if (next() < 0.05) wire.length = 0; // the line broke: what was in flight is gone
      if (next() < 0.05) wire.push(snapshot(upTo(written), written)); // and came back
      for (let n = Math.floor(next() * 4); n > 0; n--) lossy();
    }
    for (let n = 0; n < 500 && wire.length > 0; n++) lossy();
    deliver(snapshot(truth, tokens.length));
    expect(drafts.open[message]?.text).toBe(truth);
    deliver(final);
    expect(drafts.open).toEqual({});
  });
});
