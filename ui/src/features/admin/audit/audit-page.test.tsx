import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toaster";
import type { AuditCheck, AuditEntry } from "@/lib/wire";
import { fakeServer, problem, type Routes } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleAccount, sampleEntry, sampleList, sampleUser } from "@/testing/samples";
import { AuditPage } from "./audit-page";

function open(entries: AuditEntry[], { at = "/admin/audit", ...more }: Routes & { at?: string } = {}) {
  const server = fakeServer({
    "GET /users/me": () => sampleUser(),
    "GET /admin/audit": () => sampleList("entries", entries),
    "GET /admin/audit/check": () => sampleCheck(),
    ...more,
  });
  const drawn = render(
    <main id="main" tabIndex={-1}>
      <AuditPage />
      <Toaster />
    </main>,
    { at },
  );
  return { server, ...drawn };
}

const sampleCheck = (some: Partial<AuditCheck> = {}): AuditCheck => ({
  whole: true,
  entries: 1234,
  broken_at: null,
  finding: "",
  checked_at: "2026-11-22T11:59:00.000Z",
  ...some,
});

const asked = (server: ReturnType<typeof fakeServer>) => server.to("GET /admin/audit").map((r) => Object.fromEntries(r.query));

beforeEach(() => vi.setSystemTime(new Date("2026-11-22T12:00:00Z")));

it("says who did what, from where and when, and all else on request", async () => {
  const entry = sampleEntry({ number: 41 });
  const { user } = open([entry]);
  const line = await screen.findByText("ann");
  const row = line.closest("li") as HTMLElement;
  expect(row).toHaveTextContent("ann changed the account of bob: disabled it");
  expect(row).toHaveTextContent("192.0.2.7");
  expect(screen.getByRole("region", { name: "Today" })).toContainElement(row);
  await user.click(line);
  expect(row.querySelector("details")).toHaveAttribute("open");
  expect(within(row).getByText(entry.hash)).toBeInTheDocument();
  expect(within(row).getByText("41")).toBeInTheDocument();
  expect(document.title).toBe("Audit · Parley");
});

it.each([
  [{ action: "set_up", details: {} }, "ann set up Parley"],
  [{ action: "signed_in", details: { agent: "curl" } }, "ann signed in"],
  [
    { action: "sign_in_failed", user_id: null, username: "", details: { account: "none", not_noted: "7" } },
    "Somebody failed to sign in to an account that does not exist; 7 more tries before it were not noted one by one",
  ],
  [{ action: "sign_in_failed", details: {} }, "ann failed to sign in"],
  [{ action: "session_reused", details: {} }, "ann lost a session, because its refresh token was used twice"],
  [{ action: "registered", details: { role: "member", invite: "x" } }, "ann registered as member with an invite"],
  [{ action: "account_changed", details: { changed: "email username" } }, "ann changed their email and user name"],
  [
    { action: "user_created", user_id: null, username: "command line", details: { username: "bob", role: "admin" } },
    "Command line made an account for bob (admin)",
  ],
  [
    { action: "user_updated", details: { username: "bob", role: "admin", password: "reset", username_was: "rob" } },
    "ann changed the account of bob: made it an administrator’s, set a new password and renamed it from rob",
  ],
  [{ action: "user_deleted", details: { failed: "conflict" } }, "ann tried, and failed (conflict): deleted the account of somebody"],
  [{ action: "api_key_created", details: { name: "CI", scope: "write" } }, "ann made the API key “CI” (write)"],
  [{ action: "keys_rotated", details: { revoked: "true" } }, "ann made all access tokens void and a new signing key"],
  [{ action: "audit_read", details: {} }, "ann looked at the audit"],
  [{ action: "moon_landed", details: {} }, "ann did moon landed"],
] as [Partial<AuditEntry>, string][])("says $0.action as a sentence", async (over, sentence) => {
  open([sampleEntry(over)]);
  await waitFor(() => expect(document.querySelector("summary")).toHaveTextContent(sentence));
});

it("shows looks in a row as one, that hides nothing", async () => {
  const looks = ["audit_read", "users_listed", "audit_read"].map((action) => sampleEntry({ action, details: {} }));
  const { user } = open([...looks, sampleEntry(), sampleEntry({ action: "audit_read", details: {}, address: "192.0.2.9" })]);
  const folded = await screen.findByText(/looked at the audit and the users/);
  expect(folded).toHaveTextContent("×3");
  expect(document.querySelectorAll("section > ul > li")).toHaveLength(3);
  await user.click(folded);
  expect(within(folded.closest("li") as HTMLElement).getAllByText(/^looked at the audit$|looked at the users/)).not.toHaveLength(0);
});

it("does not count a refused look among those", async () => {
  open([sampleEntry({ action: "audit_read", details: {} }), sampleEntry({ action: "users_listed", details: { failed: "invalid" } })]);
  await screen.findByText(/tried, and failed \(invalid\)/);
  expect(document.querySelectorAll("section > ul > li")).toHaveLength(2);
});

it("goes on by cursor, and asks no page twice", async () => {
  const [first, second] = [sampleEntry({ number: 2 }), sampleEntry({ number: 1, details: { username: "zoe" } })];
  const { user, server } = open([], {
    "GET /admin/audit": ({ query }) => ({ entries: query.get("after") ? [second] : [first], total: 2, has_more: !query.get("after") }),
  });
  await user.click(await screen.findByRole("button", { name: "Show older entries" }));
  expect(await screen.findByText(/account of zoe/)).toBeInTheDocument();
  expect(asked(server)).toEqual([{ limit: "100" }, { limit: "100", after: "2" }]);
  expect(screen.queryByRole("button", { name: "Show older entries" })).toBeNull();
});

it("is searched by who, what and when; the search stands in the address", async () => {
  const bob = sampleAccount({ is_disabled: true });
  const { user, server } = open([sampleEntry()], { "GET /users": () => sampleList("users", [sampleAccount({ username: "bobby" }), bob]) });
  await user.type(screen.getByLabelText("Who"), "Bob");
  await user.selectOptions(screen.getByLabelText("What"), "Signed in");
  await user.type(screen.getByLabelText("First day"), "2026-11-01");
  await user.type(screen.getByLabelText("Last day"), "2026-11-02");
  await user.click(screen.getByRole("button", { name: "Show" }));
  await waitFor(() => expect(asked(server)).toHaveLength(2));
  expect(asked(server)[1]).toEqual({
    user_id: bob.id,
    action: "signed_in",
    from: new Date("2026-11-01T00:00:00").toISOString(),
    to: new Date("2026-11-03T00:00:00").toISOString(),
    limit: "100",
  });
  expect(new URLSearchParams(window.location.search).get("who")).toBe("Bob");
  expect((await screen.findAllByText("1 entry found")).length).toBeGreaterThan(0);

  await user.click(screen.getByRole("button", { name: "Show everything" }));
  await waitFor(() => expect(window.location.search).toBe(""));
  expect(screen.getByLabelText("Who")).toHaveValue("");
});

it("says at the field that there is nobody of that name", async () => {
  const { user, server } = open([sampleEntry()], { "GET /users": () => sampleList("users", [sampleAccount({ username: "bobby" })]) });
  await user.type(screen.getByLabelText("Who"), "bob{Enter}");
  await waitFor(() => expect(screen.getByLabelText("Who")).toHaveAccessibleDescription("Nobody has exactly this name or address now."));
  expect(asked(server)).toHaveLength(1);
});

it("refuses days in the wrong order before asking", async () => {
  const { user, server } = open([sampleEntry()], { at: "/admin/audit?from=2026-11-05" });
  await user.type(screen.getByLabelText("Last day"), "2026-11-04{Enter}");
  expect(screen.getByLabelText("Last day")).toHaveAccessibleDescription("This is before the first day.");
  expect(asked(server)).toHaveLength(1);
});

it("takes an address that makes no sense for none", async () => {
  const { server } = open([sampleEntry()], { at: "/admin/audit?from=2026-99-99&to=soon&who=ann" });
  await screen.findByText("ann");
  expect(asked(server)).toEqual([{ limit: "100" }]);
});

it("narrows to one person from an entry of theirs, gone or not, and keeps the keyboard on the page", async () => {
  const entry = sampleEntry({ username: "gone" });
  const { user, server } = open([entry]);
  await user.click(await screen.findByText("gone"));
  await user.click(screen.getByRole("button", { name: "Only what gone did" }));
  await waitFor(() => expect(asked(server).at(-1)).toEqual({ user_id: entry.user_id, limit: "100" }));
  expect(screen.getByLabelText("Who")).toHaveValue("gone");
  expect(screen.getByRole("main")).toHaveFocus();
});

it("exports what is shown, after it has made sure of the session", async () => {
  const clicked: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    clicked.push(`${this.getAttribute("href")} ${this.download}`);
  });
  const { user, server } = open([sampleEntry()], { at: "/admin/audit?action=signed_in" });
  await user.click(await screen.findByRole("button", { name: "Export these as JSON lines" }));
  await waitFor(() => expect(clicked).toEqual(["/api/v1/admin/audit/export?action=signed_in parley-audit.jsonl"]));
  expect(server.to("GET /users/me")).toHaveLength(1);
  vi.restoreAllMocks();
});

it("asks again by hand, and not when the window comes to the front", async () => {
  const { user, server } = open([sampleEntry()]);
  await screen.findByText("ann");
  window.dispatchEvent(new Event("visibilitychange"));
  await user.click(screen.getByRole("button", { name: "Ask again" }));
  await waitFor(() => expect(asked(server)).toHaveLength(2));
});

it("says that nothing was found, and offers another try where it failed", async () => {
  open([], { at: "/admin/audit?action=set_up" });
  expect(await screen.findByText("Nothing of that kind was noted.")).toBeInTheDocument();
});

it("offers another try when it could not be read", async () => {
  let broken = true;
  const { user } = open([], {
    "GET /admin/audit": () => (broken ? problem(500, "internal", "something went wrong on the server") : sampleList("entries", [sampleEntry()])),
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrong on the server.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("ann")).toBeInTheDocument();
});

it("says that the chain is whole, and looks again on request alone", async () => {
  const { user, server } = open([sampleEntry()]);
  expect(await screen.findByText(/^Chain whole, 1,234 entries, checked at/)).toBeInTheDocument();
  expect(server.to("GET /admin/audit/check")).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Check again" }));
  await waitFor(() => expect(server.to("GET /admin/audit/check")).toHaveLength(2));
});

it("says clearly where the chain is broken, or that it could not be looked at", async () => {
  let answer: () => unknown = () => sampleCheck({ whole: false, entries: 40, broken_at: 41, finding: "audit 41: the chain of entries is broken here" });
  const { user } = open([sampleEntry()], { "GET /admin/audit/check": () => answer() });
  expect(await screen.findByRole("alert")).toHaveTextContent("The chain is broken at entry 41.");
  expect(screen.queryByText(/Chain whole/)).toBeNull();
  answer = () => problem(500, "internal", "something went wrong on the server");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/The chain of entries could not be checked. Something went wrong on the server/)).toBeInTheDocument();
  answer = () => sampleCheck({ entries: 1 });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText(/^Chain whole, 1 entry, checked at/)).toBeInTheDocument();
});
