import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { inDays } from "@/lib/dates";
import { useForm } from "@/lib/form";
import { useMe } from "@/lib/me";
import type { CreatedApiKey } from "@/lib/wire";
import { type Scope, scopes, useCreateApiKey } from "./api-keys";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function NewApiKeyDialog({ open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="New API key" className="sm:max-w-md">
      <Steps onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Steps({ onDone }: { onDone: () => void }) {
  const me = useMe();
  const create = useCreateApiKey();
  const form = useForm({ name: "", scope: "read", days: "90" }, (v) => ({ name: v.name.trim() ? undefined : "Say what the key is for." }));
  const scope = form.values.scope as Scope;
  const send = ({ name, days }: typeof form.values) =>
    create.mutateAsync({ name: name.trim(), scopes: [scope], expires_at: days === "" ? null : inDays(Number(days)) });
  if (create.data) return <Made made={create.data} onDone={onDone} />;
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-4">
      {form.failure && <Notice>{form.failure}</Notice>}
      <Field label="Name" error={form.errors.name} hint="What it is for, so that you know it again.">
        {(control) => (
          <Input {...control} autoFocus autoComplete="off" maxLength={100} value={form.values.name} onChange={(e) => form.set("name", e.target.value)} />
        )}
      </Field>
      <Field label="What it may be used for" hint={scopes[scope].hint}>
        {(control) => (
          <Select {...control} value={scope} onChange={(e) => form.set("scope", e.target.value)}>
            <option value="read">{scopes.read.name}</option>
            <option value="write">{scopes.write.name}</option>
            {me.role === "admin" && <option value="admin">{scopes.admin.name}</option>}
          </Select>
        )}
      </Field>
      <Field label="Valid for" hint={form.values.days === "" && "A key that is lost stays good until somebody deletes it."}>
        {(control) => (
          <Select {...control} value={form.values.days} onChange={(e) => form.set("days", e.target.value)}>
            <option value="7">7 days</option>
            <option value="30">30 days</option>
            <option value="90">90 days</option>
            <option value="365">1 year</option>
            <option value="">Without end</option>
          </Select>
        )}
      </Field>
      <DialogActions>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Make key
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

function Made({ made, onDone }: { made: CreatedApiKey; onDone: () => void }) {
  return (
    <>
      <p className="mb-4 text-muted">
        Copy <strong className="font-medium text-ink">{made.name}</strong> now: it is shown this once and kept nowhere. Programs send it as{" "}
        <code className="font-mono text-sm">Authorization: Bearer</code>.
      </p>
      <Secret label="API key" value={made.key} />
      <DialogActions>
        <Button onClick={onDone}>Done</Button>
      </DialogActions>
    </>
  );
}
