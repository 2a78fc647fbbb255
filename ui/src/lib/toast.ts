import { create } from "zustand";

export type Toast = { id: number; text: string; tone: "plain" | "danger" };

type Toasts = { list: readonly Toast[]; dismiss: (id: number) => void };

/** How long a toast stays, in milliseconds. */
export const toastTime: Record<Toast["tone"], number> = { plain: 4000, danger: 8000 };

let next = 0;

export const useToasts = create<Toasts>()((set) => ({
  list: [],
  dismiss: (id) => set((s) => ({ list: s.list.filter((t) => t.id !== id) })),
}));

/** Says in a corner that something was done, or was not. For what belongs to a field or a place, show it there. */
export function toast(text: string, tone: Toast["tone"] = "plain"): void {
  const id = ++next;
  // Of the same sentence one is enough, and three at once is what can be read.
  useToasts.setState((s) => ({ list: [...s.list.filter((t) => t.text !== text).slice(-2), { id, text, tone }] }));
  setTimeout(() => useToasts.getState().dismiss(id), toastTime[tone]);
}
