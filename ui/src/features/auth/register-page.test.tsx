import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleUser } from "@/testing/samples";
import LoginPage from "./login-page";
import RegisterPage from "./register-page";

const rule = (registration: string, more: Routes = {}) => fakeServer({ "GET /setup": () => ({ required: false, registration }), ...more });

async function fill(user: ReturnType<typeof render>["user"]) {
  await user.type(await screen.findByLabelText("User name"), " dora ");
  await user.type(screen.getByLabelText("Email"), "dora@example.org");
  await user.type(screen.getByLabelText("Password"), "four unrelated words{Enter}");
}

const dora = { username: "dora", email: "dora@example.org", password: "four unrelated words" };

it("makes an account with the invite of the link, signed in, and the code leaves the address", async () => {
  const me = sampleUser({ username: "dora" });
  const server = rule("invite", { "POST /auth/register": () => json(201, { user: me, expires_in: 900 }) });
  const { user, client } = render(<RegisterPage />, { at: "/register#invite=C0-de_" });
  expect(await screen.findByRole("heading", { name: "You are invited" })).toBeInTheDocument();
  await fill(user);
  await waitFor(() => expect(window.location.pathname + window.location.hash).toBe("/"));
  expect(server.to("POST /auth/register").map((r) => r.body)).toEqual([{ ...dora, invite: "C0-de_" }]);
  expect(client.getQueryData(["me"])).toEqual(me);
});

it("takes a pasted link where the address has no code", async () => {
  const server = rule("invite", { "POST /auth/register": () => json(201, { user: sampleUser(), expires_in: 900 }) });
  const { user } = render(<RegisterPage />, { at: "/register" });
  await fill(user);
  expect(screen.getByLabelText("Invite")).toHaveAccessibleDescription(/Paste the link or the code of your invite\./);
  expect(server.to("POST /auth/register")).toHaveLength(0);
  await user.type(screen.getByLabelText("Invite"), "http://parley.example/register#invite=C0-de_{Enter}");
  await waitFor(() => expect(server.to("POST /auth/register").map((r) => r.body)).toEqual([{ ...dora, invite: "C0-de_" }]));
});

it("asks for no invite where anybody may register", async () => {
  const server = rule("open", { "POST /auth/register": () => json(201, { user: sampleUser(), expires_in: 900 }) });
  const { user } = render(<RegisterPage />, { at: "/register" });
  await fill(user);
  await waitFor(() => expect(server.to("POST /auth/register").map((r) => r.body)).toEqual([dora]));
});

it("says what is wrong with an invite, and keeps what was typed", async () => {
  rule("invite", { "POST /auth/register": () => problem(403, "forbidden", "this invite is not valid: it was used, has expired, or is for another address") });
  const { user } = render(<RegisterPage />, { at: "/register#invite=old" });
  await fill(user);
  expect(await screen.findByRole("alert")).toHaveTextContent("This invite is not valid: it was used, has expired, or is for another address.");
  expect(screen.getByLabelText("Email")).toHaveValue("dora@example.org");
});

it.each([
  ["/register#invite=x", /You have an invite, but registration is closed/],
  ["/register", /Ask an administrator for an account/],
])("says at %s that nobody can register, and leads to the sign-in", async (at, sentence) => {
  rule("closed");
  render(<RegisterPage />, { at });
  expect(await screen.findByText(sentence)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Go to sign-in" })).toHaveAttribute("href", "/login");
});

it("leads to the set-up where nobody has an account yet", async () => {
  fakeServer({ "GET /setup": () => ({ required: true, registration: "open" }) });
  render(<RegisterPage />, { at: "/register" });
  await waitFor(() => expect(window.location.pathname).toBe("/setup"));
});

it.each([
  ["open", "Make one"],
  ["invite", "Use an invite"],
  ["closed", undefined],
])("is led to from the sign-in where registration is %s", async (registration, link) => {
  rule(registration);
  const { client } = render(<LoginPage />, { at: "/login" });
  await waitFor(() => expect(client.getQueryData(["setup"])).toBeDefined());
  if (link) expect(await screen.findByRole("link", { name: link })).toHaveAttribute("href", "/register");
  else expect(screen.queryByText(/No account yet/)).toBeNull();
});
