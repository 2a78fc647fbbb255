import { useQuery } from "@tanstack/react-query";
import { fullLabel, momentLabel } from "@/lib/dates";
import { noticesQuery, sentenceOf } from "@/lib/notices";

/** What others did to one's account and projects, read or not. */
export function Notices() {
  const { data } = useQuery(noticesQuery);
  if (!data || data.length === 0) return null;
  return (
    <section aria-labelledby="notices" className="mt-10">
      <h2 id="notices" className="mb-3 font-semibold">
        Notices
      </h2>
      <ul className="border-line border-t">
        {data.map((notice) => (
          <li key={notice.id} className="border-line border-b py-3 text-sm">
            <p className="[overflow-wrap:anywhere]">{sentenceOf(notice)}</p>
            <p className="text-faint" title={fullLabel(notice.updated_at)}>
              {notice.count > 1 && `Since ${momentLabel(notice.created_at)} · last `}
              {momentLabel(notice.updated_at)}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
