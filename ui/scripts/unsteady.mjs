// Adds tests that failed first and then passed to the file that UNSTEADY names, which
// scripts/unsteady prints. One class serves as a reporter of Vitest and of Playwright.
import { appendFileSync } from "node:fs";

/** One entry of the list: the name of a test, how often it failed, and the errors. */
export function entry(name, failures, errors) {
  const output = errors.map((error) => `    ${(error?.stack ?? error?.message ?? String(error)).replaceAll("\n", "\n    ")}\n`);
  return `--- UNSTEADY: ${name} (failed in ${failures} of ${failures + 1} runs)\n${output.join("")}`;
}

function add(name, failures, errors) {
  if (process.env.UNSTEADY) appendFileSync(process.env.UNSTEADY, entry(name, failures, errors));
}

export default class UnsteadyReporter {
  /** Vitest: a test has its final result. */
  onTestCaseResult(test) {
    const { flaky, retryCount } = test.diagnostic() ?? {};
    if (flaky) add(`${test.module.relativeModuleId} ${test.fullName}`, retryCount, test.result().errors ?? []);
  }

  /** Playwright: a run of a test has ended; its outcome counts all runs so far. */
  onTestEnd(test, result) {
    if (result.status !== "passed" || test.outcome() !== "flaky") return;
    const failed = test.results.filter((run) => run.status !== "passed");
    add(
      test.titlePath().filter(Boolean).join(" "),
      failed.length,
      failed.flatMap((run) => run.errors),
    );
  }
}
