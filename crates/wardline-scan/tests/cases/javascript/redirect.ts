import express from "express";
import { redirect as nextRedirect, permanentRedirect } from "next/navigation";
import { NextRequest, NextResponse } from "next/server";
import { redirect } from "@remix-run/node";
import { Hono } from "hono";
import Fastify from "fastify";
import Router from "@koa/router";
import http from "node:http";

const app = express();
const ORIGIN = "https://shop.example";
const ALLOWED_HOSTS = ["shop.example", "blog.shop.example"];
const PAGES: Record<string, string> = { home: "/", cart: "/cart" };

app.get("/login", (req, res) => {
  // ruleid: javascript.open-redirect
  res.redirect(req.query.next as string);
});

app.get("/login-default", (req, res) => {
  const next = (req.query.next as string) || "/";
  // ruleid: javascript.open-redirect
  res.redirect(next);
});

app.get("/login-fixed", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect("/account");
});

app.post("/logout", (req, res) => {
  const { returnTo = "/" } = req.body;
  // ruleid: javascript.open-redirect
  res.redirect(302, returnTo);
});

app.get("/go", (req, res) => {
  // ruleid: javascript.open-redirect
  res.redirect(`https://${req.query.host}/welcome`);
});

app.get("/search", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect(`/search?q=${encodeURIComponent(String(req.query.q))}`);
});

app.get("/user", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect("/users/" + req.query.id);
});

app.get("/page", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect(PAGES[String(req.query.page)] ?? "/");
});

app.get("/slash", (req, res) => {
  // ruleid: javascript.open-redirect
  res.redirect("/" + req.query.path);
});

app.get("/relative", (req, res) => {
  const next = String(req.query.next ?? "/");
  if (!next.startsWith("/") || next.startsWith("//")) {
    return res.redirect("/");
  }
  // ok: javascript.open-redirect
  res.redirect(next);
});

app.get("/relative-badly", (req, res) => {
  const next = String(req.query.next ?? "/");
  if (!next.startsWith("/")) {
    return res.redirect("/");
  }
  // ruleid: javascript.open-redirect
  res.redirect(next);
});

app.get("/host", (req, res) => {
  const target = new URL(String(req.query.url), ORIGIN);
  if (!ALLOWED_HOSTS.includes(target.hostname)) {
    return res.status(400).end();
  }
  // ok: javascript.open-redirect
  res.redirect(target.toString());
});

app.get("/host-badly", (req, res) => {
  const target = new URL(String(req.query.url), ORIGIN);
  if (!target.hostname.endsWith("shop.example")) {
    return res.status(400).end();
  }
  // ruleid: javascript.open-redirect
  res.redirect(target.toString());
});

app.get("/origin", (req, res) => {
  const url = new URL(String(req.query.url), ORIGIN);
  // ok: javascript.open-redirect
  if (url.origin === ORIGIN) return res.redirect(url.href);
  res.redirect("/");
});

app.get("/pathname", (req, res) => {
  const url = new URL(String(req.query.url), ORIGIN);
  // ok: javascript.open-redirect
  res.redirect(url.pathname);
});

app.get("/prefix", (req, res) => {
  const url = String(req.query.url);
  if (!url.startsWith("https://shop.example/")) return res.sendStatus(400);
  // ok: javascript.open-redirect
  res.redirect(url);
});

app.get("/prefix-badly", (req, res) => {
  const url = String(req.query.url);
  if (!url.startsWith("https://shop.example")) return res.sendStatus(400);
  // ruleid: javascript.open-redirect
  res.redirect(url);
});

app.get("/includes-badly", (req, res) => {
  const url = String(req.query.url);
  if (!url.includes("shop.example")) return res.sendStatus(400);
  // ruleid: javascript.open-redirect
  res.redirect(url);
});

app.get("/header", (req, res) => {
  // ruleid: javascript.open-redirect
  res.setHeader("Location", String(req.query.to));
  res.status(302).end();
});

app.get("/header-fixed", (req, res) => {
  // ok: javascript.open-redirect
  res.setHeader("Location", "/done");
  res.setHeader("X-Name", String(req.query.name));
  res.status(302).end();
});

app.get("/location", (req, res) => {
  // ruleid: javascript.open-redirect
  res.location(String(req.query.to)).status(302).end();
});

app.get("/referer", (req, res) => {
  // ruleid: javascript.open-redirect
  res.redirect(req.get("Referer") || "/");
});

app.get("/listed", (req, res) => {
  const target = String(req.query.to);
  if (!["/a", "/b"].includes(target)) return res.sendStatus(400);
  // ok: javascript.open-redirect
  res.redirect(target);
});

app.get("/status", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect(req.query.permanent ? 301 : 302, "/new");
});

function safeRedirect(target: string): string {
  if (target.startsWith("/") && !target.startsWith("//") && !target.startsWith("/\\")) return target;
  return "/";
}

app.get("/helper", (req, res) => {
  // ok: javascript.open-redirect
  res.redirect(safeRedirect(String(req.query.next)));
});

function target(value: unknown): string {
  return typeof value === "string" ? value.trim() : "/";
}

app.get("/helper-badly", (req, res) => {
  // ruleid: javascript.open-redirect
  res.redirect(target(req.query.next));
});

// Next.js
export async function GET(request: NextRequest) {
  const next = request.nextUrl.searchParams.get("next") ?? "/";
  // ruleid: javascript.open-redirect
  return NextResponse.redirect(next);
}

export async function POST(request: NextRequest) {
  const form = await request.formData();
  // ruleid: javascript.open-redirect
  nextRedirect(form.get("next") as string);
}

export async function PUT(request: NextRequest) {
  const { searchParams } = new URL(request.url);
  // ruleid: javascript.open-redirect
  permanentRedirect(searchParams.get("to")!);
}

export async function PATCH(request: NextRequest) {
  // ok: javascript.open-redirect
  return NextResponse.redirect(new URL("/login", request.url));
}

export async function DELETE(request: NextRequest) {
  // ok: javascript.open-redirect
  return NextResponse.redirect(new URL(`/done?id=${request.nextUrl.searchParams.get("id")}`, ORIGIN));
}

export async function HEAD(request: NextRequest) {
  // ruleid: javascript.open-redirect
  return NextResponse.redirect(new URL(request.nextUrl.searchParams.get("to") ?? "/", request.url));
}

export async function getServerSideProps({ query }: { query: { next?: string } }) {
  // ok: javascript.open-redirect
  return { redirect: { destination: "/login", permanent: false }, props: query };
}

// Remix
export async function loader({ request }: { request: Request }) {
  const url = new URL(request.url);
  // ruleid: javascript.open-redirect
  return redirect(url.searchParams.get("redirectTo") ?? "/");
}

export async function action({ request }: { request: Request }) {
  const form = await request.formData();
  await save(form);
  // ok: javascript.open-redirect
  return redirect("/saved");
}

// Hono, Fastify, Koa, a bare server
const hono = new Hono();
// ruleid: javascript.open-redirect
hono.get("/go", (c) => c.redirect(c.req.query("to")!));
// ok: javascript.open-redirect
hono.get("/home", (c) => c.redirect("/home"));

const fastify = Fastify();
fastify.get("/go", async (request, reply) => {
  // ruleid: javascript.open-redirect
  return reply.redirect((request.query as { to: string }).to);
});
fastify.get("/home", async (request, reply) => {
  // ok: javascript.open-redirect
  return reply.code(303).redirect("/home");
});

const router = new Router();
router.get("/go", (ctx) => {
  // ruleid: javascript.open-redirect
  ctx.redirect(ctx.query.to as string);
});
router.get("/back", (ctx) => {
  // ok: javascript.open-redirect
  ctx.redirect("/");
});

http
  .createServer((req, res) => {
    const url = new URL(req.url ?? "/", ORIGIN);
    // ruleid: javascript.open-redirect
    res.writeHead(302, { Location: url.searchParams.get("to") ?? "/" });
    res.end();
  })
  .listen(0);

declare function save(form: FormData): Promise<void>;

export { app, fastify, hono, router };
