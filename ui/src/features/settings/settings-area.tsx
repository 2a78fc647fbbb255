import type { ComponentProps } from "react";
import { Area, type Section } from "@/components/area";

const sections: Section[] = [
  { href: "/settings", name: "Profile" },
  { href: "/settings/sessions", name: "Sessions" },
  { href: "/settings/api-keys", name: "API keys" },
  { href: "/settings/usage", name: "Usage" },
];

/** The frame of every page of the settings. */
export function SettingsArea(props: Omit<ComponentProps<typeof Area>, "area" | "sections">) {
  return <Area area="Settings" sections={sections} {...props} />;
}
