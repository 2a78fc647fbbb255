import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeServer } from "@/testing/fake-server";
import { sampleAttachment } from "@/testing/samples";
import { Problem } from "./api";
import {
  attach,
  bringHeld,
  detach,
  dropHeld,
  FileTrouble,
  hasHeld,
  hold,
  holdAgain,
  isMoving,
  returnAttachments,
  scanLabel,
  sizeLabel,
  takeAttachments,
  troubleOf,
  updateAttachment,
  useAttachments,
} from "./attachments";
import { upload } from "./upload";
import type { Attachment } from "./wire";

vi.mock("./upload", () => ({ upload: vi.fn() }));

const drafts = () => useAttachments.getState().drafts;
const file = (name = "notes.txt", size = 5) => new File(["x".repeat(size)], name);
const limits = { upload_max_bytes: 100, upload_max_count: 2 };
const settled = () => new Promise((done) => setTimeout(done, 5));

beforeEach(() => useAttachments.setState({ drafts: [] }));
afterEach(() => vi.mocked(upload).mockReset());

describe("attaching", () => {
  it("shows how far a file is, and then the file that the server keeps", async () => {
    let done: (a: Attachment) => void = () => undefined;
    vi.mocked(upload).mockImplementation((_thread, _file, { onProgress }) => {
      onProgress(0.5);
      return new Promise((resolve) => {
        done = resolve;
      });
    });
    attach("t", [file("../notes.txt")], limits);
    expect(drafts()).toMatchObject([{ threadId: "t", progress: 0.5 }]);
    done(sampleAttachment({ name: "notes.txt" }));
    await settled();
    expect(drafts()).toMatchObject([{ name: "notes.txt", progress: 1, attachment: { scan: { status: "clean" } } }]);
  });

  it("says why a file was refused", async () => {
    vi.mocked(upload).mockRejectedValue(new Problem(415, { detail: "programs can't be attached" }));
    attach("t", [file()], limits);
    await settled();
    expect(drafts()).toMatchObject([{ error: "Programs can't be attached." }]);
  });

  it("sends nothing that is too large, empty or too much", () => {
    vi.mocked(upload).mockReturnValue(new Promise(() => undefined));
    attach("t", [file("large", 101), file("empty", 0), file("a"), file("b"), file("c")], limits);
    expect(drafts().map((d) => d.error)).toEqual([
      "It has 101 bytes; at most 100 bytes are taken.",
      "It is empty.",
      undefined,
      undefined,
      "A message has at most 2 attachments.",
    ]);
    expect(upload).toHaveBeenCalledTimes(2);
  });

  it("can be cancelled while it runs, and taken back when it is there", async () => {
    let signal: AbortSignal | undefined;
    vi.mocked(upload).mockImplementation((_thread, _file, options) => {
      signal = options.signal;
      return new Promise(() => undefined);
    });
    attach("t", [file()], limits);
    detach(drafts()[0]?.key ?? "");
    expect(signal?.aborted).toBe(true);
    expect(drafts()).toEqual([]);

    const server = fakeServer({ "DELETE /attachments/:id": () => undefined });
    const there = sampleAttachment();
    returnAttachments("t", [there]);
    detach(drafts()[0]?.key ?? "");
    await vi.waitFor(() => expect(server.to("DELETE /attachments/:id").map((r) => r.params.id)).toEqual([there.id]), 30_000);
  });

  it("is taken out by thread, and hears of scans meanwhile", () => {
    const mine = sampleAttachment({ scan: { status: "pending", engine: "", scanned_at: null } });
    returnAttachments("t", [mine]);
    returnAttachments("other", [sampleAttachment()]);
    updateAttachment({ ...mine, scan: { status: "infected", engine: "ClamAV", signature: "Eicar", scanned_at: null } });
    expect(drafts()[0]?.attachment?.scan.status).toBe("infected");
    expect(takeAttachments("t").map((a) => a.id)).toEqual([mine.id]);
    expect(drafts().map((d) => d.threadId)).toEqual(["other"]);
  });
});

it("names sizes and scans as people do", () => {
  expect([0, 1, 1023, 1024, 1536, 1024 ** 2 - 1, 25 * 1024 ** 2, 3 * 1024 ** 3].map(sizeLabel)).toEqual([
    "0 bytes",
    "1 byte",
    "1023 bytes",
    "1 KB",
    "1.5 KB",
    "1 MB",
    "25 MB",
    "3 GB",
  ]);
  const of = (status: Attachment["scan"]["status"]) => sampleAttachment({ scan: { status, engine: "", signature: "Eicar", scanned_at: null } });
  expect((["clean", "skipped", "pending", "infected", "failed"] as const).map((s) => scanLabel(of(s)))).toEqual([
    "No virus found",
    "Not scanned",
    "Being scanned",
    "Virus found",
    "Could not be scanned",
  ]);
  expect(troubleOf(of("clean"))).toBeUndefined();
  expect(troubleOf(of("infected"))).toBe("A virus was found (Eicar). It is in quarantine.");
});

describe("files for a thread that is still to be made", () => {
  it("are held, brought when it is there, and handed out", async () => {
    vi.mocked(upload).mockImplementation(async (_thread, f) => sampleAttachment({ name: f.name }));
    hold("here", [file("a"), file("large", 101)], limits);
    expect(upload).not.toHaveBeenCalled();
    expect(drafts().map((d) => isMoving(d))).toEqual([false, false]);
    expect(sessionStorage.getItem("parley-attachments")).toBe("[]");
    const brought = await bringHeld("here", "t");
    expect(brought.map((a) => a.name)).toEqual(["a"]);
    expect(vi.mocked(upload).mock.calls.map(([thread]) => thread)).toEqual(["t"]);
    expect(sessionStorage.getItem("parley-attachments"), "a file does not outlive the page, nor what was brought for it").toBe("[]");
    dropHeld("here");
    expect(drafts()).toEqual([]);
  });

  it("are brought once, however often it is tried", async () => {
    vi.mocked(upload).mockImplementationOnce(async () => sampleAttachment({ name: "a" }));
    vi.mocked(upload).mockRejectedValueOnce(new Problem(503, { detail: "the store is away" }));
    hold("here", [file("a"), file("b")], limits);
    await expect(bringHeld("here", "t")).rejects.toThrow(FileTrouble);
    expect(drafts().map((d) => d.error)).toEqual([undefined, "The store is away."]);
    vi.mocked(upload).mockImplementationOnce(async () => sampleAttachment({ name: "b" }));
    expect((await bringHeld("here", "t")).map((a) => a.name)).toEqual(["a", "b"]);
    expect(upload).toHaveBeenCalledTimes(3);
  });

  it("are brought again into another thread", async () => {
    vi.mocked(upload).mockImplementation(async () => sampleAttachment());
    hold("here", [file("a")], limits);
    await bringHeld("here", "t");
    holdAgain("here");
    await bringHeld("here", "u");
    expect(vi.mocked(upload).mock.calls.map(([thread]) => thread)).toEqual(["t", "u"]);
  });

  it("are not sent when a virus was found in one, which can be removed", async () => {
    fakeServer({ "DELETE /attachments/:id": () => undefined });
    const infected = sampleAttachment({ scan: { status: "infected", engine: "ClamAV", signature: "Eicar", scanned_at: null } });
    vi.mocked(upload).mockResolvedValue(infected);
    hold("here", [file("a")], limits);
    await expect(bringHeld("here", "t")).rejects.toThrow(FileTrouble);
    detach(drafts()[0]?.key ?? "");
    expect(hasHeld("here")).toBe(false);
  });

  it("wait for their scan", async () => {
    vi.useFakeTimers();
    const pending = sampleAttachment({ scan: { status: "pending", engine: "", scanned_at: null } });
    fakeServer({ "GET /attachments/:id": () => ({ ...pending, scan: { status: "clean", engine: "ClamAV", scanned_at: null } }) });
    vi.mocked(upload).mockResolvedValue(pending);
    hold("here", [file("a")], limits);
    const brought = bringHeld("here", "t");
    await vi.advanceTimersByTimeAsync(1_100);
    expect((await brought)[0]?.scan.status).toBe("clean");
  });
});
