import { CircleAlert, ScrollText, X } from "lucide-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { timeLabel } from "@/lib/dates";
import { putSummaryFailure, type SummaryFailure, useSummaryFailures } from "@/lib/live-summaries";
import { askForSummary } from "@/lib/summarize";
import { sentence } from "./error-sentence";
import { forgetSummary, useSummarizing } from "./summarizing";

/** Says that a summary is being made, leads to it once it is there, and says so if that failed. */
export function SummarizingNote({ threadId, mayWrite }: { threadId: string; mayWrite: boolean }) {
  const asked = useSummarizing(threadId);
  const failure = useSummaryFailures((s) => s.threads[threadId]);
  const [, navigate] = useLocation();
  if (failure && !asked?.done) return <FailedNote threadId={threadId} failure={failure} mayWrite={mayWrite} />;
  if (!asked) return null;
  const show = () => {
    forgetSummary(threadId);
    navigate(`/threads/${threadId}?summary=${asked.summaryId}`, { state: { asked: Date.now() } });
  };
  return (
    <Note sign={asked.done ? <ScrollText aria-hidden="true" className="size-4 shrink-0 text-accent" /> : <Spinner className="shrink-0 text-muted" />}>
      <p className="min-w-0 flex-1 py-1.5">{asked.done ? "The summary is ready." : "Summarising… You can keep writing; questions go first."}</p>
      {asked.done && (
        <>
          <Action onClick={show}>Show it</Action>
          <Dismiss onClick={() => forgetSummary(threadId)} />
        </>
      )}
    </Note>
  );
}

function FailedNote({ threadId, failure, mayWrite }: { threadId: string; failure: SummaryFailure; mayWrite: boolean }) {
  const forget = () => {
    putSummaryFailure(threadId);
    forgetSummary(threadId);
  };
  const again = () => {
    forget();
    void askForSummary(threadId);
  };
  return (
    <Note sign={<CircleAlert aria-hidden="true" className="size-4 shrink-0 text-warning" />}>
      <p className="min-w-0 flex-1 py-1.5">
        The summary could not be made. {sentence(failure.error)} It is tried again at {timeLabel(new Date(failure.again).toISOString())}.
      </p>
      {mayWrite && <Action onClick={again}>Try now</Action>}
      <Dismiss onClick={forget} />
    </Note>
  );
}

function Note({ sign, children }: { sign: ReactNode; children: ReactNode }) {
  return (
    <div role="status" className="mb-2 flex min-h-11 animate-appear items-center gap-3 rounded-lg bg-sunken py-1 pr-1 pl-4 text-sm">
      {sign}
      {children}
    </div>
  );
}

function Action({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <Button variant="quiet" className="h-9 shrink-0 px-3 hover:bg-press" onClick={onClick}>
      {children}
    </Button>
  );
}

function Dismiss({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="quiet" size="icon" className="size-9 hover:bg-press" aria-label="Dismiss" onClick={onClick}>
      <X />
    </Button>
  );
}
