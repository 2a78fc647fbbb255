import { Dialog as Radix } from "radix-ui";
import { useRef } from "react";
import { useOpener } from "@/components/ui/use-opener";
import { SearchPanel } from "./search-panel";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

/** The search, over whatever page one is on. On a phone it is the whole screen. */
export default function SearchDialog({ open, onOpenChange }: Props) {
  const returnFocus = useOpener(open);
  const chosen = useRef(false);
  if (open) chosen.current = false;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div aria-hidden="true" className="fixed inset-0 z-50 animate-appear bg-scrim" />
        <div className="pointer-events-none fixed inset-0 z-50 flex items-start justify-center sm:p-6 sm:pt-[10vh]">
          <Radix.Content
            aria-describedby={undefined}
            // Who chose something is led to it by the page that opens.
            onCloseAutoFocus={(event) => (chosen.current ? event.preventDefault() : returnFocus(event))}
            className="pointer-events-auto flex h-dvh w-full animate-rise flex-col overflow-hidden bg-raised shadow-float focus:outline-hidden sm:h-auto sm:max-h-[80vh] sm:max-w-2xl sm:rounded-xl"
          >
            <Radix.Title className="only-spoken">Search</Radix.Title>
            <SearchPanel
              onChosen={() => {
                chosen.current = true;
                onOpenChange(false);
              }}
            />
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}
