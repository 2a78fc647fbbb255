import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { followTheme } from "./theme";

const script = readFileSync("public/theme.js", "utf8");
const html = readFileSync("index.html", "utf8");
const shown = () => document.documentElement.dataset.theme;
const runScript = () => new Function(script)();

afterEach(() => {
  delete document.documentElement.dataset.theme;
  vi.resetModules();
});

describe("a stored theme", () => {
  it.each(["light", "dark"])("is applied before the first paint: %s", (theme) => {
    localStorage.setItem("parley-theme", theme);
    runScript();
    expect(shown()).toBe(theme);
  });

  it.each([null, "system", "neon"])("leaves the system its say when it is %s", (theme) => {
    if (theme) localStorage.setItem("parley-theme", theme);
    runScript();
    expect(shown()).toBeUndefined();
  });

  it("is read by a script that blocks the first paint, from a file of its own", () => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const scripts = [...page.querySelectorAll("script")];
    const theme = scripts.find((s) => s.getAttribute("src") === "/theme.js");
    expect(theme?.parentElement?.tagName).toBe("HEAD");
    for (const later of ["type", "async", "defer"]) expect(theme?.hasAttribute(later)).toBe(false);
    // The page's policy allows no inline script.
    expect(scripts.filter((s) => !s.hasAttribute("src"))).toEqual([]);
  });
});

describe("choosing a theme", () => {
  it("shows it at once and after a reload", async () => {
    const { useTheme } = await import("./theme");
    useTheme.getState().choose("dark");
    expect(shown()).toBe("dark");
    delete document.documentElement.dataset.theme;
    runScript();
    expect(shown()).toBe("dark");
  });

  it("of the system forgets the stored one", async () => {
    const { useTheme } = await import("./theme");
    useTheme.getState().choose("dark");
    useTheme.getState().choose("system");
    expect(shown()).toBeUndefined();
    expect(localStorage.getItem("parley-theme")).toBeNull();
  });

  it("in another tab is followed here", () => {
    const stop = followTheme();
    window.dispatchEvent(new StorageEvent("storage", { key: "parley-theme", newValue: "dark" }));
    expect(shown()).toBe("dark");
    window.dispatchEvent(new StorageEvent("storage", { key: "parley-theme", newValue: null }));
    expect(shown()).toBeUndefined();
    stop();
    window.dispatchEvent(new StorageEvent("storage", { key: "parley-theme", newValue: "dark" }));
    expect(shown()).toBeUndefined();
  });
});
