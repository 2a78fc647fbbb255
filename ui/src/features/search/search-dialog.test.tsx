import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { forgetSearch, useSearchBox } from "@/lib/search-box";
import type { SearchResult } from "@/lib/wire";
import { type FakeRequest, fakeServer, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleId, sampleList, sampleProject, sampleThread } from "@/testing/samples";
import SearchDialog from "./search-dialog";

const harbour = sampleProject();
const quay = sampleProject({ name: "Quay" });

const sample = (over: Partial<SearchResult> = {}): SearchResult => ({
  kind: "message",
  id: sampleId(),
  thread_id: sampleId(),
  project_id: harbour.id,
  title: "Boats",
  snippet_html: "the <mark>crane</mark> &lt;lifts&gt;",
  created_at: "2026-11-22T10:00:00.000Z",
  ...over,
});

const page = (results: SearchResult[], total = results.length) => ({ results, total, has_more: total > results.length });

const Box = () => <SearchDialog open={useSearchBox().open} onOpenChange={(to) => useSearchBox.setState({ open: to })} />;

function open(routes: Routes = {}) {
  const recent = sampleThread({ title: "Spoken of lately" });
  const server = fakeServer({
    "GET /projects": () => sampleList("projects", [harbour, quay]),
    "GET /threads": () => sampleList("threads", [recent]),
    ...routes,
  });
  useSearchBox.setState({ open: true });
  return { server, recent, ...render(<Box />) };
}

const field = () => screen.findByRole("combobox", { name: "Search" });
const options = () => within(screen.getByRole("listbox")).getAllByRole("option");
const active = () => options().find((o) => o.getAttribute("aria-selected") === "true");

beforeEach(forgetSearch);

it("offers the recent chats before anything is asked", async () => {
  const { user, recent, server } = open();
  const option = await screen.findByRole("option", { name: /Spoken of lately/ });
  expect(option).toHaveAttribute("href", `/threads/${recent.id}`);
  expect(await field()).toHaveFocus();
  await user.keyboard("{Enter}");
  expect(window.location.pathname).toBe(`/threads/${recent.id}`);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(server.to("GET /search")).toHaveLength(0);
});

it("asks for what was typed, shows what was found as text, and leads to it", async () => {
  const found = [sample(), sample({ kind: "attachment", title: "crane.pdf" }), sample({ kind: "summary" }), sample({ kind: "thread", title: "Cranes" })];
  const { user, server } = open({ "GET /search": () => page(found) });
  await user.click(await field());
  await user.paste("  crane"); // at once: how often it asks while somebody types depends on how fast
  expect(await screen.findByText("4 results")).toBeInTheDocument();
  expect(server.to("GET /search").map((r) => r.query.get("q"))).toEqual(["crane"]);
  expect(screen.getAllByText("crane", { selector: "mark" })).toHaveLength(4);
  expect(options()[0]).toHaveTextContent("the crane <lifts>");
  expect(options().map((o) => o.getAttribute("href"))).toEqual([
    `/threads/${found[0]?.thread_id}?message=${found[0]?.id}`,
    `/threads/${found[1]?.thread_id}?attachment=${found[1]?.id}`,
    `/threads/${found[2]?.thread_id}?summary=${found[2]?.id}`,
    `/threads/${found[3]?.thread_id}`,
  ]);
  expect(active()).toBe(options()[0]);
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
  expect(await field()).toHaveAttribute("aria-activedescendant", options()[1]?.id);
  await user.keyboard("{Enter}");
  expect(window.location.search).toBe(`?attachment=${found[1]?.id}`);
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("narrows down to one project", async () => {
  const { user, server } = open({ "GET /search": () => page([sample()]) });
  await user.type(await field(), "crane");
  await screen.findByText("1 result");
  await user.selectOptions(screen.getByLabelText("Project"), "Quay");
  await waitFor(() => expect(server.to("GET /search").at(-1)?.query.get("project_id")).toBe(quay.id));
  expect(await field()).toHaveFocus();
});

it("goes on where the page ended", async () => {
  const all = Array.from({ length: 23 }, (_, n) => sample({ title: `Boat ${n}` }));
  const part = ({ query }: FakeRequest) => {
    const offset = Number(query.get("offset"));
    return { results: all.slice(offset, offset + 20), total: 23, has_more: offset === 0 };
  };
  const { user } = open({ "GET /search": part });
  await user.type(await field(), "crane");
  await user.click(await screen.findByRole("button", { name: "Show more" }));
  await waitFor(() => expect(options()).toHaveLength(23));
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});

it("says that nothing was found", async () => {
  const { user } = open({ "GET /search": () => page([]) });
  await user.type(await field(), "albatross");
  expect(await screen.findByText("Nothing was found for “albatross”.")).toBeInTheDocument();
  await user.keyboard("{Enter}");
  expect(screen.getByRole("dialog")).toBeInTheDocument();
});

it("says what went wrong, and tries again", async () => {
  let broken = true;
  const { user } = open({ "GET /search": () => (broken ? problem(503, "unavailable", "the store is away") : page([sample()])) });
  await user.type(await field(), "crane");
  expect(await screen.findByText("The store is away.")).toBeInTheDocument();
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("1 result")).toBeInTheDocument();
});

it("keeps what was asked for the next time", async () => {
  const { user } = open({ "GET /search": () => page([sample()]) });
  await user.type(await field(), "crane");
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
  useSearchBox.setState({ open: true });
  expect(await field()).toHaveValue("crane");
});
