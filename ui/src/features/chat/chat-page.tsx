import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { NotFound, PageError } from "@/components/page-state";
import { Problem } from "@/lib/api";
import { socket } from "@/lib/socket";
import { threadQuery } from "@/lib/threads";
import { useTitle } from "@/lib/title";
import { Chat } from "./chat";
import { ChatSkeleton } from "./chat-skeleton";

/** The page of one chat. */
export default function ChatPage({ threadId }: { threadId: string }) {
  const thread = useQuery(threadQuery(threadId));
  useTitle(thread.data ? thread.data.title || "New chat" : undefined);
  useEffect(() => socket.subscribe(threadId), [threadId]);
  if (thread.data === null || (thread.error instanceof Problem && thread.error.status === 404)) return <NotFound what="chat" />;
  if (thread.data) return <Chat key={threadId} thread={thread.data} />;
  if (thread.isError) return <PageError what="chat" error={thread.error} onRetry={() => void thread.refetch()} />;
  return <ChatSkeleton />;
}
