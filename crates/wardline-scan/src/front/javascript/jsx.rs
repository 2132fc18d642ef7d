//! JSX.

use tree_sitter::Node;

use super::{Lower, children, fields, text};
use crate::ir::{Attribute, Element, Expr, ExprKind, Literal};

impl<'t> Lower<'t, '_> {
    /// An element or fragment.
    pub(super) fn element(&mut self, node: Node<'t>) -> Expr {
        let open = node.child_by_field_name("open_tag").unwrap_or(node);
        let tag = open.child_by_field_name("name").map_or("", |name| self.source(name));
        let tag = self.build.name(tag);
        let attributes =
            fields(open, "attribute").into_iter().map(|attribute| self.attribute(attribute)).collect();
        let children = if node.kind() == "jsx_element" { self.element_children(node) } else { Vec::new() };
        self.make(node, ExprKind::Element(Box::new(Element { tag, attributes, children })))
    }

    fn attribute(&mut self, node: Node<'t>) -> Attribute {
        let span = self.build.span(node);
        if node.kind() == "jsx_expression" {
            let value = children(node).first().map(|child| self.expr(*child));
            return Attribute { name: None, value, span };
        }
        let parts = children(node);
        let name = parts.first().map(|name| self.name_of(*name));
        let value = parts.get(1).map(|value| self.expr(*value));
        Attribute { name, value, span }
    }

    fn element_children(&mut self, node: Node<'t>) -> Vec<Expr> {
        let mut lowered = Vec::new();
        for child in children(node) {
            match child.kind() {
                "jsx_opening_element" | "jsx_closing_element" => {}
                "jsx_text" => {
                    let text = self.source(child);
                    if !text.trim().is_empty() {
                        lowered.push(self.make(child, ExprKind::Literal(Literal::Text(text.into()))));
                    }
                }
                "html_character_reference" => {
                    let text = text::reference(self.source(child)).into();
                    lowered.push(self.make(child, ExprKind::Literal(Literal::Text(text))));
                }
                // `{}` and `{/* a comment */}` hold nothing.
                "jsx_expression" if children(child).is_empty() => {}
                _ => lowered.push(self.expr(child)),
            }
        }
        lowered
    }
}
