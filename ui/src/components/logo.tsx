import { cn } from "@/lib/cn";

/** Two voices, facing each other. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={cn("size-6", className)}>
      <path className="fill-accent" d="M2 16.5V9.75a6.75 6.75 0 1 1 6.75 6.75z" />
      <path className="fill-signal" d="M22 21v-4.2a4.2 4.2 0 1 0-4.2 4.2z" />
    </svg>
  );
}

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={cn("inline-flex items-center gap-2", className)}>
      <Mark />
      <span className="font-semibold text-lg tracking-[-0.03em]">Parley</span>
    </span>
  );
}
