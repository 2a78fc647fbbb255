import { type FormEvent, useState } from "react";
import { messageOf, Problem } from "./api";

type Errors<T> = { [K in keyof T]?: string | undefined };

/**
 * The state of a form: its values, what is wrong with each of them, and what is wrong
 * with the whole. `check` is asked on sending; the server's word on a field is shown until
 * that field changes.
 */
export function useForm<T extends Record<string, string>>(start: T, check: (values: T) => Errors<T> = () => ({})) {
  const [values, setValues] = useState(start);
  const [errors, setErrors] = useState<Errors<T>>({});
  const [failure, setFailure] = useState<string>();

  const set = (name: keyof T, value: string) => {
    setValues((v) => ({ ...v, [name]: value }));
    setErrors((e) => ({ ...e, [name]: undefined }));
  };

  const refuse = (error: unknown) => {
    const found = error instanceof Problem ? Object.fromEntries(Object.keys(start).map((name) => [name, error.field(name)])) : {};
    const some = Object.values(found).some(Boolean);
    setErrors(found as Errors<T>);
    setFailure(some ? undefined : messageOf(error));
    focusFirstInvalid();
  };

  /** For a form's onSubmit: checks, then sends. */
  const submit = (send: (values: T) => Promise<unknown>) => async (event: FormEvent) => {
    event.preventDefault();
    const wrong = check(values);
    setErrors(wrong);
    setFailure(undefined);
    if (Object.values(wrong).some(Boolean)) return focusFirstInvalid();
    await send(values).catch(refuse);
  };

  const reset = (to: T = start) => {
    setValues(to);
    setErrors({});
    setFailure(undefined);
  };

  return { values, errors, failure, set, submit, reset };
}

/** After the errors are drawn: the keyboard goes where there is something to mend. */
function focusFirstInvalid() {
  setTimeout(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus(), 0);
}
