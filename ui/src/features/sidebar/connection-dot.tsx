import { cn } from "@/lib/cn";
import { useConnection } from "@/lib/socket";

const says = {
  open: { text: "Connected", look: "bg-ok" },
  connecting: { text: "Connecting", look: "animate-breathe bg-warning" },
  offline: { text: "Offline", look: "bg-danger" },
} as const;

/** Whether answers arrive live. Quiet while all is well; in words as well as in colour when not. */
export function ConnectionDot({ className }: { className?: string }) {
  const state = useConnection((s) => s.state);
  const { text, look } = says[state];
  return (
    <span role="status" className={cn("flex items-center gap-2 text-muted text-xs", className)}>
      <span aria-hidden="true" className={cn("size-2 forced-color-adjust-none rounded-full", look)} />
      <span className={state === "open" ? "only-spoken" : undefined}>{text}</span>
    </span>
  );
}
