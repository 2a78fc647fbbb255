import { act, screen, waitFor, within } from "@testing-library/react";
import type { ReactElement } from "react";
import { expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import { putSummaryFailure } from "@/lib/live-summaries";
import type { Project, Summary } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleList, sampleMessage, sampleProject, sampleSummary, sampleThread, sampleUser } from "@/testing/samples";
import ChatPage from "./chat-page";

// It draws nothing where there is no layout.
vi.mock("virtua", () => ({
  Virtualizer: ({ data, children }: { data: unknown[]; children: (row: unknown) => ReactElement }) => <>{data.map(children)}</>,
}));

const me = sampleUser();

async function open({ made = [] as Partial<Summary>[], project = {} as Partial<Project>, routes = {} as Routes, at = "" } = {}) {
  const home = sampleProject(project);
  const thread = sampleThread({ project_id: home.id, user_id: me.id, summary_count: made.length });
  const question = sampleMessage({ thread_id: thread.id, user_id: me.id, is_user: true, content: "Which crane?" });
  const answer = sampleMessage({ thread_id: thread.id, user_id: me.id, parent_id: question.id });
  const next = sampleMessage({ thread_id: thread.id, user_id: me.id, is_user: true, content: "And today?" });
  const summaries = made.map((s) => sampleSummary({ thread_id: thread.id, start_message_id: question.id, end_message_id: answer.id, ...s }));
  const server = fakeServer({
    "GET /users/me": () => me,
    "GET /threads/:id": () => ({ ...thread, summary_count: summaries.length }),
    "GET /projects/:id": () => home,
    "GET /threads/:id/messages": () => sampleList("messages", [question, answer, next]),
    "GET /threads/:id/summaries": () => sampleList("summaries", summaries.toReversed()),
    "GET /summaries/:id": ({ params }) => summaries.find((s) => s.id === params.id) ?? problem(404, "not_found", "summary not found"),
    "PATCH /summaries/:id": ({ params, body }) => Object.assign(summaries.find((s) => s.id === params.id) ?? {}, body, { is_edited: true, is_stale: false }),
    "DELETE /summaries/:id": () => void summaries.pop(),
    ...routes,
  });
  const drawn = render(
    <>
      <ChatPage threadId={thread.id} />
      <Toaster />
    </>,
    { at: `/threads/${thread.id}${at && `?summary=${summaries[0]?.id}`}` },
  );
  drawn.client.setQueryData(["me"], me);
  await screen.findByRole("log");
  await screen.findByRole("link", { name: "Harbour plans" });
  return { thread, question, answer, next, summaries, server, ...drawn };
}

const line = () => screen.findByRole("button", { name: /^Summary of 2 messages/ });
const menu = async (user: Awaited<ReturnType<typeof open>>["user"], item: string) => {
  await user.click(screen.getByRole("button", { name: "Chat menu" }));
  await user.click(screen.getByRole("menuitem", { name: item }));
};

it("stands where it ends, opens, and is edited and deleted", async () => {
  const { user, server } = await open({ made: [{}] });
  await line();
  expect(screen.getAllByRole("article").map((a) => a.dataset.author ?? "summary")).toEqual(["user", "assistant", "summary", "user"]);
  expect(screen.queryByText("cranes")).toBeNull();
  await user.click(await line());
  expect(screen.getByText("north", { selector: "strong" })).toBeInTheDocument();
  expect(screen.getByText(/The model reads it instead of the messages above/)).toBeInTheDocument();
  const summary = () => within(screen.getByRole("article", { name: "Summary of 2 messages" }));
  await user.click(summary().getByRole("button", { name: "Edit" }));
  const field = await screen.findByLabelText("Summary");
  await user.clear(field);
  await user.type(field, "Only the south one.");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Only the south one.", { selector: "p" })).toBeInTheDocument();
  expect(server.to("PATCH /summaries/:id")[0]?.body).toEqual({ summary_text: "Only the south one.", key_topics: ["cranes"] });
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.click(summary().getByRole("button", { name: "Delete" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete summary" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: /^Summary of/ })).toBeNull());
});

it("says that it is out of date", async () => {
  const { user } = await open({ made: [{ is_stale: true, model_used: "" }] });
  expect(await line()).toHaveTextContent("out of date");
  await user.click(await line());
  expect(screen.getByText(/A message in it was changed or deleted since/)).toBeInTheDocument();
  expect(screen.queryByText(/The model reads it instead/)).toBeNull();
});

it("can be read by a viewer, and no more", async () => {
  const { user } = await open({ made: [{}], project: { role: "viewer" } });
  await user.click(await line());
  expect(screen.getByText("cranes")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Edit|Delete/ })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Chat menu" }));
  expect(screen.queryByRole("menuitem", { name: /summar/i })).toBeNull();
});

it("is written by hand, of everything or of what was before the last question", async () => {
  const { user, server, answer, summaries, thread } = await open({
    routes: {
      "POST /threads/:id/summaries": ({ body }) => {
        const made = sampleSummary({ thread_id: thread.id, end_message_id: answer.id, model_used: "", ...(body as Partial<Summary>) });
        summaries.push(made);
        return json(201, made);
      },
    },
  });
  await menu(user, "Write a summary");
  await user.click(await screen.findByRole("button", { name: "Save summary" }));
  expect(await screen.findByText("Write what was said.")).toBeInTheDocument();
  await user.type(screen.getByLabelText("Summary"), "Cranes.");
  await user.type(screen.getByLabelText("Topics"), "cranes, , boats");
  await user.selectOptions(screen.getByLabelText("It stands for"), "Everything before the last question");
  await user.click(screen.getByRole("button", { name: "Save summary" }));
  expect(await line()).toBeInTheDocument();
  expect(server.to("POST /threads/:id/summaries")[0]?.body).toEqual({
    summary_text: "Cranes.",
    key_topics: ["cranes", "boats"],
    end_message_id: answer.id,
    client_id: expect.any(String),
  });
});

it("is made by the model: the page says so, and leads to it when it is there", async () => {
  const { user, summaries, thread, question, answer, client } = await open({
    routes: { "POST /threads/:id/summarize": () => json(202, { summary_id: "later", status: "pending" }) },
  });
  await menu(user, "Summarise");
  expect(await screen.findByText(/Summarising…/)).toBeInTheDocument();
  summaries.push(sampleSummary({ id: "later", thread_id: thread.id, start_message_id: question.id, end_message_id: answer.id }));
  await client.invalidateQueries({ queryKey: ["summaries", thread.id] }); // as the frame has it done
  expect(await screen.findByText("The summary is ready.", { selector: "p" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Show it" }));
  expect(await screen.findByText("cranes")).toBeInTheDocument();
  expect(window.location.search).toBe("?summary=later");
  await waitFor(() => expect(screen.getByRole("article", { name: "Summary of 2 messages" })).toHaveFocus());
});

it("says that it could not be made and when that is tried again, and has it tried now", async () => {
  const { user, thread, server } = await open({ routes: { "POST /threads/:id/summarize": () => json(202, { summary_id: "later", status: "pending" }) } });
  act(() => putSummaryFailure(thread.id, { error: "the model server cannot be reached", again: new Date(2026, 10, 22, 14, 5).getTime() }));
  expect(screen.getByText(/^The summary could not be made\. The model server cannot be reached\. It is tried again at .*5/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Try now" }));
  expect(await screen.findByText(/Summarising…/)).toBeInTheDocument();
  expect(server.to("POST /threads/:id/summarize")).toHaveLength(1);
  act(() => putSummaryFailure(thread.id, { error: "it failed again", again: Date.now() + 60_000 }));
  expect(screen.queryByText(/Summarising…/)).toBeNull();
  const note = screen.getByText(/could not be made/).closest("[role=status]") as HTMLElement;
  await user.click(within(note).getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByText(/could not be made/)).toBeNull();
});

it("tells a viewer that it failed, who cannot have it tried", async () => {
  const { thread } = await open({ project: { role: "viewer" } });
  act(() => putSummaryFailure(thread.id, { error: "it failed", again: Date.now() + 60_000 }));
  expect(screen.getByText(/could not be made/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Try now" })).toBeNull();
});

it("is not asked for where there is nothing to do, and says so", async () => {
  let answers = 0;
  const { user } = await open({
    routes: {
      "POST /threads/:id/summarize": () =>
        answers++ ? problem(409, "conflict", "there is nothing to sum up in this thread yet") : json(202, { summary_id: "old", status: "up_to_date" }),
    },
  });
  await menu(user, "Summarise");
  expect(await screen.findByText("No new messages since the last summary")).toBeInTheDocument();
  await menu(user, "Summarise");
  expect(await screen.findByText("There is nothing to sum up in this thread yet.")).toBeInTheDocument();
});

it("is opened where a link leads to it", async () => {
  await open({ made: [{}], at: "summary" });
  expect(await screen.findByText("cranes")).toBeInTheDocument();
});
