import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { fakeServer, problem } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleUser } from "@/testing/samples";
import LoginPage from "./login-page";

const ready = { "GET /setup": () => ({ required: false }) };

async function signIn(user: ReturnType<typeof render>["user"], login = "ann", password = "correct horse") {
  await user.type(screen.getByLabelText("Email or user name"), login);
  await user.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

it("signs in by keyboard alone and goes on to the page that was wanted", async () => {
  const server = fakeServer({ ...ready, "POST /auth/login": () => ({ user: sampleUser() }) });
  const { user } = render(<LoginPage />, { at: "/login?next=%2Fprojects%2F1%3Fshow%3Darchived" });
  await signIn(user, " ann ");
  await waitFor(() => expect(window.location.pathname + window.location.search).toBe("/projects/1?show=archived"));
  expect(server.to("POST /auth/login")[0]?.body).toEqual({ login: "ann", password: "correct horse" });
  expect(document.title).toBe("Sign in · Parley");
});

it("does not say which of the two was wrong, keeps the name and empties the password", async () => {
  fakeServer({ ...ready, "POST /auth/login": () => problem(401, "unauthorized", "there is no such user") });
  const { user } = render(<LoginPage />, { at: "/login" });
  await signIn(user);
  expect(await screen.findByRole("alert")).toHaveTextContent("These do not match. Check both and try again.");
  expect(screen.getByLabelText("Email or user name")).toHaveValue("ann");
  expect(screen.getByLabelText("Password")).toHaveValue("");
  expect(screen.getByLabelText("Password")).toHaveFocus();
});

it("says how long to wait after too many tries", async () => {
  fakeServer({ ...ready, "POST /auth/login": () => problem(429, "rate_limited", "too many sign-ins", undefined, { "Retry-After": "42" }) });
  const { user } = render(<LoginPage />, { at: "/login" });
  await signIn(user);
  expect(await screen.findByRole("alert")).toHaveTextContent("Wait 42 seconds");
});

it("asks for what is missing before it asks the server", async () => {
  const server = fakeServer(ready);
  const { user } = render(<LoginPage />, { at: "/login" });
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(screen.getByLabelText("Email or user name")).toHaveAccessibleDescription("Enter your email or user name.");
  await waitFor(() => expect(screen.getByLabelText("Email or user name")).toHaveFocus());
  expect(server.to("POST /auth/login")).toHaveLength(0);
});

it("leads to the set-up where nobody has an account yet", async () => {
  fakeServer({ "GET /setup": () => ({ required: true }) });
  render(<LoginPage />, { at: "/login" });
  await waitFor(() => expect(window.location.pathname).toBe("/setup"));
});
