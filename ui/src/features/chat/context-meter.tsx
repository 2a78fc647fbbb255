import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/lib/cn";
import type { ContextMeter as Context } from "@/lib/wire";

const looks = { ok: "text-line-strong", warning: "text-warning", critical: "text-danger" };
const says = {
  ok: "",
  warning: " The oldest messages will soon no longer be read; a summary keeps what they say.",
  critical: " The oldest messages are no longer read; a summary or a new chat helps.",
};
const ROUND = 2 * Math.PI * 7;

/** How much of what the model can read this chat fills: a ring, and in words once it matters. */
export function ContextMeter({ context: { used, limit, percent, severity } }: { context: Context }) {
  if (limit <= 0) return null;
  const filled = Math.min(100, Math.max(0, percent));
  const label = `${filled} % of the model's context is used (${used.toLocaleString("en")} of ${limit.toLocaleString("en")} tokens).${says[severity]}`;
  return (
    <Tooltip label={label}>
      <button type="button" aria-label={`Context: ${label}`} data-severity={severity} className="flex h-10 items-center gap-1.5 rounded-md px-1.5">
        <svg viewBox="0 0 18 18" aria-hidden="true" className={cn("size-4.5 -rotate-90", looks[severity])}>
          <circle cx="9" cy="9" r="7" fill="none" strokeWidth="2.5" stroke="var(--color-line)" />
          <circle cx="9" cy="9" r="7" fill="none" strokeWidth="2.5" stroke="currentColor" strokeDasharray={`${(filled / 100) * ROUND} ${ROUND}`} />
        </svg>
        {severity !== "ok" && <span className={cn("figures", looks[severity])}>{filled} %</span>}
      </button>
    </Tooltip>
  );
}
