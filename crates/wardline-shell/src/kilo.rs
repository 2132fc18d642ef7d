//! What tree-sitter-bash makes of a text: Kilo's targets, and the second opinion when brush-parser refuses.

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

/// Commands that Kilo never makes a target.
const DIRECTORY_COMMANDS: &[&str] = &["cd", "chdir", "popd", "pushd", "push-location", "set-location"];
/// How often tree-sitter may report progress before it is stopped: a count, so the same for every run.
const MOST_PROGRESS: u32 = 50_000;

/// Longest text without sense that is looked through, in bytes: its error recovery takes ever longer the deeper a text nests.
const MOST_BROKEN: usize = 16 * 1024;

/// The text of each command node, or of its parent when that is a redirected statement; no directory changes.
pub(crate) fn targets(script: &str) -> Vec<String> {
    let Some(tree) = parse(script) else { return Vec::new() };
    let mut out = Vec::new();
    each_command(&tree, |node| {
        let name = node
            .child_by_field_name("name")
            .and_then(|name| script.get(name.byte_range()))
            .unwrap_or_default();
        let range = statement(node).byte_range();
        if !DIRECTORY_COMMANDS.contains(&name.to_ascii_lowercase().as_str()) {
            out.push(script.get(range).unwrap_or_default().trim().to_owned());
        }
    });
    out
}

/// The ranges of all commands, with their redirects, in a text that is no sound script.
pub(crate) fn nodes(script: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    if script.len() > MOST_BROKEN {
        return out;
    }
    if let Some(tree) = parse(script) {
        each_command(&tree, |node| out.push(statement(node).byte_range()));
    }
    out
}

/// Where commands begin; `None` when the tree holds errors.
pub(crate) fn command_starts(script: &str) -> Option<Vec<usize>> {
    let tree = parse(script).filter(|tree| !tree.root_node().has_error())?;
    let mut out = Vec::new();
    each_command(&tree, |node| out.push(statement(node).start_byte()));
    Some(out)
}

fn statement(node: Node<'_>) -> Node<'_> {
    node.parent().filter(|parent| parent.kind() == "redirected_statement").unwrap_or(node)
}

fn parse(script: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let mut progress = 0_u32;
    let mut count = |_: &ParseState| {
        progress += 1;
        if progress > MOST_PROGRESS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // Its scanner crashes on some characters beyond ASCII and takes memory without end on some NULs: each byte of such a
    // character becomes a full stop, which is part of a word too, and all ranges stay the same.
    let plain = |byte: u8| matches!(byte, b'\t' | b'\n' | 0x20..=0x7e);
    let bytes: Vec<u8> = script.bytes().map(|byte| if plain(byte) { byte } else { b'.' }).collect();
    let mut read = |at: usize, _| bytes.get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(ParseOptions::new().progress_callback(&mut count)))
}

/// Visits all command nodes in the order of the text, without recursion.
fn each_command<'t>(tree: &'t Tree, mut visit: impl FnMut(Node<'t>)) {
    let mut cursor = tree.walk();
    loop {
        if cursor.node().kind() == "command" {
            visit(cursor.node());
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
