import { randomUUID } from "node:crypto";
import { expect, test } from "./fixtures";

const ben = { username: "ben", email: "ben@example.org", password: "four unrelated words" };

test.use({ viewport: { width: 390, height: 700 } });

test("A notice leaves the field of a chat in view, stays while a page scrolls, and goes once it is read", async ({ page, parley, rest, context }) => {
  const { id } = await rest.call<{ id: string }>("POST", "/users", ben);
  await rest.call("PATCH", `/users/${id}`, { email: "benjamin@example.org" });
  await context.clearCookies();
  const signedIn = await context.request.post("/api/v1/auth/login", { data: { login: ben.username, password: ben.password } });
  const headers = { Authorization: `Bearer ${((await signedIn.json()) as { access_token: string }).access_token}` };
  const post = async (path: string, data: object) =>
    (await (await context.request.post(`${parley.url}/api/v1${path}`, { headers, data })).json()) as { id: string };
  const project = await post("/projects", { name: "Harbour" });
  const thread = await post("/threads", { project_id: project.id, title: "Boats" });
  await post(`/threads/${thread.id}/messages?wait=true`, { content: "What is a harbour?", client_id: randomUUID() });

  await page.goto(`/threads/${thread.id}`);
  const notice = page.getByRole("region", { name: "Notices" });
  await expect(notice).toContainText("The administrator ada changed your account");
  await expect(page.getByRole("textbox", { name: "Message" })).toBeInViewport({ ratio: 1, timeout: 10_000 });
  await expect(page.getByRole("heading", { name: "Boats" })).toBeInViewport({ ratio: 1, timeout: 10_000 });

  await page.goto("/settings");
  await page.getByRole("radio", { name: "Dark" }).scrollIntoViewIfNeeded();
  await expect(notice).toBeInViewport({ ratio: 1, timeout: 10_000 });
  await notice.getByRole("button", { name: "Mark as read" }).click();
  await expect(notice).toBeHidden();
});
