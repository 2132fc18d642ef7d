import express, { type Request, type Response } from "express";
import fs, { createReadStream } from "node:fs";
import { readFile, unlink, writeFile } from "node:fs/promises";
import path, { basename, join, resolve, sep } from "node:path";
import fse from "fs-extra";
import sanitize from "sanitize-filename";
import isPathInside from "is-path-inside";
import { randomUUID } from "node:crypto";

const app = express();
const ROOT = path.resolve(__dirname, "uploads");
const REPORTS: Record<string, string> = { daily: "reports/daily.pdf", weekly: "reports/weekly.pdf" };

app.get("/read", (req, res) => {
  // ruleid: javascript.path-traversal
  fs.readFile("uploads/" + req.query.name, "utf8", (error, text) => res.json({ error, text }));
});

app.get("/read-sync", (req, res) => {
  const file = path.join(ROOT, req.params.file);
  // ruleid: javascript.path-traversal
  res.json({ text: fs.readFileSync(file, "utf8") });
});

app.get("/read-resolved", async (req, res) => {
  const file = path.resolve(ROOT, String(req.query.file));
  // ruleid: javascript.path-traversal
  res.json({ text: await readFile(file, "utf8") });
});

app.get("/read-inside", async (req, res) => {
  const file = path.resolve(ROOT, String(req.query.file));
  if (!file.startsWith(ROOT + path.sep)) {
    return res.status(403).end();
  }
  // ok: javascript.path-traversal
  res.json({ text: await readFile(file, "utf8") });
});

app.get("/read-prefix-only", async (req, res) => {
  const file = path.join(ROOT, String(req.query.file));
  if (!file.startsWith(ROOT)) {
    return res.status(403).end();
  }
  // ruleid: javascript.path-traversal
  res.json({ text: await readFile(file, "utf8") });
});

app.get("/read-sep", async (req, res) => {
  const file = resolve(ROOT, String(req.query.file));
  if (file.startsWith(`${ROOT}${sep}`)) {
    // ok: javascript.path-traversal
    return res.json({ text: await readFile(file, "utf8") });
  }
  res.sendStatus(403);
});

app.get("/normalized", async (req, res) => {
  const file = path.normalize("uploads/" + req.query.file);
  // ruleid: javascript.path-traversal
  res.json({ text: await readFile(file, "utf8") });
});

app.get("/relative", async (req, res) => {
  const file = path.resolve(ROOT, String(req.query.file));
  const relative = path.relative(ROOT, file);
  if (relative.startsWith("..") || path.isAbsolute(relative)) {
    return res.sendStatus(403);
  }
  // ok: javascript.path-traversal
  res.json({ text: await readFile(file, "utf8") });
});

app.get("/basename", async (req, res) => {
  // ok: javascript.path-traversal
  res.json({ text: await readFile(path.join(ROOT, path.basename(req.params.file)), "utf8") });
});

app.get("/basename-import", async (req, res) => {
  const name = basename(String(req.query.file));
  // ok: javascript.path-traversal
  createReadStream(join(ROOT, name)).pipe(res);
});

app.get("/stream", (req, res) => {
  // ruleid: javascript.path-traversal
  createReadStream(join(ROOT, String(req.query.file))).pipe(res);
});

app.get("/listed", (req, res) => {
  const file = REPORTS[String(req.query.report)];
  if (!file) return res.sendStatus(404);
  // ok: javascript.path-traversal
  res.sendFile(path.join(__dirname, file));
});

app.get("/send", (req, res) => {
  // ruleid: javascript.path-traversal
  res.sendFile(path.join(__dirname, "public", req.params.name));
});

app.get("/send-template", (req, res) => {
  // ruleid: javascript.path-traversal
  res.sendFile(`${__dirname}/public/${req.params.name}`);
});

app.get("/send-root", (req, res) => {
  // ok: javascript.path-traversal
  res.sendFile(req.params.name, { root: path.join(__dirname, "public") });
});

app.get("/send-status", (req, res) => {
  // ruleid: javascript.path-traversal
  res.status(200).sendFile(path.resolve("public/" + req.query.page));
});

app.get("/download", (req, res) => {
  // ruleid: javascript.path-traversal
  res.download("files/" + req.query.name);
});

app.get("/download-name", (req, res) => {
  // ok: javascript.path-traversal
  res.download("files/report.pdf", String(req.query.name));
});

app.post("/write", async (req, res) => {
  const { name, content } = req.body;
  // ruleid: javascript.path-traversal
  await writeFile(path.join(ROOT, name), content);
  res.sendStatus(201);
});

app.post("/write-content", async (req, res) => {
  // ok: javascript.path-traversal
  await writeFile(path.join(ROOT, `${randomUUID()}.txt`), req.body.content);
  res.sendStatus(201);
});

app.post("/write-sanitized", async (req, res) => {
  // ok: javascript.path-traversal
  await writeFile(path.join(ROOT, sanitize(req.body.name)), req.body.content);
  res.sendStatus(201);
});

app.delete("/files/:name", async (req, res) => {
  // ruleid: javascript.path-traversal
  await unlink(ROOT + "/" + req.params.name);
  res.sendStatus(204);
});

app.delete("/documents/:id", async (req, res) => {
  const id = Number(req.params.id);
  // ok: javascript.path-traversal
  await unlink(path.join(ROOT, `${id}.pdf`));
  res.sendStatus(204);
});

app.get("/checked/:name", async (req, res) => {
  const { name } = req.params;
  if (!/^[\w-]+\.png$/.test(name)) {
    res.status(400).end();
    return;
  }
  // ok: javascript.path-traversal
  res.sendFile(path.join(ROOT, name));
});

app.get("/checked-badly/:name", async (req, res) => {
  const { name } = req.params;
  if (!/\.png$/.test(name)) {
    res.status(400).end();
    return;
  }
  // ruleid: javascript.path-traversal
  res.sendFile(path.join(ROOT, name));
});

app.get("/replaced-once", async (req, res) => {
  const name = String(req.query.name).replace("../", "");
  // ruleid: javascript.path-traversal
  res.json({ text: await readFile(path.join(ROOT, name), "utf8") });
});

app.get("/replaced", async (req, res) => {
  const name = String(req.query.name).replace(/[^a-zA-Z0-9_-]/g, "");
  // ok: javascript.path-traversal
  res.json({ text: await readFile(path.join(ROOT, name + ".json"), "utf8") });
});

app.get("/refused", async (req, res) => {
  const name = String(req.query.name);
  if (name.includes("..") || path.isAbsolute(name)) throw new Error("bad name");
  // ok: javascript.path-traversal
  res.json({ text: await readFile(path.join(ROOT, name), "utf8") });
});

app.get("/inside", async (req, res) => {
  const file = path.resolve(ROOT, String(req.query.name));
  if (!isPathInside(file, ROOT)) return res.sendStatus(403);
  // ok: javascript.path-traversal
  createReadStream(file).pipe(res);
});

app.post("/extra", async (req, res) => {
  // ruleid: javascript.path-traversal
  await fse.outputFile(path.join(ROOT, req.body.path), req.body.content);
  // ruleid: javascript.path-traversal
  await fse.remove("tmp/" + req.body.folder);
  // ruleid: javascript.path-traversal
  await fse.move("tmp/upload", path.join(ROOT, req.body.target));
  // ok: javascript.path-traversal
  await fse.ensureDir(path.join(ROOT, "archive"));
  res.end();
});

app.post("/upload", (req: Request, res: Response) => {
  const file = (req as any).files.avatar;
  // ruleid: javascript.path-traversal
  file.mv("./uploads/" + file.name, () => res.end());
});

app.post("/upload-safe", (req: Request, res: Response) => {
  const file = (req as any).files.avatar;
  // ok: javascript.path-traversal
  file.mv(`./uploads/${randomUUID()}.png`, () => res.end());
});

app.post("/rename", (req, res) => {
  // ruleid: javascript.path-traversal
  fs.renameSync(path.join(ROOT, "draft.txt"), path.join(ROOT, req.body.to));
  res.end();
});

app.get("/exists", (req, res) => {
  const file = path.join(ROOT, String(req.query.name));
  if (!fs.existsSync(file)) return res.sendStatus(404);
  // ruleid: javascript.path-traversal
  fs.promises.readFile(file).then((data) => res.json({ size: data.length }));
});

app.get("/readdir", async (req, res) => {
  // ruleid: javascript.path-traversal
  const names = await fs.promises.readdir(path.join(ROOT, String(req.query.folder ?? "")));
  // ok: javascript.path-traversal
  const all = await fs.promises.readdir(ROOT);
  res.json({ names: names.filter((name) => all.includes(name)) });
});

function within(name: string): string {
  const file = path.resolve(ROOT, name);
  if (!file.startsWith(ROOT + path.sep)) throw new Error("outside of the directory");
  return file;
}

app.get("/helper", async (req, res) => {
  // ok: javascript.path-traversal
  res.json({ text: await readFile(within(String(req.query.file)), "utf8") });
});

function located(name: string): string {
  return path.join(ROOT, name);
}

app.get("/helper-bad", async (req, res) => {
  // ruleid: javascript.path-traversal
  res.json({ text: await readFile(located(String(req.query.file)), "utf8") });
});

app.get("/matched", async (req, res) => {
  const name = String(req.query.name);
  if (!name.match(/^[a-z0-9]+$/i)) return res.sendStatus(400);
  // ok: javascript.path-traversal
  res.sendFile(path.join(ROOT, name));
});

app.get("/matched-badly", async (req, res) => {
  const name = String(req.query.name);
  if (!name.match(/[a-z0-9]+$/i)) return res.sendStatus(400);
  // ruleid: javascript.path-traversal
  res.sendFile(path.join(ROOT, name));
});

app.get("/switch", async (req, res) => {
  let file: string;
  switch (req.query.kind) {
    case "terms":
      file = "terms.md";
      break;
    default:
      file = "privacy.md";
  }
  // ok: javascript.path-traversal
  res.json({ text: await readFile(path.join(ROOT, file), "utf8") });
});

export default app;
