import { MessageSquarePlus, ScrollText } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { askForSummary } from "@/lib/summarize";
import type { Thread } from "@/lib/wire";
import { useContinueChat } from "./continue-chat";

type Props = { thread: Thread; hint?: string; onSummarise?: () => void };

/** What makes a chat fit into what its model reads. hint says how to stay while a new chat is being prepared. */
export function ContextActions({ thread, hint, onSummarise }: Props) {
  const next = useContinueChat(thread);
  return (
    <div>
      {next.error && <Notice className="mb-3">{messageOf(next.error)}</Notice>}
      <div className="flex flex-col gap-2 sm:flex-row">
        <Button
          onClick={() => {
            void askForSummary(thread.id);
            onSummarise?.();
          }}
        >
          <ScrollText /> Summarise now
        </Button>
        <Button className="h-auto min-h-10 whitespace-normal py-1.5 text-left" busy={next.isPending} onClick={next.start}>
          <MessageSquarePlus /> Continue in a new chat with the summary
        </Button>
      </div>
      <p role="status" className="mt-2 text-muted text-xs">
        {next.isPending ? `Summarising this chat. The new chat opens when the summary is ready${hint ? `; ${hint}` : ""}.` : ""}
      </p>
    </div>
  );
}
