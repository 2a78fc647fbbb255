import { ChevronRight } from "lucide-react";

/** What the model thought before it answered: there for who wants to know, folded away for who does not. */
export function Reasoning({ text }: { text: string }) {
  return (
    <details className="group/reasoning mb-3 text-muted text-sm">
      <summary className="inline-flex h-8 cursor-pointer list-none items-center gap-1.5 rounded-sm hover:text-ink">
        <ChevronRight aria-hidden="true" className="size-3.5 transition-transform group-open/reasoning:rotate-90" />
        Thoughts
      </summary>
      <p className="mt-1 max-h-96 overflow-y-auto whitespace-pre-wrap border-line border-l-2 pl-3">{text}</p>
    </details>
  );
}
