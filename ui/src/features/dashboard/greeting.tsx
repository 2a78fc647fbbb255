const today = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

export function Greeting({ name, isNew, now = new Date() }: { name: string; isNew: boolean; now?: Date }) {
  return (
    <header className="mb-7">
      <p className="text-faint text-sm">{today.format(now)}</p>
      <h1 className="mt-1 font-semibold text-3xl">
        {isNew ? "Welcome" : partOfDay(now.getHours())}, {name}.
      </h1>
      {isNew && <p className="mt-3 max-w-prose text-lg text-muted">Ask something and see. The first answer is a minute away.</p>}
    </header>
  );
}

function partOfDay(hour: number): string {
  if (hour < 5) return "Good evening"; // for whoever is still up
  if (hour < 12) return "Good morning";
  if (hour < 18) return "Good afternoon";
  return "Good evening";
}
