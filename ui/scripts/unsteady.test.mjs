import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const fixtures = join(import.meta.dirname, "fixtures");

/** Runs a runner over its fixture, in which a test fails once unless it is told not to, and returns the list. */
function run(command, args, failing) {
  const dir = mkdtempSync(join(tmpdir(), "unsteady-"));
  const [list, mark] = [join(dir, "list"), join(dir, "mark")];
  if (!failing) writeFileSync(mark, "");
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: "1", UNSTEADY: list, FAILED_ONCE: mark, OUTPUT: join(dir, "output") };
  const { status, stdout, stderr } = spawnSync(join(fixtures, "..", "..", "node_modules/.bin", command), args, { cwd: fixtures, env, encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  return existsSync(list) ? readFileSync(list, "utf8") : "";
}

const runners = [
  ["Vitest", "vitest", ["run", "--root", fixtures, "--config", "vitest.config.mjs"]],
  ["Playwright", "playwright", ["test", "-c", "playwright.config.mjs"]],
];

test.each(runners)("%s lists a test that passes when it is run again, with its error", (_, command, args) => {
  const list = run(command, args, true);
  expect(list).toMatch(/^--- UNSTEADY: .*fails once \(failed in 1 of 2 runs\)\n/);
  expect(list).toContain("the moon is wrong");
  expect(list.match(/UNSTEADY/g)).toHaveLength(1);
});

test.each(runners)("%s lists nothing when all tests pass at once", (_, command, args) => {
  expect(run(command, args, false)).toBe("");
});
