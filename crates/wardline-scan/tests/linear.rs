//! No file is super-linear: a file of twice the size takes at most about twice the steps, whatever it is made of. Steps are counted and
//! not timed: those of the patterns, and those of following the values.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{collections::BTreeMap, fmt::Write as _};

use wardline_scan::{
    finding::{Gap, GapReason},
    language::Language,
    scan::{DEEP, Scanner},
};

/// How a language writes what the files are made of. `N` is the number of the part.
struct Writing {
    path: &'static str,
    head: &'static str,
    tail: &'static str,
    import: &'static str,
    /// A function that ends in a finding, one that calls the one before, and one with a branch in a loop.
    finding: &'static str,
    chain: &'static str,
    branch: &'static str,
    /// A statement in a function, and what begins and ends the function.
    function: (&'static str, &'static str),
    assign: &'static str,
    joined: (&'static str, &'static str, &'static str),
    list: (&'static str, &'static str, &'static str),
    map: (&'static str, &'static str, &'static str),
    nested: (&'static str, &'static str),
    text: (&'static str, &'static str),
    comment: &'static str,
}

const WRITINGS: &[Writing] = &[
    Writing {
        path: "a.py",
        head: "import os\nimport sqlite3\nfrom flask import request\ndatabase = sqlite3.connect('a')\n",
        tail: "",
        import: "import package_N.part as name_N\n",
        finding: "def find_N(value):\n    name = request.args.get('name')\n    return database.execute('select ' + name)\n\n",
        chain: "def chain_N(value):\n    return chain_M(value + request.args['a'])\n\n",
        branch: "def branch_N(values):\n    found = []\n    for value in values:\n        if value.kind == N and value not in found:\n            found.append(value.name)\n    os.system('ls ' + str(found))\n    return found\n\n",
        function: ("def whole(request, value):\n", ""),
        assign: "    value_N = request.args.get('N') + value\n",
        joined: ("text = request.args['a']", " + 'part N ' + name_N", "\n"),
        list: ("items = [", "'item N', N, ", "]\n"),
        map: ("items = {", "'key N': {'a': N, 'b': request.args}, ", "}\n"),
        nested: ("len(", ")"),
        text: ("words = '", "'\n"),
        comment: "# a remark on request.args and execute, number N\n",
    },
    Writing {
        path: "a.js",
        head: "const express = require('express');\nconst db = require('pg');\nconst app = express();\n",
        tail: "",
        import: "const name_N = require('package_N');\n",
        finding: "app.get('/N', (req, res) => {\n  const name = req.query.name;\n  db.query('select ' + name);\n  res.send('<b>' + name);\n});\n",
        chain: "function chain_N(value) {\n  return chain_M(value + '1');\n}\n",
        branch: "function branch_N(values) {\n  const found = [];\n  for (const value of values) {\n    if (value.kind === N && !found.includes(value)) {\n      found.push(value.name);\n    }\n  }\n  eval('ls ' + found);\n  return found;\n}\n",
        function: ("function whole(req, res, value) {\n", "}\n"),
        assign: "  const value_N = req.query.N + value;\n",
        joined: ("const text = req.query.a", " + 'part N ' + name_N", ";\n"),
        list: ("const items = [", "'item N', N, ", "];\n"),
        map: ("const items = {", "'key N': {a: N, b: req.query}, ", "};\n"),
        nested: ("f(", ")"),
        text: ("const words = '", "';\n"),
        comment: "// a remark on req.query and innerHTML, number N\n",
    },
    Writing {
        path: "a.ts",
        head: "import express, {Request, Response} from 'express';\nimport {Client} from 'pg';\nconst db = new Client();\n",
        tail: "",
        import: "import {name_N} from './package_N';\n",
        finding: "export class Page_N {\n  show(req: Request, res: Response): void {\n    const name = req.query.name as string;\n    db.query(`select ${name}`);\n    res.send('<b>' + name);\n  }\n}\n",
        chain: "export const chain_N = (value: string): string => chain_M(value + '1');\n",
        branch: "export async function branch_N(values: string[]): Promise<string[]> {\n  const found: string[] = [];\n  for (const value of values) {\n    if (value.length === N && !found.includes(value)) {\n      found.push(await load(value));\n    }\n  }\n  eval('ls ' + found);\n  return found;\n}\n",
        function: ("export function whole(req: Request, res: Response, value: string) {\n", "}\n"),
        assign: "  const value_N: string = req.query.N + value;\n",
        joined: ("const text = req.query.a", " + 'part N ' + name_N", ";\n"),
        list: ("const items = [", "'item N', N, ", "];\n"),
        map: ("const items = {", "'key N': {a: N, b: req.query}, ", "};\n"),
        nested: ("f(", ")"),
        text: ("const words = '", "';\n"),
        comment: "// a remark on req.query and innerHTML, number N\n",
    },
    Writing {
        path: "a.go",
        head: "package main\nimport \"database/sql\"\nimport \"net/http\"\nimport \"os/exec\"\nvar db *sql.DB\n",
        tail: "",
        import: "import name_N \"example.org/package_N\"\n",
        finding: "func find_N(w http.ResponseWriter, r *http.Request) {\n\tname := r.URL.Query().Get(\"name\")\n\tdb.Query(\"select \" + name)\n}\n",
        chain: "func chain_N(value string) string {\n\treturn chain_M(value + \"1\")\n}\n",
        branch: "func branch_N(values []string) {\n\tfound := []string{}\n\tfor _, value := range values {\n\t\tif value == \"N\" {\n\t\t\tfound = append(found, value)\n\t\t}\n\t}\n\texec.Command(\"sh\", \"-c\", found[0])\n}\n",
        function: ("func whole(r *http.Request, value string) {\n", "}\n"),
        assign: "\tvalue_N := r.FormValue(\"N\") + value\n\tuse(value_N)\n",
        joined: ("var text = value", " + \"part N \" + name_N", "\n"),
        list: ("var items = []string{", "\"item N\", ", "}\n"),
        map: ("var items = map[string]int{", "\"key N\": N, ", "}\n"),
        nested: ("f(", ")"),
        text: ("var words = \"", "\"\n"),
        comment: "// a remark on r.FormValue and exec.Command, number N\n",
    },
    Writing {
        path: "A.java",
        head: "import java.sql.*;\nimport javax.servlet.http.*;\nclass A {\n  Connection db;\n",
        tail: "}\n",
        import: "",
        finding: "  void find_N(HttpServletRequest request) throws Exception {\n    String name = request.getParameter(\"name\");\n    db.createStatement().executeQuery(\"select \" + name);\n  }\n",
        chain: "  String chain_N(String value) {\n    return chain_M(value + \"1\");\n  }\n",
        branch: "  void branch_N(java.util.List<String> values) throws Exception {\n    String found = \"\";\n    for (String value : values) {\n      if (value.equals(\"N\")) {\n        found = found + value;\n      }\n    }\n    Runtime.getRuntime().exec(found);\n  }\n",
        function: ("  void whole(HttpServletRequest request, String value) {\n", "  }\n"),
        assign: "    String value_N = request.getParameter(\"N\") + value;\n",
        joined: ("  String text = value", " + \"part N \" + name_N", ";\n"),
        list: ("  String[] items = {", "\"item N\", ", "};\n"),
        map: ("  Object items = java.util.Map.of(", "\"key N\", N, ", "\"a\", 1);\n"),
        nested: ("f(", ")"),
        text: ("  String words = \"", "\";\n"),
        comment: "  // a remark on getParameter and executeQuery, number N\n",
    },
    Writing {
        path: "a.php",
        head: "<?php\n$db = new PDO('a');\n",
        tail: "",
        import: "use Package\\Part_N;\n",
        finding: "function find_N() {\n  global $db;\n  $name = $_GET['name'];\n  $db->query('select ' . $name);\n  echo $name;\n}\n",
        chain: "function chain_N($value) {\n  return chain_M($value . '1');\n}\n",
        branch: "function branch_N($values) {\n  $found = '';\n  foreach ($values as $value) {\n    if ($value === 'N') {\n      $found .= $value;\n    }\n  }\n  system('ls ' . $found);\n}\n",
        function: ("function whole($value) {\n", "}\n"),
        assign: "  $value_N = $_GET['N'] . $value;\n",
        joined: ("$text = $_GET['a']", " . 'part N ' . $name_N", ";\n"),
        list: ("$items = [", "'item N', N, ", "];\n"),
        map: ("$items = [", "'key N' => ['a' => N, 'b' => $_GET['b']], ", "];\n"),
        nested: ("f(", ")"),
        text: ("$words = '", "';\n"),
        comment: "// a remark on $_GET and query, number N\n",
    },
    Writing {
        path: "a.rb",
        head: "require 'sqlite3'\nDB = SQLite3::Database.new('a')\nclass PagesController < ApplicationController\n",
        tail: "end\n",
        import: "",
        finding: "  def find_N\n    name = params[:name]\n    DB.execute(\"select #{name}\")\n  end\n",
        chain: "  def chain_N(value)\n    chain_M(value + '1')\n  end\n",
        branch: "  def branch_N(values)\n    found = []\n    values.each do |value|\n      found << value.name if value.kind == N\n    end\n    system(\"ls #{found}\")\n  end\n",
        function: ("  def whole(value)\n", "  end\n"),
        assign: "    value_N = params[:a_N] + value\n",
        joined: ("  TEXT = value", " + 'part N ' + name_N", "\n"),
        list: ("  ITEMS = [", "'item N', N, ", "]\n"),
        map: ("  ITEMS = {", "'key N' => {a: N, b: params}, ", "}\n"),
        nested: ("f(", ")"),
        text: ("  WORDS = '", "'\n"),
        comment: "  # a remark on params and execute, number N\n",
    },
    Writing {
        path: "a.cs",
        head: "using System;\nusing Microsoft.Data.SqlClient;\nusing Microsoft.AspNetCore.Mvc;\npublic class PagesController : Controller {\n",
        tail: "}\n",
        import: "",
        finding: "  public void Find_N(string name) {\n    var command = new SqlCommand(\"select \" + name, connection);\n    command.ExecuteReader();\n  }\n",
        chain: "  private string Chain_N(string value) {\n    return Chain_M(value + \"1\");\n  }\n",
        branch: "  private void Branch_N(string[] values) {\n    var found = \"\";\n    foreach (var value in values) {\n      if (value == \"N\") {\n        found = found + value;\n      }\n    }\n    System.Diagnostics.Process.Start(found);\n  }\n",
        function: ("  public void Whole(string value) {\n", "  }\n"),
        assign: "    var value_N = Request.Query[\"N\"] + value;\n",
        joined: ("  string text = value", " + \"part N \" + name_N", ";\n"),
        list: ("  string[] items = {", "\"item N\", ", "};\n"),
        map: ("  object items = new Dictionary<string, int> {", "{\"key N\", N}, ", "};\n"),
        nested: ("f(", ")"),
        text: ("  string words = \"", "\";\n"),
        comment: "  // a remark on Request.Query and SqlCommand, number N\n",
    },
    Writing {
        path: "a.rs",
        head: "use std::process::Command;\nuse axum::extract::Query;\n",
        tail: "",
        import: "use package_N::name_N;\n",
        finding: "async fn find_N(Query(name): Query<String>) {\n    Command::new(\"sh\").arg(\"-c\").arg(format!(\"ls {name}\")).spawn();\n}\n",
        chain: "fn chain_N(value: String) -> String {\n    chain_M(value + \"1\")\n}\n",
        branch: "fn branch_N(values: Vec<String>) {\n    let mut found = String::new();\n    for value in values {\n        if value == \"N\" {\n            found = found + &value;\n        }\n    }\n    Command::new(found).spawn();\n}\n",
        function: ("fn whole(value: String) {\n", "}\n"),
        assign: "    let value_N = std::env::var(\"N\").unwrap() + &value;\n",
        joined: ("fn text() -> String { value", " + \"part N \" + name_N", " }\n"),
        list: ("const ITEMS: &[&str] = &[", "\"item N\", ", "];\n"),
        map: ("const ITEMS: &[(&str, u8)] = &[", "(\"key N\", N), ", "];\n"),
        nested: ("f(", ")"),
        text: ("const WORDS: &str = \"", "\";\n"),
        comment: "// a remark on Command and Query, number N\n",
    },
];

fn each(template: &str, count: usize) -> String {
    (1..=count).fold(String::new(), |mut text, number| {
        let before = number - 1;
        let part = template.replace("_M", &format!("_{before}")).replace('N', &number.to_string());
        write!(text, "{part}").unwrap();
        text
    })
}

/// The shapes of a file in one language, each of about as many parts as are asked for.
fn shapes(w: &Writing, count: usize) -> Vec<(&'static str, String)> {
    let file = |body: String| format!("{}{body}{}", w.head, w.tail);
    let listed = |(begin, part, end): (&str, &str, &str)| file(format!("{begin}{}{end}", each(part, count)));
    let (open, close) = w.function;
    let within = |body: String| file(format!("{open}{body}{close}"));
    let nested: String = (0..count / 16).fold(String::new(), |text, _| {
        text + w.joined.0 + " + " + &w.nested.0.repeat(40) + "1" + &w.nested.1.repeat(40) + w.joined.2
    });
    vec![
        ("functions with findings", file(each(w.finding, count / 2))),
        ("functions that call each other", file(each(w.chain, count))),
        ("functions with branches", file(each(w.branch, count / 2))),
        ("imports", file(each(w.import, count))),
        ("one long function", within(each(w.assign, count))),
        ("a long line of joined texts", listed(w.joined)),
        ("a long list", listed(w.list)),
        ("a long map", listed(w.map)),
        ("deep nesting", file(nested)),
        ("a long text", file(format!("{}{}{}", w.text.0, "some words ".repeat(count), w.text.1))),
        ("remarks", file(each(w.comment, count))),
    ]
}

fn steps(scanner: &Scanner, path: &str, text: &str) -> u64 {
    let texts = BTreeMap::from([(path.to_owned(), text.to_owned())]);
    let scan = scanner.scan(&texts, &|_| None);
    let cut = |gap: &Gap| matches!(&gap.reason, GapReason::Exhausted(why) if why != DEEP);
    let cut = scan.gaps.iter().any(cut);
    assert!(!cut, "{path}: the work was cut, so that it cannot be counted");
    scan.steps + scan.matched
}

#[test]
fn twice_the_file_is_at_most_about_twice_the_steps() {
    const PARTS: usize = 160;
    let scanner = Scanner::new();
    let mut beyond = Vec::new();
    for writing in WRITINGS {
        assert!(Language::of(writing.path, "").is_some());
        for ((shape, small), (_, large)) in shapes(writing, PARTS).iter().zip(&shapes(writing, PARTS * 2)) {
            let (once, twice) = (steps(&scanner, writing.path, small), steps(&scanner, writing.path, large));
            if twice * 10 > once * 23 + 5_000 {
                beyond.push(format!("{}: {shape}: {once} steps, twice the file {twice}", writing.path));
            }
        }
    }
    assert!(beyond.is_empty(), "{}", beyond.join("\n"));
}
