import { TriangleAlert } from "lucide-react";
import type { ContextWarning, Message } from "@/lib/wire";
import { warningSentence } from "./context-words";
import { useFileName } from "./file-names";

/** Beneath an answer: what the model did not read before it wrote it. */
export function ContextWarningNote({ message }: { message: Message }) {
  // Answers of earlier releases do not say.
  return message.context_warning ? <Note threadId={message.thread_id} warning={message.context_warning} /> : null;
}

function Note({ threadId, warning }: { threadId: string; warning: ContextWarning }) {
  const nameOf = useFileName(threadId);
  return (
    <p data-testid="context-warning" className="mt-3 flex items-start gap-2 text-muted text-sm">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-warning" />
      <span className="min-w-0 break-words">{warningSentence(warning, nameOf)}</span>
    </p>
  );
}
