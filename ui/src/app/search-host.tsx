import { lazy, Suspense, useEffect, useState } from "react";
import { ErrorBoundary } from "@/components/error-boundary";
import { closeSearch, forgetSearch, openSearch, useSearchBox } from "@/lib/search-box";
import { toast } from "@/lib/toast";

const load = () => import("@/features/search/search-dialog");
const SearchDialog = lazy(load);

/** After the page has settled, so that what is typed right behind the keys finds its field. */
const AHEAD_MS = 2_000;

/** Opens the search from anywhere; what it consists of is loaded apart from the first page. */
export function SearchHost() {
  const { open } = useSearchBox();
  const [wanted, setWanted] = useState(false);
  if (open && !wanted) setWanted(true);
  useKeys();
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => undefined), AHEAD_MS);
    return () => {
      clearTimeout(timer);
      forgetSearch();
    };
  }, []);
  return wanted ? (
    <ErrorBoundary resetKey={String(open)} fallback={() => <Failed />}>
      <Suspense>
        <SearchDialog open={open} onOpenChange={(to) => (to ? openSearch() : closeSearch())} />
      </Suspense>
    </ErrorBoundary>
  ) : null;
}

/** Ctrl+K or ⌘K, wherever the cursor is; not over another dialog, in which something may be half written. */
function useKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault(); // the browser's own: its address bar
      if (useSearchBox.getState().open) closeSearch();
      else if (!document.querySelector('[role="dialog"]')) openSearch();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Says so, and leaves the page under it alone. */
function Failed() {
  useEffect(() => {
    closeSearch();
    toast("The search did not load. Reload the page to try again.", "danger");
  }, []);
  return null;
}
