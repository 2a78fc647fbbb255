/** What a client calls itself, as people say it: Firefox on Linux. Browsers name each other, so the order matters. */
const browsers: [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/\S+.*\bSafari\//, "Safari"],
];

const systems: [RegExp, string, boolean][] = [
  [/\biPhone\b/, "iPhone", true],
  [/\biPad\b/, "iPad", true],
  [/\bAndroid\b/, "Android", true],
  [/\bWindows\b/, "Windows", false],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS", false],
  [/\bCrOS\b/, "ChromeOS", false],
  [/\bLinux\b|\bX11\b/, "Linux", false],
];

export type Device = { name: string; kind: "computer" | "phone" | "program" };

/** A guess that is good enough to know one's own devices by. */
export function deviceOf(agent: string): Device {
  const browser = browsers.find(([sign]) => sign.test(agent))?.[1];
  const [, system, isPhone] = systems.find(([sign]) => sign.test(agent)) ?? [];
  if (!browser) return { name: agent.split(" ")[0] || "A program that does not say its name", kind: "program" };
  return { name: system ? `${browser} on ${system}` : browser, kind: isPhone ? "phone" : "computer" };
}
