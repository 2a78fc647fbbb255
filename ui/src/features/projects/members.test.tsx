import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import type { Member, Project, ProjectRole } from "@/lib/wire";
import { fakeServer, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleId, sampleList, sampleProject, sampleUser } from "@/testing/samples";
import ProjectPage from "./project-page";

const me = sampleUser();

const member = (project: Project, username: string, role: ProjectRole, user_id = sampleId()): Member => ({
  project_id: project.id,
  user_id,
  username,
  display_name: username,
  role,
  created_at: "2026-11-01T10:00:00.000Z",
  set_by_admin: false,
  set_by: "",
});

function open({ role = "owner" as ProjectRole, others = [] as [string, ProjectRole][], routes = {} as Routes, section = "members" } = {}) {
  const project = sampleProject({ role });
  const members = [member(project, me.username, role, me.id), ...others.map(([name, r]) => member(project, name, r))];
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /projects/:id": () => project,
    "GET /projects/:id/members": () => sampleList("members", members),
    "PUT /projects/:id/members/:user": ({ params, body }) => {
      const found = members.find((m) => m.user_id === params.user);
      const made = Object.assign(found ?? member(project, "cleo", "viewer", params.user), body);
      if (!found) members.push(made);
      if (params.user === me.id) project.role = made.role;
      return made;
    },
    "DELETE /projects/:id/members/:user": ({ params }) => {
      members.splice(
        members.findIndex((m) => m.user_id === params.user),
        1,
      );
    },
    ...routes,
  });
  const drawn = render(
    <Suspense>
      <ProjectPage projectId={project.id} section={section} />
      <Toaster />
    </Suspense>,
    { at: `/projects/${project.id}/${section}` },
  );
  return { project, members, server, ...drawn };
}

const more = (name: string) => screen.findByRole("button", { name: `More for ${name}` });
const row = (name: string) => within(screen.getByText(name).closest("li") as HTMLElement);
const confirm = async (name: string) => within(await screen.findByRole("dialog")).getByRole("button", { name });

it("says whose role an administrator has given, and who that was", async () => {
  const { members } = open({
    others: [
      ["bob", "editor"],
      ["cleo", "viewer"],
      ["dan", "viewer"],
    ],
  });
  Object.assign(members[1] as Member, { set_by_admin: true, set_by: "root" });
  Object.assign(members[2] as Member, { set_by_admin: true, set_by: "" }); // of an account that is gone
  expect(await screen.findByText(/role given by the administrator root$/)).toBe(row("bob").getByText(/role given/));
  expect(row("cleo").getByText(/role given by the administrator of that time$/)).toBeVisible();
  expect(row("dan").queryByText(/role given/)).toBeNull();
});

it("takes in who has an account, and says why not", async () => {
  const cleo = sampleId();
  const { user, server } = open({
    routes: {
      "GET /users/find": ({ query }) =>
        query.get("login") === "cleo" ? { id: cleo, username: "cleo", display_name: "cleo" } : problem(404, "not_found", "user not found"),
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add a member" }));
  const field = await screen.findByLabelText("User name or email");
  await user.type(field, "nobody{Enter}");
  expect(await screen.findByText("Nobody here has this user name or email address.")).toBeInTheDocument();
  await user.clear(field);
  await user.type(field, "cleo");
  await user.selectOptions(screen.getByLabelText("Role"), "viewer");
  await user.click(screen.getByRole("button", { name: "Add" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(await screen.findByText("cleo")).toBeInTheDocument();
  expect(server.to("PUT /projects/:id/members/:user").map((r) => [r.params.user, r.body])).toEqual([[cleo, { role: "viewer" }]]);
  await user.click(screen.getByRole("button", { name: "Add a member" }));
  await user.type(await screen.findByLabelText("User name or email"), "cleo{Enter}");
  expect(await screen.findByText("Cleo is a member already.")).toBeInTheDocument();
});

it("changes a role, and leaves the only owner what they are", async () => {
  const { user } = open({ others: [["bob", "viewer"]] });
  expect(await screen.findByText(/the only owner/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: `More for ${me.username}` })).toBeNull();
  await user.click(await more("bob"));
  await user.click(screen.getByRole("menuitemradio", { name: "Editor" }));
  expect(await row("bob").findByText("Editor")).toBeInTheDocument();
});

it("removes somebody only after asking", async () => {
  const { user, server } = open({ others: [["bob", "viewer"]] });
  await user.click(await more("bob"));
  await user.click(screen.getByRole("menuitem", { name: "Remove from the project" }));
  expect(server.to("DELETE /projects/:id/members/:user")).toHaveLength(0);
  await user.click(await confirm("Remove"));
  await waitFor(() => expect(screen.queryByText("bob")).toBeNull());
});

it("hands the project over: first the new owner, then oneself", async () => {
  const { user, server, members } = open({ others: [["bob", "viewer"]] });
  await user.click(await more("bob"));
  await user.click(screen.getByRole("menuitem", { name: "Hand the project over" }));
  await user.click(await confirm("Hand it over"));
  expect(await screen.findByText(/bob is an owner of Harbour plans now/)).toBeInTheDocument();
  expect(server.to("PUT /projects/:id/members/:user").map((r) => [r.params.user, r.body])).toEqual([
    [members[1]?.user_id, { role: "owner" }],
    [me.id, { role: "editor" }],
  ]);
  await waitFor(() => expect(screen.queryByRole("button", { name: "Add a member" })).toBeNull());
});

it("lets a viewer leave, and offers nothing else", async () => {
  const { user, server } = open({ role: "viewer", others: [["bob", "owner"]] });
  await user.click(await more(me.username));
  expect(screen.getAllByRole("menuitem").map((i) => i.textContent?.trim())).toEqual(["Leave the project"]);
  expect(screen.queryByRole("menuitemradio")).toBeNull();
  await user.click(screen.getByRole("menuitem", { name: "Leave the project" }));
  await user.click(await confirm("Leave the project"));
  await waitFor(() => expect(window.location.pathname).toBe("/"));
  expect(server.to("DELETE /projects/:id/members/:user").map((r) => r.params.user)).toEqual([me.id]);
  expect(screen.queryByRole("button", { name: "More for bob" })).toBeNull();
});

it("asks an owner before they step down", async () => {
  const { user, server } = open({ others: [["bob", "owner"]] });
  await user.click(await more(me.username));
  await user.click(screen.getByRole("menuitemradio", { name: "Viewer" }));
  expect(server.to("PUT /projects/:id/members/:user")).toHaveLength(0);
  await user.click(await confirm("Become a viewer"));
  await waitFor(() => expect(server.to("PUT /projects/:id/members/:user")).toHaveLength(1));
});

it("says why something could not be done", async () => {
  const { user } = open({
    others: [["bob", "owner"]],
    routes: { "DELETE /projects/:id/members/:user": () => problem(409, "conflict", "this is the last owner of the project") },
  });
  await user.click(await more("bob"));
  await user.click(screen.getByRole("menuitem", { name: "Remove from the project" }));
  await user.click(await confirm("Remove"));
  expect(await screen.findByText("This is the last owner of the project.")).toBeInTheDocument();
});

it("tells what happened", async () => {
  const at = "2026-11-22T10:00:00.000Z";
  const base = {
    project_id: sampleId(),
    user_id: me.id,
    username: me.username,
    display_name: me.display_name,
    created_at: at,
    subject_id: null,
    detail: "",
    by_admin: false,
    title: "",
  };
  const thread = sampleId();
  open({
    section: "activity",
    routes: {
      "GET /activities": () =>
        sampleList("activities", [
          { ...base, id: sampleId(), kind: "thread_created", subject_id: thread, title: "Cranes" },
          { ...base, id: sampleId(), kind: "member_added", subject_id: sampleId(), title: "bob", detail: "editor" },
          { ...base, id: sampleId(), kind: "thread_created", subject_id: sampleId() },
          { ...base, id: sampleId(), kind: "project_created", username: "", display_name: "", title: "Harbour" },
          { ...base, id: sampleId(), kind: "something_new", title: "Quay" },
        ]),
    },
  });
  expect(await screen.findByRole("link", { name: "Cranes" })).toHaveAttribute("href", `/threads/${thread}`);
  expect(
    screen
      .getAllByRole("listitem")
      .map((i) => i.querySelector("p")?.textContent)
      .filter(Boolean),
  ).toEqual([
    "ann began Cranes",
    "ann took in bob as an editor",
    "ann began a chat that is gone",
    "A former member made the project",
    "ann something new: Quay",
  ]);
});
