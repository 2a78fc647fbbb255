import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { inputClass } from "./input";

/** The browser's own list: works by keyboard, by touch and with every reader. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return (
    <div className="relative">
      <select className={cn(inputClass, "h-11 appearance-none pr-10 [&>option]:bg-raised", className)} {...rest} />
      <ChevronDown aria-hidden="true" className="pointer-events-none absolute top-3.5 right-3 size-4 text-faint" />
    </div>
  );
}
