//! A scanner that remembers finds what one that does not finds, whatever was edited in between; and does what changed.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::{collections::BTreeMap, fs, path::Path};

use wardline_scan::scan::{Scan, Scanner};

type Texts = BTreeMap<String, String>;

/// A sequence of numbers that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }
}

/// What edits put in, besides what stands elsewhere in the file: statements of Python, of others, and what breaks both.
const SNIPPETS: [&[&str]; 3] = [
    &[
        "edited = 1",
        "name = request.args.get('name')",
        "cursor.execute('select ' + name)",
        "helper(name)",
        "return name",
        "shared = request.args",
        "global shared",
        "def inner(): return shared",
        "fetch(shared)",
    ],
    &[
        "edited = 1;",
        "const name = req.query.name;",
        "db.query('select ' + name);",
        "helper(name);",
        "return name;",
        "last = req.query.last;",
        "const inner = () => name;",
        "keep(req.body);",
        "if (true) { keep(last); }",
    ],
    &["\"\"\"", "/*", "}", "(", "if (true) {", "'"],
];

/// Edits one line.
fn edit(path: &str, text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = dice.below(lines.len());
    let other = lines.get(dice.below(lines.len())).cloned().unwrap_or_default();
    let Some(line) = lines.get_mut(at) else { return "x = 1\n".to_owned() };
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    match dice.below(12) {
        0 => *line = format!("{indent}{}", other.trim_start()),
        1 => line.clear(),
        2 => *line = line.repeat(2),
        3 => *line = line.replace("name", "other").replace("req", "request"),
        4 => *line = format!("{indent}{}\n", line.trim().trim_end_matches([')', ';', '}'])),
        _ => {
            let language = if dice.below(12) == 0 { 2 } else { usize::from(!path.ends_with(".py")) };
            let snippets = SNIPPETS.get(language).copied().unwrap_or_default();
            let snippet = snippets.get(dice.below(snippets.len())).copied().unwrap_or_default();
            *line = format!("{line}{indent}{snippet}\n");
        }
    }
    lines.concat()
}

fn told(scan: &Scan) -> String {
    let findings: Vec<String> = scan.findings.iter().map(|finding| format!("{finding:?}")).collect();
    format!("{}\n{:?}\n{} steps", findings.join("\n"), scan.gaps, scan.steps)
}

/// The files below a directory of the tests, each a project of its own.
fn files(below: &str) -> Vec<Texts> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            found.push(Texts::from([(name, fs::read_to_string(&path).unwrap())]));
        }
    }
    found
}

/// Projects of several files, with what can be shared between entries: variables, closures, decorators, classes, cycles.
fn projects() -> Vec<Texts> {
    let made = [
        vec![
            (
                "app.py",
                "from flask import request\nfrom lib import fetch, Store\nimport lib\n\nshared = None\n\n\ndef remember(value):\n    global shared\n    \
                 shared = value\n    return shared\n\n\ndef first():\n    name = request.args.get('name')\n    remember(name)\n    fetch(name)\n\n\ndef \
                 second():\n    cursor.execute('select ' + shared)\n\n\ndef third():\n    def inner(part):\n        return 'select ' + \
                 part\n    cursor.execute(inner(request.args['q']))\n    return inner\n\n\nclass View:\n    def __init__(self):\n        self.name = \
                 request.args['n']\n\n    def show(self):\n        cursor.execute('select ' + self.name)\n\n    def clear(self):\n        self.name = \
                 'x'\n        lib.fetch(self.name)\n\n    def store(self):\n        Store().put(self.name)\n",
            ),
            (
                "lib.py",
                "import app\n\nstate = {}\n\n\ndef fetch(name):\n    state['last'] = name\n    cursor.execute('select ' + name)\n\n\nclass \
                 Store:\n    def put(self, value):\n        open('/srv/' + value)\n\n    def get(self):\n        return app.shared\n",
            ),
        ],
        vec![
            (
                "app.js",
                "const {fetch} = require('./lib');\nconst express = require('express');\nconst app = express();\nlet last = '';\n\nfunction \
                 keep(value) {\n  last = value;\n  return () => last;\n}\n\napp.get('/a', (req, res) => {\n  const name = \
                 req.query.name;\n  keep(name);\n  fetch(name);\n  res.send('<b>' + name);\n});\n\napp.get('/b', function (req, res) {\n  const read = \
                 keep('x');\n  db.query('select ' + read());\n  [req.query.a].forEach((one) => {\n    db.query('select ' + one);\n  });\n});\n\nclass \
                 Page {\n  constructor(req) {\n    this.name = req.query.name;\n  }\n  get title() {\n    return this.name;\n  }\n  show(res) {\n    \
                 res.send(this.title);\n  }\n}\nmodule.exports = {keep, Page};\n",
            ),
            (
                "lib.js",
                "const {keep} = require('./app');\n\nfunction fetch(name) {\n  keep(name);\n  return db.query('select ' + \
                 name);\n}\n\nexports.fetch = fetch;\n",
            ),
        ],
    ];
    let made = made.into_iter().chain([classes()]);
    let owned = |(path, text): (&str, &str)| (path.to_owned(), text.to_owned());
    made.map(|files| files.into_iter().map(owned).collect()).collect()
}

/// Classes whose methods hand values on by their object, by variables of the file and by functions that they make.
fn classes() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "app.py",
            "import os\nfrom flask import request\nfrom lib import Base, state\n\nseen = []\n\n\nclass First(Base):\n    kind = 'first'\n\n    def \
             __init__(self, part):\n        self.part = part\n        self.name = 'x'\n\n    def apply(self):\n        os.system(self.name)\n        \
             return self.part\n\n    def build(self):\n        def inner(more):\n            os.system(more + self.name)\n        self.make = \
             inner\n        return inner\n\n    def call(self):\n        self.make(request.args['m'])\n        self.apply()\n\n    def \
             load(self):\n        self.name = request.args['name']\n\n    def show(self):\n        return '<b>' + self.name\n\n    @staticmethod\n    \
             def plain(value):\n        os.system(value)\n        return First(value)\n\n    def wide(self):\n        global seen\n        seen = \
             request.args['seen']\n        os.system(seen)\n\n    def zeta(self):\n        os.system(seen)\n        cursor.execute('select ' + \
             self.part)\n        self.plain(self.name)\n\n\nclass Second(First):\n    def apply(self):\n        self.load()\n        \
             os.system(self.name)\n\n    def run(self):\n        state['a'] = self.name\n        for one in [1, 2]:\n            \
             self.keep(one)\n\n    def under(self):\n        os.system(state['a'])\n",
        ),
        (
            "lib.py",
            "import os\n\nstate = {}\n\n\nclass Base:\n    def keep(self, value):\n        self.kept = value\n\n    def use(self):\n        \
             os.system(self.kept)\n",
        ),
    ]
}

/// Edits a project again and again and compares. Gives steps, and steps that were done.
fn edit_and_compare(
    plain: &Scanner,
    remembering: &Scanner,
    start: &Texts,
    seed: u64,
    edits: usize,
) -> (u64, u64) {
    let mut dice = Dice(seed);
    let mut texts = start.clone();
    let (mut steps, mut worked) = (0, 0);
    for number in 0..edits {
        let own: Texts = match dice.below(3) {
            0 => texts.clone(),
            _ => texts.iter().take(1).map(|(path, text)| (path.clone(), text.clone())).collect(),
        };
        let neighbour = |path: &str| texts.get(path).cloned();
        let (fresh, again) = (plain.scan(&own, &neighbour), remembering.scan(&own, &neighbour));
        assert_eq!(told(&again), told(&fresh), "seed {seed}, edit {number}:\n{texts:?}");
        remembering.turn();
        (steps, worked) = (steps + again.steps, worked + again.worked);
        if dice.below(5) == 0 {
            texts = start.clone();
        }
        let number = dice.below(texts.len());
        if let Some((path, text)) = texts.iter_mut().nth(number) {
            *text = edit(path, text, &mut dice);
        }
    }
    (steps, worked)
}

#[test]
fn a_scan_with_a_memory_finds_what_one_without_finds() {
    let (plain, remembering) = (Scanner::new(), Scanner::new().remembering());
    let edits: usize = std::env::var("WARDLINE_EDITS").ok().and_then(|word| word.parse().ok()).unwrap_or(5);
    let mut all = projects();
    all.extend(projects().into_iter().cycle().take(9));
    all.extend(files("tests/cases"));
    let (mut steps, mut worked) = (0, 0);
    for (number, project) in (1_u64..).zip(&all) {
        let seed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (more, done) = edit_and_compare(&plain, &remembering, project, seed, edits);
        (steps, worked) = (steps + more, worked + done);
    }
    assert!(worked < steps, "nothing is known from earlier scans: {worked} of {steps} steps were done");
}

/// Functions of which each calls the one before, with a finding in every tenth.
fn long_python(functions: usize) -> String {
    let mut text =
        "import sqlite3\nfrom flask import request\ndatabase = sqlite3.connect('app.db')\n".to_owned();
    for number in 0..functions {
        let before = number.saturating_sub(1);
        let query = if number % 10 == 0 { "'select ' + name" } else { "'select ?', (name,)" };
        text += &format!(
            "def step_{number}(values):\n    name = request.args.get('name', '')\n    seen = {{}}\n    for index, value in enumerate(values):\n        \
             seen[value] = step_{before}([value])\n    return database.execute({query})\n\n"
        );
    }
    text
}

#[test]
fn after_an_edit_in_one_function_only_what_runs_it_is_run() {
    let scanner = Scanner::new().remembering();
    let text = long_python(150);
    let scan = |text: &str| scanner.scan(&Texts::from([("a.py".to_owned(), text.to_owned())]), &|_| None);
    let first = scan(&text);
    assert_eq!((first.worked, first.findings.len()), (first.steps, 15));
    let edited = text.replace("def step_70(values):\n", "def step_70(values):\n    edited = 1\n");
    let second = scan(&edited);
    assert!(second.worked * 5 < second.steps, "{} of {} steps", second.worked, second.steps);
    assert_eq!(scan(&edited).worked, 0, "nothing changed");
    assert_eq!(
        told(&second),
        told(&Scanner::new().scan(&Texts::from([("a.py".to_owned(), edited)]), &|_| None))
    );
}
