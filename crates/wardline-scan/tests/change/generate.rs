//! Cases made by operators: a seed with findings, changed in a way whose outcome is known.

use super::case::{Case, File};

/// Functions with a finding each: language, the lines with labels to be filled in.
const SEEDS: [(&str, &[&str]); 9] = [
    (
        "py",
        &[
            "def find(request):",
            "    name = request.args['name']  #! src",
            "    cur.execute('select * from users where name = ' + name)  #! L",
            "    return cur.fetchall()",
        ],
    ),
    (
        "py",
        &[
            "def ping(request):",
            "    host = request.GET['host']  #! src",
            "    command = 'ping -c 1 ' + host",
            "    os.system(command)  #! L",
        ],
    ),
    (
        "py",
        &[
            "def read(request):",
            "    with open(os.path.join(ROOT, request.args['file'])) as handle:  #! L",
            "        return handle.read()",
        ],
    ),
    (
        "py",
        &[
            "def back(request):",
            "    target = request.args.get('next', '/')  #! src",
            "    if target:",
            "        return redirect(target)  #! L",
            "    return home()",
        ],
    ),
    (
        "js",
        &[
            "function find(req, res) {",
            "  const name = req.query.name;  #! src",
            "  db.query(`select * from users where name = '${name}'`, (error, rows) => {  #! L",
            "    res.json(rows);",
            "  });",
            "}",
        ],
    ),
    (
        "js",
        &[
            "function show(req, res) {",
            "  const name = req.query.name;  #! src",
            "  res.send('<b>' + name + '</b>');  #! L",
            "}",
        ],
    ),
    (
        "js",
        &[
            "function paint(box) {",
            "  const text = location.hash;  #! src",
            "  box.innerHTML = text;  #! L",
            "}",
        ],
    ),
    (
        "js",
        &["function leave() {", "  if (!confirm('Leave?')) {  #! L", "    return;", "  }", "  close();", "}"],
    ),
    (
        "js",
        &[
            "function run(req) {",
            "  const name = req.body.name;  #! src",
            "  const line = 'convert ' + name;",
            "  exec(line);  #! L",
            "}",
        ],
    ),
];

/// What stands around a seed.
fn around(extension: &str) -> [Vec<String>; 3] {
    let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    if extension == "py" {
        [
            own(&["import os", "import db"]),
            own(&["def first():", "    return 1"]),
            own(&["def last():", "    return 2"]),
        ]
    } else {
        [
            own(&["const db = require('db');"]),
            own(&["function first() {", "  return 1;", "}"]),
            own(&["function last() {", "  return 2;", "}"]),
        ]
    }
}

type Tree = Vec<(String, Vec<String>)>;
type Operator = fn(&str, &[String]) -> (&'static str, Tree);

/// Each gives the tree after the change, and the label of what stood before.
const OPERATORS: [(&str, Operator); 20] = [
    ("the same", |e, s| ("old", one(e, file(e, &old(s))))),
    ("lines at the top", |e, s| ("old", one(e, [note(e), note(e), file(e, &old(s))].concat()))),
    ("first in the file", |e, s| ("old", one(e, [old(s), rest(e)].concat()))),
    ("last in the file", |e, s| ("old", one(e, [rest(e), old(s)].concat()))),
    ("renamed function", |e, s| ("old", one(e, file(e, &renamed(&old(s)))))),
    ("renamed function, last in the file", |e, s| ("old", one(e, [rest(e), renamed(&old(s))].concat()))),
    ("renamed file", |e, s| ("old", vec![(format!("lib/other.{e}"), file(e, &old(s)))])),
    ("moved to a new file", |e, s| ("old", two(e, rest(e), old(s)))),
    ("moved to a new file, renamed", |e, s| ("old", two(e, rest(e), renamed(&old(s))))),
    ("deeper", |e, s| ("old", one(e, file(e, &deeper(e, &old(s)))))),
    ("deeper, last in the file", |e, s| ("old", one(e, [rest(e), deeper(e, &old(s))].concat()))),
    ("comments between", |e, s| ("old", one(e, file(e, &commented(e, &old(s)))))),
    ("blank lines between", |e, s| {
        (
            "old",
            one(e, file(e, &old(s).into_iter().flat_map(|line| [line, String::new()]).collect::<Vec<_>>())),
        )
    }),
    ("copied behind", |e, s| ("old", one(e, [file(e, &old(s)), renamed(&new(s))].concat()))),
    ("copied before", |e, s| ("old", one(e, [renamed(&new(s)), file(e, &old(s))].concat()))),
    ("copied to another file", |e, s| ("old", two(e, file(e, &old(s)), new(s)))),
    ("copied twice", |e, s| ("old", two(e, [file(e, &old(s)), renamed(&new(s))].concat(), new(s)))),
    ("removed", |e, _| ("fixed", one(e, rest(e)))),
    ("mended", |e, s| ("fixed", one(e, file(e, &mended(s))))),
    ("mended and copied", |e, s| ("fixed", one(e, [file(e, &mended(s)), renamed(&new(s))].concat()))),
];

/// Every seed under every operator, alone and beside another seed of its language that stays.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (number, (extension, seed)) in SEEDS.iter().enumerate() {
        let lines: Vec<String> = seed.iter().map(|line| (*line).to_owned()).collect();
        for (what, operator) in OPERATORS {
            let (label, after) = operator(extension, &lines);
            let before = vec![(format!("app.{extension}"), file(extension, &labelled(&lines, label)))];
            cases.push(case(format!("seed {number}, {what}"), &before, &after));
            let (_, other) =
                SEEDS.iter().cycle().skip(number + 1).find(|(other, _)| other == extension).unwrap();
            let other = old(&other.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
            let beside = |tree: &Tree| -> Tree {
                tree.iter()
                    .enumerate()
                    .map(|(at, (path, text))| {
                        (
                            path.clone(),
                            if at == 0 { [text.clone(), other.clone()].concat() } else { text.clone() },
                        )
                    })
                    .collect()
            };
            cases.push(case(
                format!("seed {number} beside another, {what}"),
                &beside(&before),
                &beside(&after),
            ));
        }
    }
    cases
}

fn case(name: String, before: &Tree, after: &Tree) -> Case {
    let side = |sign: char, tree: &Tree| -> Vec<File> {
        let file = |(path, lines): &(String, Vec<String>)| File {
            before: path.clone(),
            after: path.clone(),
            lines: lines.iter().map(|line| (sign, line.clone())).collect(),
        };
        tree.iter().map(file).collect()
    };
    Case { name, files: [side('-', before), side('+', after)].concat() }
}

fn labelled(seed: &[String], label: &str) -> Vec<String> {
    seed.iter().map(|line| line.replace("#! L", &format!("#! {label}"))).collect()
}

fn old(seed: &[String]) -> Vec<String> {
    labelled(seed, "old")
}

fn new(seed: &[String]) -> Vec<String> {
    labelled(seed, "new")
}

fn file(extension: &str, seed: &[String]) -> Vec<String> {
    let [head, first, last] = around(extension);
    [head, first, seed.to_vec(), last].concat()
}

fn rest(extension: &str) -> Vec<String> {
    around(extension).concat()
}

fn one(extension: &str, lines: Vec<String>) -> Tree {
    vec![(format!("app.{extension}"), lines)]
}

fn two(extension: &str, lines: Vec<String>, others: Vec<String>) -> Tree {
    vec![(format!("app.{extension}"), lines), (format!("more.{extension}"), others)]
}

fn note(extension: &str) -> Vec<String> {
    vec![if extension == "py" { "# a line".to_owned() } else { "// a line".to_owned() }]
}

/// The function under another name.
fn renamed(seed: &[String]) -> Vec<String> {
    let mut lines = seed.to_vec();
    if let Some(first) = lines.iter_mut().find(|line| line.contains('(')) {
        *first = first.replacen('(', "_other(", 1);
    }
    lines
}

fn deeper(extension: &str, seed: &[String]) -> Vec<String> {
    let (head, foot) =
        if extension == "py" { ("if True:", None) } else { ("if (true) {", Some("}".to_owned())) };
    let inner = seed.iter().map(|line| format!("    {line}"));
    std::iter::once(head.to_owned()).chain(inner).chain(foot).collect()
}

fn commented(extension: &str, seed: &[String]) -> Vec<String> {
    seed.iter().flat_map(|line| [note(extension).concat(), line.clone()]).collect()
}

/// The sink in its place without its harm.
fn mended(seed: &[String]) -> Vec<String> {
    let name = |line: &str| line.split("  #! ").next().unwrap_or_default().to_owned();
    seed.iter()
        .map(|line| {
            if line.contains("#! L") {
                name(line)
                    .replace("+ name", ", [name]")
                    .replace("text", "'text'")
                    .replace("confirm('Leave?')", "await confirm('Leave?')")
                    .replace("(line)", "('line')")
                    .replace("(command)", "('command')")
                    .replace("(target)", "(safe(target))")
                    .replace("request.args['file']", "'file'")
                    .replace("'${name}'", "?")
            } else {
                line.clone()
            }
        })
        .collect()
}
