//! The front-end of Java.
//!
//! - An import of a type is a module with the type's whole name: `java.sql.Connection`, bound as `Connection`.
//! - A class within another stands before it, so that its name is known to all of the file; a method that is called
//!   without an object is a member of `this` where the class around has it.
//! - A constructor is a function named `constructor`; a record's parts are declarations in its class.
//! - A `switch` that gives a value is a chain of conditions, as is what `instanceof` binds.
//! - Types are names, members (`java.io.File`) or indexes (`List<String>`).

mod declarations;
mod expressions;
mod statements;

use super::lower::children;
use crate::{
    ir::{Expr, ExprKind, Module, Name, Stmt},
    language::Language,
};
use std::collections::HashSet;

use tree_sitter::Node;

/// The classes around this place, and those to be put beside them.
#[derive(Default)]
struct Java {
    /// The names of the methods of each class around, innermost last.
    methods: Vec<HashSet<Name>>,
    /// Classes within others.
    inner: Vec<Stmt>,
}

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, Java>;

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    super::file(text, Language::Java, &tree_sitter_java::LANGUAGE.into(), |text, build, root| {
        Lower::new(text, build, Java::default()).file(root)
    })
}

impl<'t> Lower<'t, '_> {
    fn file(mut self, root: Node<'t>) -> Vec<Stmt> {
        let mut body = Vec::new();
        for child in children(root) {
            let statements = self.stmts(child);
            body.append(&mut self.state.inner);
            body.extend(statements);
        }
        body
    }

    /// The expression in field `name`; an empty opaque one where the grammar found none.
    fn field(&mut self, node: Node<'t>, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(child) => self.expr(child),
            None => self.opaque(node),
        }
    }

    fn name_expr(&mut self, node: Node<'t>) -> Expr {
        let name = self.spelled(node);
        self.make(node, ExprKind::Name(name))
    }

    fn first(&mut self, node: Node<'t>) -> Expr {
        match children(node).first() {
            Some(child) => self.expr(*child),
            None => self.opaque(node),
        }
    }
}
