import { useQuery } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { ModelPage } from "@/lib/wire";

const MOST_NAMED = 5;

/** Says which models have a limit that Parley only assumes, and how to set it; nothing if there is none. */
export function AssumedLimits() {
  const { data } = useQuery({
    queryKey: ["models"],
    queryFn: ({ signal }) => call<ModelPage>("GET", "/models?limit=200", undefined, { signal }),
  });
  const assumed = data?.models.filter((m) => m.context_source === "assumed") ?? [];
  const [first] = assumed;
  if (!first) return null;
  const more = assumed.length - MOST_NAMED;
  const names =
    assumed
      .slice(0, MOST_NAMED)
      .map((m) => m.id)
      .join(", ") + (more > 0 ? ` and ${more} more` : "");
  return (
    <section aria-label="Context length" className="mt-4 rounded-lg bg-warning-soft px-4 py-3 text-sm">
      <p>
        The model server doesn't report how much {names} can read at once. Parley assumes {first.context_tokens.toLocaleString("en")} tokens.
      </p>
      <p className="mt-1 text-muted">
        Set <code className="text-ink [overflow-wrap:anywhere]">model.openai.context_tokens</code> in config.yaml to the length that the model server was
        started with, and restart Parley.
      </p>
    </section>
  );
}
