import { useInfiniteQuery } from "@tanstack/react-query";
import { recentThreads } from "@/lib/threads";
import { NavHeading, NavLink } from "./nav-link";
import { Waiting } from "./project-links";

export function RecentLinks() {
  const recent = useInfiniteQuery(recentThreads);
  if (recent.data?.threads.length === 0) return null;
  return (
    <section>
      <NavHeading>Recent</NavHeading>
      {recent.isPending && <Waiting />}
      {recent.isError && !recent.data && <p className="px-3 py-2 text-faint text-sm">Chats did not load.</p>}
      <ul>
        {recent.data?.threads.map((t) => (
          <li key={t.id}>
            <NavLink href={`/threads/${t.id}`} title={t.title}>
              <span dir="auto" className="truncate">
                {t.title || "New chat"}
              </span>
            </NavLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
