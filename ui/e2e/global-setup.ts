import { spawnSync } from "node:child_process";
import { fakeModelPath, root } from "./harness/paths";

/** Builds what the tests run: never a binary older than its sources. */
export default function globalSetup() {
  if (!process.env.PARLEY_BIN) run("make", ["build"]);
  run("go", ["build", "-o", fakeModelPath, "./api/llm/llmtest/fakeserver"]);
}

function run(command: string, args: string[]) {
  // What an outer make has set for its own children is not for this one.
  const { MAKEFLAGS: _, MAKELEVEL: __, ...env } = process.env;
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${error ?? ""}${stdout}${stderr}`);
}
