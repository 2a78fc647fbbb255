import type { ComponentProps } from "react";
import { Area, type Section } from "@/components/area";

const sections: Section[] = [
  { href: "/admin", name: "Overview" },
  { href: "/admin/users", name: "Users" },
  { href: "/admin/invites", name: "Invites" },
  { href: "/admin/usage", name: "Usage" },
  { href: "/admin/backups", name: "Backups" },
  { href: "/admin/audit", name: "Audit" },
];

/** The frame of every page of the administration. */
export function AdminArea(props: Omit<ComponentProps<typeof Area>, "area" | "sections">) {
  return <Area area="Administration" sections={sections} className="max-w-5xl" {...props} />;
}
