import { useState } from "react";
import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { useForm } from "@/lib/form";
import { newPassword } from "@/lib/password";
import { toast } from "@/lib/toast";
import { uuid } from "@/lib/uuid";
import type { Account, NewAccount } from "@/lib/wire";
import { RoleField } from "../role-field";
import { AccountFields, checkAccount } from "./account-fields";
import { useCreateUser } from "./queries";

type Props = { open: boolean; onOpenChange: (open: boolean) => void };

/** An account for somebody who is at hand; an invite lets them choose name and password themselves. */
export function NewUser({ open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="New account"
      description="With a password that you hand over. An invite lets them choose their own name and password."
      className="sm:max-w-md"
    >
      <Steps onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Steps({ onDone }: { onDone: () => void }) {
  const create = useCreateUser();
  const [password] = useState(newPassword);
  const [clientId] = useState(uuid);
  const form = useForm({ username: "", display_name: "", email: "", role: "member" }, checkAccount);
  const send = async ({ username, display_name, email, role }: typeof form.values) => {
    const made = await create.mutateAsync({
      username: username.trim(),
      email: email.trim(),
      role: role as NewAccount["role"],
      password,
      client_id: clientId,
      ...(display_name.trim() && { display_name: display_name.trim() }),
    });
    toast(`${made.username} has an account now.`);
  };
  if (create.data) return <Made account={create.data} password={password} onDone={onDone} />;
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-4">
      {form.failure && <Notice>{form.failure}</Notice>}
      <AccountFields values={form.values} errors={form.errors} onChange={form.set} autoFocus />
      <RoleField value={form.values.role} onChange={(role) => form.set("role", role)} />
      <DialogActions>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Make account
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

function Made({ account, password, onDone }: { account: Account; password: string; onDone: () => void }) {
  return (
    <>
      <p className="mb-4 text-muted">
        <strong className="font-medium text-ink">{account.username}</strong> can sign in with this password now. It is shown this once; they change it in their
        settings.
      </p>
      <Secret label="Password" value={password} />
      <DialogActions>
        <Button onClick={onDone}>Done</Button>
      </DialogActions>
    </>
  );
}
