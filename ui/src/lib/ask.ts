import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useLocation } from "wouter";
import { messageOf } from "./api";
import { mayWrite, projectsQuery, useCreateProject } from "./projects";
import { useCreateThread } from "./threads";
import { toast } from "./toast";
import { uuid } from "./uuid";
import type { Project } from "./wire";

export const FIRST_PROJECT = "My first project";

/**
 * Starts a chat with its first question and goes there. Without a project it takes
 * the one last used, or makes the first one.
 */
export function useAsk(): (text: string, project?: Project) => Promise<void> {
  const cache = useQueryClient();
  const [, navigate] = useLocation();
  const createProject = useCreateProject();
  const createThread = useCreateThread();
  const attempt = useRef({ text: "", project: "", thread: "" });

  return async (text, project) => {
    // The same text again is a second try at the same thing, not a wish for two of it.
    if (attempt.current.text !== text) attempt.current = { text, project: uuid(), thread: uuid() };
    const ids = attempt.current;
    try {
      const where =
        project ?? lastUsed(await cache.ensureQueryData(projectsQuery)) ?? (await createProject.mutateAsync({ name: FIRST_PROJECT, client_id: ids.project }));
      const thread = await createThread.mutateAsync({ project_id: where.id, initial_message: text, client_id: ids.thread });
      attempt.current = { text: "", project: "", thread: "" };
      navigate(`/threads/${thread.id}`);
    } catch (error) {
      toast(messageOf(error), "danger");
      throw error;
    }
  };
}

/** The project that was talked in last, of those that the person may write in. */
export function lastUsed(projects: readonly Project[]): Project | undefined {
  const at = (p: Project) => p.last_chat_at ?? p.created_at;
  return projects.filter((p) => mayWrite(p) && !p.is_archived).reduce<Project | undefined>((best, p) => (best && at(best) >= at(p) ? best : p), undefined);
}
