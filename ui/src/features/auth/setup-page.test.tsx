import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { fakeServer, json, problem } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleUser } from "@/testing/samples";
import SetupPage from "./setup-page";

const wanted = { "GET /setup": () => ({ required: true }) };

async function fill(user: ReturnType<typeof render>["user"], password = "four unrelated words") {
  await user.type(await screen.findByLabelText("User name"), "ann");
  await user.type(screen.getByLabelText("Email"), "ann@example.org");
  await user.type(screen.getByLabelText("Password"), password);
  await user.keyboard("{Enter}");
}

it("makes the first account with the token of the link and goes to the start, signed in", async () => {
  const me = sampleUser();
  const server = fakeServer({ ...wanted, "POST /setup": () => json(201, { user: me }) });
  const { user, client } = render(<SetupPage />, { at: "/setup?token=T0K" });
  await fill(user);
  await waitFor(() => expect(window.location.pathname).toBe("/"));
  expect(window.location.search).toBe(""); // the token is gone from the address
  expect(server.to("POST /setup")[0]?.body).toEqual({ token: "T0K", username: "ann", email: "ann@example.org", password: "four unrelated words" });
  expect(client.getQueryData(["me"])).toEqual(me);
});

it("shows the server's word on a field at that field, and goes there", async () => {
  fakeServer({
    ...wanted,
    "POST /setup": () => problem(422, "invalid", "the input breaks a rule", [{ location: "body.username", message: "must start with a letter or digit" }]),
  });
  const { user } = render(<SetupPage />, { at: "/setup?token=T0K" });
  await fill(user);
  const name = screen.getByLabelText("User name");
  await waitFor(() => expect(name).toHaveAccessibleDescription(/Must start with a letter or digit\./));
  await waitFor(() => expect(name).toHaveFocus());
  expect(name).toBeInvalid();
  await user.type(name, "x");
  expect(name).not.toBeInvalid();
});

it("counts a password's bytes while it is typed and refuses it before sending", async () => {
  const server = fakeServer(wanted);
  const { user } = render(<SetupPage />, { at: "/setup?token=T0K" });
  await fill(user, "short");
  const password = screen.getByLabelText("Password");
  expect(password).toHaveAccessibleDescription("Use at least 10 characters.");
  expect(server.to("POST /setup")).toHaveLength(0);
  await user.type(password, "er");
  expect(password).toHaveAccessibleDescription("3 more to go.");
});

it("shows the password on request", async () => {
  fakeServer(wanted);
  const { user } = render(<SetupPage />, { at: "/setup?token=T0K" });
  const password = await screen.findByLabelText("Password");
  expect(password).toHaveAttribute("type", "password");
  await user.click(screen.getByRole("button", { name: "Show password" }));
  expect(password).toHaveAttribute("type", "text");
  expect(screen.getByRole("button", { name: "Show password", pressed: true })).toBeInTheDocument();
});

it("asks for the token where the link had none, and again where it was wrong", async () => {
  fakeServer({
    ...wanted,
    "POST /setup": () => problem(422, "invalid", "the input breaks a rule", [{ location: "body.token", message: "is not the token that the server printed" }]),
  });
  const { user } = render(<SetupPage />, { at: "/setup?token=old" });
  await fill(user);
  expect(await screen.findByLabelText("Set-up token")).toHaveAccessibleDescription(/Is not the token that the server printed\. .*parley setup-token/);
});

it("says so when there is an administrator already, and leads to the sign-in", async () => {
  fakeServer({ "GET /setup": () => ({ required: false }) });
  render(<SetupPage />, { at: "/setup?token=T0K" });
  expect(await screen.findByRole("heading", { name: "Parley is set up already" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Go to sign-in" })).toHaveAttribute("href", "/login");
});

it("offers another try when the server does not answer", async () => {
  let up = false;
  fakeServer({ "GET /setup": () => (up ? { required: true } : problem(500, "internal", "something went wrong on the server")) });
  const { user } = render(<SetupPage />, { at: "/setup?token=T0K" });
  expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrong on the server.");
  up = true;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByLabelText("User name")).toBeInTheDocument();
});
