import { expect, it } from "vitest";
import { isPressing, sentenceOf } from "./notices";
import type { SecurityNotice } from "./wire";

const notice = (over: Partial<SecurityNotice>): SecurityNotice => ({
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
  ...over,
});

it.each([
  [notice({}), "The administrator root added eve to the project “Plans” as a viewer."],
  [notice({ detail: "changed editor" }), "The administrator root made eve an editor of the project “Plans”."],
  [notice({ detail: "removed", project_name: "" }), "The administrator root removed eve from a project that you no longer see."],
  [notice({ kind: "account_changed", detail: "password, API keys" }), "The administrator root changed your account: password, API keys."],
  [notice({ kind: "api_keys_ended", subject: "CI" }), "The administrator root ended your API key “CI”."],
  [notice({ kind: "api_keys_ended", subject: "", count: 3 }), "The administrator root ended 3 of your API keys."],
  [
    notice({ kind: "sign_ins_failed", by: "", count: 12, address: "192.0.2.1" }),
    "12 sign-ins to your account failed, the last from 192.0.2.1. If that was not you, change your password.",
  ],
])("says a notice in a sentence", (given, want) => expect(sentenceOf(given)).toBe(want));

it("shows above the page what is not read, but not one's own slip", () => {
  expect(isPressing(notice({}))).toBe(true);
  expect(isPressing(notice({ is_read: true }))).toBe(false);
  expect(isPressing(notice({ kind: "sign_ins_failed", count: 2 }))).toBe(false);
  expect(isPressing(notice({ kind: "sign_ins_failed", count: 9 }))).toBe(true);
});
