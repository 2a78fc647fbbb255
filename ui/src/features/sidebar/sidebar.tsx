import { SquarePen } from "lucide-react";
import { Link } from "wouter";
import { Wordmark } from "@/components/logo";
import { buttonClass } from "@/components/ui/button";
import { ProjectLinks } from "./project-links";
import { RecentLinks } from "./recent-links";
import { SearchEntry } from "./search-entry";
import { UserMenu } from "./user-menu";

/** Where one can go, and who one is. */
export function Sidebar() {
  return (
    <nav aria-label="Main" className="flex h-full flex-col">
      <div className="flex items-center justify-between gap-2 p-4 pb-3">
        <Link href="/" className="-m-1 rounded-md p-1 no-underline" aria-label="Parley, start page">
          <Wordmark />
        </Link>
      </div>
      <div className="flex flex-col gap-1 px-3 pb-2">
        <Link href="/" className={buttonClass("secondary", "md", "w-full justify-start px-3 no-underline")}>
          <SquarePen aria-hidden="true" className="text-accent" />
          New chat
        </Link>
        <SearchEntry />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-3 pb-4">
        <ProjectLinks />
        <RecentLinks />
      </div>
      <div className="border-line border-t p-2">
        <UserMenu />
      </div>
    </nav>
  );
}
