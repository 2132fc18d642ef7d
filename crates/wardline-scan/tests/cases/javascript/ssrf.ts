// Requests to where the request says, in today's frameworks, and to where the program says.
import axios from "axios";
import express from "express";
import Fastify from "fastify";
import got from "got";
import http from "node:http";
import https from "node:https";
import ky from "ky";
import needle from "needle";
import fetchNode from "node-fetch";
import superagent from "superagent";
import { request as call, fetch as undiciFetch } from "undici";
import { Body, Controller, Get, Post, Query } from "@nestjs/common";
import { NextRequest, NextResponse } from "next/server";
import Router from "@koa/router";

const app = express();
const fastify = Fastify();
const router = new Router();
const API = "https://api.example/v1";
const FEEDS: Record<string, string> = { news: "https://news.example/feed", blog: "https://blog.example/feed" };
const ALLOWED = ["https://news.example/feed", "https://blog.example/feed"];

app.get("/a", async (req, res) => {
  // ruleid: javascript.ssrf
  res.json(await axios.get(String(req.query.url)));
  // ok: javascript.ssrf
  res.json(await axios.get(API, { params: { url: req.query.url } }));
  // ruleid: javascript.ssrf
  res.json(await axios.post(req.body.hook, { done: true }));
  // ok: javascript.ssrf
  res.json(await axios.post(API, { hook: req.body.hook }));
  // ruleid: javascript.ssrf
  res.json(await axios.put(req.body.hook, {}));
  // ok: javascript.ssrf
  res.json(await axios.put(API + "/items", req.body));
  // ruleid: javascript.ssrf
  res.json(await axios.head(`https://${req.params.host}/`));
  // ok: javascript.ssrf
  res.json(await axios.head(`${API}/items/${encodeURIComponent(req.params.id)}`));
});

app.get("/b", async (req, res) => {
  // ruleid: javascript.ssrf
  await got(req.query.url as string);
  // ok: javascript.ssrf
  await got(FEEDS.news);
  // ruleid: javascript.ssrf
  await ky.get(req.query.url as string);
  // ok: javascript.ssrf
  await ky.get(API, { searchParams: { q: String(req.query.q) } });
  // ruleid: javascript.ssrf
  await needle.get(req.query.url as string);
  // ok: javascript.ssrf
  await needle.get(API);
  // ruleid: javascript.ssrf
  await superagent.get(req.query.url as string);
  // ok: javascript.ssrf
  await superagent.get(API).query({ q: req.query.q });
  // ruleid: javascript.ssrf
  await fetchNode(req.query.url as string);
  // ok: javascript.ssrf
  await fetchNode(API, { method: "POST", body: req.body.text });
  // ruleid: javascript.ssrf
  await call(req.query.url as string);
  // ok: javascript.ssrf
  await call(API, { query: { q: req.query.q } });
  // ruleid: javascript.ssrf
  await undiciFetch(req.query.url as string);
  // ok: javascript.ssrf
  await undiciFetch(FEEDS.blog);
  res.sendStatus(204);
});

app.get("/c", (req, res) => {
  const target = new URL(String(req.query.target));
  // ruleid: javascript.ssrf
  http.get(target, (answer) => answer.pipe(res));
  // ok: javascript.ssrf
  http.get("http://status.example/", (answer) => answer.pipe(res));
  // ruleid: javascript.ssrf
  https.request(target, (answer) => answer.pipe(res)).end();
  // ok: javascript.ssrf
  https.request(API, { headers: { "x-target": String(target) } }, (answer) => answer.pipe(res)).end();
});

app.get("/d", async (req, res) => {
  const url = String(req.query.url);
  if (!ALLOWED.includes(url)) return res.sendStatus(400);
  // ok: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

app.get("/e", async (req, res) => {
  const url = FEEDS[String(req.query.name)] ?? FEEDS.news;
  // ok: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

app.get("/f", async (req, res) => {
  const url = new URL(String(req.query.url));
  if (url.origin !== "https://cdn.example") return res.sendStatus(400);
  // ok: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

app.get("/g", async (req, res) => {
  // ok: javascript.ssrf
  res.json(await (await fetch(`${API}/items/${Number(req.query.id)}`)).json());
});

async function load(url: string) {
  // ruleid: javascript.ssrf
  return (await fetch(url)).json();
}

async function loadFeed(name: string) {
  // ok: javascript.ssrf
  return (await fetch(FEEDS[name] ?? FEEDS.blog)).json();
}

app.get("/h", async (req, res) => {
  res.json([await load(String(req.query.url)), await loadFeed(String(req.query.name))]);
});

app.post("/i", async (req, res) => {
  for (const url of req.body.urls) {
    // ruleid: javascript.ssrf
    await fetch(url, { method: "POST" });
  }
  for (const name of ["news", "blog"]) {
    // ok: javascript.ssrf
    await fetch(FEEDS[name], { method: "POST" });
  }
  res.sendStatus(204);
});

fastify.get("/proxy", async (request, reply) => {
  // ruleid: javascript.ssrf
  const answer = await fetch((request.query as { url: string }).url);
  // ok: javascript.ssrf
  const other = await fetch(API, { headers: { "x-url": (request.query as { url: string }).url } });
  return reply.send({ answer: answer.status, other: other.status });
});

router.get("/proxy", async (ctx) => {
  // ruleid: javascript.ssrf
  ctx.body = { status: (await fetch(ctx.query.url as string)).status };
  // ok: javascript.ssrf
  ctx.body = { status: (await fetch(API)).status };
});

export async function GET(request: NextRequest) {
  const url = request.nextUrl.searchParams.get("url") ?? "";
  // ruleid: javascript.ssrf
  const answer = await fetch(url);
  // ok: javascript.ssrf
  const other = await fetch(API + "?" + new URLSearchParams({ page: "1" }));
  return NextResponse.json({ answer: answer.status, other: other.status });
}

export async function POST(request: NextRequest) {
  const { webhook } = await request.json();
  // ruleid: javascript.ssrf
  await fetch(webhook, { method: "POST" });
  // ok: javascript.ssrf
  await fetch(API, { method: "POST", body: JSON.stringify({ webhook }) });
  return NextResponse.json({});
}

@Controller("hooks")
export class HooksController {
  @Get()
  async find(@Query("url") url: string) {
    // ruleid: javascript.ssrf
    return (await axios.get(url)).status;
  }

  @Post()
  async send(@Body() body: { url: string; text: string }) {
    // ruleid: javascript.ssrf
    await axios.post(body.url, body.text);
    // ok: javascript.ssrf
    await axios.post(API, body.text);
  }
}
