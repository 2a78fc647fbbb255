import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { Button } from "@/components/ui/button";
import { Spinner } from "@/components/ui/spinner";
import { projectsQuery } from "@/lib/projects";
import { useSearchBox } from "@/lib/search-box";
import { ProjectFilter } from "./project-filter";
import { MAX_QUERY } from "./queries";
import { Results } from "./results";
import { useEntries } from "./use-entries";

/** How many lines Page Up and Page Down move. */
const LEAP = 5;

/** The field, what narrows it down, and what was found. The cursor stays in the field; the arrows move through the list. */
export function SearchPanel({ onChosen }: { onChosen: () => void }) {
  const { text, projectId } = useSearchBox();
  const projects = useQuery(projectsQuery).data ?? [];
  const list = useEntries(text, projects.some((p) => p.id === projectId) ? projectId : "");
  const [active, setActive] = useState(0);
  const go = useGo(onChosen);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const optionId = (at: number) => `${id}-${at}`;
  const at = Math.min(active, list.entries.length - 1);

  useLayoutEffect(() => field.current?.select(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins at its best answer
  useEffect(() => setActive(0), [text, projectId]);

  const move = (by: number) => {
    const to = Math.max(0, Math.min(list.entries.length - 1, at + by));
    setActive(to);
    document.getElementById(optionId(to))?.scrollIntoView({ block: "nearest" });
    if (to >= list.entries.length - LEAP) list.more();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: LEAP, PageUp: -LEAP };
    const by = steps[event.key];
    if (by !== undefined) {
      event.preventDefault();
      move(by);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const entry = list.entries[at];
      if (entry && !list.isStale) go(entry.href);
    }
  };

  return (
    <>
      <div className="flex shrink-0 items-center gap-1 border-line border-b py-1.5 pr-2 pl-4">
        <Search aria-hidden="true" className="size-4.5 shrink-0 text-faint" />
        <input
          ref={field}
          type="text"
          dir="auto"
          role="combobox"
          aria-label="Search"
          aria-expanded={list.entries.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          {...(at >= 0 ? { "aria-activedescendant": optionId(at) } : {})}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          maxLength={MAX_QUERY}
          placeholder="Search in all chats"
          value={text}
          onChange={(event) => useSearchBox.setState({ text: event.target.value })}
          onKeyDown={onKeyDown}
          className="h-12 min-w-0 flex-1 bg-transparent px-2.5 text-[1rem] focus:outline-hidden"
        />
        {list.isFetching && <Spinner className="mr-1 text-faint" />}
        <Radix.Close asChild>
          <Button variant="quiet" size="icon" aria-label="Close the search">
            <X />
          </Button>
        </Radix.Close>
      </div>
      {projects.length > 1 && (
        <ProjectFilter
          projects={projects}
          value={projectId}
          onChange={(to) => {
            useSearchBox.setState({ projectId: to });
            field.current?.focus();
          }}
        />
      )}
      <Results id={`${id}-list`} optionId={optionId} list={list} projects={projects} active={at} onActive={setActive} onGo={go} asked={text} />
    </>
  );
}

/** Follows a result. One that is followed twice is a wish to be led there twice, which the address alone does not say. */
function useGo(onChosen: () => void): (href: string) => void {
  const [, navigate] = useLocation();
  return (href) => {
    const here = href === window.location.pathname + window.location.search;
    onChosen();
    navigate(href, { state: { asked: Date.now() }, replace: here });
  };
}
