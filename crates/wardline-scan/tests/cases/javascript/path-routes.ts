// Route handlers of Next.js, Hono, Koa, NestJS and Fastify, and a bare server.
import { promises as fs } from "fs";
import * as fsSync from "fs";
import http from "http";
import path from "path";
import { Hono } from "hono";
import Router from "@koa/router";
import Fastify from "fastify";
import { Controller, Get, Param, Query, Res, StreamableFile } from "@nestjs/common";
import { NextRequest, NextResponse } from "next/server";

const ROOT = path.join(process.cwd(), "content");

export async function GET(request: NextRequest, { params }: { params: { slug: string } }) {
  // ruleid: javascript.path-traversal
  const page = await fs.readFile(path.join(ROOT, params.slug), "utf8");
  const { searchParams } = new URL(request.url);
  // ruleid: javascript.path-traversal
  const extra = await fs.readFile(path.join(ROOT, searchParams.get("extra") ?? "none"), "utf8");
  return NextResponse.json({ page, extra });
}

export async function POST(request: NextRequest) {
  const form = await request.formData();
  const file = form.get("file") as File;
  // ruleid: javascript.path-traversal
  await fs.writeFile(path.join(ROOT, file.name), Buffer.from(await file.arrayBuffer()));
  // ok: javascript.path-traversal
  await fs.writeFile(path.join(ROOT, crypto.randomUUID()), Buffer.from(await file.arrayBuffer()));
  return NextResponse.json({ ok: true });
}

const app = new Hono();

app.get("/files/:name", async (c) => {
  // ruleid: javascript.path-traversal
  return c.body(await fs.readFile("files/" + c.req.param("name")));
});

app.get("/safe/:name", async (c) => {
  const name = path.basename(c.req.param("name"));
  // ok: javascript.path-traversal
  return c.body(await fs.readFile(path.join("files", name)));
});

const router = new Router();

router.get("/files/:name", async (ctx) => {
  // ruleid: javascript.path-traversal
  ctx.body = fsSync.createReadStream(path.join(ROOT, ctx.params.name));
});

router.get("/pages/:id", async (ctx) => {
  const id = parseInt(ctx.params.id, 10);
  // ok: javascript.path-traversal
  ctx.body = fsSync.createReadStream(path.join(ROOT, `${id}.md`));
});

const fastify = Fastify();

fastify.get("/log", async (request, reply) => {
  const { file } = request.query as { file: string };
  // ruleid: javascript.path-traversal
  return reply.send(fsSync.createReadStream(`/var/log/app/${file}`));
});

fastify.get("/log-safe", async (request, reply) => {
  // ok: javascript.path-traversal
  return reply.type("text/plain").send(fsSync.createReadStream("/var/log/app/app.log"));
});

@Controller("files")
export class FilesController {
  @Get(":name")
  read(@Param("name") name: string): StreamableFile {
    // ruleid: javascript.path-traversal
    return new StreamableFile(fsSync.createReadStream(path.join(ROOT, name)));
  }

  @Get("page")
  page(@Query("n") n: string): StreamableFile {
    // ok: javascript.path-traversal
    return new StreamableFile(fsSync.createReadStream(path.join(ROOT, `${Number(n)}.html`)));
  }

  @Get("send")
  send(@Query("file") file: string, @Res() res: any) {
    // ruleid: javascript.path-traversal
    res.sendFile(path.join(ROOT, file));
  }
}

http
  .createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    // ruleid: javascript.path-traversal
    fsSync.readFile(path.join(ROOT, decodeURIComponent(url.pathname)), (error, data) => res.end(data));
  })
  .listen(0);

http
  .createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    const file = path.join(ROOT, decodeURIComponent(url.pathname));
    if (!file.startsWith(ROOT + path.sep)) {
      res.statusCode = 403;
      res.end();
      return;
    }
    // ok: javascript.path-traversal
    fsSync.createReadStream(file).pipe(res);
  })
  .listen(0);

export { app, fastify, router };
