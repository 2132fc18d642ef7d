//! The front-end of JavaScript and TypeScript, with JSX.
//!
//! What differs from a plain translation, because rules and flow are simpler for it:
//! - A name that is declared as `require("m")` or `import("m")` of a constant, or as a member of it, is an import.
//!   Elsewhere these are calls. `node:fs` is `fs`.
//! - `module.exports = …` and `exports.x = …` stay assignments, and are exports besides.
//! - A getter is a function with the decorator `get`, a setter one with `set`.
//! - A TypeScript parameter property is an assignment to `this` at the beginning of the constructor; an enum is a
//!   constant map; a namespace is a class. What is a type only is left out, but for the types of bindings, casts and
//!   bases.
//! - Long chains of one operator (`a + b + …` in bundles) nest evenly, so that they stay below [`DEPTH`](super::DEPTH).

mod expressions;
mod functions;
mod jsx;
mod modules;
mod statements;
mod text;
mod types;

pub(super) use self::text::reference;

use tree_sitter::Node;

use super::{
    Builder,
    again::{Before, Source},
    lower::{children, fields, has_token, is_comment},
};
use crate::{
    ir::{Expr, ExprKind, Module, Name, Stmt},
    language::Language,
};

/// Lowers a whole file. `language` is one of the three that this front-end reads.
pub fn lower(language: Language, text: &str) -> Module {
    let mut build = Builder::new();
    let body = statements(&mut build, language, text);
    build.module(language, body)
}

/// Lowers a whole file of which an earlier state was lowered.
pub(super) fn lower_again(
    language: Language,
    text: &str,
    before: Option<Before<'_>>,
) -> (Module, Option<Source>) {
    let mut build = Builder::new();
    let Some((tree, again)) =
        super::again::parse(&grammar(language), (text, text), before.map(|before| (before, before.text)))
    else {
        build.problem(super::whole(text), "syntax error");
        return (build.module(language, Vec::new()), None);
    };
    build.keep(again);
    super::problems(&mut build, &tree);
    let body = Lower::new(text, &mut build, JavaScript { alias: None }).module(tree.root_node());
    let source = build.kept().map(|pieces| Source::new(tree, pieces));
    (build.module(language, body), source)
}

/// Lowers the statements of `text`, a file or a script in one, to whose beginning `build` is shifted.
pub(super) fn statements(build: &mut Builder, language: Language, text: &str) -> Vec<Stmt> {
    let Some(tree) = parse(language, text) else {
        build.problem(build.shifted(super::whole(text)), "syntax error");
        return Vec::new();
    };
    let root = tree.root_node();
    super::problems(build, &tree);
    Lower::new(text, build, JavaScript { alias: None }).module(root)
}

/// Lowers a program put together from pieces, in which the name `alias.0` stands for `alias.1`; none when the grammar
/// cannot read it all.
pub(super) fn whole_program(build: &mut Builder, text: &str, alias: (&str, &str)) -> Option<Vec<Stmt>> {
    let tree = parse(Language::JavaScript, text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let alias = (build.name(alias.0), build.name(alias.1));
    Some(Lower::new(text, build, JavaScript { alias: Some(alias) }).module(root))
}

/// Lowers `text` as one expression, to whose beginning `build` is shifted; none when it is not one.
pub(super) fn expression(build: &mut Builder, language: Language, text: &str) -> Option<Expr> {
    let wrapped = format!("({text}\n)");
    let tree = parse(language, &wrapped)?;
    let root = tree.root_node();
    let statement = root.named_child(0).filter(|_| !root.has_error() && root.named_child_count() == 1)?;
    let inner = statement.named_child(0).filter(|node| node.kind() == "parenthesized_expression")?;
    let offset = build.offset();
    build.shift(offset.saturating_sub(1));
    let lowered = Lower::new(&wrapped, build, JavaScript { alias: None }).expr(inner);
    build.shift(offset);
    Some(lowered)
}

fn grammar(language: Language) -> tree_sitter::Language {
    let grammar = match language {
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        _ => tree_sitter_javascript::LANGUAGE,
    };
    grammar.into()
}

fn parse(language: Language, text: &str) -> Option<tree_sitter::Tree> {
    super::again::parse(&grammar(language), (text, text), None).map(|(tree, _)| tree)
}

/// A name, and the one that it stands for.
struct JavaScript {
    alias: Option<(Name, Name)>,
}

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, JavaScript>;

impl<'t> Lower<'t, '_> {
    /// The statements of a file.
    fn module(mut self, root: Node<'t>) -> Vec<Stmt> {
        let mut body = self.block(root);
        self.exports(&mut body);
        body
    }

    fn name_of(&mut self, node: Node<'_>) -> Name {
        let text = self.source(node);
        match &self.state.alias {
            Some((name, meant)) if **name == *text => meant.clone(),
            _ => self.build.name(text),
        }
    }

    fn name_expr(&mut self, node: Node<'_>) -> Expr {
        let name = self.name_of(node);
        self.make(node, ExprKind::Name(name))
    }
}
