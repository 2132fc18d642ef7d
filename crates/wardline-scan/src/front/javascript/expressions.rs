//! Expressions and patterns.

use std::sync::Arc;

use tree_sitter::Node;

use super::{Lower, children, has_token, text};
use crate::{
    front::lower::{binary_operator, operator_text},
    ir::{Argument, Entry, Expr, ExprKind, ListKind, Literal, Operator, TemplatePart, UnaryOperator},
};

impl<'t> Lower<'t, '_> {
    /// An expression or pattern.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.expr_here(node))
    }

    /// The expression in field `name`; an empty opaque one where the grammar found none.
    pub(super) fn field(&mut self, node: Node<'t>, name: &str) -> Expr {
        match node.child_by_field_name(name) {
            Some(child) => self.expr(child),
            None => self.opaque(node),
        }
    }

    /// The expression in field `name`, if it is there.
    pub(super) fn maybe(&mut self, node: Node<'t>, name: &str) -> Option<Expr> {
        node.child_by_field_name(name).map(|child| self.expr(child))
    }

    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier"
            | "property_identifier"
            | "shorthand_property_identifier"
            | "shorthand_property_identifier_pattern"
            | "private_property_identifier"
            | "type_identifier"
            | "statement_identifier"
            | "this"
            | "super"
            | "import" => self.name_expr(node),
            "string" | "number" | "true" | "false" | "null" | "undefined" | "regex" => self.literal(node),
            "template_string" => self.template(node),
            "parenthesized_expression" | "computed_property_name" => self.first(node),
            "member_expression" | "nested_identifier" => self.member(node),
            "subscript_expression" => self.subscript(node),
            "call_expression" => self.call(node),
            "new_expression" => self.new_object(node),
            "binary_expression" => self.binary(node),
            "sequence_expression" => self.sequence(node),
            "unary_expression" | "update_expression" => self.unary(node),
            "ternary_expression" => self.conditional(node),
            "assignment_expression" | "augmented_assignment_expression" => self.assignment(node),
            "assignment_pattern" | "object_assignment_pattern" => self.pattern_default(node),
            "await_expression" => self.wrapping(node, ExprKind::Await),
            "spread_element" | "rest_pattern" => self.wrapping(node, ExprKind::Spread),
            "yield_expression" => self.yielding(node),
            "array" | "array_pattern" => self.array(node),
            "object" | "object_pattern" => self.object(node),
            "arrow_function" | "function_expression" | "generator_function" | "function" => {
                let function = self.function(node, Vec::new());
                self.make(node, ExprKind::Function(Box::new(function)))
            }
            "class" => {
                let class = self.class(node, Vec::new());
                self.make(node, ExprKind::Class(Box::new(class)))
            }
            "as_expression" | "satisfies_expression" | "non_null_expression" | "type_assertion" => {
                self.cast(node)
            }
            "instantiation_expression" => self.first(node),
            "meta_property" => self.meta_property(node),
            "jsx_element" | "jsx_self_closing_element" => self.element(node),
            "jsx_expression" => self.first(node),
            "decorator" => self.first(node),
            _ => self.unknown(node),
        }
    }

    /// The first named child, or an empty opaque expression.
    fn first(&mut self, node: Node<'t>) -> Expr {
        match children(node).first() {
            Some(child) => self.expr(*child),
            None => self.opaque(node),
        }
    }

    fn wrapping(&mut self, node: Node<'t>, kind: fn(Box<Expr>) -> ExprKind) -> Expr {
        let value = self.first(node);
        self.make(node, kind(Box::new(value)))
    }

    /// `yield value`; the values of `yield* values` are spread.
    fn yielding(&mut self, node: Node<'t>) -> Expr {
        let value = children(node).first().map(|child| self.expr(*child));
        let value = value.map(|value| match has_token(node, "*") {
            true => self.make(node, ExprKind::Spread(Box::new(value))),
            false => value,
        });
        self.make(node, ExprKind::Yield(value.map(Box::new)))
    }

    fn unknown(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node).into_iter().map(|child| self.expr(child)).collect();
        self.make(node, ExprKind::Opaque(parts))
    }

    fn literal(&mut self, node: Node<'t>) -> Expr {
        let literal = match node.kind() {
            "string" => Literal::Text(self.string(node)),
            "number" => text::number(self.source(node)),
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            "regex" => {
                let pattern = node.child_by_field_name("pattern");
                Literal::Regex(pattern.map_or("", |pattern| self.source(pattern)).into())
            }
            _ => Literal::Null,
        };
        self.make(node, ExprKind::Literal(literal))
    }

    /// The text of a string with its escapes resolved.
    pub(super) fn string(&self, node: Node<'t>) -> Arc<str> {
        let parts = children(node);
        match parts.as_slice() {
            [only] if only.kind() == "string_fragment" => self.source(*only).into(),
            _ => parts.into_iter().map(|part| self.text_part(part)).collect::<String>().into(),
        }
    }

    fn text_part(&self, part: Node<'t>) -> String {
        match part.kind() {
            "escape_sequence" => text::escape(self.source(part)),
            "html_character_reference" => text::reference(self.source(part)),
            _ => self.source(part).to_owned(),
        }
    }

    fn template(&mut self, node: Node<'t>) -> Expr {
        let mut parts: Vec<TemplatePart> = Vec::new();
        let mut pending = String::new();
        for part in children(node) {
            if part.kind() == "template_substitution" {
                if !pending.is_empty() {
                    parts.push(TemplatePart::Text(std::mem::take(&mut pending).into()));
                }
                let value = self.first(part);
                parts.push(TemplatePart::Value(value));
            } else {
                pending.push_str(&self.text_part(part));
            }
        }
        if parts.is_empty() {
            return self.make(node, ExprKind::Literal(Literal::Text(pending.into())));
        }
        if !pending.is_empty() {
            parts.push(TemplatePart::Text(pending.into()));
        }
        self.make(node, ExprKind::Template(parts))
    }

    fn member(&mut self, node: Node<'t>) -> Expr {
        let object = Box::new(self.field(node, "object"));
        let Some(property) = node.child_by_field_name("property") else { return *object };
        let name = self.name_of(property);
        self.make(node, ExprKind::Member { object, name })
    }

    fn subscript(&mut self, node: Node<'t>) -> Expr {
        let object = Box::new(self.field(node, "object"));
        let index = Box::new(self.field(node, "index"));
        self.make(node, ExprKind::Index { object, index })
    }

    fn call(&mut self, node: Node<'t>) -> Expr {
        let callee = Box::new(self.field(node, "function"));
        let Some(given) = node.child_by_field_name("arguments") else { return *callee };
        if given.kind() == "template_string" {
            let template = Box::new(self.whole_template(given));
            return self.make(node, ExprKind::Tagged { tag: callee, template });
        }
        let arguments = self.arguments(given);
        self.make(node, ExprKind::Call { callee, arguments, is_new: false })
    }

    /// The template of a tagged one: a template even without values.
    fn whole_template(&mut self, node: Node<'t>) -> Expr {
        let mut template = self.template(node);
        if let ExprKind::Literal(Literal::Text(text)) = &template.kind {
            template.kind = ExprKind::Template(vec![TemplatePart::Text(text.clone())]);
        }
        template
    }

    fn new_object(&mut self, node: Node<'t>) -> Expr {
        let callee = Box::new(self.field(node, "constructor"));
        let arguments =
            node.child_by_field_name("arguments").map_or_else(Vec::new, |given| self.arguments(given));
        self.make(node, ExprKind::Call { callee, arguments, is_new: true })
    }

    fn arguments(&mut self, node: Node<'t>) -> Vec<Argument> {
        children(node).into_iter().map(|child| Argument { name: None, value: self.expr(child) }).collect()
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let written = operator_text(self.text, node);
        let operator = binary_operator(written);
        if let Some(operands) = self.long_chain(node, operator, written) {
            let operands = operands.into_iter().map(|operand| self.expr(operand)).collect();
            return self.joined(operands, operator);
        }
        let left = Box::new(self.field(node, "left"));
        let right = Box::new(self.field(node, "right"));
        self.make(node, ExprKind::Binary { operator, left, right })
    }

    fn sequence(&mut self, node: Node<'t>) -> Expr {
        let operands = children(node).into_iter().map(|child| self.expr(child)).collect();
        self.joined(operands, Operator::Sequence)
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let operator = match operator_text(self.text, node) {
            "!" => UnaryOperator::Not,
            "-" => UnaryOperator::Negate,
            "+" => UnaryOperator::Plus,
            "~" => UnaryOperator::BitNot,
            "typeof" => UnaryOperator::TypeOf,
            "++" | "--" => UnaryOperator::Step,
            _ => UnaryOperator::Other,
        };
        let value = Box::new(self.field(node, "argument"));
        self.make(node, ExprKind::Unary { operator, value })
    }

    fn conditional(&mut self, node: Node<'t>) -> Expr {
        let test = Box::new(self.field(node, "condition"));
        let then = Box::new(self.field(node, "consequence"));
        let otherwise = Box::new(self.field(node, "alternative"));
        self.make(node, ExprKind::Conditional { test, then, otherwise })
    }

    fn assignment(&mut self, node: Node<'t>) -> Expr {
        let operator = match operator_text(self.text, node) {
            "" | "=" => None,
            written => Some(binary_operator(written.strip_suffix('=').unwrap_or(written))),
        };
        let target = Box::new(self.field(node, "left"));
        let value = Box::new(self.field(node, "right"));
        self.make(node, ExprKind::Assign { target, operator, value })
    }

    fn pattern_default(&mut self, node: Node<'t>) -> Expr {
        let target = Box::new(self.field(node, "left"));
        let value = Box::new(self.field(node, "right"));
        self.make(node, ExprKind::Assign { target, operator: None, value })
    }

    /// An array or a pattern of one. A hole is `undefined`: what follows keeps its position.
    fn array(&mut self, node: Node<'t>) -> Expr {
        let mut elements = Vec::new();
        let mut filled = false;
        let mut cursor = node.walk();
        let parts: Vec<_> = node.children(&mut cursor).collect();
        for part in parts {
            if part.is_named() && !super::is_comment(part) {
                elements.push(self.expr(part));
                filled = true;
            } else if part.kind() == "," {
                if !filled {
                    elements.push(self.make(part, ExprKind::Literal(Literal::Null)));
                }
                filled = false;
            }
        }
        self.make(node, ExprKind::List { elements, kind: ListKind::List })
    }

    fn object(&mut self, node: Node<'t>) -> Expr {
        let entries = children(node).into_iter().map(|child| self.entry(child)).collect();
        self.make(node, ExprKind::Map(entries))
    }

    fn entry(&mut self, node: Node<'t>) -> Entry {
        match node.kind() {
            "pair" | "pair_pattern" => {
                let key = node.child_by_field_name("key").map(|key| self.key(key));
                Entry { key, value: self.field(node, "value") }
            }
            "shorthand_property_identifier" | "shorthand_property_identifier_pattern" => {
                Entry { key: Some(self.key(node)), value: self.name_expr(node) }
            }
            "object_assignment_pattern" => {
                let key = node.child_by_field_name("left").map(|left| self.key(left));
                Entry { key, value: self.pattern_default(node) }
            }
            "method_definition" => {
                let key = node.child_by_field_name("name").map(|name| self.key(name));
                let function = self.function(node, Vec::new());
                let made = self.make(node, ExprKind::Function(Box::new(function)));
                // What a getter gives is what stands there.
                let value = if has_token(node, "get") {
                    let callee = Box::new(made);
                    self.make(node, ExprKind::Call { callee, arguments: Vec::new(), is_new: false })
                } else {
                    made
                };
                Entry { key, value }
            }
            _ => Entry { key: None, value: self.expr(node) },
        }
    }

    /// A key: a text for a plain one, an expression for a computed one.
    pub(super) fn key(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "computed_property_name" | "number" | "string" => self.expr(node),
            _ => {
                let text = self.source(node).into();
                self.make(node, ExprKind::Literal(Literal::Text(text)))
            }
        }
    }

    fn cast(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        let (value, to) = match (node.kind(), parts.as_slice()) {
            ("type_assertion", [to, value]) => (Some(*value), Some(*to)),
            (_, [value, to, ..]) => (Some(*value), Some(*to)),
            (_, rest) => (rest.first().copied(), None),
        };
        let Some(value) = value else { return self.opaque(node) };
        let value = Box::new(self.expr(value));
        let to = to.map(|to| Box::new(self.type_expr(to)));
        self.make(node, ExprKind::Cast { value, to })
    }

    /// `import.meta`, `new.target`.
    fn meta_property(&mut self, node: Node<'t>) -> Expr {
        let (object, name) = self.source(node).split_once('.').unwrap_or(("import", "meta"));
        let (object, name) = (self.build.name(object.trim()), self.build.name(name.trim()));
        let object = Box::new(self.make(node, ExprKind::Name(object)));
        self.make(node, ExprKind::Member { object, name })
    }
}
