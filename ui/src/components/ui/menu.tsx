import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { type ComponentProps, type ReactNode, useRef } from "react";
import { cn } from "@/lib/cn";

type MenuProps = {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  className?: string;
  onOpenChange?: (open: boolean) => void;
};

/** A menu below its trigger. Not modal: Radix's scroll lock needs a style element that the page's policy refuses. */
export function Menu({ trigger, children, align = "end", side, className, onOpenChange }: MenuProps) {
  const openedAt = useRef("");
  const changed = (open: boolean) => {
    if (open) openedAt.current = window.location.pathname;
    onOpenChange?.(open);
  };
  return (
    <Radix.Root modal={false} onOpenChange={changed}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          {...(side ? { side } : {})}
          sideOffset={6}
          collisionPadding={8}
          // A link that was followed leads the focus to its page; otherwise it comes back to the trigger.
          onCloseAutoFocus={(event) => openedAt.current !== window.location.pathname && event.preventDefault()}
          className={cn("z-50 min-w-52 max-w-[calc(100vw-1rem)] animate-appear rounded-lg bg-raised p-1.5 shadow-float focus:outline-hidden", className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const itemClass = cn(
  "flex min-h-10 w-full cursor-pointer select-none items-center gap-3 rounded-sm px-2.5 text-sm no-underline outline-hidden",
  "data-[disabled]:cursor-not-allowed data-[highlighted]:bg-sunken data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint",
);

type ItemProps = ComponentProps<typeof Radix.Item> & { danger?: boolean };

export function MenuItem({ danger = false, className, ...rest }: ItemProps) {
  return <Radix.Item className={cn(itemClass, danger && "text-danger data-[highlighted]:bg-danger-soft [&_svg]:text-danger", className)} {...rest} />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2.5 pt-2 pb-1 text-faint text-xs">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="mx-2.5 my-1.5 h-px bg-line" />;
}

type ChoiceProps = { value: string; onChange: (value: string) => void; options: readonly { value: string; label: string; icon?: ReactNode }[] };

/** One of several, ticked. Choosing does not close the menu, so that the effect can be seen and undone. */
export function MenuChoice({ value, onChange, options }: ChoiceProps) {
  return (
    <Radix.RadioGroup value={value} onValueChange={onChange}>
      {options.map((o) => (
        <Radix.RadioItem key={o.value} value={o.value} className={itemClass} onSelect={(event) => event.preventDefault()}>
          {o.icon}
          <span className="flex-1">{o.label}</span>
          <Radix.ItemIndicator>
            <Check className="text-accent!" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
