import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { withLease } from "./lock";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("lets one tab in at a time, where the browser has no locks of its own", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((done) => setTimeout(done, 200));
    inside--;
  };
  const all = Promise.all([withLease("x", work), withLease("x", work), withLease("x", work)]);
  await vi.advanceTimersByTimeAsync(5000);
  await all;
  expect(most).toBe(1);
  expect(localStorage.length).toBe(0);
});

it("takes over from a tab that was closed in the middle", async () => {
  localStorage.setItem("parley-lock-x", `gone ${Date.now() + 15_000}`);
  const done = vi.fn(async () => "in");
  const waiting = withLease("x", done);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(done).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  await expect(waiting).resolves.toBe("in");
});

it("gives way when the work fails", async () => {
  const failing = withLease("x", () => Promise.reject(new Error("no")));
  const caught = expect(failing).rejects.toThrow("no");
  await vi.advanceTimersByTimeAsync(100);
  await caught;
  expect(localStorage.length).toBe(0);
});
