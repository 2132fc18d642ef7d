// Secrets that stand in programs, and what looks like them. The sign `¦` is taken out before this is scanned: it keeps
// this file from looking like a leak to others.
import crypto from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import axios from "axios";
import cookieParser from "cookie-parser";
import cookieSession from "cookie-session";
import express from "express";
import session from "express-session";
import { initializeApp } from "firebase/app";
import { Redis } from "ioredis";
import { SignJWT } from "jose";
import jwt from "jsonwebtoken";
import Keygrip from "keygrip";
import { MongoClient } from "mongodb";
import mysql from "mysql2/promise";
import NextAuth from "next-auth";
import nodemailer from "nodemailer";
import OpenAI from "openai";
import { Pool } from "pg";
import { Sequelize } from "sequelize";
import Stripe from "stripe";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";

const app = express();

// --- settings

// ruleid: secret.secret
const JWT_SECRET = "u8jzPde0IgxLd6GncfBAepfJBd0Kh8oO";
// ruleid: secret.secret
export const sessionSecret: string = "OL8dKLzdocJ2isAjIhKtJ0RlgLKOmxgJ";
// ruleid: secret.secret
app.use(session({ secret: "TeKdNnFRIBXuDL7DxtpYlSXpfKtHF4vU", resave: false, saveUninitialized: false }));
// ruleid: secret.secret
app.set("jwtSecret", "CsMehGAkWvj7FAc9QeWJKY40uvSwMFLZ");
// ruleid: secret.signing-key
app.use(cookieParser("De1f8rESQedUStPKR0CsTy4Qwb8DwkNh"));
// ruleid: secret.signing-key
app.use(cookieSession({ name: "sid", keys: new Keygrip(["FdnXsiVpzz63FfkCzJr4i0B3JrTAwR4y"]) }));
// ruleid: secret.secret
export const { handlers } = NextAuth({ providers: [], secret: `9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP` });
// ok: secret.secret
app.use(session({ secret: process.env.SESSION_SECRET_1!, resave: false, saveUninitialized: false }));
// ok: secret.signing-key
app.use(cookieParser(process.env.COOKIE_SECRET_1));
// ok: secret.signing-key
app.use(cookieSession({ name: "sid", keys: [process.env.COOKIE_KEY_1!, process.env.COOKIE_KEY_2!] }));
// ok: secret.secret
app.set("jwtSecret", process.env.JWT_SECRET_1);

// --- what an environment variable falls back to

// ruleid: secret.secret
const fallbackSecret = process.env.JWT_SECRET || "RVdD53X83RZJzzzzgEOzdmenCkhvMdga";
// ruleid: secret.secret
const key = process.env.REFRESH_SECRET ?? "KjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjg";
// ruleid: secret.password
const dbPassword = process.env.DB_PASSWORD || "pgR0cks2025";
// ruleid: secret.api-key
process.env.SEARCH_API_KEY = "6608697a8d41bed440e50454f31af317";
// ruleid: secret.api-key
process.env["MAPS_API_KEY"] ||= "569969e58b081006f7e3dfc967a64cb1";
// ok: secret.secret
const fromEnvironment = process.env.JWT_SECRET_2 ?? "";
// ok: secret.password
const local = process.env.POSTGRES_PASSWORD || "postgres";
// ok: secret.secret
const schema = z.object({ JWT_SECRET: z.string().min(32), DB_PASSWORD: z.string().min(12) });
// ok: secret.api-key
const wanted = ["SEARCH_API_KEY_1", "MAPS_API_KEY_2"].filter((name) => !process.env[name]);

// --- clients

// ruleid: secret.stripe-key
const stripe = new Stripe("sk_¦live_51HxQ2eJv8Zk3mWbT9yRcUa7L", { apiVersion: "2025-08-27.basil" });
// ruleid: secret.api-key
const openai = new OpenAI({ apiKey: "sk-¦proj-VvVqE1SkHbn88HxjSI6bWHtP3fS2qHx6" });
export const s3 = new S3Client({
  region: "eu-central-1",
  credentials: {
    // ruleid: secret.aws-key
    accessKeyId: "AK¦IAS5E4RYNNEFJQXIRH",
    // ruleid: secret.secret
    secretAccessKey: "oT2pAKatyz1kBpSBviHJxye424wYjzQakkx/iN+h",
  },
});
// ruleid: secret.password
const pool = new Pool({ host: "db.internal", user: "shop", password: "c0ffee-break" });
// ruleid: secret.url-password
const urls = new Pool({ connectionString: "postgres://shop:pl4in-text@db.internal:5432/shop" });
// ruleid: secret.url-password
const mongo = new MongoClient("mongodb+srv://reports:Gr4ph1te@cluster0.q8z1k.mongodb.net/reports");
// ruleid: secret.url-password
const redis = new Redis("redis://default:h0rse-battery-9@cache.internal:6379");
// ruleid: secret.password
const sequelize = new Sequelize("shop", "shop", "m4ngo-tree-7", { host: "db.internal", dialect: "postgres" });
// ruleid: secret.password
const sqlServer = "Server=tcp:db.internal,1433;Database=shop;User ID=shop;Password=Gr4nd-Piano;Encrypt=true;";
const mailer = nodemailer.createTransport({
  host: "mail.internal",
  // ruleid: secret.password
  auth: { user: "robot@shop.test", pass: "b0unce-house" },
});
// ruleid: secret.jwt
const admin = createClient("https://q8z1k.supabase.co", "eyJ¦hbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic2VydmljZSIsInN1YiI6Ijc3MzEiLCJpc3MiOiJzaG9wIn0.fGmzWkpAePcEJIukB4geqNfngAFTCloiADN5RpVI2XQ");
// ok: secret.password
const safePool = new Pool({ host: "db.internal", user: "shop", password: process.env.PGPASSWORD_1 });
// ok: secret.url-password
const localhost = new Pool({ connectionString: "postgres://postgres:postgres@localhost:5432/postgres" });
// ok: secret.url-password
const made = new Pool({ connectionString: `postgres://${process.env.DB_USER}:${process.env.DB_PASS_1}@db.internal/shop` });
// ok: secret.password
const safeMailer = nodemailer.createTransport({ auth: { user: process.env.MAIL_USER, pass: process.env.MAIL_PASS_1 } });
// ok: secret.stripe-key
const publishable = "pk_live_51HxQ2eJv8Zk3mWbT9yRcUa7L";
// ok: secret.google-key
const firebase = initializeApp({ apiKey: process.env.NEXT_PUBLIC_FIREBASE_API_KEY, projectId: "shop-4711" });
// ok: secret.aws-key
const documented = "AKIAIOSFODNN7EXAMPLE";
// ok: secret.password
const orm = new Sequelize("shop", "shop", process.env.DB_PASSWORD_1, { host: "db.internal", dialect: "postgres" });

export async function connect() {
  // ruleid: secret.password
  return mysql.createConnection({ host: "db.internal", user: "root", "password": 'r00t-access' });
}

export async function connectSafely(password: string) {
  // ok: secret.password
  return mysql.createConnection({ host: "db.internal", user: "root", password });
}

// --- tokens in headers

// ruleid: secret.bearer
const api = axios.create({ headers: { Authorization: "Bearer 6813e02ea68ef786e4d3cea27d26934b484e73cf" } });
// ruleid: secret.github-token
const github = fetch("https://api.github.com/user", { headers: { authorization: "token gh¦p_5EbOApZOXzcycDeZ6dqmVe5Mvxrv990YgdKl" } });
// ruleid: secret.api-key
const rates = fetch("https://api.rates.test/v1", { headers: { "x-api-key": "4028d512c9791e558e08baa7196b50ac" } });
// ok: secret.bearer
const withToken = (token: string) => axios.create({ headers: { Authorization: `Bearer ${token}` } });
// ok: secret.bearer
const described = { Authorization: "Bearer <access-token-1>" };
// ok: secret.api-key
const safeRates = fetch("https://api.rates.test/v1", { headers: { "x-api-key": process.env.RATES_KEY_1! } });
// ok: secret.github-token
const broken = { authorization: "token ghp_16C7e42F292c6912E7710c838347Ae178B4a" };

// --- keys of cryptography

export function issue(user: string) {
  // ruleid: secret.signing-key
  return jwt.sign({ sub: user }, "kwXoIIXGvOoNZYW2mZp0zVZomHFwUbbY", { expiresIn: "1h" });
}

export function read(token: string) {
  // ruleid: secret.signing-key
  return jwt.verify(token, "shop4horses-and-battery");
}

export function issueSafely(user: string) {
  // ok: secret.signing-key
  return jwt.sign({ sub: user }, process.env.JWT_SECRET_3!, { expiresIn: "1h" });
}

export function seal(body: Buffer) {
  // ruleid: secret.signing-key
  return crypto.createHmac("sha256", "rEqmSM9wCZ7Uw9xfogoEmvnEN5N1aE6P").update(body).digest("hex");
}

export function sealSafely(body: Buffer) {
  // ok: secret.signing-key
  return crypto.createHmac("sha256", process.env.WEBHOOK_KEY_1!).update(body).digest("base64url");
}

export function encrypt(text: string) {
  const iv = crypto.randomBytes(12);
  // ruleid: secret.signing-key
  const cipher = crypto.createCipheriv("aes-256-gcm", "wZPf1Qh6yYTWmE4lBYOvfZ8UzDzV8fUk", iv);
  return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
}

export function encryptSafely(text: string, key: Buffer) {
  const iv = crypto.randomBytes(12);
  // ok: secret.signing-key
  const cipher = crypto.createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
}

// ruleid: secret.secret
const joseSecret = new TextEncoder().encode("kibjL5DZPjN0MEQ7wjJJibaZUPgHV7iB");
export const signed = new SignJWT({ role: "admin" }).setProtectedHeader({ alg: "HS256" }).sign(joseSecret);
// ok: secret.signing-key
export const encoded = new TextEncoder().encode("A greeting of more than 32 characters, for 1 reader");
// ruleid: secret.api-key
const encryptionKey = Buffer.from("575dcad6ba2b0aee0ca923732881584d8c4fa2815d2802827283e0ad84173581", "hex");
// ok: secret.api-key
const freshEncryptionKey = crypto.randomBytes(32).toString("hex");

// ruleid: secret.private-key
const privateKey = `-----BEGIN ¦PRIVATE KEY-----
PpaWj4m+goVl4H5ffXhOkGCnIcqAfXYz7RI0AvN25b8Ulnc9GWFjJr5b5YUDNrNv
E7yuSBZoghNoBafRvl6fJ2gQ/fcg0DPKTy5Ty4rRkZ3VGp+21NUJumTIz2gD3lDY
-----END ¦PRIVATE KEY-----`;
// ok: secret.private-key
const publicKey = `-----BEGIN PUBLIC KEY-----
Oi7PuutTQgcaSMstvVdKspFSVyI3xPtlmkAW96EbxixScc9k8l1vFcxQxLc/TH5i
-----END PUBLIC KEY-----`;

// --- comparisons

app.post("/admin", (req, res) => {
  // ruleid: secret.password
  if (req.body.password === "l0gmein-admin") return res.json({ ok: true });
  // ruleid: secret.token
  if (req.headers["x-admin-token"] !== "14b3ce107f80e222f828767efc2f91624a8940f1") return res.sendStatus(403);
  // ok: secret.password
  if (req.body.password === req.body.password2) return res.json({ ok: true });
  // ok: secret.token
  if (req.headers["x-admin-token"] !== process.env.ADMIN_TOKEN_1) return res.sendStatus(403);
  res.sendStatus(401);
});

// --- what only looks like one

// ok: secret.password
const field = { type: "password", name: "password1", autoComplete: "new-password" };
// ok: secret.password
const labels = { password: "Password (at least 12 characters)", passwordConfirm: "Repeat password 2 times" };
// ok: secret.token
const TOKEN_STORAGE_KEY = "auth.token.v2";
// ok: secret.token
const commit = "7f9cc25de23d1a255720b0ae4551f4044d600f46";
// ok: secret.token
const integrity = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC";
// ok: secret.api-key
const sampleApiKey = "YOUR_API_KEY_1";
// ok: secret.api-key
const placeholder = { apiKey: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxx1" };
// ok: secret.token
const namespace = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
// ok: secret.secret
const secretName = "projects/4711/secrets/shop-jwt/versions/3";
// ok: secret.token
type Token = "access_token_v1" | "refresh_token_v1";
// ok: secret.password
const resetPassword = "/account/password/reset/2";
// ok: secret.secret
const clientSecret = searchParams.get("payment_intent_client_secret_1");
// ok: secret.token
const cancelToken = axios.CancelToken.source().token;
// ok: secret.password
const passwordPattern = "^(?=.*[a-z])(?=.*[0-9]).{12,}$";
