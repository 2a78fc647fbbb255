import { uuid } from "./uuid";

/** Longer than one request to our own server may sensibly take. */
const LEASE_MS = 15_000;
const SETTLE_MS = 40;
const POLL_MS = 60;

/** Runs `fn` while no other tab of this origin runs one under the same name. */
export function exclusive<T>(name: string, fn: () => Promise<T>): Promise<T> {
  // Typed as always there, but missing where the page is served without TLS.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? locks.request(name, fn) : withLease(name, fn);
}

/**
 * The same over local storage: write a lease, wait for any other writer to have
 * written too, and go on only if ours is the one that stayed.
 */
export async function withLease<T>(name: string, fn: () => Promise<T>): Promise<T> {
  const key = `parley-lock-${name}`;
  const mine = uuid();
  for (;;) {
    if (isFree(key)) {
      localStorage.setItem(key, `${mine} ${Date.now() + LEASE_MS}`);
      await sleep(SETTLE_MS);
      if (holder(key) === mine) break;
    }
    await sleep(POLL_MS * (0.5 + Math.random()));
  }
  try {
    return await fn();
  } finally {
    if (holder(key) === mine) localStorage.removeItem(key);
  }
}

const holder = (key: string) => localStorage.getItem(key)?.split(" ")[0];
const isFree = (key: string) => Number(localStorage.getItem(key)?.split(" ")[1] ?? 0) < Date.now();
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
