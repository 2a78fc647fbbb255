import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { ErrorBoundary } from "@/components/error-boundary";
import { NotFound } from "@/components/page-state";
import { AdminOnly } from "./admin-only";
import { Gate } from "./gate";
import { Providers } from "./providers";
import { Shell } from "./shell";
import { Waiting } from "./waiting";

const SetupPage = lazy(() => import("@/features/auth/setup-page"));
const LoginPage = lazy(() => import("@/features/auth/login-page"));
const RegisterPage = lazy(() => import("@/features/auth/register-page"));
const DashboardPage = lazy(() => import("@/features/dashboard/dashboard-page"));
const ProjectPage = lazy(() => import("@/features/projects/project-page"));
const ChatPage = lazy(() => import("@/features/chat/chat-page"));
const SettingsPage = lazy(() => import("@/features/settings/settings-page"));
const AdminPage = lazy(() => import("@/features/admin/admin-page"));

export function App() {
  return (
    <Providers>
      <ErrorBoundary>
        <Suspense fallback={<Waiting />}>
          <Routes />
        </Suspense>
      </ErrorBoundary>
    </Providers>
  );
}

export function Routes() {
  return (
    <Switch>
      <Route path="/setup" component={SetupPage} />
      <Route path="/login" component={LoginPage} />
      <Route path="/register" component={RegisterPage} />
      <Route>
        <Gate>
          <Shell>
            <Switch>
              <Route path="/" component={DashboardPage} />
              <Route path="/projects/:id/:section?">{({ id, section }) => <ProjectPage key={id} projectId={id} section={section} />}</Route>
              <Route path="/threads/:id">{({ id }) => <ChatPage threadId={id} />}</Route>
              <Route path="/settings/*?" component={SettingsPage} />
              <Route path="/admin/*?">
                <AdminOnly>
                  <AdminPage />
                </AdminOnly>
              </Route>
              <Route>
                <NotFound />
              </Route>
            </Switch>
          </Shell>
        </Gate>
      </Route>
    </Switch>
  );
}
