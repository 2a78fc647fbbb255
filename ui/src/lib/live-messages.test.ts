import { describe, expect, it } from "vitest";
import { addOlder, anchor, type MessageList, upsert, withNewest } from "./live-messages";
import type { Message } from "./wire";

const message = (id: string, more: Partial<Message> = {}) => ({ id, content: id, status: "complete", edit_count: 0, is_deleted: false, ...more }) as Message;
const list = (ids: string, hasOlder = false): MessageList => ({ items: [...ids].map((id) => message(id)), hasOlder });
const page = (ids: string, has_more = false) => ({ messages: [...ids].map((id) => message(id)), total: 0, has_more });
const ids = ({ items }: MessageList) => items.map((m) => m.id).join("");

describe("a thread's messages", () => {
  it("stay in order, each once", () => {
    expect(ids(upsert(upsert(list("ac"), message("b")), message("b")))).toBe("abc");
    expect(ids(addOlder(list("cd", true), page("abc")))).toBe("abcd");
  });

  it("do not take in what is older than the loaded part", () => {
    expect(ids(upsert(list("cd", true), message("a")))).toBe("cd");
    expect(ids(upsert(list("cd"), message("a")))).toBe("acd");
  });

  it("never go back to an earlier state", () => {
    const settled = list("a");
    expect(upsert(settled, message("a", { status: "streaming", content: "" })).items[0]?.status).toBe("complete");
    const edited = upsert(settled, message("a", { content: "new", edit_count: 1 }));
    expect(upsert(edited, message("a")).items[0]?.content).toBe("new");
  });

  it("lose what the newest page does not name, but not what came behind it", () => {
    expect(ids(withNewest(list("abcdf"), page("bde", true)))).toBe("abdef");
    expect(ids(withNewest(list("abc"), page("ab")))).toBe("abc");
  });

  it("start over where older pages do not touch the newest one", () => {
    const fresh = withNewest(list("abc"), page("xyz", true));
    expect(ids(fresh)).toBe("xyz");
    expect(fresh.hasOlder).toBe(true);
  });

  it("know from where on they may change", () => {
    expect(anchor(list("abc"))).toBe("c");
    expect(anchor({ items: [message("a"), message("b", { status: "streaming" }), message("c")], hasOlder: false })).toBe("a");
    expect(anchor(list(""))).toBeUndefined();
  });
});
