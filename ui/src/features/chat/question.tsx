import { useEffect, useRef, useState } from "react";
import { Avatar } from "@/components/avatar";
import { Button } from "@/components/ui/button";
import { fullLabel, timeLabel } from "@/lib/dates";
import { authorName } from "@/lib/people";
import type { Message } from "@/lib/wire";
import { AttachmentList } from "./attachment-list";
import { Bubble } from "./bubble";
import { useChat } from "./chat-context";
import { EditQuestion } from "./edit-question";
import { Actions, CopyAction, EditAction } from "./message-actions";
import { useRemoveMessage } from "./queries";

type Props = { message: Message; isLast: boolean /** How many questions wait before this one, if it waits. */; ahead?: number | undefined };

/** A person's message. */
export function Question({ message, isLast, ahead = 0 }: Props) {
  const { me, mayWrite, isOwner, generating, focusComposer } = useChat();
  const [editing, setEditing] = useState(false);
  const article = useRef<HTMLElement>(null);
  const mine = message.user_id === me.id;
  const name = mine ? "You" : authorName(message);
  const queued = message.status === "queued";
  const mayEdit = mine && mayWrite && (queued || (isLast && !generating));
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
      aria-label={`${name}, ${timeLabel(message.created_at)}${queued ? ", in the queue" : ""}`}
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
      {editing ? <EditQuestion message={message} mayWrite={mayWrite} onSaved={saved} onCancel={cancel} /> : <Bubble dim={queued}>{message.content}</Bubble>}
      <AttachmentList items={message.attachments} />
      {!editing && (
        <div className="mt-1 flex items-center gap-2">
          <p className="text-faint text-xs">
            <time dateTime={message.created_at} title={fullLabel(message.created_at)}>
              {timeLabel(message.created_at)}
            </time>
            {message.is_edited && " · edited"}
            {queued && ` · ${placeInQueue(ahead)}`}
          </p>
          <Actions>
            <CopyAction text={message.content} />
            {mayEdit && <EditAction ref={edit} onClick={() => setEditing(true)} />}
            {queued && mayWrite && (mine || isOwner) && <RemoveFromQueue id={message.id} />}
          </Actions>
        </div>
      )}
    </article>
  );
}

function placeInQueue(ahead: number): string {
  return ahead === 0 ? "Queued, next to be answered" : `Queued, ${ahead} ahead`;
}

function RemoveFromQueue({ id }: { id: string }) {
  const { threadId, focusComposer } = useChat();
  const remove = useRemoveMessage(threadId);
  const onClick = () => {
    remove.mutate(id);
    focusComposer(); // the button is about to go
  };
  return (
    <Button variant="quiet" className="h-8 px-2 text-xs" busy={remove.isPending} onClick={onClick}>
      Remove
    </Button>
  );
}
