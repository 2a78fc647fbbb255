import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { PageError } from "@/components/page-state";
import { useDrop } from "@/components/use-drop";
import { attach } from "@/lib/attachments";
import { clientConfigQuery } from "@/lib/client-config";
import { isStreaming } from "@/lib/live-messages";
import { useMe } from "@/lib/me";
import { mayOwn, mayWrite as mayWriteIn, projectQuery } from "@/lib/projects";
import type { Attachment, Thread } from "@/lib/wire";
import { type ChatContext, ChatProvider } from "./chat-context";
import { ChatHeader } from "./chat-header";
import { MessagesSkeleton } from "./chat-skeleton";
import { Composer, type ComposerHandle } from "./composer";
import { ConnectionNote } from "./connection-note";
import { MessageList } from "./message-list";
import { send, useOutbox } from "./outbox";
import { useMessagesQuery, useRegenerate, useStop } from "./queries";
import { type Picks, rowsOf, withSummaries } from "./rows";
import { summariesQuery } from "./summaries";
import { SummarizingNote } from "./summarizing-note";
import type { Place } from "./target";
import { useAnnouncements } from "./use-announcements";
import { useConfirmed } from "./use-confirmed";
import { useEscape } from "./use-escape";
import { useTarget } from "./use-target";

/** A chat whose thread is known: its messages, and where one writes. */
export function Chat({ thread }: { thread: Thread }) {
  const client = useQueryClient();
  const me = useMe();
  const project = useQuery(projectQuery(thread.project_id)).data ?? undefined;
  const messages = useQuery(useMessagesQuery(thread.id));
  const waiting = useOutbox((box) => box.waiting);
  const sentAs = useOutbox((box) => box.sentAs);
  const [picks, setPicks] = useState<Picks>({});
  const composer = useRef<ComposerHandle>(null);
  const { mutate: regenerate } = useRegenerate();
  const { mutate: stop, isPending: stopping } = useStop(thread.id);

  const items = messages.data?.items;
  const hasOlder = messages.data?.hasOlder ?? false;
  const summarized = thread.summary_count > 0;
  const { data: known } = useQuery({ ...summariesQuery(thread.id), enabled: summarized });
  const summaries = summarized ? known : undefined;
  const rows = useMemo(() => {
    const mine = waiting.filter((m) => m.threadId === thread.id && m.userId === me.id);
    return items && withSummaries(rowsOf(items, picks, mine, sentAs), summaries ?? [], hasOlder);
  }, [items, picks, waiting, sentAs, thread.id, me.id, summaries, hasOlder]);
  const running = items?.find(isStreaming);
  const generating = running !== undefined;
  const asker = running && (items?.find((m) => m.id === running.parent_id) ?? running);
  const mayWrite = mayWriteIn(project) && !thread.is_archived;
  const isOwner = mayOwn(project);

  useAnnouncements(items, me.id);
  useConfirmed(items, waiting);
  useEscape(mayWrite && asker?.user_id === me.id, stop);

  const pick = useCallback((questionId: string, answerId: string) => setPicks((old) => ({ ...old, [questionId]: answerId })), []);
  // An answer beside a newer one is shown only when it is picked.
  const onFound = useCallback(({ message }: Place) => message && !message.is_user && pick(message.parent_id ?? message.id, message.id), [pick]);
  const { isSeeking, shown } = useTarget(thread.id, items !== undefined, onFound);
  const sendText = useCallback(
    (text: string, attachments?: readonly Attachment[]) => void send(client, thread.id, me.id, text, attachments),
    [client, thread.id, me.id],
  );
  const config = useQuery(clientConfigQuery).data;
  const mayAttach = mayWrite && config?.uploads === true;
  const addFiles = useCallback((files: File[]) => attach(thread.id, files, config), [thread.id, config]);
  const drop = useDrop(mayAttach, addFiles);
  const context = useMemo<ChatContext>(
    () => ({
      threadId: thread.id,
      me,
      mayWrite,
      isOwner,
      generating,
      sendText,
      pick,
      regenerate: (id) => {
        setPicks({}); // the new answer is what the reader asked to see
        regenerate(id);
        composer.current?.focus();
      },
      takeBack: (text) => composer.current?.prepend(text),
      focusComposer: () => composer.current?.focus(),
    }),
    [thread.id, me, mayWrite, isOwner, generating, sendText, pick, regenerate],
  );

  return (
    <ChatProvider value={context}>
      <div className="relative flex h-full flex-col" {...drop.handlers}>
        <ChatHeader thread={thread} project={project} mayWrite={mayWriteIn(project)} />
        {rows ? (
          <MessageList rows={rows} hasOlder={hasOlder} shown={shown} isSeeking={isSeeking} />
        ) : messages.isError ? (
          <PageError what="messages" error={messages.error} onRetry={() => void messages.refetch()} />
        ) : (
          <MessagesSkeleton />
        )}
        <div className="mx-auto w-full max-w-3xl shrink-0 px-3 pb-3 sm:px-6 sm:pb-5">
          <ConnectionNote />
          <SummarizingNote threadId={thread.id} mayWrite={mayWrite} />
          <Composer
            ref={composer}
            thread={thread}
            role={project?.role}
            generating={generating}
            stopping={stopping}
            onSend={sendText}
            onStop={stop}
            onFiles={mayAttach ? addFiles : undefined}
          />
        </div>
        {drop.over && (
          <div className="pointer-events-none absolute inset-2 z-20 grid animate-appear place-items-center rounded-xl bg-accent-soft/90 shadow-[inset_0_0_0_2px_var(--color-accent)] forced-colors:border">
            <p className="rounded-lg bg-raised px-4 py-2 font-medium text-ink shadow-float">Drop files to attach them</p>
          </div>
        )}
      </div>
    </ChatProvider>
  );
}
