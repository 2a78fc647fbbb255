import { MutationObserver, type QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deleting } from "./gone";
import { follow } from "./live";
import type { ServerFrame } from "./live-frames";
import { projectKeys, projectQuery } from "./projects";
import { newQueryClient } from "./query-client";
import { SocketMachine } from "./socket-machine";
import { threadKeys, threadQuery } from "./threads";

let client: QueryClient;
let asked: string[];
let release: Array<() => void> | undefined;
let send: (frame: ServerFrame) => void;
let stops: Array<() => void>;

const settle = () => vi.advanceTimersByTimeAsync(50);
const threadDeleted: ServerFrame = { type: "thread_deleted", thread_id: "t" };
const projectDeleted: ServerFrame = { type: "project_updated", project_id: "p", is_deleted: true };

/** Shows a thread and its project, as a page does. */
const show = async () => {
  stops.push(
    new QueryObserver(client, threadQuery("t")).subscribe(() => undefined),
    new QueryObserver(client, projectQuery("p")).subscribe(() => undefined),
  );
  await settle();
};
const thread = () => client.getQueryData(threadKeys.detail("t"));
const project = () => client.getQueryData(projectKeys.detail("p"));

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  release = undefined;
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    asked.push(new URL(input, "http://parley.test").pathname);
    if (release) await new Promise<void>((done, fail) => [release?.push(done), init.signal?.addEventListener("abort", () => fail(init.signal?.reason))]);
    return new Response(JSON.stringify(input.includes("threads") ? { id: "t", project_id: "p" } : { id: "p" }));
  });
  client = newQueryClient();
  const machine = new SocketMachine({ connect: () => ({ send() {}, close() {}, onopen: null, onmessage: null, onclose: null }), probe: async () => "ok" });
  machine.onFrame = (listener) => {
    send = listener;
    return () => undefined;
  };
  stops = [follow(client, machine)];
});

afterEach(() => {
  for (const stop of stops) stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("a chat that somebody deletes while it is shown is gone, and not asked for again", async () => {
  await show();
  asked = [];
  send(threadDeleted);
  await client.invalidateQueries({ queryKey: threadKeys.detail("t") });
  await settle();
  expect(thread()).toBeNull();
  expect(project()).toEqual({ id: "p" });
  expect(asked).toEqual([]);
});

it("a project takes its chats along", async () => {
  await show();
  asked = [];
  send(projectDeleted);
  await settle();
  expect([thread(), project()]).toEqual([null, null]);
  expect(asked).toEqual([]);
});

it("what is still being fetched when it is deleted is gone too", async () => {
  release = [];
  await show();
  send(threadDeleted);
  for (const done of release) done();
  await settle();
  expect(thread()).toBeNull();
});

it("what this page deletes itself stays until the server has answered", async () => {
  await show();
  let answer: (() => void) | undefined;
  const remove = new MutationObserver(client, { ...deleting("t"), mutationFn: () => new Promise<void>((done) => (answer = done)) });
  const removed = remove.mutate();
  await settle();
  send(threadDeleted);
  await settle();
  expect(thread()).toEqual({ id: "t", project_id: "p" });
  answer?.();
  await removed;
});

it("what nobody shows is not made up", async () => {
  send(threadDeleted);
  send(projectDeleted);
  await settle();
  expect([thread(), project()]).toEqual([undefined, undefined]);
});
