import { Monitor, Moon, Sun } from "lucide-react";
import { useId } from "react";
import { cn } from "@/lib/cn";
import { useTheme } from "@/lib/theme";

const themes = [
  { value: "system", label: "System", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

/** Radio buttons underneath, so the arrow keys work. */
export function ThemeChoice() {
  const name = useId();
  const { theme, choose } = useTheme();
  return (
    <fieldset className="grid gap-2 sm:grid-cols-3">
      <legend className="only-spoken">Theme</legend>
      {themes.map(({ value, label, icon: Icon }) => (
        <label
          key={value}
          className={cn(
            "flex h-12 cursor-pointer items-center gap-3 rounded-md px-3.5 text-sm transition-shadow duration-150 has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2",
            theme === value
              ? "bg-accent-soft font-medium text-accent shadow-[inset_0_0_0_1.5px_var(--color-accent)]"
              : "text-muted shadow-[inset_0_0_0_1px_var(--color-line-strong)] hover:text-ink",
          )}
        >
          <input type="radio" name={name} value={value} checked={theme === value} onChange={() => choose(value)} className="only-spoken" />
          <Icon aria-hidden="true" className="size-4 shrink-0" />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
