import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useLayoutEffect, useRef } from "react";
import { AttachButton, AttachmentChips, useDraftFiles } from "@/components/attachment-chips";
import { isTouch, offerFocus, useGrowing } from "@/components/growing-field";
import { pasteInto } from "@/components/paste-into";
import { Button } from "@/components/ui/button";
import { takeAttachments } from "@/lib/attachments";
import { cn } from "@/lib/cn";
import { MAX_MESSAGE } from "@/lib/limits";
import { useMe } from "@/lib/me";
import { useUnsent } from "@/lib/unsent";
import type { Attachment, ProjectRole, Thread } from "@/lib/wire";
import { ComposerNote } from "./composer-note";
import { escapeStops } from "./use-escape";

export type ComposerHandle = { focus: () => void; prepend: (text: string) => void };

type Props = {
  ref: Ref<ComposerHandle>;
  thread: Thread;
  /** The person's part in the project; undefined while it is not known. */
  role: ProjectRole | undefined;
  generating: boolean;
  stopping: boolean;
  onSend: (text: string, attachments: readonly Attachment[]) => void;
  onStop: () => void;
  /** Takes files; undefined where none may be attached. */
  onFiles: ((files: File[]) => void) | undefined;
};

/** Where one writes. Enter sends, Shift+Enter starts a line; on a touch keyboard Enter is a line. */
export function Composer({ ref, thread, role, generating, stopping, onSend, onStop, onFiles }: Props) {
  const [text, setText] = useUnsent(useMe().id, thread.id);
  const field = useRef<HTMLTextAreaElement>(null);
  const noteId = useId();
  const closed = thread.is_archived || role === "viewer";
  const count = countNear(text);
  const { drafts, hindrance } = useDraftFiles(thread.id);
  const ready = text.trim() !== "" && hindrance === undefined && count <= MAX_MESSAGE && !closed && role !== undefined;

  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus({ preventScroll: true }),
    prepend: (before) => {
      setText(text.trim() === "" ? before : `${before}\n\n${text}`);
      field.current?.focus();
    },
  }));
  useLayoutEffect(() => offerFocus(field.current), []);
  useGrowing(field, text);

  const submit = () => {
    if (!ready) return;
    onSend(text, takeAttachments(thread.id));
    setText("");
    field.current?.focus();
  };
  const stop = () => {
    onStop();
    field.current?.focus(); // the button is about to go
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isTouch()) return;
    event.preventDefault();
    submit();
  };

  return (
    <form
      {...escapeStops}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      className={cn(
        "rounded-xl bg-raised shadow-[inset_0_0_0_1px_var(--color-line-strong),var(--shadow-field)] transition-shadow duration-150",
        "focus-within:shadow-[inset_0_0_0_1.5px_var(--color-accent),0_0_0_4px_var(--color-accent-soft)]",
        closed && "bg-sunken shadow-none",
      )}
    >
      <AttachmentChips drafts={drafts} />
      <div className={cn("flex items-end gap-1 p-1.5", closed && text === "" && "hidden")}>
        {onFiles && <AttachButton onFiles={onFiles} disabled={closed} />}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          disabled={closed}
          aria-label="Message"
          aria-describedby={noteId}
          aria-invalid={count > MAX_MESSAGE || undefined}
          placeholder={generating ? "Write your next message…" : "Write a message"}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={pasteInto(onFiles)}
          className="block max-h-[40dvh] min-w-0 flex-1 resize-none overflow-y-auto bg-transparent px-3 py-2 text-[1rem] leading-6 placeholder:overflow-hidden placeholder:text-ellipsis placeholder:whitespace-nowrap focus:outline-hidden disabled:text-muted"
        />
        {!closed && generating && (
          <Button size="icon" aria-label="Stop" busy={stopping} onClick={stop} className="rounded-lg">
            <Square className="size-3.5! fill-current" />
          </Button>
        )}
        {!closed && (
          <Button type="submit" variant={ready ? "primary" : "quiet"} size="icon" aria-label="Send" disabled={!ready} className="rounded-lg">
            <ArrowUp />
          </Button>
        )}
      </div>
      <ComposerNote id={noteId} thread={thread} role={role} count={count} hindrance={drafts.length > 0 && text.trim() !== "" ? hindrance : undefined} />
    </form>
  );
}

/** The number of characters as the server counts them, once it matters; 0 before. */
function countNear(text: string): number {
  if (text.length < MAX_MESSAGE * 0.9) return 0;
  return text.length > 2 * MAX_MESSAGE ? text.length : [...text].length;
}
