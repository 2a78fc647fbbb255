import { Redirect, Route, Switch } from "wouter";
import { NotFound } from "@/components/page-state";
import { AuditPage } from "./audit/audit-page";

/** What administrators have in front of them: people, figures, and who did what. */
export default function AdminPage() {
  return (
    <Switch>
      <Route path="/admin">
        <Redirect to="/admin/audit" replace />
      </Route>
      <Route path="/admin/audit" component={AuditPage} />
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}
