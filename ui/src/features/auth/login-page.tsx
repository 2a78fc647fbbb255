import { useQuery } from "@tanstack/react-query";
import { Link, Redirect, useLocation } from "wouter";
import { PasswordField } from "@/components/password-field";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Notice } from "@/components/ui/notice";
import { Problem } from "@/lib/api";
import { useForm } from "@/lib/form";
import { setupQuery, useSignIn } from "@/lib/me";
import { nextPath } from "@/lib/next";
import { AuthLayout } from "./auth-layout";

export default function LoginPage() {
  const setup = useQuery(setupQuery);
  if (setup.data?.required) return <Redirect to="/setup" replace />;
  return (
    <AuthLayout title="Sign in" intro={nextPath() === "/" ? undefined : "Then you go on where you were."}>
      <LoginForm />
      {setup.data && setup.data.registration !== "closed" && (
        <p className="mt-5 text-sm">
          No account yet?{" "}
          <Link href="/register" className="font-medium text-accent underline underline-offset-4 hover:no-underline">
            {setup.data.registration === "open" ? "Make one" : "Use an invite"}
          </Link>
        </p>
      )}
    </AuthLayout>
  );
}

function LoginForm() {
  const signIn = useSignIn();
  const [, navigate] = useLocation();
  const form = useForm({ login: "", password: "" }, (v) => ({
    login: v.login.trim() ? undefined : "Enter your email or user name.",
    password: v.password ? undefined : "Enter your password.",
  }));
  const send = async (values: typeof form.values) => {
    try {
      await signIn.mutateAsync({ login: values.login.trim(), password: values.password });
    } catch (error) {
      form.set("password", "");
      document.querySelector<HTMLElement>("[name=password]")?.focus();
      throw error;
    }
    navigate(nextPath(), { replace: true });
  };
  return (
    <form noValidate onSubmit={form.submit(send)} className="flex flex-col gap-5">
      {form.failure && <Notice>{wrong(signIn.error) ?? form.failure}</Notice>}
      <Field label="Email or user name" error={form.errors.login}>
        {(control) => (
          <Input
            {...control}
            name="login"
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            autoFocus
            required
            value={form.values.login}
            onChange={(event) => form.set("login", event.target.value)}
          />
        )}
      </Field>
      <PasswordField value={form.values.password} onChange={(v) => form.set("password", v)} error={form.errors.password} />
      <Button type="submit" variant="primary" size="lg" busy={signIn.isPending}>
        Sign in
      </Button>
      <p className="text-faint text-sm">Forgotten your password? An administrator can set a new one.</p>
    </form>
  );
}

/** The server does not say which of the two was wrong; nor do we. */
function wrong(error: unknown): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  if (error.status === 401) return "These do not match. Check both and try again.";
  if (error.status === 429) return `Too many tries. Wait ${waiting(error.retryAfter)} and try again.`;
  return undefined;
}

const waiting = (seconds = 60) => (seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`);
