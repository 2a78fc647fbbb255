import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input, Textarea } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { useForm } from "@/lib/form";
import { type MessageList, messagesKey } from "@/lib/live-messages";
import { toast } from "@/lib/toast";
import type { Summary } from "@/lib/wire";
import { MAX_SUMMARY, MAX_TOPICS, newWish, useCreateSummary, useUpdateSummary } from "./summaries";

type Props = {
  threadId: string /** The one to change; without it a new one is written. */;
  summary?: Summary;
  open: boolean;
  onOpenChange: (open: boolean) => void;
};

/** Where one writes a summary, or changes one. */
export function SummaryDialog({ open, onOpenChange, summary, threadId }: Props) {
  const onDone = () => onOpenChange(false);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={summary ? "Edit summary" : "Write a summary"}
      description="The model is told it instead of the messages that it stands for, which leaves room for what is said next. People still read both."
    >
      {summary ? <EditForm summary={summary} onDone={onDone} /> : <NewForm threadId={threadId} onDone={onDone} />}
    </Dialog>
  );
}

function EditForm({ summary, onDone }: { summary: Summary; onDone: () => void }) {
  const update = useUpdateSummary(summary);
  const form = useForm({ summary_text: summary.summary_text, key_topics: summary.key_topics.join(", ") }, check);
  const save = async (values: typeof form.values) => {
    await update.mutateAsync({ summary_text: values.summary_text, key_topics: topicsOf(values.key_topics) });
    toast("Summary saved.");
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-5">
      <Fields form={form} />
      <Buttons action="Save" busy={update.isPending} onCancel={onDone} />
    </form>
  );
}

function NewForm({ threadId, onDone }: { threadId: string; onDone: () => void }) {
  const create = useCreateSummary(threadId);
  const beforeLast = useBeforeLastQuestion(threadId);
  const [wish] = useState(newWish);
  const form = useForm({ summary_text: "", key_topics: "", until: "all" }, check);
  const save = async ({ summary_text, key_topics, until }: typeof form.values) => {
    const end = until === "all" ? undefined : beforeLast;
    await create.mutateAsync({ summary_text, key_topics: topicsOf(key_topics), client_id: wish, ...(end ? { end_message_id: end } : {}) });
    toast("Summary saved. The model is told it from the next question on.");
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-5">
      <Fields form={form} />
      {beforeLast && (
        <Field label="It stands for">
          {(control) => (
            <Select {...control} value={form.values.until} onChange={(e) => form.set("until", e.target.value)}>
              <option value="all">Everything so far</option>
              <option value="before">Everything before the last question</option>
            </Select>
          )}
        </Field>
      )}
      <Buttons action="Save summary" busy={create.isPending} onCancel={onDone} />
    </form>
  );
}

type Values = { summary_text: string; key_topics: string };
type Form = {
  values: Values;
  errors: { [K in keyof Values]?: string | undefined };
  failure: string | undefined;
  set: (name: keyof Values, value: string) => void;
};

function Fields({ form }: { form: Form }) {
  return (
    <>
      {form.failure && <Notice>{form.failure}</Notice>}
      <Field label="Summary" error={form.errors.summary_text} hint="Names, numbers, what was decided and what is open. Markdown works.">
        {(control) => <Textarea {...control} autoFocus rows={8} value={form.values.summary_text} onChange={(e) => form.set("summary_text", e.target.value)} />}
      </Field>
      <Field label="Topics" error={form.errors.key_topics} hint={`Up to ${MAX_TOPICS}, with commas between them.`}>
        {(control) => <Input {...control} autoComplete="off" value={form.values.key_topics} onChange={(e) => form.set("key_topics", e.target.value)} />}
      </Field>
    </>
  );
}

function Buttons({ action, busy, onCancel }: { action: string; busy: boolean; onCancel: () => void }) {
  return (
    <DialogActions>
      <Button type="submit" variant="primary" busy={busy}>
        {action}
      </Button>
      <Button onClick={onCancel}>Cancel</Button>
    </DialogActions>
  );
}

function check({ summary_text, key_topics }: Values) {
  const length = [...summary_text.trim()].length;
  return {
    summary_text: length === 0 ? "Write what was said." : length > MAX_SUMMARY ? `At most ${MAX_SUMMARY.toLocaleString("en")} characters.` : undefined,
    key_topics: topicsOf(key_topics).length > MAX_TOPICS ? `At most ${MAX_TOPICS} topics.` : undefined,
  };
}

const topicsOf = (text: string) =>
  text
    .split(",")
    .map((topic) => topic.trim())
    .filter((topic) => topic !== "");

/** The message before the last question that is loaded; undefined if there is none. */
function useBeforeLastQuestion(threadId: string): string | undefined {
  const items = useQueryClient().getQueryData<MessageList>(messagesKey(threadId))?.items ?? [];
  const at = items.findLastIndex((m) => m.is_user);
  return items[at - 1]?.id;
}
