import { exclusive } from "./lock";
import { uuid } from "./uuid";
import type { FieldError, ProblemBody, SignIn } from "./wire";

const BASE = "/api/v1";
const REFRESHED_KEY = "parley-refreshed-at";
const EXPIRES_KEY = "parley-expires-at";
const RENEWAL_KEY = "parley-renewal";

/** The server understood the request and refused it, or failed at it. */
export class Problem extends Error {
  readonly status: number;
  /** A stable word; switch on this. */
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly requestId: string | undefined;
  /** Seconds to wait, where the server named them. */
  readonly retryAfter: number | undefined;

  constructor(status: number, body: Partial<ProblemBody>, retryAfter?: number) {
    super(sentence(body.detail || body.title || `The server answered with status ${status}.`));
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
    this.retryAfter = retryAfter;
  }

  /** What is wrong with one field of the body, if anything. */
  field(name: string): string | undefined {
    const found = this.errors.find((e) => e.location === name || e.location === `body.${name}`);
    return found && sentence(found.message);
  }
}

/** No answer came: the network, or the server, is away. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super("Parley cannot be reached. Check your connection and try again.", { cause });
    this.name = "NetworkError";
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type CallOptions = { signal?: AbortSignal };

/**
 * Asks the server and returns the decoded body (undefined for an empty one).
 * Throws Problem, NetworkError, or the signal's own AbortError. A session whose
 * short-lived credential has run out is renewed once, unnoticed.
 */
export async function call<T>(method: Method, path: string, body?: unknown, { signal }: CallOptions = {}): Promise<T> {
  const askedAt = Date.now();
  // In time, so that no request has to be refused first; what comes of it shows in the request itself.
  if (renewable(path) && askedAt > expiresAt()) await renewSession(askedAt).catch(() => undefined);
  let response = await send(method, path, body, signal);
  if (response.status === 401 && renewable(path)) {
    if (!(await renewSession(askedAt))) {
      for (const listener of signedOut) listener();
    } else {
      response = await send(method, path, body, signal);
    }
  }
  if (!response.ok) throw await problemOf(response);
  return (await decode(response)) as T;
}

// A 401 from these is about what was typed, or is the renewal itself; or they need nobody signed in.
const renewable = (path: string) => !/^\/(auth\/(login|refresh|logout|register|session)|setup)\b/.test(path);

async function send(method: Method, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
  const init: RequestInit = { method, credentials: "same-origin", headers: { Accept: "application/json" }, signal: signal ?? null };
  if (body !== undefined) {
    init.headers = { Accept: "application/json", "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  try {
    return await fetch(BASE + path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NetworkError(error);
  }
}

async function decode(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw new NetworkError(error); // broke off in the middle
  }
  return text === "" ? undefined : JSON.parse(text);
}

async function problemOf(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  let body: Partial<ProblemBody> = {};
  try {
    body = (await response.json()) as Partial<ProblemBody>;
  } catch {
    // A proxy in between answers in its own format; the status says enough.
  }
  return new Problem(response.status, body, Number.isFinite(wait) ? wait : undefined);
}

let renewing: Promise<boolean> | undefined;

/**
 * Renews the session's cookies; false when the session is over. All callers of
 * all tabs share one attempt, because a renewal token used twice ends the session.
 * `since` is when the credential was last seen in use (milliseconds): if another tab has
 * renewed it after that, there is nothing left to do.
 */
export function renewSession(since = Date.now()): Promise<boolean> {
  renewing ??= exclusive("refresh", () => renew(since)).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renew(since: number): Promise<boolean> {
  if (Number(read(REFRESHED_KEY)) > since) return true;
  const attempt = renewalUnderWay() || uuid();
  write(RENEWAL_KEY, attempt);
  const response = await send("POST", "/auth/refresh", { client_id: attempt }, undefined);
  if (response.status < 500) write(RENEWAL_KEY, "");
  if (response.ok) {
    write(REFRESHED_KEY, String(Date.now()));
    sessionBegan(((await decode(response)) as SignIn).expires_in);
    return true;
  }
  if (response.status < 500 && response.status !== 429) return false;
  throw await problemOf(response); // the server is unwell: nobody is signed out for that
}

/** The name of a renewal to which no answer came, or "": by it alone, in any tab, the answer can be asked for again. */
export function renewalUnderWay(): string {
  return read(RENEWAL_KEY) ?? "";
}

/** Remembers for all tabs when the credential runs out (`seconds` from now), a little early. */
export function sessionBegan(seconds: number): void {
  write(EXPIRES_KEY, String(Date.now() + seconds * 900));
}

/** When the credential is to be renewed; never where that is not known, as after signing in elsewhere. */
function expiresAt(): number {
  return Number(read(EXPIRES_KEY) ?? Number.POSITIVE_INFINITY);
}

const signedOut = new Set<() => void>();

/** Calls back when a request found the session over. Returns how to stop that. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** What to tell a person about an error, whatever it is. */
export function messageOf(error: unknown): string {
  if (error instanceof Problem || error instanceof NetworkError) return error.message;
  return "Something went wrong on this page. Reload it and try again.";
}

/** The server's words start in lower case, as Go's do; people read sentences. */
function sentence(text: string): string {
  const s = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(s) ? s : `${s}.`;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Without storage the tabs merely renew more often than they need.
  }
}
