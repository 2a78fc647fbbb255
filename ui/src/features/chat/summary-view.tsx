import { ChevronDown, Pencil, ScrollText, Trash2 } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { Link } from "wouter";
import { Markdown } from "@/components/markdown/markdown";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { cn } from "@/lib/cn";
import { dayLabel, fullLabel } from "@/lib/dates";
import { toast } from "@/lib/toast";
import type { Summary } from "@/lib/wire";
import { useChat } from "./chat-context";
import { useDeleteSummary } from "./summaries";
import { SummaryDialog } from "./summary-dialog";

/** A summary, where it ends: a line across the chat, which opens. */
export function SummaryView({ summary, marked }: { summary: Summary; marked: boolean }) {
  const [open, setOpen] = useState(marked);
  const id = useId();
  useEffect(() => {
    if (marked) setOpen(true);
  }, [marked]);
  return (
    <article
      tabIndex={-1} // whoever is led here goes on reading here
      data-summary-id={summary.id}
      aria-label={titleOf(summary)}
      className="transition-[background-color,box-shadow] duration-600"
    >
      <h2 className="flex items-center gap-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        <Button
          variant="quiet"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="h-auto min-h-9 max-w-[calc(100%-2.5rem)] shrink-0 whitespace-normal rounded-full px-3.5 py-1.5 font-normal"
        >
          <ScrollText className={summary.is_stale ? "text-warning" : "text-accent"} />
          <span className="min-w-0 text-left">
            {titleOf(summary)}
            {summary.is_stale && <span className="text-warning"> · out of date</span>}
          </span>
          <ChevronDown className={cn("transition-transform duration-150", open && "rotate-180")} />
        </Button>
      </h2>
      <div id={id} hidden={!open}>
        {open && <Opened summary={summary} />}
      </div>
    </article>
  );
}

function Opened({ summary }: { summary: Summary }) {
  const { mayWrite, focusComposer } = useChat();
  const [dialog, setDialog] = useState<"edit" | "delete">();
  const close = () => setDialog(undefined);
  const remove = useDeleteSummary(summary, () => {
    toast("Summary deleted.");
    close();
    focusComposer();
  });
  return (
    <div className="mt-3 rounded-lg bg-sunken px-5 pt-4 pb-2">
      {summary.is_stale && (
        <p className="mb-3 rounded-md bg-warning-soft px-3 py-2 text-sm">
          A message in it was changed or deleted since. The model is not told it any more, until somebody edits it.
        </p>
      )}
      <Markdown text={summary.summary_text} live={false} />
      {summary.key_topics.length > 0 && (
        <ul aria-label="Topics" className="mt-4 flex flex-wrap gap-1.5">
          {summary.key_topics.map((topic) => (
            <li key={topic} className="max-w-full truncate rounded-full bg-press px-2.5 py-0.5 text-muted text-xs">
              {topic}
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3 flex min-h-10 flex-wrap items-center justify-between gap-x-4">
        <p className="py-2 text-faint text-xs">
          {summary.is_damaged ? "Made" : summary.model_used ? `Made by ${summary.model_used}` : "Written by hand"}
          {summary.is_edited && ", edited"},{" "}
          <time title={fullLabel(summary.created_at)}>{dayLabel(summary.created_at).replace(/^(Today|Yesterday)$/, (day) => day.toLowerCase())}</time>.{" "}
          {!summary.is_stale && !summary.is_damaged && !summary.source_thread_id && "The model reads it instead of the messages above."}
          {summary.source_thread_id && <Source threadId={summary.source_thread_id} />}
        </p>
        {mayWrite && !summary.is_damaged && (
          <div className="-mr-3 flex">
            <Button variant="quiet" className="px-3 hover:bg-press" onClick={() => setDialog("edit")}>
              <Pencil /> Edit
            </Button>
            <Button variant="quiet" className="px-3 hover:bg-press" onClick={() => setDialog("delete")}>
              <Trash2 /> Delete
            </Button>
          </div>
        )}
      </div>
      <SummaryDialog threadId={summary.thread_id} summary={summary} open={dialog === "edit"} onOpenChange={close} />
      <Confirm
        open={dialog === "delete"}
        onOpenChange={() => {
          remove.reset();
          close();
        }}
        title="Delete this summary?"
        action="Delete summary"
        onConfirm={() => remove.mutate()}
        busy={remove.isPending}
        error={remove.error}
      >
        <p>The messages that it stands for stay, and the model is told them again, as far as they fit.</p>
      </Confirm>
    </div>
  );
}

function Source({ threadId }: { threadId: string }) {
  return (
    <>
      The model reads it before this chat.{" "}
      <Link href={`/threads/${threadId}`} className="text-muted">
        Open the earlier chat
      </Link>
    </>
  );
}

function titleOf({ message_count, source_thread_id, is_damaged }: Summary): string {
  if (is_damaged) return "Damaged summary";
  if (source_thread_id) return "Summary of an earlier chat";
  return message_count === 1 ? "Summary of 1 message" : `Summary of ${message_count.toLocaleString("en")} messages`;
}
