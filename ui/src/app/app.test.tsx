import { act, screen, waitFor } from "@testing-library/react";
import { Suspense } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { call } from "@/lib/api";
import { type Routes as Answers, fakeServer, problem } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleList, sampleProject, sampleThread, sampleUser } from "@/testing/samples";
import { Announcer } from "./announcer";
import { Routes } from "./app";

const project = sampleProject();
const thread = sampleThread({ project_id: project.id });
const nobody = () => problem(401, "unauthorized", "sign in first");

function open(at: string, more: Answers = {}) {
  const server = fakeServer({
    "GET /setup": () => ({ required: false }),
    "GET /users/me": () => sampleUser(),
    "GET /projects": () => sampleList("projects", [project]),
    "GET /projects/:id": () => project,
    "GET /threads": () => sampleList("threads", [thread]),
    "POST /auth/refresh": nobody,
    ...more,
  });
  const drawn = render(
    <Suspense>
      <Routes />
      <Announcer />
    </Suspense>,
    { at },
  );
  return { server, ...drawn };
}

beforeEach(() => {
  // A line that never comes up: what it brings is tested where it is read.
  vi.stubGlobal(
    "WebSocket",
    class {
      send() {}
      close() {}
    },
  );
});

it("sends a stranger to the sign-in page, and on to the page that was wanted", async () => {
  let signedIn = false;
  const { user } = open(`/projects/${project.id}`, {
    "GET /users/me": () => (signedIn ? sampleUser() : nobody()),
    "POST /auth/login": () => {
      signedIn = true;
      return { user: sampleUser() };
    },
  });
  await user.type(await screen.findByLabelText("Email or user name"), "ann");
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  expect(await screen.findByRole("heading", { level: 1, name: "Harbour plans" })).toBeInTheDocument();
  expect(window.location.pathname).toBe(`/projects/${project.id}`);
});

it("leaves nothing on the page when the session ends in the middle", async () => {
  let signedIn = true;
  const { client } = open("/", { "GET /users/me": () => (signedIn ? sampleUser() : nobody()) });
  await screen.findByRole("textbox", { name: "Start a new chat" });
  signedIn = false;
  await act(() => call("GET", "/users/me").catch(() => undefined));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeInTheDocument();
  expect(client.getQueryData(["projects"])).toBeUndefined();
});

it("does not take a server that is away for a session that is over", async () => {
  open("/", { "GET /users/me": () => problem(500, "internal", "something went wrong on the server") });
  expect(await screen.findByRole("heading", { name: "The workspace did not load" })).toBeInTheDocument();
  expect(window.location.pathname).toBe("/");
});

it("moves the keyboard to the new page and says its title", async () => {
  const { user } = open("/");
  await screen.findByRole("textbox", { name: "Start a new chat" });
  await user.click(await screen.findByRole("link", { name: "Harbour plans" }));
  await screen.findByRole("heading", { level: 1, name: "Harbour plans" });
  expect(document.title).toBe("Harbour plans · Parley");
  expect(screen.getByRole("main")).toContainElement(document.activeElement as HTMLElement);
  await waitFor(() => expect(screen.getByText("Harbour plans", { selector: "[role=status]" })).toBeInTheDocument());
  expect(screen.getByRole("link", { name: "Harbour plans" })).toHaveAttribute("aria-current", "page");
});

it("starts with a link past the sidebar", async () => {
  const { user } = open("/nowhere");
  await screen.findByRole("heading", { name: "No such page" });
  await user.tab();
  expect(screen.getByRole("link", { name: "Skip to the page" })).toHaveFocus();
  expect(document.querySelector("#main")).toHaveAttribute("tabindex", "-1");
});

it("signs out and forgets", async () => {
  const { user, client, server } = open("/", { "POST /auth/logout": () => undefined });
  await user.click(await screen.findByRole("button", { name: "ann: profile, theme, sign out" }));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeInTheDocument();
  expect(server.to("POST /auth/logout")).toHaveLength(1);
  expect(client.getQueryData(["me"])).toBeUndefined();
});

it("says so when signing out did not work", async () => {
  const { user } = open("/", { "POST /auth/logout": () => problem(503, "unavailable", "going down") });
  await user.click(await screen.findByRole("button", { name: "ann: profile, theme, sign out" }));
  await user.click(screen.getByRole("menuitem", { name: "Sign out" }));
  expect(await screen.findByRole("textbox", { name: "Start a new chat" })).toBeInTheDocument();
});
