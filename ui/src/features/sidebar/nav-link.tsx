import type { ReactNode } from "react";
import { Link, useRoute } from "wouter";
import { cn } from "@/lib/cn";

/** One line of the sidebar; the one that is open is marked, for the ear too. */
export function NavLink({ href, children, title }: { href: string; children: ReactNode; title?: string }) {
  const [here] = useRoute(`${href}/*?`); // what lies below it too
  return (
    <Link
      href={href}
      title={title}
      aria-current={here ? "page" : undefined}
      className={cn(
        "flex min-h-10 items-center gap-3 rounded-md px-3 text-sm no-underline transition-colors duration-100",
        here ? "bg-press font-medium text-ink" : "text-muted hover:bg-press/60 hover:text-ink",
      )}
    >
      {children}
    </Link>
  );
}

/** A heading within the sidebar, with room for one button at its end. */
export function NavHeading({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="mt-3 flex h-10 items-center justify-between pl-3">
      <h2 className="font-medium text-faint text-xs">{children}</h2>
      {action}
    </div>
  );
}
