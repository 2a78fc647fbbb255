import { cn } from "@/lib/cn";

/** Decoration only: say in words elsewhere what is awaited. */
export function Spinner({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cn("size-4 animate-spin rounded-full border-2 border-current border-r-transparent", className)} />;
}
