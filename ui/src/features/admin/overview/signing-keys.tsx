import { useState } from "react";
import { useDeed } from "@/components/deed";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { useRotateKeys } from "./queries";

/** A new key now rather than by schedule, for who fears that the old one is known. */
export function SigningKeys() {
  const [asking, setAsking] = useState(false);
  const [revoke, setRevoke] = useState(false);
  const rotate = useRotateKeys();
  const change = (to: boolean) => {
    setRevoke(false);
    setAsking(to);
  };
  const { run, props } = useDeed(rotate, change, (_, revoked) => (revoked ? "Signing key rotated, all access tokens revoked" : "Signing key rotated"));
  return (
    <section aria-labelledby="keys" className="mt-10 flex flex-wrap items-center justify-between gap-x-8 gap-y-3 border-line border-t pt-6">
      <div className="min-w-0 max-w-prose">
        <h2 id="keys" className="font-semibold">
          Signing key
        </h2>
        <p className="mt-1 text-muted text-sm">Signs the access tokens of sessions. It rotates automatically; rotate it now if it may have leaked.</p>
      </div>
      <Button onClick={() => setAsking(true)}>Rotate key</Button>
      <Confirm open={asking} {...props} title="Rotate the signing key?" action="Rotate key" onConfirm={() => run(revoke)} harmless={!revoke}>
        <p>New tokens are signed with it from now on. Tokens signed with the old key stay valid until they expire.</p>
        <label className="flex items-start gap-3 text-ink">
          <input type="checkbox" checked={revoke} onChange={(e) => setRevoke(e.target.checked)} className="mt-1 size-4 shrink-0 accent-accent" />
          <span>
            Revoke all access tokens now
            <span className="block text-muted text-sm">Browsers get new ones automatically. API keys keep working.</span>
          </span>
        </label>
      </Confirm>
    </section>
  );
}
