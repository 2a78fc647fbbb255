import { useEffect, useRef, useState } from "react";
import { Avatar } from "@/components/avatar";
import { fullLabel, timeLabel } from "@/lib/dates";
import { authorName } from "@/lib/people";
import type { Message } from "@/lib/wire";
import { AttachmentList } from "./attachment-list";
import { Bubble } from "./bubble";
import { useChat } from "./chat-context";
import { EditQuestion } from "./edit-question";
import { Actions, CopyAction, EditAction } from "./message-actions";

/** A person's message. */
export function Question({ message, isLast }: { message: Message; isLast: boolean }) {
  const { me, mayWrite, generating, focusComposer } = useChat();
  const [editing, setEditing] = useState(false);
  const article = useRef<HTMLElement>(null);
  const mine = message.user_id === me.id;
  const name = mine ? "You" : authorName(message);
  const edit = useRef<HTMLButtonElement>(null);
  const cancelled = useRef(false);
  useEffect(() => {
    if (!editing && cancelled.current) (edit.current ?? article.current)?.focus();
    cancelled.current = false;
  }, [editing]);
  const saved = () => {
    setEditing(false);
    focusComposer();
  };
  const cancel = () => {
    cancelled.current = true;
    setEditing(false);
  };
  return (
    <article
      ref={article}
      tabIndex={-1} // whoever is led here goes on reading here
      data-message-id={message.id}
      data-status={message.status}
      data-author="user"
      aria-label={`${name}, ${timeLabel(message.created_at)}`}
      className="group flex flex-col items-end"
    >
      <h2 className="only-spoken">{name} asked</h2>
      {!mine && (
        <p className="mb-1.5 flex items-center gap-2 text-muted text-xs">
          <Avatar name={name} id={message.author?.id} className="size-6 text-2xs" />
          <span className="font-medium text-ink [overflow-wrap:anywhere]" dir="auto">
            {name}
          </span>
        </p>
      )}
      {editing ? <EditQuestion message={message} mayWrite={mayWrite} onSaved={saved} onCancel={cancel} /> : <Bubble>{message.content}</Bubble>}
      <AttachmentList items={message.attachments} />
      {!editing && (
        <div className="mt-1 flex items-center gap-2">
          <p className="text-faint text-xs">
            <time dateTime={message.created_at} title={fullLabel(message.created_at)}>
              {timeLabel(message.created_at)}
            </time>
            {message.is_edited && " · edited"}
          </p>
          <Actions>
            <CopyAction text={message.content} />
            {mine && isLast && mayWrite && !generating && <EditAction ref={edit} onClick={() => setEditing(true)} />}
          </Actions>
        </div>
      )}
    </article>
  );
}
