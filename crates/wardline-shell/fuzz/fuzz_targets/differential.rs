//! Compares our reading with two others: what `bash -n` rejects must be in doubt; the text and what bash prints of it
//! (`--pretty-print`) must be read alike; and whatever command tree-sitter-bash finds we must find too, or be in doubt. bash
//! only parses: nothing is run. Run it with
//! `cargo fuzz run --sanitizer none differential` from the crate's folder.
//!
//! Known differences are named beside the function that leaves them out: `unlike`, `no_command`. bash is asked with extended globs
//! on, because a script may switch them on; tree-sitter-bash recovers from errors by making commands up, so it is only asked about
//! texts that it reads without one.
#![no_main]

#[path = "../../tests/support/reprint.rs"]
mod reprint;

use std::cell::RefCell;
use std::process::{Command, Stdio};

use libfuzzer_sys::fuzz_target;
use reprint::{doubted, outline, reprint, reserved};
use tree_sitter::{Node, Parser};
use wardline_shell::{Context, Limits, analyze};

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new({
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits");
        parser
    });
}

/// Texts that bash reads unlike a person would: left out.
fn unlike(text: &str) -> bool {
    // Aliases, locales and options of the reading shell are none of ours; bash drops NUL and reads `\r` as a plain character.
    !text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | 0x20..=0x7e))
        || text.contains("shopt")
        || text.contains("set -")
}

/// What `bash -n` says: `Some(true)`, it can be read. Nothing is run.
fn bash_reads(text: &str) -> Option<bool> {
    let status = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "-O", "extglob", "-n", "-c", "--", text])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    Some(status.success())
}

/// Words that tree-sitter-bash takes for commands and bash does not.
fn no_command(name: &str) -> bool {
    // Reserved words in places where its grammar does not know them; an empty name of a lone redirect.
    matches!(name, "" | "!" | "{" | "}" | "[[" | "]]" | "((" | "time" | "coproc" | "function" | "select" | "in" | "do" | "done"
        | "then" | "fi" | "if" | "else" | "elif" | "esac" | "case" | "while" | "until" | "for")
        // Not a literal: we list its value.
        || name.contains(['$', '`', '\\', '\'', '"', '{', '*', '?', '[', '~', '=', '<', '>', '(', ')'])
}

fn names<'a>(node: Node<'_>, text: &'a str, out: &mut Vec<&'a str>) {
    let mut waiting = vec![node];
    while let Some(node) = waiting.pop() {
        if node.kind() == "command_name" {
            out.extend(text.get(node.byte_range()));
        }
        let mut cursor = node.walk();
        waiting.extend(node.children(&mut cursor));
    }
}

/// The literal names of commands that tree-sitter-bash finds, when it reads the text without error.
fn tree_names(text: &str) -> Option<Vec<&str>> {
    let tree = PARSER.with_borrow_mut(|parser| parser.parse(text, None))?;
    if tree.root_node().has_error() {
        return None;
    }
    let mut out = Vec::new();
    names(tree.root_node(), text, &mut out);
    out.retain(|name| !no_command(name));
    Some(out)
}

fuzz_target!(|text: &str| {
    if text.len() > 4_096 || unlike(text) {
        return;
    }
    let context = Context::new("/p", "/home/me");
    let limits = Limits { steps: 2_000, commands: u32::MAX, ..Limits::default() };
    let analysis = analyze(text, &context, &limits);
    if doubted(&analysis) {
        return;
    }
    assert!(bash_reads(text) != Some(false), "bash does not read this, and we see no doubt: {text:?}");
    if let Some(printed) = reprint(text).filter(|_| !reserved(&analysis)) {
        let again = analyze(&printed, &context, &limits);
        // What is doubted for its place alone, such as `!(a)` at the beginning of a command, is no misreading.
        assert!(
            doubted(&again) || outline(&analysis) == outline(&again),
            "bash reads this unlike us: {text:?}, printed {printed:?}"
        );
    }
    let Some(names) = tree_names(text).filter(|_| bash_reads(text) == Some(true)) else { return };
    for name in names {
        let found = analysis
            .commands
            .iter()
            .any(|command| command.literal.contains(name) || command.canonical.contains(name));
        assert!(found, "tree-sitter-bash finds the command {name:?}, we do not: {text:?}");
    }
});
