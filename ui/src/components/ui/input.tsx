import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

/** The look of everything that is typed into. 16 px on small screens, or iOS zooms in. */
export const inputClass = cn(
  "w-full rounded-md bg-raised px-3 text-[1rem] text-ink shadow-[inset_0_0_0_1px_var(--color-line-strong),var(--shadow-field)] transition-shadow duration-150 md:text-base",
  "hover:shadow-[inset_0_0_0_1px_var(--color-muted)]",
  "focus:shadow-[inset_0_0_0_1.5px_var(--color-accent),0_0_0_3px_var(--color-accent-soft)] focus:outline-hidden",
  "aria-invalid:shadow-[inset_0_0_0_1.5px_var(--color-danger)] aria-invalid:focus:shadow-[inset_0_0_0_1.5px_var(--color-danger),0_0_0_3px_var(--color-danger-soft)]",
);

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input dir="auto" className={cn(inputClass, "h-11", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea dir="auto" className={cn(inputClass, "min-h-24 resize-y py-2.5 leading-6", className)} {...rest} />;
}
