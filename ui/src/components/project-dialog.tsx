import type { Project } from "@/lib/wire";
import { ProjectForm } from "./project-form";
import { Dialog } from "./ui/dialog";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onSaved?: (project: Project) => void;
  /** The project to change; without one a new one is made. */
  project?: Project;
  /** The template that a new one starts from. */
  templateId?: string;
};

export function ProjectDialog({ open, onOpenChange, onSaved, project, templateId }: Props) {
  const title = project ? "Project settings" : "New project";
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={project ? undefined : "A project keeps chats on one subject together, with what the model should know before each of them."}
    >
      <ProjectForm
        {...(project ? { project } : {})}
        {...(templateId ? { templateId } : {})}
        onCancel={() => onOpenChange(false)}
        onSaved={(saved) => {
          onOpenChange(false);
          onSaved?.(saved);
        }}
      />
    </Dialog>
  );
}
