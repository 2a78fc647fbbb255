import { Ban, Bot, Ellipsis, KeyRound, ScrollText, ShieldCheck, ShieldOff, Trash2, Undo2, UserRound } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuSeparator } from "@/components/ui/menu";
import { useMe } from "@/lib/me";
import type { Account } from "@/lib/wire";
import { addressOf, everything } from "../audit-address";
import { AccountDialog } from "./account-dialog";
import { DeleteUser } from "./delete-user";
import { SetPassword } from "./set-password";
import { type Step, StepDialog } from "./step-dialog";
import { UserKeys } from "./user-keys";

type Shown = Step | "account" | "password" | "keys" | "delete";

/** What an administrator can do with an account; with one's own no more than cannot lock one out. */
export function UserMenu({ account }: { account: Account }) {
  const me = useMe();
  const [shown, setShown] = useState<Shown>();
  const close = () => setShown(undefined);
  const isAdmin = account.role === "admin";
  return (
    <>
      <Menu
        trigger={
          <Button variant="quiet" size="icon" aria-label={`More for ${account.username}`} className="-mr-2">
            <Ellipsis />
          </Button>
        }
      >
        <MenuItem onSelect={() => setShown("account")}>
          <UserRound /> Account and projects
        </MenuItem>
        <MenuItem asChild>
          <Link href={addressOf({ ...everything, user: account.id, who: account.username })}>
            <ScrollText /> What they did
          </Link>
        </MenuItem>
        {account.id !== me.id && (
          <>
            <MenuSeparator />
            <MenuItem onSelect={() => setShown("password")}>
              <KeyRound /> Set a new password
            </MenuItem>
            <MenuItem onSelect={() => setShown("keys")}>
              <Bot /> API keys
            </MenuItem>
            <MenuItem onSelect={() => setShown(isAdmin ? "demote" : "promote")}>
              {isAdmin ? <ShieldOff /> : <ShieldCheck />} {isAdmin ? "Make a member" : "Make an administrator"}
            </MenuItem>
            <MenuItem onSelect={() => setShown(account.is_disabled ? "enable" : "disable")}>
              {account.is_disabled ? <Undo2 /> : <Ban />} {account.is_disabled ? "Enable" : "Disable"}
            </MenuItem>
            <MenuSeparator />
            <MenuItem danger onSelect={() => setShown("delete")}>
              <Trash2 /> Delete
            </MenuItem>
          </>
        )}
      </Menu>
      <AccountDialog account={account} open={shown === "account"} onOpenChange={close} />
      <SetPassword account={account} open={shown === "password"} onOpenChange={close} />
      <UserKeys account={account} open={shown === "keys"} onOpenChange={close} />
      <StepDialog account={account} step={shown} onClose={close} />
      <DeleteUser account={account} open={shown === "delete"} onOpenChange={close} />
    </>
  );
}
