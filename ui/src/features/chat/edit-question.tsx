import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { isTouch } from "@/components/growing-field";
import { pasteInto } from "@/components/paste-into";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";
import { messageOf } from "@/lib/api";
import { MAX_MESSAGE } from "@/lib/limits";
import type { Message } from "@/lib/wire";
import { useEditMessage } from "./queries";

type Props = {
  message: Message;
  /** False once the chat is read-only: the text stays, to be copied or sent when the chat is restored. */
  mayWrite: boolean;
  onSaved: () => void;
  onCancel: () => void;
};

/** Changes one's last question, which is then answered anew. Enter sends as in the composer; the earlier wording and answer are kept. */
export function EditQuestion({ message, mayWrite, onSaved, onCancel }: Props) {
  const [text, setText] = useState(message.content);
  const field = useRef<HTMLTextAreaElement>(null);
  const edit = useEditMessage();
  const hint = useId();
  const ready = mayWrite && text.trim() !== "" && text !== message.content && [...text].length <= MAX_MESSAGE;

  useEffect(() => {
    const el = field.current;
    el?.focus({ preventScroll: true });
    el?.setSelectionRange(el.value.length, el.value.length);
  }, []);

  const save = () => ready && edit.mutate({ id: message.id, content: text }, { onSuccess: onSaved });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onCancel();
    } else if (event.key === "Enter" && !event.shiftKey && !isTouch()) {
      event.preventDefault();
      save();
    }
  };
  return (
    <form
      className="w-full"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Textarea
        ref={field}
        aria-label="Edit message"
        aria-describedby={hint}
        readOnly={!mayWrite}
        value={text}
        rows={Math.min(12, text.split("\n").length + 1)}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={pasteInto(undefined, "Files can't be added to a message that was already sent")}
      />
      {edit.isError && (
        <p role="alert" className="mt-2 text-danger text-sm">
          {messageOf(edit.error)}
        </p>
      )}
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <p id={hint} className="min-w-40 flex-1 text-faint text-xs">
          {mayWrite ? !isTouch() && "Enter to send · Shift+Enter for a new line" : "This chat is read-only now. Your text stays here until you close it."}
        </p>
        <Button variant="quiet" onClick={onCancel}>
          {mayWrite ? "Cancel" : "Close"}
        </Button>
        <Button type="submit" variant="primary" disabled={!ready} busy={edit.isPending}>
          {message.status === "queued" ? "Save" : "Send"}
        </Button>
      </div>
    </form>
  );
}
