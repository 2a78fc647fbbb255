import { expect, it } from "vitest";
import { foreign } from "./check-assets.mjs";

it.each([
  ["a script of another host", '<script src="https://cdn.example/x.js"></script>'],
  ["an address without a scheme", '<link href="//fonts.example/inter.css">'],
  ["a font of another host", "@font-face{src:url(//fonts.example/inter.woff2)}"],
  ["a socket of another host", 'new WebSocket("wss://live.example/ws")'],
  ["a font inside the style sheet", "@font-face{font-family:x;src:url(data:font/woff2;base64,AAAA)}"],
  ["a host that only begins like a listed one", 'fetch("http://www.w3.org.example/")'],
])("finds %s", (_, text) => {
  expect(foreign(text)).not.toEqual([]);
});

it.each([
  ["a namespace", '<svg xmlns="http://www.w3.org/2000/svg">'],
  ["an address of our own", '<script src="/assets/index.js"></script>'],
  ["a comment", "// a // b"],
])("leaves %s", (_, text) => {
  expect(foreign(text)).toEqual([]);
});
