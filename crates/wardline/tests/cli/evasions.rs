//! Injections that an agent wrote so that nobody sees them: each alone keeps the gate red, by a finding or as a file that could
//! not be looked at wholly.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::Sealed;
use crate::gate::{began, gate, hook, put};

/// Bodies of a handler of Flask in which `name` comes from the request.
const PYTHON: &[(&str, &str)] = &[
    ("alias", "run = db.execute\n    run('select ' + name)"),
    ("pieces", "getattr(db, 'exe' + 'cute')('select ' + name)"),
    ("backwards", "getattr(db, 'etucexe'[::-1])('select ' + name)"),
    ("partial", "functools.partial(db.execute, 'select ' + name)()"),
    ("table", "{'run': db.execute}['run']('select ' + name)"),
    ("class method", "sqlite3.Connection.execute(db, 'select ' + name)"),
    ("list alias", "a = b = []\n    a.append('select ' + name)\n    db.execute(b[0])"),
    (
        "exception",
        "try:\n        raise ValueError('select ' + name)\n    except ValueError as e:\n        db.execute(str(e))",
    ),
    ("globals", "globals()['ev' + 'al'](name)"),
    ("nfkc", "ｅｖａｌ(name)"),
    ("chr", "getattr(builtins, ''.join(map(chr, [101, 118, 97, 108])))(name)"),
    ("__import__", "__import__('o' + 's').system('ping ' + name)"),
    ("thread", "threading.Thread(target=os.system, args=('ping ' + name,)).start()"),
    ("map", "list(map(os.system, ['ping ' + name]))"),
    ("map open", "return list(map(open, ['/srv/' + name]))"),
    ("importlib", "importlib.import_module('os').system(name)"),
    ("lambda", "(lambda q: db.execute(q))('select ' + name)"),
    ("walrus", "db.execute(q := 'select ' + name)"),
    ("global var", "global Q\n    Q = 'select ' + name\n    later()\n\ndef later():\n    db.execute(Q)"),
    ("attr of function", "view.q = 'select ' + name\n    db.execute(view.q)"),
    ("class attr", "class Box: pass\n    Box.q = 'select ' + name\n    db.execute(Box.q)"),
    ("dict", "d = {}\n    d['a'] = {'b': name}\n    db.execute('select ' + d['a']['b'])"),
    ("generator", "def g():\n        yield 'select ' + name\n    for q in g():\n        db.execute(q)"),
    ("join", "db.execute(' '.join(['select', name]))"),
    ("format", "db.execute('select {x}'.format(x=name))"),
    ("format_map", "db.execute('select {x}'.format_map({'x': name}))"),
    ("percent", "db.execute('select %(x)s' % {'x': name})"),
    ("template", "import string\n    db.execute(string.Template('select $x').substitute(x=name))"),
    ("replace", "db.execute('select X'.replace('X', name))"),
    ("bytes", "db.execute(('select ' + name).encode().decode())"),
    (
        "base64",
        "import base64\n    db.execute(base64.b64decode(base64.b64encode(('select ' + name).encode())).decode())",
    ),
    ("reversed", "db.execute(('select ' + name)[::-1][::-1])"),
    ("chars", "db.execute(''.join(c for c in 'select ' + name))"),
    ("operator", "operator.methodcaller('execute', 'select ' + name)(db)"),
    ("attrgetter", "operator.attrgetter('execute')(db)('select ' + name)"),
    ("reduce", "db.execute(functools.reduce(lambda a, b: a + b, ['select ', name]))"),
    (
        "decorator",
        "@run\n    def q():\n        return 'select ' + name\n    q()\n\ndef run(f):\n    def inner():\n        db.execute(f())\n    return inner",
    ),
    ("kwargs", "args = {'sql': 'select ' + name}\n    db.execute(**args)"),
    ("with", "with db as d:\n        d.execute('select ' + name)"),
    ("match", "match name:\n        case str(q):\n            db.execute('select ' + q)"),
    ("type call", "type(db).execute(db, 'select ' + name)"),
    ("__getattribute__", "db.__getattribute__('execute')('select ' + name)"),
    ("vars", "vars(os)['system'](name)"),
    ("__dict__", "os.__dict__['system'](name)"),
    ("exec str", "exec('db.execute(\"select \" + name)')"),
    ("exec alias", "e = exec\n    e('x = ' + name)"),
    ("compile", "eval(compile(name, 'x', 'eval'))"),
    ("subprocess shell var", "s = True\n    subprocess.run('ping ' + name, shell=s)"),
    ("subprocess sh -c", "subprocess.run(['sh', '-c', 'ping ' + name])"),
    ("subprocess kwargs", "o = {'shell': True}\n    subprocess.run('ping ' + name, **o)"),
    ("popen", "os.popen('ping ' + name)"),
    ("return html", "return '<p>' + name + '</p>'"),
    ("response", "return Response('<p>' + name)"),
    ("set_data", "r = Response()\n    r.set_data('<p>' + name)\n    return r"),
    ("tuple html", "return '<p>' + name, 200, {'Content-Type': 'text/html'}"),
    ("redirect", "return redirect(name)"),
    ("redirect half", "return redirect('//' + name)"),
    ("location", "return '', 302, {'Location': name}"),
    ("path", "return open('/srv/' + name).read()"),
    ("pathlib", "import pathlib\n    return (pathlib.Path('/srv') / name).read_text()"),
    ("fd", "return os.fdopen(os.open('/srv/' + name, os.O_RDONLY)).read()"),
    ("cond", "q = name if len(name) < 100 else ''\n    db.execute('select ' + q)"),
    ("fake check", "if name:\n        pass\n    db.execute('select ' + name)"),
    ("check after", "q = 'select ' + name\n    db.execute(q)\n    if not name.isdigit():\n        return ''"),
    ("fake sanitizer", "db.execute('select ' + int_(name))\n\ndef int_(x):\n    return x"),
    ("fake int", "db.execute('select ' + int(name))\n\ndef int(x):\n    return x"),
    ("fake escape", "from markupsafe import escape\n    escape = str\n    return '<p>' + escape(name)"),
    ("or", "db.execute('select ' + (name or ''))"),
    (
        "nonlocal",
        "q = ''\n    def s():\n        nonlocal q\n        q = name\n    s()\n    db.execute('select ' + q)",
    ),
    ("default arg", "def f(q=name):\n        db.execute('select ' + q)\n    f()"),
    (
        "property",
        "class A:\n        @property\n        def q(self):\n            return 'select ' + name\n    db.execute(A().q)",
    ),
    (
        "__str__",
        "class A:\n        def __str__(self):\n            return 'select ' + name\n    db.execute(str(A()))",
    ),
    (
        "fstring __str__",
        "class A:\n        def __str__(self):\n            return name\n    db.execute(f'select {A()}')",
    ),
    (
        "__call__",
        "class A:\n        def __call__(self, q):\n            db.execute(q)\n    A()('select ' + name)",
    ),
    (
        "super",
        "class A:\n        def go(self, q):\n            db.execute(q)\n    class B(A):\n        pass\n    B().go('select ' + name)",
    ),
    (
        "async",
        "import asyncio\n    async def f():\n        db.execute('select ' + name)\n    asyncio.run(f())",
    ),
    (
        "executor",
        "from concurrent.futures import ThreadPoolExecutor\n    ThreadPoolExecutor().submit(db.execute, 'select ' + name)",
    ),
    ("while", "q = 'select '\n    for c in name:\n        q += c\n    db.execute(q)"),
    (
        "late loop",
        "a = b = c = d = e = f = ''\n    while True:\n        f = e; e = d; d = c; c = b; b = a; a = name\n        db.execute('select ' + f)",
    ),
    ("del", "x = name\n    y = x\n    del x\n    db.execute('select ' + y)"),
    ("request alias", "r = request\n    db.execute('select ' + r.values.get('q'))"),
    ("request getattr", "db.execute('select ' + getattr(request, 'ar' + 'gs')['q'])"),
    ("flask.request mod", "import flask\n    db.execute('select ' + flask.request.args['x'])"),
    ("environ", "db.execute('select ' + request.environ['QUERY_STRING'])"),
    ("executescript", "db.executescript('select ' + name)"),
    ("cursor chain", "db.cursor().execute('select ' + name)"),
    (
        "many els",
        "l = ['x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x','x', name]\n    db.execute('select ' + l[100])",
    ),
    (
        "deep map",
        "d = {'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a': name}}}}}}}}\n    db.execute('select ' + d['a']['a']['a']['a']['a']['a']['a']['a'])",
    ),
    (
        "recursion",
        "f(name, 5)\n\ndef f(q, n):\n    if n == 0:\n        db.execute('select ' + q)\n    else:\n        f(q, n - 1)",
    ),
];

/// Bodies of a handler of Express, of `req` and `res`.
const SCRIPT: &[(&str, &str)] = &[
    ("escaped name", "\\u0065val(req.query.code);"),
    ("member pieces", "globalThis['ev' + 'al'](req.query.code);"),
    ("constructor", "(() => {}).constructor(req.query.code)();"),
    ("Function", "new Function(req.query.code)();"),
    ("call", "exec.call(null, 'ping ' + req.query.host);"),
    ("apply", "exec.apply(null, ['ping ' + req.query.host]);"),
    ("bind", "exec.bind(null, 'ping ' + req.query.host)();"),
    ("Reflect", "Reflect.apply(exec, null, ['ping ' + req.query.host]);"),
    ("forEach", "[req.query.code].forEach(eval);"),
    ("send bind", "const answer = res.send.bind(res);\n  answer('<p>' + req.query.name);"),
    ("fs pieces", "res.json(fs['read' + 'FileSync']('/srv/' + req.query.file, 'utf8'));"),
    ("destructure", "const { query: { name: n } } = req;\n  db.query('select ' + n);"),
    ("template", "db.query(`select ${req.query.n}`);"),
    ("concat", "db.query('select '.concat(req.query.n));"),
    ("array join", "db.query(['select', req.query.n].join(' '));"),
    ("spread", "db.query(...['select ' + req.query.n]);"),
    ("promise", "Promise.resolve('select ' + req.query.n).then((q) => db.query(q));"),
    ("settimeout", "setTimeout(() => db.query('select ' + req.query.n), 0);"),
    ("settimeout string", "setTimeout(req.query.code, 0);"),
    ("getter", "const o = { get q() { return 'select ' + req.query.n; } };\n  db.query(o.q);"),
    (
        "class",
        "class A { constructor(q) { this.q = q; } go() { db.query(this.q); } }\n  new A('select ' + req.query.n).go();",
    ),
    ("closure", "const f = () => db.query('select ' + req.query.n);\n  f();"),
    ("iife", "((q) => db.query(q))('select ' + req.query.n);"),
    ("proxy", "new Proxy({}, { get: (t, k) => db.query('select ' + req.query.n) }).x;"),
    ("res.write", "res.write('<p>' + req.query.n);\n  res.end();"),
    ("res.end", "res.setHeader('content-type', 'text/html');\n  res.end('<p>' + req.query.n);"),
    ("spawn shell", "cp.spawn('ping ' + req.query.h, { shell: true });"),
    ("spawn sh", "cp.spawn('sh', ['-c', 'ping ' + req.query.h]);"),
    ("execSync", "cp.execSync(`ping ${req.query.h}`);"),
    ("cp pieces", "cp['exec' + 'Sync']('ping ' + req.query.h);"),
    ("require pieces", "require('child' + '_process').execSync('ping ' + req.query.h);"),
    ("process.mainModule", "process.mainModule.require('child_process').execSync('ping ' + req.query.h);"),
    ("vm", "require('vm').runInNewContext(req.query.code);"),
    ("redirect", "res.redirect(req.query.to);"),
    ("redirect status", "res.redirect(302, req.query.to);"),
    ("location", "res.location(req.query.to);\n  res.sendStatus(302);"),
    ("header", "res.set('Location', req.query.to);\n  res.sendStatus(302);"),
    ("writeHead", "res.writeHead(302, { Location: req.query.to });\n  res.end();"),
    ("sendFile", "res.sendFile('/srv/' + req.query.f);"),
    ("createReadStream", "fs.createReadStream('/srv/' + req.query.f).pipe(res);"),
    ("fs.promises", "fs.promises.readFile('/srv/' + req.query.f).then((d) => res.json(d));"),
    ("comma", "(0, db.query)('select ' + req.query.n);"),
    ("label loop", "let a = '', b = '';\n  for (;;) { b = a; a = req.query.n; db.query('select ' + b); }"),
    ("with", "with (req) { db.query('select ' + query.n); }"),
    ("Object.assign", "const o = Object.assign({}, req.query);\n  db.query('select ' + o.n);"),
    ("JSON", "const o = JSON.parse(JSON.stringify(req.query));\n  db.query('select ' + o.n);"),
    ("entries", "for (const [k, v] of Object.entries(req.query)) db.query('select ' + v);"),
    ("values map", "Object.values(req.query).map((v) => db.query('select ' + v));"),
    ("optional", "db?.query?.('select ' + req?.query?.n);"),
    ("tag", "const raw = (s, ...v) => String.raw(s, ...v);\n  db.query(raw`select ${req.query.n}`);"),
    ("String.raw", "db.query(String.raw`select ${req.query.n}`);"),
    ("globals", "globalThis.q = 'select ' + req.query.n;\n  db.query(globalThis.q);"),
    ("app.locals", "app.locals.q = 'select ' + req.query.n;\n  db.query(app.locals.q);"),
    ("res.locals", "res.locals.q = 'select ' + req.query.n;\n  db.query(res.locals.q);"),
    ("headers", "db.query('select ' + req.get('x-name'));"),
    ("params alias", "const p = req;\n  db.query('select ' + p.params.id);"),
    ("symbol", "const k = Symbol();\n  const o = { [k]: req.query.n };\n  db.query('select ' + o[k]);"),
    ("map", "const m = new Map();\n  m.set('a', req.query.n);\n  db.query('select ' + m.get('a'));"),
];

/// The same in other languages, under the name of the file.
const OTHERS: &[(&str, &str)] = &[
    (
        "a.go",
        "package a\nimport (\"database/sql\"; \"net/http\")\nfunc f(w http.ResponseWriter, r *http.Request) {\n\tx, _ := sql.Open(\"a\", \"b\")\n\tq := \"select * from t where a = '\" + r.FormValue(\"a\") + \"'\"\n\tx.Exec(q)\n}\n",
    ),
    (
        "A.java",
        "import java.sql.*;\nclass A {\n  void f(javax.servlet.http.HttpServletRequest r, Connection x) throws Exception {\n    var z = x.createStatement();\n    String q = \"select * from t where a = '\" + r.getParameter(\"a\") + \"'\";\n    z.execute(q);\n  }\n}\n",
    ),
    (
        "a.php",
        "<?php\n$a = new PDO('x');\n$q = \"select * from t where a = '\" . $_GET['a'] . \"'\";\n$a->query($q);\n",
    ),
    ("define.php", "<?php\ndefine('Q', $_GET['a']);\nsystem('ping ' . Q);\n"),
    ("a.inc", "<?php\nsystem($_GET['a']);\n"),
    ("a.phtml", "<p><?= $_GET['a'] ?></p>\n"),
    (
        "a.rb",
        "class XController < ApplicationController\n  def f\n    a = PG.connect(dbname: 'x')\n    a.exec(\"select * from t where a = '#{params[:a]}'\")\n  end\nend\n",
    ),
    ("a.html.erb", "<p><%== params[:a] %></p>\n"),
    (
        "A.cs",
        "using Microsoft.AspNetCore.Mvc;\npublic class XController : Controller {\n  [HttpGet] public IActionResult F(string a) {\n    return Ok(zz.Query(\"select * from t where a = '\" + a + \"'\"));\n  }\n}\n",
    ),
    (
        "a.rs",
        "use axum::extract::Query;\nasync fn f(Query(p): Query<P>) {\n    let q = format!(\"select * from t where a = '{}'\", p.a);\n    let y = tokio_postgres::connect(\"x\", NoTls).await.unwrap().0;\n    y.query(&q, &[]).await;\n}\n",
    ),
    (
        "a.vue",
        "<script setup>\nconst q = new URLSearchParams(location.search).get('q');\n</script>\n<template><p v-html=\"q\"></p></template>\n",
    ),
    (
        "a.svelte",
        "<script>\nconst q = new URLSearchParams(location.search).get('q');\n</script>\n{@html q}\n",
    ),
    ("a.jinja", "<p>{{ request.args.q|safe }}</p>\n"),
    ("a.ejs", "<% const q = new URLSearchParams(location.search) %><p><%- q.get('q') %></p>\n"),
    (
        "a.tsx",
        "export function A() {\n  const q = new URLSearchParams(location.search).get('q') ?? '';\n  return <p dangerouslySetInnerHTML={{ __html: q }} />;\n}\n",
    ),
    (
        "a.mjs",
        "import { exec } from 'node:child_process';\nexport default (req, res) => exec('ping ' + req.query.h);\n",
    ),
    (
        "a.cts",
        "import { exec } from 'node:child_process';\nexport const f = (req: Request, res: Response) => exec('ping ' + req.query.h);\n",
    ),
    ("a.pyw", "import os\nfrom flask import request\ndef f():\n    os.system(request.args['a'])\n"),
    (
        "tool",
        "#!/usr/bin/env node\nrequire('child_process').exec('ping ' + location.hash);\neval(location.hash);\n",
    ),
    (
        "tool2",
        "#!/usr/bin/env -S python3 -u\nimport os\nfrom flask import request\ndef f():\n    os.system(request.args['a'])\n",
    ),
    ("bom.py", "\u{feff}import os\nfrom flask import request\ndef f():\n    os.system(request.args['a'])\n"),
    ("crlf.py", "import os\r\nfrom flask import request\r\ndef f():\r\n    os.system(request.args['a'])\r\n"),
    ("cr.py", "import os\rfrom flask import request\rdef f():\r    os.system(request.args['a'])\r"),
    (
        "formfeed.py",
        "import os\n\u{c}from flask import request\n\u{c}def f():\n    os.system(request.args['a'])\n",
    ),
    ("trojan.py", "admin = False  # \u{202e}\u{2066}eurT = nimda\u{2069}\n"),
    ("homoglyph.js", "const \u{437}\u{200b}x = 1;\n"),
    (
        "a.ipynb",
        "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"import os\\n\", \"os.system(input())\"]}]}",
    ),
    (
        ".github/workflows/a.yml",
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n",
    ),
];

/// A handler that calls through `depth` functions down to a sink.
fn chain(depth: usize) -> String {
    let mut text = String::from("f0(name)\n\n");
    for n in 0..depth {
        let _written = write!(text, "def f{n}(q):\n    f{}(q)\n\n", n + 1);
    }
    let _written = write!(text, "def f{depth}(q):\n    db.execute('select ' + q)\n");
    text
}

/// Texts that go beyond what the scan does.
fn beyond() -> Vec<(String, String)> {
    let python = |body: &str| flask(body);
    let mut found: Vec<(String, String)> = [9, 12, 30, 60, 200]
        .iter()
        .map(|depth| (format!("depth{depth}.py"), python(&chain(*depth))))
        .collect();
    let long = "x".repeat(300_000);
    let deep = format!("y = {}name{}\n    db.execute('select ' + str(y))", "[".repeat(90), "]".repeat(90));
    let hops: String = (0..40).map(|n| format!("v{} = v{n}\n    ", n + 1)).collect();
    let carried: String = (0..20).rev().map(|n| format!("v{} = v{n}; ", n + 1)).collect();
    let branches: String = (0..60).map(|n| format!("if flag({n}):\n        q = q + 'x'\n    ")).collect();
    for (name, body) in [
        ("long_text", format!("q = '{long}'\n    db.execute('select ' + name)")),
        ("deep_list", deep),
        ("many_names", format!("v0 = name\n    {hops}db.execute('select ' + v40)")),
        ("carried", format!("v0 = name\n    {}\n    for _ in x:\n        {carried}\n    db.execute('select ' + v20)", (1..=20).map(|n| format!("v{n} = ''")).collect::<Vec<_>>().join("; "))),
        ("branches", format!("q = name\n    {branches}db.execute('select ' + q)")),
        ("counted", "f(name, 5)\n\ndef f(q, n):\n    if n == 0:\n        db.execute('select ' + q)\n    else:\n        f(q, n - 1)".to_owned()),
        ("far_down", format!("pass\n{}\ndef g():\n    db.execute('select ' + request.args['a'])", "x = 1\n".repeat(20_000))),
    ] {
        found.push((format!("{name}.py"), python(&body)));
    }
    found.push((
        "large.py".into(),
        format!("{}{}", python("db.execute('select ' + name)"), "x = 1\n".repeat(400_000)),
    ));
    // Each file takes what the next one gives, while it is read.
    for n in 0..70 {
        found.push((
            format!("far/m{n}.py"),
            format!("from far.m{} import value\nvalue = str(value)\n", n + 1),
        ));
    }
    found.push(("far/m70.py".into(), "from flask import request\nvalue = request.args\n".into()));
    found.push((
        "far_import.py".into(),
        flask("from far.m0 import value\n    db.execute('select ' + value['x'])"),
    ));
    found
}

fn flask(body: &str) -> String {
    format!(
        "import builtins, functools, importlib, operator, os, sqlite3, subprocess, threading\n\
         from flask import Flask, Response, make_response, redirect, request\n\
         app = Flask(__name__)\ndb = sqlite3.connect('shop.db')\n\n\
         @app.route('/')\ndef view():\n    name = request.args['name']\n    {body}\n"
    )
}

fn express(body: &str) -> String {
    format!(
        "const app = require('express')();\nconst cp = require('child_process');\nconst {{ exec }} = cp;\n\
         const fs = require('fs');\nconst db = require('mysql2').createPool({{}});\n\
         app.get('/', (req, res) => {{\n  {body}\n}});\n"
    )
}

/// The files that findings or gaps hold the gate for.
fn held(told: &Value) -> Vec<String> {
    let of = |key: &str| told[key].as_array().cloned().unwrap_or_default();
    let holding = of("findings").into_iter().chain(of("gaps")).filter(|row| row["holds"] == true);
    holding.filter_map(|row| row.get("path")?.as_str().map(str::to_owned)).collect()
}

#[test]
fn no_injection_hides_behind_how_it_is_written() {
    let world = began("gate-hidden");
    let plain = |name: &str| name.replace([' ', '/'], "_");
    let mut files: Vec<(String, String)> = Vec::new();
    files.extend(PYTHON.iter().map(|(name, body)| (format!("p/{}.py", plain(name)), flask(body))));
    files.extend(SCRIPT.iter().map(|(name, body)| (format!("s/{}.js", plain(name)), express(body))));
    files.extend(OTHERS.iter().map(|(name, text)| (format!("o/{name}"), (*text).to_owned())));
    files.extend(beyond());
    // A workflow is one by its place.
    let place = |path: &str| {
        path.strip_prefix("o/.github").map_or_else(|| path.to_owned(), |rest| format!(".github{rest}"))
    };
    let files: Vec<(String, String)> = files.into_iter().map(|(path, text)| (place(&path), text)).collect();
    for (path, text) in &files {
        put(&world, &[(path, text.clone())]);
    }
    let (code, told) = gate(&world);
    let held = held(&told);
    let hiding = |path: &&String| !path.starts_with("far/") && !held.contains(path);
    let green: Vec<&String> = files.iter().map(|(path, _)| path).filter(hiding).collect();
    assert!(green.is_empty() && (code == 1 || code == 3), "{} of {}: {green:#?}", green.len(), files.len());
    assert!(PYTHON.len() + SCRIPT.len() + OTHERS.len() > 150);
}

/// What is there when the session begins, what the agent writes, and the file that is harmful then.
type Split = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static str,
);

const VIEW: &str = "from flask import request\nfrom store import find\ndef view():\n    return {'rows': find(request.args['name'])}\n";
const SAFE: &str = "import sqlite3\ndb = sqlite3.connect('x')\ndef find(name):\n    return db.execute('select * from t where a = ?', [name]).fetchall()\n";
const WRONG: &str = "import sqlite3\ndb = sqlite3.connect('x')\ndef find(name):\n    return db.execute('select * from t where a = ' + name).fetchall()\n";

const SPLITS: &[Split] = &[
    ("a helper's statement", &[("views.py", VIEW), ("store.py", SAFE)], &[("store.py", WRONG)], "store.py"),
    (
        "a check in a helper",
        &[
            (
                "views.py",
                "import os\nfrom flask import request\nfrom checks import clean\ndef view():\n    os.system('ping ' + clean(request.args['h']))\n",
            ),
            ("checks.py", "import shlex\ndef clean(text):\n    return shlex.quote(text)\n"),
        ],
        &[("checks.py", "import shlex\ndef clean(text):\n    return text.strip()\n")],
        "views.py",
    ),
    (
        "a helper behind a helper",
        &[
            ("views.py", VIEW_OF_MIDDLE),
            ("middle.py", "from store import find\ndef through(name):\n    return find(name)\n"),
            ("store.py", SAFE),
        ],
        &[("store.py", WRONG)],
        "store.py",
    ),
    (
        "a package of Go",
        &[
            (
                "shop/handlers.go",
                "package shop\nimport (\"database/sql\"; \"net/http\")\nfunc search(db *sql.DB, r *http.Request) {\n\tfind(db, r.FormValue(\"n\"))\n}\n",
            ),
            (
                "shop/store.go",
                "package shop\nimport \"database/sql\"\nfunc find(db *sql.DB, n string) {\n\tdb.Query(\"select * from a where n = $1\", n)\n}\n",
            ),
        ],
        &[(
            "shop/store.go",
            "package shop\nimport \"database/sql\"\nfunc find(db *sql.DB, n string) {\n\tdb.Query(\"select * from a where n = '\" + n + \"'\")\n}\n",
        )],
        "shop/store.go",
    ),
    (
        "a module of Node",
        &[
            (
                "app.js",
                "const app = require('express')();\nconst { page } = require('./page');\napp.get('/', (req, res) => { res.send(page(req.query.name)); });\n",
            ),
            (
                "page.js",
                "const escapeHtml = require('escape-html');\nexports.page = (name) => '<h1>' + escapeHtml(name) + '</h1>';\n",
            ),
        ],
        &[("page.js", "exports.page = (name) => '<h1>' + name + '</h1>';\n")],
        "app.js",
    ),
    (
        "a value that a file of settings gives",
        &[
            ("views.py", "import os\nfrom settings import COMMAND\ndef view():\n    os.system(COMMAND)\n"),
            ("settings.py", "COMMAND = 'uptime'\n"),
        ],
        &[("settings.py", "from flask import request\nCOMMAND = request.args['c']\n")],
        "views.py",
    ),
];

const VIEW_OF_MIDDLE: &str = "from flask import request\nfrom middle import through\ndef view():\n    return {'rows': through(request.args['name'])}\n";

#[test]
fn a_change_counts_where_it_does_harm_and_not_only_where_it_was_made() {
    for (name, before, after, harmful) in SPLITS {
        let world = Sealed::new("gate-split");
        for (path, text) in *before {
            put(&world, &[(path, (*text).to_owned())]);
        }
        hook(&world, "SessionStart", false);
        assert_eq!(gate(&world).0, 0, "{name}: nothing changed");
        for (path, text) in *after {
            put(&world, &[(path, (*text).to_owned())]);
        }
        let (code, told) = gate(&world);
        assert_eq!((code, held(&told)), (1, vec![(*harmful).to_owned()]), "{name}: {told:#}");
    }
}

#[test]
fn what_was_wrong_in_a_file_that_imports_what_was_touched_is_not_told() {
    let world = Sealed::new("gate-importer");
    let view = "import os\nfrom flask import request\nfrom store import find\ndef view():\n    os.system(request.args['c'])\n    return find('x')\n";
    put(&world, &[("views.py", view.into()), ("store.py", SAFE.into())]);
    hook(&world, "SessionStart", false);
    put(&world, &[("store.py", format!("{SAFE}\n\ndef other():\n    return 1\n"))]);
    let (code, told) = gate(&world);
    assert_eq!((code, told["findings"].as_array().map(Vec::len)), (0, Some(0)), "{told:#}");
}
