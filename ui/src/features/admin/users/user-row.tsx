import { Avatar } from "@/components/avatar";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/lib/cn";
import { dayLabel, fullLabel } from "@/lib/dates";
import { useMe } from "@/lib/me";
import type { Account } from "@/lib/wire";
import { UserMenu } from "./user-menu";

export function UserRow({ account }: { account: Account }) {
  const me = useMe();
  return (
    <li className="flex items-center gap-3 border-line border-b py-3 sm:gap-4">
      <Avatar name={account.display_name} id={account.is_disabled ? undefined : account.id} className={cn(account.is_disabled && "bg-sunken text-faint")} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className={cn("min-w-0 truncate font-medium", account.is_disabled && "text-muted")}>{account.display_name}</span>
          {account.display_name !== account.username && <span className="truncate text-faint text-sm">@{account.username}</span>}
          {account.id === me.id && <Badge>You</Badge>}
          {account.role === "admin" && <Badge tone="accent">Administrator</Badge>}
          {account.is_disabled && <Badge tone="warning">Disabled</Badge>}
        </p>
        <p className="truncate text-faint text-sm" title={account.email}>
          {account.email}
        </p>
      </div>
      <time dateTime={account.created_at} title={fullLabel(account.created_at)} className="hidden shrink-0 text-faint text-sm sm:block">
        <span className="only-spoken">Since </span>
        {dayLabel(account.created_at)}
      </time>
      <UserMenu account={account} />
    </li>
  );
}
