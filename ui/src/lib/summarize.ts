import { create } from "zustand";
import { call, messageOf } from "./api";
import { toast } from "./toast";
import type { SummaryStatus } from "./wire";

/** A summary that was asked for here: still being made, or there and not yet looked at. */
export type Asked = { summaryId: string; since: number; done: boolean };

/** The summaries asked for here, by thread. */
export const useAsked = create<{ threads: Readonly<Record<string, Asked>> }>()(() => ({ threads: {} }));

/** Has a summary made; it comes later. A whole one covers the newest messages too. */
export const summarize = (threadId: string, options: { whole?: boolean } = {}) => call<SummaryStatus>("POST", `/threads/${threadId}/summarize`, options);

/** Asks for a summary of a thread, which comes later; reports whether there is anything to summarise. */
export async function askForSummary(threadId: string): Promise<boolean> {
  try {
    const { summary_id, status } = await summarize(threadId);
    if (status === "up_to_date") {
      toast("No new messages since the last summary");
      return false;
    }
    putAsked(threadId, { summaryId: summary_id, since: Date.now(), done: false });
    return true;
  } catch (error) {
    toast(messageOf(error), "danger");
    return false;
  }
}

/** Remembers, or with nothing forgets, the summary that was asked for in a thread. */
export function putAsked(threadId: string, asked: Asked | undefined): void {
  useAsked.setState(({ threads: { [threadId]: _, ...rest } }) => ({ threads: asked ? { ...rest, [threadId]: asked } : rest }));
}
