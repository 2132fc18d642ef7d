//! The gate: red for what a change brings in, whatever is tried to hide it; red when the scan fails; green when it is mended.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{Ran, Sealed};

/// Something that blocks in every language and format.
const SECRET: &str = "password = \"tr0ub4dor&3xyz\"\n";
const CLEAN: &str = "def add(a, b):\n    return a + b\n";

/// A project with a clean file and an ignored directory, committed, in which a session begins.
pub(crate) fn began(name: &str) -> Sealed {
    let world = Sealed::new(name);
    world.write("home/p/app.py", CLEAN);
    world.write("home/p/.gitignore", "dist/\n*.cfg\n");
    world.write("home/p/dist/old.py", CLEAN);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "base"]);
    hook(&world, "SessionStart", false);
    world
}

pub(crate) fn hook(world: &Sealed, event: &str, again: bool) -> Ran {
    let call = json!({"session_id": "s", "transcript_path": "/dev/null", "cwd": world.project(), "hook_event_name": event, "stop_hook_active": again});
    world.feed(&["hook", "claude", "report"], &call.to_string())
}

pub(crate) fn gate(world: &Sealed) -> (i32, Value) {
    let ran = world.run(&["gate", "--session", "s", "--json"]);
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|_| Value::String(ran.stderr)))
}

fn rows(world: &Sealed) -> Vec<Value> {
    let gate = |row: &Value| row["kind"] == "gate";
    world.rows().into_iter().filter(gate).filter_map(|row| row.get("body").cloned()).collect()
}

#[test]
fn harmless_work_is_green() {
    let world = began("gate-green");
    assert_eq!(gate(&world).0, 0);
    world.write("home/p/app.py", &format!("{CLEAN}\n\ndef sub(a, b):\n    return a - b\n"));
    world.write("home/p/README.md", "# How to use it\n");
    world.write("home/p/logo.png", "\u{89}PNG\0\0");
    std::fs::remove_file(world.path("home/p/a.txt")).unwrap();
    let (code, told) = gate(&world);
    assert_eq!((code, told["gate"].as_str()), (0, Some("green")), "{told:#}");
    assert_eq!(told["tree"].as_str().map(str::len), Some(64));
    let last = rows(&world).pop().unwrap();
    assert_eq!((&last["gate"], &last["tree"]), (&told["gate"], &told["tree"]), "the record binds the tree");
}

#[test]
fn what_was_there_before_does_not_hold() {
    let world = Sealed::new("gate-old");
    world.write("home/p/old.py", SECRET);
    hook(&world, "SessionStart", false);
    world.write("home/p/old.py", &format!("import os\n\n{SECRET}\n{CLEAN}"));
    let (code, told) = gate(&world);
    assert_eq!((code, told["findings"][0]["state"].as_str()), (0, Some("pre-existing")), "{told:#}");
    world.write("home/p/copy.py", SECRET);
    let (code, told) = gate(&world);
    assert_eq!(code, 1, "a copy is new: {told:#}");
}

#[test]
fn packages_that_git_does_not_ignore_are_no_place_to_hide_in() {
    // What git is told to ignore, whether there is a repository; the code of the gate, and how many files were left out.
    for (ignored, repository, code, left_out) in
        [("node_modules/\n", true, 0, 602), ("", true, 3, 1), ("node_modules/\n", false, 3, 1)]
    {
        let world = Sealed::new("gate-packages");
        world.write("home/p/.gitignore", ignored);
        if !repository {
            std::fs::remove_dir_all(world.path("home/p/.git")).unwrap();
        }
        hook(&world, "SessionStart", false);
        for number in 0..600 {
            world.write(&format!("home/p/node_modules/m{number}/i.js"), "");
        }
        put(&world, &[("node_modules/m/i.py", SECRET.into()), ("target/a.bin", "1".into())]);
        let (was, told) = gate(&world);
        let told_left = told["coverage"]["left_out"].as_u64();
        assert_eq!((was, told_left), (code, Some(left_out)), "{ignored:?} {repository}: {told:#}");
    }
}

type Evasion = (&'static str, fn(&Sealed));

/// Writes files of the project.
pub(crate) fn put(world: &Sealed, files: &[(&str, String)]) {
    for (path, text) in files {
        world.write(&format!("home/p/{path}"), text);
    }
}

fn raw(world: &Sealed, path: &str, bytes: &[u8]) {
    let path = world.path(&format!("home/p/{path}"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// What an agent might try. Each brings in [`SECRET`] or code that cannot be analysed.
const EVASIONS: &[Evasion] = &[
    ("nothing", |w| put(w, &[("app.py", SECRET.into())])),
    ("a comment for bandit", |w| put(w, &[("app.py", SECRET.replace('\n', "  # nosec\n"))])),
    ("a comment for semgrep", |w| put(w, &[("app.py", SECRET.replace('\n', "  # nosemgrep\n"))])),
    ("a comment for ruff", |w| put(w, &[("app.py", SECRET.replace('\n', "  # noqa: S105\n"))])),
    ("a comment for gitleaks", |w| put(w, &[("app.py", SECRET.replace('\n', "  # gitleaks:allow\n"))])),
    ("a comment for detect-secrets", |w| {
        put(w, &[("app.py", SECRET.replace('\n', "  # pragma: allowlist secret\n"))])
    }),
    ("a comment for wardline", |w| put(w, &[("app.py", SECRET.replace('\n', "  # wardline: ignore\n"))])),
    ("a comment above", |w| put(w, &[("app.py", format!("# wardline-disable-next-line\n{SECRET}"))])),
    ("a comment for the file", |w| {
        put(w, &[("app.py", format!("# wardline: disable-file\n# ruff: noqa\n{SECRET}"))])
    }),
    ("a list of ignored files", |w| put(w, &[(".gitignore", "*\n".into()), ("new.py", SECRET.into())])),
    ("git's private list", |w| put(w, &[(".git/info/exclude", "*\n".into()), ("new.py", SECRET.into())])),
    ("semgrep's list", |w| put(w, &[(".semgrepignore", "*\n".into()), ("new.py", SECRET.into())])),
    ("a list of our own name", |w| put(w, &[(".wardlineignore", "*\n".into()), ("new.py", SECRET.into())])),
    ("a baseline", |w| {
        put(
            w,
            &[
                (".secrets.baseline", "{}".into()),
                (".wardline/baseline.json", "{}".into()),
                ("new.py", SECRET.into()),
            ],
        )
    }),
    ("the gate switched off", |w| {
        put(w, &[("wardline.jsonc", r#"{"gate": {"mode": "off"}}"#.into()), ("new.py", SECRET.into())])
    }),
    ("gaps that only warn", |w| {
        put(
            w,
            &[
                ("wardline.jsonc", r#"{"gate": {"incomplete": "warn"}}"#.into()),
                ("new.py", format!("def f(\n{SECRET}")),
            ],
        )
    }),
    ("rules of other contents", |w| {
        put(w, &[(".wardline/rules/secrets.yaml", "rules: []\n".into()), ("new.py", SECRET.into())])
    }),
    ("rules that break the scan", |w| {
        put(w, &[(".wardline/rules/x.yaml", "rules: [{id: [".into()), ("new.py", SECRET.into())])
    }),
    ("attributes of git", |w| {
        put(
            w,
            &[(".gitattributes", "*.py linguist-generated -diff binary\n".into()), ("new.py", SECRET.into())],
        )
    }),
    ("a header of a generator", |w| {
        put(w, &[("new.py", format!("# Code generated by protoc. DO NOT EDIT.\n{SECRET}"))])
    }),
    ("a mark of generated code", |w| put(w, &[("new.py", format!("# @generated\n{SECRET}"))])),
    ("one long line", |w| put(w, &[("new.py", format!("x = {}; {SECRET}", "1 + ".repeat(100) + "1"))])),
    ("far down", |w| put(w, &[("new.py", format!("{}{SECRET}", "x = 1\n".repeat(20_000)))])),
    ("an ignored directory", |w| put(w, &[("dist/new.py", SECRET.into())])),
    ("a file of an ignored kind", |w| put(w, &[("new.cfg", SECRET.into())])),
    ("moved to an ignored directory", |w| {
        std::fs::rename(w.path("home/p/app.py"), w.path("home/p/dist/app.py")).unwrap();
        put(w, &[("dist/app.py", format!("{CLEAN}{SECRET}"))]);
    }),
    ("a directory of packages", |w| put(w, &[("node_modules/own/settings.py", SECRET.into())])),
    ("a virtual environment", |w| put(w, &[(".venv/lib/settings.py", SECRET.into())])),
    ("a cache", |w| put(w, &[("__pycache__/settings.py", SECRET.into())])),
    ("what a build makes", |w| put(w, &[("target/settings.py", SECRET.into())])),
    ("git's own directory", |w| put(w, &[(".git/settings.py", SECRET.into())])),
    ("a repository in the repository", |w| {
        put(w, &[("sub/.git/HEAD", "ref: refs/heads/x\n".into()), ("sub/new.py", SECRET.into())])
    }),
    ("a hidden file", |w| put(w, &[(".new.py", SECRET.into())])),
    ("an ending in capitals", |w| put(w, &[("new.PY", SECRET.into())])),
    ("no ending", |w| put(w, &[("tool", format!("#!/usr/bin/env python3\n{SECRET}"))])),
    ("a name with a line break", |w| put(w, &[("a\nb.py", SECRET.into())])),
    ("a name that is no text", |w| {
        use std::os::unix::ffi::OsStrExt as _;
        std::fs::write(w.project().join(std::ffi::OsStr::from_bytes(b"a\xff.py")), SECRET).unwrap();
    }),
    ("a byte order mark", |w| put(w, &[("new.py", format!("\u{feff}{SECRET}"))])),
    ("sixteen bits a character", |w| raw(w, "new.py", &utf16(SECRET))),
    ("an encoding of one byte", |w| raw(w, "new.py", &[SECRET.as_bytes(), b"# \xe9\n"].concat())),
    ("an encoding that reads differently", |w| {
        put(w, &[("new.py", "# -*- coding: utf-7 -*-\npassword +AD0- +ACI-tr0ub4dor+ACY-3xyz+ACI-\n".into())])
    }),
    ("a zero byte", |w| raw(w, "new.py", &[b"x = 1\n\0".as_slice(), SECRET.as_bytes()].concat())),
    ("lines that end in carriage returns", |w| {
        put(w, &[("new.py", format!("x = 1\r{}", SECRET.replace('\n', "\r")))])
    }),
    ("a syntax error behind", |w| put(w, &[("new.py", format!("{SECRET}def f(:\n"))])),
    ("a syntax error and nothing else", |w| put(w, &[("new.py", "import os\nos.system(\n".into())])),
    ("nesting deeper than anybody reads", |w| {
        put(w, &[("new.py", format!("x = {}1{}\n", "[".repeat(2000), "]".repeat(2000)))])
    }),
    ("more than anybody reads", |w| put(w, &[("new.py", format!("{SECRET}{}", "x = 1\n".repeat(400_000)))])),
    ("a link to a file outside", |w| {
        let outside = w.write("outside.py", SECRET);
        symlink(outside, w.path("home/p/new.py")).unwrap();
    }),
    ("a link to a directory outside", |w| {
        w.write("outside/new.py", SECRET);
        symlink(w.path("outside"), w.path("home/p/lib")).unwrap();
    }),
    ("a pipe", |w| assert!(Command::new("mkfifo").arg(w.path("home/p/new.py")).status().unwrap().success())),
    ("committed", |w| {
        put(w, &[("new.py", SECRET.into())]);
        w.git(&["add", "-A"]);
        w.git(&["commit", "-qm", "done"]);
    }),
    ("told to git as unchanged", |w| {
        w.git(&["update-index", "--assume-unchanged", "app.py"]);
        put(w, &[("app.py", SECRET.into())]);
    }),
    ("told to git as not there", |w| {
        w.git(&["update-index", "--skip-worktree", "app.py"]);
        put(w, &[("app.py", SECRET.into())]);
    }),
    ("no repository any more", |w| {
        std::fs::remove_dir_all(w.path("home/p/.git")).unwrap();
        put(w, &[("app.py", SECRET.into())]);
    }),
    ("another base", |w| {
        put(w, &[("app.py", SECRET.into())]);
        hook(w, "SessionStart", false);
    }),
    ("the time of change set back", |w| {
        put(w, &[("app.py", SECRET.into())]);
        let set =
            Command::new("touch").args(["-d", "2001-01-01"]).arg(w.path("home/p/app.py")).status().unwrap();
        assert!(set.success());
    }),
    ("code under a name that no language claims", |w| {
        let text = std::fs::read_to_string(w.path("home/p/app.py")).unwrap();
        std::fs::remove_file(w.path("home/p/app.py")).unwrap();
        put(w, &[("app.data", format!("{text}import os\n"))]);
    }),
    ("an .env file", |w| put(w, &[("deploy/.env", "DB_PASSWORD=tr0ub4dor&3xyz\n".into())])),
];

#[test]
fn an_agent_cannot_talk_it_green() {
    let mut green = Vec::new();
    for (name, evade) in EVASIONS {
        let world = began("gate-evade");
        evade(&world);
        let (code, told) = gate(&world);
        if !(code == 1 || code == 3) || told["gate"] != "red" {
            green.push(format!("{name}: {code} {}", told["coverage"]["text"]));
        }
    }
    assert!(green.is_empty(), "{} of {}:\n{}", green.len(), EVASIONS.len(), green.join("\n"));
    assert!(EVASIONS.len() >= 40);
}

#[test]
fn a_scan_that_fails_is_red() {
    if !cfg!(debug_assertions) {
        return;
    }
    let world = began("gate-faults");
    world.write("home/p/new.py", CLEAN);
    for stage in ["base", "walk", "importers", "analysis", "compare", "judge"] {
        for fault in ["crash", "abort", "hang", "memory"] {
            let mut command = world.command(&["gate", "--session", "s", "--json"]);
            let ran =
                crate::common::feed(command.env("WARDLINE_FAULT", format!("gate-{fault}-{stage}")), b"");
            let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
            assert_eq!((ran.code, told["gate"].as_str()), (3, Some("red")), "{fault} in {stage}: {ran:?}");
        }
    }
    assert_eq!(gate(&world).0, 0, "without a fault it is green");
}

/// A guarded session whose agent ends three turns: with a secret, held still with it, and when it is mended.
fn turns(name: &str, fault: &str) -> (Vec<bool>, Vec<Value>) {
    let world = Sealed::new(name);
    for (file, event, again) in
        [("begin", "SessionStart", false), ("end", "Stop", false), ("again", "Stop", true)]
    {
        let call = json!({"session_id": "s", "transcript_path": "/dev/null", "cwd": world.project(), "hook_event_name": event, "stop_hook_active": again});
        world.write(&format!("home/p/{file}.json"), &call.to_string());
    }
    world.write("home/p/app.py", CLEAN);
    let hook = format!("{} hook claude report", env!("CARGO_BIN_EXE_wardline"));
    let secret = SECRET.trim().replace('"', "\\\"");
    let script = format!(
        "{hook} < begin.json; echo \"{secret}\" >> app.py; {hook} < end.json; echo ====; echo 'x = 1' >> app.py; \
         {hook} < again.json; echo ====; echo 'x = 2' > app.py; {hook} < again.json"
    );
    let mut command = world.command(&["run", "--quiet", "--", "sh", "-c", &script]);
    let ran = crate::common::feed(command.env("WARDLINE_FAULT", fault), b"");
    let ends = ran.stdout.split("====").map(|end| end.contains("\"block\"")).collect();
    (ends, rows(&world))
}

#[test]
fn beside_a_session_the_scan_stays_and_one_that_begins_anew_takes_its_place() {
    // No scan begins anew; none stays; and as it is.
    for fault in ["gate-crash-anew", "gate-abort-attend", ""] {
        if !fault.is_empty() && !cfg!(debug_assertions) {
            continue;
        }
        let (ends, rows) = turns("gate-turns", fault);
        assert_eq!(ends, [true, true, false], "{fault}: {rows:#?}");
        let told: Vec<&Value> = rows.iter().map(|row| &row["gate"]).collect();
        assert_eq!(told, ["red", "red", "green"], "{fault}");
    }
}

#[test]
fn no_base_a_damaged_one_and_an_unwritable_journal_are_red() {
    let world = Sealed::new("gate-none");
    assert_eq!(gate(&world).0, 3, "no base");
    let world = began("gate-damaged");
    world.write("home/p/app.py", SECRET);
    let state = world.path("home/.local/state/wardline/gate");
    let base = std::fs::read_dir(state).unwrap().next().unwrap().unwrap().path();
    std::fs::write(base.join("base.json"), "{").unwrap();
    assert_eq!(gate(&world).0, 3, "a damaged one");
    let world = began("gate-journal");
    std::fs::remove_file(world.journal()).unwrap();
    std::fs::create_dir_all(world.journal()).unwrap();
    assert_eq!(gate(&world).0, 3, "what is not recorded is not done");
}

#[test]
fn a_person_waives_one_finding_and_no_other() {
    let world = began("gate-waive");
    world.write("home/p/app.py", SECRET);
    let print = gate(&world).1["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    let waive = |effect: &str, expires: &str| {
        let row = json!({"effect": effect, "project": world.project(), "owner": "me", "reason": "a test key",
                         "created": "2026-01-01T00:00:00Z", "expires": expires});
        world.write("home/.local/state/wardline/waivers.jsonl", &format!("{row}\n"));
    };
    let ours = format!("finding {print}");
    for (effect, expires, wanted) in [
        (ours.as_str(), "2999-01-01T00:00:00Z", 0),
        (&ours, "2001-01-01T00:00:00Z", 1),
        ("finding 00000000000000000000000000000000", "2999-01-01T00:00:00Z", 1),
        (&print, "2999-01-01T00:00:00Z", 1),
    ] {
        waive(effect, expires);
        let (code, told) = gate(&world);
        assert_eq!(code, wanted, "{effect} until {expires}: {told:#}");
    }
    waive(&ours, "2999-01-01T00:00:00Z");
    assert_eq!(gate(&world).1["findings"][0]["waived"]["reason"], "a test key");
    world.write("home/p/app.py", &SECRET.replace("tr0ub4dor", "c0rrect-h0rse"));
    assert_eq!(gate(&world).0, 1, "another secret in its place is not waived");
}

#[test]
fn the_message_of_many_findings_keeps_its_end() {
    let world = began("gate-long");
    let one = |n: usize| {
        let pad = "x".repeat(150);
        format!(
            "\n\n@app.route(\"/{n}\")\ndef f{n}():\n    wanted = request.args[\"{n}\"]\n    \
            cursor.execute(\"select {pad} from t where a = '\" + wanted + \"'\")\n"
        )
    };
    let code: String = (0..12).map(one).collect();
    world.write(
        "home/p/app.py",
        &format!("from flask import Flask, request\napp = Flask(__name__)\n{CLEAN}{code}"),
    );
    let held: Value = serde_json::from_str(&hook(&world, "Stop", false).stdout).unwrap();
    let reason = held["reason"].as_str().unwrap();
    assert!(reason.contains("12 findings of the security scan are open"), "{reason}");
    let told = reason.matches("[python.sql-injection]").count();
    assert!(told >= 2 && reason.contains(&format!("… and {} more", 12 - told)), "{reason}");
    assert!(reason.ends_with("`wardline waive`.") && reason.len() < 8000, "{}: {reason}", reason.len());
}

#[test]
fn the_end_of_a_turn_is_held_until_it_is_mended() {
    let world = began("gate-stop");
    assert_eq!(hook(&world, "Stop", false).stdout, "", "nothing was done yet");
    world.write("home/p/app.py", &format!("{CLEAN}{SECRET}"));
    let held = |again: bool| -> Value {
        serde_json::from_str(&hook(&world, "Stop", again).stdout).unwrap_or_default()
    };
    let first = held(false);
    assert_eq!(first["decision"], "block");
    let reason = first["reason"].as_str().unwrap();
    assert!(reason.contains("app.py:3") && reason.contains("fix:"), "{reason}");
    assert!(!reason.contains("tr0ub4dor"), "a secret is not repeated: {reason}");
    // Something was tried and did not help: held again. Nothing was tried: let go, and the record says so.
    world.write("home/p/app.py", &format!("{CLEAN}{}", SECRET.replace('\n', "  # nosec\n")));
    assert_eq!(held(true)["decision"], "block");
    let ended = held(true);
    let told = ended["systemMessage"].as_str().unwrap();
    assert!(ended.get("decision").is_none(), "it is let go: {ended}");
    assert!(
        told.contains("while the gate is red") && told.contains("app.py:3"),
        "the person is told: {told}"
    );
    assert_eq!(rows(&world).last().unwrap()["gate"], "ended red");
    assert_eq!(held(false)["decision"], "block", "the next turn is held again");
    world.write("home/p/app.py", &format!("{CLEAN}import os\npassword = os.environ[\"PASSWORD\"]\n"));
    assert_eq!(held(true), Value::Null);
    assert_eq!(rows(&world).last().unwrap()["gate"], "green");
}

/// A handler of a request that puts a value of it into a statement; and the same, mended.
const INJECTION: &str = r#"import sqlite3
from flask import Flask, request

app = Flask(__name__)


@app.route("/find")
def find():
    name = request.args["name"]
    rows = sqlite3.connect("shop.db").cursor()
    rows.execute("select * from goods where name = '" + name + "'")
    return str(rows.fetchall())
"#;

#[test]
fn an_injection_is_held_with_its_path_and_let_go_when_it_is_mended() {
    let world = began("gate-flow");
    world.write("home/p/shop.py", INJECTION);
    let ran = hook(&world, "Stop", false);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    assert_eq!(told["decision"], "block", "{ran:?}");
    let reason = told["reason"].as_str().unwrap();
    for part in ["shop.py:11", "shop.py:9", "request.args", "fix:"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    let mended = INJECTION.replace("name = '\" + name + \"'\")", "name = ?\", (name,))");
    assert_ne!(mended, INJECTION);
    world.write("home/p/shop.py", &mended);
    assert_eq!(hook(&world, "Stop", true).stdout, "", "{:#}", gate(&world).1);
}

#[test]
fn a_sink_that_was_there_holds_when_a_new_caller_feeds_it() {
    let world = Sealed::new("gate-caller");
    let sink = "import sqlite3\n\n\ndef find(name):\n    rows = sqlite3.connect(\"shop.db\").cursor()\n    rows.execute(\"select \" + name)\n    return rows\n";
    world.write("home/p/store.py", sink);
    hook(&world, "SessionStart", false);
    let caller = "from flask import request\nfrom store import find\n\n\ndef handler():\n    return find(request.args[\"name\"])\n";
    world.write("home/p/handler.py", caller);
    let (code, told) = gate(&world);
    assert_eq!(code, 1, "{told:#}");
}

#[test]
fn a_persons_settings_hold_and_a_projects_only_tighten() {
    let world = began("gate-config");
    world.write("home/p/new.py", "def f(:\n");
    assert_eq!(gate(&world).0, 3);
    world.config(r#"{"gate": {"incomplete": "warn"}}"#);
    assert_eq!(gate(&world).0, 0, "a person lets gaps pass");
    world.config(r#"{"gate": {"mode": "off"}}"#);
    world.write("home/p/app.py", SECRET);
    assert_eq!(hook(&world, "Stop", false).stdout, "", "a person switched it off");
}

#[test]
fn git_gives_a_base_where_there_is_no_session() {
    let world = Sealed::new("gate-git");
    world.write("home/p/app.py", CLEAN);
    world.git(&["add", "app.py"]);
    world.git(&["commit", "-qm", "base"]);
    world.write("home/p/app.py", &format!("{CLEAN}{SECRET}"));
    // The sealed world's own files are untracked, so they count as new; only what concerns app.py is looked at here.
    let states = |base: &str| -> Vec<String> {
        let told: Value =
            serde_json::from_str(&world.run(&["gate", "--base", base, "--json"]).stdout).unwrap();
        let of_app =
            told["findings"].as_array().unwrap().iter().filter(|finding| finding["path"] == "app.py");
        of_app.map(|finding| finding["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states("HEAD"), ["introduced"]);
    world.git(&["add", "app.py"]);
    assert_eq!(states("index"), Vec::<String>::new(), "what is staged is as the index has it");
    assert_eq!(world.run(&["gate", "--base", "nothing"]).code, 3);
    assert!(Path::new(&world.project()).exists());
}

#[test]
fn a_guarded_agent_that_ends_red_says_so_by_its_code() {
    let world = began("gate-run");
    let program = world.write("home/p/tools/claude", "");
    let run = |says: &str, code: i32| {
        std::fs::write(&program, format!("#!/bin/sh\ncat > app.py <<'END'\n{says}END\nexit {code}\n"))
            .unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        world.git(&["checkout", "-q", "app.py"]);
        let ran = world.run(&["run", "--", "tools/claude"]);
        (ran.code, ran.stderr)
    };
    let gate = |word: &str| format!("gate: {word}");
    for (what, says, code, expected, word) in [
        ("harmless work", CLEAN, 0, 0, "green"),
        ("an injection", INJECTION, 0, 30, "red"),
        ("an injection, and a failure of its own", INJECTION, 5, 5, "red"),
    ] {
        let (ended, told) = run(says, code);
        assert_eq!(ended, expected, "{what}: {told}");
        assert!(told.contains(&gate(word)), "{what}: {told}");
        assert_eq!(rows(&world).last().unwrap()["gate"], word, "{what}");
    }
    world.config(r#"{"gate": {"mode": "off"}}"#);
    let (ended, told) = run(INJECTION, 0);
    assert!(ended == 0 && !told.contains("gate:"), "a person switched it off: {told}");
}
