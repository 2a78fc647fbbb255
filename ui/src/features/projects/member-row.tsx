import { Crown, Ellipsis, LogOut, UserMinus } from "lucide-react";
import { Avatar } from "@/components/avatar";
import { Button } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { messageOf } from "@/lib/api";
import { dayLabel, fullLabel } from "@/lib/dates";
import { toast } from "@/lib/toast";
import type { Member, ProjectRole } from "@/lib/wire";
import type { Deed } from "./member-deed";
import { usePutMember } from "./queries";
import { roles } from "./roles";

type Props = {
  member: Member;
  isMe: boolean;
  /** Whether the reader says who is what here. */
  mayChange: boolean;
  /** Somebody has to be one: the role stays, and so does who has it. */
  isLastOwner: boolean;
  onDeed: (deed: Deed) => void;
};

/** One member, with what may be done about them; what may not be is not offered. */
export function MemberRow({ member, isMe, mayChange, isLastOwner, onDeed }: Props) {
  const leaves = isMe && !isLastOwner;
  const changes = mayChange && !isLastOwner;
  return (
    <li className="flex min-h-16 items-center gap-4 border-line border-t last:border-b">
      <Avatar name={member.display_name} id={member.user_id} />
      <div className="min-w-0 flex-1 py-2">
        <p className="truncate font-medium">
          {member.display_name}
          {member.display_name !== member.username && <span className="font-normal text-faint"> @{member.username}</span>}
          {isMe && <span className="font-normal text-faint"> · you</span>}
        </p>
        <p className="text-faint text-xs" title={fullLabel(member.created_at)}>
          Since {dayLabel(member.created_at).replace(/^(Today|Yesterday)$/, (day) => day.toLowerCase())}
          {isLastOwner && mayChange && " · the only owner"}
          {member.set_by_admin && ` · role given by the administrator ${member.set_by || "of that time"}`}
        </p>
      </div>
      <span className="text-muted text-sm">{roles[member.role].name}</span>
      {changes || leaves ? (
        <Deeds member={member} isMe={isMe} changes={changes} mayHandOver={mayChange && !isMe} onDeed={onDeed} />
      ) : (
        <span className="w-10 shrink-0" />
      )}
    </li>
  );
}

type DeedsProps = { member: Member; isMe: boolean; changes: boolean; mayHandOver: boolean; onDeed: (deed: Deed) => void };

function Deeds({ member, isMe, changes, mayHandOver, onDeed }: DeedsProps) {
  const put = usePutMember(member.project_id);
  const change = (role: ProjectRole) => {
    if (role === member.role) return;
    if (isMe) return onDeed({ stepDown: role }); // there is no way back by oneself
    put.mutate([{ userId: member.user_id, role }], {
      onSuccess: () => toast(`${member.display_name} is ${roles[role].a} now.`),
      onError: (error) => toast(messageOf(error), "danger"),
    });
  };
  return (
    <Menu
      trigger={
        <Button variant="quiet" size="icon" aria-label={`More for ${member.display_name}`} busy={put.isPending}>
          <Ellipsis />
        </Button>
      }
    >
      {changes && (
        <>
          <MenuLabel>Role</MenuLabel>
          <MenuChoice
            value={member.role}
            onChange={(role) => change(role as ProjectRole)}
            options={Object.entries(roles).map(([value, { name }]) => ({ value, label: name }))}
          />
          <MenuSeparator />
        </>
      )}
      {mayHandOver && (
        <MenuItem onSelect={() => onDeed("handOver")}>
          <Crown /> Hand the project over
        </MenuItem>
      )}
      {isMe ? (
        <MenuItem danger onSelect={() => onDeed("leave")}>
          <LogOut /> Leave the project
        </MenuItem>
      ) : (
        <MenuItem danger onSelect={() => onDeed("remove")}>
          <UserMinus /> Remove from the project
        </MenuItem>
      )}
    </Menu>
  );
}
