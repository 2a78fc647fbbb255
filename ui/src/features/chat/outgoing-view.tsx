import { useQueryClient } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { returnAttachments } from "@/lib/attachments";
import { AttachmentList } from "./attachment-list";
import { Bubble } from "./bubble";
import { useChat } from "./chat-context";
import { discard, type Outgoing, sendAgain } from "./outbox";

/** A message on its way, or one that did not arrive, with what can be done about it. */
export function OutgoingView({ outgoing }: { outgoing: Outgoing }) {
  const client = useQueryClient();
  const { takeBack, focusComposer, mayWrite } = useChat();
  const failed = outgoing.state === "failed";
  const held = outgoing.state === "held";
  const again = () => {
    void sendAgain(client, outgoing.clientId);
    focusComposer();
  };
  const edit = () => {
    const taken = discard(outgoing.clientId);
    returnAttachments(outgoing.threadId, taken?.attachments ?? []);
    takeBack(taken?.content ?? "");
  };
  const drop = () => discard(outgoing.clientId);
  return (
    <article
      data-status={failed ? "unsent" : outgoing.state}
      data-author="user"
      aria-label={held ? "You, waiting for the connection" : "You, not sent yet"}
      aria-busy={outgoing.state === "sending"}
      className="flex flex-col items-end"
    >
      <Bubble dim={!failed}>{outgoing.content}</Bubble>
      <AttachmentList items={outgoing.attachments ?? []} />
      {failed ? (
        <div role="alert" className="mt-1.5 flex flex-wrap items-center justify-end gap-x-1 gap-y-1 text-danger text-sm">
          <p className="px-1">Not sent. {outgoing.error}</p>
          {mayWrite && (
            <Button variant="quiet" className="h-9 px-3" onClick={again}>
              Retry
            </Button>
          )}
          <Button variant="quiet" className="h-9 px-3" onClick={edit}>
            Edit
          </Button>
          <Button variant="quiet" className="h-9 px-3" onClick={drop}>
            Discard
          </Button>
        </div>
      ) : held ? (
        <div className="mt-1 flex flex-wrap items-center justify-end gap-x-1 text-muted text-sm">
          <p className="px-1">Sent once you're back online</p>
          <Button variant="quiet" className="h-9 px-3" onClick={edit}>
            Edit
          </Button>
          <Button variant="quiet" className="h-9 px-3" onClick={drop}>
            Discard
          </Button>
        </div>
      ) : (
        <p className="mt-1 flex h-8 items-center text-faint text-xs">Sending…</p>
      )}
    </article>
  );
}
