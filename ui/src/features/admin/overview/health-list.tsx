import { CircleAlert, CircleCheck, CircleX } from "lucide-react";
import { cn } from "@/lib/cn";
import { withMoments } from "@/lib/dates";
import type { InstanceStatus } from "@/lib/wire";

type Health = InstanceStatus["health"];
type State = Health["status"];

const says: Record<State, string> = {
  ok: "All systems OK",
  degraded: "Running with problems",
  failing: "Nothing new can be stored",
};

/** The names of the parts; one that only a newer server has is shown by its own. */
const parts: Record<string, string> = {
  store: "Data",
  integrity: "Data check",
  disk: "Disk",
  model: "Model servers",
  scanner: "Virus scanner",
  redis: "Redis",
  backup: "Backup",
};
const order = Object.keys(parts);
const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);

/** Whether all is well, and if not, what is not. */
export function HealthList({ health }: { health: Health }) {
  const checks = Object.entries(health.checks).sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
  return (
    <section aria-labelledby="health">
      <h2 id="health" className="flex items-center gap-2.5 font-semibold text-lg">
        <Sign state={health.status} />
        {says[health.status]}
      </h2>
      <ul className="mt-4 border-line border-t">
        {checks.map(([name, check]) => (
          <li key={name} className="flex items-baseline gap-3 border-line border-b py-2.5">
            <Sign state={check.status} className="translate-y-0.5" />
            <span className="w-32 shrink-0 font-medium text-sm">{parts[name] ?? sentenceCase(name.replaceAll("_", " "))}</span>
            <span className={cn("min-w-0 flex-1 text-sm", check.status === "ok" ? "text-faint" : "text-ink")}>{detailOf(check)}</span>
            <span className="figures shrink-0 text-faint max-sm:hidden" title="How long it took to find out">
              {check.latency_ms} ms
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What there is to say about a part, as a sentence, or in one word. */
function detailOf({ detail, status }: Health["checks"][string]): string {
  if (!detail) return status === "ok" ? "OK" : "Not working";
  const text = sentenceCase(withMoments(detail));
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Sign({ state, className }: { state: State; className?: string }) {
  const { icon: Icon, look } = {
    ok: { icon: CircleCheck, look: "text-ok" },
    degraded: { icon: CircleAlert, look: "text-warning" },
    failing: { icon: CircleX, look: "text-danger" },
  }[state];
  return <Icon aria-hidden="true" className={cn("size-4 shrink-0", look, className)} />;
}
