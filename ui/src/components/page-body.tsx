import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

/** One column at a width that reads well. */
export function PageBody({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cn("mx-auto w-full max-w-3xl px-5 pt-8 pb-24 sm:px-10 sm:pt-14", className)}>{children}</div>;
}
