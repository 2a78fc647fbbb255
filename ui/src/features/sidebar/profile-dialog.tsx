import { useState } from "react";
import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { useForm } from "@/lib/form";
import { useChangePassword, useMe, useUpdateMe } from "@/lib/me";
import { passwordError } from "@/lib/password";
import { toast } from "@/lib/toast";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

export function ProfileDialog({ open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Profile">
      <AccountForm onDone={() => onOpenChange(false)} />
      <hr className="my-6 border-line" />
      <PasswordSection onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function AccountForm({ onDone }: { onDone: () => void }) {
  const me = useMe();
  const update = useUpdateMe();
  const form = useForm({ username: me.username, email: me.email }, (v) => ({
    username: v.username.trim() ? undefined : "Enter a name.",
    email: v.email.includes("@") ? undefined : "Enter an email address.",
  }));
  const save = async (values: typeof form.values) => {
    await update.mutateAsync(values);
    toast("Profile saved");
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      <Field label="User name" error={form.errors.username}>
        {(control) => <Input {...control} autoComplete="username" value={form.values.username} onChange={(e) => form.set("username", e.target.value)} />}
      </Field>
      <Field label="Email" error={form.errors.email}>
        {(control) => <Input {...control} type="email" autoComplete="email" value={form.values.email} onChange={(e) => form.set("email", e.target.value)} />}
      </Field>
      {form.failure && <Notice>{form.failure}</Notice>}
      <Button type="submit" variant="primary" busy={update.isPending} className="sm:self-end">
        Save profile
      </Button>
    </form>
  );
}

function PasswordSection({ onDone }: { onDone: () => void }) {
  const [open, setOpen] = useState(false);
  if (open) return <PasswordForm onDone={onDone} onCancel={() => setOpen(false)} />;
  return (
    <Button onClick={() => setOpen(true)} className="w-full sm:w-auto">
      Change password
    </Button>
  );
}

function PasswordForm({ onDone, onCancel }: { onDone: () => void; onCancel: () => void }) {
  const change = useChangePassword();
  const form = useForm({ current: "", new: "" }, (v) => ({
    current: v.current ? undefined : "Enter your current password.",
    new: passwordError(v.new),
  }));
  const save = async (values: typeof form.values) => {
    await change.mutateAsync(values);
    toast("Password changed. Your other sessions were signed out.");
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      <PasswordField label="Current password" name="current" value={form.values.current} onChange={(v) => form.set("current", v)} error={form.errors.current} />
      <PasswordField label="New password" name="new" isNew value={form.values.new} onChange={(v) => form.set("new", v)} error={form.errors.new} />
      {form.failure && <Notice>{form.failure}</Notice>}
      <DialogActions>
        <Button type="submit" variant="primary" busy={change.isPending}>
          Change password
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </DialogActions>
    </form>
  );
}
