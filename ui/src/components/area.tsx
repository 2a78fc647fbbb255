import { type ReactNode, useEffect, useRef } from "react";
import { Link, useRoute } from "wouter";
import { cn } from "@/lib/cn";
import { useTitle } from "@/lib/title";
import { PageBody } from "./page-body";

export type Section = { href: string; name: string };

type Props = {
  /** What the pages of this area have in common. */
  area: string;
  sections: readonly Section[];
  title: string;
  intro?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
};

/** One page of an area of several, with the way to the others. */
export function Area({ area, sections, title, intro, actions, children, className }: Props) {
  useTitle(title);
  return (
    <PageBody {...(className ? { className } : {})}>
      <header>
        <p className="text-faint text-sm">{area}</p>
        <div className="mt-1 flex flex-wrap items-end justify-between gap-x-4 gap-y-3">
          <h1 className="font-semibold text-2xl sm:text-3xl">{title}</h1>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
        <Sections label={area} sections={sections} />
      </header>
      {intro && <div className="mt-6 max-w-prose text-muted">{intro}</div>}
      <div className="mt-7">{children}</div>
    </PageBody>
  );
}

/** The ways between pages that belong together. */
export function Sections({ label, sections }: { label: string; sections: readonly Section[] }) {
  return (
    <nav aria-label={label} className="-mx-5 mt-5 overflow-x-auto px-3 shadow-[inset_0_-1px_0_var(--color-line)] [scrollbar-width:none] sm:mx-0 sm:px-0">
      <ul className="flex sm:-ml-2">
        {sections.map((s) => (
          <li key={s.href}>
            <SectionLink {...s} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function SectionLink({ href, name }: Section) {
  const [here] = useRoute(href);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a phone the row is longer than the screen.
    if (here) link.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here]);
  return (
    <Link
      ref={link}
      href={href}
      aria-current={here ? "page" : undefined}
      className={cn(
        "flex h-11 items-center whitespace-nowrap px-2.5 text-sm no-underline transition-colors duration-100 focus-visible:-outline-offset-2",
        here ? "font-medium text-ink shadow-[inset_0_-2px_0_var(--color-accent)]" : "text-muted hover:text-ink",
      )}
    >
      {name}
    </Link>
  );
}
