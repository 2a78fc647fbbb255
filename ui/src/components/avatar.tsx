import { cn } from "@/lib/cn";
import { initials, personColor } from "@/lib/people";

type Props = { name: string /** The person's, which gives them a colour. */; id?: string | undefined; className?: string };

/** A person's initials in their colour. Decoration: the name stands beside it. */
export function Avatar({ name, id, className }: Props) {
  const color = id && personColor(id);
  return (
    <span
      aria-hidden="true"
      className={cn(
        "grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-xs forced-colors:border forced-colors:border-current",
        className,
      )}
      style={
        color
          ? { backgroundColor: `color-mix(in oklab, ${color} 18%, var(--color-sheet))`, color: `color-mix(in oklab, ${color} 55%, var(--color-ink))` }
          : undefined
      }
    >
      {initials(name)}
    </span>
  );
}
