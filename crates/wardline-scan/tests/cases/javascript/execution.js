const express = require("express");
const { exec, execSync, execFile, spawn } = require("child_process");
const cp = require("node:child_process");
const util = require("util");
const vm = require("vm");
const path = require("path");
const ejs = require("ejs");
const _ = require("lodash");
const { quote } = require("shell-quote");

const app = express();
const execAsync = util.promisify(exec);

app.get("/ping", (req, res) => {
  // ruleid: javascript.command-injection
  exec("ping -c 1 " + req.query.host, (error, stdout) => res.json({ stdout }));
});

app.get("/ping-safe", (req, res) => {
  // ok: javascript.command-injection
  execFile("ping", ["-c", "1", "--", req.query.host], (error, stdout) => res.json({ stdout }));
});

app.post("/convert", (req, res) => {
  const { input, output } = req.body;
  // ruleid: javascript.command-injection
  const result = execSync(`convert ${input} ${output}`);
  res.json({ result: result.toString() });
});

app.post("/convert-safe", (req, res) => {
  const { input, output } = req.body;
  // ok: javascript.command-injection
  const child = spawn("convert", [input, output]);
  child.on("close", (code) => res.json({ code }));
});

app.post("/spawn-shell", (req, res) => {
  // ruleid: javascript.command-injection
  spawn("ls", [req.body.directory], { shell: true });
  res.end();
});

app.post("/spawn-sh", (req, res) => {
  // ruleid: javascript.command-injection
  spawn("sh", ["-c", "du -sh " + req.body.directory]);
  res.end();
});

app.post("/spawn-command", (req, res) => {
  // ruleid: javascript.command-injection
  cp.spawn(req.body.command, ["--version"]);
  res.end();
});

app.post("/spawn-noshell", (req, res) => {
  // ok: javascript.command-injection
  cp.spawn("ls", ["--", req.body.directory], { shell: false });
  res.end();
});

app.get("/async", async (req, res) => {
  const branch = req.query.branch;
  // ruleid: javascript.command-injection
  const { stdout } = await execAsync(`git log ${branch} -n 5`);
  res.json({ stdout });
});

app.get("/async-constant", async (req, res) => {
  // ok: javascript.command-injection
  const { stdout } = await execAsync("git log -n 5");
  res.json({ stdout });
});

const COMMANDS = { status: "git status", log: "git log -n 5" };

app.get("/listed", (req, res) => {
  const command = COMMANDS[req.query.name];
  if (!command) return res.status(404).end();
  // ok: javascript.command-injection
  exec(command, (error, stdout) => res.json({ stdout }));
});

app.get("/quoted", (req, res) => {
  // ok: javascript.command-injection
  exec("grep -r " + quote([req.query.word]) + " docs", (error, stdout) => res.json({ stdout }));
});

app.get("/number", (req, res) => {
  const lines = parseInt(req.query.lines, 10);
  // ok: javascript.command-injection
  exec(`tail -n ${lines} /var/log/app.log`, (error, stdout) => res.json({ stdout }));
});

app.get("/checked", (req, res) => {
  const name = req.query.name;
  if (!/^[a-z0-9_-]+$/.test(name)) {
    return res.status(400).end();
  }
  // ok: javascript.command-injection
  exec(`systemctl status ${name}`, (error, stdout) => res.json({ stdout }));
});

app.get("/unanchored", (req, res) => {
  const name = req.query.name;
  if (!/[a-z]+/.test(name)) {
    return res.status(400).end();
  }
  // ruleid: javascript.command-injection
  exec(`systemctl status ${name}`, (error, stdout) => res.json({ stdout }));
});

function run(command) {
  return new Promise((resolve, reject) => {
    // ruleid: javascript.command-injection
    exec(command, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
}

app.post("/wrapped", async (req, res) => {
  res.json({ out: await run("tar czf backup.tgz " + req.body.folder) });
});

function version() {
  // ok: javascript.command-injection
  return execSync("node --version").toString();
}

app.get("/version", (req, res) => res.json({ version: version() }));

app.get("/regex", (req, res) => {
  // ok: javascript.command-injection
  const match = /(\d+)-(\d+)/.exec(req.query.range);
  res.json({ match });
});

app.get("/database", (req, res) => {
  const db = require("./db");
  // ok: javascript.command-injection
  db.exec("VACUUM", req.query.callback);
  res.end();
});

app.get("/header", (req, res) => {
  const agent = req.headers["user-agent"];
  // ruleid: javascript.command-injection
  execSync("echo " + agent + " >> agents.log");
  res.end();
});

app.post("/upload", (req, res) => {
  // ruleid: javascript.command-injection
  exec("clamscan " + req.file.originalname, () => res.end());
});

app.get("/ternary", (req, res) => {
  const mode = req.query.mode === "fast" ? "-1" : "-9";
  // ok: javascript.command-injection
  exec("gzip " + mode + " data.txt", () => res.end());
});

app.get("/ternary-bad", (req, res) => {
  const mode = req.query.mode ? req.query.mode : "-9";
  // ruleid: javascript.command-injection
  exec("gzip " + mode + " data.txt", () => res.end());
});

app.get("/joined", (req, res) => {
  const parts = ["docker", "logs"];
  parts.push(req.query.container);
  // ruleid: javascript.command-injection
  exec(parts.join(" "), (error, stdout) => res.json({ stdout }));
});

app.get("/fresh", (req, res) => {
  let command = req.query.command;
  command = "uptime";
  // ok: javascript.command-injection
  exec(command, (error, stdout) => res.json({ stdout }));
});

app.get("/options", (req, res) => {
  // ok: javascript.command-injection
  exec("npm test", { env: { ...process.env, NAME: req.query.name } }, () => res.end());
});

app.get("/member", (req, res) => {
  const job = { title: req.query.title, command: "make all" };
  // ok: javascript.command-injection
  exec(job.command, () => res.end());
});

app.get("/member-bad", (req, res) => {
  const job = { title: "build", command: req.query.command };
  // ruleid: javascript.command-injection
  exec(job.command, () => res.end());
});

app.get("/each", (req, res) => {
  for (const file of req.query.files) {
    // ruleid: javascript.command-injection
    execSync(`rm -f uploads/${file}`);
  }
  res.end();
});

app.get("/destructured", ({ query }, res) => {
  // ruleid: javascript.command-injection
  exec("whois " + query.domain, (error, stdout) => res.json({ stdout }));
});

app.get("/calc", (req, res) => {
  // ruleid: javascript.code-injection
  res.json({ value: eval(req.query.expression) });
});

app.get("/calc-safe", (req, res) => {
  // ok: javascript.code-injection
  res.json({ value: JSON.parse(req.query.expression) });
});

app.post("/function", (req, res) => {
  // ruleid: javascript.code-injection
  const fn = new Function("x", "return " + req.body.formula);
  res.json({ value: fn(2) });
});

app.post("/function-constant", (req, res) => {
  // ok: javascript.code-injection
  const fn = new Function("x", "return x * 2");
  res.json({ value: fn(Number(req.body.x)) });
});

app.post("/vm", (req, res) => {
  // ruleid: javascript.code-injection
  res.json({ value: vm.runInNewContext(req.body.code, {}) });
});

app.post("/vm-script", (req, res) => {
  // ruleid: javascript.code-injection
  const script = new vm.Script(`result = ${req.body.code}`);
  res.json({ value: script.runInThisContext() });
});

app.post("/vm-constant", (req, res) => {
  // ok: javascript.code-injection
  res.json({ value: vm.runInNewContext("a + b", { a: req.body.a, b: req.body.b }) });
});

app.get("/timer", (req, res) => {
  // ruleid: javascript.code-injection
  setTimeout("notify('" + req.query.user + "')", 1000);
  res.end();
});

app.get("/timer-safe", (req, res) => {
  const user = req.query.user;
  // ok: javascript.code-injection
  setTimeout(() => notify(user), 1000);
  res.end();
});

app.get("/template", (req, res) => {
  // ruleid: javascript.code-injection
  res.json(ejs.render(req.query.template, { user: "x" }));
});

app.get("/template-safe", (req, res) => {
  // ok: javascript.code-injection
  res.json(ejs.render("<b><%= user %></b>", { user: req.query.user }));
});

app.get("/lodash", (req, res) => {
  // ruleid: javascript.code-injection
  const compiled = _.template(req.query.template);
  res.json(compiled({}));
});

app.get("/lodash-safe", (req, res) => {
  // ok: javascript.code-injection
  const compiled = _.template("hello <%- user %>");
  res.json(compiled({ user: req.query.user }));
});

app.get("/plugin", (req, res) => {
  // ruleid: javascript.code-injection
  const plugin = require("./plugins/" + req.query.plugin);
  res.json(plugin.run());
});

const PLUGINS = { csv: "./plugins/csv", json: "./plugins/json" };

app.get("/plugin-safe", (req, res) => {
  const name = PLUGINS[req.query.plugin] || PLUGINS.csv;
  // ok: javascript.code-injection
  const plugin = require(name);
  res.json(plugin.run());
});

const OPERATIONS = { add: (a, b) => a + b, sub: (a, b) => a - b };

app.get("/dispatch", (req, res) => {
  const operation = OPERATIONS[req.query.op];
  // ok: javascript.code-injection
  res.json({ value: operation ? operation(Number(req.query.a), Number(req.query.b)) : null });
});

app.post("/archive", async (req, res) => {
  const { folder } = req.body;
  // ruleid: javascript.command-injection
  await execAsync(`zip -r backup.zip "${folder}"`);
  res.end();
});

app.post("/archive-safe", (req, res) => {
  const { folder } = req.body;
  // ok: javascript.command-injection
  execFile("zip", ["-r", "backup.zip", "--", folder], () => res.end());
});

app.get("/resize", (req, res) => {
  // ruleid: javascript.command-injection
  exec("convert photo.png -resize " + req.query.width + " out.png", () => res.end());
});

app.get("/resize-safe", (req, res) => {
  // ok: javascript.command-injection
  exec("convert photo.png -resize " + Number(req.query.width) + " out.png", () => res.end());
});

app.get("/resize-by-size", (req, res) => {
  // ruleid: javascript.command-injection
  exec("convert photo.png -resize " + req.query.size + " out.png", () => res.end());
});
