import { cn } from "@/lib/cn";

/** The shape of what is being loaded. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cn("block forced-colors:border h-4 animate-breathe rounded-sm bg-sunken", className)} />;
}
