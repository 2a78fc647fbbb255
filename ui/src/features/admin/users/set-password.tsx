import { useState } from "react";
import { Secret } from "@/components/secret";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { newPassword } from "@/lib/password";
import { toast } from "@/lib/toast";
import type { Account } from "@/lib/wire";
import { useUpdateUser } from "./queries";

type Props = { account: Account; open: boolean; onOpenChange: (open: boolean) => void };

/** A new password for somebody who forgot theirs, or who is to be signed out everywhere. */
export function SetPassword({ account, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`A new password for ${account.username}`} className="sm:max-w-md">
      <Steps account={account} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Steps({ account, onDone }: { account: Account; onDone: () => void }) {
  const [password] = useState(newPassword);
  const update = useUpdateUser(account.id);
  if (update.isSuccess)
    return (
      <>
        <p className="mb-4 text-muted">
          It is set, and {account.username} was signed out everywhere; their API keys ended. Give it to them; it is shown this once. They change it in their
          settings.
        </p>
        <Secret label="New password" value={password} />
        <DialogActions>
          <Button onClick={onDone}>Done</Button>
        </DialogActions>
      </>
    );
  return (
    <>
      <p className="text-muted">
        A password is drawn for {account.username}, and the old one stops working. All their sessions and API keys end at once, and they get a notice.
      </p>
      {update.isError && <Notice className="mt-4">{messageOf(update.error)}</Notice>}
      <DialogActions>
        <Button
          variant="danger"
          busy={update.isPending}
          onClick={() => update.mutate({ password }, { onSuccess: () => toast(`${account.username} has a new password, and was signed out everywhere.`) })}
        >
          Set a new password
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </>
  );
}
