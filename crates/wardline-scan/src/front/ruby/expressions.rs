//! Expressions.

use tree_sitter::Node;

use super::{Lower, Ruby};
use crate::{
    front::lower::{Expressions, binary_operator, children, fields, operator_text},
    ir::{Argument, Entry, Expr, ExprKind, ListKind, Literal, Operator, UnaryOperator},
};

impl<'t> Expressions<'t> for Ruby<'t> {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Expr {
        lower.expr_here(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        let kind = match node.kind() {
            "identifier" | "hash_key_symbol" | "operator" => return self.identifier(node),
            "constant" => return self.constant(node),
            "self" => return self.made_name(node, "this"),
            "instance_variable" => return self.field_of_this(node),
            "class_variable" => {
                let object = Box::new(self.made_name(node, "this"));
                ExprKind::Member { object, name: self.spelled(node) }
            }
            "global_variable" | "super" | "line" | "file" | "encoding" => ExprKind::Name(self.spelled(node)),
            "integer" | "float" | "complex" | "rational" | "true" | "false" | "nil" | "simple_symbol"
            | "character" => ExprKind::Literal(self.literal(node)),
            "string" | "delimited_symbol" | "bare_string" | "bare_symbol" => self.quoted(node),
            "chained_string" => self.chained(node),
            "heredoc_beginning" => self.heredoc(node),
            "subshell" => {
                let kind = self.quoted(node);
                ExprKind::Command(Box::new(self.make(node, kind)))
            }
            "regex" => self.regex(node),
            "string_array" | "symbol_array" => self.words(node),
            "array" | "right_assignment_list" => return self.array(node),
            "hash" => ExprKind::Map(self.entries(children(node))),
            "pair" => ExprKind::Map(self.entries(vec![node])),
            "scope_resolution" => return self.scoped(node),
            "element_reference" => return self.element(node),
            "call" => return self.call(node),
            "yield" => return self.yielded(node),
            "lambda" => return self.lambda(node),
            "assignment" => return self.assignment(node),
            "operator_assignment" => return self.operator_assignment(node),
            "binary" => return self.operation(node),
            "unary" => self.unary(node),
            "conditional" => ExprKind::Conditional {
                test: self.boxed(node, "condition"),
                then: self.boxed(node, "consequence"),
                otherwise: self.boxed(node, "alternative"),
            },
            "range" => ExprKind::Opaque(self.exprs(children(node))),
            "splat_argument" | "hash_splat_argument" | "splat_parameter" | "hash_splat_parameter" => {
                ExprKind::Spread(Box::new(self.first(node)))
            }
            "array_pattern" | "find_pattern" => {
                ExprKind::List { elements: self.exprs(children(node)), kind: ListKind::List }
            }
            "hash_pattern" | "keyword_pattern" => ExprKind::Map(self.entries(children(node))),
            "method" | "singleton_method" => ExprKind::Function(Box::new(self.method(node))),
            "class" | "module" | "singleton_class" => ExprKind::Class(Box::new(self.class(node))),
            _ => return self.controlled(node),
        };
        self.make(node, kind)
    }

    /// A variable, a method of the class around, or a name that comes from elsewhere.
    fn identifier(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node);
        if self.is_given_block(text) {
            return self.made_name(node, super::BLOCK);
        }
        if self.is_variable(text) {
            return self.made_name(node, text);
        }
        self.own_method(node, text).unwrap_or_else(|| self.made_name(node, text))
    }

    /// A method of the class around that is called by its bare name, as a member of its object or of the class.
    pub(super) fn own_method(&mut self, node: Node<'t>, name: &str) -> Option<Expr> {
        let in_static = self.state.statics.last().copied()?;
        let around = self.state.classes.last()?;
        let (known, class) = match in_static {
            true => (around.statics.contains(name), around.name.clone()),
            false => (around.methods.contains(name), None),
        };
        if !known || (in_static && class.is_none()) {
            return None;
        }
        let object = Box::new(self.made_name(node, class.as_deref().unwrap_or("this")));
        let name = self.build.name(name);
        Some(self.make(node, ExprKind::Member { object, name }))
    }

    /// A constant of the class around is a member of it where a method looks at it.
    fn constant(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node);
        let class = self
            .state
            .statics
            .last()
            .and_then(|_| self.state.classes.iter().rev().find(|around| around.constants.contains(text)))
            .and_then(|around| around.name.clone());
        let name = self.build.name(text);
        match class {
            Some(class) => {
                let object = Box::new(self.made_name(node, &class));
                self.make(node, ExprKind::Member { object, name })
            }
            None => self.make(node, ExprKind::Name(name)),
        }
    }

    fn field_of_this(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node);
        let bare = text.trim_start_matches('@');
        let own = self.state.classes.last().is_some_and(|around| around.methods.contains(bare));
        let name = self.build.name(if own { text } else { bare });
        let object = Box::new(self.made_name(node, "this"));
        self.make(node, ExprKind::Member { object, name })
    }

    fn literal(&self, node: Node<'t>) -> Literal {
        let text = self.source(node);
        match node.kind() {
            "true" | "false" => Literal::Bool(text == "true"),
            "nil" => Literal::Null,
            "simple_symbol" => Literal::Text(text.trim_start_matches(':').into()),
            "character" => Literal::Text(text.trim_start_matches('?').into()),
            _ => {
                let digits = text.replace('_', "").to_ascii_lowercase();
                let parsed = match digits.get(..2) {
                    Some("0x") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 16),
                    Some("0b") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 2),
                    Some("0o") => i64::from_str_radix(digits.get(2..).unwrap_or_default(), 8),
                    _ if digits.len() > 1 && digits.starts_with('0') => i64::from_str_radix(&digits, 8),
                    _ => digits.parse(),
                };
                parsed.map_or_else(|_| Literal::Number(text.into()), Literal::Integer)
            }
        }
    }

    /// Elements side by side; pairs among them are one map at the end.
    fn array(&mut self, node: Node<'t>) -> Expr {
        let (pairs, elements): (Vec<_>, Vec<_>) =
            children(node).into_iter().partition(|element| element.kind() == "pair");
        let mut elements = self.exprs(elements);
        if !pairs.is_empty() {
            let entries = self.entries(pairs);
            elements.push(self.make(node, ExprKind::Map(entries)));
        }
        self.make(node, ExprKind::List { elements, kind: ListKind::List })
    }

    /// Keys with their values; a key alone is also the name of its value.
    pub(super) fn entries(&mut self, nodes: Vec<Node<'t>>) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(key) = node.child_by_field_name("key") else {
                let inner = children(node).first().copied().unwrap_or(node);
                entries.push(Entry { key: None, value: self.expr(inner) });
                continue;
            };
            let value = match node.child_by_field_name("value") {
                Some(value) => self.expr(value),
                None => {
                    let name = self.source(key);
                    self.bind_pattern(node, name);
                    self.identifier(key)
                }
            };
            let key = match key.kind() {
                "hash_key_symbol" => {
                    let text = self.source(key).into();
                    self.make(key, ExprKind::Literal(Literal::Text(text)))
                }
                _ => self.expr(key),
            };
            entries.push(Entry { key: Some(key), value });
        }
        entries
    }

    /// `in {name:}` makes a variable; `f(name:)` uses one.
    fn bind_pattern(&mut self, node: Node<'t>, name: &str) {
        if node.kind() == "keyword_pattern" {
            let name = self.build.name(name);
            self.bind(name);
        }
    }

    /// `A::B`, `::A`
    fn scoped(&mut self, node: Node<'t>) -> Expr {
        let name = node.child_by_field_name("name").unwrap_or(node);
        let name = self.spelled(name);
        match node.child_by_field_name("scope") {
            Some(scope) => {
                let object = Box::new(self.expr(scope));
                self.make(node, ExprKind::Member { object, name })
            }
            None => self.make(node, ExprKind::Name(name)),
        }
    }

    /// `a[k]`; with two values or a range a slice.
    fn element(&mut self, node: Node<'t>) -> Expr {
        let object = node.child_by_field_name("object");
        let block = node.child_by_field_name("block");
        let parts: Vec<_> =
            children(node).into_iter().filter(|part| Some(*part) != object && Some(*part) != block).collect();
        let object = Box::new(self.expr_or(node, object));
        let index = match parts.as_slice() {
            [only] if only.kind() != "range" => self.expr(*only),
            _ => {
                let parts = parts
                    .into_iter()
                    .flat_map(|part| if part.kind() == "range" { children(part) } else { vec![part] })
                    .collect();
                let bounds = self.exprs(parts).into_iter().map(Some).collect();
                self.make(node, ExprKind::Slice(bounds))
            }
        };
        self.make(node, ExprKind::Index { object, index: Box::new(index) })
    }

    fn assignment(&mut self, node: Node<'t>) -> Expr {
        let value = self.boxed(node, "right");
        let target = match node.child_by_field_name("left") {
            Some(left) => self.target(left),
            None => self.opaque(node),
        };
        self.make(node, ExprKind::Assign { target: Box::new(target), operator: None, value })
    }

    fn operator_assignment(&mut self, node: Node<'t>) -> Expr {
        let value = self.boxed(node, "right");
        let target = match node.child_by_field_name("left") {
            Some(left) => self.target(left),
            None => self.opaque(node),
        };
        let operator = match operator_text(self.text, node).trim_end_matches('=') {
            "<<" => Operator::Concat,
            other => operator_of(other),
        };
        self.make(node, ExprKind::Assign { target: Box::new(target), operator: Some(operator), value })
    }

    /// What is assigned to: a variable is known from here on.
    pub(super) fn target(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier" => {
                let name = self.spelled(node);
                self.bind(name.clone());
                self.make(node, ExprKind::Name(name))
            }
            "constant" => {
                let name = self.spelled(node);
                self.make(node, ExprKind::Name(name))
            }
            "left_assignment_list" | "destructured_left_assignment" | "destructured_parameter" => {
                let elements = children(node).into_iter().map(|part| self.target(part)).collect();
                self.make(node, ExprKind::List { elements, kind: ListKind::List })
            }
            "rest_assignment" | "splat_parameter" => {
                let inner = match children(node).first() {
                    Some(inner) => self.target(*inner),
                    None => self.opaque(node),
                };
                self.make(node, ExprKind::Spread(Box::new(inner)))
            }
            _ => self.expr(node),
        }
    }

    fn operation(&mut self, node: Node<'t>) -> Expr {
        let written = operator_text(self.text, node);
        let Some(left) = node.child_by_field_name("left") else { return self.opaque(node) };
        let number = matches!(left.kind(), "integer" | "float");
        if written == "<<" && !number {
            let object = Box::new(self.expr(left));
            let name = self.build.name("push");
            let callee = Box::new(self.make(node, ExprKind::Member { object, name }));
            let value = self.field(node, "right");
            let arguments = vec![Argument { name: None, value }];
            return self.make(node, ExprKind::Call { callee, arguments, is_new: false });
        }
        if written == "!~" {
            let kind = ExprKind::Binary {
                operator: Operator::Match,
                left: Box::new(self.expr(left)),
                right: self.boxed(node, "right"),
            };
            let value = Box::new(self.make(node, kind));
            return self.make(node, ExprKind::Unary { operator: UnaryOperator::Not, value });
        }
        self.binary(node, operator_of(written))
    }

    fn unary(&mut self, node: Node<'t>) -> ExprKind {
        let operator = match operator_text(self.text, node) {
            "!" | "not" => UnaryOperator::Not,
            "-" => UnaryOperator::Negate,
            "+" => UnaryOperator::Plus,
            "~" => UnaryOperator::BitNot,
            _ => UnaryOperator::Other,
        };
        ExprKind::Unary { operator, value: self.boxed(node, "operand") }
    }

    /// `if`, `case`, `begin` and the like where a value is wanted.
    fn controlled(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "parenthesized_statements"
            | "begin"
            | "then"
            | "else"
            | "do"
            | "block_body"
            | "interpolation" => self.value_of(node, &children(node)),
            "body_statement" | "ensure" | "rescue" => self.value_of(node, &children(node)),
            "if" | "elsif" | "if_modifier" | "unless" | "unless_modifier" => {
                let test = self.boxed(node, "condition");
                let then =
                    node.child_by_field_name("consequence").or_else(|| node.child_by_field_name("body"));
                let then = Box::new(self.value_or_nil(node, then));
                let otherwise = Box::new(self.value_or_nil(node, node.child_by_field_name("alternative")));
                let kind = match node.kind() {
                    "unless" | "unless_modifier" => {
                        ExprKind::Conditional { test, then: otherwise, otherwise: then }
                    }
                    _ => ExprKind::Conditional { test, then, otherwise },
                };
                self.make(node, kind)
            }
            "rescue_modifier" => {
                let kind = ExprKind::Binary {
                    operator: Operator::Coalesce,
                    left: self.boxed(node, "body"),
                    right: self.boxed(node, "handler"),
                };
                self.make(node, kind)
            }
            "case" | "case_match" => self.case_value(node),
            _ => {
                let parts = self.exprs(children(node));
                self.make(node, ExprKind::Opaque(parts))
            }
        }
    }

    fn value_or_nil(&mut self, around: Node<'t>, node: Option<Node<'t>>) -> Expr {
        match node {
            Some(node) => self.expr(node),
            None => self.make(around, ExprKind::Literal(Literal::Null)),
        }
    }

    /// Several statements where a value is wanted: the last one's.
    pub(super) fn value_of(&mut self, around: Node<'t>, nodes: &[Node<'t>]) -> Expr {
        let mut values = self.exprs(nodes.to_vec()).into_iter();
        let Some(mut value) = values.next() else {
            return self.make(around, ExprKind::Literal(Literal::Null));
        };
        for next in values {
            let (left, right) = (Box::new(value), Box::new(next));
            value = self.make(around, ExprKind::Binary { operator: Operator::Sequence, left, right });
        }
        value
    }

    /// `case x when a then b else c end` as a chain of conditions.
    fn case_value(&mut self, node: Node<'t>) -> Expr {
        let mut otherwise: Option<Expr> = None;
        for clause in children(node).into_iter().rev() {
            match clause.kind() {
                "else" => otherwise = Some(self.expr(clause)),
                "when" | "in_clause" => {
                    let tests: Vec<_> =
                        fields(clause, "pattern").into_iter().map(|label| self.test(node, label)).collect();
                    let test = Box::new(self.joined(tests, Operator::Or));
                    let then = Box::new(self.value_or_nil(clause, clause.child_by_field_name("body")));
                    let rest = match otherwise.take() {
                        Some(rest) => rest,
                        None => self.value_or_nil(clause, None),
                    };
                    let kind = ExprKind::Conditional { test, then, otherwise: Box::new(rest) };
                    otherwise = Some(self.make(clause, kind));
                }
                _ => {}
            }
        }
        otherwise.unwrap_or_else(|| self.opaque(node))
    }

    /// Whether a clause of a `case` is taken: its value equals, or holds where the `case` has no subject.
    fn test(&mut self, case: Node<'t>, label: Node<'t>) -> Expr {
        let inner = if label.kind() == "pattern" { children(label).first().copied() } else { Some(label) };
        let value = self.expr_or(label, inner);
        match case.child_by_field_name("value") {
            Some(subject) => {
                let kind = ExprKind::Binary {
                    operator: Operator::Equal,
                    left: Box::new(self.expr(subject)),
                    right: Box::new(value),
                };
                self.make(label, kind)
            }
            None => value,
        }
    }
}

fn operator_of(text: &str) -> Operator {
    match text {
        "and" => Operator::And,
        "or" => Operator::Or,
        "=~" => Operator::Match,
        "===" => Operator::Other,
        other => binary_operator(other),
    }
}
