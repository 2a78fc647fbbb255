import type { ContextMeter, ContextWarning } from "@/lib/wire";

/** A number as people read it. */
export const figure = (n: number) => n.toLocaleString("en");

/** "1 message", "1,234 messages". */
export const counted = (n: number, one: string, many = `${one}s`) => `${figure(n)} ${n === 1 ? one : many}`;

/** What is left out, as the subject of a sentence; "" if nothing is. */
export function leftOutWords({ messages, attachments }: ContextMeter["left_out"]): string {
  return [messages > 0 && counted(messages, "message"), attachments > 0 && counted(attachments, "file")].filter(Boolean).join(" and ");
}

/** How full the context is, in one sentence. */
export function contextSentence({ severity, left_out: left }: ContextMeter): string {
  const words = leftOutWords(left);
  if (words) return `The model doesn't read everything: ${words} ${left.messages + left.attachments === 1 ? "is" : "are"} left out or cut.`;
  if (severity === "critical") return "The context is full. The next message may push the oldest ones out.";
  if (severity === "warning") return "The chat is getting long. A summary frees up context.";
  return "The model reads the whole chat.";
}

/** Where the limit of a model comes from. */
export function limitSentence(source: ContextMeter["limit_source"]): string {
  switch (source) {
    case "server":
      return "The model server reports this limit.";
    case "setting":
      return "An administrator has set this limit.";
    case "learned":
      return "The model turned out to read less than expected, so Parley uses this limit.";
    default:
      return "The model server doesn't report its limit, so Parley assumes this one. The real limit may be smaller or larger.";
  }
}

/** What a model did not read before it answered. `nameOf` finds the name of a file. */
export function warningSentence(warning: ContextWarning, nameOf: (attachmentId: string) => string | undefined): string {
  if (warning.kind === "truncated_by_server")
    return `The model read only ${figure(warning.read_tokens ?? 0)} of ${figure(warning.sent_tokens)} tokens. The model server cut off the rest.`;
  const name = (warning.attachment_id && nameOf(warning.attachment_id)) || "A file";
  return `${name} was cut: the model read ${figure(warning.sent_tokens)} of ${figure(warning.all_tokens ?? 0)} tokens.`;
}
