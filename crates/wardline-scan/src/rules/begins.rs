//! What a text begins with, wherever that is written: `run(query)` after `query = "select " + name`.
//!
//! Rules that know a call by its receiver's name miss it under another one. What is run tells more.

use super::{names::Names, walk};
use crate::{
    hash::HashMap,
    ir::{Expr, ExprKind, Literal, Stmt, TemplatePart},
};

/// How far names and calls are followed to the beginning of a text.
const DEPTH: u32 = 6;

/// Values that a name is given and that are looked at.
const VALUES: usize = 8;

/// The values that names are given, by name.
pub(super) type Given<'m> = HashMap<&'m str, Vec<&'m Expr>>;

/// What the names of a module are given.
pub(super) fn given<'m>(body: &'m [Stmt]) -> Given<'m> {
    let mut found = Given::default();
    let mut add = |target: &'m Expr, value: &'m Expr| {
        if let ExprKind::Name(name) = &target.kind {
            let values = found.entry(name).or_default();
            if values.len() < VALUES {
                values.push(value);
            }
        }
    };
    walk::block(body, &mut |node| node.given(&mut add));
    found
}

impl<'m> Names<'m> {
    /// The texts that a value may begin with.
    pub(super) fn beginnings(&self, expr: &'m Expr) -> Vec<&'m str> {
        let mut found = Vec::new();
        self.begins(expr, DEPTH, &mut found);
        found
    }

    fn begins(&self, expr: &'m Expr, depth: u32, found: &mut Vec<&'m str>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &expr.kind {
            ExprKind::Literal(Literal::Text(text) | Literal::Bytes(text)) => found.push(text),
            ExprKind::Template(parts) => match parts.first() {
                Some(TemplatePart::Text(text)) => found.push(text),
                Some(TemplatePart::Value(value)) => self.begins(value, depth, found),
                None => {}
            },
            ExprKind::Binary { left: inner, .. }
            | ExprKind::Conditional { then: inner, .. }
            | ExprKind::Assign { value: inner, .. }
            | ExprKind::Cast { value: inner, .. }
            | ExprKind::Unary { value: inner, .. }
            | ExprKind::Tagged { template: inner, .. }
            | ExprKind::Await(inner)
            | ExprKind::Spread(inner) => self.begins(inner, depth, found),
            ExprKind::List { elements, .. } => {
                elements.first().into_iter().for_each(|first| self.begins(first, depth, found));
            }
            // `"…".format(x)`, `fmt.Sprintf("…", x)`, `new StringBuilder("…")`.
            ExprKind::Call { callee, arguments, .. } => {
                if let ExprKind::Member { object, .. } = &callee.kind {
                    self.begins(object, depth, found);
                }
                arguments.first().into_iter().for_each(|first| self.begins(&first.value, depth, found));
            }
            ExprKind::Name(name) => {
                for value in self.given().get(name.as_ref()).into_iter().flatten() {
                    self.begins(value, depth, found);
                }
            }
            _ => {}
        }
    }
}
