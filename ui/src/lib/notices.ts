import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/lib/api";
import type { SecurityNotice, SecurityNoticePage } from "@/lib/wire";

export const noticesKey = ["notices"] as const;

/** The newest notices of the caller: what administrators and strangers did to their account and projects. */
export const noticesQuery = queryOptions({
  queryKey: noticesKey,
  queryFn: async ({ signal }) => (await call<SecurityNoticePage>("GET", "/users/me/notices?limit=100", undefined, { signal })).notices,
  staleTime: 60_000,
});

export function useReadNotice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call<SecurityNotice>("POST", `/users/me/notices/${id}/read`, {}),
    onSuccess: (read) => cache.setQueryData(noticesQuery.queryKey, (list) => list?.map((n) => (n.id === read.id ? read : n))),
  });
}

/** Fewer wrong passwords than this are most often one's own. */
const manyAttempts = 5;

/** Whether a notice is worth a bar above every page. */
export const isPressing = (notice: SecurityNotice) => !notice.is_read && (notice.kind !== "sign_ins_failed" || notice.count >= manyAttempts);

/** A notice as a sentence. */
export function sentenceOf({ kind, by, subject, project_name, detail, count, address }: SecurityNotice): string {
  const admin = `The administrator ${by || "of this server"}`;
  const project = project_name ? `the project “${project_name}”` : "a project that you no longer see";
  switch (kind) {
    case "members_changed": {
      const [what, role] = detail.split(" ");
      if (what === "added") return `${admin} added ${subject} to ${project} as ${article(role)}.`;
      if (what === "removed") return `${admin} removed ${subject} from ${project}.`;
      return `${admin} made ${subject} ${article(role)} of ${project}.`;
    }
    case "account_changed":
      return `${admin} changed your account: ${detail}.`;
    case "api_keys_ended":
      return count === 1 && subject ? `${admin} ended your API key “${subject}”.` : `${admin} ended ${count} of your API keys.`;
    case "sign_ins_failed":
      return `${count === 1 ? "One sign-in" : `${count} sign-ins`} to your account failed${address && `, the last from ${address}`}. If that was not you, change your password.`;
  }
}

const article = (role = "") => (/^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`);
