import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Select } from "@/components/ui/select";
import { inDays, untilLabel } from "@/lib/dates";
import { useForm } from "@/lib/form";
import { registerLink } from "@/lib/invite";
import type { CreatedInvite, NewInvite } from "@/lib/wire";
import { RoleField } from "../role-field";
import { useCreateInvite } from "./queries";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function NewInviteDialog({ open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New invite"
      description="A link with which one person makes an account. Parley sends no mail: you hand it over."
      className="sm:max-w-md"
    >
      <Steps onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Steps({ onDone }: { onDone: () => void }) {
  const create = useCreateInvite();
  const form = useForm({ email: "", role: "member", days: "7" }, (v) => ({
    email: v.email.trim() === "" || v.email.includes("@") ? undefined : "Enter an email address such as ann@example.org, or nothing.",
  }));
  const send = ({ email, role, days }: typeof form.values) =>
    create.mutateAsync({ ...(email.trim() && { email: email.trim() }), role: role as NonNullable<NewInvite["role"]>, expires_at: inDays(Number(days)) });
  if (create.data) return <Made invite={create.data} onDone={onDone} />;
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-4">
      {form.failure && <Notice>{form.failure}</Notice>}
      <Field label="Email (optional)" error={form.errors.email} hint="Then it works for this address alone; otherwise for whoever has the link.">
        {(control) => (
          <Input {...control} type="email" autoFocus autoComplete="off" value={form.values.email} onChange={(e) => form.set("email", e.target.value)} />
        )}
      </Field>
      <RoleField value={form.values.role} onChange={(role) => form.set("role", role)} />
      <Field label="Valid for">
        {(control) => (
          <Select {...control} value={form.values.days} onChange={(e) => form.set("days", e.target.value)}>
            <option value="1">1 day</option>
            <option value="7">7 days</option>
            <option value="30">30 days</option>
          </Select>
        )}
      </Field>
      <DialogActions>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Make invite
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

function Made({ invite, onDone }: { invite: CreatedInvite; onDone: () => void }) {
  return (
    <>
      <p className="mb-4 text-muted">
        Send this link to {invite.email ? <strong className="font-medium text-ink">{invite.email}</strong> : "whom you mean"}. It works once,{" "}
        {untilLabel(invite.expires_at)}, and is shown this once.
      </p>
      <Secret label="Link" value={registerLink(invite.code)} />
      <DialogActions>
        <Button onClick={onDone}>Done</Button>
      </DialogActions>
    </>
  );
}
