import express from "express";
import DOMPurify from "isomorphic-dompurify";
import sanitizeHtml from "sanitize-html";
import escapeHtml from "escape-html";
import he from "he";
import { marked } from "marked";
import { Hono } from "hono";
import { html } from "hono/html";
import Handlebars from "handlebars";
import Koa from "koa";
import http from "node:http";
import { NextRequest, NextResponse } from "next/server";
import { renderToString } from "react-dom/server";

const app = express();

app.get("/hello", (req, res) => {
  // ruleid: javascript.xss
  res.send("<h1>Hello " + req.query.name + "</h1>");
});

app.get("/hello-escaped", (req, res) => {
  // ok: javascript.xss
  res.send("<h1>Hello " + escapeHtml(String(req.query.name)) + "</h1>");
});

app.get("/template", (req, res) => {
  const { q } = req.query;
  // ruleid: javascript.xss
  res.send(`<p>No results for <b>${q}</b></p>`);
});

app.get("/template-encoded", (req, res) => {
  const { q } = req.query;
  // ok: javascript.xss
  res.send(`<p>No results for <b>${he.encode(String(q))}</b></p>`);
});

app.get("/status", (req, res) => {
  // ruleid: javascript.xss
  res.status(404).send("Cannot find " + req.params[0]);
});

app.get("/json", (req, res) => {
  // ok: javascript.xss
  res.json({ name: req.query.name });
});

app.get("/object", (req, res) => {
  // ok: javascript.xss
  res.send({ name: req.query.name });
});

app.get("/render", (req, res) => {
  // ok: javascript.xss
  res.render("hello", { name: req.query.name });
});

app.get("/plain", (req, res) => {
  // ok: javascript.xss
  res.type("text/plain").send("Hello " + req.query.name);
});

app.get("/plain-header", (req, res) => {
  res.setHeader("Content-Type", "text/plain");
  // ok: javascript.xss
  res.end("Hello " + req.query.name);
});

app.get("/html-header", (req, res) => {
  res.setHeader("Content-Type", "text/html");
  // ruleid: javascript.xss
  res.end("<p>Hello " + req.query.name + "</p>");
});

app.get("/written", (req, res) => {
  res.write("<ul>");
  for (const item of String(req.query.items).split(",")) {
    // ruleid: javascript.xss
    res.write(`<li>${item}</li>`);
  }
  res.end("</ul>");
});

app.get("/number", (req, res) => {
  const page = Number(req.query.page);
  // ok: javascript.xss
  res.send(`<p>Page ${page}</p>`);
});

app.get("/number-string", (req, res) => {
  const page = req.query.page ?? "1";
  // ruleid: javascript.xss
  res.send(`<p>Page ${page}</p>`);
});

app.post("/comment", (req, res) => {
  const clean = DOMPurify.sanitize(req.body.comment);
  // ok: javascript.xss
  res.send(`<div>${clean}</div>`);
});

app.post("/comment-html", (req, res) => {
  // ok: javascript.xss
  res.send(sanitizeHtml(req.body.comment, { allowedTags: ["b", "i"] }));
});

app.post("/markdown", (req, res) => {
  // ruleid: javascript.xss
  res.send("<article>" + marked.parse(req.body.text) + "</article>");
});

app.post("/markdown-clean", (req, res) => {
  // ok: javascript.xss
  res.send("<article>" + DOMPurify.sanitize(marked.parse(req.body.text) as string) + "</article>");
});

app.get("/replaced", (req, res) => {
  const name = String(req.query.name).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  // ok: javascript.xss
  res.send(`<p>${name}</p>`);
});

app.get("/replaced-badly", (req, res) => {
  const name = String(req.query.name).replace("<script>", "");
  // ruleid: javascript.xss
  res.send(`<p>${name}</p>`);
});

app.get("/checked", (req, res) => {
  const theme = String(req.query.theme);
  if (!["light", "dark"].includes(theme)) return res.sendStatus(400);
  // ok: javascript.xss
  res.send(`<body class="${theme}"></body>`);
});

app.get("/cookie", (req, res) => {
  // ruleid: javascript.xss
  res.send(`<input value="${req.cookies.name}">`);
});

function page(title: string, body: string): string {
  return `<!doctype html><title>${title}</title><body>${body}</body>`;
}

app.get("/page", (req, res) => {
  // ruleid: javascript.xss
  res.send(page("Search", `<p>${req.query.q}</p>`));
});

app.get("/page-escaped", (req, res) => {
  // ok: javascript.xss
  res.send(page("Search", `<p>${escapeHtml(String(req.query.q))}</p>`));
});

const rows: string[] = [];

app.get("/joined", (req, res) => {
  const list = String(req.query.tags).split(",").map((tag) => `<li>${tag}</li>`);
  // ruleid: javascript.xss
  res.send("<ul>" + list.join("") + "</ul>" + rows.join(""));
});

app.get("/joined-escaped", (req, res) => {
  const list = String(req.query.tags).split(",").map((tag) => `<li>${escapeHtml(tag)}</li>`);
  // ok: javascript.xss
  res.send("<ul>" + list.join("") + "</ul>");
});

app.use((error: Error, req: express.Request, res: express.Response, next: express.NextFunction) => {
  // ruleid: javascript.xss
  res.status(500).send(`<pre>${req.originalUrl}</pre>`);
});

app.get("/safe-string", (req, res) => {
  // ruleid: javascript.xss
  const bold = new Handlebars.SafeString("<b>" + req.query.name + "</b>");
  res.render("bold", { bold });
});

app.get("/safe-string-escaped", (req, res) => {
  // ok: javascript.xss
  const bold = new Handlebars.SafeString("<b>" + Handlebars.escapeExpression(String(req.query.name)) + "</b>");
  res.render("bold", { bold });
});

// Hono, Koa, Next.js, a bare server
const hono = new Hono();
hono.get("/hello", (c) => {
  // ruleid: javascript.xss
  return c.html(`<h1>Hello ${c.req.query("name")}</h1>`);
});
hono.get("/hello-tagged", (c) => {
  // ok: javascript.xss
  return c.html(html`<h1>Hello ${c.req.query("name")}</h1>`);
});
hono.get("/hello-text", (c) => {
  // ok: javascript.xss
  return c.text(`Hello ${c.req.query("name")}`);
});

const koa = new Koa();
koa.use(async (ctx) => {
  // ruleid: javascript.xss
  ctx.body = `<p>${ctx.query.name}</p>`;
});
koa.use(async (ctx) => {
  // ok: javascript.xss
  ctx.body = { name: ctx.query.name };
});

export async function GET(request: NextRequest) {
  const name = request.nextUrl.searchParams.get("name");
  // ruleid: javascript.xss
  return new NextResponse(`<h1>${name}</h1>`, { headers: { "Content-Type": "text/html" } });
}

export async function POST(request: NextRequest) {
  const { name } = await request.json();
  // ok: javascript.xss
  return NextResponse.json({ name });
}

http
  .createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    res.writeHead(200, { "Content-Type": "text/html" });
    // ruleid: javascript.xss
    res.end("<h1>" + url.searchParams.get("name") + "</h1>");
  })
  .listen(0);

http
  .createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    res.writeHead(200, { "Content-Type": "application/json" });
    // ok: javascript.xss
    res.end(JSON.stringify({ name: url.searchParams.get("name") }));
  })
  .listen(0);

export { app, hono, koa, renderToString };
