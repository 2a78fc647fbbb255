import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerFrame } from "./live-frames";
import { SocketError, type SocketLike, SocketMachine } from "./socket-machine";

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  sent: Array<Record<string, unknown>> = [];
  send(data: string) {
    this.sent.push(JSON.parse(data));
  }
  close() {
    this.closed = true;
  }
  receive(frame: Partial<ServerFrame>) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(heartbeat = 30) {
    this.onopen?.();
    this.receive({ type: "connection_established", connection_id: "c", protocol_version: "1.0", heartbeat_interval: heartbeat });
  }
  fail(code: number) {
    this.onclose?.({ code });
  }
  of(type: string) {
    return this.sent.filter((frame) => frame.type === type);
  }
}

let sockets: FakeSocket[];
let verdict: "ok" | "signed_out" | "unreachable";
let probes: number;
let machine: SocketMachine;
const last = () => sockets[sockets.length - 1] as FakeSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  verdict = "ok";
  probes = 0;
  machine = new SocketMachine({
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    probe: async () => {
      probes++;
      return verdict;
    },
    random: () => 1,
  });
});
afterEach(() => {
  machine.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const flush = () => vi.advanceTimersByTimeAsync(0);

describe("coming and going", () => {
  it("is open only after the server said so", () => {
    machine.start();
    last().onopen?.();
    expect(machine.status.state).toBe("connecting");
    last().welcome();
    expect(machine.status).toEqual({ state: "open", reason: null, retryAt: null });
  });

  it("waits longer after each loss, up to half a minute, and starts over once a line has held", async () => {
    machine.start();
    const waits: number[] = [];
    for (let n = 0; n < 9; n++) {
      last().welcome();
      last().fail(1006);
      waits.push((machine.status.retryAt ?? 0) - Date.now());
      await vi.advanceTimersToNextTimerAsync();
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    last().welcome();
    await vi.advanceTimersByTimeAsync(10_000);
    last().fail(1006);
    expect((machine.status.retryAt ?? 0) - Date.now()).toBe(500);
  });

  it("comes back when the server said it would be there again", async () => {
    machine.start();
    last().welcome();
    last().receive({ type: "server_shutdown", reconnect_after_ms: 3000 });
    last().fail(1001);
    expect(machine.status).toMatchObject({ state: "connecting", reason: "restarting" });
    await vi.advanceTimersByTimeAsync(3000);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets).toHaveLength(2);
  });

  it.each([4429, 1013])("leaves a busy server alone for a while (%i)", async (code) => {
    machine.start();
    last().welcome();
    last().fail(code);
    expect(machine.status.reason).toBe("busy");
    await vi.advanceTimersByTimeAsync(5000);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets).toHaveLength(2);
  });

  it("comes back with what is left when it is no longer allowed all, and gives up the second time, until someone asks", async () => {
    machine.start();
    last().welcome();
    last().fail(4403);
    await flush();
    expect(probes).toBe(1);
    expect(sockets).toHaveLength(2);
    last().welcome();
    expect(machine.status.state).toBe("open");
    last().fail(4403);
    expect(machine.status).toEqual({ state: "offline", reason: "forbidden", retryAt: null });
    machine.reconnect();
    last().welcome();
    expect(machine.status.state).toBe("open");
  });

  it("renews the session once when it was signed out, then comes straight back", async () => {
    machine.start();
    last().welcome();
    last().fail(4401);
    await flush();
    expect(probes).toBe(1);
    expect(sockets).toHaveLength(2);
    last().welcome();
    last().fail(4401);
    expect(machine.status).toMatchObject({ state: "offline", reason: "signed_out" });
    expect(probes).toBe(1);
  });

  it.each([4401, 4403])("is signed out when the session cannot be renewed (%i)", async (code) => {
    verdict = "signed_out";
    machine.start();
    last().welcome();
    last().fail(code);
    await flush();
    expect(machine.status).toMatchObject({ state: "offline", reason: "signed_out" });
    expect(sockets).toHaveLength(1);
  });

  it("is offline while REST does not get through either, and recovers by itself", async () => {
    verdict = "unreachable";
    machine.start();
    last().fail(1006);
    await flush();
    expect(machine.status).toMatchObject({ state: "offline", reason: "lost" });
    await vi.advanceTimersByTimeAsync(500);
    expect(machine.status.state).toBe("offline");
    last().welcome();
    expect(machine.status.state).toBe("open");
  });

  it("keeps trying where only the socket is blocked", async () => {
    machine.start();
    last().fail(1006);
    await flush();
    last().fail(1006);
    await flush();
    expect(machine.status.state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets).toHaveLength(3);
  });

  it("does not wait for a handshake that never ends", async () => {
    machine.start();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
  });

  it("does not wait for its timer when the tab comes back", () => {
    machine.start();
    last().welcome();
    last().fail(1006);
    machine.wake();
    expect(sockets).toHaveLength(2);
  });
});

describe("signs of life", () => {
  it("beats at the interval that the server named", async () => {
    machine.start();
    last().welcome(7);
    await vi.advanceTimersByTimeAsync(7000);
    expect(last().of("heartbeat")).toHaveLength(1);
    last().receive({ type: "heartbeat_ack", timestamp: "" });
    await vi.advanceTimersByTimeAsync(7000);
    expect(last().of("heartbeat")).toHaveLength(2);
  });

  it("drops a line that stays silent", async () => {
    machine.start();
    last().welcome(30);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(sockets[0]?.closed).toBe(true);
    expect(machine.status.reason).toBe("lost");
  });

  it("takes any frame for a sign of life", async () => {
    machine.start();
    last().welcome(30);
    await vi.advanceTimersByTimeAsync(35_000);
    last().receive({ type: "presence", thread_id: "t", users: [], total: 0 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(machine.status.state).toBe("open");
  });

  it("asks at once when the tab wakes up", async () => {
    machine.start();
    last().welcome();
    machine.wake();
    expect(last().of("heartbeat")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(machine.status.state).toBe("connecting");
  });
});

describe("subscriptions", () => {
  const threads = (socket: FakeSocket) => socket.of("subscribe").map((frame) => frame.thread_id);

  it("are sent once, however many ask", () => {
    machine.start();
    last().welcome();
    machine.subscribe("a");
    machine.subscribe("a");
    expect(threads(last())).toEqual(["a"]);
  });

  it("end with the last who asked, a moment later", async () => {
    machine.start();
    last().welcome();
    const first = machine.subscribe("a");
    const second = machine.subscribe("a");
    first();
    first();
    second();
    expect(last().of("unsubscribe")).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(last().of("unsubscribe")).toHaveLength(1);
  });

  it("survive leaving and coming straight back", async () => {
    machine.start();
    last().welcome();
    machine.subscribe("a")();
    const release = machine.subscribe("a");
    await vi.advanceTimersByTimeAsync(2000);
    expect(last().of("unsubscribe")).toHaveLength(0);
    expect(threads(last())).toEqual(["a"]);
    release();
    await vi.advanceTimersByTimeAsync(1000);
  });

  it("are renewed after a reconnect", async () => {
    machine.subscribe("a");
    machine.subscribe("b");
    machine.start();
    last().welcome();
    last().fail(1006);
    await vi.advanceTimersByTimeAsync(500);
    last().welcome();
    expect(threads(last())).toEqual(["a", "b"]);
  });

  it("are tried again when they were too many at once", async () => {
    machine.start();
    last().welcome();
    machine.subscribe("a");
    last().receive({
      type: "error",
      error_code: "rate_limited",
      error: "slow down",
      retry_after: 2,
      request_id: String(last().of("subscribe")[0]?.request_id),
    });
    await vi.advanceTimersByTimeAsync(2000);
    expect(threads(last())).toEqual(["a", "a"]);
  });
});

describe("requests", () => {
  const frame = { type: "stop_generation", thread_id: "t" } as const;
  const id = () => String(last().of("stop_generation")[0]?.request_id);

  it("resolve with their ack", async () => {
    machine.start();
    last().welcome();
    const reply = machine.request(frame);
    last().receive({ type: "ack", request_id: id() });
    await expect(reply).resolves.toMatchObject({ type: "ack" });
  });

  it("reject with their error, which nobody else hears of", async () => {
    machine.start();
    last().welcome();
    const heard = vi.fn();
    machine.onFrame(heard);
    const reply = machine.request(frame);
    last().receive({ type: "error", error_code: "thread_archived", error: "This chat is archived.", request_id: id() });
    await expect(reply).rejects.toEqual(new SocketError("thread_archived", "This chat is archived."));
    expect(heard).not.toHaveBeenCalled();
  });

  it("reject when the line breaks, when it was down, and when nothing comes", async () => {
    await expect(machine.request(frame)).rejects.toMatchObject({ code: "disconnected" });
    machine.start();
    last().welcome(60);
    const broken = machine.request(frame);
    last().fail(1006);
    await expect(broken).rejects.toMatchObject({ code: "disconnected" });
    await vi.advanceTimersByTimeAsync(500);
    last().welcome(60);
    const silent = expect(machine.request(frame)).rejects.toMatchObject({ code: "timeout" });
    await vi.advanceTimersByTimeAsync(20_000);
    await silent;
  });

  it("leave the line alive when a frame is not JSON", () => {
    machine.start();
    last().welcome();
    last().onmessage?.({ data: "{" });
    last().onmessage?.({ data: new ArrayBuffer(1) });
    expect(machine.status.state).toBe("open");
  });
});
