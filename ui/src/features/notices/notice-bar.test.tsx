import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { fakeServer } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { NoticeBar } from "./notice-bar";

it("stays above the page until its person has read it", async () => {
  const notice = {
    id: "0198c0de-0000-7000-8000-000000000001",
    kind: "members_changed",
    by: "root",
    subject: "eve",
    project_id: null,
    project_name: "Plans",
    detail: "added viewer",
    address: "",
    count: 1,
    is_read: false,
    created_at: "2026-11-01T10:00:00.000Z",
    updated_at: "2026-11-01T10:00:00.000Z",
  };
  fakeServer({
    "GET /users/me/notices": () => ({ notices: [notice], total: 1, has_more: false }),
    "POST /users/me/notices/:id/read": () => ({ ...notice, is_read: true }),
  });
  const { user } = render(<NoticeBar />);
  expect(await screen.findByText(/The administrator root added eve to the project “Plans”/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Mark as read" }));
  await waitFor(() => expect(screen.queryByText(/added eve/)).toBeNull());
});
