import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { buttonClass } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { messageOf } from "@/lib/api";
import { setupQuery } from "@/lib/me";
import { AuthLayout } from "./auth-layout";
import { FormSkeleton } from "./form-skeleton";
import { SetupForm } from "./setup-form";

export default function SetupPage() {
  const setup = useQuery(setupQuery);
  if (setup.data?.required === false) return <AlreadySetUp />;
  return (
    <AuthLayout title="Set up Parley" intro="Make the first account. It is the administrator’s: it can invite others and change settings.">
      {setup.isPending && <FormSkeleton />}
      {setup.isError && <Notice onRetry={() => void setup.refetch()}>{messageOf(setup.error)}</Notice>}
      {setup.data && <SetupForm />}
    </AuthLayout>
  );
}

function AlreadySetUp() {
  return (
    <AuthLayout
      title="Parley is set up already"
      intro="The set-up link works once, for the first account. Sign in with yours, or ask an administrator for one."
    >
      <Link href="/login" className={buttonClass("primary", "lg", "w-full no-underline")}>
        Go to sign-in
      </Link>
    </AuthLayout>
  );
}
