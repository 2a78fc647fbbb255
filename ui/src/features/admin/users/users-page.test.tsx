import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import { newQueryClient } from "@/lib/query-client";
import type { Account } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleAccount, sampleId, sampleList, sampleUser } from "@/testing/samples";
import { UsersPage } from "./users-page";

const me = sampleUser();
const mine = sampleAccount({ ...me, role: "admin" });

function open(accounts: Account[], { at = "/admin/users", ...more }: Routes & { at?: string } = {}) {
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /users": () => sampleList("users", [mine, ...accounts]),
    "PATCH /users/:id": ({ params, body }) => Object.assign(accounts.find((a) => a.id === params.id) ?? mine, body),
    ...more,
  });
  const client = newQueryClient({ retries: 0 });
  client.setQueryData(["me"], me); // known by then, as in the app: or the page is hidden once more while it is used
  const drawn = render(
    <Suspense>
      <UsersPage />
      <Toaster />
    </Suspense>,
    { at, client },
  );
  return { server, ...drawn };
}

type User = ReturnType<typeof render>["user"];

async function choose(user: User, item: string, name = "bob") {
  await user.click(await screen.findByRole("button", { name: `More for ${name}` }));
  await user.click(screen.getByRole("menuitem", { name: item }));
}

const rowOf = (name: string) => screen.getByText(name).closest("li") as HTMLElement;

it("shows who has an account, as what, and whether they can use it", async () => {
  open([sampleAccount({ is_disabled: true })]);
  expect(await screen.findByText("2 accounts")).toBeInTheDocument();
  expect(rowOf("ann")).toHaveTextContent("You");
  expect(rowOf("ann")).toHaveTextContent("Administrator");
  expect(rowOf("bob")).toHaveTextContent("Disabled");
  expect(document.title).toBe("Users · Parley");
});

it.each([
  ["Disable", "Disable", { is_disabled: true }, "bob is disabled, and was signed out everywhere."],
  ["Make an administrator", "Make administrator", { role: "admin" }, "bob is an administrator now."],
] as const)("does nothing on %s before it is confirmed", async (item, action, change, done) => {
  const { user, server } = open([sampleAccount()]);
  await choose(user, item);
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
  expect(server.to("PATCH /users/:id")).toHaveLength(0);
  await choose(user, item);
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: action }));
  expect(await screen.findByText(done)).toBeInTheDocument();
  expect(server.to("PATCH /users/:id").map((r) => r.body)).toEqual([change]);
  await waitFor(() => expect(server.to("GET /users")).toHaveLength(2));
});

it.each([
  [{ is_disabled: true }, "Enable", "Enable", { is_disabled: false }, "bob can sign in again."],
  [{ role: "admin" as const }, "Make a member", "Make member", { role: "member" }, "bob is a member now, and was signed out everywhere."],
])("takes back %o", async (over, item, action, change, done) => {
  const { user, server } = open([sampleAccount(over)]);
  await choose(user, item);
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: action }));
  expect(await screen.findByText(done)).toBeInTheDocument();
  expect(server.to("PATCH /users/:id")[0]?.body).toEqual(change);
});

it("lists the API keys of an account, and ends one of them or all", async () => {
  const account = sampleAccount();
  const key = (name: string, scope: string) => ({
    id: sampleId(),
    name,
    scopes: ["read", scope],
    is_current: false,
    expires_at: null,
    last_used_at: null,
    created_at: "2026-11-01T10:00:00.000Z",
  });
  let keys = [key("Nightly", "write"), key("Backup", "admin"), key("CI", "write")];
  const end = (id?: string) => {
    const left = id ? keys.filter((k) => k.id !== id) : [];
    const ended = keys.length - left.length;
    keys = left;
    return { ended };
  };
  const { user, server } = open([account], {
    "GET /admin/users/:id/api-keys": () => sampleList("api_keys", keys),
    "DELETE /admin/users/:id/api-keys/:key": ({ params }) => end(params.key),
    "DELETE /admin/users/:id/api-keys": () => end(),
  });
  await choose(user, "API keys");
  const dialog = await screen.findByRole("dialog", { name: "API keys of bob" });
  const names = () =>
    within(dialog)
      .queryAllByRole("listitem")
      .map((li) => li.querySelector("p")?.textContent);
  await waitFor(() => expect(names()).toEqual(["Nightly · write", "Backup · admin", "CI · write"]));
  await user.click(within(dialog).getByRole("button", { name: "End the key Backup" }));
  expect(await screen.findByText("1 API key ended")).toBeInTheDocument();
  await waitFor(() => expect(names()).toEqual(["Nightly · write", "CI · write"]));
  await user.click(within(dialog).getByRole("button", { name: "End all" }));
  expect(await screen.findByText("2 API keys ended")).toBeInTheDocument();
  expect(await within(dialog).findByText("No API keys.")).toBeVisible();
  expect(server.to("DELETE /admin/users/:id/api-keys/:key")[0]?.params.id).toBe(account.id);
});

it("says why it was refused, and forgets that when it is opened again", async () => {
  const { user } = open([sampleAccount()], { "PATCH /users/:id": () => problem(409, "conflict", "this is the last administrator: make another one first") });
  await choose(user, "Disable");
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Disable" }));
  expect(await screen.findByText("This is the last administrator: make another one first.")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  await choose(user, "Disable");
  expect(within(await screen.findByRole("dialog")).queryByRole("alert")).toBeNull();
});

it("offers nothing on one's own account that would lock one out", async () => {
  const { user } = open([]);
  await user.click(await screen.findByRole("button", { name: "More for ann" }));
  expect(screen.getAllByRole("menuitem").map((i) => i.textContent?.trim())).toEqual(["Account and projects", "What they did"]);
});

it("draws a password, sets it, and shows it once", async () => {
  const { user, server } = open([sampleAccount()]);
  await choose(user, "Set a new password");
  const dialog = await screen.findByRole("dialog", { name: "A new password for bob" });
  expect(within(dialog).queryByRole("textbox")).toBeNull();
  await user.click(within(dialog).getByRole("button", { name: "Set a new password" }));
  const shown = await within(dialog).findByRole<HTMLInputElement>("textbox", { name: "New password" });
  expect(server.to("PATCH /users/:id").map((r) => r.body)).toEqual([{ password: shown.value }]);
  await user.click(within(dialog).getByRole("button", { name: "Copy" }));
  expect(await navigator.clipboard.readText()).toBe(shown.value);
  await user.click(within(dialog).getByRole("button", { name: "Done" }));
  await choose(user, "Set a new password");
  expect(within(await screen.findByRole("dialog")).queryByRole("textbox")).toBeNull();
});

it("makes an account with a drawn password; a second press is the same wish", async () => {
  const made = sampleAccount({ username: "carl" });
  let broken = true;
  const { user, server } = open([], { "POST /users": () => (broken ? problem(503, "unavailable", "the store cannot write") : json(201, made)) });
  await user.click(await screen.findByRole("button", { name: "New account" }));
  const dialog = await screen.findByRole("dialog", { name: "New account" });
  await user.click(within(dialog).getByRole("button", { name: "Make account" }));
  expect(within(dialog).getByLabelText("User name")).toHaveAccessibleDescription("Enter a user name.");
  await user.type(within(dialog).getByLabelText("User name"), " carl ");
  await user.type(within(dialog).getByLabelText("Email"), "carl@example.org");
  await user.selectOptions(within(dialog).getByLabelText("Role"), "Administrator");
  await user.click(within(dialog).getByRole("button", { name: "Make account" }));
  expect(await within(dialog).findByText("The store cannot write.")).toBeInTheDocument();
  broken = false;
  await user.click(within(dialog).getByRole("button", { name: "Make account" }));
  const shown = await within(dialog).findByRole<HTMLInputElement>("textbox", { name: "Password" });
  const [first, second] = server.to("POST /users").map((r) => r.body);
  expect(second).toEqual({ username: "carl", email: "carl@example.org", role: "admin", password: shown.value, client_id: expect.any(String) });
  expect(first).toEqual(second);
});

it("shows the server's word on a name at the field", async () => {
  const { user } = open([], {
    "POST /users": () => problem(422, "invalid", "the input breaks a rule", [{ location: "body.username", message: "is taken" }]),
  });
  await user.click(await screen.findByRole("button", { name: "New account" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText("User name"), "ann");
  await user.type(within(dialog).getByLabelText("Email"), "x@example.org{Enter}");
  await waitFor(() => expect(within(dialog).getByLabelText("User name")).toHaveAccessibleDescription("Is taken."));
});

it("changes names, and shows which projects somebody is in", async () => {
  const bob = sampleAccount();
  const { user, server } = open([bob], {
    "GET /users/:id": () => ({ ...bob, projects: [{ project_id: sampleId(), name: "Harbour plans", role: "editor" }] }),
    "GET /users/me": () => me,
  });
  await choose(user, "Account and projects");
  const dialog = await screen.findByRole("dialog", { name: "Account of bob" });
  expect(await within(dialog).findByText("Harbour plans")).toBeInTheDocument();
  const name = within(dialog).getByLabelText("User name");
  await user.clear(name);
  await user.type(name, "robert{Enter}");
  expect(await screen.findByText("The account of robert is saved.")).toBeInTheDocument();
  expect(server.to("PATCH /users/:id")[0]?.body).toEqual({ username: "robert", display_name: "robert", email: "bob@example.org" });
});

it("deletes an account once its name is typed", async () => {
  const accounts = [sampleAccount()];
  const { user, server } = open(accounts, { "DELETE /users/:id": () => undefined });
  await choose(user, "Delete");
  const dialog = await screen.findByRole("dialog", { name: "Delete bob?" });
  const button = within(dialog).getByRole("button", { name: "Delete account" });
  await user.type(within(dialog).getByRole("textbox"), "bo");
  expect(button).toBeDisabled();
  await user.type(within(dialog).getByRole("textbox"), "b{Enter}");
  expect(await screen.findByText("The account of bob is deleted.")).toBeInTheDocument();
  expect(server.to("DELETE /users/:id")).toHaveLength(1);
});

it("is searched by name, role and state, in the address, and turned by cursor", async () => {
  const [a, b] = [sampleAccount({ username: "a1" }), sampleAccount({ username: "a2" })];
  const { user, server } = open([], {
    "GET /users": ({ query }) => ({ users: query.get("after") ? [b] : [a], total: 2, has_more: !query.get("after") }),
  });
  await screen.findByText("a1");
  await user.type(screen.getByLabelText("Name or email"), "a");
  await user.selectOptions(screen.getByLabelText("Role"), "Member");
  await user.selectOptions(screen.getByLabelText("State"), "Disabled");
  await user.click(screen.getByRole("button", { name: "Show" }));
  await waitFor(() => expect(window.location.search).toBe("?search=a&role=member&disabled=true"));
  await user.click(await screen.findByRole("button", { name: "Show more" }));
  expect(await screen.findByText("a2")).toBeInTheDocument();
  expect(Object.fromEntries(server.to("GET /users").at(-1)?.query ?? [])).toEqual({ search: "a", role: "member", disabled: "true", after: a.id, limit: "100" });
});

it("offers another try when it could not be loaded", async () => {
  open([], { "GET /users": () => problem(500, "internal", "something went wrong on the server") });
  expect(await screen.findByRole("button", { name: "Try again" })).toBeInTheDocument();
});
