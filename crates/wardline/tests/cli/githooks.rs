//! The gate as a hook of real git: what is staged and what is pushed is looked at, whatever the working tree holds.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{Ran, Sealed, feed, there};

const SECRET: &str = "password = \"tr0ub4dor&3xyz\"\n";
const CLEAN: &str = "def add(a, b):\n    return a + b\n";

/// Git as a person calls it, with hooks; in the project or in another directory.
fn git_in(world: &Sealed, place: &Path, arguments: &[&str]) -> Ran {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]).args(arguments);
    git.current_dir(place).env_clear().env("HOME", world.path("home")).env("USER", "tester");
    feed(git.env("PATH", std::env::var_os("PATH").unwrap()), b"")
}

fn git(world: &Sealed, arguments: &[&str]) -> Ran {
    git_in(world, &world.project(), arguments)
}

/// A repository with one commit and the gate in its hooks.
fn guarded(name: &str) -> Sealed {
    let world = Sealed::new(name);
    world.write("home/p/.gitignore", "*\n!app.py\n!.gitignore\n!lib.py\n");
    world.write("home/p/app.py", CLEAN);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "base"]);
    let ran = world.run(&["init", "--git-hooks", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("+++") && ran.stdout.contains("gate --staged"), "the diff is shown: {ran:?}");
    world
}

fn head(world: &Sealed) -> String {
    git(world, &["rev-parse", "HEAD"]).stdout
}

fn last_row(world: &Sealed) -> Value {
    let gates: Vec<Value> = world.rows().into_iter().filter(|row| row["kind"] == "gate").collect();
    gates.last().map(|row| row["body"].clone()).unwrap_or_default()
}

#[test]
fn a_commit_is_held_by_what_is_staged_and_by_nothing_else() {
    let world = guarded("githooks-commit");
    let app = |text: &str| drop(world.write("home/p/app.py", text));
    let before = head(&world);
    // Staged wrong, mended in the working tree only: held.
    app(&format!("{CLEAN}{SECRET}"));
    git(&world, &["add", "app.py"]);
    app(CLEAN);
    let ran = git(&world, &["commit", "-qm", "x"]);
    assert!(ran.code != 0 && ran.stderr.contains("app.py:3"), "{ran:?}");
    assert!(!ran.stderr.contains("tr0ub4dor"), "{ran:?}");
    assert_eq!(head(&world), before);
    // Staged right, wrong in the working tree only: committed, and the record names the trees.
    app(&format!("{CLEAN}\n\ndef sub(a, b):\n    return a - b\n"));
    git(&world, &["add", "app.py"]);
    app(SECRET);
    let ran = git(&world, &["commit", "-qm", "right"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let row = last_row(&world);
    let tree = |revision: &str| {
        git(&world, &["rev-parse", &format!("{revision}^{{tree}}")]).stdout.trim().to_owned()
    };
    assert_eq!((row["gate"].as_str(), row["tree"].as_str()), (Some("green"), Some(tree("HEAD").as_str())));
    assert!(row["base"].as_str().unwrap().contains(&tree("HEAD~")), "{row}");
    // Out of an index of its own.
    for words in [&["commit", "-qam", "x"][..], &["commit", "-qm", "x", "app.py"]] {
        assert_ne!(git(&world, words).code, 0, "{words:?}");
    }
    assert_eq!(git(&world, &["commit", "-qam", "mine", "--no-verify"]).code, 0, "a person's own way");
    // What is there already does not hold.
    world.write("home/p/lib.py", CLEAN);
    git(&world, &["add", "lib.py"]);
    assert_eq!(git(&world, &["commit", "-qm", "more"]).code, 0);
}

#[test]
fn a_commit_is_held_where_it_does_harm_though_nobody_touched_that() {
    let world = guarded("githooks-importer");
    let store = |check: &str| {
        let text = format!(
            "import sqlite3\n\n\ndef find(name):\n{check}    return sqlite3.connect('shop.db').execute('select ' + name)\n"
        );
        world.write("home/p/store.py", &text);
        git(&world, &["add", "-f", "store.py", "views.py", "shop"]);
    };
    let view = "from flask import Flask, request\nfrom shop import service\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef view():\n    return service.rows(request.args['name'])\n";
    world.write("home/p/views.py", view);
    world.write("home/p/shop/__init__.py", "");
    world.write(
        "home/p/shop/service.py",
        "from shop import inner\n\n\ndef rows(name):\n    return inner.rows(name)\n",
    );
    world.write(
        "home/p/shop/inner.py",
        "from shop import core\n\n\ndef rows(name):\n    return core.rows(name)\n",
    );
    world
        .write("home/p/shop/core.py", "from store import find\n\n\ndef rows(name):\n    return find(name)\n");
    store("    if not name.isalnum():\n        raise ValueError(name)\n");
    let ran = git(&world, &["commit", "-qm", "checked"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    store("");
    let ran = git(&world, &["commit", "-qm", "unchecked"]);
    assert!(ran.code != 0 && ran.stderr.contains("store.py:5"), "{ran:?}");
    assert!(ran.stderr.contains("views.py:9"), "the way begins where nobody changed anything: {ran:?}");
}

#[test]
fn a_first_commit_is_looked_at_as_a_whole() {
    let world = Sealed::new("githooks-first");
    world.run(&["init", "--git-hooks", "--yes"]);
    world.write("home/p/app.py", SECRET);
    git(&world, &["add", "app.py"]);
    assert_ne!(git(&world, &["commit", "-qm", "x"]).code, 0);
    world.write("home/p/app.py", CLEAN);
    git(&world, &["add", "app.py"]);
    let ran = git(&world, &["commit", "-qm", "x"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_hook_that_cannot_run_the_gate_stops_git() {
    let world = guarded("githooks-gone");
    let place = world.path("home/p/.git/hooks/pre-commit");
    let hook = std::fs::read_to_string(&place).unwrap();
    let killed = world.write("killed", "#!/bin/sh\nkill -9 $$\n");
    let refused = world.write("refused", "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(&killed, std::fs::Permissions::from_mode(0o755)).unwrap();
    let before = head(&world);
    for program in ["/nowhere/wardline", killed.to_str().unwrap(), refused.to_str().unwrap()] {
        let line = |line: &str| match line.strip_prefix("wardline=") {
            Some(_) => format!("wardline={program}\n"),
            None => format!("{line}\n"),
        };
        std::fs::write(&place, hook.lines().map(line).collect::<String>()).unwrap();
        world.write("home/p/app.py", &format!("{CLEAN}# {program}\n"));
        let ran = git(&world, &["commit", "-qam", "x"]);
        assert!(ran.code != 0 && ran.stderr.contains("could not run"), "{program}: {ran:?}");
        assert!(ran.stderr.contains("wardline doctor"), "{program}: what to do next: {ran:?}");
        assert_eq!(head(&world), before, "{program}");
    }
}

#[test]
fn a_hook_that_was_there_runs_first_and_comes_back() {
    let world = Sealed::new("githooks-chain");
    world.write("home/p/.gitignore", "*\n!app.py\n!.gitignore\n!lib.py\n");
    world.write("home/p/app.py", CLEAN);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "base"]);
    // It stages what it writes, as formatters do.
    let own =
        "#!/bin/sh\ntest -e stop && exit 1\ntest -e add && cp add lib.py && git add lib.py\necho mine ran\n";
    let place = world.write("home/p/.git/hooks/pre-commit", own);
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o750)).unwrap();
    assert_eq!(world.run(&["init", "--git-hooks", "--yes"]).code, 0);
    let again = world.run(&["init", "--git-hooks", "--yes"]);
    assert!(again.stdout.contains("as it should be for git"), "{again:?}");
    world.write("home/p/app.py", &format!("{CLEAN}# one\n"));
    let ran = git(&world, &["commit", "-qam", "one"]);
    assert!(ran.code == 0 && (ran.stderr.contains("mine ran") || ran.stdout.contains("mine ran")), "{ran:?}");
    let before = head(&world);
    for (file, text) in [("stop", ""), ("add", SECRET)] {
        let file = world.write(&format!("home/p/{file}"), text);
        world.write("home/p/app.py", &format!("{CLEAN}# two\n"));
        let ran = git(&world, &["commit", "-qam", "two"]);
        assert!(ran.code != 0 && head(&world) == before, "{}: {ran:?}", file.display());
        std::fs::remove_file(file).unwrap();
    }
    assert_eq!(world.run(&["init", "--git-hooks", "--remove", "--yes"]).code, 0);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), own);
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o750);
    assert!(!there(&world.path("home/p/.git/hooks/pre-commit.before-wardline")));
    assert!(!there(&world.path("home/p/.git/hooks/pre-push")));
}

#[test]
fn hooks_go_where_git_looks_for_them() {
    let world = Sealed::new("githooks-where");
    git(&world, &["config", "core.hooksPath", "tools/hooks"]);
    assert_eq!(world.run(&["init", "--git-hooks", "--yes"]).code, 0);
    assert!(there(&world.path("home/p/tools/hooks/pre-commit")));
    world.write("home/p/app.py", SECRET);
    git(&world, &["add", "-f", "app.py"]);
    assert_ne!(git(&world, &["commit", "-qm", "x"]).code, 0);
    assert_eq!(world.run(&["init", "--git-hooks", "--remove", "--yes"]).code, 0);
    assert!(!there(&world.path("home/p/tools/hooks")), "the directory was made for them");
    // A link is the repository's own: it is left alone, with what to do.
    git(&world, &["config", "--unset", "core.hooksPath"]);
    let script = world.write("home/p/check.sh", "#!/bin/sh\n");
    std::fs::create_dir_all(world.path("home/p/.git/hooks")).unwrap();
    std::os::unix::fs::symlink(&script, world.path("home/p/.git/hooks/pre-push")).unwrap();
    let ran = world.run(&["init", "--git-hooks", "--yes"]);
    assert!(ran.code == 1 && ran.stdout.contains("is a link"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&script).unwrap(), "#!/bin/sh\n");
}

#[test]
fn another_working_tree_has_the_same_gate() {
    let world = guarded("githooks-worktree");
    let other = world.path("home/other");
    assert_eq!(git(&world, &["worktree", "add", "-q", other.to_str().unwrap(), "-b", "side"]).code, 0);
    std::fs::write(other.join("lib.py"), SECRET).unwrap();
    git_in(&world, &other, &["add", "lib.py"]);
    let ran = git_in(&world, &other, &["commit", "-qm", "x"]);
    assert!(ran.code != 0 && ran.stderr.contains("lib.py:1"), "{ran:?}");
    std::fs::write(other.join("lib.py"), CLEAN).unwrap();
    git_in(&world, &other, &["add", "lib.py"]);
    let ran = git_in(&world, &other, &["commit", "-qm", "x"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_push_is_held_by_what_it_sends() {
    let world = guarded("githooks-push");
    let remote = world.path("home/remote.git");
    assert_eq!(git(&world, &["init", "-q", "--bare", remote.to_str().unwrap()]).code, 0);
    git(&world, &["branch", "-M", "main"]);
    git(&world, &["remote", "add", "origin", remote.to_str().unwrap()]);
    let commit = |path: &str, text: &str| {
        world.write(&format!("home/p/{path}"), text);
        git(&world, &["add", path]);
        assert_eq!(git(&world, &["commit", "-qm", "x", "--no-verify"]).code, 0);
    };
    let push = |words: &[&str]| git(&world, &[&["push", "-q", "origin"], words].concat());
    let first = push(&["main"]);
    assert_eq!(first.code, 0, "{first:?}");
    commit("lib.py", SECRET);
    let ran = push(&["main"]);
    assert!(ran.code != 0 && ran.stderr.contains("lib.py:1"), "{ran:?}");
    // Taken out in a later commit: the history has it.
    commit("lib.py", CLEAN);
    let ran = push(&["main"]);
    assert!(ran.code != 0 && ran.stderr.contains("in a commit before the last"), "{ran:?}");
    assert_ne!(push(&["main:refs/heads/side"]).code, 0, "a branch that is new there");
    // Without the commit that had it.
    git(&world, &["reset", "-q", "--soft", "origin/main"]);
    assert_eq!(git(&world, &["commit", "-qm", "x", "--no-verify"]).code, 0);
    let ran = push(&["main", "main:side"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let row = last_row(&world);
    assert_eq!(row["tree"].as_str().unwrap(), git(&world, &["rev-parse", "HEAD^{tree}"]).stdout.trim());
    assert_eq!(push(&[":side"]).code, 0, "what is deleted sends nothing");
}
