import { useQuery } from "@tanstack/react-query";
import { isProjectColor } from "@/lib/colors";
import { useForm } from "@/lib/form";
import { templatesQuery, useCreateProject, useUpdateProject } from "@/lib/projects";
import type { Project, ProjectTemplate } from "@/lib/wire";
import { ColorPicker } from "./color-picker";
import { Button } from "./ui/button";
import { DialogActions } from "./ui/dialog";
import { Field } from "./ui/field";
import { Input, Textarea } from "./ui/input";
import { Notice } from "./ui/notice";
import { Select } from "./ui/select";

const NAME_MAX = 100;
const DESCRIPTION_MAX = 2000;
const INSTRUCTIONS_MAX = 8000;
const TAGS_MAX = 20;
const TAG_MAX = 50;

type Props = { project?: Project; templateId?: string; onSaved: (project: Project) => void; onCancel: () => void };

export function ProjectForm({ project, templateId = "", onSaved, onCancel }: Props) {
  const templates = useQuery({ ...templatesQuery, enabled: !project });
  const first = project ?? templates.data?.find((t) => t.id === templateId);
  const form = useForm({ ...valuesOf(first), tags: project?.tags.join(", ") ?? "", template_id: templateId }, check);
  const create = useCreateProject();
  const update = useUpdateProject(project?.id ?? "");
  const save = project ? update : create;

  const send = async ({ template_id, color, tags, ...text }: typeof form.values) => {
    // A colour that a newer server knows and this page does not is left as it is.
    const coloured = isProjectColor(color) ? { ...text, color } : text;
    const list = tagsOf(tags);
    const values = list.join() === (project?.tags ?? []).join() ? coloured : { ...coloured, tags: list };
    onSaved(await save.mutateAsync(project || !template_id ? values : { ...values, template_id }));
  };

  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-5">
      {form.failure && <Notice>{form.failure}</Notice>}
      {!project && (templates.data?.length ?? 0) > 0 && (
        <Field label="Start from">
          {(control) => (
            <Select
              {...control}
              value={form.values.template_id}
              onChange={(e) => {
                const id = e.target.value;
                form.reset({ ...restart(form.values, templates.data ?? [], id), template_id: id });
              }}
            >
              <option value="">A blank page</option>
              {templates.data?.map((t) => (
                <option key={t.id} value={t.id}>
                  {t.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <Field label="Name" error={form.errors.name}>
        {(control) => <Input {...control} autoFocus maxLength={NAME_MAX} value={form.values.name} onChange={(e) => form.set("name", e.target.value)} />}
      </Field>
      <Field label="Description" error={form.errors.description} hint="For people; the model does not read it.">
        {(control) => (
          <Textarea {...control} className="min-h-16" rows={2} value={form.values.description} onChange={(e) => form.set("description", e.target.value)} />
        )}
      </Field>
      <Field
        label="Instructions"
        error={form.errors.instructions}
        hint="The model reads these before every chat in this project."
        aside={<Count text={form.values.instructions} most={INSTRUCTIONS_MAX} />}
      >
        {(control) => <Textarea {...control} rows={6} value={form.values.instructions} onChange={(e) => form.set("instructions", e.target.value)} />}
      </Field>
      <Field label="Tags" error={form.errors.tags} hint="Words by which projects are told apart, with commas between them.">
        {(control) => <Input {...control} autoComplete="off" value={form.values.tags} onChange={(e) => form.set("tags", e.target.value)} />}
      </Field>
      <ColorPicker value={form.values.color} onChange={(color) => form.set("color", color)} />
      <DialogActions>
        <Button type="submit" variant="primary" busy={save.isPending}>
          {project ? "Save" : "Make project"}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

type Content = { name: string; description: string; color: string; instructions: string };

const blank: Content = { name: "", description: "", color: "teal", instructions: "" };

/** The tags in what was typed: each once, whatever its case. */
function tagsOf(text: string): string[] {
  const seen = new Set<string>();
  return text
    .split(",")
    .map((tag) => tag.trim().replace(/\s+/g, " "))
    .filter((tag) => tag !== "" && !seen.has(tag.toLowerCase()) && seen.add(tag.toLowerCase()));
}

function valuesOf(from: Content | undefined): Content {
  const { name, description, color, instructions } = from ?? blank;
  return { name, description, color: color || "slate", instructions };
}

/** What another template changes: the fields that still say what the one before put there. */
function restart<T extends Content & { template_id: string }>(values: T, templates: readonly ProjectTemplate[], to: string): T {
  const before = valuesOf(templates.find((t) => t.id === values.template_id));
  const after = valuesOf(templates.find((t) => t.id === to));
  const keep = (name: keyof Content) => (values[name] === before[name] ? after[name] : values[name]);
  return { ...values, name: keep("name"), description: keep("description"), color: keep("color"), instructions: keep("instructions") };
}

function check({ name, description, instructions, tags }: Content & { tags: string }) {
  const over = (text: string, most: number) => (count(text) > most ? `At most ${most.toLocaleString("en")} characters.` : undefined);
  return {
    name: name.trim() ? over(name, NAME_MAX) : "Give the project a name.",
    description: over(description, DESCRIPTION_MAX),
    instructions: over(instructions, INSTRUCTIONS_MAX),
    tags: tagsError(tagsOf(tags)),
  };
}

function tagsError(tags: readonly string[]): string | undefined {
  if (tags.length > TAGS_MAX) return `At most ${TAGS_MAX} tags.`;
  const long = tags.find((tag) => count(tag) > TAG_MAX);
  return long && `“${long}” is too long: at most ${TAG_MAX} characters each.`;
}

/** In characters as the server counts them: an emoji is one. */
const count = (text: string) => [...text].length;

function Count({ text, most }: { text: string; most: number }) {
  const n = count(text);
  if (n < most * 0.8) return null;
  return <span className={n > most ? "figures text-danger" : "figures text-faint"}>{`${n.toLocaleString("en")} / ${most.toLocaleString("en")}`}</span>;
}
