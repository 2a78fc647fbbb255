import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it } from "vitest";
import type { Project, Thread } from "@/lib/wire";
import { type FakeRequest, fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleList, sampleProject, sampleThread, sampleUser } from "@/testing/samples";
import ProjectPage from "./project-page";

const me = sampleUser();

function open(project: Project, threads: Thread[], more: Routes = {}, search = "") {
  const byPile = ({ query }: FakeRequest) => threads.filter((t) => String(t.is_archived) === query.get("archived"));
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /projects/:id": () => project,
    "GET /threads": (request) => sampleList("threads", byPile(request)),
    ...more,
  });
  const drawn = render(
    <Suspense>
      <ProjectPage projectId={project.id} />
    </Suspense>,
    { at: `/projects/${project.id}${search}` },
  );
  return { server, ...drawn };
}

const more = (title: string) => screen.findByRole("button", { name: `More for “${title}”` });

it("asks in this project", async () => {
  const project = sampleProject();
  const thread = sampleThread({ project_id: project.id });
  const { user, server } = open(project, [], { "POST /threads": () => json(201, thread) });
  await user.type(await screen.findByRole("textbox", { name: "Start a chat in Harbour plans" }), "Hello{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe(`/threads/${thread.id}`));
  expect(server.to("POST /threads")[0]?.body).toMatchObject({ project_id: project.id, initial_message: "Hello" });
  expect(document.title).toBe("Harbour plans · Parley");
});

it("changes name, colour and instructions", async () => {
  const project = sampleProject({ instructions: "Be brief." });
  const { user, server } = open(project, [], { "PATCH /projects/:id": ({ body }) => Object.assign(project, body) });
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  const dialog = await screen.findByRole("dialog", { name: "Project settings" });
  await user.clear(within(dialog).getByLabelText("Name"));
  await user.type(within(dialog).getByLabelText("Name"), "Quay plans");
  await user.click(within(dialog).getByRole("radio", { name: "rose" }));
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("heading", { name: "Quay plans" })).toBeInTheDocument();
  expect(server.to("PATCH /projects/:id")[0]?.body).toEqual({ name: "Quay plans", description: "", color: "rose", instructions: "Be brief." });
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("renames a chat", async () => {
  const project = sampleProject();
  const thread = sampleThread({ project_id: project.id, title: "Old title" });
  const { user } = open(project, [thread], { "PATCH /threads/:id": ({ body }) => Object.assign(thread, body) });
  await user.click(await more("Old title"));
  await user.click(screen.getByRole("menuitem", { name: "Rename" }));
  const field = await screen.findByLabelText("Title");
  await user.clear(field);
  await user.type(field, "New title{Enter}");
  expect(await screen.findByRole("link", { name: "New title" })).toBeInTheDocument();
  // The keyboard goes on where it was before the menu and the dialog.
  await waitFor(() => expect(screen.getByRole("button", { name: "More for “New title”" })).toHaveFocus());
});

it("archives a chat, shows the archive, and takes the chat out again", async () => {
  const project = sampleProject();
  const thread = sampleThread({ project_id: project.id, title: "Put away" });
  const { user } = open(project, [thread], {
    "POST /threads/:id/archive": () => Object.assign(thread, { is_archived: true }),
    "POST /threads/:id/unarchive": () => Object.assign(thread, { is_archived: false }),
  });
  await user.click(await more("Put away"));
  await user.click(screen.getByRole("menuitem", { name: "Archive" }));
  expect(await screen.findByText(/No chats yet/)).toBeInTheDocument();

  await user.click(screen.getByRole("link", { name: "Archived" }));
  expect(window.location.search).toBe("?show=archived");
  await user.click(await more("Put away"));
  expect(screen.queryByRole("menuitem", { name: "Rename" })).toBeNull(); // archived chats are read-only
  await user.click(screen.getByRole("menuitem", { name: "Restore" }));
  expect(await screen.findByText("Nothing is archived.")).toBeInTheDocument();
});

it("deletes a chat only after asking", async () => {
  const project = sampleProject();
  const threads = [sampleThread({ project_id: project.id, title: "Doomed" })];
  const { user, server } = open(project, threads, { "DELETE /threads/:id": () => void threads.pop() });
  await user.click(await more("Doomed"));
  await user.click(screen.getByRole("menuitem", { name: "Delete" }));
  const dialog = await screen.findByRole("dialog", { name: "Delete this chat?" });
  expect(server.to("DELETE /threads/:id")).toHaveLength(0);
  await user.click(within(dialog).getByRole("button", { name: "Delete chat" }));
  expect(await screen.findByText(/No chats yet/)).toBeInTheDocument();
});

it("says why a chat could not be deleted, and leaves it", async () => {
  const project = sampleProject();
  const { user } = open(project, [sampleThread({ title: "Stays" })], {
    "DELETE /threads/:id": () => problem(403, "forbidden", "only an owner can delete this"),
  });
  await user.click(await more("Stays"));
  await user.click(screen.getByRole("menuitem", { name: "Delete" }));
  await user.click(await screen.findByRole("button", { name: "Delete chat" }));
  expect(await screen.findByText("Only an owner can delete this.")).toBeInTheDocument();
});

it("deletes a project once its name is typed", async () => {
  const project = sampleProject({ thread_count: 3 });
  const { user, server } = open(project, [], { "DELETE /projects/:id": () => undefined });
  await user.click(await screen.findByRole("button", { name: "Project settings and more" }));
  await user.click(screen.getByRole("menuitem", { name: "Delete project" }));
  const dialog = await screen.findByRole("dialog", { name: "Delete this project?" });
  expect(dialog).toHaveTextContent("its 3 chats");
  const button = within(dialog).getByRole("button", { name: "Delete project" });
  await user.type(within(dialog).getByRole("textbox"), "Harbour plan");
  expect(button).toBeDisabled();
  await user.type(within(dialog).getByRole("textbox"), "s{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe("/"));
  expect(server.to("DELETE /projects/:id")).toHaveLength(1);
});

it("turns the pages by cursor and shows a chat that moved meanwhile once", async () => {
  const project = sampleProject();
  const [a, b, c] = ["First", "Second", "Third"].map((title) => sampleThread({ project_id: project.id, title }));
  const { user, server } = open(project, [], {
    "GET /threads": ({ query }) => (query.get("after") ? { threads: [a, c], total: 3, has_more: false } : { threads: [a, b], total: 3, has_more: true }),
  });
  await user.click(await screen.findByRole("button", { name: "Show older chats" }));
  expect(await screen.findByRole("link", { name: "Third" })).toBeInTheDocument();
  expect(screen.getAllByRole("link", { name: "First" })).toHaveLength(1);
  expect(server.to("GET /threads").map((r) => r.query.get("after"))).toEqual([null, b?.id]);
  expect(screen.queryByRole("button", { name: "Show older chats" })).toBeNull();
});

it("offers a viewer nothing that a viewer may not do", async () => {
  const { user } = open(sampleProject({ role: "viewer" }), [sampleThread({ title: "To read" })]);
  expect(await screen.findByRole("link", { name: "To read" })).toBeInTheDocument();
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.queryByRole("button", { name: /Edit|Add|settings/ })).toBeNull();
  await user.click(await more("To read"));
  expect(screen.getAllByRole("menuitem").map((item) => item.textContent?.trim())).toEqual(["Copy link"]);
});

it("says that there is no such project", async () => {
  open(sampleProject(), [], { "GET /projects/:id": () => problem(404, "not_found", "there is no such project") });
  expect(await screen.findByRole("heading", { name: "No such project" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Back to the start" })).toHaveAttribute("href", "/");
});
