import { Check, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { passwordError, passwordHint } from "@/lib/password";
import { Button } from "./ui/button";
import { Field } from "./ui/field";
import { Input } from "./ui/input";

type Props = {
  label?: string;
  name?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  /** A new one gets a hint while it is typed. */
  isNew?: boolean;
};

export function PasswordField({ label = "Password", name = "password", value, onChange, error, isNew = false }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} error={error} hint={isNew && !error && <Hint value={value} />}>
      {(control) => (
        <div className="relative">
          <Input
            {...control}
            name={name}
            type={shown ? "text" : "password"}
            autoComplete={isNew ? "new-password" : "current-password"}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
            className="pr-12"
          />
          <Button
            variant="quiet"
            size="icon"
            aria-label="Show password"
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute top-0.5 right-0.5 hover:bg-transparent"
          >
            {shown ? <EyeOff /> : <Eye />}
          </Button>
        </div>
      )}
    </Field>
  );
}

function Hint({ value }: { value: string }) {
  const fine = value !== "" && passwordError(value) === undefined;
  return (
    <span className="flex items-center gap-1.5">
      {fine && <Check aria-hidden="true" className="size-4 text-ok" />}
      {passwordHint(value)}
    </span>
  );
}
