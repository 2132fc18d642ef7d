//! The front-ends: one for each grammar, each lowers a text to the shared tree.
//!
//! A front-end gives a [`Module`] for every text, however broken: what the grammar could not read is in
//! [`Module::problems`](crate::ir::Module::problems). Work is bounded: nesting deeper than [`DEPTH`] becomes a problem, not a
//! deeper stack.

pub(crate) mod again;
mod build;
pub mod csharp;
pub mod go;
pub mod html;
pub mod java;
pub mod javascript;
mod lower;
pub mod php;
pub mod python;
pub mod ruby;
pub mod rust;

use tree_sitter::{Node, Tree};

pub use build::Builder;

use crate::{
    ir::{Module, Stmt},
    language::Language,
    span::Span,
};

/// How deep expressions and statements may nest before the rest is a [`Problem`](crate::ir::Problem). Deep enough for every
/// source written by people; the interpreters that recurse over the tree rely on it.
pub const DEPTH: usize = 200;

/// Lowers a text in a language that has a front-end.
pub fn lower(language: Language, text: &str) -> Option<Module> {
    match language {
        Language::Python => Some(python::lower(text)),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            Some(javascript::lower(language, text))
        }
        Language::Html => Some(html::lower(text)),
        Language::Go => Some(go::lower(text)),
        Language::Java => Some(java::lower(text)),
        Language::Php => Some(php::lower(text)),
        Language::CSharp => Some(csharp::lower(text)),
        Language::Ruby => Some(ruby::lower(text)),
        Language::Erb => Some(ruby::lower_template(text)),
        Language::Rust => Some(rust::lower(text)),
        // They have checks of their own.
        Language::Shell | Language::Dockerfile | Language::Workflow => None,
    }
}

/// Lowers a text of which an earlier state was lowered, and gives what the next state may be lowered from; nothing for front-ends
/// that begin anew each time.
pub(crate) fn lower_again(
    language: Language,
    text: &str,
    before: Option<again::Before<'_>>,
) -> Option<(Module, Option<again::Source>)> {
    match language {
        Language::Python => Some(python::lower_again(text, before)),
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            Some(javascript::lower_again(language, text, before))
        }
        _ => lower(language, text).map(|module| (module, None)),
    }
}

/// Lowers the text of a pattern: code, without what a file of the language has around it.
pub fn lower_pattern(language: Language, text: &str) -> Option<Module> {
    match language {
        Language::Php => Some(php::lower_code(text)),
        Language::CSharp => Some(csharp::lower_pattern(text)),
        Language::Ruby | Language::Erb => Some(ruby::lower_pattern(text)),
        _ => lower(language, text),
    }
}

/// The range of a whole text.
fn whole(text: &str) -> Span {
    Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX))
}

/// How many problems of one text are listed; more are no news.
const PROBLEMS: usize = 100;

/// Parses a whole file and lowers its root. What the grammar cannot take at all is one problem.
fn file(
    text: &str,
    language: Language,
    grammar: &tree_sitter::Language,
    lower: impl for<'t> FnOnce(&'t str, &mut Builder, Node<'t>) -> Vec<Stmt>,
) -> Module {
    let mut build = Builder::new();
    let mut parser = tree_sitter::Parser::new();
    let tree = match parser.set_language(grammar) {
        Ok(()) => parser.parse(text, None),
        Err(_) => None,
    };
    let Some(tree) = tree else {
        build.problem(whole(text), "the grammar did not read it");
        return build.module(language, Vec::new());
    };
    problems(&mut build, &tree);
    let body = lower(text, &mut build, tree.root_node());
    build.module(language, body)
}

/// Notes what the grammar could not read: a walk over those parts of its tree that have errors in them.
fn problems(build: &mut Builder, tree: &Tree) {
    if !tree.root_node().has_error() {
        return;
    }
    let mut found = 0;
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            let what = match node.kind() {
                kind if node.is_missing() => format!("missing `{kind}`"),
                _ => "syntax error".to_owned(),
            };
            build.problem(build.span(node), what);
            found += 1;
        }
        if found >= PROBLEMS {
            return;
        }
        if node.has_error() && !node.is_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
