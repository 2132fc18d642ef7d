// Broken algorithms, values that can be guessed, certificates that nobody looks at; and what to write in their place.
import axios from "axios";
import crypto, { createCipheriv, createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import https from "node:https";
import mysql from "mysql2/promise";
import nodemailer from "nodemailer";
import pg from "pg";
import tls from "node:tls";
import { io } from "socket.io-client";

export function sums(text: string, key: Buffer) {
  // ruleid: javascript.weak-crypto
  const a = createHash("md5").update(text).digest("hex");
  // ok: javascript.weak-crypto
  const b = createHash("sha256").update(text).digest("hex");
  // ruleid: javascript.weak-crypto
  const c = createHash("sha1").update(text).digest("base64");
  // ok: javascript.weak-crypto
  const d = createHash("sha512").update(text).digest("base64");
  // ruleid: javascript.weak-crypto
  const e = createHmac("md5", key).update(text).digest();
  // ok: javascript.weak-crypto
  const f = createHmac("sha256", key).update(text).digest();
  // ruleid: javascript.weak-crypto
  const g = createHmac("sha1", key).update(text).digest();
  // ok: javascript.weak-crypto
  const h = createHmac("sha512", key).update(text).digest();
  // ruleid: javascript.weak-crypto
  const i = crypto.createHash("MD5").update(text).digest();
  // ok: javascript.weak-crypto
  const j = crypto.createHash("SHA-256").update(text).digest();
  // ruleid: javascript.weak-crypto
  const k = crypto.createHash("md4").update(text).digest();
  // ok: javascript.weak-crypto
  const l = crypto.pbkdf2Sync(text, randomBytes(16), 600000, 32, "sha256");
  return [a, b, c, d, e, f, g, h, i, j, k, l];
}

export function enciphered(key: Buffer, vector: Buffer) {
  return [
    // ruleid: javascript.weak-crypto
    createCipheriv("des-ede3-cbc", key, vector),
    // ruleid: javascript.weak-crypto
    createCipheriv("aes-128-ecb", key, null),
    // ruleid: javascript.weak-crypto
    createCipheriv("aes-256-ecb", key, null),
    // ruleid: javascript.weak-crypto
    createCipheriv("rc4", key, null),
    // ruleid: javascript.weak-crypto
    createCipheriv("bf-cbc", key, vector),
    // ruleid: javascript.weak-crypto
    crypto.createCipher("aes-256-cbc", "password"),
    // ruleid: javascript.weak-crypto
    crypto.createDecipher("aes-256-cbc", "password"),
    // ok: javascript.weak-crypto
    createCipheriv("aes-256-gcm", key, vector),
    // ok: javascript.weak-crypto
    createCipheriv("chacha20-poly1305", key, vector),
    // ok: javascript.weak-crypto
    crypto.createDecipheriv("aes-256-gcm", key, vector),
    // ok: javascript.weak-crypto
    createCipheriv("aes-192-ctr", key, vector),
    // ok: javascript.weak-crypto
    crypto.generateKeyPairSync("ed25519"),
    // ok: javascript.weak-crypto
    crypto.hkdfSync("sha256", key, vector, "keys", 32),
    // ok: javascript.weak-crypto
    crypto.timingSafeEqual(key, vector),
  ];
}

export function guessed(user: { resetToken?: string; colour?: number }) {
  // ruleid: javascript.weak-random
  const token = Math.random().toString(36);
  // ok: javascript.weak-random
  const better = randomUUID();
  // ruleid: javascript.weak-random
  let otp = Math.floor(Math.random() * 900000) + 100000;
  // ok: javascript.weak-random
  otp = crypto.randomInt(100000, 999999);
  // ruleid: javascript.weak-random
  user.resetToken = Math.random().toString(16).slice(2);
  // ok: javascript.weak-random
  user.resetToken = randomBytes(16).toString("hex");
  // ruleid: javascript.weak-random
  const sessionId = Date.now() + "-" + Math.random();
  // ok: javascript.weak-random
  user.colour = Math.floor(Math.random() * 360);
  // ruleid: javascript.weak-random
  const salt = String(Math.random());
  // ok: javascript.weak-random
  const jitter = 100 + Math.random() * 50;
  // ruleid: javascript.weak-random
  const apiKey = "k_" + Math.random().toString(36) + Math.random().toString(36);
  // ok: javascript.weak-random
  const key = "k_" + randomBytes(24).toString("base64url");
  // ruleid: javascript.weak-random
  const made = { nonce: Math.random(), at: 1 };
  // ok: javascript.weak-random
  const point = { x: Math.random(), y: Math.random() };
  return { token, better, otp, sessionId, salt, jitter, apiKey, key, made, point };
}

export async function connections(url: string, ca: string) {
  // ruleid: javascript.tls-verification
  const a = new https.Agent({ rejectUnauthorized: false });
  // ok: javascript.tls-verification
  const b = new https.Agent({ ca });
  // ruleid: javascript.tls-verification
  const c = await axios.get(url, { httpsAgent: new https.Agent({ keepAlive: true, rejectUnauthorized: false }) });
  // ok: javascript.tls-verification
  const d = await axios.get(url, { httpsAgent: new https.Agent({ keepAlive: true }) });
  // ruleid: javascript.tls-verification
  const e = new pg.Pool({ connectionString: url, ssl: { rejectUnauthorized: false } });
  // ok: javascript.tls-verification
  const f = new pg.Pool({ connectionString: url, ssl: { ca, rejectUnauthorized: true } });
  // ruleid: javascript.tls-verification
  const g = await mysql.createConnection({ uri: url, ssl: { rejectUnauthorized: false } });
  // ok: javascript.tls-verification
  const h = await mysql.createConnection({ uri: url, ssl: { ca } });
  // ruleid: javascript.tls-verification
  const i = nodemailer.createTransport({ host: "mail.example", tls: { rejectUnauthorized: false } });
  // ok: javascript.tls-verification
  const j = nodemailer.createTransport({ host: "mail.example", secure: true });
  // ruleid: javascript.tls-verification
  const k = tls.connect(443, "api.example", { rejectUnauthorized: false });
  // ok: javascript.tls-verification
  const l = tls.connect(443, "api.example", { servername: "api.example" });
  // ruleid: javascript.tls-verification
  const m = io(url, { rejectUnauthorized: false });
  // ok: javascript.tls-verification
  const n = io(url, { transports: ["websocket"] });
  // ruleid: javascript.tls-verification
  const o = https.request(url, { method: "GET", checkServerIdentity: () => undefined });
  // ok: javascript.tls-verification
  const p = https.request(url, { method: "GET" });
  // ruleid: javascript.tls-verification
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  // ok: javascript.tls-verification
  process.env["NODE_EXTRA_CA_CERTS"] = "/etc/ssl/own.pem";
  return [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
}
