// Ways in which an injection can be written so that no line of it looks like one.
const express = require("express");
const cp = require("child_process");
const util = require("util");
const { exec } = require("child_process");
const fs = require("fs");
const mysql = require("mysql2/promise");

const app = express();
const db = mysql.createPool({ host: "localhost" });

app.get("/alias", async (req, res) => {
  const run = db.query.bind(db);
  // ruleid: javascript.sql-injection
  await run("select * from users where name = '" + req.query.name + "'");
  // ok: javascript.sql-injection
  await run("select * from users where name = ?", [req.query.name]);
});

app.get("/alias-of-eval", (req, res) => {
  const calculate = eval;
  // ruleid: javascript.code-injection
  calculate(req.query.code);
  // ruleid: javascript.code-injection
  (0, eval)(req.query.code);
  // ok: javascript.code-injection
  (0, parseInt)(req.query.code);
});

app.get("/pieces", (req, res) => {
  // ruleid: javascript.code-injection
  globalThis["ev" + "al"](req.query.code);
  // ruleid: javascript.code-injection
  globalThis[["ev", "al"].join("")](req.query.code);
  // ruleid: javascript.code-injection
  global["lave".split("").reverse().join("")](req.query.code);
  // ruleid: javascript.code-injection
  globalThis[String.fromCharCode(101, 118, 97, 108)](req.query.code);
  // ruleid: javascript.code-injection
  globalThis[`ev${"al"}`](req.query.code);
  // ok: javascript.code-injection
  globalThis["parse" + "Int"](req.query.code);
});

app.get("/pieces-of-a-method", async (req, res) => {
  const verb = "qu" + "ery";
  // ruleid: javascript.sql-injection
  await db[verb]("select '" + req.query.name + "'");
  // ok: javascript.sql-injection
  await db[verb]("select ?", [req.query.name]);
});

app.get("/escapes", (req, res) => {
  // ruleid: javascript.code-injection
  \u0065val(req.query.code);
  // ruleid: javascript.code-injection
  globalThis["\x65val"](req.query.code);
  // ruleid: javascript.code-injection
  globalThis["\u{65}val"](req.query.code);
  // ok: javascript.code-injection
  \u0070arseInt(req.query.code);
});

app.get("/module-in-pieces", (req, res) => {
  // ruleid: javascript.command-injection
  require("child_" + "process").exec("ping " + req.query.host);
  // ruleid: javascript.command-injection
  require("child_" + "process")["ex" + "ec"]("ping " + req.query.host);
  // ok: javascript.command-injection
  require("ut" + "il").inspect("ping " + req.query.host);
});

app.get("/function", (req, res) => {
  // ruleid: javascript.code-injection
  new Function("a", req.query.code)();
  // ruleid: javascript.code-injection
  Function("return " + req.query.code)();
  // ruleid: javascript.code-injection
  (() => {}).constructor("return " + req.query.code)();
  // ruleid: javascript.code-injection
  [].filter.constructor(req.query.code)();
  // ok: javascript.code-injection
  Number(req.query.code);
});

app.get("/call-and-apply", (req, res) => {
  // ruleid: javascript.command-injection
  exec.call(null, "ping " + req.query.host);
  // ruleid: javascript.command-injection
  exec.apply(null, ["ping " + req.query.host]);
  // ruleid: javascript.command-injection
  exec.bind(null, "ping " + req.query.host)();
  // ruleid: javascript.command-injection
  Reflect.apply(exec, null, ["ping " + req.query.host]);
  // ok: javascript.command-injection
  exec.call(null, "uptime");
});

app.get("/tables", (req, res) => {
  const ways = { shell: exec, text: String };
  // ruleid: javascript.command-injection
  ways.shell("ping " + req.query.host);
  // ok: javascript.command-injection
  ways.text("ping " + req.query.host);
  const list = [String, eval];
  // ruleid: javascript.code-injection
  list[1](req.query.code);
  // ok: javascript.code-injection
  list[0](req.query.code);
});

app.get("/callbacks", (req, res) => {
  // ruleid: javascript.code-injection
  [req.query.code].forEach(eval);
  // ruleid: javascript.code-injection
  Promise.resolve(req.query.code).then(eval);
  // ruleid: javascript.code-injection
  setTimeout(eval, 10, req.query.code);
  // ok: javascript.code-injection
  [req.query.code].map(Number);
});

app.get("/promises", async (req, res) => {
  Promise.resolve(req.query.host)
    .then((host) => "ping " + host)
    // ruleid: javascript.command-injection
    .then((line) => exec(line));
  Promise.resolve("localhost")
    .then((host) => "ping " + host)
    // ok: javascript.command-injection
    .then((line) => exec(line));
});

app.get("/new-promise", async (req, res) => {
  const line = await new Promise((resolve) => resolve("ping " + req.query.host));
  // ruleid: javascript.command-injection
  exec(line);
});

function withCallback(value, done) {
  done(null, "ping " + value);
}

app.get("/own-callbacks", (req, res) => {
  // ruleid: javascript.command-injection
  withCallback(req.query.host, (error, line) => exec(line));
  withCallback("localhost", (error, line) => {
    // ok: javascript.command-injection
    exec(error);
  });
});

app.get("/destructuring", (req, res) => {
  const { query: { host: [first = "localhost", ...rest] = [] } = {} } = req;
  // ruleid: javascript.command-injection
  exec("ping " + first);
  const [, [line]] = [1, ["uptime", "ping " + req.query.host]];
  // ok: javascript.command-injection
  exec(line);
});

app.get("/spread", (req, res) => {
  const options = { ...{ line: "uptime" }, ...{ line: "ping " + req.query.host } };
  // ruleid: javascript.command-injection
  exec(options.line);
  const other = Object.assign({}, { line: "ping " + req.query.host }, { line: "uptime" });
  // ok: javascript.command-injection
  exec(other.line);
  // ruleid: javascript.command-injection
  exec(...["ping " + req.query.host]);
});

app.get("/assign", (req, res) => {
  const target = {};
  Object.assign(target, { line: "ping " + req.query.host });
  // ruleid: javascript.command-injection
  exec(target.line);
  const clean = {};
  Object.assign(clean, { line: "uptime" });
  // ok: javascript.command-injection
  exec(clean.line);
});

function command(parts, ...values) {
  return parts.reduce((text, part, i) => text + part + (values[i] || ""), "");
}

app.get("/tags", (req, res) => {
  // ruleid: javascript.command-injection
  exec(command`ping ${req.query.host}`);
  // ok: javascript.command-injection
  exec(command`uptime ${"-p"}`);
  // ruleid: javascript.command-injection
  exec(String.raw`ping ${req.query.host}`);
});

class Runner {
  #line = "";
  static last = "";

  constructor(line) {
    this.#line = line;
  }

  get text() {
    return this.#line;
  }

  set text(line) {
    this.#line = "ping " + line;
  }

  run() {
    // ruleid: javascript.command-injection
    exec(this.#line);
  }
}

app.get("/objects", (req, res) => {
  new Runner("ping " + req.query.host).run();
  Runner.last = "ping " + req.query.host;
  // ruleid: javascript.command-injection
  exec(Runner.last);
});

app.get("/functions-with-members", (req, res) => {
  command.last = "ping " + req.query.host;
  // ruleid: javascript.command-injection
  exec(command.last);
  command.last = "uptime";
  // ok: javascript.command-injection
  exec(command.last);
});

function Old(line) {
  this.line = line;
}

Old.prototype.run = function () {
  // ruleid: javascript.command-injection
  exec(this.line);
};

app.get("/prototypes", (req, res) => {
  new Old("ping " + req.query.host).run();
});

app.get("/generators", (req, res) => {
  function* lines() {
    yield "ping " + req.query.host;
  }
  for (const line of lines()) {
    // ruleid: javascript.command-injection
    exec(line);
  }
});

app.get("/same-list", (req, res) => {
  const a = [];
  const b = a;
  a.push("ping " + req.query.host);
  // ruleid: javascript.command-injection
  exec(b[0]);
  const c = [];
  // ok: javascript.command-injection
  exec(c[0] ?? "uptime");
});

app.get("/thrown", (req, res) => {
  try {
    throw new Error("ping " + req.query.host);
  } catch (error) {
    // ruleid: javascript.command-injection
    exec(error.message);
  }
  try {
    throw new Error("uptime");
  } catch (error) {
    // ok: javascript.command-injection
    exec("uptime");
  }
});

app.get("/comma", (req, res) => {
  let line;
  // ruleid: javascript.command-injection
  exec((line = "ping " + req.query.host, line));
  // ok: javascript.command-injection
  exec((line = "ping " + req.query.host, "uptime"));
});

app.get("/default-argument", (req, res) => {
  const run = (line, how = exec) => {
    // ruleid: javascript.command-injection
    how(line);
  };
  run("ping " + req.query.host);
});

app.get("/file", (req, res) => {
  const read = fs["read" + "FileSync"];
  // ruleid: javascript.path-traversal
  res.json({ text: read("/srv/" + req.query.file) });
});

app.get("/page", (req, res) => {
  const answer = res.send.bind(res);
  // ruleid: javascript.xss
  answer("<p>" + req.query.name + "</p>");
  // ok: javascript.xss
  answer({ name: req.query.name });
});

const a = mysql.createPool({ host: "archive" });

app.get("/other-name", async (req, res) => {
  const text = "select * from users where name = '" + req.query.name + "'";
  // ruleid: javascript.sql-injection
  await a.query(text);
  // ok: javascript.sql-injection
  await a.query("select * from users where name = ?", [req.query.name]);
  // ruleid: javascript.sql-injection
  await app.locals.x.execute("delete from users where name = '" + req.query.name + "'");
  // ok: javascript.sql-injection
  await app.locals.x.execute("open " + req.query.name);
});

app.get("/promised-module", (req, res) => {
  import("node:child_process").then((cp) => {
    // ruleid: javascript.command-injection
    cp.exec("ping " + req.query.host);
    // ok: javascript.command-injection
    cp.execFile("ping", ["-c", "1", "--", req.query.host]);
  });
  import("child_process").then(({ exec: started }) => {
    // ruleid: javascript.command-injection
    started("ping " + req.query.host);
    // ok: javascript.command-injection
    started("uptime");
  });
});

app.get("/promised-in-place", async (req, res) => {
  // ruleid: javascript.command-injection
  await util.promisify(cp.exec)("ping " + req.query.host);
  // ok: javascript.command-injection
  await util.promisify(cp.exec)("uptime");
});

app.get("/shell-reads", (req, res) => {
  // ruleid: javascript.command-injection
  cp.execSync("sh", { input: "ping " + req.query.host });
  // ok: javascript.command-injection
  cp.execSync("sort", { input: req.query.lines });
  const shell = cp.spawn("/bin/bash");
  // ruleid: javascript.command-injection
  shell.stdin.write("ping " + req.query.host);
  // ok: javascript.command-injection
  shell.stdin.end("exit");
});

app.route("/other-names").get((q, s) => {
  // ruleid: javascript.command-injection
  exec("ping " + q.query.host);
  // ok: javascript.command-injection
  exec("uptime");
});

app.get("/elements", (req, res) => {
  for (const host of new Set([req.query.host])) {
    // ruleid: javascript.command-injection
    exec("ping " + host);
  }
  Array.from([req.query.host], (host) => {
    // ruleid: javascript.command-injection
    exec("ping " + host);
  });
  for (const host of new Set(["a", "b"])) {
    // ok: javascript.command-injection
    exec("ping " + host);
  }
});

app.get("/raw", async (req, res) => {
  // ruleid: javascript.sql-injection
  await store("users").whereRaw("name = '" + req.query.name + "'");
  // ok: javascript.sql-injection
  await store("users").whereRaw("name = ?", [req.query.name]);
});
