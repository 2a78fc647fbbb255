import { ArrowUp } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { MAX_MESSAGE } from "@/lib/limits";
import { useUnsent } from "@/lib/unsent";
import { isTouch, offerFocus, useGrowing } from "./growing-field";
import { pasteInto } from "./paste-into";
import { Button } from "./ui/button";

type Props = {
  /** Resolves when the text has been taken; if it rejects the text stays where it is. */
  onSend: (text: string) => Promise<unknown>;
  /** What the field is, for a screen reader. */
  label: string;
  placeholder: string;
  /** Keeps what is written under this name, for this person, until it is sent. */
  draft?: { userId: string; name: string };
  autoFocus?: boolean;
  disabled?: boolean;
  /** Takes files that are pasted; without it there is no place for any. */
  onFiles?: ((files: File[]) => void) | undefined;
  /** Stands above the text, for example the files that go with it. */
  above?: ReactNode;
  /** Why the text has to wait, in a sentence. */
  hindrance?: string | undefined;
  /** Stands at the lower left, for example where the chat will go. */
  children?: ReactNode;
  className?: string;
};

/** A text that grows as it is written. Enter sends, Shift+Enter starts a line; on a touch keyboard Enter is a line. */
export function Composer({ onSend, label, placeholder, draft, autoFocus = false, disabled = false, onFiles, above, hindrance, children, className }: Props) {
  const [text, setText] = useUnsent(draft?.userId ?? "", draft?.name);
  const [sending, setSending] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const tooLong = text.length > MAX_MESSAGE && [...text].length > MAX_MESSAGE;
  const ready = text.trim() !== "" && !tooLong && !disabled && hindrance === undefined;

  useGrowing(field, text);
  useLayoutEffect(() => {
    if (autoFocus) offerFocus(field.current);
  }, [autoFocus]);

  const send = async () => {
    if (!ready || sending) return;
    setSending(true);
    try {
      await onSend(text);
      setText("");
    } catch {
      field.current?.focus(); // whoever gave onSend says what went wrong
    } finally {
      setSending(false);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isTouch()) return;
    event.preventDefault();
    void send();
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      className={cn(
        "rounded-xl bg-raised shadow-[inset_0_0_0_1px_var(--color-line-strong),var(--shadow-field)] transition-shadow duration-150",
        "focus-within:shadow-[inset_0_0_0_1.5px_var(--color-accent),0_0_0_4px_var(--color-accent-soft)]",
        className,
      )}
    >
      {above}
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        aria-label={label}
        aria-invalid={tooLong || undefined}
        placeholder={placeholder}
        disabled={disabled}
        readOnly={sending}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={pasteInto(onFiles)}
        className="block max-h-[40dvh] w-full resize-none overflow-y-auto bg-transparent px-4 pt-3.5 pb-1 text-[1rem] leading-6 focus:outline-hidden disabled:cursor-not-allowed"
      />
      <div className="flex items-center gap-2 p-1.5 pl-2">
        <div className="flex min-w-0 flex-1 items-center gap-2">{children}</div>
        {tooLong && (
          <span role="alert" className="text-danger text-sm">
            At most {MAX_MESSAGE.toLocaleString("en")} characters
          </span>
        )}
        {hindrance && !sending && text.trim() !== "" && <span className="text-muted text-sm">{hindrance}</span>}
        <Button type="submit" variant={ready ? "primary" : "quiet"} size="icon" aria-label="Send" busy={sending} disabled={!ready} className="rounded-lg">
          <ArrowUp />
        </Button>
      </div>
    </form>
  );
}
