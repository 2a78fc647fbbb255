import { FileWarning } from "lucide-react";
import { fullLabel, timeLabel } from "@/lib/dates";
import type { Message } from "@/lib/wire";
import { errorSentence } from "./error-sentence";

/** Stands where a message was that the store can no longer read. */
export function DamagedMessage({ message }: { message: Message }) {
  return (
    <article
      tabIndex={-1} // whoever is led here goes on reading here
      data-message-id={message.id}
      data-status="damaged"
      aria-label={`Damaged message, ${timeLabel(message.created_at)}`}
    >
      <h2 className="only-spoken">Damaged message</h2>
      <p className="flex min-h-12 items-center gap-3 rounded-md bg-sunken px-3.5 forced-colors:border py-1.5 text-muted text-sm">
        <FileWarning aria-hidden="true" className="size-4 shrink-0 text-warning" />
        <span className="min-w-0 flex-1">{errorSentence(message)}</span>
        <time dateTime={message.created_at} title={fullLabel(message.created_at)} className="text-faint text-xs">
          {timeLabel(message.created_at)}
        </time>
      </p>
    </article>
  );
}
