import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Dialog } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import { useMe } from "@/lib/me";
import type { ContextMeter, Project, Thread, ThreadContext } from "@/lib/wire";
import { ContextActions } from "./context-actions";
import { LeftOutParts, ReadParts } from "./context-parts";
import { contextQuery } from "./context-query";
import { contextSentence, figure, leftOutWords, limitSentence } from "./context-words";

type Props = { thread: Thread; project: Project | undefined; mayWrite: boolean; open: boolean; onOpenChange: (open: boolean) => void };

/** What the model reads of a chat, what is left out, and what can be done about it. */
export function ContextPanel({ open, onOpenChange, ...rest }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="What the model reads" className="sm:max-w-xl">
      <Panel {...rest} onClose={() => onOpenChange(false)} />
    </Dialog>
  );
}

type PanelProps = Omit<Props, "open" | "onOpenChange"> & { onClose: () => void };

function Panel({ thread, mayWrite, onClose }: PanelProps) {
  const { data, error, refetch } = useQuery({ ...contextQuery(thread), placeholderData: keepPreviousData });
  return (
    <div className="space-y-5 text-sm">
      <Fill context={data ?? thread.context} />
      {error ? (
        <Notice onRetry={() => void refetch()}>{messageOf(error)}</Notice>
      ) : data ? (
        <>
          <LeftOutParts context={data} />
          <ReadParts context={data} />
          <Limit context={data} />
        </>
      ) : (
        <Skeleton className="h-32" />
      )}
      {mayWrite && !thread.is_archived && <ContextActions thread={thread} hint="close this panel to stay here" onSummarise={onClose} />}
    </div>
  );
}

const bars = { ok: "bg-accent", warning: "bg-warning", critical: "bg-danger" };

function Fill({ context }: { context: ContextMeter }) {
  const { used, budget, percent, severity, left_out } = context;
  return (
    <div>
      <p>
        {figure(used)} of {figure(budget)} tokens <span className="text-muted">({percent}%)</span>
      </p>
      <div aria-hidden="true" className="mt-2 h-2 overflow-hidden rounded-full bg-press forced-colors:border">
        <div className={`h-full rounded-full ${bars[severity]}`} style={{ width: `${Math.min(100, percent)}%` }} />
      </div>
      <p className={severity === "ok" ? "mt-2 text-muted" : "mt-2"}>
        {contextSentence(context)}
        {leftOutWords(left_out) && ` That is about ${figure(left_out.tokens)} tokens.`}
      </p>
    </div>
  );
}

function Limit({ context }: { context: ThreadContext }) {
  const me = useMe();
  const { model, limit, budget, limit_source } = context;
  return (
    <section aria-label="Limit" className="rounded-lg bg-sunken px-4 py-3 text-muted">
      <p>
        <span className="text-ink">{model}</span> takes {figure(limit)} tokens at once; {figure(limit - budget)} of them are kept free for its answer.{" "}
        {limitSentence(limit_source)}
      </p>
      {(limit_source === "assumed" || limit_source === "learned") && <HowToSet isAdmin={me.role === "admin"} />}
    </section>
  );
}

function HowToSet({ isAdmin }: { isAdmin: boolean }) {
  if (!isAdmin) return <p className="mt-2">An administrator can set the real limit.</p>;
  return (
    <p className="mt-2">
      To set it, put <code className="text-ink [overflow-wrap:anywhere]">model.openai.context_tokens</code> in config.yaml, or set{" "}
      <code className="text-ink [overflow-wrap:anywhere]">PARLEY_MODEL_OPENAI_CONTEXT_TOKENS</code>, and restart Parley.
    </p>
  );
}
