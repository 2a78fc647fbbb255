import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { ProjectDialog } from "@/components/project-dialog";
import { ProjectDot } from "@/components/project-dot";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { Tooltip } from "@/components/ui/tooltip";
import { projectsQuery } from "@/lib/projects";
import { NavHeading, NavLink } from "./nav-link";

export function ProjectLinks() {
  const projects = useQuery(projectsQuery);
  const [creating, setCreating] = useState(false);
  const [, navigate] = useLocation();
  return (
    <section>
      <NavHeading
        action={
          <Tooltip label="New project">
            <Button variant="quiet" size="icon" aria-label="New project" className="hover:bg-press" onClick={() => setCreating(true)}>
              <Plus />
            </Button>
          </Tooltip>
        }
      >
        Projects
      </NavHeading>
      {projects.isPending && <Waiting />}
      {projects.isError && <p className="px-3 py-2 text-faint text-sm">Projects did not load.</p>}
      {projects.data?.length === 0 && <p className="px-3 py-1 text-faint text-sm">None yet</p>}
      <ul>
        {projects.data?.map((p) => (
          <li key={p.id}>
            <NavLink href={`/projects/${p.id}`} title={p.name}>
              <ProjectDot color={p.color} />
              <span dir="auto" className="truncate">
                {p.name}
              </span>
            </NavLink>
          </li>
        ))}
      </ul>
      <ProjectDialog open={creating} onOpenChange={setCreating} onSaved={(p) => navigate(`/projects/${p.id}`)} />
    </section>
  );
}

export function Waiting() {
  return (
    <div className="flex flex-col gap-4 px-3 py-3">
      <Skeleton className="h-3 w-4/5 bg-press" />
      <Skeleton className="h-3 w-3/5 bg-press" />
    </div>
  );
}
