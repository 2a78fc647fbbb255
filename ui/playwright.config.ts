import { defineConfig } from "@playwright/test";
import type { Options } from "./e2e/fixtures";
import { browserArgs, chromiumPath } from "./e2e/harness/chromium";

export default defineConfig<Options>({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/global-setup.ts",
  // Each test has a server, a store and a browser context of its own.
  fullyParallel: true,
  workers: 2,
  retries: 2, // what passes then is listed as unsteady
  forbidOnly: !!process.env.CI,
  // Bounds for a busy machine, which measure nothing: what is measured, a test measures itself.
  timeout: 1_200_000,
  expect: { timeout: 60_000 },
  reporter: [["list"], ["./scripts/unsteady.mjs"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    actionTimeout: 60_000,
    navigationTimeout: 120_000,
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: "only-on-failure",
    video: "off", // wants an ffmpeg of its own
    launchOptions: { executablePath: chromiumPath(), args: browserArgs },
  },
  projects: [
    { name: "chromium", testIgnore: /screenshots\.spec\.ts/ },
    ...(process.env.PARLEY_SCREENSHOTS ? [{ name: "screenshots", testMatch: /screenshots\.spec\.ts/ }] : []),
  ],
});
