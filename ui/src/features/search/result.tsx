import { FileText, MessagesSquare, ScrollText, TextQuote } from "lucide-react";
import { type MouseEvent, memo } from "react";
import { ProjectDot } from "@/components/project-dot";
import { cn } from "@/lib/cn";
import { dayLabel, fullLabel } from "@/lib/dates";
import type { Project } from "@/lib/wire";
import type { Entry } from "./entry";
import { piecesOf } from "./snippet";

const kinds = {
  thread: { label: "Chat", Icon: MessagesSquare },
  message: { label: "Message", Icon: TextQuote },
  summary: { label: "Summary", Icon: ScrollText },
  attachment: { label: "File", Icon: FileText },
} as const;

type Props = { id: string; entry: Entry; project: Project | undefined; active: boolean; onActive: () => void; onGo: () => void };

/** One line of the list. A link, so that it can be opened in a tab of its own. */
export const Result = memo(
  function Result({ id, entry, project, active, onActive, onGo }: Props) {
    const { label, Icon } = kinds[entry.kind];
    const follow = (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser's own way to another tab
      event.preventDefault();
      onGo();
    };
    return (
      <a
        role="option"
        id={id}
        href={entry.href}
        tabIndex={-1}
        aria-selected={active}
        onMouseMove={active ? undefined : onActive}
        onClick={follow}
        className={cn("flex gap-3 rounded-md px-3 py-2.5 no-underline", active && "bg-sunken")}
      >
        <Icon aria-hidden="true" className={cn("mt-1 size-4 shrink-0", active ? "text-accent" : "text-faint")} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-3">
            <span className="only-spoken">{label}: </span>
            <span dir="auto" className="min-w-0 flex-1 truncate text-left font-medium text-sm">
              {entry.kind === "thread" && entry.snippet ? <Marked html={entry.snippet} /> : entry.title}
            </span>
            <time dateTime={entry.at} title={fullLabel(entry.at)} className="shrink-0 text-faint text-xs">
              {dayLabel(entry.at)}
            </time>
          </span>
          {entry.snippet && entry.kind !== "thread" && (
            <span dir="auto" className="mt-0.5 line-clamp-2 text-left text-muted text-sm [overflow-wrap:anywhere]">
              <Marked html={entry.snippet} />
            </span>
          )}
          {project && (
            <span className="mt-0.5 flex min-w-0 items-center gap-1.5 text-faint text-xs">
              <ProjectDot color={project.color} className="size-2" />
              <span dir="auto" className="min-w-0 truncate">
                {project.name}
              </span>
              {entry.kind !== "thread" && (
                <span aria-hidden="true" className="shrink-0 whitespace-nowrap">
                  · {label}
                </span>
              )}
            </span>
          )}
        </span>
      </a>
    );
  },
  (a, b) =>
    a.id === b.id &&
    a.entry.id === b.entry.id &&
    a.entry.snippet === b.entry.snippet &&
    a.active === b.active &&
    a.project === b.project &&
    a.entry.title === b.entry.title,
);

function Marked({ html }: { html: string }) {
  return piecesOf(html).map(({ at, text, found }) =>
    found ? (
      <mark key={at} className="rounded-[3px] bg-accent-soft px-0.5 font-medium text-accent">
        {text}
      </mark>
    ) : (
      <span key={at}>{text}</span>
    ),
  );
}
