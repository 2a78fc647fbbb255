import { Link2, Mail } from "lucide-react";
import { useState } from "react";
import { useDeed } from "@/components/deed";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { cn } from "@/lib/cn";
import { fullLabel, momentLabel, untilLabel } from "@/lib/dates";
import type { Invite } from "@/lib/wire";
import { useDeleteInvite } from "./queries";

export function InviteRow({ invite }: { invite: Invite }) {
  const [asking, setAsking] = useState(false);
  const pending = invite.status === "pending";
  const whom = invite.email || "Anybody with the link";
  const Icon = invite.email ? Mail : Link2;
  return (
    <li className="flex items-center gap-3 border-line border-b py-3 sm:gap-4">
      <Icon aria-hidden="true" className={cn("mx-2 size-4 shrink-0", pending ? "text-accent" : "text-faint")} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className={cn("min-w-0 truncate", pending ? "font-medium" : "text-muted")}>{whom}</span>
          {invite.role === "admin" && <Badge tone="accent">Administrator</Badge>}
          {!pending && <Badge>{invite.status === "used" ? "Used" : "Expired"}</Badge>}
        </p>
        <p className="text-faint text-sm" title={fullLabel(invite.created_at)}>
          {stateOf(invite)}
        </p>
      </div>
      <Button
        variant="quiet"
        aria-label={`${pending ? "Withdraw" : "Remove"} the invite for ${whom}, made ${momentLabel(invite.created_at)}`}
        onClick={() => setAsking(true)}
      >
        {pending ? "Withdraw" : "Remove"}
      </Button>
      <Withdraw invite={invite} whom={whom} open={asking} onOpenChange={setAsking} />
    </li>
  );
}

function stateOf({ status, used_at, created_at, expires_at }: Invite): string {
  if (status === "used") return used_at ? `Used ${momentLabel(used_at)}` : "Used";
  if (status === "expired") return `Made ${momentLabel(created_at)}`;
  return `Valid ${untilLabel(expires_at)}`;
}

type Props = { invite: Invite; whom: string; open: boolean; onOpenChange: (open: boolean) => void };

function Withdraw({ invite, whom, open, onOpenChange }: Props) {
  const remove = useDeleteInvite(invite.id);
  const pending = invite.status === "pending";
  const { run, props } = useDeed(remove, onOpenChange, () =>
    pending ? "The invite is withdrawn. Its link does not work any more." : "The invite is removed from the list.",
  );
  return (
    <Confirm open={open} {...props} title={pending ? "Withdraw this invite?" : "Remove this invite?"} action={pending ? "Withdraw" : "Remove"} onConfirm={run}>
      <p>
        {pending
          ? `The link that was made for ${invite.email || whom.toLowerCase()} stops working.`
          : "It only leaves this list; an account that was made with it stays, and the audit still tells of it."}
      </p>
    </Confirm>
  );
}
