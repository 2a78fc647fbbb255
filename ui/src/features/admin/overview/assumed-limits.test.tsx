import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Model } from "@/lib/wire";
import { fakeServer } from "@/testing/fake-server";
import { render } from "@/testing/render";
import { sampleList } from "@/testing/samples";
import { AssumedLimits } from "./assumed-limits";

const model = (id: string, context_source: Model["context_source"]): Model => ({
  cursor: `openai/${id}`,
  id,
  provider: "openai",
  context_tokens: 8192,
  context_source,
  is_default: false,
  is_available: true,
});

it("names the models whose limit is assumed, and the setting", async () => {
  fakeServer({ "GET /models": () => sampleList("models", [model("a", "assumed"), model("b", "server")]) });
  render(<AssumedLimits />);
  const note = await screen.findByRole("region", { name: "Context length" });
  expect(note).toHaveTextContent("doesn't report how much a can read at once. Parley assumes 8,192 tokens.");
  expect(note).toHaveTextContent("Set model.openai.context_tokens in config.yaml");
});
