//! Expressions.

use std::sync::Arc;

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{binary_operator, children, operator_text},
    ir::{Argument, Entry, Expr, ExprKind, ListKind, Literal, Name, Operator, TemplatePart, UnaryOperator},
};

impl<'t> Lower<'t, '_> {
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.expr_here(node))
    }

    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        let kind = match node.kind() {
            "variable_name" | "name" | "qualified_name" | "relative_name" | "relative_scope"
            | "namespace_name" | "named_type" | "primitive_type" | "cast_type" => return self.named(node),
            "parenthesized_expression" | "by_ref" | "argument" => return self.first(node),
            "integer" | "float" | "boolean" | "null" => ExprKind::Literal(self.constant(node)),
            "string" | "encapsed_string" => self.quoted(node),
            "heredoc" | "nowdoc" => self.heredoc(node),
            // The manual: backticks are `shell_exec` of their text.
            "shell_command_expression" => {
                let kind = self.quoted(node);
                let value = self.make(node, kind);
                let callee = Box::new(self.made_name(node, "shell_exec"));
                ExprKind::Call { callee, arguments: vec![Argument { name: None, value }], is_new: false }
            }
            "member_access_expression" | "nullsafe_member_access_expression" => self.member(node, "object"),
            "scoped_property_access_expression" => self.member(node, "scope"),
            "class_constant_access_expression" => self.class_constant(node),
            "subscript_expression" => self.subscript(node),
            "function_call_expression" => {
                let callee = self.boxed(node, "function");
                let arguments = self.arguments_of(node);
                match self.definition(node, &callee, &arguments) {
                    Some(definition) => definition,
                    None => ExprKind::Call { callee, arguments, is_new: false },
                }
            }
            "member_call_expression" | "nullsafe_member_call_expression" => self.method(node, "object"),
            "scoped_call_expression" => self.method(node, "scope"),
            "object_creation_expression" => self.creation(node),
            "assignment_expression" | "reference_assignment_expression" => ExprKind::Assign {
                target: self.boxed(node, "left"),
                operator: None,
                value: self.boxed(node, "right"),
            },
            "augmented_assignment_expression" => {
                let operator = Some(operator_of(operator_text(self.text, node).trim_end_matches('=')));
                ExprKind::Assign {
                    target: self.boxed(node, "left"),
                    operator,
                    value: self.boxed(node, "right"),
                }
            }
            "binary_expression" => return self.binary(node),
            "unary_op_expression" | "update_expression" | "error_suppression_expression" => self.unary(node),
            "conditional_expression" => return self.conditional(node),
            "cast_expression" => {
                ExprKind::Cast { value: self.boxed(node, "value"), to: Some(self.boxed(node, "type")) }
            }
            "array_creation_expression" | "list_literal" => self.array(node),
            "pair" => ExprKind::List { elements: self.exprs(children(node)), kind: ListKind::Tuple },
            "variadic_unpacking" => ExprKind::Spread(Box::new(self.first(node))),
            "anonymous_function" | "arrow_function" => ExprKind::Function(Box::new(self.function(node))),
            "match_expression" => return self.match_value(node),
            "include_expression"
            | "include_once_expression"
            | "require_expression"
            | "require_once_expression"
            | "print_intrinsic"
            | "clone_expression" => {
                let word = self
                    .source(node)
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                return self.spoken_call(node, &word.to_ascii_lowercase());
            }
            "yield_expression" => {
                ExprKind::Yield(children(node).first().map(|value| Box::new(self.expr(*value))))
            }
            "array_element_initializer" => {
                ExprKind::List { elements: self.exprs(children(node)), kind: ListKind::Tuple }
            }
            "sequence_expression" => self.sequence(node),
            _ => ExprKind::Opaque(self.exprs(children(node))),
        };
        self.make(node, kind)
    }

    fn constant(&mut self, node: Node<'t>) -> Literal {
        let source = self.source(node).replace('_', "").to_ascii_lowercase();
        match node.kind() {
            "boolean" => Literal::Bool(source == "true"),
            "null" => Literal::Null,
            _ => {
                let (digits, radix) = match source.get(..2) {
                    Some("0x") => (source.get(2..), 16),
                    Some("0b") => (source.get(2..), 2),
                    Some("0o") => (source.get(2..), 8),
                    _ => (Some(source.as_str()), 10),
                };
                let number = digits.and_then(|digits| i64::from_str_radix(digits, radix).ok());
                number.map_or_else(|| Literal::Number(source.as_str().into()), Literal::Integer)
            }
        }
    }

    /// A string in quotes or backticks, with the values in it.
    fn quoted(&mut self, node: Node<'t>) -> ExprKind {
        let single = node.kind() == "string" && !self.source(node).starts_with('"');
        let mut parts = Vec::new();
        for part in children(node) {
            self.piece(part, single, &mut parts);
        }
        joined(parts)
    }

    fn heredoc(&mut self, node: Node<'t>) -> ExprKind {
        let mut parts = Vec::new();
        if let Some(body) = node.child_by_field_name("value") {
            for part in children(body) {
                self.piece(part, node.kind() == "nowdoc", &mut parts);
            }
        }
        joined(parts)
    }

    fn piece(&mut self, node: Node<'t>, single: bool, into: &mut Vec<TemplatePart>) {
        match node.kind() {
            "string_content" | "nowdoc_string" | "string_value" => {
                into.push(TemplatePart::Text(self.source(node).into()))
            }
            "escape_sequence" => into.push(TemplatePart::Text(unescape(self.source(node), single).into())),
            _ => into.push(TemplatePart::Value(self.expr(node))),
        }
    }

    fn member(&mut self, node: Node<'t>, object: &str) -> ExprKind {
        let object = self.boxed(node, object);
        match node.child_by_field_name("name") {
            Some(name) if matches!(name.kind(), "name" | "variable_name") => {
                let dynamic =
                    name.kind() == "variable_name" && node.kind() != "scoped_property_access_expression";
                if dynamic {
                    return ExprKind::Index { object, index: Box::new(self.expr(name)) };
                }
                ExprKind::Member { object, name: self.bare(name) }
            }
            Some(name) => ExprKind::Index { object, index: Box::new(self.expr(name)) },
            None => ExprKind::Opaque(vec![*object]),
        }
    }

    /// `define('NAME', value)` gives a name a value.
    fn definition(&mut self, node: Node<'t>, callee: &Expr, arguments: &[Argument]) -> Option<ExprKind> {
        let [Argument { value: name, .. }, Argument { value, .. }, ..] = arguments else { return None };
        match (&callee.kind, &name.kind) {
            (ExprKind::Name(called), ExprKind::Literal(Literal::Text(name))) if &**called == "define" => {
                let target = Box::new(self.made_name(node, name));
                Some(ExprKind::Assign { target, operator: None, value: Box::new(value.clone()) })
            }
            _ => None,
        }
    }

    fn bare(&mut self, node: Node<'t>) -> Name {
        let text = self.source(node).trim_start_matches('$');
        self.build.name(text)
    }

    /// `Foo::BAR`
    fn class_constant(&mut self, node: Node<'t>) -> ExprKind {
        let parts = children(node);
        match parts.as_slice() {
            [class, name] => ExprKind::Member { object: Box::new(self.expr(*class)), name: self.bare(*name) },
            _ => ExprKind::Opaque(self.exprs(parts)),
        }
    }

    fn subscript(&mut self, node: Node<'t>) -> ExprKind {
        let parts = children(node);
        match parts.as_slice() {
            [object, index] => {
                ExprKind::Index { object: Box::new(self.expr(*object)), index: Box::new(self.expr(*index)) }
            }
            _ => ExprKind::Opaque(self.exprs(parts)),
        }
    }

    fn method(&mut self, node: Node<'t>, object: &str) -> ExprKind {
        let callee = self.member(node, object);
        let callee = Box::new(self.make(node, callee));
        ExprKind::Call { callee, arguments: self.arguments_of(node), is_new: false }
    }

    fn arguments_of(&mut self, node: Node<'t>) -> Vec<Argument> {
        node.child_by_field_name("arguments").map_or_else(Vec::new, |list| self.arguments(list))
    }

    pub(super) fn arguments(&mut self, list: Node<'t>) -> Vec<Argument> {
        let arguments = children(list).into_iter().filter(|node| node.kind() == "argument");
        arguments
            .map(|node| {
                let name = node.child_by_field_name("name");
                let value = children(node)
                    .into_iter()
                    .rfind(|part| Some(*part) != name && part.kind() != "reference_modifier");
                Argument { name: name.map(|name| self.spelled(name)), value: self.expr_or(node, value) }
            })
            .collect()
    }

    /// `new T(x)`, `new class(x) { … }`
    fn creation(&mut self, node: Node<'t>) -> ExprKind {
        let parts = children(node);
        let mut callee = None;
        let mut arguments = Vec::new();
        for part in parts {
            match part.kind() {
                "arguments" => arguments = self.arguments(part),
                "anonymous_class" => {
                    let list = children(part).into_iter().find(|inner| inner.kind() == "arguments");
                    arguments = list.map_or_else(Vec::new, |list| self.arguments(list));
                    let class = ExprKind::Class(Box::new(self.class(part)));
                    callee = Some(self.make(part, class));
                }
                _ => callee = Some(self.expr(part)),
            }
        }
        let callee = Box::new(callee.unwrap_or_else(|| self.opaque(node)));
        ExprKind::Call { callee, arguments, is_new: true }
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let written = operator_text(self.text, node);
        let operator = operator_of(written);
        if let Some(operands) = self.long_chain(node, operator, written) {
            let operands = self.exprs(operands);
            return self.joined(operands, operator);
        }
        let kind =
            ExprKind::Binary { operator, left: self.boxed(node, "left"), right: self.boxed(node, "right") };
        self.make(node, kind)
    }

    fn unary(&mut self, node: Node<'t>) -> ExprKind {
        let operator = match (node.kind(), operator_text(self.text, node)) {
            ("update_expression", _) => UnaryOperator::Step,
            (_, "!") => UnaryOperator::Not,
            (_, "-") => UnaryOperator::Negate,
            (_, "+") => UnaryOperator::Plus,
            (_, "~") => UnaryOperator::BitNot,
            _ => UnaryOperator::Reference,
        };
        let argument = node.child_by_field_name("argument").or_else(|| children(node).into_iter().next());
        let value = self.expr_or(node, argument);
        ExprKind::Unary { operator, value: Box::new(value) }
    }

    /// `a ? b : c`; `a ?: c` is `a` when it holds.
    fn conditional(&mut self, node: Node<'t>) -> Expr {
        let kind = match node.child_by_field_name("body") {
            Some(body) => ExprKind::Conditional {
                test: self.boxed(node, "condition"),
                then: Box::new(self.expr(body)),
                otherwise: self.boxed(node, "alternative"),
            },
            None => ExprKind::Binary {
                operator: Operator::Coalesce,
                left: self.boxed(node, "condition"),
                right: self.boxed(node, "alternative"),
            },
        };
        self.make(node, kind)
    }

    /// `[a, b]` is a list, `['k' => v]` a map; a spread is either.
    fn array(&mut self, node: Node<'t>) -> ExprKind {
        let elements = children(node);
        let is_pair = |element: &Node<'_>| {
            children(*element).len() == 2 && element.kind() != "member_access_expression"
        };
        let keyed =
            elements.iter().any(|element| element.kind() == "array_element_initializer" && is_pair(element));
        if !keyed {
            let elements = elements.into_iter().map(|element| match element.kind() {
                "array_element_initializer" => self.first(element),
                _ => self.expr(element),
            });
            return ExprKind::List { elements: elements.collect(), kind: ListKind::List };
        }
        let mut entries = Vec::new();
        for element in elements {
            let parts = children(element);
            match parts.as_slice() {
                [key, value] => entries.push(Entry { key: Some(self.expr(*key)), value: self.expr(*value) }),
                _ => entries.push(Entry { key: None, value: self.first(element) }),
            }
        }
        ExprKind::Map(entries)
    }

    /// `match (x) { a, b => c, default => d }`: a chain of conditions.
    fn match_value(&mut self, node: Node<'t>) -> Expr {
        let arms = node.child_by_field_name("body").map_or_else(Vec::new, children);
        let mut otherwise = None;
        for arm in arms.into_iter().rev() {
            let value = self.field(arm, "return_expression");
            let labels = arm.child_by_field_name("conditional_expressions").map_or_else(Vec::new, children);
            let mut tests = Vec::new();
            for label in labels {
                let kind = ExprKind::Binary {
                    operator: Operator::Identical,
                    left: self.boxed(node, "condition"),
                    right: Box::new(self.expr(label)),
                };
                tests.push(self.make(label, kind));
            }
            otherwise = Some(if tests.is_empty() {
                value
            } else {
                let test = Box::new(self.joined(tests, Operator::Or));
                let rest = Box::new(otherwise.unwrap_or_else(|| self.opaque(arm)));
                self.make(node, ExprKind::Conditional { test, then: Box::new(value), otherwise: rest })
            });
        }
        otherwise.unwrap_or_else(|| self.opaque(node))
    }

    fn sequence(&mut self, node: Node<'t>) -> ExprKind {
        let mut values = self.exprs(children(node)).into_iter();
        let Some(mut whole) = values.next() else { return ExprKind::Opaque(Vec::new()) };
        for value in values {
            let kind = ExprKind::Binary {
                operator: Operator::Sequence,
                left: Box::new(whole),
                right: Box::new(value),
            };
            whole = self.make(node, kind);
        }
        whole.kind
    }
}

fn operator_of(sign: &str) -> Operator {
    match sign.to_ascii_lowercase().as_str() {
        "." => Operator::Concat,
        "and" => Operator::And,
        "or" => Operator::Or,
        "xor" => Operator::BitXor,
        "<>" => Operator::NotEqual,
        other => binary_operator(other),
    }
}

/// A text, or a text with values in it; neighbouring texts are one.
fn joined(parts: Vec<TemplatePart>) -> ExprKind {
    let mut whole: Vec<TemplatePart> = Vec::new();
    for part in parts {
        match (whole.last_mut(), part) {
            (Some(TemplatePart::Text(before)), TemplatePart::Text(text)) => {
                let text: Arc<str> = format!("{before}{text}").into();
                *before = text;
            }
            (_, part) => whole.push(part),
        }
    }
    match whole.as_slice() {
        [] => ExprKind::Literal(Literal::Text("".into())),
        [TemplatePart::Text(text)] => ExprKind::Literal(Literal::Text(text.clone())),
        _ => ExprKind::Template(whole),
    }
}

/// The character of an escape. In single quotes only `\\` and `\'` are escapes.
fn unescape(escape: &str, single: bool) -> String {
    let body = escape.get(1..).unwrap_or_default();
    let code = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).map(String::from)
    };
    let short = match body.chars().next() {
        Some('n') if !single => Some("\n".to_owned()),
        Some('r') if !single => Some("\r".to_owned()),
        Some('t') if !single => Some("\t".to_owned()),
        Some('e') if !single => Some("\u{1b}".to_owned()),
        Some('x') if !single => code(body.get(1..).unwrap_or_default(), 16),
        Some('u') if !single => code(body.get(2..body.len().saturating_sub(1)).unwrap_or_default(), 16),
        Some('0'..='7') if !single => code(body, 8),
        Some('\\' | '\'' | '"' | '$' | '`') => Some(body.to_owned()),
        _ => None,
    };
    short.unwrap_or_else(|| escape.to_owned())
}
