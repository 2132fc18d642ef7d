import express, { Request, Response } from "express";
import mysql from "mysql2/promise";
import { Pool } from "pg";
import Database from "better-sqlite3";
import { PrismaClient, Prisma } from "@prisma/client";
import { Sequelize, QueryTypes, literal } from "sequelize";
import { DataSource } from "typeorm";
import knexFactory from "knex";
import { sql } from "drizzle-orm";
import { MongoClient } from "mongodb";
import { Controller, Get, Query, Param, Body, Post } from "@nestjs/common";
import { User } from "./models/user";

const app = express();
const pool = new Pool();
const db = new Database("app.db");
const prisma = new PrismaClient();
const sequelize = new Sequelize("sqlite::memory:");
const knex = knexFactory({ client: "pg" });
const dataSource = new DataSource({ type: "postgres" });

app.get("/users", async (req, res) => {
  // ruleid: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM users WHERE name = '${req.query.name}'`);
  res.json(rows);
});

app.get("/users/:id", async (req, res) => {
  // ok: javascript.sql-injection
  const { rows } = await pool.query("SELECT * FROM users WHERE id = $1", [req.params.id]);
  res.json(rows);
});

app.get("/search", async (req: Request, res: Response) => {
  const term = req.query.q as string;
  let query = "SELECT id, title FROM posts";
  if (term) {
    query += " WHERE title LIKE '%" + term + "%'";
  }
  // ruleid: javascript.sql-injection
  const result = await pool.query(query);
  res.json(result.rows);
});

app.get("/search-safe", async (req: Request, res: Response) => {
  const values: string[] = [];
  let query = "SELECT id, title FROM posts";
  if (req.query.q) {
    values.push(`%${req.query.q}%`);
    query += " WHERE title LIKE $1";
  }
  // ok: javascript.sql-injection
  const result = await pool.query(query, values);
  res.json(result.rows);
});

app.post("/login", async (req, res) => {
  const { username, password } = req.body;
  const connection = await mysql.createConnection({});
  // ruleid: javascript.sql-injection
  const [found] = await connection.execute("SELECT * FROM users WHERE username = '" + username + "' AND password = '" + password + "'");
  res.json(found);
});

app.post("/login-safe", async (req, res) => {
  const { username } = req.body;
  const connection = await mysql.createConnection({});
  // ok: javascript.sql-injection
  const [found] = await connection.execute("SELECT * FROM users WHERE username = ?", [username]);
  res.json(found);
});

app.get("/notes/:id", (req, res) => {
  // ruleid: javascript.sql-injection
  const note = db.prepare("SELECT * FROM notes WHERE id = " + req.params.id).get();
  res.json(note);
});

app.get("/notes-safe/:id", (req, res) => {
  // ok: javascript.sql-injection
  const note = db.prepare("SELECT * FROM notes WHERE id = ?").get(req.params.id);
  res.json(note);
});

app.get("/page", async (req, res) => {
  const page = parseInt(req.query.page as string, 10) || 1;
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM items LIMIT 20 OFFSET ${(page - 1) * 20}`);
  res.json(rows);
});

const SORTABLE = ["name", "created_at", "price"];

app.get("/sorted", async (req, res) => {
  const column = String(req.query.sort);
  if (!SORTABLE.includes(column)) {
    return res.status(400).json({ error: "unknown column" });
  }
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM products ORDER BY ${column}`);
  res.json(rows);
});

app.get("/sorted-bad", async (req, res) => {
  const column = req.query.sort || "name";
  // ruleid: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM products ORDER BY ${column}`);
  res.json(rows);
});

const COLUMNS: Record<string, string> = { newest: "created_at DESC", cheapest: "price ASC" };

app.get("/sorted-map", async (req, res) => {
  const order = COLUMNS[req.query.sort as string] ?? "id";
  // ok: javascript.sql-injection
  const rows = await pool.query("SELECT * FROM products ORDER BY " + order);
  res.json(rows);
});

app.get("/prisma", async (req, res) => {
  // ruleid: javascript.sql-injection
  const rows = await prisma.$queryRawUnsafe(`SELECT * FROM "User" WHERE email = '${req.query.email}'`);
  res.json(rows);
});

app.get("/prisma-safe", async (req, res) => {
  const email = req.query.email as string;
  // ok: javascript.sql-injection
  const rows = await prisma.$queryRaw`SELECT * FROM "User" WHERE email = ${email}`;
  res.json(rows);
});

app.get("/prisma-args", async (req, res) => {
  // ok: javascript.sql-injection
  const rows = await prisma.$queryRawUnsafe('SELECT * FROM "User" WHERE email = $1', req.query.email);
  res.json(rows);
});

app.delete("/prisma", async (req, res) => {
  const table = req.body.table;
  // ruleid: javascript.sql-injection
  await prisma.$executeRawUnsafe("DELETE FROM " + table);
  res.end();
});

app.get("/sequelize", async (req, res) => {
  // ruleid: javascript.sql-injection
  const users = await sequelize.query(`SELECT * FROM users WHERE role = '${req.query.role}'`, { type: QueryTypes.SELECT });
  res.json(users);
});

app.get("/sequelize-safe", async (req, res) => {
  // ok: javascript.sql-injection
  const users = await sequelize.query("SELECT * FROM users WHERE role = :role", { replacements: { role: req.query.role } });
  res.json(users);
});

app.get("/sequelize-where", async (req, res) => {
  // ok: javascript.sql-injection
  const users = await User.findAll({ where: { role: String(req.query.role) } });
  res.json(users);
});

app.get("/knex", async (req, res) => {
  // ruleid: javascript.sql-injection
  const rows = await knex("orders").whereRaw("status = '" + req.query.status + "'");
  res.json(rows);
});

app.get("/knex-safe", async (req, res) => {
  // ok: javascript.sql-injection
  const rows = await knex("orders").whereRaw("status = ?", [req.query.status]);
  res.json(rows);
});

app.get("/knex-raw", async (req, res) => {
  // ruleid: javascript.sql-injection
  const rows = await knex.raw(`select * from orders where id = ${req.query.id}`);
  res.json(rows);
});

app.get("/knex-where", async (req, res) => {
  // ok: javascript.sql-injection
  const rows = await knex("orders").where({ status: String(req.query.status) }).orderBy("id");
  res.json(rows);
});

app.get("/typeorm", async (req, res) => {
  const repo = dataSource.getRepository(User);
  const users = await repo
    .createQueryBuilder("user")
    // ruleid: javascript.sql-injection
    .where(`user.name = '${req.query.name}'`)
    .getMany();
  res.json(users);
});

app.get("/typeorm-safe", async (req, res) => {
  const repo = dataSource.getRepository(User);
  const users = await repo
    .createQueryBuilder("user")
    // ok: javascript.sql-injection
    .where("user.name = :name", { name: req.query.name })
    .getMany();
  res.json(users);
});

app.get("/typeorm-query", async (req, res) => {
  // ruleid: javascript.sql-injection
  res.json(await dataSource.query("SELECT * FROM users WHERE id = " + req.query.id));
});

app.get("/typeorm-query-safe", async (req, res) => {
  // ok: javascript.sql-injection
  res.json(await dataSource.query("SELECT * FROM users WHERE id = $1", [req.query.id]));
});

app.get("/drizzle", async (req, res) => {
  // ruleid: javascript.sql-injection
  const order = sql.raw(`ORDER BY ${req.query.order}`);
  res.json(order);
});

app.get("/drizzle-safe", async (req, res) => {
  // ok: javascript.sql-injection
  const where = sql`select * from users where id = ${req.query.id}`;
  res.json(where);
});

function findByEmail(email: string) {
  // ruleid: javascript.sql-injection
  return pool.query("SELECT * FROM users WHERE email = '" + email + "'");
}

app.get("/helper", async (req, res) => {
  res.json(await findByEmail(req.query.email as string));
});

function findById(id: string) {
  // ok: javascript.sql-injection
  return pool.query("SELECT * FROM users WHERE id = $1", [id]);
}

app.get("/helper-safe", async (req, res) => {
  res.json(await findById(req.query.id as string));
});

class OrderRepository {
  constructor(private readonly pool: Pool) {}

  find(status: string) {
    // ruleid: javascript.sql-injection
    return this.pool.query(`SELECT * FROM orders WHERE status = '${status}'`);
  }

  count() {
    // ok: javascript.sql-injection
    return this.pool.query(`SELECT count(*) FROM ${"orders"}`);
  }
}

const orders = new OrderRepository(pool);
app.get("/orders", async (req, res) => {
  res.json(await orders.find(req.query.status as string));
});

@Controller("cats")
export class CatsController {
  constructor(private readonly ds: DataSource) {}

  @Get()
  async find(@Query("name") name: string) {
    // ruleid: javascript.sql-injection
    return this.ds.manager.query(`SELECT * FROM cats WHERE name = '${name}'`);
  }

  @Get(":id")
  async one(@Param("id") id: string) {
    // ok: javascript.sql-injection
    return this.ds.manager.query("SELECT * FROM cats WHERE id = $1", [id]);
  }

  @Post()
  async create(@Body() body: { name: string }) {
    const statement = "INSERT INTO cats (name) VALUES ('" + body.name + "')";
    // ruleid: javascript.sql-injection
    await this.ds.manager.query(statement);
  }

  @Get("by-age")
  async byAge(@Query("age") age: string) {
    const years = Number(age);
    // ok: javascript.sql-injection
    return this.ds.manager.query(`SELECT * FROM cats WHERE age = ${years}`);
  }
}

export const handler = async (event: any) => {
  const id = event.queryStringParameters.id;
  // ruleid: javascript.sql-injection
  const result = await pool.query("SELECT * FROM items WHERE id = '" + id + "'");
  return { statusCode: 200, body: JSON.stringify(result.rows) };
};

export const safeHandler = async (event: any) => {
  const { id } = JSON.parse(event.body);
  // ok: javascript.sql-injection
  const result = await pool.query({ text: "SELECT * FROM items WHERE id = $1", values: [id] });
  return { statusCode: 200, body: JSON.stringify(result.rows) };
};

export async function GET(request: Request) {
  const { searchParams } = new URL(request.url);
  const tag = searchParams.get("tag");
  // ruleid: javascript.sql-injection
  const rows = await pool.query({ text: `SELECT * FROM tags WHERE name = '${tag}'` });
  return Response.json(rows);
}

export async function POST(request: Request) {
  const body = await request.json();
  // ruleid: javascript.sql-injection
  await pool.query("UPDATE settings SET theme = '" + body.theme + "'");
  return Response.json({ ok: true });
}

export async function PUT(request: Request) {
  const body = await request.json();
  // ok: javascript.sql-injection
  await pool.query("UPDATE settings SET theme = $1", [body.theme]);
  return Response.json({ ok: true });
}

app.get("/escaped", async (req, res) => {
  // ok: javascript.sql-injection
  const rows = await pool.query("SELECT * FROM users WHERE name = " + mysql.escape(req.query.name));
  res.json(rows);
});

app.get("/constant", async (req, res) => {
  const table = process.env.NODE_ENV === "test" ? "users_test" : "users";
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM ${table} WHERE active`);
  res.json(rows);
});

app.get("/cookie", async (req, res) => {
  const session = req.cookies.session;
  // ruleid: javascript.sql-injection
  await pool.query("SELECT * FROM sessions WHERE token = '".concat(session, "'"));
  res.end();
});

app.get("/header", async (req, res) => {
  const tenant = req.get("x-tenant");
  // ruleid: javascript.sql-injection
  await pool.query(["SELECT * FROM", tenant, "WHERE active"].join(" "));
  res.end();
});

app.get("/logged", async (req, res) => {
  // ok: javascript.sql-injection
  console.log("select * from users where name = " + req.query.name);
  res.end();
});

app.get("/many", async (req, res) => {
  const ids = (req.query.ids as string).split(",");
  const marks = ids.map((_, i) => `$${i + 1}`).join(",");
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM items WHERE id IN (${marks})`, ids);
  res.json(rows);
});

app.get("/many-bad", async (req, res) => {
  const ids = (req.query.ids as string).split(",");
  // ruleid: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM items WHERE id IN (${ids.join(",")})`);
  res.json(rows);
});

app.get("/many-numbers", async (req, res) => {
  const ids = (req.query.ids as string).split(",").map(Number);
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM items WHERE id IN (${ids.join(",")})`);
  res.json(rows);
});

app.get("/pattern", async (req, res) => {
  const id = req.query.id as string;
  if (!/^[0-9a-f-]{36}$/.test(id)) {
    return res.sendStatus(400);
  }
  // ok: javascript.sql-injection
  const rows = await pool.query(`SELECT * FROM items WHERE id = '${id}'`);
  res.json(rows);
});

app.get("/switch", async (req, res) => {
  let direction: string;
  switch (req.query.dir) {
    case "up":
      direction = "ASC";
      break;
    default:
      direction = "DESC";
  }
  // ok: javascript.sql-injection
  res.json(await pool.query(`SELECT * FROM items ORDER BY id ${direction}`));
});

const mongo = new MongoClient("mongodb://localhost");
const users = mongo.db("app").collection("users");

app.post("/mongo", async (req, res) => {
  // ruleid: javascript.nosql-injection
  res.json(await users.findOne(req.body));
});

app.post("/mongo-where", async (req, res) => {
  // ruleid: javascript.nosql-injection
  res.json(await users.find({ $where: "this.name == '" + req.body.name + "'" }).toArray());
});

app.post("/mongo-named", async (req, res) => {
  // ok: javascript.nosql-injection
  res.json(await users.findOne({ name: String(req.body.name) }));
});

app.get("/mongoose", async (req, res) => {
  // ruleid: javascript.nosql-injection
  res.json(await User.find(req.query));
});

app.get("/mongoose-id", async (req, res) => {
  // ok: javascript.nosql-injection
  res.json(await User.findById(req.params.id));
});

export const handler = async (rq: express.Request, rs: express.Response) => {
  // ruleid: javascript.sql-injection
  await pool.query("select * from users where name = '" + rq.query.name + "'");
  // ok: javascript.sql-injection
  await pool.query("select * from users where name = $1", [rq.query.name]);
};
