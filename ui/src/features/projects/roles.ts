import type { ProjectRole } from "@/lib/wire";

/** The roles in a project, from the most that one may do to the least. */
export const roles: Record<ProjectRole, { name: string; a: string; may: string }> = {
  owner: { name: "Owner", a: "an owner", may: "does everything" },
  editor: { name: "Editor", a: "an editor", may: "reads and writes" },
  viewer: { name: "Viewer", a: "a viewer", may: "reads" },
};
