import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { type MessageList, messagesKey } from "@/lib/live-messages";
import { socket } from "@/lib/socket";
import { SocketError } from "@/lib/socket-machine";
import type { Message } from "@/lib/wire";
import { fakeServer, json, problem } from "@/testing/fake-server";
import { sampleMessage } from "@/testing/samples";
import { discard, flush, send, sendAgain, useOutbox } from "./outbox";

const stored = sampleMessage({ id: "m9", thread_id: "t", is_user: true, content: "Hello" });
const waiting = () => useOutbox.getState().waiting;
let client: QueryClient;
let request: MockInstance<typeof socket.request>;

const list = () => client.getQueryData<MessageList>(messagesKey("t"))?.items.map((m) => m.id);
const sentId = () => (request.mock.calls[0] as [{ client_id: string }])[0].client_id;

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData<MessageList>(messagesKey("t"), { items: [], hasOlder: false });
  useOutbox.setState({ waiting: [], sentAs: {} });
  request = vi.spyOn(socket, "request");
});
afterEach(() => request.mockRestore());

describe("sending", () => {
  it("goes by the socket, and the reply puts the message into the list", async () => {
    request.mockResolvedValue({ type: "ack", request_id: "r", message: stored });
    const server = fakeServer({});
    await send(client, "t", "me", "Hello");
    await vi.waitFor(() => expect(waiting()).toEqual([]), 30_000);
    expect(list()).toEqual(["m9"]);
    expect(server.requests).toEqual([]);
    expect(useOutbox.getState().sentAs.m9).toBe(sentId());
  });

  it.each(["disconnected", "timeout"])("goes on over REST, as the same message, when the socket says nothing (%s)", async (code) => {
    request.mockRejectedValue(new SocketError(code, "gone"));
    const server = fakeServer({ "POST /threads/:id/messages": () => json(201, { message: stored, answer: null }) });
    await send(client, "t", "me", "Hello");
    expect(server.to("POST /threads/:id/messages")[0]?.body).toEqual({ content: "Hello", client_id: sentId() });
    expect(list()).toEqual(["m9"]);
  });

  it("takes the server's no for an answer", async () => {
    request.mockRejectedValue(new SocketError("thread_archived", "this thread is archived"));
    const server = fakeServer({});
    await send(client, "t", "me", "Hello");
    expect(server.requests).toEqual([]);
    expect(waiting()).toMatchObject([{ state: "failed", error: "This thread is archived.", content: "Hello" }]);
  });

  it("tries again as the same message, and not twice at once", async () => {
    request.mockRejectedValue(new SocketError("disconnected", "gone"));
    const server = fakeServer({ "POST /threads/:id/messages": () => problem(503, "unavailable", "not now") });
    await send(client, "t", "me", "Hello");
    const id = waiting()[0]?.clientId ?? "";
    await Promise.all([sendAgain(client, id), sendAgain(client, id)]);
    const ids = server.to("POST /threads/:id/messages").map(({ body }) => (body as { client_id: string }).client_id);
    expect(ids).toEqual([id, id]);
  });

  it("gives the text back when it is given up", async () => {
    request.mockRejectedValue(new SocketError("rate_limited", "slow down"));
    await send(client, "t", "me", "Hello");
    expect(discard(waiting()[0]?.clientId ?? "")?.content).toBe("Hello");
    expect(waiting()).toEqual([]);
  });

  it("holds what is written offline, and sends it once and in order when the server is back", async () => {
    request.mockRejectedValue(new SocketError("disconnected", "gone"));
    let away = true;
    const got: unknown[] = [];
    const server = fakeServer({
      "POST /threads/:id/messages": ({ body }) => {
        if (away) throw new TypeError("Failed to fetch");
        got.push(body);
        return json(201, { message: { ...stored, id: `m${got.length}`, content: (body as { content: string }).content }, answer: null });
      },
    });
    await Promise.all(["one", "two", "three"].map((text) => send(client, "t", "me", text)));
    expect(waiting().map((m) => [m.content, m.state])).toEqual([
      ["one", "held"],
      ["two", "held"],
      ["three", "held"],
    ]);
    const ids = waiting().map((m) => m.clientId);
    expect(server.to("POST /threads/:id/messages")).toHaveLength(1); // no use to try the others
    await flush(client, "somebody else");
    expect(server.to("POST /threads/:id/messages")).toHaveLength(1);
    away = false;
    await Promise.all([flush(client, "me"), flush(client, "me")]);
    await vi.waitFor(() => expect(waiting()).toEqual([]), 30_000);
    expect(got).toEqual(["one", "two", "three"].map((content, at) => ({ content, client_id: ids[at] })));
  });

  it("sends what follows although one is refused", async () => {
    request.mockRejectedValueOnce(new SocketError("message_too_long", "too long")).mockResolvedValue({ type: "ack", request_id: "r", message: stored });
    await Promise.all([send(client, "t", "me", "refused"), send(client, "t", "me", "Hello")]);
    await vi.waitFor(() => expect(waiting().map((m) => [m.content, m.state])).toEqual([["refused", "failed"]]), 30_000);
  });

  it("finds after a reload what had not been confirmed", async () => {
    request.mockReturnValue(new Promise<never>(() => {}));
    void send(client, "t", "me", "Hello");
    vi.resetModules();
    const reloaded = await import("./outbox");
    expect(reloaded.useOutbox.getState().waiting).toMatchObject([{ state: "held", content: "Hello", clientId: waiting()[0]?.clientId }]);
  });

  it("remembers what the newest message was, by which its stored form is told from earlier ones", async () => {
    client.setQueryData<MessageList>(messagesKey("t"), { items: [{ id: "m1" } as Message], hasOlder: false });
    request.mockReturnValue(new Promise<never>(() => {}));
    void send(client, "t", "me", "Hello");
    expect(waiting()[0]?.after).toBe("m1");
  });
});
