import { useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import type { Project, Thread } from "@/lib/wire";
import { ContextPanel } from "./context-panel";
import { contextSentence } from "./context-words";
import { useContextNews } from "./use-context-news";

const looks = { ok: "text-line-strong", warning: "text-warning", critical: "text-danger" };
const ROUND = 2 * Math.PI * 7;

type Props = { thread: Thread; project: Project | undefined; mayWrite: boolean };

/** How much of what the model can read this chat fills. It opens the panel that says what is read. */
export function ContextMeter({ thread, project, mayWrite }: Props) {
  const [open, setOpen] = useState(false);
  const { context } = thread;
  useContextNews(thread);
  if (context.limit <= 0) return null;
  const filled = Math.min(100, Math.max(0, context.percent));
  return (
    <>
      <Button
        variant="quiet"
        aria-haspopup="dialog"
        aria-label={`Context ${filled}%. ${contextSentence(context)}`}
        data-severity={context.severity}
        className="gap-1.5 px-2"
        onClick={() => setOpen(true)}
      >
        <svg viewBox="0 0 18 18" aria-hidden="true" className={cn("size-4.5! -rotate-90", looks[context.severity])}>
          <circle cx="9" cy="9" r="7" fill="none" strokeWidth="2.5" stroke="var(--color-line)" />
          <circle cx="9" cy="9" r="7" fill="none" strokeWidth="2.5" stroke="currentColor" strokeDasharray={`${(filled / 100) * ROUND} ${ROUND}`} />
        </svg>
        <span className="font-normal text-xs">
          <span className="max-sm:hidden">Context </span>
          <span className={cn("figures", context.severity !== "ok" && looks[context.severity])}>{filled}%</span>
        </span>
      </Button>
      <ContextPanel thread={thread} project={project} mayWrite={mayWrite} open={open} onOpenChange={setOpen} />
    </>
  );
}
