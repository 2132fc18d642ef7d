// Objects made from bytes of others, and data that is read as data.
import { deserialize as bsonDeserialize } from "bson";
import cryo from "cryo";
import express from "express";
import Fastify from "fastify";
import funcster from "funcster";
import yaml from "js-yaml";
import * as types from "js-yaml-js-types";
import Koa from "koa";
import { NextRequest, NextResponse } from "next/server";
import nodeSerialize, { unserialize } from "node-serialize";
import { deserialize as fromJs } from "serialize-to-js";
import superjson from "superjson";
import v8, { deserialize } from "node:v8";
import { z } from "zod";

const app = express();
const fastify = Fastify();
const koa = new Koa();
const WITH_FUNCTIONS = yaml.DEFAULT_SCHEMA.extend(types.all);
const Profile = z.object({ name: z.string() });

app.post("/cart", (req, res) => {
  const { cart } = req.body;
  // ruleid: javascript.deserialization
  res.json(unserialize(cart));
});

app.get("/session", (req, res) => {
  const session = req.cookies["session"];
  if (!session) return res.sendStatus(401);
  // ruleid: javascript.deserialization
  const user = nodeSerialize.unserialize(Buffer.from(session, "base64").toString("utf8"));
  res.json({ hello: user.name });
});

app.get("/state", (req, res) => {
  const state = req.get("x-state");
  // ruleid: javascript.deserialization
  res.json(nodeSerialize.unserialize(state));
});

app.put("/draft/:id", (req, res) => {
  const text = String(req.body.draft).trim();
  // ruleid: javascript.deserialization
  const draft = fromJs(text);
  res.json({ id: req.params.id, draft });
});

app.get("/filter", (req, res) => {
  const filter = decodeURIComponent(req.query.f as string);
  // ruleid: javascript.deserialization
  res.json(fromJs(filter));
});

app.post("/module", (req, res) => {
  // ruleid: javascript.deserialization
  const handlers = funcster.deepDeserialize(req.body.handlers);
  res.json(Object.keys(handlers));
});

app.post("/import-rules", (req, res) => {
  const rules = req.body.rules;
  for (const rule of rules) {
    // ruleid: javascript.deserialization
    funcster.deepDeserialize(rule);
  }
  res.sendStatus(204);
});

app.post("/snapshot", express.raw(), (req, res) => {
  // ruleid: javascript.deserialization
  const snapshot = deserialize(req.body);
  res.json({ keys: Object.keys(snapshot) });
});

app.post("/snapshot-text", (req, res) => {
  const bytes = Buffer.from(req.body.snapshot, "hex");
  // ruleid: javascript.deserialization
  res.json(v8.deserialize(bytes));
});

app.post("/config", (req, res) => {
  // ruleid: javascript.deserialization
  const config = yaml.load(req.body.text, { schema: WITH_FUNCTIONS });
  res.json(config);
});

app.post("/config-file", (req, res) => {
  // ruleid: javascript.deserialization
  res.json(yaml.load(String(req.query.yaml), { filename: "upload.yaml", schema: WITH_FUNCTIONS }));
});

app.post("/graph", (req, res) => {
  // ruleid: javascript.deserialization
  res.json(cryo.parse(req.body.graph));
});

app.get("/graph/:graph", (req, res) => {
  const { graph } = req.params;
  // ruleid: javascript.deserialization
  res.json(cryo.parse(graph));
});

function restore(text: string) {
  // ruleid: javascript.deserialization
  return nodeSerialize.unserialize(text);
}

app.post("/restore", (req, res) => res.json(restore(req.body.backup)));

class Store {
  read(text: string) {
    // ruleid: javascript.deserialization
    return fromJs(text);
  }
}

app.post("/store", (req, res) => res.json(new Store().read(req.body.item)));

fastify.post("/f/state", async (request) => {
  // ruleid: javascript.deserialization
  return unserialize((request.body as any).state);
});

fastify.get("/f/view", async (request) => {
  const view = (request.query as any).view;
  // ruleid: javascript.deserialization
  return { view: cryo.parse(view) };
});

koa.use(async (ctx) => {
  // ruleid: javascript.deserialization
  ctx.state.read = unserialize(ctx.request.body.profile);
});

koa.use(async (ctx) => {
  const cookie = ctx.cookies.get("prefs");
  // ruleid: javascript.deserialization
  ctx.state.read = fromJs(cookie);
});

export async function POST(request: NextRequest) {
  const { blob } = await request.json();
  // ruleid: javascript.deserialization
  return NextResponse.json(nodeSerialize.unserialize(blob));
}

export async function PUT(request: NextRequest) {
  const bytes = Buffer.from(await request.arrayBuffer());
  // ruleid: javascript.deserialization
  return NextResponse.json(v8.deserialize(bytes));
}

export async function GET(request: NextRequest) {
  const view = request.nextUrl.searchParams.get("view") ?? "";
  // ruleid: javascript.deserialization
  return NextResponse.json(fromJs(view));
}

app.post("/safe/cart", (req, res) => {
  // ok: javascript.deserialization
  res.json(JSON.parse(req.body.cart));
});

app.get("/safe/session", (req, res) => {
  const text = Buffer.from(req.cookies.session, "base64").toString("utf8");
  // ok: javascript.deserialization
  const user = Profile.parse(JSON.parse(text));
  res.json({ hello: user.name });
});

app.put("/safe/draft", (req, res) => {
  // ok: javascript.deserialization
  res.json(superjson.parse(req.body.draft));
});

app.post("/safe/own-snapshot", (req, res) => {
  const copy = v8.serialize({ name: "kept" });
  // ok: javascript.deserialization
  res.json(v8.deserialize(copy));
});

app.post("/safe/clone", (req, res) => {
  // ok: javascript.deserialization
  res.json(structuredClone(req.body));
});

app.post("/safe/config", (req, res) => {
  // ok: javascript.deserialization
  res.json(yaml.load(req.body.text) as object);
});

app.post("/safe/config-all", (req, res) => {
  // ok: javascript.deserialization
  res.json(yaml.loadAll(req.body.text));
});

app.post("/safe/bson", express.raw(), (req, res) => {
  // ok: javascript.deserialization
  res.json(bsonDeserialize(req.body));
});

app.get("/safe/fixed", (_req, res) => {
  // ok: javascript.deserialization
  res.json(nodeSerialize.unserialize('{"rules":[]}'));
});

app.get("/safe/number", (req, res) => {
  // ok: javascript.deserialization
  res.json(fromJs(String(Number(req.query.n))));
});

const DEFAULTS = '{"theme":"dark"}';

app.get("/safe/defaults", (_req, res) => {
  // ok: javascript.deserialization
  res.json(unserialize(DEFAULTS));
});

app.get("/safe/chosen", (req, res) => {
  const presets: Record<string, string> = { dark: '{"theme":"dark"}', light: '{"theme":"light"}' };
  const preset = presets[String(req.query.preset)];
  if (!preset) return res.sendStatus(404);
  // ok: javascript.deserialization
  res.json(unserialize(preset));
});

app.post("/safe/serialize", (req, res) => {
  // ok: javascript.deserialization
  res.json({ text: nodeSerialize.serialize(req.body) });
});

app.post("/safe/stringify", (req, res) => {
  // ok: javascript.deserialization
  res.json({ text: cryo.stringify(req.body) });
});

app.get("/safe/cache", (_req, res) => {
  const cache = { text: "{}" };
  // ok: javascript.deserialization
  res.json(cryo.parse(cache.text));
});

fastify.post("/safe/f/state", async (request) => {
  // ok: javascript.deserialization
  return JSON.parse((request.body as any).state);
});

fastify.get("/safe/f/number", async (request) => {
  const page = Number.parseInt((request.query as any).page, 10);
  // ok: javascript.deserialization
  return unserialize(`{"page":${page}}`);
});

koa.use(async (ctx) => {
  // ok: javascript.deserialization
  ctx.state.read = Profile.parse(ctx.request.body);
});

koa.use(async (ctx) => {
  // ok: javascript.deserialization
  ctx.state.read = yaml.dump(ctx.request.body);
});

export async function PATCH(request: NextRequest) {
  const { blob } = await request.json();
  // ok: javascript.deserialization
  return NextResponse.json(Profile.parse(JSON.parse(blob)));
}

export async function HEAD() {
  // ok: javascript.deserialization
  return NextResponse.json(v8.deserialize(v8.serialize(new Map())));
}

export async function OPTIONS(request: NextRequest) {
  const known = request.nextUrl.searchParams.get("view") === "list" ? "[]" : "{}";
  // ok: javascript.deserialization
  return NextResponse.json(fromJs(known));
}
