//! Expressions, patterns and types.

use tree_sitter::Node;

use super::{Lowering, Use, has_word, named};
use crate::ir::{
    Argument, Entry, Expr, ExprKind, Function, ListKind, Literal, Operator, Stmt, UnaryOperator,
};

impl Lowering<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> Expr {
        match self.deeper(node, |lowering| lowering.any_expression(node)) {
            Some(expr) => expr,
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }

    fn expressions(&mut self, nodes: Vec<Node<'_>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expression(node)).collect()
    }

    fn boxed(&mut self, node: Node<'_>, field: &str) -> Box<Expr> {
        Box::new(self.field(node, field))
    }

    /// The first named child as a value; an opaque one where there is none.
    fn first(&mut self, node: Node<'_>) -> Box<Expr> {
        let first = named(node).into_iter().next();
        Box::new(match first {
            Some(first) => self.expression(first),
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        })
    }

    fn any_expression(&mut self, node: Node<'_>) -> Expr {
        let kind = match node.kind() {
            "identifier"
            | "self"
            | "super"
            | "crate"
            | "field_identifier"
            | "type_identifier"
            | "primitive_type"
            | "shorthand_field_identifier"
            | "metavariable" => ExprKind::Name(self.name_of(node)),
            "string_literal" | "raw_string_literal" | "char_literal" | "integer_literal"
            | "float_literal" | "boolean_literal" | "negative_literal" => {
                ExprKind::Literal(self.literal(node))
            }
            "unit_expression" | "unit_type" => ExprKind::List { elements: Vec::new(), kind: ListKind::Tuple },
            "scoped_identifier" | "scoped_type_identifier" => return self.path(node),
            "field_expression" => {
                let object = self.boxed(node, "value");
                let name = node.child_by_field_name("field").map(|name| self.name_of(name));
                ExprKind::Member { object, name: name.unwrap_or_else(|| self.build.name("")) }
            }
            "index_expression" => self.index(node),
            "call_expression" => self.call(node),
            "generic_function" => return self.field(node, "function"),
            "generic_type" | "generic_type_with_turbofish" => return self.field(node, "type"),
            // The type that is pointed to; its text has the `&`, by which `&Path` is told from an extractor.
            "reference_type" | "pointer_type" => {
                let pointed = self.field(node, "type");
                return Expr { span: self.build.span(node), ..pointed };
            }
            "macro_invocation" => return self.macro_call(node),
            "binary_expression" => self.binary(node),
            "unary_expression" => self.unary(node),
            "reference_expression" => {
                ExprKind::Unary { operator: UnaryOperator::Reference, value: self.boxed(node, "value") }
            }
            "try_expression" => {
                ExprKind::Unary { operator: UnaryOperator::Reference, value: self.first(node) }
            }
            "await_expression" => ExprKind::Await(self.first(node)),
            "yield_expression" => {
                ExprKind::Yield(named(node).first().map(|value| Box::new(self.expression(*value))))
            }
            "assignment_expression" => ExprKind::Assign {
                target: self.boxed(node, "left"),
                operator: None,
                value: self.boxed(node, "right"),
            },
            "compound_assignment_expr" => {
                let operator = node.child_by_field_name("operator").map_or("", |sign| self.source(sign));
                let operator = Some(operator_of(operator.trim_end_matches('=')));
                ExprKind::Assign {
                    target: self.boxed(node, "left"),
                    operator,
                    value: self.boxed(node, "right"),
                }
            }
            "type_cast_expression" => {
                ExprKind::Cast { value: self.boxed(node, "value"), to: Some(self.boxed(node, "type")) }
            }
            "parenthesized_expression" => return *self.first(node),
            "tuple_expression" | "tuple_pattern" | "tuple_type" => {
                ExprKind::List { elements: self.expressions(named(node)), kind: ListKind::Tuple }
            }
            "array_expression" | "slice_pattern" => {
                ExprKind::List { elements: self.expressions(named(node)), kind: ListKind::List }
            }
            "struct_expression" | "struct_pattern" => self.structure(node),
            "closure_expression" => self.closure(node),
            "return_expression" | "break_expression" => ExprKind::Opaque(self.expressions(named(node))),
            "let_condition" => ExprKind::Assign {
                target: self.boxed(node, "pattern"),
                operator: None,
                value: self.boxed(node, "value"),
            },
            "let_chain" => return self.chain(node),
            "if_expression" | "match_expression" | "block" | "unsafe_block" | "async_block"
            | "const_block" | "loop_expression" | "while_expression" | "for_expression" => {
                return self.choice(node);
            }
            "tuple_struct_pattern" => self.tuple_struct(node),
            "captured_pattern" => self.captured(node),
            "mut_pattern" | "ref_pattern" | "reference_pattern" => return *self.first(node),
            "remaining_field_pattern" => ExprKind::Opaque(Vec::new()),
            _ => ExprKind::Opaque(self.expressions(named(node))),
        };
        self.make(node, kind)
    }

    /// `a::b::c`
    fn path(&mut self, node: Node<'_>) -> Expr {
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let name = name.unwrap_or_else(|| self.build.name(""));
        let kind = match node.child_by_field_name("path") {
            Some(path) => ExprKind::Member { object: Box::new(self.expression(path)), name },
            None => ExprKind::Name(name),
        };
        self.make(node, kind)
    }

    fn index(&mut self, node: Node<'_>) -> ExprKind {
        let mut parts = named(node).into_iter();
        let (object, index) = (parts.next().unwrap_or(node), parts.next());
        let object = Box::new(if object == node {
            self.make(node, ExprKind::Opaque(Vec::new()))
        } else {
            self.expression(object)
        });
        match index {
            Some(index) => ExprKind::Index { object, index: Box::new(self.expression(index)) },
            None => ExprKind::Opaque(vec![*object]),
        }
    }

    fn call(&mut self, node: Node<'_>) -> ExprKind {
        let callee = self.boxed(node, "function");
        let arguments = node.child_by_field_name("arguments").map(named).unwrap_or_default();
        let arguments = arguments.into_iter().filter(|argument| argument.kind() != "attribute_item");
        let arguments =
            arguments.map(|argument| Argument { name: None, value: self.expression(argument) }).collect();
        ExprKind::Call { callee, arguments, is_new: false }
    }

    fn binary(&mut self, node: Node<'_>) -> ExprKind {
        let operator = node.child_by_field_name("operator").map_or("", |sign| self.source(sign));
        ExprKind::Binary {
            operator: operator_of(operator),
            left: self.boxed(node, "left"),
            right: self.boxed(node, "right"),
        }
    }

    fn unary(&mut self, node: Node<'_>) -> ExprKind {
        let operator = match self.source(node).as_bytes().first() {
            Some(b'!') => UnaryOperator::Not,
            Some(b'-') => UnaryOperator::Negate,
            _ => UnaryOperator::Reference,
        };
        ExprKind::Unary { operator, value: self.first(node) }
    }

    /// `if let A(x) = y && z`: the parts joined by `and`.
    fn chain(&mut self, node: Node<'_>) -> Expr {
        let parts = self.expressions(named(node));
        let join = |lowering: &mut Self, left: Expr, right: Expr| {
            let kind =
                ExprKind::Binary { operator: Operator::And, left: Box::new(left), right: Box::new(right) };
            lowering.make(node, kind)
        };
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else { return self.make(node, ExprKind::Opaque(Vec::new())) };
        for part in parts {
            whole = join(self, whole, part);
        }
        whole
    }

    /// `T { a: x, b, ..other }`: a call of the type with a map, so that the fields keep their names.
    fn structure(&mut self, node: Node<'_>) -> ExprKind {
        let callee = node.child_by_field_name("name").or_else(|| node.child_by_field_name("type"));
        let fields = node
            .child_by_field_name("body")
            .map(named)
            .unwrap_or_else(|| named(node).into_iter().skip(1).collect());
        let entries: Vec<Entry> = fields.into_iter().filter_map(|field| self.entry(field)).collect();
        let map = self.make(node, ExprKind::Map(entries));
        match callee {
            Some(callee) => {
                let callee = Box::new(self.expression(callee));
                ExprKind::Call { callee, arguments: vec![Argument { name: None, value: map }], is_new: true }
            }
            None => map.kind,
        }
    }

    fn entry(&mut self, node: Node<'_>) -> Option<Entry> {
        match node.kind() {
            "base_field_initializer" => {
                let value = *self.first(node);
                Some(Entry { key: None, value: self.make(node, ExprKind::Spread(Box::new(value))) })
            }
            "remaining_field_pattern" | "attribute_item" => None,
            _ => {
                let key = node.child_by_field_name("field").or_else(|| node.child_by_field_name("name"));
                let key = key.or_else(|| named(node).into_iter().next()).unwrap_or(node);
                let value = node
                    .child_by_field_name("value")
                    .or_else(|| node.child_by_field_name("pattern"))
                    .unwrap_or(key);
                let text = self.source(key).into();
                let key = self.make(key, ExprKind::Literal(Literal::Text(text)));
                Some(Entry { key: Some(key), value: self.expression(value) })
            }
        }
    }

    fn closure(&mut self, node: Node<'_>) -> ExprKind {
        let id = self.build.function();
        let span = self.build.span(node);
        let parameters =
            node.child_by_field_name("parameters").map(|list| self.parameters(list)).unwrap_or_default();
        let mut body = Vec::new();
        match node.child_by_field_name("body") {
            Some(block) if block.kind() == "block" => body = self.block(block, Use::Value),
            Some(value) => self.tail(value, &mut body),
            None => {}
        }
        let (is_async, returns) = (has_word(node, "async"), node.child_by_field_name("return_type"));
        let returns = returns.map(|kind| self.expression(kind));
        ExprKind::Function(Box::new(Function {
            id,
            name: None,
            parameters,
            returns,
            decorators: Vec::new(),
            body,
            is_async,
            is_generator: false,
            is_static: false,
            span,
        }))
    }

    /// A choice, block or loop that stands as a value.
    fn choice(&mut self, node: Node<'_>) -> Expr {
        let span = self.build.span(node);
        match node.kind() {
            "if_expression" => self.conditional(node),
            "match_expression" => self.block_value(node, |lowering| {
                vec![Stmt { span, kind: lowering.match_statement(node, Use::Value) }]
            }),
            "block" | "unsafe_block" | "async_block" | "const_block" => {
                self.block_value(node, |lowering| lowering.inner(node, Use::Value))
            }
            _ => self.block_value(node, |lowering| {
                let mut body = Vec::new();
                lowering.statement(node, Vec::new(), &mut body);
                body
            }),
        }
    }

    fn conditional(&mut self, node: Node<'_>) -> Expr {
        let test = self.boxed(node, "condition");
        let branch = |lowering: &mut Self, part: Option<Node<'_>>| match part {
            Some(block) if block.kind() == "block" => {
                lowering.block_value(block, |lowering| lowering.block(block, Use::Value))
            }
            Some(other) => lowering.expression(other),
            None => lowering.make(node, ExprKind::Literal(Literal::Null)),
        };
        let then = Box::new(branch(self, node.child_by_field_name("consequence")));
        let alternative =
            node.child_by_field_name("alternative").and_then(|clause| named(clause).into_iter().next());
        let otherwise = Box::new(branch(self, alternative));
        self.make(node, ExprKind::Conditional { test, then, otherwise })
    }

    /// `Some(x)` as a pattern binds what is in it.
    fn tuple_struct(&mut self, node: Node<'_>) -> ExprKind {
        let name = node.child_by_field_name("type");
        let inner: Vec<_> = named(node).into_iter().filter(|child| Some(*child) != name).collect();
        match inner.as_slice() {
            [one] => self.expression(*one).kind,
            _ => ExprKind::List { elements: self.expressions(inner), kind: ListKind::Tuple },
        }
    }

    /// `name @ pattern`
    fn captured(&mut self, node: Node<'_>) -> ExprKind {
        match named(node).first() {
            Some(name) => self.expression(*name).kind,
            None => ExprKind::Opaque(Vec::new()),
        }
    }

    pub(super) fn literal(&mut self, node: Node<'_>) -> Literal {
        let source = self.source(node);
        match node.kind() {
            "boolean_literal" => Literal::Bool(source == "true"),
            "integer_literal" | "negative_literal" | "float_literal" => number(source),
            "raw_string_literal" => {
                let inner = source.trim_start_matches(['b', 'c', 'r']).trim_matches('#');
                text(source, inner.trim_matches('"').to_owned())
            }
            _ => {
                let quote = if node.kind() == "char_literal" { '\'' } else { '"' };
                let inner = source.trim_start_matches(['b', 'c']);
                let inner =
                    inner.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).unwrap_or(inner);
                text(source, unescape(inner))
            }
        }
    }
}

fn text(source: &str, value: String) -> Literal {
    if source.starts_with('b') { Literal::Bytes(value.into()) } else { Literal::Text(value.into()) }
}

/// A number without its `_` and its type.
fn number(source: &str) -> Literal {
    let bare = source.replace('_', "");
    let digits = bare
        .find(['i', 'u', 'f'])
        .filter(|_| !bare.starts_with("0x"))
        .map_or(bare.as_str(), |at| bare.get(..at).unwrap_or_default());
    let radix = |prefix: &str, radix: u32| {
        digits
            .strip_prefix(prefix)
            .map(|rest| i64::from_str_radix(rest.split(['i', 'u']).next().unwrap_or_default(), radix))
    };
    let parsed = radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .unwrap_or_else(|| digits.parse());
    parsed.map_or_else(|_| Literal::Number(source.into()), Literal::Integer)
}

/// The text of a string literal's inside.
pub(super) fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('0') => out.push('\0'),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some('u') => {
                let digits: String =
                    chars.by_ref().skip(1).take_while(|c| *c != '}').filter(|c| *c != '_').collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            // A backslash at the end of a line joins it to the next one without its indent.
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

fn operator_of(sign: &str) -> Operator {
    match sign {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Modulo,
        "&" => Operator::BitAnd,
        "|" => Operator::BitOr,
        "^" => Operator::BitXor,
        "<<" => Operator::ShiftLeft,
        ">>" => Operator::ShiftRight,
        "&&" => Operator::And,
        "||" => Operator::Or,
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterEqual,
        _ => Operator::Other,
    }
}
