import { expect, it } from "vitest";
import { fakeServer, problem } from "@/testing/fake-server";
import { sampleUser } from "@/testing/samples";
import { meQuery } from "./me";
import { newQueryClient } from "./query-client";

const who = () => newQueryClient({ retries: 0 }).fetchQuery(meQuery);
const asked = (server: ReturnType<typeof fakeServer>) => server.requests.map((r) => `${r.method} ${r.path}`);

it("asks nothing that would be refused of a browser that nobody has signed in with", async () => {
  const server = fakeServer({ "GET /auth/session": () => ({ signed_in: false, renewable: false }) });
  await expect(who()).rejects.toMatchObject({ status: 401 });
  expect(asked(server)).toEqual(["GET /auth/session"]);
});

it("renews a session that has been away for a while", async () => {
  const me = sampleUser();
  const server = fakeServer({
    "GET /auth/session": () => ({ signed_in: false, renewable: true }),
    "POST /auth/refresh": () => ({ expires_in: 900 }),
    "GET /users/me": () => me,
  });
  await expect(who()).resolves.toEqual(me);
  expect(asked(server)).toEqual(["GET /auth/session", "POST /auth/refresh", "GET /users/me"]);
});

it("takes a session that ends in this very moment for none", async () => {
  fakeServer({
    "GET /auth/session": () => ({ signed_in: false, renewable: true }),
    "POST /auth/refresh": () => problem(401, "unauthorized", "this session is over"),
  });
  await expect(who()).rejects.toMatchObject({ status: 401 });
});
