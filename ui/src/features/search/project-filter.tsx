import { Select } from "@/components/ui/select";
import type { Project } from "@/lib/wire";

type Props = { projects: readonly Project[]; value: string; onChange: (id: string) => void };

/** Narrows the search down to one project. */
export function ProjectFilter({ projects, value, onChange }: Props) {
  return (
    <div className="shrink-0 px-4 pt-3 sm:w-72">
      <Select
        aria-label="Project"
        value={projects.some((p) => p.id === value) ? value : ""}
        onChange={(event) => onChange(event.target.value)}
        className="h-10 truncate md:text-sm"
      >
        <option value="">All projects</option>
        {projects.map((p) => (
          <option key={p.id} value={p.id}>
            {p.name}
          </option>
        ))}
      </Select>
    </div>
  );
}
