import { useForm } from "@/lib/form";
import { useRenameThread } from "@/lib/threads";
import type { Thread } from "@/lib/wire";
import { Button } from "./ui/button";
import { Dialog, DialogActions } from "./ui/dialog";
import { Field } from "./ui/field";
import { Input } from "./ui/input";
import { Notice } from "./ui/notice";

type Props = { thread: Thread; open: boolean; onOpenChange: (open: boolean) => void };

export function RenameThread({ thread, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Rename chat" className="sm:max-w-md">
      <Form thread={thread} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Form({ thread, onDone }: { thread: Thread; onDone: () => void }) {
  const rename = useRenameThread();
  const form = useForm({ title: thread.title }, (v) => ({ title: v.title.trim() ? undefined : "Give the chat a title." }));
  const save = async ({ title }: typeof form.values) => {
    await rename.mutateAsync({ id: thread.id, title });
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      {form.failure && <Notice>{form.failure}</Notice>}
      <Field label="Title" error={form.errors.title}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            maxLength={200}
            value={form.values.title}
            onFocus={(e) => e.target.select()}
            onChange={(e) => form.set("title", e.target.value)}
          />
        )}
      </Field>
      <DialogActions>
        <Button type="submit" variant="primary" busy={rename.isPending}>
          Rename
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}
