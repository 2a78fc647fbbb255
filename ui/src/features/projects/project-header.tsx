import { Ellipsis, Settings2, Trash2 } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { ProjectDialog } from "@/components/project-dialog";
import { ProjectDot } from "@/components/project-dot";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { mayOwn } from "@/lib/projects";
import type { Project } from "@/lib/wire";
import { DeleteProject } from "./delete-project";

export function ProjectHeader({ project }: { project: Project }) {
  const [dialog, setDialog] = useState<"settings" | "delete">();
  const [, navigate] = useLocation();
  const close = () => setDialog(undefined);
  return (
    <header className="flex items-start gap-4">
      <div className="min-w-0 flex-1">
        <h1 className="flex items-baseline gap-3.5 font-semibold text-2xl sm:text-3xl">
          <ProjectDot color={project.color} className="size-4 rounded-[4px] sm:size-[1.1rem]" />
          <span dir="auto" className="min-w-0">
            {project.name}
          </span>
        </h1>
        {project.description && (
          <p dir="auto" className="mt-2.5 max-w-prose whitespace-pre-line text-muted">
            {project.description}
          </p>
        )}
        {project.tags.length > 0 && (
          <ul aria-label="Tags" className="mt-3 flex flex-wrap gap-1.5">
            {project.tags.map((tag) => (
              <li key={tag} className="max-w-full truncate rounded-full bg-sunken px-2.5 py-0.5 text-muted text-xs">
                {tag}
              </li>
            ))}
          </ul>
        )}
      </div>
      {mayOwn(project) && (
        <Menu
          trigger={
            <Button variant="quiet" size="icon" aria-label="Project settings and more" className="-mr-2">
              <Ellipsis />
            </Button>
          }
        >
          <MenuItem onSelect={() => setDialog("settings")}>
            <Settings2 /> Project settings
          </MenuItem>
          <MenuSeparator />
          <MenuItem danger onSelect={() => setDialog("delete")}>
            <Trash2 /> Delete project
          </MenuItem>
        </Menu>
      )}
      <ProjectDialog open={dialog === "settings"} onOpenChange={close} project={project} />
      <DeleteProject project={project} open={dialog === "delete"} onOpenChange={close} onDeleted={() => navigate("/")} />
    </header>
  );
}
