import { screen, waitFor, within } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import { FIRST_PROJECT } from "@/lib/ask";
import { upload } from "@/lib/upload";
import type { Project, Thread } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleAttachment, sampleList, sampleProject, sampleThread, sampleUser } from "@/testing/samples";
import DashboardPage from "./dashboard-page";

vi.mock("@/lib/upload", () => ({ upload: vi.fn() }));

const template = { id: "research", name: "Research notes", description: "Collects what is known.", instructions: "Name your sources.", color: "blue" };

function open(projects: Project[], threads: Thread[], more: Routes = {}) {
  const server = fakeServer({
    "GET /users/me": () => sampleUser(),
    "GET /projects": () => sampleList("projects", projects),
    "GET /threads": () => sampleList("threads", threads),
    "GET /project-templates": () => sampleList("project_templates", [template]),
    ...more,
  });
  return {
    server,
    ...render(
      <Suspense>
        <DashboardPage />
        <Toaster />
      </Suspense>,
    ),
  };
}

it("makes the first project for someone who just asks, and opens the chat", async () => {
  const project = sampleProject({ name: FIRST_PROJECT });
  const thread = sampleThread({ project_id: project.id });
  const { user, server } = open([], [], { "POST /projects": () => json(201, project), "POST /threads": () => json(201, thread) });
  expect(await screen.findByRole("heading", { name: "Or set up a project first" })).toBeInTheDocument();
  await user.type(screen.getByRole("textbox", { name: "Start a new chat" }), "Which crane?{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe(`/threads/${thread.id}`));
  expect(server.to("POST /projects")[0]?.body).toMatchObject({ name: FIRST_PROJECT });
  expect(server.to("POST /threads")[0]?.body).toEqual({
    project_id: project.id,
    initial_message: "Which crane?",
    client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

it("says what went wrong, keeps the question, and the second try is the same wish", async () => {
  const project = sampleProject();
  const thread = sampleThread();
  let broken = true;
  const { user, server } = open([], [], {
    "POST /projects": () => json(201, project),
    "POST /threads": () => (broken ? problem(503, "unavailable", "the store cannot write") : json(201, thread)),
  });
  const field = await screen.findByRole("textbox", { name: "Start a new chat" });
  await user.type(field, "Which crane?{Enter}");
  expect(await screen.findByText("The store cannot write.")).toBeInTheDocument();
  expect(field).toHaveValue("Which crane?");
  broken = false;
  await user.type(field, "{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe(`/threads/${thread.id}`));
  const [first, second] = server.to("POST /threads").map((r) => (r.body as { client_id: string }).client_id);
  expect(second).toBe(first);
  expect(server.to("POST /projects")).toHaveLength(1);
});

const takesFiles: Routes = {
  "GET /config": () => ({ uploads: true, upload_max_bytes: 100, upload_max_count: 3, upload_media_types: ["text/plain"], model_media_types: ["text/plain"] }),
};

it("takes files along: the chat is begun, they are brought, then the question is sent with them", async () => {
  const project = sampleProject();
  const thread = sampleThread({ project_id: project.id });
  const notes = sampleAttachment();
  vi.mocked(upload).mockResolvedValue(notes);
  let broken = true;
  const { user, server } = open([project], [], {
    ...takesFiles,
    "POST /threads": () => json(201, thread),
    "POST /threads/:id/messages": () => (broken ? problem(503, "unavailable", "the store cannot write") : json(201, {})),
  });
  const field = await screen.findByRole("textbox", { name: "Start a new chat" });
  await screen.findByRole("button", { name: "Attach files" });
  await user.click(field);
  await user.paste({ files: [new File(["hello"], "notes.txt")], getData: () => "" } as unknown as DataTransfer);
  expect(await screen.findByRole("button", { name: "Remove notes.txt" })).toBeInTheDocument();
  expect(server.to("POST /threads"), "nothing is begun before it is sent").toHaveLength(0);
  await user.type(field, "What is in it?{Enter}");
  expect(await screen.findByText("The store cannot write.")).toBeInTheDocument();
  expect(field).toHaveValue("What is in it?");
  broken = false;
  await user.type(field, "{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe(`/threads/${thread.id}`));
  expect(server.to("POST /threads").map((r) => r.body)).toEqual([{ project_id: project.id, client_id: expect.any(String) }]);
  const [first, second] = server.to("POST /threads/:id/messages").map((r) => r.body as { client_id: string });
  expect(second).toEqual({ content: "What is in it?", attachment_ids: [notes.id], client_id: first?.client_id });
  expect(upload).toHaveBeenCalledExactlyOnceWith(thread.id, expect.any(File), expect.anything());
});

it("removes the chat that was begun when nothing comes of it", async () => {
  const project = sampleProject();
  const thread = sampleThread({ project_id: project.id });
  vi.mocked(upload).mockRejectedValue(new Error("no"));
  const { user, server, unmount } = open([project], [], { ...takesFiles, "POST /threads": () => json(201, thread), "DELETE /threads/:id": () => undefined });
  const field = await screen.findByRole("textbox", { name: "Start a new chat" });
  await screen.findByRole("button", { name: "Attach files" });
  await user.click(field);
  await user.paste({ files: [new File(["hello"], "notes.txt")], getData: () => "" } as unknown as DataTransfer);
  await user.type(field, "What is in it?{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrong");
  expect(server.to("DELETE /threads/:id")).toHaveLength(0);
  unmount();
  await waitFor(() => expect(server.to("DELETE /threads/:id")).toHaveLength(1));
});

it("offers no files where none are taken", async () => {
  const { user } = open([sampleProject()], [], { "GET /config": () => ({ uploads: false }) });
  await user.type(await screen.findByRole("textbox", { name: "Start a new chat" }), "x");
  expect(screen.queryByRole("button", { name: "Attach files" })).toBeNull();
});

it("asks in the project that was talked in last, unless another is chosen", async () => {
  const old = sampleProject({ name: "Old", last_chat_at: "2026-01-01T00:00:00.000Z" });
  const last = sampleProject({ name: "Last", last_chat_at: "2026-11-01T00:00:00.000Z" });
  const readOnly = sampleProject({ name: "Read only", last_chat_at: "2026-11-20T00:00:00.000Z", role: "viewer" });
  const thread = sampleThread();
  const { user, server } = open([last, old, readOnly], [], { "POST /threads": () => json(201, thread) });
  await user.click(await screen.findByRole("button", { name: "Project: Last. Change" }));
  const menu = screen.getByRole("menu");
  expect(
    within(menu)
      .getAllByRole("menuitemradio")
      .map((i) => i.textContent),
  ).toEqual(["Last", "Old"]);
  await user.click(within(menu).getByText("Old"));
  await user.keyboard("{Escape}");
  await user.type(screen.getByRole("textbox", { name: "Start a new chat" }), "Hello{Enter}");
  await waitFor(() => expect(server.to("POST /threads")[0]?.body).toMatchObject({ project_id: old.id }));
});

it("starts a project from a template", async () => {
  const project = sampleProject({ name: "Quay history" });
  const { user, server } = open([], [], { "POST /projects": () => json(201, project) });
  await user.click(await screen.findByRole("button", { name: /Research notes/ }));
  const dialog = await screen.findByRole("dialog", { name: "New project" });
  const name = within(dialog).getByLabelText("Name");
  expect(name).toHaveValue("Research notes");
  expect(within(dialog).getByLabelText("Instructions")).toHaveValue("Name your sources.");
  await user.clear(name);
  await user.type(name, "Quay history{Enter}");
  await waitFor(() => expect(window.location.pathname).toBe(`/projects/${project.id}`));
  expect(server.to("POST /projects")[0]?.body).toMatchObject({
    name: "Quay history",
    template_id: "research",
    color: "blue",
    instructions: "Name your sources.",
  });
});

it("shows recent chats with their project", async () => {
  const project = sampleProject();
  open([project], [sampleThread({ project_id: project.id })]);
  const link = await screen.findByRole("link", { name: "Which crane can lift the boat?" });
  expect(link).toHaveAttribute("href", expect.stringMatching(/^\/threads\//));
  expect((await screen.findAllByText("Harbour plans")).length).toBeGreaterThan(0);
  expect(screen.queryByRole("heading", { name: "Or set up a project first" })).toBeNull();
});

it("offers another try when nothing could be loaded", async () => {
  open([], [], { "GET /projects": () => problem(500, "internal", "something went wrong on the server") });
  expect(await screen.findByRole("heading", { name: "The start page did not load" })).toBeInTheDocument();
  expect(screen.getByText("request TEST")).toBeInTheDocument();
});
