import { Check, Copy } from "lucide-react";
import { announce } from "@/lib/announce";
import { toast } from "@/lib/toast";
import { useCopied } from "./markdown/use-copied";
import { Button } from "./ui/button";
import { Field } from "./ui/field";
import { Input } from "./ui/input";

type Props = { label: string; value: string; hint?: string };

/** Something that is shown once and has to be taken along: a key, a link, a password. */
export function Secret({ label, value, hint }: Props) {
  const [copied, copy] = useCopied();
  const take = async () => {
    if (await copy(value)) announce(`${label} copied`);
    else toast("It could not be copied. Select it, and copy it by hand.", "danger");
  };
  return (
    <Field label={label} {...(hint ? { hint } : {})}>
      {(control) => (
        <div className="flex gap-2">
          <Input
            {...control}
            readOnly
            autoFocus
            spellCheck={false}
            value={value}
            onFocus={(e) => e.target.select()}
            className="min-w-0 flex-1 font-mono text-sm!"
          />
          <Button variant="primary" className="h-11" onClick={() => void take()}>
            {copied ? <Check /> : <Copy />} {copied ? "Copied" : "Copy"}
          </Button>
        </div>
      )}
    </Field>
  );
}
