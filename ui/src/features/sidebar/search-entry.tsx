import { Search } from "lucide-react";
import { buttonClass } from "@/components/ui/button";
import { openSearch, searchKeys, searchShortcut } from "@/lib/search-box";

/** The way to the search; where the sidebar is a drawer, the bar above the page has it. */
export function SearchEntry() {
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      aria-keyshortcuts={searchShortcut()}
      onClick={openSearch}
      className={buttonClass("quiet", "md", "hidden justify-start px-3 font-normal hover:bg-press/60 lg:flex")}
    >
      <Search aria-hidden="true" />
      Search
      <span aria-hidden="true" className="figures ml-auto text-faint">
        {searchKeys()}
      </span>
    </button>
  );
}
