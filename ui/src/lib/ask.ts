import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { call, messageOf } from "./api";
import { bringHeld, dropHeld, FileTrouble, hasHeld, holdAgain } from "./attachments";
import { mayWrite, projectsQuery, useCreateProject } from "./projects";
import { useCreateThread } from "./threads";
import { toast } from "./toast";
import { uuid } from "./uuid";
import type { Project, Thread } from "./wire";

export const FIRST_PROJECT = "My first project";

/**
 * Starts a chat with its first question, and with the files that are held at `place`, and
 * goes there. Without a project it takes the one last used, or makes the first one.
 */
export function useAsk(place: string): (text: string, project?: Project) => Promise<void> {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const createProject = useCreateProject();
  const createThread = useCreateThread();
  const attempt = useRef({ text: "", project: "", thread: "" });
  const begin = useBegun(place);

  return async (text, project) => {
    // The same text again is a second try at the same thing, not a wish for two of it.
    if (attempt.current.text !== text) attempt.current = { text, project: uuid(), thread: uuid() };
    const ids = attempt.current;
    try {
      const where =
        project ?? lastUsed(await cache.ensureQueryData(projectsQuery)) ?? (await createProject.mutateAsync({ name: FIRST_PROJECT, client_id: ids.project }));
      const thread = hasHeld(place)
        ? await begin(where, text, ids.thread)
        : await createThread.mutateAsync({ project_id: where.id, initial_message: text, client_id: ids.thread });
      attempt.current = { text: "", project: "", thread: "" };
      navigate(`/threads/${thread.id}`);
    } catch (error) {
      if (!(error instanceof FileTrouble)) toast(messageOf(error), "danger"); // of a file, its own line says it
      throw error;
    }
  };
}

/**
 * Starts a chat that files go with: they need the thread before the question can be sent.
 * A second try goes on in the same thread; one that nothing came of is removed again.
 */
function useBegun(place: string) {
  const createThread = useCreateThread();
  const begun = useRef<Thread>(undefined);
  const asked = useRef(false);
  const abandon = useCallback(() => {
    // Not where the question may have arrived. What stays behind by a failure is an empty chat, and can be seen and deleted.
    if (begun.current && !asked.current) void call("DELETE", `/threads/${begun.current.id}`).catch(() => undefined);
    begun.current = undefined;
    asked.current = false;
  }, []);
  useEffect(
    () => () => {
      abandon();
      dropHeld(place);
    },
    [place, abandon],
  );
  return async (project: Project, content: string, clientId: string): Promise<Thread> => {
    if (begun.current && begun.current.project_id !== project.id) {
      abandon();
      holdAgain(place);
    }
    begun.current ??= await createThread.mutateAsync({ project_id: project.id, client_id: uuid() });
    const thread = begun.current;
    const attachments = await bringHeld(place, thread.id);
    asked.current = true;
    await call("POST", `/threads/${thread.id}/messages`, { content, attachment_ids: attachments.map((a) => a.id), client_id: clientId });
    begun.current = undefined;
    asked.current = false;
    dropHeld(place);
    return thread;
  };
}

/** The project that was talked in last, of those that the person may write in. */
export function lastUsed(projects: readonly Project[]): Project | undefined {
  const at = (p: Project) => p.last_chat_at ?? p.created_at;
  return projects.filter((p) => mayWrite(p) && !p.is_archived).reduce<Project | undefined>((best, p) => (best && at(best) >= at(p) ? best : p), undefined);
}
