import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

type Props = { label: ReactNode; children: ReactNode; side?: "top" | "right" | "bottom" | "left" };

/** Names an icon for the eye. The trigger still needs its own aria-label. */
export function Tooltip({ label, children, side = "bottom" }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content side={side} sideOffset={6} collisionPadding={8} className="z-50 animate-appear rounded-sm bg-ink px-2 py-1 text-sheet text-xs">
          {label}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
