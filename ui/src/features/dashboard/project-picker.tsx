import { ChevronDown } from "lucide-react";
import { ProjectDot } from "@/components/project-dot";
import { Button } from "@/components/ui/button";
import { Menu, MenuChoice } from "@/components/ui/menu";
import type { Project } from "@/lib/wire";

type Props = { projects: readonly Project[]; value: Project; onChange: (id: string) => void };

/** Which project the new chat goes to. */
export function ProjectPicker({ projects, value, onChange }: Props) {
  return (
    <Menu
      align="start"
      className="max-h-80 overflow-y-auto"
      trigger={
        <Button variant="quiet" className="min-w-0 gap-2 px-2.5 font-normal" aria-label={`Project: ${value.name}. Change`}>
          <ProjectDot color={value.color} />
          <span dir="auto" className="truncate">
            {value.name}
          </span>
          <ChevronDown className="text-faint" />
        </Button>
      }
    >
      <MenuChoice value={value.id} onChange={onChange} options={projects.map((p) => ({ value: p.id, label: p.name, icon: <ProjectDot color={p.color} /> }))} />
    </Menu>
  );
}
