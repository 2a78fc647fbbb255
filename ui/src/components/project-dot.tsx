import { cn } from "@/lib/cn";
import { projectColor } from "@/lib/colors";

/** A project's colour. Decoration: its name always stands beside it. */
export function ProjectDot({ color, className }: { color: string; className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={cn("block forced-color-adjust-none size-2.5 shrink-0 rounded-[3px]", className)}
      style={{ backgroundColor: projectColor(color) }}
    />
  );
}
