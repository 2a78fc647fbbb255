import { useState } from "react";
import { useDeed } from "@/components/deed";
import { Confirm } from "@/components/ui/confirm";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import type { Account } from "@/lib/wire";
import { useDeleteUser } from "./queries";

type Props = { account: Account; open: boolean; onOpenChange: (open: boolean) => void };

/** For good, so it asks for the name. */
export function DeleteUser({ account, open, onOpenChange }: Props) {
  const [typed, setTyped] = useState("");
  const remove = useDeleteUser(account.id);
  const change = (to: boolean) => {
    setTyped("");
    onOpenChange(to);
  };
  const { run, props } = useDeed(remove, change, () => `The account of ${account.username} is deleted.`);
  return (
    <Confirm open={open} {...props} title={`Delete ${account.username}?`} action="Delete account" onConfirm={run} ready={typed.trim() === account.username}>
      <p>
        The account, its sessions and API keys will be gone for good, and so will the projects that nobody else is a member of. What {account.username} wrote in
        projects of others stays, without the name. To only keep them out, disable the account instead.
      </p>
      <Field
        label={
          <>
            Type <span className="select-all font-semibold text-ink">{account.username}</span> to confirm
          </>
        }
      >
        {(control) => (
          <Input {...control} autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} value={typed} onChange={(e) => setTyped(e.target.value)} />
        )}
      </Field>
    </Confirm>
  );
}
