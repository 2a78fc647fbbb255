import { useState } from "react";
import { ProjectDialog } from "@/components/project-dialog";
import { Button } from "@/components/ui/button";
import { mayOwn } from "@/lib/projects";
import type { Project } from "@/lib/wire";

/** What the model is told first; three lines of it, the rest on demand. */
export function Instructions({ project }: { project: Project }) {
  const [editing, setEditing] = useState(false);
  const text = project.instructions.trim();
  if (!text && !mayOwn(project)) return null;
  return (
    <section aria-labelledby="instructions" className="mt-8 rounded-lg bg-sunken py-2 pr-2 pl-5">
      <div className="flex items-center justify-between gap-4">
        <h2 id="instructions" className="font-medium text-sm">
          Instructions
        </h2>
        {mayOwn(project) && (
          <Button variant="quiet" onClick={() => setEditing(true)} className="hover:bg-press">
            {text ? "Edit" : "Add"}
          </Button>
        )}
      </div>
      {text ? (
        <Folded text={text} />
      ) : (
        <p className="pb-3 text-muted text-sm">None yet. Say here what the model should know or keep to in every chat of this project.</p>
      )}
      <ProjectDialog open={editing} onOpenChange={setEditing} project={project} />
    </section>
  );
}

const FOLD_AT = 240;

function Folded({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const long = text.length > FOLD_AT || text.split("\n").length > 3;
  return (
    <div className={long ? "pr-3 pb-1" : "pr-3 pb-3"}>
      <p className={open || !long ? "max-w-prose whitespace-pre-line text-muted text-sm" : "line-clamp-3 max-w-prose text-muted text-sm"}>{text}</p>
      {long && (
        <Button variant="quiet" aria-expanded={open} onClick={() => setOpen(!open)} className="-ml-3 mt-1 px-3 hover:bg-press">
          {open ? "Show less" : "Show all"}
        </Button>
      )}
    </div>
  );
}
