import type { ReactNode } from "react";
import { Link } from "wouter";
import { messageOf, Problem } from "@/lib/api";
import { useTitle } from "@/lib/title";
import { Button, buttonClass } from "./ui/button";

/** A whole page with one thing to say. */
export function PageMessage({ title, children, actions }: { title: string; children: ReactNode; actions: ReactNode }) {
  useTitle(title);
  return (
    <div className="mx-auto flex h-full max-w-md flex-col items-start justify-center gap-3 px-6 py-16">
      <h1 className="font-semibold text-2xl">{title}</h1>
      <div className="text-muted">{children}</div>
      <div className="mt-4 flex flex-wrap gap-2">{actions}</div>
    </div>
  );
}

/** Not there, or not for this person to see: the server makes no difference, and neither do we. */
export function NotFound({ what = "page" }: { what?: string }) {
  return (
    <PageMessage
      title={`No such ${what}`}
      actions={
        <Link href="/" className={buttonClass("primary")}>
          Back to the start
        </Link>
      }
    >
      {what === "page" ? "The address may be mistyped, or what was here is gone." : "It may have been deleted, or it is not shared with you."}
    </PageMessage>
  );
}

/** For a page whose main thing could not be fetched. */
export function PageError({ error, onRetry, what }: { error: unknown; onRetry: () => void; what: string }) {
  if (error instanceof Problem && error.status === 404) return <NotFound what={what} />;
  return (
    <PageMessage
      title={`The ${what} did not load`}
      actions={
        <>
          <Button variant="primary" onClick={onRetry}>
            Try again
          </Button>
          <Link href="/" className={buttonClass("quiet")}>
            Back to the start
          </Link>
        </>
      }
    >
      <p>{messageOf(error)}</p>
      {error instanceof Problem && error.requestId && <p className="figures mt-2 text-faint">request {error.requestId}</p>}
    </PageMessage>
  );
}
