/** What the audit is searched for; "" does not matter. It stands in the address, so that it survives a reload and can be sent to somebody. */
export type AuditFilter = {
  /** Whose doings: an id. */
  user: string;
  /** What to call them; names change, and may be gone. */
  who: string;
  action: string;
  /** The first and the last day, in local time: 2026-11-22. */
  from: string;
  to: string;
};

export const everything: AuditFilter = { user: "", who: "", action: "", from: "", to: "" };

const names = Object.keys(everything) as (keyof AuditFilter)[];

export function readFilter(search: string): AuditFilter {
  const params = new URLSearchParams(search);
  const found = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""])) as AuditFilter;
  return { ...found, from: dayOr(found.from), to: dayOr(found.to), who: found.user && found.who };
}

/** The address of the page that shows this. */
export function addressOf(filter: AuditFilter): string {
  const params = new URLSearchParams(names.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));
  return params.size > 0 ? `/admin/audit?${params}` : "/admin/audit";
}

export const isFiltered = (filter: AuditFilter) => names.some((name) => filter[name] !== "");

/** The filter as the server takes it: days become moments. */
export function paramsOf({ user, action, from, to }: AuditFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (user) params.set("user_id", user);
  if (action) params.set("action", action);
  if (from) params.set("from", midnight(from).toISOString());
  if (to) params.set("to", midnight(to, 1).toISOString());
  return params;
}

/** The beginning of a local day, or of one `later`. By the calendar: a day of 23 hours is one too. */
function midnight(day: string, later = 0): Date {
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date;
}

/** An address may say anything. */
const dayOr = (text: string) => (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(midnight(text).getTime()) ? text : "");
