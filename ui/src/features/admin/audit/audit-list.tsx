import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { byDay, fullLabel, timeLabel } from "@/lib/dates";
import type { AuditEntry } from "@/lib/wire";
import { actorOf, isTrouble, looksOf, sentenceOf } from "./actions";
import { fold, type Line } from "./fold";

type Only = (filter: { user: string; who: string } | { action: string }) => void;

type Props = {
  entries: readonly AuditEntry[];
  /** Whether looks in a row are shown as one. */
  folded: boolean;
  /** Narrows the list to what an entry has in common with others. */
  onOnly: Only;
};

/** The audit as a logbook: by day, the time in the margin; every line opens to all that is known. */
export function AuditList({ entries, folded, onOnly }: Props) {
  return (
    <div className="flex flex-col gap-7">
      {byDay(entries, (e) => e.at).map(({ day, items }) => (
        <section key={day} aria-label={day}>
          <h2 className="border-line border-b pb-2 font-medium text-faint text-xs">{day}</h2>
          <ul>
            {(folded ? fold(items) : items.map((e): Line => [e])).map((line) => (
              <li key={line[0].number}>{line.length > 1 ? <Looks line={line} onOnly={onOnly} /> : <Entry entry={line[0]} onOnly={onOnly} />}</li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Looks({ line, onOnly }: { line: Line; onOnly: Only }) {
  const [newest] = line;
  return (
    <Opening
      at={newest.at}
      address={newest.address}
      quiet
      summary={
        <>
          <span className="font-medium">{actorOf(newest)}</span> {looksOf(line)} <span className="figures text-faint">×{line.length}</span>
        </>
      }
    >
      <ul className="border-line border-l pl-2 sm:ml-14">
        {line.map((e) => (
          <li key={e.number}>
            <Entry entry={e} onOnly={onOnly} />
          </li>
        ))}
      </ul>
    </Opening>
  );
}

function Entry({ entry, onOnly }: { entry: AuditEntry; onOnly: Only }) {
  return (
    <Opening
      at={entry.at}
      address={entry.address}
      trouble={isTrouble(entry)}
      summary={
        <>
          <span className="font-medium">{actorOf(entry)}</span> {sentenceOf(entry)}
        </>
      }
    >
      <Facts entry={entry} onOnly={onOnly} />
    </Opening>
  );
}

type OpeningProps = { at: string; address: string; summary: ReactNode; children: ReactNode; quiet?: boolean; trouble?: boolean };

function Opening({ at, address, summary, children, quiet = false, trouble = false }: OpeningProps) {
  // What a line opens to is drawn when it is opened: of thousands of lines hardly one is.
  const [open, setOpen] = useState(false);
  return (
    <details className="group/line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="-mx-3 flex cursor-pointer list-none items-start gap-2 rounded-md px-3 py-2.5 transition-colors duration-100 hover:bg-sunken [&::-webkit-details-marker]:hidden">
        <time dateTime={at} title={fullLabel(at)} className="figures w-12 shrink-0 pt-1 text-faint">
          {timeLabel(at)}
        </time>
        <span className="flex min-w-0 flex-1 flex-col gap-x-4 sm:flex-row sm:items-baseline sm:justify-between">
          <span className={cn("min-w-0 [overflow-wrap:anywhere]", quiet && "text-muted", trouble && "text-danger")}>{summary}</span>
          <span className="figures shrink-0 text-faint">{address || "command line"}</span>
        </span>
        <ChevronRight aria-hidden="true" className="mt-1 size-4 shrink-0 text-faint transition-transform duration-150 group-open/line:rotate-90" />
      </summary>
      {open && <div className="pt-1 pb-4">{children}</div>}
    </details>
  );
}

/** All that is known of an entry, and what more there is of its kind. */
function Facts({ entry, onOnly }: { entry: AuditEntry; onOnly: Only }) {
  const { user_id, username } = entry;
  const facts: [string, string][] = [
    ["Entry", `${entry.number}`],
    ["When", fullLabel(entry.at)],
    ["Who", user_id ? `${username} · ${user_id}` : username || "nobody who was known"],
    ["From", entry.address || "the command line of the server"],
    ["Action", entry.action],
    ["About", entry.subject_id ?? ""],
    ...Object.entries(entry.details).sort(),
    ["Hash", entry.hash],
  ];
  return (
    <div className="rounded-md bg-sunken px-4 py-3.5 sm:ml-14">
      <dl className="grid gap-x-5 gap-y-1 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
        {facts
          .filter(([, value]) => value !== "")
          .map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-muted max-sm:mt-1.5">{name}</dt>
              <dd className="font-mono text-xs leading-5 [overflow-wrap:anywhere]">{value}</dd>
            </div>
          ))}
      </dl>
      <div className="-mx-2 mt-2 flex flex-wrap">
        {user_id && <OnlyButton onClick={() => onOnly({ user: user_id, who: username })}>Only what {username} did</OnlyButton>}
        <OnlyButton onClick={() => onOnly({ action: entry.action })}>Only entries of this kind</OnlyButton>
      </div>
    </div>
  );
}

function OnlyButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" onClick={onClick} className="inline-flex min-h-9 items-center rounded-md px-2 font-medium text-accent text-sm hover:underline">
      {children}
    </button>
  );
}

export function AuditSkeleton() {
  return (
    <div className="flex flex-col gap-6 py-4" aria-hidden="true">
      {["w-3/5", "w-2/5", "w-1/2", "w-2/3", "w-2/5", "w-3/5"].map((width, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <div key={i} className="flex gap-4">
          <Skeleton className="w-10" />
          <Skeleton className={width} />
        </div>
      ))}
    </div>
  );
}
