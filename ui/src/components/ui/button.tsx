import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { Spinner } from "./spinner";

type Variant = "primary" | "secondary" | "quiet" | "danger";
type Size = "md" | "lg" | "icon";

const variants: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "bg-raised text-ink shadow-[inset_0_0_0_1px_var(--color-line),var(--shadow-field)] hover:bg-sunken active:bg-press",
  quiet: "text-muted hover:bg-sunken hover:text-ink active:bg-press data-[state=open]:bg-sunken data-[state=open]:text-ink",
  danger: "bg-danger text-on-danger hover:opacity-90",
};

const sizes: Record<Size, string> = {
  md: "h-10 px-4",
  lg: "h-12 px-5 text-base",
  icon: "size-10 shrink-0",
};

/** The look of a button, for links that act as one. */
export function buttonClass(variant: Variant = "secondary", size: Size = "md", className?: string): string {
  return cn(
    "inline-flex select-none items-center justify-center gap-2 whitespace-nowrap rounded-md font-medium text-sm transition-[background-color,color,opacity] duration-150",
    "disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
    variants[variant],
    sizes[size],
    className,
  );
}

type Props = ComponentProps<"button"> & {
  variant?: Variant;
  size?: Size;
  /** Something is under way: the button keeps its width and takes no second press. */
  busy?: boolean;
};

export function Button({ variant, size, busy = false, className, children, type = "button", onClick, ...rest }: Props) {
  return (
    <button
      type={type}
      // Not `disabled`: that would drop the keyboard's focus while the request runs.
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      className={buttonClass(variant, size, cn("relative", className))}
      {...rest}
    >
      {busy && <Spinner className="absolute" />}
      {busy ? <span className="invisible inline-flex items-center gap-2">{children}</span> : children}
    </button>
  );
}
