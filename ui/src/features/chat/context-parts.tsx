import { ChevronDown, FileText, MessageSquare, ScrollText, SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import type { ContextPart, ThreadContext } from "@/lib/wire";
import { counted, figure } from "./context-words";

const isMessage = (p: ContextPart) => p.kind === "message" || p.kind === "question";
const sum = (parts: readonly ContextPart[]) => parts.reduce((n, p) => n + p.tokens, 0);

/** What the model reads, in the order in which it does; messages are folded into one line. */
export function ReadParts({ context }: { context: ThreadContext }) {
  const read = context.parts.filter((p) => p.included);
  if (read.length === 0) return <p className="text-muted">Nothing has been said yet. The model reads your first message alone.</p>;
  const first = read.filter((p) => p.kind === "instructions" || p.kind === "summary");
  return (
    <Section title="Reads">
      {first.map((p) => (
        <Line key={p.id ?? p.kind} icon={p.kind === "summary" ? <ScrollText /> : <SlidersHorizontal />} name={nameOf(p)} words={p.title} tokens={p.tokens} />
      ))}
      <Messages parts={read.filter(isMessage)} />
      {read
        .filter((p) => p.kind === "attachment")
        .map((p) => (
          <FileLine key={p.id} part={p} model={context.model} />
        ))}
    </Section>
  );
}

/** What a person would expect to be read and is not; nothing if there is none. */
export function LeftOutParts({ context }: { context: ThreadContext }) {
  const left = context.parts.filter((p) => !p.included || p.cut_tokens > 0);
  if (left.length === 0) return null;
  const messages = left.filter(isMessage);
  return (
    <Section title="Left out">
      <Messages parts={messages} total={context.left_out.messages} />
      {left
        .filter((p) => p.kind === "attachment")
        .map((p) => (
          <Line
            key={p.id}
            icon={<FileText />}
            name={p.title}
            note={p.included ? "The end of this file doesn't fit" : "This file isn't read"}
            tokens={p.included ? p.cut_tokens : p.tokens}
          />
        ))}
    </Section>
  );
}

function nameOf(p: ContextPart): string {
  return p.kind === "summary" ? "Summary" : "Project instructions";
}

function FileLine({ part, model }: { part: ContextPart; model: string }) {
  return <Line icon={<FileText />} name={part.title} note={fileNote(part, model)} tokens={part.tokens} />;
}

function fileNote({ tokens, cut_tokens, readable_by }: ContextPart, model: string): string | undefined {
  if (readable_by?.[model] === false) return "Its name only: the model can't read this kind of file";
  return cut_tokens > 0 ? `${figure(tokens)} of ${figure(tokens + cut_tokens)} tokens` : undefined;
}

/** Messages folded into one line, which opens. `total` counts those too that are not listed. */
function Messages({ parts, total = parts.length }: { parts: readonly ContextPart[]; total?: number }) {
  if (total === 0) return null;
  return (
    <li>
      <details className="group">
        <summary className="flex min-h-10 cursor-pointer list-none items-center gap-3 rounded-md px-3 hover:bg-sunken [&::-webkit-details-marker]:hidden">
          <MessageSquare aria-hidden="true" className="size-4 shrink-0 text-faint" />
          <span className="min-w-0 flex-1">{counted(total, "message")}</span>
          <Tokens n={sum(parts)} />
          <ChevronDown aria-hidden="true" className="size-4 shrink-0 text-faint transition-transform group-open:rotate-180" />
        </summary>
        <ol className="mb-1 ml-7 border-line border-l pl-3">
          {parts.map((p) => (
            <li key={p.id} className="flex min-h-8 items-center gap-3 pr-10 text-muted text-xs">
              <span dir="auto" className="min-w-0 flex-1 truncate">
                <span className="only-spoken">{p.is_user ? "Question: " : "Answer: "}</span>
                {p.title || (p.is_user ? "A question" : "An answer")}
              </span>
              <Tokens n={p.tokens} />
            </li>
          ))}
        </ol>
      </details>
    </li>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1 font-medium text-muted text-xs">{title}</h3>
      <ul className="-mx-3">{children}</ul>
    </section>
  );
}

type LineProps = {
  icon: ReactNode;
  name: string;
  /** The beginning of a text. */
  words?: string;
  note?: string | undefined;
  tokens: number;
};

function Line({ icon, name, words, note, tokens }: LineProps) {
  return (
    <li className="flex min-h-10 items-center gap-3 px-3 py-1.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint">
      <span aria-hidden="true">{icon}</span>
      <span className="min-w-0 flex-1">
        <span dir="auto" className="block truncate">
          {name}
        </span>
        {words && (
          <span dir="auto" className="block truncate text-muted text-xs">
            {words}
          </span>
        )}
        {note && <span className="block text-muted text-xs">{note}</span>}
      </span>
      <Tokens n={tokens} className="pr-7" />
    </li>
  );
}

function Tokens({ n, className }: { n: number; className?: string }) {
  return (
    <span className={cn("figures shrink-0 text-muted text-xs", className)}>
      {figure(n)}
      <span className="only-spoken"> tokens</span>
    </span>
  );
}
