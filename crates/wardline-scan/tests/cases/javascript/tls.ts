// Certificates that are verified, and those that are not, as clients of today are configured.
import fs from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import tls from "node:tls";
import axios from "axios";
import Redis from "ioredis";
import { MongoClient } from "mongodb";
import mysql from "mysql2/promise";
import nodemailer from "nodemailer";
import { Pool } from "pg";
import { PrismaClient } from "@prisma/client";
import { io } from "socket.io-client";
import { DataSource } from "typeorm";
import { EnvHttpProxyAgent, ProxyAgent, setGlobalDispatcher } from "undici";
import WebSocket from "ws";

const ca = fs.readFileSync("/etc/ssl/own-ca.pem");

// ruleid: javascript.tls-verification
export const api = axios.create({ baseURL: "https://api.example", httpsAgent: new https.Agent({ rejectUnauthorized: false }) });

export const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  // ruleid: javascript.tls-verification
  ssl: { rejectUnauthorized: false },
});

export const orm = new DataSource({
  type: "postgres",
  url: process.env.DATABASE_URL,
  // ruleid: javascript.tls-verification
  extra: { ssl: { rejectUnauthorized: false } },
});

export async function sql() {
  // ruleid: javascript.tls-verification
  return mysql.createConnection({ host: "db.example", ssl: { ca, rejectUnauthorized: false } });
}

export const mailer = nodemailer.createTransport({
  host: "smtp.example",
  port: 465,
  secure: true,
  // ruleid: javascript.tls-verification
  tls: { rejectUnauthorized: false, minVersion: "TLSv1.2" },
});

// ruleid: javascript.tls-verification
export const cache = new Redis(6380, "cache.example", { tls: { rejectUnauthorized: false } });

export function feed() {
  // ruleid: javascript.tls-verification
  return new WebSocket("wss://feed.example", { rejectUnauthorized: false });
}

// ruleid: javascript.tls-verification
export const live = io("https://live.example", { transports: ["websocket"], rejectUnauthorized: false });

export function stream() {
  // ruleid: javascript.tls-verification
  return http2.connect("https://stream.example", { rejectUnauthorized: false });
}

export function download(done: (code: number) => void) {
  // ruleid: javascript.tls-verification
  https.get({ host: "files.example", path: "/a.tgz", rejectUnauthorized: false }, (answer) => done(answer.statusCode ?? 0));
}

// ruleid: javascript.tls-verification
setGlobalDispatcher(new ProxyAgent({ uri: "https://proxy.example", requestTls: { rejectUnauthorized: false } }));

// ruleid: javascript.tls-verification
export const mongo = new MongoClient("mongodb://db.example", { tls: true, tlsAllowInvalidCertificates: true });

// ruleid: javascript.tls-verification
export const mongoBare = new MongoClient("mongodb://db.example", { tls: true, tlsInsecure: true });

export function raw() {
  // ruleid: javascript.tls-verification
  return tls.connect({ host: "db.example", port: 5433, ca, checkServerIdentity: () => undefined });
}

if (process.env.CI) {
  // ruleid: javascript.tls-verification
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
}

// ok: javascript.tls-verification
export const safeApi = axios.create({ baseURL: "https://api.example", httpsAgent: new https.Agent({ ca }) });

export const safePool = new Pool({
  connectionString: process.env.DATABASE_URL,
  // ok: javascript.tls-verification
  ssl: { ca, rejectUnauthorized: true },
});

export const safeOrm = new DataSource({
  type: "postgres",
  url: process.env.DATABASE_URL,
  // ok: javascript.tls-verification
  ssl: true,
});

export async function safeSql() {
  // ok: javascript.tls-verification
  return mysql.createConnection({ host: "db.example", ssl: { ca } });
}

// ok: javascript.tls-verification
export const safeMailer = nodemailer.createTransport({ host: "smtp.example", port: 465, secure: true });

// ok: javascript.tls-verification
export const safeCache = new Redis("rediss://cache.example:6380");

export function safeFeed() {
  // ok: javascript.tls-verification
  return new WebSocket("wss://feed.example", { ca, handshakeTimeout: 5000 });
}

// ok: javascript.tls-verification
export const safeLive = io("https://live.example", { transports: ["websocket"], reconnection: false });

export function safeStream() {
  // ok: javascript.tls-verification
  return http2.connect("https://stream.example", { ca, servername: "stream.example" });
}

export function safeDownload(done: (code: number) => void) {
  // ok: javascript.tls-verification
  https.get({ host: "files.example", path: "/a.tgz", agent: false }, (answer) => done(answer.statusCode ?? 0));
}

// ok: javascript.tls-verification
setGlobalDispatcher(new EnvHttpProxyAgent());

// ok: javascript.tls-verification
export const safeMongo = new MongoClient("mongodb://db.example", { tls: true, tlsCAFile: "/etc/ssl/own-ca.pem", tlsAllowInvalidCertificates: false });

export function safeRaw(pinned: string) {
  return tls.connect({
    host: "db.example",
    port: 5433,
    ca,
    // ok: javascript.tls-verification
    checkServerIdentity: (host, certificate) =>
      certificate.fingerprint256 === pinned ? tls.checkServerIdentity(host, certificate) : new Error("not pinned"),
  });
}

// ok: javascript.tls-verification
process.env.NODE_EXTRA_CA_CERTS = "/etc/ssl/own-ca.pem";
// ok: javascript.tls-verification
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;

// ok: javascript.tls-verification
export const prisma = new PrismaClient({ log: ["error"], errorFormat: "minimal" });
