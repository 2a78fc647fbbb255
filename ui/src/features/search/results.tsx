import { type UIEvent, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import type { Project } from "@/lib/wire";
import { Result } from "./result";
import type { useEntries } from "./use-entries";

/** The next page is asked for before the reader reaches the end of this one. */
const AHEAD_PX = 300;

type Props = {
  id: string;
  optionId: (at: number) => string;
  list: ReturnType<typeof useEntries>;
  projects: readonly Project[];
  active: number;
  onActive: (at: number) => void;
  onGo: (href: string) => void;
  asked: string;
};

/** What was found, or why there is nothing. */
export function Results({ id, optionId, list, projects, active, onActive, onGo, asked }: Props) {
  const onScroll = ({ currentTarget: el }: UIEvent<HTMLDivElement>) => {
    if (list.hasMore && el.scrollHeight - el.clientHeight - el.scrollTop < AHEAD_PX) list.more();
  };
  const none = list.state === "found" && list.entries.length === 0;
  return (
    <div onScroll={onScroll} className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-2 pt-2 pb-3">
      <Count list={list} />
      {list.state === "idle" && (
        <p className="px-3 py-2 text-muted text-sm">
          {list.entries.length > 0
            ? "Recent chats. Write to search in titles, messages, summaries and names of files."
            : "Write to search in titles, messages, summaries and names of files."}
        </p>
      )}
      {list.state === "searching" && <ResultsSkeleton />}
      {list.error && (
        <Notice onRetry={list.retry} className="m-2">
          {messageOf(list.error)}
        </Notice>
      )}
      {none && (
        <div className="px-3 py-4">
          <p className="font-medium [overflow-wrap:anywhere]">Nothing was found for “{asked.trim()}”.</p>
          <p className="mt-1 text-muted text-sm">A result has all the words. Try fewer of them, or only the beginning of one.</p>
        </div>
      )}
      <div
        role="listbox"
        id={id}
        aria-label={list.state === "idle" ? "Recent chats" : "Results"}
        className={list.isStale ? "opacity-60 transition-opacity" : undefined}
      >
        {list.entries.map((entry, at) => (
          <Result
            key={entry.id}
            id={optionId(at)}
            entry={entry}
            project={projects.find((p) => p.id === entry.projectId)}
            active={at === active}
            onActive={() => onActive(at)}
            onGo={() => onGo(entry.href)}
          />
        ))}
      </div>
      {list.hasMore && (
        <Button variant="quiet" className="mt-1 w-full" busy={list.isFetching} onClick={list.more}>
          Show more
        </Button>
      )}
    </div>
  );
}

/** How many there are: said once it is certain, not at every letter. */
function Count({ list }: { list: Props["list"] }) {
  const [said, setSaid] = useState("");
  const now =
    list.state !== "found" || list.isFetching
      ? undefined
      : list.total === 0
        ? "Nothing found"
        : list.total === 1
          ? "1 result"
          : `${list.total.toLocaleString("en")} results`;
  useEffect(() => {
    if (now !== undefined || list.state === "idle") setSaid(now ?? "");
  }, [now, list.state]);
  return (
    <p role="status" className={list.state === "found" && list.total > 0 ? "px-3 pb-1 text-faint text-xs" : "only-spoken"}>
      {said}
    </p>
  );
}

function ResultsSkeleton() {
  return (
    <div className="flex flex-col gap-5 px-3 py-3">
      {["w-1/2", "w-2/3", "w-2/5"].map((width) => (
        <div key={width} className="flex flex-col gap-2">
          <Skeleton className={width} />
          <Skeleton className="h-3 w-full" />
        </div>
      ))}
    </div>
  );
}
