/** The colours that the server knows for projects, by name; how they look is in styles.css. */
export const projectColors = ["slate", "rose", "amber", "green", "teal", "blue", "violet"] as const;

export type ProjectColor = (typeof projectColors)[number];

/** The CSS colour of a project. A name that a newer server has made up is shown as slate. */
export function projectColor(name: string): string {
  const known = (projectColors as readonly string[]).includes(name) ? name : "slate";
  return `var(--color-project-${known})`;
}
