import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions } from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import { useForm } from "@/lib/form";
import { meQuery } from "@/lib/me";
import { toast } from "@/lib/toast";
import type { Account } from "@/lib/wire";
import { AccountFields, checkAccount } from "./account-fields";
import { userQuery, useUpdateUser } from "./queries";

type Props = { account: Account; open: boolean; onOpenChange: (open: boolean) => void };

/** Names, to be changed, and which projects somebody is in. */
export function AccountDialog({ account, open, onOpenChange }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={`Account of ${account.username}`}>
      <Names account={account} onDone={() => onOpenChange(false)} />
      <Projects id={account.id} />
    </Dialog>
  );
}

function Names({ account, onDone }: { account: Account; onDone: () => void }) {
  const cache = useQueryClient();
  const update = useUpdateUser(account.id);
  const form = useForm(
    { username: account.username, display_name: account.display_name === account.username ? "" : account.display_name, email: account.email },
    checkAccount,
  );
  const save = async ({ username, display_name, email }: typeof form.values) => {
    const saved = await update.mutateAsync({ username: username.trim(), display_name: display_name.trim() || username.trim(), email: email.trim() });
    void cache.invalidateQueries({ queryKey: meQuery.queryKey }); // it may be one's own
    toast(`The account of ${saved.username} is saved.`);
    onDone();
  };
  return (
    <form noValidate onSubmit={form.submit(save)} className="flex flex-col gap-4">
      {form.failure && <Notice>{form.failure}</Notice>}
      <AccountFields values={form.values} errors={form.errors} onChange={form.set} />
      <DialogActions>
        <Button type="submit" variant="primary" busy={update.isPending}>
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </DialogActions>
    </form>
  );
}

function Projects({ id }: { id: string }) {
  const user = useQuery(userQuery(id));
  return (
    <section aria-labelledby={`projects-${id}`} className="mt-6 border-line border-t pt-5">
      <h3 id={`projects-${id}`} className="mb-2 font-medium text-sm">
        Member of
      </h3>
      {user.isPending && <Skeleton className="w-1/2" />}
      {user.isError && <Notice onRetry={() => void user.refetch()}>{messageOf(user.error)}</Notice>}
      {user.data?.projects.length === 0 && <p className="text-muted text-sm">No project.</p>}
      <ul className="flex flex-col gap-1.5">
        {user.data?.projects.map((p) => (
          <li key={p.project_id} className="flex items-center justify-between gap-3 text-sm">
            <span className="min-w-0 truncate">{p.name}</span>
            <Badge>{p.role}</Badge>
          </li>
        ))}
      </ul>
    </section>
  );
}
