import { useQuery } from "@tanstack/react-query";
import { Monitor, Smartphone, SquareTerminal } from "lucide-react";
import { useState } from "react";
import { useDeed } from "@/components/deed";
import { ListSkeleton } from "@/components/list-skeleton";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { fullLabel, momentLabel } from "@/lib/dates";
import type { Session } from "@/lib/wire";
import { deviceOf } from "./device";
import { Notices } from "./notices";
import { sessionsQuery, useEndSessions } from "./sessions";
import { SettingsArea } from "./settings-area";

/** Where one is signed in. */
export function SessionsPage() {
  const list = useQuery(sessionsQuery);
  const [ending, setEnding] = useState<readonly Session[]>();
  const others = list.data?.filter((s) => !s.is_current) ?? [];
  return (
    <SettingsArea
      title="Sessions"
      intro={<p>Where you are signed in. End what you do not know or no longer use, and change your password if it was not you.</p>}
      actions={others.length > 0 && <Button onClick={() => setEnding(others)}>End all others</Button>}
    >
      {list.isPending && <ListSkeleton />}
      {list.isError && !list.data && <Notice onRetry={() => void list.refetch()}>{messageOf(list.error)}</Notice>}
      {list.data && (
        <ul aria-label="Sessions" className="border-line border-t">
          {[...list.data.filter((s) => s.is_current), ...others].map((s) => (
            <Row key={s.id} session={s} onEnd={() => setEnding([s])} />
          ))}
        </ul>
      )}
      <Notices />
      <EndSessions sessions={ending} onClose={() => setEnding(undefined)} />
    </SettingsArea>
  );
}

const icons = { computer: Monitor, phone: Smartphone, program: SquareTerminal };

function Row({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const device = deviceOf(session.user_agent);
  const Icon = icons[device.kind];
  return (
    <li className="flex items-center gap-3 border-line border-b py-3.5 sm:gap-4">
      <Icon aria-hidden="true" className="mx-2 size-4.5 shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 truncate font-medium" title={session.user_agent}>
            {device.name}
          </span>
          {session.is_current && <Badge tone="accent">This session</Badge>}
        </p>
        <p className="text-faint text-sm">
          <span className="figures">{session.address || "the server itself"}</span>{" "}
          <span title={fullLabel(session.last_seen_at)}>· seen {momentLabel(session.last_seen_at)}</span>{" "}
          <span title={fullLabel(session.created_at)}>· since {momentLabel(session.created_at)}</span>
        </p>
      </div>
      {!session.is_current && (
        <Button variant="quiet" aria-label={`End the session of ${device.name}, since ${momentLabel(session.created_at)}`} onClick={onEnd}>
          End
        </Button>
      )}
    </li>
  );
}

/** One session, or several, after a question. */
function EndSessions({ sessions, onClose }: { sessions: readonly Session[] | undefined; onClose: () => void }) {
  const end = useEndSessions();
  const one = sessions?.length === 1 ? sessions[0] : undefined;
  const { run, props } = useDeed(end, onClose, (n) => (n === 1 ? "The session is ended." : `${n} sessions are ended.`));
  return (
    <Confirm
      open={sessions !== undefined}
      {...props}
      title={one ? "End this session?" : "End all other sessions?"}
      action={one ? "End session" : "End sessions"}
      onConfirm={() => run(sessions?.map((s) => s.id) ?? [])}
    >
      <p>
        {one ? `${deviceOf(one.user_agent).name} is` : `Your ${sessions?.length ?? 0} other sessions are`} signed out at once. Signing in again takes your
        password. API keys go on working.
      </p>
    </Confirm>
  );
}
