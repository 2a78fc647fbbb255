import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { Children, type ReactNode, type RefObject } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";
import { useOpener } from "./use-opener";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Gets the focus when the dialog opens, unless a field in it takes it; otherwise the first control does. */
  initialFocus?: RefObject<HTMLElement | null>;
};

/**
 * A modal dialog. The scrim is our own: Radix's overlay locks scrolling with a style
 * element made at run time, which the page's policy refuses; nothing behind it scrolls
 * anyway, as the body never does.
 */
export function Dialog({ open, onOpenChange, title, description, children, className, initialFocus }: Props) {
  const returnFocus = useOpener(open);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-50 animate-appear bg-scrim" />
        <div className="pointer-events-none fixed inset-0 z-50 flex items-end justify-center sm:items-center sm:p-6">
          <Radix.Content
            {...(description ? {} : { "aria-describedby": undefined })}
            onOpenAutoFocus={(event) => {
              if (!initialFocus?.current) return;
              event.preventDefault();
              initialFocus.current.focus();
            }}
            onCloseAutoFocus={returnFocus}
            className={cn(
              "pointer-events-auto flex max-h-[92dvh] w-full animate-rise flex-col overflow-hidden rounded-t-xl bg-raised shadow-float focus:outline-hidden sm:max-w-lg sm:rounded-xl",
              className,
            )}
          >
            <header className="flex items-start gap-4 px-5 pt-4 sm:px-6 sm:pt-5">
              <div className="min-w-0 flex-1 pt-1.5">
                <Radix.Title className="font-semibold text-lg leading-6">{title}</Radix.Title>
                {description && <Radix.Description className="mt-1 text-muted text-sm">{description}</Radix.Description>}
              </div>
              <Radix.Close asChild>
                <Button variant="quiet" size="icon" className="-mr-2" aria-label="Close">
                  <X />
                </Button>
              </Radix.Close>
            </header>
            <div className="scroll-pb-20 overflow-y-auto overscroll-contain px-5 pt-4 pb-5 sm:px-6 sm:pb-6">{children}</div>
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}

/**
 * The buttons that end a dialog, the main one given first. They stay in sight while the rest
 * scrolls (sticky offsets count from inside the padding), and are read, focused and seen in one order: the main one last.
 */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-5 z-10 -mx-5 mt-6 -mb-5 flex flex-wrap gap-2 border-line border-t bg-raised px-5 py-3 *:grow sm:-bottom-6 sm:-mx-6 sm:-mb-6 sm:justify-end sm:px-6 sm:py-4 sm:*:grow-0">
      {Children.toArray(children).reverse()}
    </div>
  );
}
