import { useId } from "react";
import { cn } from "@/lib/cn";
import { projectColor, projectColors } from "@/lib/colors";

/** One colour of seven. Radio buttons underneath, so the arrow keys work. */
export function ColorPicker({ value, onChange }: { value: string; onChange: (color: string) => void }) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-sm">Colour</legend>
      <div className="-ml-1 flex flex-wrap">
        {projectColors.map((color) => (
          <label key={color} className="grid size-10 cursor-pointer place-items-center" title={color}>
            <input type="radio" name={name} value={color} checked={value === color} onChange={() => onChange(color)} className="peer only-spoken" />
            <span className="only-spoken">{color}</span>
            <span
              aria-hidden="true"
              className={cn(
                "size-6 forced-color-adjust-none rounded-md transition-shadow duration-150 peer-focus-visible:outline-2 peer-focus-visible:outline-accent peer-focus-visible:outline-offset-4",
                value === color && "shadow-[0_0_0_2px_var(--color-raised),0_0_0_4px_var(--color-ink)]",
              )}
              style={{ backgroundColor: projectColor(color) }}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
