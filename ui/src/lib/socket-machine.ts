import type { ClientFrame, ServerFrame } from "./live-frames";

/** What the page needs to know about its line to the server. */
export type ConnectionStatus = {
  /** `connecting` covers the short gaps in which REST still works; `offline` means that nothing gets through. */
  state: "connecting" | "open" | "offline";
  reason: "lost" | "restarting" | "busy" | "signed_out" | "forbidden" | null;
  /** When the next attempt is due (milliseconds since the epoch); null while none is planned. */
  retryAt: number | null;
};

/** The part of the browser's WebSocket that is used, so that a test can stand in for it. */
export type SocketLike = {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
};

export type MachineParts = {
  connect(): SocketLike;
  /** Asks the server over REST who we are, renewing the session if need be. */
  probe(): Promise<"ok" | "signed_out" | "unreachable">;
  /** 0 up to 1, for the jitter. */
  random?(): number;
};

/** A request that the server refused, or that got no answer (`disconnected`, `timeout`). */
export class SocketError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = "SocketError";
  }
}

export type Ack = Extract<ServerFrame, { type: "ack" }>;
type Waiting = { resolve(ack: Ack): void; reject(error: SocketError): void; timer: ReturnType<typeof setTimeout> };
type Topic = { count: number; release?: ReturnType<typeof setTimeout> };

const HANDSHAKE_MS = 15_000;
const REQUEST_MS = 20_000;
const PING_MS = 5_000;
/** A line that held this long was a good one: the next loss starts again with a short wait. */
const STABLE_MS = 10_000;
/** Leaving a thread and coming straight back should not cost two frames and a snapshot. */
const LINGER_MS = 1_000;

/**
 * One line to the server: connects, notices death, comes back, re-subscribes, and matches
 * answers to requests. It knows no DOM; `socket.ts` gives it the browser's parts.
 */
export class SocketMachine {
  status: ConnectionStatus = { state: "connecting", reason: null, retryAt: null };

  private socket: SocketLike | null = null;
  private wanted = false;
  private attempt = 0;
  /** Set once the session was checked, until a line has held: a second refusal is then final. */
  private probed = false;
  private retryFloor = 0;
  private interval = 30_000;
  private serial = 0;

  private retryTimer?: ReturnType<typeof setTimeout>;
  private handshakeTimer?: ReturnType<typeof setTimeout>;
  private beatTimer?: ReturnType<typeof setTimeout>;
  private deadTimer?: ReturnType<typeof setTimeout>;
  private stableTimer?: ReturnType<typeof setTimeout>;

  private readonly waiting = new Map<string, Waiting>();
  private readonly asked = new Map<string, string>();
  private readonly topics = new Map<string, Topic>();
  private readonly frameListeners = new Set<(frame: ServerFrame) => void>();
  private readonly statusListeners = new Set<(status: ConnectionStatus) => void>();

  constructor(private readonly parts: MachineParts) {}

  onFrame(listener: (frame: ServerFrame) => void): () => void {
    this.frameListeners.add(listener);
    return () => this.frameListeners.delete(listener);
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.reconnect();
  }

  /** Ends the line for good (sign-out); `start` or `reconnect` opens a new one. */
  stop(reason: ConnectionStatus["reason"] = null): void {
    this.wanted = false;
    this.drop();
    this.set("offline", reason, null);
  }

  /** Tries again now, also after the line was given up. */
  reconnect(): void {
    this.wanted = true;
    if (this.status.state === "open") return;
    this.attempt = 0;
    this.probed = false;
    this.retryFloor = 0;
    this.set("connecting", null, null);
    this.open();
  }

  /** Asks for a sign of life; without one in five seconds the line counts as dead. */
  ping(deadline = PING_MS): void {
    if (this.status.state !== "open" || this.deadTimer !== undefined) return;
    this.transmit({ type: "heartbeat" });
    this.deadTimer = setTimeout(() => this.lost(1006, true), deadline);
  }

  /** The tab came back or the network did: do not wait for a timer that may have slept. */
  wake(): void {
    if (!this.wanted) return;
    if (this.status.state === "open") this.ping();
    else if (this.retryTimer !== undefined) this.reconnect();
  }

  /** Keeps a thread's frames coming until the returned function is called. */
  subscribe(threadId: string): () => void {
    const topic = this.topics.get(threadId) ?? { count: 0 };
    if (topic.release !== undefined) clearTimeout(topic.release);
    topic.release = undefined;
    topic.count++;
    if (!this.topics.has(threadId)) {
      this.topics.set(threadId, topic);
      this.resubscribe(threadId);
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      topic.count--;
      if (topic.count > 0) return;
      topic.release = setTimeout(() => this.forget(threadId), LINGER_MS);
    };
  }

  /** Asks for a fresh snapshot of a thread that is subscribed already. */
  resubscribe(threadId: string): void {
    if (this.status.state !== "open" || !this.topics.has(threadId)) return;
    const requestId = this.nextId();
    this.asked.set(requestId, threadId);
    this.transmit({ type: "subscribe", thread_id: threadId, request_id: requestId });
  }

  /** Sends a frame and waits for its `ack`. Rejects with a SocketError at once when the line is down. */
  request(frame: ClientFrame): Promise<Ack> {
    if (this.status.state !== "open") return Promise.reject(new SocketError("disconnected", "There is no connection to the server."));
    const id = this.nextId();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(id)?.reject(new SocketError("timeout", "The server did not answer in time.")), REQUEST_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.transmit({ ...frame, request_id: id });
    });
  }

  /** Sends a frame that nobody waits for; dropped when the line is down. */
  notify(frame: ClientFrame): void {
    if (this.status.state === "open") this.transmit(frame);
  }

  private open(): void {
    this.drop();
    this.set(this.status.state === "offline" ? "offline" : "connecting", this.status.reason, null);
    const socket = this.parts.connect();
    let opened = false;
    this.socket = socket;
    this.handshakeTimer = setTimeout(() => this.lost(1006, opened), HANDSHAKE_MS);
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") this.receive(event.data);
    };
    socket.onclose = (event) => this.lost(event.code, opened);
  }

  private receive(data: string): void {
    let frame: ServerFrame;
    try {
      frame = JSON.parse(data) as ServerFrame;
    } catch {
      return;
    }
    clearTimeout(this.deadTimer);
    this.deadTimer = undefined;
    switch (frame.type) {
      case "connection_established":
        this.established(frame.heartbeat_interval);
        break;
      case "server_shutdown":
        this.retryFloor = Math.max(0, frame.reconnect_after_ms);
        this.set(this.status.state, "restarting", null);
        break;
      case "ack":
        this.asked.delete(frame.request_id);
        this.settle(frame.request_id)?.resolve(frame);
        break;
      case "error":
        if (this.refused(frame)) return;
        break;
    }
    for (const listener of this.frameListeners) listener(frame);
  }

  /** Handles an error that answers a request; what answers none goes on to the listeners. */
  private refused(frame: Extract<ServerFrame, { type: "error" }>): boolean {
    const id = frame.request_id;
    if (id === undefined) {
      // Comes just before the close that it explains.
      if (frame.error_code === "rate_limited") this.retryFloor = (frame.retry_after ?? 0) * 1000;
      return false;
    }
    const threadId = this.asked.get(id);
    if (threadId !== undefined) {
      this.asked.delete(id);
      if (frame.error_code === "rate_limited") setTimeout(() => this.resubscribe(threadId), (frame.retry_after ?? 5) * 1000);
      return true;
    }
    this.settle(id)?.reject(new SocketError(frame.error_code, frame.error, frame.retry_after));
    return true;
  }

  private established(heartbeatSeconds: number): void {
    clearTimeout(this.handshakeTimer);
    this.interval = Math.max(1, heartbeatSeconds || 30) * 1000;
    this.retryFloor = 0;
    this.stableTimer = setTimeout(() => {
      this.attempt = 0;
      this.probed = false;
    }, STABLE_MS);
    this.set("open", null, null);
    for (const threadId of this.topics.keys()) this.resubscribe(threadId);
    this.beat();
  }

  private beat(): void {
    this.beatTimer = setTimeout(() => {
      this.ping(Math.min(this.interval, 2 * PING_MS));
      this.beat();
    }, this.interval);
  }

  /** The line is gone. `opened` tells a refused handshake (its status is hidden from scripts) from a loss. */
  private lost(code: number, opened: boolean): void {
    const restarting = this.status.reason === "restarting";
    this.drop();
    if (!this.wanted) return;
    const busy = code === 4429 || code === 1013;
    if (busy) this.retryFloor = Math.max(this.retryFloor, 5_000);
    const refused = code === 4401 || code === 4403; // the session is over, or may do less than before: REST knows which
    if (refused && this.probed) this.stop(code === 4401 ? "signed_out" : "forbidden");
    else if (refused || !opened) void this.check();
    else this.retry("connecting", busy ? "busy" : restarting ? "restarting" : "lost");
  }

  /** Finds out over REST whether the session ended, the server is away, or only the socket failed. */
  private async check(): Promise<void> {
    const first = !this.probed;
    this.probed = true;
    this.set(this.status.state === "offline" ? "offline" : "connecting", this.status.reason ?? "lost", null);
    const socket = this.socket;
    const verdict = await this.parts.probe().catch(() => "unreachable" as const);
    if (!this.wanted || this.socket !== socket || this.retryTimer !== undefined) return;
    if (verdict === "signed_out") this.stop("signed_out");
    else if (verdict === "unreachable") this.retry("offline", this.status.reason);
    else if (first) this.open();
    else this.retry("connecting", this.status.reason);
  }

  private retry(state: ConnectionStatus["state"], reason: ConnectionStatus["reason"]): void {
    const ceiling = Math.min(30_000, 500 * 2 ** this.attempt);
    const wait = this.retryFloor + ceiling * (0.5 + (this.parts.random ?? Math.random)() / 2);
    this.attempt++;
    this.retryFloor = 0;
    this.set(state, reason, Date.now() + wait);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.open();
    }, wait);
  }

  /** Lets go of the socket without waiting for its farewell, which a dead network never sends. */
  private drop(): void {
    for (const timer of [this.retryTimer, this.handshakeTimer, this.beatTimer, this.deadTimer, this.stableTimer]) clearTimeout(timer);
    this.retryTimer = this.deadTimer = undefined;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.asked.clear();
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(new SocketError("disconnected", "The connection to the server was lost."));
  }

  private forget(threadId: string): void {
    this.topics.delete(threadId);
    this.notify({ type: "unsubscribe", thread_id: threadId });
  }

  private settle(id: string): Waiting | undefined {
    const waiting = this.waiting.get(id);
    if (waiting) clearTimeout(waiting.timer);
    this.waiting.delete(id);
    return waiting;
  }

  private nextId(): string {
    return `r${++this.serial}`;
  }

  private transmit(frame: ClientFrame): void {
    this.socket?.send(JSON.stringify(frame));
  }

  private set(state: ConnectionStatus["state"], reason: ConnectionStatus["reason"], retryAt: number | null): void {
    const now = this.status;
    if (now.state === state && now.reason === reason && now.retryAt === retryAt) return;
    this.status = { state, reason, retryAt };
    for (const listener of this.statusListeners) listener(this.status);
  }
}
