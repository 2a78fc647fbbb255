import { create } from "zustand";

/** A summary that failed: what was wrong, and when (ms) it is tried again. */
export type SummaryFailure = { error: string; again: number };

/** The last failure of each thread's summaries that nothing has followed yet. */
export const useSummaryFailures = create<{ threads: Readonly<Record<string, SummaryFailure>> }>()(() => ({ threads: {} }));

/** Notes that a thread's summary failed, or with nothing that it is no more to be spoken of. */
export function putSummaryFailure(threadId: string, failure?: SummaryFailure): void {
  useSummaryFailures.setState(({ threads: { [threadId]: _, ...rest } }) => ({ threads: failure ? { ...rest, [threadId]: failure } : rest }));
}

export function forgetSummaryFailures(): void {
  useSummaryFailures.setState({ threads: {} });
}
