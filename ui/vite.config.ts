import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.PARLEY_DEV_SERVER ?? "http://127.0.0.1:8080";

/** KaTeX offers each font in three formats. Every browser that we build for reads the first, and the binary carries all that is named. */
const woff2Only: Plugin = {
  name: "woff2-only",
  enforce: "pre",
  transform: (code, id) => (/\/katex\/.*\.css/.test(id) ? code.replace(/,\s*url\([^)]+\)\s*format\(["'](?:woff|truetype)["']\)/g, "") : null),
};

export default defineConfig({
  plugins: [woff2Only, react(), tailwindcss()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  server: {
    proxy: {
      "/api": server,
      "/openapi.json": server,
      "/health": server,
      // The socket checks that it is asked from its own page.
      "/ws": { target: server, ws: true, changeOrigin: true, rewriteWsOrigin: true },
    },
  },
  build: {
    // light-dark() in the styles needs these; older ones would get a copy of every colour.
    target: ["chrome123", "edge123", "firefox128", "safari17.5"],
    // The page's policy forbids data: URLs.
    assetsInlineLimit: 0,
    // dist/.gitkeep lets the binary be built without the page; scripts/clean-dist.mjs empties the rest.
    emptyOutDir: false,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.mjs"],
    css: false,
    retry: 2, // what passes then is listed as unsteady
    reporters: ["default", new URL("./scripts/unsteady.mjs", import.meta.url).pathname],
    // Bounds for a busy machine, which measure nothing. A test may wait for several things, each as long as src/testing/setup.ts says.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
