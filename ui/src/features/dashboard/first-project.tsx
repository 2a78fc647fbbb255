import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { ProjectDialog } from "@/components/project-dialog";
import { ProjectDot } from "@/components/project-dot";
import { templatesQuery } from "@/lib/projects";

/** For someone who has nothing yet: a start that is already half done. */
export function FirstProject() {
  const templates = useQuery(templatesQuery);
  const [template, setTemplate] = useState<string>();
  const [, navigate] = useLocation();
  return (
    <section aria-labelledby="first-project">
      <h2 id="first-project" className="font-semibold text-lg">
        Or set up a project first
      </h2>
      <p className="mt-1 text-muted">It tells the model once what otherwise every chat would have to say.</p>
      <ul className="mt-5 grid gap-3 sm:grid-cols-2">
        {templates.data?.map((t) => (
          <li key={t.id}>
            <Card onClick={() => setTemplate(t.id)} icon={<ProjectDot color={t.color} className="mt-1.5" />} name={t.name} text={t.description} />
          </li>
        ))}
        <li>
          <Card
            onClick={() => setTemplate("")}
            icon={<Plus aria-hidden="true" className="mt-1 -ml-0.5 size-4 text-faint" />}
            name="A blank project"
            text="Name it and say what it is about."
          />
        </li>
      </ul>
      {template !== undefined && (
        <ProjectDialog open templateId={template} onOpenChange={() => setTemplate(undefined)} onSaved={(p) => navigate(`/projects/${p.id}`)} />
      )}
    </section>
  );
}

function Card({ onClick, icon, name, text }: { onClick: () => void; icon: ReactNode; name: string; text: string }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex h-full w-full gap-3 rounded-lg px-4 py-3.5 text-left shadow-[inset_0_0_0_1px_var(--color-line)] transition-[background-color,box-shadow] duration-150 hover:bg-sunken hover:shadow-[inset_0_0_0_1px_var(--color-line-strong)]"
    >
      {icon}
      <span>
        <span className="block font-medium">{name}</span>
        <span className="mt-0.5 block text-pretty text-muted text-sm">{text}</span>
      </span>
    </button>
  );
}
