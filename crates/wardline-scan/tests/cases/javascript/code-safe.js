// What looks like running code and runs none of the request.
const express = require("express");
const vm = require("node:vm");

const app = express();
const ACTIONS = new Map([["up", () => 1], ["down", () => -1]]);
const PLUGINS = { mail: () => import("./plugins/mail.js"), sms: () => import("./plugins/sms.js") };

app.post("/run", async (req, res) => {
  // ok: javascript.code-injection
  const data = JSON.parse(req.body.text);
  // ok: javascript.code-injection
  const found = /^a+$/.exec(req.body.text);
  // ok: javascript.code-injection
  const action = ACTIONS.get(req.body.action)?.();
  // ok: javascript.code-injection
  setTimeout(() => console.log(req.body.text), 1000);
  // ok: javascript.code-injection
  setInterval(ping, Number(req.body.every));
  // ok: javascript.code-injection
  const plugin = await (PLUGINS[req.body.plugin] ?? PLUGINS.mail)();
  // ok: javascript.code-injection
  const sum = vm.runInNewContext("a + b", { a: Number(req.body.a), b: Number(req.body.b) });
  // ok: javascript.code-injection
  const pick = new Function("items", "return items[0]")([req.body.text]);
  // ok: javascript.code-injection
  const text = String(req.body.text).replace(/[^0-9+*-]/g, "");
  // ok: javascript.code-injection
  queueMicrotask(() => res.locals.log?.(text));
  // ok: javascript.code-injection
  const shown = eval("2 + 2") + req.body.text.length;
  res.json({ data, found, action, plugin, sum, pick, shown });
});

function ping() {
  return fetch("https://status.example/");
}
