import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { ListSkeleton } from "@/components/list-skeleton";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { clientConfigQuery } from "@/lib/client-config";
import type { ClientConfig } from "@/lib/wire";
import { AdminArea } from "../admin-area";
import { InviteRow } from "./invite-row";
import { NewInviteDialog } from "./new-invite";
import { invitesQuery } from "./queries";

/** Links with which somebody makes an account for themselves. */
export function InvitesPage() {
  const list = useInfiniteQuery(invitesQuery);
  // Whoever looks here may have changed it just now.
  const config = useQuery({ ...clientConfigQuery, staleTime: 0 });
  const [creating, setCreating] = useState(false);
  const { data } = list;
  return (
    <AdminArea
      title="Invites"
      intro={config.data && <Registration rule={config.data.registration} />}
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <Plus /> New invite
        </Button>
      }
    >
      {list.isPending && <ListSkeleton />}
      {list.isError && !data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {data?.invites.length === 0 && <p className="border-line border-t py-6 text-muted">Nobody is invited.</p>}
      {data && data.invites.length > 0 && (
        <ul aria-label="Invites" className="border-line border-t">
          {data.invites.map((i) => (
            <InviteRow key={i.id} invite={i} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button className="mt-6 w-full" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older invites
        </Button>
      )}
      {list.isFetchNextPageError && <Notice className="mt-3">{messageOf(list.error)}</Notice>}
      <NewInviteDialog open={creating} onOpenChange={setCreating} />
    </AdminArea>
  );
}

/** Who may make an account for themselves; it is set where the server is, not here. */
function Registration({ rule }: { rule: ClientConfig["registration"] }) {
  const setting = <code className="font-mono text-sm">auth.registration</code>;
  if (rule === "closed")
    return (
      <Notice tone="warning">
        Registration is closed: nobody can use an invite before {setting} is <code className="font-mono text-sm">invite</code> in the server’s configuration. It
        is read again on <code className="font-mono text-sm">SIGHUP</code>. Accounts can be made under Users meanwhile.
      </Notice>
    );
  if (rule === "open")
    return <p>Registration is open ({setting}): whoever reaches this page can make a member’s account. An invite can make an administrator’s.</p>;
  return <p>Whoever has the link of an invite makes an account with it, once. Nobody else can register ({setting}).</p>;
}
