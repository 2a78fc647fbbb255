import { Menu as MenuIcon, Search } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { Wordmark } from "@/components/logo";
import { Button } from "@/components/ui/button";
import { openSearch } from "@/lib/search-box";
import { ConnectionDot } from "./connection-dot";
import { Sidebar } from "./sidebar";

/** On narrow screens the sidebar is a drawer, and this opens it. */
export function TopBar() {
  const [open, setOpen] = useState(false);
  const [path] = useLocation();
  const left = useRef(path);
  const openedAt = useRef("");
  const change = (to: boolean) => {
    if (to) openedAt.current = window.location.pathname;
    setOpen(to);
  };
  useEffect(() => {
    if (left.current !== path) setOpen(false);
    left.current = path;
  }, [path]);
  return (
    <header className="flex h-14 shrink-0 items-center gap-1 px-2 lg:hidden">
      <Radix.Root open={open} onOpenChange={change}>
        <Radix.Trigger asChild>
          <Button variant="quiet" size="icon" aria-label="Open the menu">
            <MenuIcon className="size-5!" />
          </Button>
        </Radix.Trigger>
        <Radix.Portal>
          <div aria-hidden="true" className="fixed inset-0 z-50 animate-appear bg-scrim" />
          <Radix.Content
            aria-describedby={undefined}
            // On the drawer itself: Radix skips links, and would land on a button half way down.
            onOpenAutoFocus={(event) => {
              event.preventDefault();
              (event.currentTarget as HTMLElement).focus();
            }}
            // A link that was followed leads the focus to its page; only closing by hand comes back here.
            onCloseAutoFocus={(event) => {
              if (openedAt.current === window.location.pathname) return;
              event.preventDefault();
              continueAtPage();
            }}
            onClick={(event) => (event.target as Element).closest("a") && setOpen(false)}
            className="fixed inset-y-0 left-0 z-50 w-[min(20rem,calc(100vw-3.5rem))] animate-slide-in bg-ground shadow-float forced-colors:border focus:outline-hidden"
          >
            <Radix.Title className="only-spoken">Menu</Radix.Title>
            <Sidebar />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
      <Link href="/" className="rounded-md p-1 no-underline" aria-label="Parley, start page">
        <Wordmark />
      </Link>
      <ConnectionDot className="ml-auto" />
      <Button variant="quiet" size="icon" aria-label="Search" aria-haspopup="dialog" onClick={openSearch}>
        <Search className="size-5!" />
      </Button>
    </header>
  );
}

/** The drawer holds on to the focus while it is open, and may have taken it back from the new page. */
function continueAtPage() {
  const main = document.getElementById("main");
  if (!main?.contains(document.activeElement)) main?.focus({ preventScroll: true });
}
