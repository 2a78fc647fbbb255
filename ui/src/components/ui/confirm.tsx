import { type ReactNode, useRef } from "react";
import { messageOf } from "@/lib/api";
import { Button } from "./button";
import { Dialog, DialogActions } from "./dialog";
import { Notice } from "./notice";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will be, in whole sentences. */
  children: ReactNode;
  /** The verb on the button, for example "Delete chat". */
  action: string;
  onConfirm: () => void;
  busy?: boolean;
  error?: unknown;
  /** Holds the button back until the person has done more than click. */
  ready?: boolean;
  /** Nothing is lost by it, but it should be meant. */
  harmless?: boolean;
};

/** Asks before something that cannot be undone. */
export function Confirm({ open, onOpenChange, title, children, action, onConfirm, busy = false, error, ready = true, harmless = false }: Props) {
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} className="sm:max-w-md" initialFocus={cancel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) onConfirm();
        }}
      >
        <div className="flex flex-col gap-4 text-muted">{children}</div>
        {error != null && <Notice className="mt-4">{messageOf(error)}</Notice>}
        <DialogActions>
          <Button type="submit" variant={harmless ? "primary" : "danger"} busy={busy} disabled={!ready}>
            {action}
          </Button>
          <Button ref={cancel} onClick={() => onOpenChange(false)}>
            Cancel
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
