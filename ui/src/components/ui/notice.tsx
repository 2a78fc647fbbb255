import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";

type Props = { children: ReactNode; tone?: "danger" | "warning" | "neutral"; onRetry?: () => void; className?: string };

const tones = {
  danger: "bg-danger-soft text-danger",
  warning: "bg-warning-soft text-warning",
  neutral: "bg-sunken text-muted",
};

/** Says in place that something is wrong, and offers another try. */
export function Notice({ children, tone = "danger", onRetry, className }: Props) {
  return (
    <div role="alert" className={cn("flex forced-colors:border items-center gap-3 rounded-md py-1.5 pr-1.5 pl-3.5 text-sm", tones[tone], className)}>
      <CircleAlert aria-hidden="true" className="size-4 shrink-0" />
      <div className="min-w-0 flex-1 py-2 text-ink">{children}</div>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
