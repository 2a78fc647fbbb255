import { useAnnouncement } from "@/lib/announce";

export function Announcer() {
  const { text } = useAnnouncement();
  return (
    <div role="status" className="only-spoken">
      {text}
    </div>
  );
}
