// Requests to addresses from outside, certificates, algorithms, objects from bytes.
import axios from "axios";
import crypto, { createHash } from "node:crypto";
import express from "express";
import got from "got";
import https from "node:https";
import tls from "node:tls";
import yaml from "js-yaml";
import serialize from "node-serialize";
import v8 from "node:v8";
import { Agent } from "undici";

const app = express();
const FEEDS: Record<string, string> = { news: "https://news.example/feed", blog: "https://blog.example/feed" };
const HOSTS = new Set(["api.example", "cdn.example"]);

app.get("/proxy", async (req, res) => {
  // ruleid: javascript.ssrf
  const response = await fetch(req.query.url as string);
  res.json(await response.json());
});

app.get("/proxy-axios", async (req, res) => {
  // ruleid: javascript.ssrf
  const { data } = await axios.get(`http://${req.query.host}/status`);
  res.json(data);
});

app.post("/proxy-got", async (req, res) => {
  // ruleid: javascript.ssrf
  res.json(await got(req.body.webhook).json());
});

app.post("/proxy-options", async (req, res) => {
  // ruleid: javascript.ssrf
  const { data } = await axios({ method: "post", url: req.body.callback, data: {} });
  res.json(data);
});

app.get("/proxy-https", (req, res) => {
  // ruleid: javascript.ssrf
  https.get(String(req.query.url), (answer) => answer.resume());
  res.json({});
});

app.get("/feed", async (req, res) => {
  const url = FEEDS[String(req.query.name)];
  if (!url) return res.sendStatus(404);
  // ok: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

app.get("/user", async (req, res) => {
  // ok: javascript.ssrf
  const { data } = await axios.get("https://api.example/users/" + encodeURIComponent(String(req.query.id)));
  res.json(data);
});

app.post("/forward", async (req, res) => {
  // ok: javascript.ssrf
  const { data } = await axios.post("https://api.example/events", req.body);
  res.json(data);
});

app.get("/checked", async (req, res) => {
  const url = new URL(String(req.query.url));
  if (!HOSTS.has(url.hostname)) return res.sendStatus(400);
  // ok: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

app.get("/checked-badly", async (req, res) => {
  const url = new URL(String(req.query.url));
  if (url.protocol !== "https:") return res.sendStatus(400);
  // ruleid: javascript.ssrf
  res.json(await (await fetch(url)).json());
});

// ruleid: javascript.tls-verification
const insecure = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
// ruleid: javascript.tls-verification
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
// ruleid: javascript.tls-verification
const socket = tls.connect({ host: "db.example", port: 5432, rejectUnauthorized: false });
// ruleid: javascript.tls-verification
const undici = new Agent({ connect: { rejectUnauthorized: false } });
// ok: javascript.tls-verification
const secure = new https.Agent({ keepAlive: true, rejectUnauthorized: true });
// ok: javascript.tls-verification
const authority = new https.Agent({ ca: process.env.CA });
// ok: javascript.tls-verification
process.env.NODE_ENV = "0";

export function sums(text: string, password: string) {
  return [
    // ruleid: javascript.weak-crypto
    crypto.createHash("md5").update(password).digest("hex"),
    // ruleid: javascript.weak-crypto
    createHash("sha1").update(text).digest("hex"),
    // ruleid: javascript.weak-crypto
    crypto.createCipheriv("des-ede3-cbc", Buffer.alloc(24), Buffer.alloc(8)),
    // ok: javascript.weak-crypto
    crypto.createHash("sha256").update(text).digest("hex"),
    // ok: javascript.weak-crypto
    crypto.createCipheriv("aes-256-gcm", crypto.randomBytes(32), crypto.randomBytes(12)),
    // ok: javascript.weak-crypto
    crypto.scryptSync(password, crypto.randomBytes(16), 64),
  ];
}

export function secrets() {
  // ruleid: javascript.weak-random
  const token = Math.random().toString(36).slice(2);
  // ruleid: javascript.weak-random
  const resetCode = Math.floor(Math.random() * 1000000);
  // ok: javascript.weak-random
  const sessionToken = crypto.randomBytes(32).toString("hex");
  // ok: javascript.weak-random
  const delay = Math.random() * 1000;
  return { token, resetCode, sessionToken, delay };
}

app.post("/load", (req, res) => {
  // ruleid: javascript.deserialization
  res.json(serialize.unserialize(req.body.profile));
});

app.post("/load-cookie", (req, res) => {
  const raw = Buffer.from(req.cookies.profile, "base64").toString();
  // ruleid: javascript.deserialization
  const profile = serialize.unserialize(raw);
  res.json(profile);
});

app.post("/load-v8", (req, res) => {
  // ruleid: javascript.deserialization
  res.json(v8.deserialize(req.body));
});

app.post("/load-json", (req, res) => {
  // ok: javascript.deserialization
  res.json(JSON.parse(req.body.profile));
});

app.post("/load-yaml", (req, res) => {
  // ok: javascript.deserialization
  res.json(yaml.load(req.body.text) as object);
});

app.post("/load-own", (req, res) => {
  // ok: javascript.deserialization
  res.json(v8.deserialize(v8.serialize({ a: 1 })));
});

export { app, authority, insecure, secure, socket, undici };
