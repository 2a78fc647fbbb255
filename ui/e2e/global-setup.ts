import { execFileSync } from "node:child_process";
import { fakeModelPath, root } from "./harness/paths";

/** Builds what the tests run: never a binary older than its sources. */
export default function globalSetup() {
  if (!process.env.PARLEY_BIN) run("make", ["-s", "build"]);
  run("go", ["build", "-o", fakeModelPath, "./api/llm/llmtest/fakeserver"]);
}

function run(command: string, args: string[]) {
  // Output goes to stderr: a reporter may own stdout. What make set for its own children is not for this one.
  const { MAKEFLAGS: _, MAKELEVEL: __, ...env } = process.env;
  execFileSync(command, args, { cwd: root, env, stdio: ["ignore", 2, 2] });
}
