import type { ReactNode } from "react";
import { NotFound } from "@/components/page-state";
import { useMe } from "@/lib/me";

/** To everyone else these pages do not exist. The server would refuse what they ask for anyway. */
export function AdminOnly({ children }: { children: ReactNode }) {
  return useMe().role === "admin" ? children : <NotFound />;
}
