// Draws /openapi.json. Every text goes in as text, never as HTML.

const theme = localStorage.getItem("parley-theme");
if (theme === "light" || theme === "dark") document.documentElement.style.colorScheme = theme;

/** Makes an element; a string among its children is a text. */
function h(tag, attrs = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== ""));
  return e;
}

const refName = (ref) => ref.slice(ref.lastIndexOf("/") + 1);

function follow(doc, thing) {
  if (!thing?.$ref) return thing;
  return thing.$ref
    .slice(2)
    .split("/")
    .reduce((at, key) => at?.[key], doc);
}

/** Says in a few words what a schema wants. */
function typeText(doc, schema) {
  if (!schema) return "anything";
  if (schema.$ref) return refName(schema.$ref);
  if (schema.anyOf) return schema.anyOf.map((s) => typeText(doc, s)).join(" or ");
  const type = Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "anything");
  if (schema.type === "array") return `list of ${typeText(doc, schema.items)}`;
  if (schema.enum?.length === 1) return JSON.stringify(schema.enum[0]);
  if (schema.enum) return schema.enum.join(" | ");
  return schema.format ? `${type} (${schema.format})` : type;
}

/** Says what else a value must be. */
function rules(schema) {
  const out = [];
  const range = (low, high, unit) => {
    if (low === 1 && high === undefined && unit) out.push("not empty");
    else if (low !== undefined && high !== undefined) out.push(`${low} to ${high}${unit}`);
    else if (low !== undefined) out.push(`at least ${low}${unit}`);
    else if (high !== undefined) out.push(`at most ${high}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, " items");
  if (schema.pattern) out.push(`matches ${schema.pattern}`);
  if (schema.default !== undefined) out.push(`default ${JSON.stringify(schema.default)}`);
  return out.join(", ");
}

/** The schema whose fields are worth opening, or nothing. */
function innerOf(doc, schema) {
  const inner = follow(doc, schema?.anyOf?.[0] ?? schema?.items ?? schema);
  return inner?.properties ? inner : undefined;
}

function field(doc, name, schema, required, text, seen) {
  const resolved = follow(doc, schema) ?? {};
  const note = [text ?? schema.description ?? resolved.description, rules(schema.$ref ? {} : schema)].filter(Boolean).join(" · ");
  const inner = innerOf(doc, schema);
  const open = inner && !seen.includes(inner);
  return h(
    "div",
    { class: "field" },
    h("div", {}, h("code", {}, name), required ? h("span", { class: "must" }, "required") : ""),
    h("div", {}, h("span", { class: "type" }, typeText(doc, schema)), note ? h("p", {}, note) : ""),
    open ? later("inner", "Fields", () => fields(doc, inner, [...seen, inner])) : "",
  );
}

function fields(doc, schema, seen = []) {
  const required = schema.required ?? [];
  const names = Object.keys(schema.properties ?? {}).sort((a, b) => required.includes(b) - required.includes(a) || a.localeCompare(b));
  return h("div", { class: "fields" }, ...names.map((n) => field(doc, n, schema.properties[n], required.includes(n), undefined, seen)));
}

/** A part that is drawn when it is opened. */
function later(kind, title, draw) {
  const d = h("details", { class: kind }, h("summary", {}, title));
  d.addEventListener("toggle", () => d.children.length === 1 && d.append(draw()), { once: true });
  return d;
}

function example(value) {
  return later("example", "Example", () => h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2)));
}

function content(doc, title, body) {
  const json = body?.content?.["application/json"];
  if (!json) {
    const kinds = Object.keys(body?.content ?? {});
    return kinds.length ? [h("h4", {}, title), h("p", {}, kinds.join(", "))] : [];
  }
  const schema = follow(doc, json.schema);
  return [
    h("h4", {}, title),
    schema?.properties ? fields(doc, title === "Body" ? schema : { ...schema, required: [] }, [schema]) : h("p", {}, typeText(doc, json.schema)),
    json.example !== undefined ? example(json.example) : "",
  ];
}

function answers(doc, op) {
  const rows = Object.entries(op.responses).map(([status, r]) => {
    const problem = r.content?.["application/problem+json"];
    const words = problem ? r.description.split(", ").map((c) => h("code", {}, c)) : [r.description];
    return h("div", { class: `answer ${status < "400" ? "good" : "bad"}` }, h("b", {}, status), h("div", {}, ...words));
  });
  return [h("h4", {}, "Answers"), h("div", { class: "fields" }, ...rows)];
}

const chip = (name, value) => (value ? h("span", {}, `${name} `, h("b", {}, value.replaceAll("_", " "))) : "");

function chips(thing) {
  return h(
    "div",
    { class: "chips" },
    chip("who", thing["x-access"]),
    chip("API key scope", thing["x-scope"]),
    chip("counts as", thing["x-rate-limit"]),
  );
}

function operation(doc, path, method, op) {
  const params = op.parameters ?? [];
  const good = Object.entries(op.responses).find(([status]) => status.startsWith("2"));
  const draw = () =>
    h(
      "div",
      { class: "body" },
      chips(op),
      params.length
        ? [h("h4", {}, "Parameters"), h("div", { class: "fields" }, ...params.map((p) => field(doc, p.name, p.schema, p.required, [p.in, p.description].filter(Boolean).join(": "), [])))]
        : "",
      content(doc, "Body", op.requestBody),
      good ? content(doc, `Answer ${good[0]}`, good[1]) : "",
      answers(doc, op),
    );
  return card(op.operationId, method, path, op.summary, draw);
}

function frame(doc, f, verb) {
  const schema = follow(doc, f.schema);
  const draw = () => h("div", { class: "body" }, verb === "send" ? chips(f) : "", h("h4", {}, "Fields"), fields(doc, schema, [schema]), example(f.example));
  return card(`${verb}-${f.type}`, verb, f.type, f.summary, draw);
}

function card(id, verb, name, what, draw) {
  const d = h(
    "details",
    { class: "op", id },
    h("summary", {}, h("span", { class: `verb ${verb}` }, verb.toUpperCase()), h("code", {}, name), h("span", { class: "what" }, what)),
  );
  d.addEventListener("toggle", () => d.open && d.children.length === 1 && d.append(draw()));
  d.dataset.find = `${id} ${verb} ${name} ${what}`.toLowerCase();
  return d;
}

function chapter(id, title, text, cards) {
  return h("section", { id: `chapter-${id}` }, h("h2", {}, title), text ? h("p", {}, text) : "", ...cards);
}

function chapters(doc) {
  const byTag = new Map((doc.tags ?? []).map((t) => [t.name, { text: t.description, cards: [] }]));
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const tag = op.tags?.[0] ?? "other";
      if (!byTag.has(tag)) byTag.set(tag, { text: "", cards: [] });
      byTag.get(tag).cards.push(operation(doc, path, method, op));
    }
  }
  const out = [...byTag].filter(([, c]) => c.cards.length).map(([tag, c]) => chapter(tag, tag, c.text, c.cards));
  const frames = doc["x-frames"];
  if (frames) {
    out.push(chapter("send", "Frames that a client sends", frames.description, frames.client.map((f) => frame(doc, f, "send"))));
    out.push(chapter("receive", "Frames that the server sends", "", frames.server.map((f) => frame(doc, f, "receive"))));
  }
  return out;
}

function intro(doc) {
  const fact = (title, text) => h("div", {}, h("h3", {}, title), h("p", {}, text));
  return [
    h("h1", {}, `${doc.info.title} API`),
    h("p", { class: "lead" }, doc.info.description ?? ""),
    h(
      "div",
      { class: "facts" },
      fact("Signing in", "A browser has cookies that no script sees. Other clients send Authorization: Bearer with an access token or an API key."),
      fact("Errors", "Every error is application/problem+json with a stable code, a sentence for people and a request_id that the log knows."),
      fact("Limits", "RateLimit-Limit, -Remaining and -Reset say what is left; a 429 names in Retry-After when to come back."),
      fact("Repeating", "A create that carries a client_id can be sent again: it answers with what the first one made."),
    ),
  ];
}

/** The list at the side follows what is searched for, and so do the cards. */
function side(root, nav) {
  const entries = [];
  for (const section of root.querySelectorAll("section")) {
    const links = [...section.querySelectorAll("details.op")].map((card) => {
      const [verb, , what] = card.querySelector("summary").children;
      const link = h("a", { href: `#${card.id}` }, h("span", { class: verb.className }, verb.textContent), h("span", {}, what.textContent));
      entries.push({ card, link });
      return link;
    });
    const group = h("div", {}, h("h2", {}, section.querySelector("h2").textContent), ...links);
    nav.append(group);
    section.group = group;
  }
  const none = h("p", { class: "none", hidden: true }, "Nothing fits.");
  nav.append(none);
  return (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { card, link } of entries) {
      const fits = words.every((w) => card.dataset.find.includes(w));
      card.hidden = link.hidden = !fits;
      found += fits;
    }
    for (const section of root.querySelectorAll("section")) {
      section.hidden = section.group.hidden = !section.querySelector("details.op:not([hidden])");
    }
    none.hidden = found > 0;
  };
}

/** Opens what the address names. */
function openTarget() {
  const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (card instanceof HTMLDetailsElement) {
    card.open = true;
    card.scrollIntoView();
  }
}

async function start() {
  const main = document.querySelector("main");
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`the description is answered ${response.status}`);
  const doc = await response.json();
  main.replaceChildren(...intro(doc), ...chapters(doc));
  const search = document.querySelector("input");
  const find = side(main, document.querySelector("nav"));
  const header = document.querySelector(".side");
  search.addEventListener("input", () => {
    find(search.value);
    header.classList.toggle("finding", search.value !== "");
  });
  document.querySelector("nav").addEventListener("click", () => header.classList.remove("finding"));
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && document.activeElement !== search) {
      e.preventDefault();
      search.focus();
    }
  });
  addEventListener("hashchange", openTarget);
  openTarget();
}

start().catch(() => {
  document.querySelector("main").replaceChildren(
    h("p", { class: "state", role: "alert" }, "The description cannot be read. ", h("a", { href: "" }, "Try again")),
  );
});
