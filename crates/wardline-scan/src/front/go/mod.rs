//! The front-end of Go.
//!
//! - A type and its methods are one class, which stands where the type does (or the first method); its fields are declarations. The
//!   receiver is `this`, whatever it is called; closures see it by its name.
//! - `T{a: x}` is a call with `is_new` and named arguments; `[]T{…}` is a list, `map[K]V{…}` a map.
//! - Several values side by side are a tuple. What gives a value and whether there is one (`v, ok := m[k]`) is a tuple of both.
//! - `string(x)` and `x.(T)` are casts; `&x`, `*x` and `<-x` are the value itself. A value that is sent is pushed to its channel.
//! - A variable without a value is opaque: what it is depends on who was given its address.
//! - Type parameters and arguments are dropped.

mod declarations;
mod expressions;
mod literals;
mod statements;

use std::collections::{HashMap, HashSet};

use super::lower::children;
use crate::{
    ir::{Expr, ExprKind, Module, Name, Stmt},
    language::Language,
};

use tree_sitter::Node;

/// What is known of the file, and of the functions around this place.
#[derive(Default)]
struct Go<'t> {
    /// The methods of each type.
    methods: HashMap<&'t str, Vec<Node<'t>>>,
    /// Types that are structs, or have methods: they become classes.
    classes: HashSet<&'t str>,
    /// Types that are neither: a call of one is a cast.
    others: HashSet<&'t str>,
    /// Classes that are in the tree by now.
    placed: HashSet<&'t str>,
    /// The name of the receiver of the method around.
    receiver: Option<&'t str>,
    /// The names of the results of each function around, innermost last.
    results: Vec<Vec<Name>>,
    /// The value of `iota`.
    iota: i64,
}

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, Go<'t>>;

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    super::file(text, Language::Go, &tree_sitter_go::LANGUAGE.into(), |text, build, root| {
        let mut lower = Lower::new(text, build, Go::default());
        lower.survey(root);
        lower.block(root)
    })
}

/// The name by which a package is known that is imported under `path`: its last part that is not a version.
pub(crate) fn package_name(path: &str) -> &str {
    let version =
        |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    let mut parts = path.rsplit('/');
    let mut last = parts.next().unwrap_or(path);
    if version(last) {
        last = parts.next().unwrap_or(last);
    }
    match last.rsplit_once(".v") {
        Some((name, number)) if number.chars().all(|c| c.is_ascii_digit()) => name,
        _ => last,
    }
}

impl<'t> Lower<'t, '_> {
    /// Notes the types and methods of the file.
    fn survey(&mut self, root: Node<'t>) {
        for node in children(root) {
            match node.kind() {
                "method_declaration" => {
                    if let Some(owner) = self.owner(node) {
                        self.state.classes.insert(owner);
                        self.state.methods.entry(owner).or_default().push(node);
                    }
                }
                "type_declaration" => {
                    for spec in children(node) {
                        let kind = spec.child_by_field_name("type").map_or("", |written| written.kind());
                        let Some(name) = spec.child_by_field_name("name") else { continue };
                        let name = self.source(name);
                        match kind {
                            "struct_type" => drop(self.state.classes.insert(name)),
                            _ => drop(self.state.others.insert(name)),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The name of the type that a method is one of.
    fn owner(&self, method: Node<'t>) -> Option<&'t str> {
        let list = method.child_by_field_name("receiver")?;
        let mut written = children(list).first()?.child_by_field_name("type")?;
        while matches!(written.kind(), "pointer_type" | "generic_type" | "parenthesized_type") {
            written = children(written).first().copied()?;
        }
        Some(self.source(written))
    }

    /// The expression in field `name`; an empty opaque one where the grammar found none.
    fn field(&mut self, node: Node<'t>, name: &str) -> Expr {
        self.expr_or(node, node.child_by_field_name(name))
    }

    fn expr_or(&mut self, around: Node<'t>, node: Option<Node<'t>>) -> Expr {
        match node {
            Some(node) => self.expr(node),
            None => self.opaque(around),
        }
    }

    fn first(&mut self, node: Node<'t>) -> Expr {
        self.expr_or(node, children(node).first().copied())
    }

    fn exprs(&mut self, nodes: Vec<Node<'t>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    /// A name; the receiver's is `this`.
    fn name_expr(&mut self, node: Node<'t>) -> Expr {
        if self.state.receiver == Some(self.source(node)) {
            return self.made_name(node, "this");
        }
        let name = self.spelled(node);
        self.make(node, ExprKind::Name(name))
    }

    fn block_of(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        node.child_by_field_name(name).map_or_else(Vec::new, |body| self.block(body))
    }
}
