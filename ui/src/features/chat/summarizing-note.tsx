import { ScrollText, X } from "lucide-react";
import { useLocation } from "wouter";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { forgetSummary, useSummarizing } from "./summarizing";

/** Says that a summary is being made, and leads to it once it is there. */
export function SummarizingNote({ threadId }: { threadId: string }) {
  const asked = useSummarizing(threadId);
  const [, navigate] = useLocation();
  if (!asked) return null;
  const show = () => {
    forgetSummary(threadId);
    navigate(`/threads/${threadId}?summary=${asked.summaryId}`, { state: { asked: Date.now() } });
  };
  return (
    <div role="status" className="mb-2 flex min-h-11 animate-appear items-center gap-3 rounded-lg bg-sunken py-1 pr-1 pl-4 text-sm">
      {asked.done ? <ScrollText aria-hidden="true" className="size-4 shrink-0 text-accent" /> : <Spinner className="shrink-0 text-muted" />}
      <p className="min-w-0 flex-1 py-1.5">{asked.done ? "The summary is made." : "A summary is being made. Questions go first; you can go on meanwhile."}</p>
      {asked.done && (
        <>
          <Button variant="quiet" className="h-9 px-3 hover:bg-press" onClick={show}>
            Show it
          </Button>
          <Button variant="quiet" size="icon" className="size-9 hover:bg-press" aria-label="Dismiss" onClick={() => forgetSummary(threadId)}>
            <X />
          </Button>
        </>
      )}
    </div>
  );
}
