import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import type { Backup, InstanceStatus } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleList, sampleUser } from "@/testing/samples";
import AdminPage from "./admin-page";

const NOW = "2026-11-22T10:00:00.000Z";

const status: InstanceStatus = {
  version: "1.2.3",
  go_version: "go1.26.8",
  started_at: NOW,
  health: {
    status: "degraded",
    checks: {
      zeta: { status: "ok", latency_ms: 1 },
      model: { status: "degraded", latency_ms: 2000, detail: "the model server local does not answer" },
      store: { status: "ok", latency_ms: 3 },
    },
  },
  registration: "invite",
  users: { total: 12, admins: 1, disabled: 2 },
  projects: 3,
  threads: 1,
  sockets: 4,
  answers: 1,
  store_bytes: 5 * 1024 * 1024,
  disk: { free_bytes: 2 * 1024 ** 3, reserve_bytes: 64 * 1024 ** 2 },
  last_backup: null,
  audit_entries: 1234,
};

function open(at: string, routes: Routes = {}) {
  const server = fakeServer({ "GET /users/me": () => sampleUser(), "GET /admin/status": () => status, ...routes });
  const drawn = render(
    <Suspense>
      <AdminPage />
      <Toaster />
    </Suspense>,
    { at },
  );
  return { server, ...drawn };
}

beforeEach(() => vi.setSystemTime(new Date("2026-11-22T12:00:00Z")));

it("says how the parts are, the known ones first, and how much there is of what", async () => {
  open("/admin");
  expect(await screen.findByRole("heading", { name: "Running with problems" })).toBeInTheDocument();
  const parts = within(screen.getByRole("region", { name: /Running with problems/ })).getAllByRole("listitem");
  expect(parts.map((p) => p.textContent)).toEqual(["DataOK3 ms", "Model serversThe model server local does not answer.2000 ms", "ZetaOK1 ms"]);
  const figures = screen.getByRole("region", { name: "Figures" });
  for (const text of ["12", "1 administrator, 2 disabled", "1 chat", "by invite", "5 MB", "none yet", "1,234", "1.2.3"])
    expect(figures).toHaveTextContent(text);
  expect(within(figures).getByRole("link", { name: "1,234" })).toHaveAttribute("href", "/admin/audit");
});

it("asks for the status again by hand, and offers another try", async () => {
  let broken = true;
  const { user, server } = open("/admin", { "GET /admin/status": () => (broken ? problem(500, "internal", "something went wrong on the server") : status) });
  await screen.findByRole("alert");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByText("1.2.3");
  await user.click(screen.getByRole("button", { name: "Ask again" }));
  await waitFor(() => expect(server.to("GET /admin/status")).toHaveLength(3));
});

it.each([
  [false, "Signing key rotated"],
  [true, "Signing key rotated, all access tokens revoked"],
])("makes a new signing key after asking; revoke: %s", async (revoke, done) => {
  const { user, server } = open("/admin", { "POST /admin/keys/rotate": () => sampleList("keys", []) });
  await user.click(await screen.findByRole("button", { name: "Rotate key" }));
  const dialog = await screen.findByRole("dialog", { name: "Rotate the signing key?" });
  expect(server.to("POST /admin/keys/rotate")).toHaveLength(0);
  if (revoke) await user.click(within(dialog).getByRole("checkbox"));
  await user.click(within(dialog).getByRole("button", { name: "Rotate key" }));
  expect(await screen.findByText(done)).toBeInTheDocument();
  expect(server.to("POST /admin/keys/rotate").map((r) => r.body)).toEqual([{ revoke }]);
});

it("shows the backups, makes one more, and asks for none twice", async () => {
  const backups: Backup[] = [{ name: "parley-1.tar", size: 2048, made_at: NOW }];
  let finish = () => {};
  const { user, server } = open("/admin/backups", {
    "GET /admin/backups": () => sampleList("backups", backups),
    "POST /admin/backups": () =>
      new Promise((done) => {
        finish = () => {
          backups.unshift({ name: "parley-2.tar", size: 4096, made_at: NOW });
          done(json(201, backups[0]));
        };
      }),
  });
  expect(await screen.findByText("parley-1.tar")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Make a backup now" }));
  expect(await screen.findByText(/A backup is being made/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Make a backup now" }));
  await waitFor(() => expect(server.to("POST /admin/backups")).toHaveLength(1));
  finish();
  expect(await screen.findByText("The backup is made and proven good: parley-2.tar")).toBeInTheDocument();
  expect(await screen.findByText("4 KB")).toBeInTheDocument();
  expect(server.to("POST /admin/backups")).toHaveLength(1);
  expect(screen.queryByText(/A backup is being made/)).toBeNull();
});

it("says why a backup could not be made", async () => {
  const { user } = open("/admin/backups", {
    "GET /admin/backups": () => sampleList("backups", []),
    "POST /admin/backups": () => problem(503, "unavailable", "there is no room in the folder of backups"),
  });
  expect(await screen.findByText("There is no backup yet.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Make a backup now" }));
  expect(await screen.findByText("There is no room in the folder of backups.")).toBeInTheDocument();
});

it("says who had how much of which model, page by page", async () => {
  const row = (user_id: string, username: string) => ({
    cursor: `${user_id}/llama`,
    user_id,
    username,
    display_name: username,
    model: "llama",
    answers: 3,
    prompt_tokens: 1200,
    completion_tokens: 345,
  });
  const { user, server } = open("/admin/usage", {
    "GET /admin/usage": ({ query }) => ({
      usage: [query.has("after") ? row("2", "") : row("1", "ann")],
      from: "",
      to: "",
      sum: { answers: 6, prompt_tokens: 2400, completion_tokens: 690 },
      total: 2,
      has_more: !query.has("after"),
    }),
  });
  expect(await screen.findByRole("row", { name: "ann llama 3 1,200 345" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Show more" }));
  expect(await screen.findByRole("row", { name: "A deleted account llama 3 1,200 345" })).toBeInTheDocument();
  expect(server.to("GET /admin/usage").map((r) => Object.fromEntries(r.query))).toEqual([
    { from: "2026-10-24", to: "2026-11-22", limit: "100" },
    { from: "2026-10-24", to: "2026-11-22", limit: "100", after: "1/llama" },
  ]);
});

it("says that nobody asked a model anything", async () => {
  open("/admin/usage", { "GET /admin/usage": () => ({ ...sampleList("usage", []), sum: { answers: 0, prompt_tokens: 0, completion_tokens: 0 } }) });
  expect(await screen.findByText("No model was asked anything.")).toBeInTheDocument();
});

it("goes from one page of the administration to another, and knows which it is on", async () => {
  const { user } = open("/admin", { "GET /admin/backups": () => sampleList("backups", []) });
  const nav = screen.getByRole("navigation", { name: "Administration" });
  expect(within(nav).getByRole("link", { current: "page" })).toHaveTextContent("Overview");
  await user.click(within(nav).getByRole("link", { name: "Backups" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Backups" })).toBeInTheDocument();
  expect(within(screen.getByRole("navigation")).getByRole("link", { current: "page" })).toHaveTextContent("Backups");
});
