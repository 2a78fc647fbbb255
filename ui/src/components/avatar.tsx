import { cn } from "@/lib/cn";

/** A person's initial. Decoration: the name stands beside it. */
export function Avatar({ name, className }: { name: string; className?: string }) {
  const initial = [...name][0]?.toUpperCase() ?? "?";
  return (
    <span aria-hidden="true" className={cn("grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-sm", className)}>
      {initial}
    </span>
  );
}
