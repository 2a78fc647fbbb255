import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { threadQuery } from "@/lib/threads";
import type { Message } from "@/lib/wire";
import { useChat } from "./chat-context";
import { ContextActions } from "./context-actions";
import { errorSentence } from "./error-sentence";

const CONTINUE = "Please continue exactly where you stopped.";

/** How an answer ended, where that was not by being complete, and what can be done then. */
export function AnswerEnd({ message, isLast }: { message: Message; isLast: boolean }) {
  const { me } = useChat();
  switch (message.status) {
    case "failed":
      return <Failed message={message} isLast={isLast} />;
    case "interrupted":
      return <Ending isLast={isLast}>The server stopped in the middle of this answer.</Ending>;
    case "stopped":
      return <Ending isLast={isLast}>{stoppedBy(message, me.id)}</Ending>;
    default: {
      const early = endedEarly(message.finish_reason);
      return early ? <Ending isLast={isLast}>{early}</Ending> : null;
    }
  }
}

/** Why a complete answer may lack something, by the model server's reason for its end; null if it is whole. */
function endedEarly(reason: string): string | null {
  switch (reason) {
    case "":
    case "stop":
      return null;
    case "length":
      return "The answer reached its length limit.";
    case "content_filter":
      return "A content filter of the model server ended this answer.";
    case "tool_calls":
    case "function_call":
    case "tool_use":
      return "The model ended this answer to call a tool, which Parley cannot do.";
    default:
      return `The model server ended this answer early (${reason}).`;
  }
}

function stoppedBy({ stopped_by: by }: Message, me: string): string {
  if (!by) return "Stopped.";
  return by.id === me ? "You stopped this answer." : `Stopped by ${by.name}.`;
}

function Ending({ isLast, children }: { isLast: boolean; children: ReactNode }) {
  const { mayWrite, generating, sendText, focusComposer } = useChat();
  const goOn = () => {
    sendText(CONTINUE);
    focusComposer(); // the button is about to go
  };
  return (
    <div className="mt-3 flex min-h-10 items-center gap-3 border-line-strong border-l-2 pl-3 text-muted text-sm">
      <p>{children}</p>
      {isLast && mayWrite && !generating && (
        <Button className="h-9 px-3" onClick={goOn}>
          Continue
        </Button>
      )}
    </div>
  );
}

function Failed({ message, isLast }: { message: Message; isLast: boolean }) {
  const { me, isOwner, mayWrite, generating, regenerate } = useChat();
  const mayAct = isLast && mayWrite && !generating;
  const mayRetry = mayAct && (isOwner || message.user_id === me.id);
  return (
    <div className="mt-2 rounded-md bg-danger-soft py-1.5 pr-1.5 pl-3.5 text-sm">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3">
        <CircleAlert aria-hidden="true" className="size-4 shrink-0 text-danger" />
        <p className="min-w-0 flex-1 py-1.5">{errorSentence(message)}</p>
        {mayRetry && <Button onClick={() => regenerate(message.id)}>Retry</Button>}
      </div>
      {mayAct && message.error?.code === "context_exceeded" && <Shorten threadId={message.thread_id} />}
    </div>
  );
}

/** A chat that is too long for its model fails again until it is made shorter. */
function Shorten({ threadId }: { threadId: string }) {
  const { data: thread } = useQuery(threadQuery(threadId));
  return thread ? (
    <div className="my-1.5 mr-2">
      <ContextActions thread={thread} />
    </div>
  ) : null;
}
