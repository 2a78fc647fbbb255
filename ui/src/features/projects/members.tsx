import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Skeleton } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api";
import { useMe } from "@/lib/me";
import { mayOwn } from "@/lib/projects";
import type { Member, Project } from "@/lib/wire";
import { AddMember } from "./add-member";
import { type Deed, MemberDeed } from "./member-deed";
import { MemberRow } from "./member-row";
import { membersQuery } from "./queries";

/** Who is in the project, and, for its owners, who is to be. */
export default function Members({ project }: { project: Project }) {
  const me = useMe();
  const members = useQuery(membersQuery(project.id));
  const [adding, setAdding] = useState(false);
  const [deed, setDeed] = useState<{ what: Deed; member: Member }>();
  const isOwner = mayOwn(project);
  const owners = members.data?.filter((m) => m.role === "owner").length ?? 0;
  return (
    <section aria-labelledby="members" className="mt-8">
      <div className="mb-4 flex min-h-10 items-center justify-between gap-4">
        <h2 id="members" className="flex items-baseline gap-2.5 font-semibold text-lg">
          Members {members.data && <span className="figures text-faint">{members.data.length}</span>}
        </h2>
        {isOwner && (
          <Button variant="primary" onClick={() => setAdding(true)}>
            Add a member
          </Button>
        )}
      </div>
      <p className="mb-5 max-w-prose text-muted text-sm">
        Viewers read. Editors also write, rename and archive. Owners also delete, change the project and say who is in it. A private chat is seen only by who
        made it.
      </p>
      {members.isPending && <MembersSkeleton />}
      {members.isError && !members.data && <Notice onRetry={() => void members.refetch()}>{messageOf(members.error)}</Notice>}
      <ul>
        {members.data?.map((member) => (
          <MemberRow
            key={member.user_id}
            member={member}
            isMe={member.user_id === me.id}
            mayChange={isOwner}
            isLastOwner={member.role === "owner" && owners === 1}
            onDeed={(what) => setDeed({ what, member })}
          />
        ))}
      </ul>
      <AddMember project={project} members={members.data ?? []} open={adding} onOpenChange={setAdding} />
      {deed && <MemberDeed project={project} member={deed.member} deed={deed.what} onClose={() => setDeed(undefined)} />}
    </section>
  );
}

function MembersSkeleton() {
  return (
    <div className="flex flex-col gap-6 border-line border-t py-5">
      {["w-1/3", "w-1/4", "w-2/5"].map((width) => (
        <div key={width} className="flex items-center gap-4">
          <Skeleton className="size-8 rounded-full" />
          <Skeleton className={width} />
        </div>
      ))}
    </div>
  );
}
