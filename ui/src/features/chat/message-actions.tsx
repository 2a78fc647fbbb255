import { Check, ChevronLeft, ChevronRight, Copy, Pencil, RotateCw } from "lucide-react";
import type { ComponentProps, ReactNode, Ref } from "react";
import { useCopied } from "@/components/markdown/use-copied";
import { Button } from "@/components/ui/button";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";

/** A row of small buttons under a message. Faint, but always there: a finger cannot hover. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className="flex items-center">{children}</div>;
}

function Action({ label, className, ...rest }: { label: string } & ComponentProps<typeof Button>) {
  return (
    <Tooltip label={label}>
      <Button variant="quiet" aria-label={label} className={cn("size-8 p-0 text-faint [&_svg]:size-3.5", className)} {...rest} />
    </Tooltip>
  );
}

/** Copies a message as it was written: an answer as markdown. */
export function CopyAction({ text }: { text: string }) {
  const [copied, copy] = useCopied();
  return (
    <Action label={copied ? "Copied" : "Copy"} onClick={() => copy(text)}>
      {copied ? <Check className="text-ok" /> : <Copy />}
    </Action>
  );
}

export function EditAction(props: { onClick: () => void; ref: Ref<HTMLButtonElement> }) {
  return (
    <Action label="Edit" {...props}>
      <Pencil />
    </Action>
  );
}

export function RegenerateAction({ onClick }: { onClick: () => void }) {
  return (
    <Action label="Regenerate" onClick={onClick}>
      <RotateCw />
    </Action>
  );
}

/** Steps through the answers to one question. */
export function Alternatives({ at, count, onStep }: { at: number; count: number; onStep: (by: -1 | 1) => void }) {
  return (
    <fieldset aria-label="Answers to this question" className="flex items-center">
      <Action label="Previous answer" disabled={at === 0} onClick={() => onStep(-1)}>
        <ChevronLeft />
      </Action>
      <span className="figures text-faint">
        <span className="only-spoken">Answer </span>
        {at + 1}/{count}
      </span>
      <Action label="Next answer" disabled={at === count - 1} onClick={() => onStep(1)}>
        <ChevronRight />
      </Action>
    </fieldset>
  );
}
