import { create } from "zustand";

/** What can be done about what a toast says, such as undo it. */
export type ToastAction = { label: string; run: () => void };

export type Toast = { id: number; text: string; tone: "plain" | "danger"; action?: ToastAction | undefined };

type Toasts = { list: readonly Toast[]; dismiss: (id: number) => void };

/** How long a toast stays, in milliseconds. */
export const toastTime: Record<Toast["tone"], number> = { plain: 4000, danger: 8000 };

let next = 0;

export const useToasts = create<Toasts>()((set) => ({
  list: [],
  dismiss: (id) => set((s) => ({ list: s.list.filter((t) => t.id !== id) })),
}));

/** Shows in a corner that something was done, or was not. What belongs to a field or a place is shown there. With an action it stays longer. */
export function toast(text: string, tone: Toast["tone"] = "plain", action?: ToastAction): void {
  const id = ++next;
  // Of the same sentence one is enough, and three at once is what can be read.
  useToasts.setState((s) => ({ list: [...s.list.filter((t) => t.text !== text).slice(-2), { id, text, tone, action }] }));
  setTimeout(() => useToasts.getState().dismiss(id), toastTime[action ? "danger" : tone]);
}
