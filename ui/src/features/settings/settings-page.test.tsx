import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import type { ApiKey, Session } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleId, sampleList, sampleUser } from "@/testing/samples";
import SettingsPage from "./settings-page";

const NOW = "2026-11-22T10:00:00.000Z";
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

const sampleSession = (over: Partial<Session> = {}): Session => ({
  id: sampleId(),
  user_agent: firefox,
  address: "192.0.2.7",
  is_current: false,
  created_at: NOW,
  last_seen_at: NOW,
  ...over,
});

const sampleKey = (over: Partial<ApiKey> = {}): ApiKey => ({
  id: sampleId(),
  name: "CI",
  scopes: ["read", "write"],
  is_current: false,
  expires_at: null,
  last_used_at: null,
  created_at: NOW,
  ...over,
});

function open(at: string, routes: Routes = {}) {
  const server = fakeServer({ "GET /users/me": () => sampleUser(), ...routes });
  const drawn = render(
    <Suspense>
      <SettingsPage />
      <Toaster />
    </Suspense>,
    { at },
  );
  return { server, ...drawn };
}

beforeEach(() => vi.setSystemTime(new Date("2026-11-22T12:00:00Z")));

it("changes name and address, and everything shows them at once", async () => {
  const { user, server, client } = open("/settings", { "PATCH /users/me": ({ body }) => sampleUser(body as object) });
  const name = await screen.findByLabelText("User name");
  expect(name).toHaveValue("ann");
  await user.clear(name);
  await user.type(name, " anna {Enter}");
  expect(await screen.findByText("Profile saved.")).toBeInTheDocument();
  expect(server.to("PATCH /users/me").map((r) => r.body)).toEqual([{ username: "anna", display_name: "anna", email: "ann@example.org" }]);
  expect(name).toHaveValue("anna");
  expect(client.getQueryData(["me"])).toMatchObject({ username: "anna" });
  expect(document.title).toBe("Profile · Parley");
});

it("says at the field that a name is taken", async () => {
  const { user } = open("/settings", {
    "PATCH /users/me": () => problem(409, "conflict", "taken", [{ location: "body.username", message: "is taken" }]),
  });
  await user.type(await screen.findByLabelText("User name"), "2{Enter}");
  await waitFor(() => expect(screen.getByLabelText("User name")).toHaveAccessibleDescription("Is taken."));
});

it("ends the API keys with a new password only when that is asked for", async () => {
  const { user, server } = open("/settings", { "POST /users/me/password": () => undefined });
  const change = async () => {
    await user.type(await screen.findByLabelText("Current password"), "right");
    await user.type(screen.getByLabelText("New password"), "four unrelated words{Enter}");
  };
  const box = await screen.findByRole("checkbox", { name: "End my API keys too" });
  expect(box).not.toBeChecked();
  await change();
  expect(await screen.findByText("Password changed. Your other sessions were signed out.")).toBeInTheDocument();
  await user.click(box);
  await change();
  expect(await screen.findByText("Password changed. Your other sessions and your API keys ended.")).toBeInTheDocument();
  expect(server.to("POST /users/me/password").map((r) => (r.body as { end_keys: boolean }).end_keys)).toEqual([false, true]);
  await waitFor(() => expect(box).not.toBeChecked());
});

it("changes the password with the current one, and forgets both", async () => {
  let current = "right";
  const { user, server } = open("/settings", {
    "POST /users/me/password": ({ body }) =>
      (body as { current: string }).current === current
        ? undefined
        : problem(422, "invalid", "the input breaks a rule", [{ location: "body.current", message: "is not your current password" }]),
  });
  await user.type(await screen.findByLabelText("Current password"), "wrong");
  await user.type(screen.getByLabelText("New password"), "four unrelated words{Enter}");
  await waitFor(() => expect(screen.getByLabelText("Current password")).toHaveAccessibleDescription("Is not your current password."));
  current = "wrong";
  await user.click(screen.getByRole("button", { name: "Change password" }));
  expect(await screen.findByText("Password changed. Your other sessions were signed out.")).toBeInTheDocument();
  expect(screen.getByLabelText("Current password")).toHaveValue("");
  expect(screen.getByLabelText("New password")).toHaveValue("");
  expect(server.to("POST /users/me/password")).toHaveLength(2);
});

it("chooses a theme by radio buttons", async () => {
  const { user } = open("/settings");
  await user.click(await screen.findByRole("radio", { name: "Dark" }));
  expect(document.documentElement.dataset.theme).toBe("dark");
  await user.click(screen.getByRole("radio", { name: "System" }));
  expect(document.documentElement.dataset.theme).toBeUndefined();
});

it("shows where one is signed in, this session first", async () => {
  open("/settings/sessions", {
    "GET /auth/sessions": () => sampleList("sessions", [sampleSession({ user_agent: "curl/8.9.1", address: "" }), sampleSession({ is_current: true })]),
  });
  const rows = within(await screen.findByRole("list", { name: "Sessions" })).getAllByRole("listitem");
  expect(rows[0]).toHaveTextContent(/Firefox on Linux.*This session.*192\.0\.2\.7/);
  expect(rows[1]).toHaveTextContent(/curl\/8\.9\.1.*the server itself/);
  expect(within(rows[0] as HTMLElement).queryByRole("button")).toBeNull();
});

it("ends one session after asking", async () => {
  const sessions = [sampleSession({ is_current: true }), sampleSession({ user_agent: "curl/8.9.1" })];
  const { user, server } = open("/settings/sessions", {
    "GET /auth/sessions": () => sampleList("sessions", sessions),
    "DELETE /auth/sessions/:id": () => void sessions.pop(),
  });
  const doomed = sessions[1]?.id;
  await user.click(await screen.findByRole("button", { name: /^End the session of curl/ }));
  expect(server.to("DELETE /auth/sessions/:id")).toHaveLength(0);
  await user.click(within(await screen.findByRole("dialog", { name: "End this session?" })).getByRole("button", { name: "End session" }));
  expect(await screen.findByText("The session is ended.")).toBeInTheDocument();
  expect(server.to("DELETE /auth/sessions/:id").map((r) => r.params.id)).toEqual([doomed]);
  await waitFor(() => expect(screen.queryByText("curl/8.9.1")).toBeNull());
});

it("ends all others, over all pages, and takes one that is over already for ended", async () => {
  const mine = sampleSession({ is_current: true });
  const [a, b] = [sampleSession(), sampleSession()];
  const { user, server } = open("/settings/sessions", {
    "GET /auth/sessions": ({ query }) => ({ sessions: query.get("after") ? [b] : [mine, a], total: 3, has_more: !query.get("after") }),
    "DELETE /auth/sessions/:id": ({ params }) => (params.id === a.id ? problem(404, "not_found", "session not found") : undefined),
  });
  await user.click(await screen.findByRole("button", { name: "End all others" }));
  const dialog = await screen.findByRole("dialog", { name: "End all other sessions?" });
  expect(dialog).toHaveTextContent("Your 2 other sessions");
  await user.click(within(dialog).getByRole("button", { name: "End sessions" }));
  expect(await screen.findByText("2 sessions are ended.")).toBeInTheDocument();
  expect(server.to("DELETE /auth/sessions/:id").map((r) => r.params.id)).toEqual([a.id, b.id]);
});

it("says what kept a session from ending", async () => {
  const { user } = open("/settings/sessions", {
    "GET /auth/sessions": () => sampleList("sessions", [sampleSession({ is_current: true }), sampleSession()]),
    "DELETE /auth/sessions/:id": () => problem(503, "unavailable", "going down"),
  });
  await user.click(await screen.findByRole("button", { name: "End all others" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "End session" }));
  expect(await screen.findByText("Going down.")).toBeInTheDocument();
});

it("shows keys with what they may do, until when, and whether they are used", async () => {
  open("/settings/api-keys", {
    "GET /users/me/api-keys": () =>
      sampleList("api_keys", [
        sampleKey(),
        sampleKey({ name: "Old", scopes: ["read"], expires_at: "2026-11-22T11:00:00.000Z", last_used_at: NOW }),
        sampleKey({ name: "Ops", scopes: ["admin"], expires_at: "2026-12-22T11:00:00.000Z" }),
      ]),
  });
  const [ci, old, ops] = within(await screen.findByRole("list", { name: "API keys" })).getAllByRole("listitem");
  expect(ci).toHaveTextContent(/Read and write.*Never used.*valid without end/);
  expect(old).toHaveTextContent(/Read.*Expired.*Used today/);
  expect(old).not.toHaveTextContent("valid");
  expect(ops).toHaveTextContent(/Administration.*valid until 22 December/);
});

it("makes a key and shows it once", async () => {
  const { user, server } = open("/settings/api-keys", {
    "GET /users/me/api-keys": () => sampleList("api_keys", []),
    "POST /users/me/api-keys": () => json(201, { ...sampleKey(), key: "pk_secret" }),
  });
  expect(await screen.findByText("You have no keys.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "New key" }));
  const dialog = await screen.findByRole("dialog", { name: "New API key" });
  await user.click(within(dialog).getByRole("button", { name: "Make key" }));
  expect(within(dialog).getByLabelText("Name")).toHaveAccessibleDescription(/Say what the key is for\./);
  await user.type(within(dialog).getByLabelText("Name"), "CI");
  await user.selectOptions(within(dialog).getByLabelText("What it may be used for"), "Read and write");
  await user.selectOptions(within(dialog).getByLabelText("Valid for"), "30 days");
  await user.click(within(dialog).getByRole("button", { name: "Make key" }));
  expect(await within(dialog).findByLabelText("API key")).toHaveValue("pk_secret");
  expect(server.to("POST /users/me/api-keys").map((r) => r.body)).toEqual([
    { name: "CI", scopes: ["write"], expires_at: expect.stringMatching(/^2026-12-22T12:0/) },
  ]);
  await user.click(within(dialog).getByRole("button", { name: "Done" }));
  await user.click(screen.getByRole("button", { name: "New key" }));
  expect(document.body.innerHTML).not.toContain("pk_secret");
});

it("makes one without end, and offers a member no administration", async () => {
  const { user, server } = open("/settings/api-keys", {
    "GET /users/me": () => sampleUser({ role: "member" }),
    "GET /users/me/api-keys": () => sampleList("api_keys", []),
    "POST /users/me/api-keys": () => json(201, { ...sampleKey(), key: "pk_secret" }),
  });
  await user.click(await screen.findByRole("button", { name: "New key" }));
  await user.type(await screen.findByLabelText("Name"), "CI");
  expect(screen.queryByRole("option", { name: "Administration" })).toBeNull();
  await user.selectOptions(screen.getByLabelText("Valid for"), "Without end");
  await user.click(screen.getByRole("button", { name: "Make key" }));
  await screen.findByLabelText("API key");
  expect(server.to("POST /users/me/api-keys")[0]?.body).toEqual({ name: "CI", scopes: ["read"], expires_at: null });
});

it("deletes a key after asking", async () => {
  const keys = [sampleKey()];
  const { user, server } = open("/settings/api-keys", {
    "GET /users/me/api-keys": () => sampleList("api_keys", keys),
    "DELETE /users/me/api-keys/:id": () => void keys.pop(),
  });
  await user.click(await screen.findByRole("button", { name: "Delete the key CI" }));
  expect(server.to("DELETE /users/me/api-keys/:id")).toHaveLength(0);
  await user.click(within(await screen.findByRole("dialog", { name: "Delete this key?" })).getByRole("button", { name: "Delete key" }));
  expect(await screen.findByText("The key “CI” is void.")).toBeInTheDocument();
  expect(await screen.findByText("You have no keys.")).toBeInTheDocument();
});

it("adds up what one had of the models, by day, for the time that is chosen", async () => {
  const usage = [{ cursor: "2026-11-22/llama", day: "2026-11-22", model: "llama", answers: 3, prompt_tokens: 1200, completion_tokens: 345 }];
  const { user, server } = open("/settings/usage", {
    "GET /usage": () => ({ ...sampleList("usage", usage), from: "", to: "", sum: { answers: 13, prompt_tokens: 9200, completion_tokens: 1345 } }),
  });
  expect(await screen.findByRole("row", { name: "22 November 2026 llama 3 1,200 345" })).toBeInTheDocument();
  expect(screen.getByText("9,200")).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText("Time"), "Last 7 days");
  await waitFor(() => expect(server.to("GET /usage")).toHaveLength(2));
  expect(server.to("GET /usage").map((r) => [r.query.get("from"), r.query.get("to")])).toEqual([
    ["2026-10-24", "2026-11-22"],
    ["2026-11-16", "2026-11-22"],
  ]);
});

it.each(["sessions", "api-keys", "usage"])("offers another try when %s did not load", async (section) => {
  const { user, server } = open(`/settings/${section}`);
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  await waitFor(() => expect(server.requests.filter((r) => r.path !== "/users/me").length).toBeGreaterThan(1));
});

it("says that there is no such page", async () => {
  open("/settings/nowhere");
  expect(await screen.findByRole("heading", { name: "No such page" })).toBeInTheDocument();
});
