import { useDeleteThread } from "@/lib/threads";
import { toast } from "@/lib/toast";
import type { Thread } from "@/lib/wire";
import { Confirm } from "./ui/confirm";

type Props = { thread: Thread; open: boolean; onOpenChange: (open: boolean) => void; onDeleted?: () => void };

export function DeleteThread({ thread, open, onOpenChange, onDeleted }: Props) {
  const remove = useDeleteThread(thread.id, () => {
    onOpenChange(false);
    toast("Chat deleted.");
    onDeleted?.();
  });
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title="Delete this chat?"
      action="Delete chat"
      onConfirm={() => remove.mutate()}
      busy={remove.isPending}
      error={remove.error}
    >
      <p>
        <strong className="font-medium text-ink">{thread.title || "New chat"}</strong> and all its messages will be gone for everyone, for good. To put it away
        and keep it, archive it instead.
      </p>
    </Confirm>
  );
}
