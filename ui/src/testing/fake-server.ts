import { vi } from "vitest";
import type { Method } from "@/lib/api";
import type { FieldError } from "@/lib/wire";

export type FakeRequest = { method: string; path: string; params: Record<string, string>; query: URLSearchParams; body: unknown };
type Answer = (request: FakeRequest) => unknown;
/** "GET /threads/:id" → what it answers: a value for 200, a Response, or nothing for 204. */
export type Routes = { [route in `${Method} /${string}`]?: Answer };

/**
 * Stands in for the server behind fetch. A route that the test did not give answers
 * 404 as the server would, so a page that asks for too much shows it; only
 * "GET /auth/session" says then that someone is signed in.
 */
export function fakeServer(routes: Routes) {
  const requests: FakeRequest[] = [];
  const answer = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input), "http://localhost");
    const path = url.pathname.replace(/^\/api\/v1/, "");
    const method = init.method ?? "GET";
    const body = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    for (const [route, reply] of Object.entries(routes)) {
      const params = match(route, method, path);
      if (!params || !reply) continue;
      const request = { method, path, params, query: url.searchParams, body };
      requests.push(request);
      const made = await reply(request);
      init.signal?.throwIfAborted();
      return made instanceof Response ? made : made === undefined ? new Response(null, { status: 204 }) : json(200, made);
    }
    // The page asks this before anything else; most tests are about someone who is signed in.
    if (method === "GET" && path === "/auth/session") return json(200, { signed_in: true, renewable: true });
    requests.push({ method, path, params: {}, query: url.searchParams, body });
    return problem(404, "not_found", "there is nothing here");
  };
  vi.stubGlobal("fetch", vi.fn(answer));
  return {
    routes,
    requests,
    /** The requests to one route, in order. */
    to: (route: `${Method} /${string}`) => requests.filter((r) => match(route, r.method, r.path)),
  };
}

export type FakeServer = ReturnType<typeof fakeServer>;

function match(route: string, method: string, path: string): Record<string, string> | undefined {
  const [routeMethod, pattern = ""] = route.split(" ");
  if (routeMethod !== method) return undefined;
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = given[i] ?? "";
    else if (part !== given[i]) return undefined;
  }
  return params;
}

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}

/** An error as the server words it. */
export function problem(status: number, code: string, detail: string, errors?: FieldError[], headers?: Record<string, string>): Response {
  return new Response(JSON.stringify({ type: "about:blank", title: code, status, detail, instance: "/", code, request_id: "TEST", errors }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}
