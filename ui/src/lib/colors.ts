import type { ProjectColor } from "./wire";

/** The colours that the server knows for projects, by name; how they look is in styles.css. */
export const projectColors: readonly ProjectColor[] = ["slate", "rose", "amber", "green", "teal", "blue", "violet"];

export const isProjectColor = (name: string): name is ProjectColor => (projectColors as readonly string[]).includes(name);

/** The CSS colour of a project. A name that a newer server has made up is shown as slate. */
export function projectColor(name: string): string {
  return `var(--color-project-${isProjectColor(name) ? name : "slate"})`;
}
