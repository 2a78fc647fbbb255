import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { pasteInto } from "@/components/paste-into";
import { Button } from "@/components/ui/button";
import { Textarea } from "@/components/ui/input";
import { messageOf } from "@/lib/api";
import { MAX_MESSAGE } from "@/lib/limits";
import type { Message } from "@/lib/wire";
import { useEditMessage } from "./queries";

/** Changes one's last question, which is then answered anew; the earlier wording and answer are kept. */
export function EditQuestion({ message, onDone }: { message: Message; onDone: () => void }) {
  const [text, setText] = useState(message.content);
  const field = useRef<HTMLTextAreaElement>(null);
  const edit = useEditMessage();
  const ready = text.trim() !== "" && text !== message.content && [...text].length <= MAX_MESSAGE;

  useEffect(() => {
    const el = field.current;
    el?.focus({ preventScroll: true });
    el?.setSelectionRange(el.value.length, el.value.length);
  }, []);

  const save = () => ready && edit.mutate({ id: message.id, content: text }, { onSuccess: onDone });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onDone();
    } else if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
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
      <div className="mt-2 flex justify-end gap-2">
        <Button variant="quiet" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" disabled={!ready} busy={edit.isPending}>
          Save and ask again
        </Button>
      </div>
    </form>
  );
}
