import { useState } from "react";
import { AskComposer } from "@/components/ask-composer";
import { lastUsed } from "@/lib/ask";
import { mayWrite } from "@/lib/projects";
import type { Project } from "@/lib/wire";
import { ProjectPicker } from "./project-picker";

/** Starts a chat from nothing but a question. */
export function AskBox({ projects = [] }: { projects: readonly Project[] | undefined }) {
  const [chosen, setChosen] = useState<string>();
  const open = projects.filter((p) => mayWrite(p) && !p.is_archived);
  const project = open.find((p) => p.id === chosen) ?? lastUsed(open);
  return (
    <AskComposer project={project} draft="start" label="Start a new chat" placeholder="Start a new chat…" className="[&_textarea]:min-h-20">
      {project && <ProjectPicker projects={open} value={project} onChange={setChosen} />}
    </AskComposer>
  );
}
