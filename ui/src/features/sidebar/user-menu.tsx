import { useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, Monitor, Moon, ShieldCheck, Sun, UserRound } from "lucide-react";
import { Link, useLocation } from "wouter";
import { Avatar } from "@/components/avatar";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@/components/ui/menu";
import { messageOf } from "@/lib/api";
import { useMe, useSignOut } from "@/lib/me";
import { socket } from "@/lib/socket";
import { type Theme, useTheme } from "@/lib/theme";
import { toast } from "@/lib/toast";
import { ConnectionDot } from "./connection-dot";

const themes = [
  { value: "system", label: "As the system", icon: <Monitor /> },
  { value: "light", label: "Light", icon: <Sun /> },
  { value: "dark", label: "Dark", icon: <Moon /> },
] as const;

export function UserMenu() {
  const me = useMe();
  const { theme, choose } = useTheme();
  const signOut = useSignOutHere();
  return (
    <Menu
      align="start"
      side="top"
      className="w-64"
      trigger={
        <button
          type="button"
          aria-label={`${me.display_name}: profile, theme, sign out`}
          className="flex h-12 w-full items-center gap-3 rounded-md px-2 text-left hover:bg-press/60 data-[state=open]:bg-press"
        >
          <Avatar name={me.display_name} id={me.id} />
          <span className="min-w-0 flex-1 truncate font-medium text-sm">{me.display_name}</span>
          <ConnectionDot />
          <ChevronsUpDown aria-hidden="true" className="size-4 text-faint" />
        </button>
      }
    >
      <MenuLabel>{me.email}</MenuLabel>
      <MenuItem asChild>
        <Link href="/settings">
          <UserRound /> Profile and settings
        </Link>
      </MenuItem>
      {me.role === "admin" && (
        <MenuItem asChild>
          <Link href="/admin">
            <ShieldCheck /> Administration
          </Link>
        </MenuItem>
      )}
      <MenuSeparator />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice value={theme} onChange={(t) => choose(t as Theme)} options={themes} />
      <MenuSeparator />
      <MenuItem onSelect={signOut}>
        <LogOut /> Sign out
      </MenuItem>
    </Menu>
  );
}

function useSignOutHere(): () => void {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const signOut = useSignOut();
  return () => {
    // Before the server does it: a line that it ends would be taken for a session that was lost.
    socket.stop();
    signOut.mutate(undefined, {
      onSuccess: () => {
        navigate("/login");
        cache.clear();
      },
      onError: (error) => {
        socket.start();
        toast(`You are still signed in. ${messageOf(error)}`, "danger");
      },
    });
  };
}
