import { describe, expect, it, vi } from "vitest";
import { fakeServer, json, problem } from "@/testing/fake-server";
import { call, messageOf, NetworkError, onSignedOut, Problem, renewSession, sessionBegan } from "./api";

const expired = () => problem(401, "unauthorized", "sign in first");

/** A session whose short-lived credential has run out, and that can be renewed `times` times. */
function expiredSession(times: number) {
  let fresh = false;
  return fakeServer({
    "GET /things": () => (fresh ? { things: ["a"] } : expired()),
    "POST /auth/refresh": () => {
      if (times-- <= 0) return problem(401, "unauthorized", "this session is over");
      fresh = true;
      return {};
    },
  });
}

describe("call", () => {
  it("sends JSON with the page's cookies and decodes the answer", async () => {
    const server = fakeServer({ "POST /things": ({ body }) => json(201, { got: body }) });
    await expect(call("POST", "/things", { a: 1 })).resolves.toEqual({ got: { a: 1 } });
    const init = vi.mocked(fetch).mock.calls[0]?.[1];
    expect(init).toMatchObject({ credentials: "same-origin", headers: { "Content-Type": "application/json" } });
    expect(server.requests).toHaveLength(1);
  });

  it("returns undefined for an answer without a body", async () => {
    fakeServer({ "DELETE /things/:id": () => undefined });
    await expect(call("DELETE", "/things/1")).resolves.toBeUndefined();
  });

  it("throws what the server says is wrong, field by field", async () => {
    fakeServer({
      "POST /things": () => problem(422, "invalid", "the input breaks a rule", [{ location: "body.name", message: "must have 1 to 100 characters" }]),
    });
    const error = await call("POST", "/things", {}).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 422, code: "invalid", requestId: "TEST" });
    expect((error as Problem).field("name")).toBe("Must have 1 to 100 characters.");
    expect((error as Problem).field("email")).toBeUndefined();
    expect(messageOf(error)).toBe("The input breaks a rule.");
  });

  it("understands an error that is not the server's own, such as a proxy's", async () => {
    fakeServer({ "GET /things": () => new Response("<h1>Bad Gateway</h1>", { status: 502, headers: { "Retry-After": "7" } }) });
    await expect(call("GET", "/things")).rejects.toMatchObject({ status: 502, code: "unknown", retryAfter: 7 });
  });

  it("tells an absent server from one that refuses", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(call("GET", "/things")).rejects.toBeInstanceOf(NetworkError);
  });

  it("lets an aborted request be aborted", async () => {
    fakeServer({ "GET /things": () => new Promise((done) => setTimeout(() => done({}), 0)) });
    const stop = new AbortController();
    const asked = call("GET", "/things", undefined, { signal: stop.signal });
    stop.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("an expired credential", () => {
  it("is renewed unnoticed, and the request made again", async () => {
    const server = expiredSession(1);
    await expect(call("GET", "/things")).resolves.toEqual({ things: ["a"] });
    expect(server.requests.map((r) => `${r.method} ${r.path}`)).toEqual(["GET /things", "POST /auth/refresh", "GET /things"]);
  });

  it("is renewed once for many requests at a time", async () => {
    const server = expiredSession(1);
    await Promise.all([call("GET", "/things"), call("GET", "/things"), call("GET", "/things")]);
    expect(server.to("POST /auth/refresh")).toHaveLength(1);
  });

  it("is not renewed again when another tab has just done it", async () => {
    const server = expiredSession(1);
    localStorage.setItem("parley-refreshed-at", String(Date.now() + 1000));
    await expect(renewSession(Date.now())).resolves.toBe(true);
    expect(server.requests).toHaveLength(0);
  });

  it("is renewed before a request that would find it expired", async () => {
    const server = expiredSession(1);
    sessionBegan(-1);
    await Promise.all([call("GET", "/things"), call("GET", "/things")]);
    expect(server.requests.map((r) => `${r.method} ${r.path}`)).toEqual(["POST /auth/refresh", "GET /things", "GET /things"]);
  });

  it("whose renewal got no answer is renewed by the same name, and the next time by another", async () => {
    let lose = true;
    const server = fakeServer({
      "POST /auth/refresh": () => {
        if (lose) throw new TypeError("the line is dead");
        return { expires_in: 900 };
      },
    });
    await expect(renewSession()).rejects.toThrow();
    lose = false;
    await renewSession();
    await renewSession(Date.now() + 1);
    const names = server.to("POST /auth/refresh").map((r) => (r.body as { client_id: string }).client_id);
    expect(names[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });

  it("is not renewed for those who are signing in", async () => {
    const server = fakeServer({ "POST /auth/login": () => ({}), "GET /setup": () => ({}) });
    sessionBegan(-1);
    await call("POST", "/auth/login", {});
    await call("GET", "/setup");
    await call("GET", "/auth/session");
    expect(server.to("POST /auth/refresh")).toHaveLength(0);
  });

  it("that cannot be renewed signs the page out", async () => {
    expiredSession(0);
    const out = vi.fn();
    const stop = onSignedOut(out);
    await expect(call("GET", "/things")).rejects.toMatchObject({ status: 401 });
    expect(out).toHaveBeenCalledOnce();
    stop();
  });

  it("signs nobody out while the server is unwell", async () => {
    fakeServer({ "GET /things": expired, "POST /auth/refresh": () => problem(503, "unavailable", "going down") });
    const out = vi.fn();
    const stop = onSignedOut(out);
    await expect(call("GET", "/things")).rejects.toMatchObject({ status: 503 });
    expect(out).not.toHaveBeenCalled();
    stop();
  });

  it("is not what a wrong password is", async () => {
    const server = fakeServer({ "POST /auth/login": () => problem(401, "unauthorized", "wrong") });
    await expect(call("POST", "/auth/login", {})).rejects.toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(1);
  });
});
