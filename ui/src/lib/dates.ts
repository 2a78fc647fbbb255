// The page speaks one English, and so do its dates and times, whatever the browser is set to.
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "long" });
const dayMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const dayMonthYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

/** The day as people say it: Today, Yesterday, Tuesday, 12 March, 12 March 2025. */
export function dayLabel(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = dayNumber(now) - dayNumber(date);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(date);
}

/** The time of day: 09:05, 17:30. */
export const timeLabel = (iso: string) => time.format(new Date(iso));

/** Date and time in full, for a title or a screen reader. */
export const fullLabel = (iso: string) => full.format(new Date(iso));

/** A day of the calendar that has no time and no zone, such as 2026-11-22. */
export const dateLabel = (day: string) => dayMonthYear.format(new Date(`${day}T12:00:00`));

/** Day and time within a sentence: today, 10:32. */
export const momentLabel = (iso: string, now = new Date()) =>
  `${dayLabel(iso, now).replace(/^(Today|Yesterday)$/, (day) => day.toLowerCase())}, ${timeLabel(iso)}`;

/** How long something still holds: until today, 17:05; until 3 December. */
export function untilLabel(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = dayNumber(date) - dayNumber(now);
  if (days <= 0) return `until today, ${timeLabel(iso)}`;
  if (days === 1) return `until tomorrow, ${timeLabel(iso)}`;
  return `until ${(date.getFullYear() === now.getFullYear() ? dayMonth : dayMonthYear).format(date)}`;
}

/** The moment in so many days, as the server takes it. */
export const inDays = (days: number, now = Date.now()) => new Date(now + days * 86_400_000).toISOString();

// Counted in local days, and by the calendar: a day of 23 hours is one too.
const dayNumber = (d: Date) => Math.floor(Date.UTC(d.getFullYear(), d.getMonth(), d.getDate()) / 86_400_000);

/** Puts together what happened on one day, in the order given. */
export function byDay<T>(items: readonly T[], at: (item: T) => string, now = new Date()): { day: string; items: T[] }[] {
  const groups: { day: string; items: T[] }[] = [];
  for (const item of items) {
    const day = dayLabel(at(item), now);
    const last = groups.at(-1);
    if (last?.day === day) last.items.push(item);
    else groups.push({ day, items: [item] });
  }
  return groups;
}

/** A length of time in words: 1 s, 12 s, 2 min 5 s. */
export function durationLabel(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** Writes the moments in a sentence of the server's, such as 2026-11-30T19:55:26Z, as people do. */
export const withMoments = (text: string, now = new Date()) =>
  text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)/g, (iso) => momentLabel(iso, now));
