// Proves that a document is valid OpenAPI 3.1: it fits the official JSON schema, which the
// validator brings along, and its references lead somewhere. The Go tests ask a second,
// independent one (api/rest/openapi_valid_test.go).
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";

/** What is wrong in `text`, each with its place; nothing if it is a valid document. */
export async function problems(text) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(text));
  if (!valid) return typeof errors === "string" ? [errors] : errors.map((e) => `${e.instancePath || "/"} ${e.message} ${JSON.stringify(e.params)}`);
  return validator.version === "3.1" ? [] : [`/openapi is ${validator.version}, not 3.1`];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? fileURLToPath(new URL("../../api/rest/openapi.json", import.meta.url));
  const found = await problems(readFileSync(file, "utf8"));
  for (const line of found) console.error(line);
  console.log(found.length === 0 ? "openapi.json is valid OpenAPI 3.1" : `${found.length} problems`);
  process.exit(found.length === 0 ? 0 : 1);
}
