import type { Message } from "@/lib/wire";

const sentences: Record<string, string> = {
  model_unavailable: "The model server cannot be reached.",
  model_error: "The model server reported an error.",
  context_exceeded: "This chat is longer than the model can read. Summarise it, or start a new chat.",
  rate_limited: "Too many questions at once. Wait a moment and try again.",
};

/** Why an answer failed, in words: the server's own where it gave some. */
export function errorSentence({ error }: Message): string {
  const text = error?.message || sentences[error?.code ?? ""] || "Something went wrong while this answer was written.";
  return sentence(text);
}

/** A text of the server as a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}
