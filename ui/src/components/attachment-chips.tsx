import { useQuery } from "@tanstack/react-query";
import { FileText, Paperclip, ShieldAlert, X } from "lucide-react";
import { useEffect } from "react";
import {
  type Draft,
  detach,
  isMoving,
  isReadable,
  refreshAttachments,
  scanLabel,
  sizeLabel,
  troubleOf,
  unreadSentence,
  useAttachments,
} from "@/lib/attachments";
import { clientConfigQuery } from "@/lib/client-config";
import { cn } from "@/lib/cn";
import { Button } from "./ui/button";
import { Spinner } from "./ui/spinner";

/** How often the scan of a file is asked for, should nothing be heard of it. */
const POLL_MS = 2_000;

/** The files that will go with the next message of a thread. */
export function useDraftFiles(threadId: string) {
  const drafts = useAttachments((s) => s.drafts);
  const mine = drafts.filter((d) => d.threadId === threadId);
  const scanning = mine.some((d) => d.attachment?.scan.status === "pending");
  useEffect(() => {
    if (!scanning) return;
    const timer = setInterval(() => void refreshAttachments(threadId), POLL_MS);
    return () => clearInterval(timer);
  }, [scanning, threadId]);
  return {
    drafts: mine,
    /** Why the message has to wait for its files, or cannot be sent with them. */
    hindrance: hindranceOf(mine),
  };
}

function hindranceOf(drafts: readonly Draft[]): string | undefined {
  if (drafts.some((d) => d.attachment && troubleOf(d.attachment))) return "Remove the file that cannot be sent.";
  if (drafts.some(isMoving)) return "Files are still being sent.";
  if (drafts.some((d) => d.attachment && !isReadable(d.attachment))) return "Files are being scanned for viruses.";
  return undefined;
}

/** Above the field: the files with their progress, the state of their scan, and a way to take each back. */
export function AttachmentChips({ drafts }: { drafts: readonly Draft[] }) {
  if (drafts.length === 0) return null;
  return (
    <ul aria-label="Attachments" className="flex max-h-44 flex-wrap gap-1.5 overflow-y-auto px-2 pt-2">
      {drafts.map((draft) => (
        <Chip key={draft.key} draft={draft} />
      ))}
    </ul>
  );
}

function Chip({ draft }: { draft: Draft }) {
  const { attachment, error, name, progress } = draft;
  const trouble = error ?? (attachment && troubleOf(attachment));
  const moving = isMoving(draft);
  const { data: config } = useQuery(clientConfigQuery);
  const unread = trouble ? undefined : unreadSentence(draft, config);
  return (
    <li
      data-state={error ? "error" : moving ? "uploading" : (attachment?.scan.status ?? "held")}
      className={cn(
        "flex min-w-0 max-w-full items-center gap-2 rounded-lg bg-sunken forced-colors:border py-1 pr-1 pl-2.5 text-sm sm:max-w-80",
        trouble && "bg-danger-soft text-danger sm:max-w-full",
      )}
    >
      {trouble ? (
        <ShieldAlert aria-hidden="true" className="size-4 shrink-0" />
      ) : moving || attachment?.scan.status === "pending" ? (
        <Spinner className="size-4 shrink-0" />
      ) : (
        <FileText aria-hidden="true" className="size-4 shrink-0 text-muted" />
      )}
      <div className="min-w-0 flex-1">
        <p className="truncate" title={name}>
          {name}
        </p>
        {trouble ? (
          <p role="alert" className="text-xs leading-4">
            {trouble}
          </p>
        ) : (
          <p className="flex items-center gap-1.5 text-muted text-xs leading-4">
            {sizeLabel(draft.size)}
            {moving ? (
              <progress value={progress} max={1} aria-label={`Sending ${name}`} className="h-1 w-16 accent-accent" />
            ) : (
              attachment && <span>· {scanLabel(attachment)}</span>
            )}
          </p>
        )}
        {unread && (
          <p role="status" className="text-warning text-xs leading-4">
            {unread}
          </p>
        )}
      </div>
      <Button variant="quiet" size="icon" aria-label={`${moving ? "Cancel" : "Remove"} ${name}`} className="size-9" onClick={() => detach(draft.key)}>
        <X />
      </Button>
    </li>
  );
}

/** Opens the system's own choice of files. */
export function AttachButton({ onFiles, disabled }: { onFiles: (files: File[]) => void; disabled: boolean }) {
  const choose = () => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.onchange = () => onFiles([...(input.files ?? [])]);
    input.click();
  };
  return (
    <Button variant="quiet" size="icon" aria-label="Attach files" title="Attach files" disabled={disabled} className="rounded-lg" onClick={choose}>
      <Paperclip />
    </Button>
  );
}
