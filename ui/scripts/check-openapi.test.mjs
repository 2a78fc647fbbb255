import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { problems } from "./check-openapi.mjs";

const text = readFileSync("../api/rest/openapi.json", "utf8");
const path = "/api/v1/threads/{id}/messages";

const changed = (change) => {
  const doc = JSON.parse(text);
  change(doc, doc.paths[path].get);
  return JSON.stringify(doc);
};

it("finds nothing in the server's own document", async () => {
  expect(await problems(text)).toEqual([]);
});

it.each([
  ["another version", (doc) => Object.assign(doc, { openapi: "3.2.0" }), "/openapi is 3.2, not 3.1"],
  ["no version", (doc) => delete doc.openapi, "Cannot find"],
  ["no title", (doc) => delete doc.info.title, "/info must have required property 'title'"],
  ["a response without description", (_, get) => delete get.responses[200].description, "get/responses/200 must have required property 'description'"],
  ["an unknown key", (_, get) => Object.assign(get, { headline: "List" }), '"unevaluatedProperty":"headline"'],
  [
    "a parameter from nowhere",
    (_, get) => Object.assign(get.parameters[0], { in: "nowhere" }),
    "get/parameters/0/in must be equal to one of the allowed values",
  ],
  [
    "a reference to nowhere",
    (_, get) => Object.assign(get.responses[200].content["application/json"], { schema: { $ref: "#/components/schemas/Nowhere" } }),
    "Can't resolve #/components/schemas/Nowhere",
  ],
])("finds %s", async (_, change, want) => {
  expect((await problems(changed(change))).join("\n")).toContain(want);
});
