import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import { registerLink } from "@/lib/invite";
import type { Invite } from "@/lib/wire";
import { fakeServer, json, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleInvite, sampleList } from "@/testing/samples";
import { InvitesPage } from "./invites-page";

function open(invites: Invite[], registration = "invite", more: Routes = {}) {
  const server = fakeServer({ "GET /config": () => ({ registration }), "GET /invites": () => sampleList("invites", invites), ...more });
  const drawn = render(
    <>
      <InvitesPage />
      <Toaster />
    </>,
  );
  return { server, ...drawn };
}

beforeEach(() => vi.setSystemTime(new Date("2026-11-22T12:00:00Z")));

it("shows who is invited, as what, and until when", async () => {
  open([
    sampleInvite(),
    sampleInvite({ email: "", role: "admin" }),
    sampleInvite({ status: "used", email: "old@example.org", used_at: "2026-11-22T11:00:00.000Z" }),
    sampleInvite({ status: "expired", email: "late@example.org" }),
  ]);
  const row = async (text: string) => (await screen.findByText(text)).closest("li") as HTMLElement;
  expect(await row("dora@example.org")).toHaveTextContent("Valid until 29 November");
  expect(await row("Anybody with the link")).toHaveTextContent("Administrator");
  expect(await row("old@example.org")).toHaveTextContent(/Used.*Used today/);
  expect(await row("late@example.org")).toHaveTextContent("Expired");
});

it.each([
  ["closed", /invites can be neither created nor used\. Set auth\.registration to invite/],
  ["invite", /Whoever has the link of an invite makes an account with it, once/],
  ["open", /Registration is open/],
])("says what %s registration means", async (rule, sentence) => {
  open([], rule);
  await waitFor(() => expect(document.body).toHaveTextContent(sentence));
  expect(await screen.findByText("Nobody is invited.")).toBeInTheDocument();
});

it.each([
  ["closed", false],
  ["invite", true],
  ["open", true],
])("offers a new invite while registration is %s: %s", async (rule, offered) => {
  open([], rule);
  await screen.findByText("Nobody is invited.");
  const button = screen.getByRole("button", { name: "New invite" });
  await waitFor(() => (offered ? expect(button).toBeEnabled() : expect(button).toBeDisabled()));
});

it("makes an invite and shows its link once, the code behind the #", async () => {
  const { user, server } = open([], "invite", { "POST /invites": () => json(201, { ...sampleInvite(), code: "C0-de_" }) });
  await user.click(screen.getByRole("button", { name: "New invite" }));
  const dialog = await screen.findByRole("dialog", { name: "New invite" });
  await user.type(within(dialog).getByLabelText("Email (optional)"), "dora");
  await user.click(within(dialog).getByRole("button", { name: "Make invite" }));
  expect(within(dialog).getByLabelText("Email (optional)")).toBeInvalid();
  await user.type(within(dialog).getByLabelText("Email (optional)"), "@example.org");
  await user.selectOptions(within(dialog).getByLabelText("Valid for"), "1 day");
  await user.click(within(dialog).getByRole("button", { name: "Make invite" }));
  expect(await within(dialog).findByLabelText("Link")).toHaveValue(registerLink("C0-de_"));
  expect(registerLink("C0-de_")).toMatch(/\/register#invite=C0-de_$/);
  expect(server.to("POST /invites").map((r) => r.body)).toEqual([
    { email: "dora@example.org", role: "member", expires_at: expect.stringMatching(/^2026-11-23T12:0/) },
  ]);
  await waitFor(() => expect(server.to("GET /invites")).toHaveLength(2));
});

it("makes one for anybody when no address is given", async () => {
  const { user, server } = open([], "invite", { "POST /invites": () => json(201, { ...sampleInvite({ email: "" }), code: "x" }) });
  await user.click(screen.getByRole("button", { name: "New invite" }));
  await user.click(await screen.findByRole("button", { name: "Make invite" }));
  await screen.findByLabelText("Link");
  expect(server.to("POST /invites")[0]?.body).not.toHaveProperty("email");
});

it("withdraws an invite only after asking, and says why where that fails", async () => {
  const invites = [sampleInvite()];
  let broken = true;
  const { user, server } = open(invites, "invite", {
    "DELETE /invites/:id": () => (broken ? problem(503, "unavailable", "going down") : void invites.pop()),
  });
  await user.click(await screen.findByRole("button", { name: /^Withdraw the invite for dora@example.org/ }));
  const dialog = await screen.findByRole("dialog", { name: "Withdraw this invite?" });
  expect(server.to("DELETE /invites/:id")).toHaveLength(0);
  await user.click(within(dialog).getByRole("button", { name: "Withdraw" }));
  expect(await within(dialog).findByText("Going down.")).toBeInTheDocument();
  broken = false;
  await user.click(within(dialog).getByRole("button", { name: "Withdraw" }));
  expect(await screen.findByText("Nobody is invited.")).toBeInTheDocument();
  expect(screen.getByText(/The invite is withdrawn/)).toBeInTheDocument();
});

it("turns the pages by cursor, and offers another try", async () => {
  const [a, b] = [sampleInvite({ email: "a@example.org" }), sampleInvite({ email: "b@example.org" })];
  let broken = false;
  const { user } = open([], "invite", {
    "GET /invites": ({ query }) => {
      if (broken) return problem(500, "internal", "something went wrong on the server");
      return { invites: query.get("after") === a.id ? [b] : [a], total: 2, has_more: !query.get("after") };
    },
  });
  const more = await screen.findByRole("button", { name: "Show older invites" });
  broken = true;
  await user.click(more);
  expect(await screen.findByText("Something went wrong on the server.")).toBeInTheDocument();
  broken = false;
  await user.click(more);
  expect(await screen.findByText("b@example.org")).toBeInTheDocument();
});
