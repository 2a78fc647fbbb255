import { X } from "lucide-react";
import { useToasts } from "@/lib/toast";
import { Button } from "./button";

/** Stands in the page from the start, as a screen reader only hears of changes in a region that it knows. */
export function Toaster() {
  const { list, dismiss } = useToasts();
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-4 top-30 z-60 flex flex-col items-center gap-2 sm:inset-x-auto sm:right-6 sm:items-end lg:top-19"
    >
      {list.map((t) => (
        <div
          key={t.id}
          className="pointer-events-auto flex max-w-md animate-rise items-center gap-2 rounded-lg bg-raised py-1 pr-1 pl-4 text-sm shadow-float forced-colors:border"
        >
          <span className={t.tone === "danger" ? "text-danger" : undefined}>{t.text}</span>
          {t.action && (
            <Button
              className="h-9 px-3"
              onClick={() => {
                t.action?.run();
                dismiss(t.id);
              }}
            >
              {t.action.label}
            </Button>
          )}
          <Button variant="quiet" size="icon" aria-label="Dismiss" onClick={() => dismiss(t.id)}>
            <X />
          </Button>
        </div>
      ))}
    </div>
  );
}
