import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { messageOf } from "@/lib/api";
import { useRenameThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Thread } from "@/lib/wire";

const MAX_TITLE = 200;

/** The chat's name, which turns into a field when it is pressed. */
export function ChatTitle({ thread, mayRename }: { thread: Thread; mayRename: boolean }) {
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const back = useRef(false);
  const title = thread.title || "New chat";

  useEffect(() => {
    if (!editing && back.current) button.current?.focus();
    back.current = editing;
  }, [editing]);

  if (editing) return <TitleField thread={thread} onDone={() => setEditing(false)} />;
  return (
    <h1 dir="auto" className="truncate text-left font-semibold text-base leading-6">
      {mayRename ? (
        <button
          ref={button}
          type="button"
          title={`Rename “${title}”`}
          onClick={() => setEditing(true)}
          className="-mx-1.5 max-w-full truncate rounded-sm px-1.5 text-left align-bottom hover:bg-sunken"
        >
          {title}
        </button>
      ) : (
        title
      )}
    </h1>
  );
}

function TitleField({ thread, onDone }: { thread: Thread; onDone: () => void }) {
  const [title, setTitle] = useState(thread.title);
  const rename = useRenameThread();
  const cancelled = useRef(false);

  const save = () => {
    const next = title.trim();
    onDone();
    if (cancelled.current || next === "" || next === thread.title) return;
    rename.mutate({ id: thread.id, title: next }, { onError: (error) => toast(messageOf(error), "danger") });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // Escape here does not also stop the answer
    cancelled.current = event.key === "Escape";
    event.currentTarget.blur();
  };
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person has just asked for this field
      autoFocus
      aria-label="Chat title"
      dir="auto"
      value={title}
      maxLength={MAX_TITLE}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={save}
      className="-mx-1.5 w-full max-w-lg rounded-sm bg-raised px-1.5 font-semibold text-[1rem] leading-6 shadow-[inset_0_0_0_1.5px_var(--color-accent)] focus:outline-hidden md:text-base"
    />
  );
}
