import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";
import { guardComposition } from "@/lib/composition";
import { toastTime, useToasts } from "@/lib/toast";

// A busy machine is slow, not wrong: how long is waited for what must come.
configure({ asyncUtilTimeout: 30_000 });
Object.assign(toastTime, { plain: 600_000, danger: 600_000 }); // a slow test still finds it

// What jsdom lacks and the page's parts ask for.
window.matchMedia ??= (query: string) =>
  ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {}, dispatchEvent: () => false }) as unknown as MediaQueryList;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
Element.prototype.scrollIntoView ??= () => {};
Element.prototype.hasPointerCapture ??= () => false;
Element.prototype.scrollTo ??= () => {};
window.scrollTo = () => {};

guardComposition(); // as the page does

beforeEach(() => {
  useToasts.setState({ list: [] }); // or a test takes the toast of the one before for its own
  localStorage.clear();
  sessionStorage.clear();
  window.history.replaceState(null, "", "/");
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
