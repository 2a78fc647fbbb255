import { Mark } from "@/components/logo";
import { Markdown } from "@/components/markdown/markdown";
import { fullLabel, timeLabel } from "@/lib/dates";
import { useDrafts } from "@/lib/live";
import type { Message } from "@/lib/wire";
import { AnswerEnd } from "./answer-end";
import { AnswerWaiting } from "./answer-waiting";
import { useChat } from "./chat-context";
import { ContextWarningNote } from "./context-warning";
import { Actions, Alternatives, CopyAction, RegenerateAction } from "./message-actions";
import { Reasoning } from "./reasoning";

type Props = { message: Message; siblings: readonly Message[]; asker?: Message["author"]; isLast: boolean };

/** The model's message. While it is being written it alone is drawn again as the text arrives. */
export function Answer({ message, siblings, asker, isLast }: Props) {
  const { me } = useChat();
  const streaming = message.status === "streaming";
  const draft = useDrafts((drafts) => (streaming ? drafts.open[message.id] : undefined));
  // Both are beginnings of the same text; the longer one is the newer.
  const text = longer(draft?.text, message.content);
  const reasoning = longer(draft?.reasoning, message.reasoning);
  const to = asker && asker.id !== me.id ? ` to ${asker.name}` : "";
  const model = message.model_used || draft?.model || "";
  return (
    <article
      tabIndex={-1} // whoever is led here goes on reading here
      data-message-id={message.id}
      data-status={message.status}
      data-author="assistant"
      aria-label={`Answer${to}${model && ` by ${model}`}, ${timeLabel(message.created_at)}`}
      aria-busy={streaming}
    >
      <h2 className="only-spoken">Answer{to}</h2>
      <p className="mb-2 flex items-center gap-2 text-muted text-xs">
        <Mark className="size-4" />
        <span className="truncate">{model}</span>
        {streaming && to && <span className="max-w-[50%] shrink-0 truncate">answering {asker?.name}</span>}
        <time dateTime={message.created_at} title={fullLabel(message.created_at)} className="text-faint">
          {timeLabel(message.created_at)}
        </time>
      </p>
      {reasoning !== "" && <Reasoning text={reasoning} live={streaming && text === ""} ms={streaming ? draft?.reasoningMs : message.reasoning_ms} />}
      <div data-testid="message-text" data-live={streaming || undefined}>
        {text !== "" && <Markdown text={text} live={streaming || isCut(message)} />}
      </div>
      {streaming && text === "" && reasoning === "" && <AnswerWaiting place={draft?.queuePosition ?? null} />}
      {!streaming && <AnswerEnd message={message} isLast={isLast} />}
      {!streaming && <ContextWarningNote message={message} />}
      {!streaming && <AnswerActions message={message} siblings={siblings} isLast={isLast} />}
    </article>
  );
}

/** Reports whether the text ends in the middle. Its end is then shown as it was while it came: a table that has only its head is a table. */
function isCut(message: Message): boolean {
  return message.status !== "complete" || message.finish_reason === "length";
}

function longer(a = "", b = ""): string {
  return a.length > b.length ? a : b;
}

function AnswerActions({ message, siblings, isLast }: Props) {
  const { me, isOwner, mayWrite, generating, regenerate, pick } = useChat();
  const mayRegenerate = isLast && mayWrite && !generating && (isOwner || message.user_id === me.id);
  const at = siblings.findIndex((m) => m.id === message.id);
  const step = (by: -1 | 1) => {
    const next = siblings[at + by];
    if (next && message.parent_id !== null) pick(message.parent_id, next.id);
  };
  return (
    <div className="-ml-2 mt-2">
      <Actions>
        {message.content !== "" && <CopyAction text={message.content} />}
        {mayRegenerate && message.status !== "failed" && <RegenerateAction onClick={() => regenerate(message.id)} />}
        {siblings.length > 1 && <Alternatives at={at} count={siblings.length} onStep={step} />}
      </Actions>
    </div>
  );
}
