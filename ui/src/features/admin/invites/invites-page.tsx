import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { PagedList } from "@/components/paged-list";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
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
  return (
    <AdminArea
      title="Invites"
      intro={config.data && <Registration rule={config.data.registration} />}
      actions={
        <Button variant="primary" disabled={config.data?.registration === "closed"} onClick={() => setCreating(true)}>
          <Plus /> New invite
        </Button>
      }
    >
      <PagedList list={list} items={list.data?.invites} label="Invites" empty="Nobody is invited." more="Show older invites">
        {(i) => <InviteRow key={i.id} invite={i} />}
      </PagedList>
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
        Registration is closed, so invites can be neither created nor used. Set {setting} to <code className="font-mono text-sm">invite</code> in the server’s
        configuration and reload it (<code className="font-mono text-sm">SIGHUP</code>), or create accounts under Users.
      </Notice>
    );
  if (rule === "open")
    return <p>Registration is open ({setting}): whoever reaches this page can make a member’s account. An invite can make an administrator’s.</p>;
  return <p>Whoever has the link of an invite makes an account with it, once. Nobody else can register ({setting}).</p>;
}
