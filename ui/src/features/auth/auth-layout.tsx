import type { ReactNode } from "react";
import { Mark, Wordmark } from "@/components/logo";
import { useTitle } from "@/lib/title";

type Props = { title: string; intro?: ReactNode; children: ReactNode };

/** The pages before the door: what to do on the left, whose door it is on the right. */
export function AuthLayout({ title, intro, children }: Props) {
  useTitle(title);
  return (
    <div className="min-h-full lg:grid lg:h-full lg:grid-cols-[minmax(28rem,5fr)_7fr]">
      <main className="flex min-h-dvh flex-col bg-sheet px-6 py-8 sm:px-12 lg:min-h-0 lg:overflow-y-auto lg:shadow-sheet">
        <Wordmark />
        <div className="mx-auto my-auto w-full max-w-sm animate-rise py-12">
          <h1 className="font-semibold text-2xl">{title}</h1>
          {intro && <div className="mt-2 text-muted">{intro}</div>}
          <div className="mt-8">{children}</div>
        </div>
      </main>
      <aside aria-hidden="true" className="relative hidden overflow-hidden lg:block">
        <Mark className="absolute top-1/2 left-1/2 size-[min(46vw,74vh)] [&_path:first-child]:fill-[light-dark(#0d5c58,#2b746d)] [&_path:last-child]:fill-[light-dark(#d8452a,#b8533f)] -translate-x-1/2 -translate-y-[54%] " />
        <p className="absolute bottom-10 left-12 max-w-md text-balance font-medium text-xl">A room of your own to think aloud in, together.</p>
      </aside>
    </div>
  );
}
