import { useState } from "react";
import { Confirm } from "@/components/ui/confirm";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useDeleteProject } from "@/lib/projects";
import { toast } from "@/lib/toast";
import type { Project } from "@/lib/wire";

type Props = { project: Project; open: boolean; onOpenChange: (open: boolean) => void; onDeleted: () => void };

/** Takes every chat in it along, so it asks for the name. */
export function DeleteProject({ project, open, onOpenChange, onDeleted }: Props) {
  const [typed, setTyped] = useState("");
  const remove = useDeleteProject(project.id, () => {
    toast(`${project.name} deleted.`);
    onDeleted();
  });
  const chats = project.thread_count === 1 ? "its one chat" : `its ${project.thread_count} chats`;
  return (
    <Confirm
      open={open}
      onOpenChange={(to) => {
        setTyped("");
        remove.reset();
        onOpenChange(to);
      }}
      title="Delete this project?"
      action="Delete project"
      onConfirm={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
      ready={typed.trim() === project.name}
    >
      <p>The project{project.thread_count > 0 && ` and ${chats}`} will be gone for everyone, for good.</p>
      <Field
        label={
          <>
            Type <span className="select-all font-semibold text-ink">{project.name}</span> to confirm
          </>
        }
      >
        {(control) => <Input {...control} autoFocus autoComplete="off" spellCheck={false} value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
    </Confirm>
  );
}
