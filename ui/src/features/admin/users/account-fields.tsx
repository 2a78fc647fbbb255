import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

type Names = { username: string; email: string };

type Props = {
  values: Names;
  errors: Partial<Record<keyof Names, string | undefined>>;
  onChange: (name: keyof Names, value: string) => void;
  autoFocus?: boolean;
};

export function AccountFields({ values, errors, onChange, autoFocus = false }: Props) {
  return (
    <>
      <Field label="User name" error={errors.username}>
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus={autoFocus}
            value={values.username}
            onChange={(e) => onChange("username", e.target.value)}
          />
        )}
      </Field>
      <Field label="Email" error={errors.email}>
        {(control) => <Input {...control} type="email" autoComplete="off" value={values.email} onChange={(e) => onChange("email", e.target.value)} />}
      </Field>
    </>
  );
}

export function checkAccount({ username, email }: Names) {
  return {
    username: username.trim() ? undefined : "Enter a user name.",
    email: email.includes("@") ? undefined : "Enter an email address such as ann@example.org.",
  };
}
