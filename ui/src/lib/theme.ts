import { create } from "zustand";

export type Theme = "system" | "light" | "dark";

const KEY = "parley-theme"; // public/theme.js reads it before the first paint

type ThemeState = { theme: Theme; choose: (theme: Theme) => void };

export const useTheme = create<ThemeState>()((set) => ({
  theme: stored(),
  choose: (theme) => {
    apply(theme);
    try {
      if (theme === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice lasts as long as the page.
    }
    set({ theme });
  },
}));

function stored(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** Follows a choice made in another tab. Returns how to stop that. */
export function followTheme(): () => void {
  const follow = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    const theme = event.newValue === "light" || event.newValue === "dark" ? event.newValue : "system";
    apply(theme);
    useTheme.setState({ theme });
  };
  window.addEventListener("storage", follow);
  return () => window.removeEventListener("storage", follow);
}
