import type { LanguageRegistration } from "shiki/core";

type Grammar = { default: LanguageRegistration[] };
type Language = { label: string; also?: string[]; load(): Promise<Grammar> };

/** One line per language that is coloured; each grammar is a file of its own, fetched when it is first needed. */
const languages: Record<string, Language> = {
  bash: { label: "Shell", also: ["sh", "shell", "zsh", "shellscript"], load: () => import("shiki/langs/bash.mjs") },
  c: { label: "C", also: ["h"], load: () => import("shiki/langs/c.mjs") },
  console: { label: "Console", also: ["shellsession", "terminal"], load: () => import("shiki/langs/shellsession.mjs") },
  cpp: { label: "C++", also: ["c++", "cc", "cxx", "hpp"], load: () => import("shiki/langs/cpp.mjs") },
  csharp: { label: "C#", also: ["cs", "c#"], load: () => import("shiki/langs/csharp.mjs") },
  css: { label: "CSS", load: () => import("shiki/langs/css.mjs") },
  diff: { label: "Diff", also: ["patch"], load: () => import("shiki/langs/diff.mjs") },
  docker: { label: "Dockerfile", also: ["dockerfile"], load: () => import("shiki/langs/docker.mjs") },
  elixir: { label: "Elixir", also: ["ex", "exs"], load: () => import("shiki/langs/elixir.mjs") },
  go: { label: "Go", also: ["golang"], load: () => import("shiki/langs/go.mjs") },
  graphql: { label: "GraphQL", also: ["gql"], load: () => import("shiki/langs/graphql.mjs") },
  haskell: { label: "Haskell", also: ["hs"], load: () => import("shiki/langs/haskell.mjs") },
  html: { label: "HTML", also: ["htm"], load: () => import("shiki/langs/html.mjs") },
  http: { label: "HTTP", load: () => import("shiki/langs/http.mjs") },
  ini: { label: "INI", also: ["conf", "properties", "systemd"], load: () => import("shiki/langs/ini.mjs") },
  java: { label: "Java", load: () => import("shiki/langs/java.mjs") },
  javascript: { label: "JavaScript", also: ["js", "mjs", "cjs"], load: () => import("shiki/langs/javascript.mjs") },
  json: { label: "JSON", also: ["jsonc", "json5", "jsonl"], load: () => import("shiki/langs/json.mjs") },
  jsx: { label: "JSX", load: () => import("shiki/langs/jsx.mjs") },
  kotlin: { label: "Kotlin", also: ["kt", "kts"], load: () => import("shiki/langs/kotlin.mjs") },
  lua: { label: "Lua", load: () => import("shiki/langs/lua.mjs") },
  make: { label: "Makefile", also: ["makefile"], load: () => import("shiki/langs/make.mjs") },
  markdown: { label: "Markdown", also: ["md"], load: () => import("shiki/langs/markdown.mjs") },
  nginx: { label: "nginx", load: () => import("shiki/langs/nginx.mjs") },
  nix: { label: "Nix", load: () => import("shiki/langs/nix.mjs") },
  perl: { label: "Perl", also: ["pl"], load: () => import("shiki/langs/perl.mjs") },
  php: { label: "PHP", load: () => import("shiki/langs/php.mjs") },
  powershell: { label: "PowerShell", also: ["ps1", "pwsh"], load: () => import("shiki/langs/powershell.mjs") },
  proto: { label: "Protocol Buffers", also: ["protobuf"], load: () => import("shiki/langs/proto.mjs") },
  python: { label: "Python", also: ["py", "python3"], load: () => import("shiki/langs/python.mjs") },
  r: { label: "R", load: () => import("shiki/langs/r.mjs") },
  ruby: { label: "Ruby", also: ["rb"], load: () => import("shiki/langs/ruby.mjs") },
  rust: { label: "Rust", also: ["rs"], load: () => import("shiki/langs/rust.mjs") },
  scala: { label: "Scala", load: () => import("shiki/langs/scala.mjs") },
  scss: { label: "SCSS", also: ["sass"], load: () => import("shiki/langs/scss.mjs") },
  sql: { label: "SQL", also: ["postgres", "postgresql", "mysql", "sqlite"], load: () => import("shiki/langs/sql.mjs") },
  swift: { label: "Swift", load: () => import("shiki/langs/swift.mjs") },
  terraform: { label: "Terraform", also: ["tf", "hcl"], load: () => import("shiki/langs/terraform.mjs") },
  toml: { label: "TOML", load: () => import("shiki/langs/toml.mjs") },
  tsx: { label: "TSX", load: () => import("shiki/langs/tsx.mjs") },
  typescript: { label: "TypeScript", also: ["ts", "mts", "cts"], load: () => import("shiki/langs/typescript.mjs") },
  xml: { label: "XML", also: ["svg", "plist"], load: () => import("shiki/langs/xml.mjs") },
  yaml: { label: "YAML", also: ["yml"], load: () => import("shiki/langs/yaml.mjs") },
  zig: { label: "Zig", load: () => import("shiki/langs/zig.mjs") },
};

const byName = new Map(Object.entries(languages).flatMap(([id, language]) => [id, ...(language.also ?? [])].map((name) => [name, id] as const)));

/** What a fence names: `id` is undefined where there are no colours for it. */
export function languageOf(info: string): { id: string | undefined; label: string } {
  const name = /^[\w+#.-]*/.exec(info.trim())?.[0] ?? "";
  const id = byName.get(name.toLowerCase());
  return { id, label: id ? (languages[id]?.label ?? name) : name || "Text" };
}

export async function grammarOf(id: string): Promise<LanguageRegistration[]> {
  return (await languages[id]?.load())?.default ?? [];
}
