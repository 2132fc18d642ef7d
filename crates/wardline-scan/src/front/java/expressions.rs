//! Expressions and types.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{binary_operator, children, fields, operator_text},
    ir::{
        Argument, Expr, ExprKind, Function, ListKind, Literal, Operator, Parameter, ParameterKind, StmtKind,
        UnaryOperator,
    },
};

impl<'t> Lower<'t, '_> {
    /// An expression.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.expr_here(node))
    }

    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier" | "this" | "super" | "underscore_pattern" => self.name_expr(node),
            "scoped_identifier" => self.scoped(node, "scope"),
            "field_access" => self.field_access(node),
            "method_invocation" => self.invocation(node),
            "explicit_constructor_invocation" => {
                let callee = Box::new(self.field(node, "constructor"));
                let arguments = self.arguments(node);
                self.make(node, ExprKind::Call { callee, arguments, is_new: false })
            }
            "object_creation_expression" => self.creation(node),
            "array_creation_expression" => self.array_creation(node),
            "array_initializer" | "element_value_array_initializer" => self.list(node),
            "array_access" => {
                let object = Box::new(self.field(node, "array"));
                let index = Box::new(self.field(node, "index"));
                self.make(node, ExprKind::Index { object, index })
            }
            "parenthesized_expression" | "dimensions_expr" => self.first(node),
            "binary_expression" => self.binary(node),
            "instanceof_expression" => self.instance_of(node),
            "unary_expression" | "update_expression" => self.unary(node),
            "ternary_expression" => {
                let test = Box::new(self.field(node, "condition"));
                let then = Box::new(self.field(node, "consequence"));
                let otherwise = Box::new(self.field(node, "alternative"));
                self.make(node, ExprKind::Conditional { test, then, otherwise })
            }
            "assignment_expression" => self.assignment(node),
            "cast_expression" => {
                let value = Box::new(self.field(node, "value"));
                let to = node.child_by_field_name("type").map(|to| Box::new(self.type_expr(to)));
                self.make(node, ExprKind::Cast { value, to })
            }
            "lambda_expression" => self.lambda(node),
            "method_reference" => self.reference(node),
            "switch_expression" => self.switch_value(node),
            "annotation" | "marker_annotation" => self.annotation(node),
            "class_literal" => {
                let object = children(node).first().map(|written| self.type_expr(*written));
                let object = Box::new(object.unwrap_or_else(|| self.opaque(node)));
                let name = self.build.name("class");
                self.make(node, ExprKind::Member { object, name })
            }
            kind if kind.ends_with("_literal") || matches!(kind, "true" | "false") => self.literal(node),
            kind if kind.ends_with("type") || kind.ends_with("type_identifier") => self.type_expr(node),
            _ => {
                let parts = children(node).into_iter().map(|child| self.expr(child)).collect();
                self.make(node, ExprKind::Opaque(parts))
            }
        }
    }

    fn literal(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node);
        let literal = match node.kind() {
            "true" | "false" => Literal::Bool(text == "true"),
            "null_literal" => Literal::Null,
            "string_literal" => Literal::Text(self.string(node).into()),
            "character_literal" => {
                let inner = text.trim_start_matches('\'');
                let inner = inner.strip_suffix('\'').unwrap_or(inner);
                Literal::Text(if inner.starts_with('\\') { escape(inner) } else { inner.to_owned() }.into())
            }
            _ => number(text),
        };
        self.make(node, ExprKind::Literal(literal))
    }

    fn string(&self, node: Node<'t>) -> String {
        let parts = children(node);
        let text: String = parts
            .into_iter()
            .map(|part| match part.kind() {
                "escape_sequence" => escape(self.source(part)),
                _ => self.source(part).to_owned(),
            })
            .collect();
        if self.source(node).starts_with("\"\"\"") { stripped(&text) } else { text }
    }

    fn scoped(&mut self, node: Node<'t>, scope: &str) -> Expr {
        let object = Box::new(self.field(node, scope));
        let Some(name) = node.child_by_field_name("name") else { return *object };
        let name = self.spelled(name);
        self.make(node, ExprKind::Member { object, name })
    }

    fn field_access(&mut self, node: Node<'t>) -> Expr {
        let object = Box::new(self.field(node, "object"));
        let Some(field) = node.child_by_field_name("field") else { return *object };
        let name = self.spelled(field);
        self.make(node, ExprKind::Member { object, name })
    }

    fn invocation(&mut self, node: Node<'t>) -> Expr {
        let Some(method) = node.child_by_field_name("name") else { return self.opaque(node) };
        let callee = match node.child_by_field_name("object") {
            Some(object) => {
                let object = Box::new(self.expr(object));
                let name = self.spelled(method);
                let span = crate::span::Span::new(self.build.span(node).start, self.build.span(method).end);
                self.build.expr(span, ExprKind::Member { object, name })
            }
            None => self.own_method(method),
        };
        let arguments = self.arguments(node);
        self.make(node, ExprKind::Call { callee: Box::new(callee), arguments, is_new: false })
    }

    /// A method that is named without an object.
    fn own_method(&mut self, method: Node<'t>) -> Expr {
        let name = self.spelled(method);
        if !self.state.methods.last().is_some_and(|methods| methods.contains(&name)) {
            return self.make(method, ExprKind::Name(name));
        }
        let object = Box::new(self.made_name(method, "this"));
        self.make(method, ExprKind::Member { object, name })
    }

    pub(super) fn arguments(&mut self, node: Node<'t>) -> Vec<Argument> {
        let given = node.child_by_field_name("arguments").map_or_else(Vec::new, children);
        given.into_iter().map(|value| self.argument(value)).collect()
    }

    fn argument(&mut self, node: Node<'t>) -> Argument {
        if node.kind() == "element_value_pair" {
            let name = node.child_by_field_name("key").map(|key| self.spelled(key));
            return Argument { name, value: self.field(node, "value") };
        }
        Argument { name: None, value: self.expr(node) }
    }

    /// `new T(x)`, with or without a body.
    fn creation(&mut self, node: Node<'t>) -> Expr {
        let callee = match node.child_by_field_name("type") {
            Some(written) => self.plain_type(written),
            None => self.opaque(node),
        };
        let arguments = self.arguments(node);
        let call = self.make(node, ExprKind::Call { callee: Box::new(callee), arguments, is_new: true });
        match children(node).into_iter().find(|child| child.kind() == "class_body") {
            Some(body) => {
                let class = self.anonymous_class(node, body);
                let class = self.make(body, ExprKind::Class(Box::new(class)));
                self.make(node, ExprKind::Opaque(vec![call, class]))
            }
            None => call,
        }
    }

    fn array_creation(&mut self, node: Node<'t>) -> Expr {
        if let Some(value) = node.child_by_field_name("value") {
            return self.list(value);
        }
        let callee = node.child_by_field_name("type").map(|written| self.type_expr(written));
        let callee = Box::new(callee.unwrap_or_else(|| self.opaque(node)));
        let sizes = fields(node, "dimensions").into_iter().filter(|size| size.kind() == "dimensions_expr");
        let arguments = sizes.map(|size| Argument { name: None, value: self.first(size) }).collect();
        self.make(node, ExprKind::Call { callee, arguments, is_new: true })
    }

    fn list(&mut self, node: Node<'t>) -> Expr {
        let elements = children(node).into_iter().map(|child| self.expr(child)).collect();
        self.make(node, ExprKind::List { elements, kind: ListKind::List })
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

    /// `x instanceof T t`: the test, and then `t = x`.
    fn instance_of(&mut self, node: Node<'t>) -> Expr {
        let left = Box::new(self.field(node, "left"));
        let right = node.child_by_field_name("right").map(|written| self.type_expr(written));
        let right = Box::new(right.unwrap_or_else(|| self.opaque(node)));
        let test = self.make(node, ExprKind::Binary { operator: Operator::InstanceOf, left, right });
        let Some(name) = node.child_by_field_name("name") else { return test };
        let target = Box::new(self.name_expr(name));
        let value = Box::new(self.field(node, "left"));
        let bound = self.make(node, ExprKind::Assign { target, operator: None, value });
        let (left, right) = (Box::new(test), Box::new(bound));
        self.make(node, ExprKind::Binary { operator: Operator::And, left, right })
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let operator = match (node.kind(), operator_text(self.text, node)) {
            ("update_expression", _) => UnaryOperator::Step,
            (_, "!") => UnaryOperator::Not,
            (_, "-") => UnaryOperator::Negate,
            (_, "+") => UnaryOperator::Plus,
            (_, "~") => UnaryOperator::BitNot,
            _ => UnaryOperator::Other,
        };
        let value = node.child_by_field_name("operand").map(|operand| self.expr(operand));
        let value = Box::new(value.unwrap_or_else(|| self.first(node)));
        self.make(node, ExprKind::Unary { operator, value })
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

    fn lambda(&mut self, node: Node<'t>) -> Expr {
        let id = self.build.function();
        let given = node.child_by_field_name("parameters");
        let parameters = match given {
            Some(one) if one.kind() == "identifier" => vec![self.plain_parameter(one)],
            Some(names) if names.kind() == "inferred_parameters" => {
                children(names).into_iter().map(|name| self.plain_parameter(name)).collect()
            }
            _ => self.parameters(node),
        };
        let body = match node.child_by_field_name("body") {
            Some(block) if block.kind() == "block" => self.block(block),
            Some(value) => {
                let lowered = self.expr(value);
                vec![self.statement(value, StmtKind::Return(Some(lowered)))]
            }
            None => Vec::new(),
        };
        let function = Function {
            id,
            name: None,
            parameters,
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        };
        self.make(node, ExprKind::Function(Box::new(function)))
    }

    fn plain_parameter(&mut self, name: Node<'t>) -> Parameter {
        Parameter {
            target: self.name_expr(name),
            declared_type: None,
            default: None,
            kind: ParameterKind::Plain,
            decorators: Vec::new(),
        }
    }

    /// `Foo::bar`.
    fn reference(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        let object = Box::new(self.first(node));
        let name = match parts.last().filter(|last| parts.len() > 1 && last.kind() == "identifier") {
            Some(name) => self.spelled(*name),
            None => self.build.name("new"),
        };
        self.make(node, ExprKind::Member { object, name })
    }

    /// An annotation: its name, or a call of it.
    pub(super) fn annotation(&mut self, node: Node<'t>) -> Expr {
        let name = self.field(node, "name");
        if node.kind() == "marker_annotation" {
            return name;
        }
        let arguments = self.arguments(node);
        self.make(node, ExprKind::Call { callee: Box::new(name), arguments, is_new: false })
    }

    /// A type without its arguments: what `new` calls.
    fn plain_type(&mut self, node: Node<'t>) -> Expr {
        match children(node).first() {
            Some(inner) if node.kind() == "generic_type" => self.plain_type(*inner),
            _ => self.type_expr(node),
        }
    }

    /// A type.
    pub(super) fn type_expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.type_here(node))
    }

    fn type_here(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        match (node.kind(), parts.as_slice()) {
            ("scoped_type_identifier", [object, .., name]) => {
                let object = Box::new(self.type_expr(*object));
                let name = self.spelled(*name);
                self.make(node, ExprKind::Member { object, name })
            }
            ("generic_type", [object, arguments]) => {
                let object = Box::new(self.type_expr(*object));
                let mut elements: Vec<_> =
                    children(*arguments).into_iter().map(|one| self.type_expr(one)).collect();
                let index = match elements.pop() {
                    Some(only) if elements.is_empty() => only,
                    last => {
                        elements.extend(last);
                        self.make(*arguments, ExprKind::List { elements, kind: ListKind::Tuple })
                    }
                };
                self.make(node, ExprKind::Index { object, index: Box::new(index) })
            }
            ("array_type", [element, ..]) => {
                let object = Box::new(self.made_name(node, "Array"));
                let index = Box::new(self.type_expr(*element));
                self.make(node, ExprKind::Index { object, index })
            }
            ("annotated_type" | "catch_type", [.., last]) => self.type_expr(*last),
            ("wildcard", _) => self.opaque(node),
            _ => self.name_expr(node),
        }
    }
}

fn escape(sequence: &str) -> String {
    let rest = sequence.trim_start_matches('\\');
    let character = match rest.chars().next() {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('s') => Some(' '),
        Some('0'..='7') => u32::from_str_radix(rest, 8).ok().and_then(char::from_u32),
        Some('u') => u32::from_str_radix(rest.trim_start_matches('u'), 16).ok().and_then(char::from_u32),
        Some('\n' | '\r') => return String::new(),
        Some(other) => Some(other),
        None => Some('\\'),
    };
    character.map_or_else(|| sequence.to_owned(), String::from)
}

/// A text block without the blanks that all its lines begin with.
fn stripped(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text);
    let blanks = |line: &str| line.len() - line.trim_start().len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0);
    let lines: Vec<_> =
        text.split('\n').map(|line| line.get(common..).unwrap_or_else(|| line.trim_start())).collect();
    lines.join("\n")
}

fn number(text: &str) -> Literal {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let lower = digits.to_ascii_lowercase();
    let plain = lower.strip_suffix('l').unwrap_or(&lower);
    let value = match (plain.strip_prefix("0x"), plain.strip_prefix("0b")) {
        (Some(hex), _) => i64::from_str_radix(hex, 16),
        (_, Some(binary)) => i64::from_str_radix(binary, 2),
        _ if plain.len() > 1 && plain.starts_with('0') => i64::from_str_radix(plain, 8),
        _ => plain.parse(),
    };
    value.map_or_else(|_| Literal::Number(text.into()), Literal::Integer)
}
