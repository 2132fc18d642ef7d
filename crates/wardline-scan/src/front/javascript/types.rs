//! Types, as far as rules ask for them: `Request` and `express.Request` are names, `Request<P>` is an index of one,
//! unions are joined by `|`.

use tree_sitter::Node;

use super::{Lower, children, text};
use crate::ir::{Expr, ExprKind, ListKind, Literal, Operator};

impl<'t> Lower<'t, '_> {
    /// A type, with or without the sign that annotates it.
    pub(super) fn type_expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.type_here(node))
    }

    fn type_here(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "type_identifier" | "identifier" | "predefined_type" | "this_type" | "const" => {
                self.name_expr(node)
            }
            "type_annotation" | "type_arguments" | "parenthesized_type" | "readonly_type"
            | "optional_type" | "literal_type" => match children(node).first() {
                Some(inner) => self.type_expr(*inner),
                None => self.opaque(node),
            },
            "nested_type_identifier" | "nested_identifier" | "member_expression" => self.nested_type(node),
            "generic_type" => self.generic(node),
            "array_type" => self.array_type(node),
            "union_type" => self.union(node),
            "string" => {
                let text = self.string(node);
                self.make(node, ExprKind::Literal(Literal::Text(text)))
            }
            "number" => {
                let number = text::number(self.source(node));
                self.make(node, ExprKind::Literal(number))
            }
            "null" | "undefined" => self.make(node, ExprKind::Literal(Literal::Null)),
            "true" | "false" => {
                let value = node.kind() == "true";
                self.make(node, ExprKind::Literal(Literal::Bool(value)))
            }
            _ => self.opaque(node),
        }
    }

    fn nested_type(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        let (Some(object), Some(name)) = (parts.first(), parts.last()) else { return self.opaque(node) };
        let object = Box::new(self.type_expr(*object));
        let name = self.name_of(*name);
        self.make(node, ExprKind::Member { object, name })
    }

    fn generic(&mut self, node: Node<'t>) -> Expr {
        let Some(name) = node.child_by_field_name("name") else { return self.opaque(node) };
        let object = Box::new(self.type_expr(name));
        let Some(arguments) = node.child_by_field_name("type_arguments") else { return *object };
        let mut elements: Vec<_> = children(arguments).into_iter().map(|one| self.type_expr(one)).collect();
        let index = match elements.pop() {
            Some(only) if elements.is_empty() => only,
            last => {
                elements.extend(last);
                self.make(arguments, ExprKind::List { elements, kind: ListKind::Tuple })
            }
        };
        self.make(node, ExprKind::Index { object, index: Box::new(index) })
    }

    fn array_type(&mut self, node: Node<'t>) -> Expr {
        let array = self.build.name("Array");
        let object = Box::new(self.make(node, ExprKind::Name(array)));
        let index = Box::new(match children(node).first() {
            Some(inner) => self.type_expr(*inner),
            None => self.opaque(node),
        });
        self.make(node, ExprKind::Index { object, index })
    }

    fn union(&mut self, node: Node<'t>) -> Expr {
        let mut parts = children(node).into_iter();
        let Some(first) = parts.next() else { return self.opaque(node) };
        let mut joined = self.type_expr(first);
        for part in parts {
            let (left, right) = (Box::new(joined), Box::new(self.type_expr(part)));
            joined = self.make(node, ExprKind::Binary { operator: Operator::BitOr, left, right });
        }
        joined
    }
}
