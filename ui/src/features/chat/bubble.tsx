import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** What a person wrote, as they wrote it: it is not markdown until someone says so. */
export function Bubble({ children, dim = false }: { children: ReactNode; dim?: boolean }) {
  return (
    <div
      data-testid="message-text"
      dir="auto"
      className={cn(
        "max-w-[min(100%,38rem)] whitespace-pre-wrap rounded-xl rounded-br-sm bg-sunken forced-colors:border px-4 py-2.5 text-[1rem] leading-6.5 transition-opacity [overflow-wrap:anywhere]",
        dim && "opacity-60",
      )}
    >
      {children}
    </div>
  );
}
