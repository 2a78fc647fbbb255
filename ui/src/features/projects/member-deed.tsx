import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { Confirm } from "@/components/ui/confirm";
import { useMe } from "@/lib/me";
import { dropProject } from "@/lib/projects";
import { toast } from "@/lib/toast";
import type { Member, Project, ProjectRole } from "@/lib/wire";
import { usePutMember, useRemoveMember } from "./queries";
import { roles } from "./roles";

/** What is asked about before it is done to a member: it cannot be taken back, or not by oneself. */
export type Deed = "remove" | "leave" | "handOver" | { stepDown: ProjectRole };

type Props = { project: Project; member: Member; deed: Deed; onClose: () => void };

export function MemberDeed(props: Props) {
  switch (props.deed) {
    case "remove":
      return <Remove {...props} />;
    case "leave":
      return <Leave {...props} />;
    case "handOver":
      return <HandOver {...props} />;
    default:
      return <StepDown {...props} role={props.deed.stepDown} />;
  }
}

function Remove({ project, member, onClose }: Props) {
  const remove = useRemoveMember(project.id, () => {
    toast(`${member.display_name} is no longer in ${project.name}.`);
    onClose();
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Remove ${member.display_name}?`}
      action="Remove"
      onConfirm={() => remove.mutate(member.user_id)}
      busy={remove.isPending}
      error={remove.error}
    >
      <p>
        {member.display_name} will no longer see {project.name}, at once. What they wrote stays.
      </p>
    </Confirm>
  );
}

function Leave({ project, member, onClose }: Props) {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const leave = useRemoveMember(project.id, () => {
    onClose();
    toast(`You have left ${project.name}.`);
    navigate("/");
    dropProject(cache, project.id);
  });
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Leave ${project.name}?`}
      action="Leave the project"
      onConfirm={() => leave.mutate(member.user_id)}
      busy={leave.isPending}
      error={leave.error}
    >
      <p>You will no longer see it or its chats. What you wrote stays. An owner can take you in again.</p>
    </Confirm>
  );
}

function HandOver({ project, member, onClose }: Props) {
  const me = useMe();
  const put = usePutMember(project.id);
  // In this order: a project is never without an owner.
  const changes = [
    { userId: member.user_id, role: "owner" },
    { userId: me.id, role: "editor" },
  ] as const;
  const done = () => {
    toast(`${member.display_name} is an owner of ${project.name} now, and you are an editor.`);
    onClose();
  };
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Hand ${project.name} over?`}
      action="Hand it over"
      onConfirm={() => put.mutate(changes, { onSuccess: done })}
      busy={put.isPending}
      error={put.error}
    >
      <p>
        {member.display_name} becomes {member.role === "owner" ? "the one who goes on as an owner" : "an owner"}, and you become an editor. Only an owner can
        change that again.
      </p>
    </Confirm>
  );
}

function StepDown({ project, member, onClose, role }: Props & { role: ProjectRole }) {
  const put = usePutMember(project.id);
  const done = () => {
    toast(`You are ${roles[role].a} now.`);
    onClose();
  };
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Become ${roles[role].a}?`}
      action={`Become ${roles[role].a}`}
      onConfirm={() => put.mutate([{ userId: member.user_id, role }], { onSuccess: done })}
      busy={put.isPending}
      error={put.error}
    >
      <p>You will no longer be an owner of {project.name}. Only another owner can change that again.</p>
    </Confirm>
  );
}
