import { afterEach, expect, it, vi } from "vitest";
import { reloadOnStaleBuild } from "./stale-build";

afterEach(() => vi.unstubAllGlobals());

it("reloads when a part is gone, once, and only while the server can be reached", async () => {
  const reload = vi.fn();
  vi.stubGlobal("location", { ...window.location, reload });
  sessionStorage.clear();
  reloadOnStaleBuild();
  const fail = async () => {
    window.dispatchEvent(new Event("vite:preloadError"));
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  vi.stubGlobal("fetch", vi.fn().mockRejectedValue(new TypeError("Failed to fetch")));
  await fail();
  vi.stubGlobal("fetch", vi.fn().mockResolvedValue(new Response(null, { status: 502 })));
  await fail();
  expect(reload).not.toHaveBeenCalled();
  vi.stubGlobal("fetch", vi.fn().mockResolvedValue(new Response(null, { status: 200 })));
  await fail();
  await fail();
  expect(reload).toHaveBeenCalledTimes(1);
});
