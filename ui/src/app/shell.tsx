import { type ReactNode, Suspense, useRef } from "react";
import { useLocation } from "wouter";
import { ErrorBoundary } from "@/components/error-boundary";
import { useOutboxFlush } from "@/features/chat/use-outbox-flush";
import { NoticeBar } from "@/features/notices/notice-bar";
import { Sidebar } from "@/features/sidebar/sidebar";
import { TopBar } from "@/features/sidebar/top-bar";
import { useLive } from "./live";
import { useRouteFocus } from "./route-focus";
import { SearchHost } from "./search-host";
import { Waiting } from "./waiting";

/** What stands around every page of someone who is signed in: the sidebar on the ground, the page as a sheet on it. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  useLive();
  useOutboxFlush();
  useRouteFocus(main);
  return (
    <div className="flex h-dvh flex-col lg:grid lg:grid-cols-[17rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent px-4 py-2.5 font-medium text-on-accent text-sm focus:translate-y-0"
      >
        Skip to the page
      </a>
      <div className="hidden min-h-0 lg:block">
        <Sidebar />
      </div>
      <TopBar />
      {/* The bar takes its height from the page, which scrolls beneath it: a page as high as its frame keeps its end in view. */}
      <div className="flex min-h-0 flex-1 flex-col overflow-hidden shadow-sheet forced-colors:border lg:m-2 lg:ml-0 lg:rounded-xl">
        <NoticeBar />
        <main ref={main} id="main" tabIndex={-1} className="-outline-offset-2 relative min-h-0 flex-1 overflow-y-auto overscroll-contain bg-sheet">
          <ErrorBoundary resetKey={path}>
            <Suspense fallback={<Waiting />}>{children}</Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <SearchHost />
    </div>
  );
}
