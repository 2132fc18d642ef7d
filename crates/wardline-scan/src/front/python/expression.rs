//! Expressions, assignment targets, types and the patterns of `match`.

use tree_sitter::Node;

use super::{Lowering, fields, named};
use crate::ir::{
    Argument, Clause, ComprehensionKind, Entry, Expr, ExprKind, Function, ListKind, Literal, Operator, Stmt,
    StmtKind, UnaryOperator,
};

/// How many operands a chain of one operator has before it is lowered to a balanced tree.
const CHAIN: usize = 32;

/// How long the source of an operand may be that is written twice for a chained comparison.
const COPIED: usize = 80;

impl Lowering<'_> {
    /// Lowers an expression, target, type or pattern.
    pub(super) fn expression(&mut self, mut node: Node<'_>) -> Expr {
        while matches!(node.kind(), "parenthesized_expression" | "type" | "as_pattern_target")
            && let [inner] = named(node).as_slice()
        {
            node = *inner;
        }
        match self.deeper(node, |lowering| lowering.kind(node)) {
            Some(expression) => expression,
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }

    fn boxed(&mut self, node: Node<'_>, field: &str) -> Box<Expr> {
        Box::new(self.expression_field(node, field))
    }

    fn each(&mut self, nodes: Vec<Node<'_>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expression(node)).collect()
    }

    fn list(&mut self, node: Node<'_>, kind: ListKind) -> ExprKind {
        ExprKind::List { elements: self.each(named(node)), kind }
    }

    fn kind(&mut self, node: Node<'_>) -> Expr {
        let kind = match node.kind() {
            "identifier" | "keyword_identifier" | "ellipsis" => ExprKind::Name(self.name_of(node)),
            "string" | "concatenated_string" => return self.string(node),
            "integer" => self.integer(node),
            "float" => ExprKind::Literal(Literal::Number(self.source(node).into())),
            "true" => ExprKind::Literal(Literal::Bool(true)),
            "false" => ExprKind::Literal(Literal::Bool(false)),
            "none" => ExprKind::Literal(Literal::Null),
            "attribute" => {
                let name = node.child_by_field_name("attribute");
                let name = name.map_or("", |name| self.source(name));
                let name = self.build.name(name);
                ExprKind::Member { object: self.boxed(node, "object"), name }
            }
            "subscript" => self.subscript(node),
            "slice" => self.slice(node),
            "call" => self.call(node),
            "binary_operator" | "boolean_operator" => return self.binary(node),
            "comparison_operator" => return self.comparison(node),
            "not_operator" => {
                ExprKind::Unary { operator: UnaryOperator::Not, value: self.boxed(node, "argument") }
            }
            "unary_operator" => self.unary(node),
            "conditional_expression" => return self.conditional(node),
            "named_expression" => ExprKind::Assign {
                target: self.boxed(node, "name"),
                operator: None,
                value: self.boxed(node, "value"),
            },
            "assignment" => self.assignment(node),
            "augmented_assignment" => {
                let operator = node.child_by_field_name("operator");
                let operator = operator.map_or(Operator::Other, |node| Self::operator(self.source(node)));
                ExprKind::Assign {
                    target: self.boxed(node, "left"),
                    operator: Some(operator),
                    value: self.boxed(node, "right"),
                }
            }
            "list" | "list_pattern" => self.list(node, ListKind::List),
            "tuple" | "tuple_pattern" | "expression_list" | "pattern_list" => {
                self.list(node, ListKind::Tuple)
            }
            "set" => self.list(node, ListKind::Set),
            "dictionary" | "dict_pattern" => return self.map(node),
            "list_comprehension" => self.comprehension(node, ComprehensionKind::List),
            "set_comprehension" => self.comprehension(node, ComprehensionKind::Set),
            "dictionary_comprehension" => self.comprehension(node, ComprehensionKind::Map),
            "generator_expression" => self.comprehension(node, ComprehensionKind::Lazy),
            "lambda" => self.lambda(node),
            "await" => match named(node).first() {
                Some(value) => ExprKind::Await(Box::new(self.expression(*value))),
                None => ExprKind::Opaque(Vec::new()),
            },
            "yield" => self.yielded(node),
            "list_splat"
            | "dictionary_splat"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "splat_pattern"
            | "splat_type" => self.spread(node),
            "as_pattern" => self.as_pattern(node),
            other => return self.rare(node, other),
        };
        self.make(node, kind)
    }

    /// Types and patterns, and what is left.
    fn rare(&mut self, node: Node<'_>, kind: &str) -> Expr {
        let parts = named(node);
        let kind = match kind {
            "dotted_name" => return self.dotted_path(&parts, node),
            "case_pattern" => match parts.as_slice() {
                [one] if !self.source(node).starts_with('-') => return self.expression(*one),
                _ => self.negative(node, &parts),
            },
            "class_pattern" => self.class_pattern(&parts, node),
            "keyword_pattern" => ExprKind::Opaque(self.each(parts)),
            "generic_type" => match parts.as_slice() {
                [name, parameters] => {
                    let object = Box::new(self.expression(*name));
                    let index = Box::new(self.type_parameters(*parameters));
                    ExprKind::Index { object, index }
                }
                _ => ExprKind::Opaque(self.each(parts)),
            },
            "type_parameter" => return self.type_parameters(node),
            "union_type" => match parts.as_slice() {
                [left, right] => ExprKind::Binary {
                    operator: Operator::BitOr,
                    left: Box::new(self.expression(*left)),
                    right: Box::new(self.expression(*right)),
                },
                _ => ExprKind::Opaque(self.each(parts)),
            },
            "member_type" => match parts.as_slice() {
                [object, name] => {
                    let name = self.name_of(*name);
                    ExprKind::Member { object: Box::new(self.expression(*object)), name }
                }
                _ => ExprKind::Opaque(self.each(parts)),
            },
            "comment" => ExprKind::Opaque(Vec::new()),
            _ if self.source(node) == "_" => ExprKind::Name(self.build.name("_")),
            _ if parts.iter().any(|part| part.kind().ends_with("_statement") || part.kind() == "block") => {
                self.within(node)
            }
            _ => ExprKind::Opaque(self.each(parts)),
        };
        self.make(node, kind)
    }

    /// Statements where an expression should be, which happens around syntax errors: kept as the body of a function that
    /// nothing calls, so that nothing in them is lost to the rules.
    fn within(&mut self, node: Node<'_>) -> ExprKind {
        let body = self.block(node);
        self.nameless(node, Vec::new(), body)
    }

    fn nameless(
        &mut self,
        node: Node<'_>,
        parameters: Vec<crate::ir::Parameter>,
        body: Vec<Stmt>,
    ) -> ExprKind {
        ExprKind::Function(Box::new(Function {
            id: self.build.function(),
            name: None,
            parameters,
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        }))
    }

    fn integer(&mut self, node: Node<'_>) -> ExprKind {
        let source = self.source(node);
        let digits: String = source.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        let digits = digits.trim_end_matches('l');
        let read =
            |prefix: &str, base| digits.strip_prefix(prefix).map(|digits| i64::from_str_radix(digits, base));
        let number = read("0x", 16).or_else(|| read("0o", 8)).or_else(|| read("0b", 2));
        match number.unwrap_or_else(|| digits.parse()) {
            Ok(number) => ExprKind::Literal(Literal::Integer(number)),
            Err(_) => ExprKind::Literal(Literal::Number(source.into())),
        }
    }

    fn subscript(&mut self, node: Node<'_>) -> ExprKind {
        let object = self.boxed(node, "value");
        let mut indices = self.each(fields(node, "subscript"));
        let index = match indices.pop() {
            Some(only) if indices.is_empty() => only,
            Some(last) => {
                indices.push(last);
                self.make(node, ExprKind::List { elements: indices, kind: ListKind::Tuple })
            }
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        };
        ExprKind::Index { object, index: Box::new(index) }
    }

    fn slice(&mut self, node: Node<'_>) -> ExprKind {
        let mut cursor = node.walk();
        let children: Vec<_> = node.children(&mut cursor).collect();
        let mut parts = vec![None];
        for child in children {
            if child.kind() == ":" {
                parts.push(None);
            } else if child.is_named() && child.kind() != "comment" {
                let value = self.expression(child);
                if let Some(last) = parts.last_mut() {
                    *last = Some(value);
                }
            }
        }
        ExprKind::Slice(parts)
    }

    fn call(&mut self, node: Node<'_>) -> ExprKind {
        let callee = self.boxed(node, "function");
        let mut arguments = Vec::new();
        if let Some(list) = node.child_by_field_name("arguments") {
            if list.kind() == "generator_expression" {
                arguments.push(Argument { name: None, value: self.expression(list) });
            } else {
                for argument in named(list) {
                    arguments.push(self.argument(argument));
                }
            }
        }
        ExprKind::Call { callee, arguments, is_new: false }
    }

    fn argument(&mut self, node: Node<'_>) -> Argument {
        if node.kind() == "keyword_argument" {
            let name = node.child_by_field_name("name").map(|name| self.name_of(name));
            return Argument { name, value: self.expression_field(node, "value") };
        }
        Argument { name: None, value: self.expression(node) }
    }

    fn unary(&mut self, node: Node<'_>) -> ExprKind {
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.source(operator));
        let operator = match operator {
            "-" => UnaryOperator::Negate,
            "+" => UnaryOperator::Plus,
            "~" => UnaryOperator::BitNot,
            _ => UnaryOperator::Other,
        };
        ExprKind::Unary { operator, value: self.boxed(node, "argument") }
    }

    fn operator_of(&self, node: Node<'_>) -> Operator {
        node.child_by_field_name("operator").map_or(Operator::Other, |node| Self::operator(self.source(node)))
    }

    /// `a + b + c …`: a long chain of one associative operator becomes a balanced tree, so that it does not nest deep.
    fn binary(&mut self, node: Node<'_>) -> Expr {
        let operator = self.operator_of(node);
        let associative = matches!(
            operator,
            Operator::Add | Operator::And | Operator::Or | Operator::BitOr | Operator::BitAnd
        );
        if associative {
            let mut operands = Vec::new();
            let mut left = node;
            while matches!(left.kind(), "binary_operator" | "boolean_operator")
                && self.operator_of(left) == operator
            {
                operands.extend(left.child_by_field_name("right"));
                match left.child_by_field_name("left") {
                    Some(next) => left = next,
                    None => break,
                }
            }
            if operands.len() >= CHAIN {
                operands.push(left);
                operands.reverse();
                let operands = self.each(operands);
                return self.balanced(node, operator, operands);
            }
        }
        let left = self.boxed(node, "left");
        let right = self.boxed(node, "right");
        self.make(node, ExprKind::Binary { operator, left, right })
    }

    fn balanced(&mut self, node: Node<'_>, operator: Operator, mut operands: Vec<Expr>) -> Expr {
        while operands.len() > 1 {
            let mut joined = Vec::with_capacity(operands.len().div_ceil(2));
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                let Some(right) = rest.next() else {
                    joined.push(left);
                    break;
                };
                let span = crate::span::Span::new(left.span.start, right.span.end);
                let (left, right) = (Box::new(left), Box::new(right));
                joined.push(self.build.expr(span, ExprKind::Binary { operator, left, right }));
            }
            operands = joined;
        }
        match operands.pop() {
            Some(whole) => whole,
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }

    /// `a < b <= c` is `a < b and b <= c`.
    fn comparison(&mut self, node: Node<'_>) -> Expr {
        let mut cursor = node.walk();
        let children: Vec<_> = node.children(&mut cursor).filter(|child| child.kind() != "comment").collect();
        let mut operands = Vec::new();
        let mut operators = Vec::new();
        for child in children {
            if child.is_named() {
                operands.push(child);
            } else {
                let text = self.source(child).split_whitespace().collect::<Vec<_>>().join(" ");
                if text == "<>" {
                    let span = self.build.span(child);
                    self.build.problem(span, "`<>` of Python 2");
                }
                operators.push(Self::operator(&text));
            }
        }
        let mut tests = Vec::new();
        for (place, (operator, pair)) in operators.into_iter().zip(operands.windows(2)).enumerate() {
            let [left, right] = pair else { continue };
            let left = Box::new(if place == 0 { self.expression(*left) } else { self.again(*left) });
            let right = Box::new(self.expression(*right));
            let span = crate::span::Span::new(left.span.start, right.span.end);
            tests.push(self.build.expr(span, ExprKind::Binary { operator, left, right }));
        }
        self.balanced(node, Operator::And, tests)
    }

    /// The second copy of an operand that stands between two comparisons. A long one is not copied.
    fn again(&mut self, node: Node<'_>) -> Expr {
        if self.copying || node.byte_range().len() > COPIED {
            return self.make(node, ExprKind::Opaque(Vec::new()));
        }
        self.copying = true;
        let copy = self.expression(node);
        self.copying = false;
        copy
    }

    fn conditional(&mut self, node: Node<'_>) -> Expr {
        let parts = named(node);
        let [then, test, otherwise] = parts.as_slice() else {
            let parts = self.each(parts);
            return self.make(node, ExprKind::Opaque(parts));
        };
        let test = Box::new(self.expression(*test));
        let then = Box::new(self.expression(*then));
        let otherwise = Box::new(self.expression(*otherwise));
        self.make(node, ExprKind::Conditional { test, then, otherwise })
    }

    fn assignment(&mut self, node: Node<'_>) -> ExprKind {
        let target = self.boxed(node, "left");
        match node.child_by_field_name("right") {
            Some(right) => {
                ExprKind::Assign { target, operator: None, value: Box::new(self.expression(right)) }
            }
            None => ExprKind::Opaque(vec![*target]),
        }
    }

    fn map(&mut self, node: Node<'_>) -> Expr {
        let mut entries = Vec::new();
        if node.kind() == "dict_pattern" {
            let keys = fields(node, "key");
            for (key, value) in keys.into_iter().zip(fields(node, "value")) {
                entries.push(Entry { key: Some(self.expression(key)), value: self.expression(value) });
            }
            return self.make(node, ExprKind::Map(entries));
        }
        for child in named(node) {
            let entry = match child.kind() {
                "pair" => Entry {
                    key: Some(self.expression_field(child, "key")),
                    value: self.expression_field(child, "value"),
                },
                _ => Entry { key: None, value: self.expression(child) },
            };
            entries.push(entry);
        }
        self.make(node, ExprKind::Map(entries))
    }

    fn comprehension(&mut self, node: Node<'_>, kind: ComprehensionKind) -> ExprKind {
        let mut clauses = Vec::new();
        let body = node.child_by_field_name("body");
        for clause in named(node).into_iter().filter(|child| Some(*child) != body) {
            match clause.kind() {
                "for_in_clause" => {
                    let target = self.expression_field(clause, "left");
                    let over = fields(clause, "right");
                    let over = self.expression_list(&over, clause);
                    let over = match over {
                        Some(over) => over,
                        None => self.make(clause, ExprKind::Opaque(Vec::new())),
                    };
                    clauses.push(Clause::For(target, over));
                }
                "if_clause" => {
                    if let Some(test) = named(clause).first() {
                        clauses.push(Clause::If(self.expression(*test)));
                    }
                }
                _ => {}
            }
        }
        let element = match body {
            Some(pair) if pair.kind() == "pair" => {
                let key = self.expression_field(pair, "key");
                let value = self.expression_field(pair, "value");
                self.make(pair, ExprKind::List { elements: vec![key, value], kind: ListKind::Tuple })
            }
            Some(body) => self.expression(body),
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        };
        ExprKind::Comprehension { element: Box::new(element), clauses, kind }
    }

    fn lambda(&mut self, node: Node<'_>) -> ExprKind {
        let outer = self.yields;
        let parameters = node.child_by_field_name("parameters");
        let parameters = parameters.map(|list| self.parameters(list)).unwrap_or_default();
        let value = self.expression_field(node, "body");
        self.yields = outer;
        let body = vec![Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }];
        self.nameless(node, parameters, body)
    }

    fn yielded(&mut self, node: Node<'_>) -> ExprKind {
        self.yields = true;
        let parts = named(node);
        let from = node.child(1).is_some_and(|word| word.kind() == "from");
        let value = self.expression_list(&parts, node).map(|value| {
            let spread = from.then_some(());
            match spread {
                Some(()) => self.make(node, ExprKind::Spread(Box::new(value))),
                None => value,
            }
        });
        ExprKind::Yield(value.map(Box::new))
    }

    fn spread(&mut self, node: Node<'_>) -> ExprKind {
        let inner = match named(node).first() {
            Some(inner) => self.expression(*inner),
            None => {
                let name = self.build.name("_");
                self.make(node, ExprKind::Name(name))
            }
        };
        ExprKind::Spread(Box::new(inner))
    }

    /// `pattern as name`: the name is given what the pattern matched.
    fn as_pattern(&mut self, node: Node<'_>) -> ExprKind {
        let parts = named(node);
        match parts.as_slice() {
            [pattern, name] => {
                let value = Box::new(self.expression(*pattern));
                ExprKind::Assign { target: Box::new(self.expression(*name)), operator: None, value }
            }
            _ => ExprKind::Opaque(self.each(parts)),
        }
    }

    fn dotted_path(&mut self, parts: &[Node<'_>], node: Node<'_>) -> Expr {
        let mut parts = parts.iter();
        let Some(first) = parts.next().filter(|_| parts.len() + self.depth < super::DEPTH) else {
            return self.make(node, ExprKind::Opaque(Vec::new()));
        };
        let mut path = self.expression(*first);
        for part in parts {
            let name = self.name_of(*part);
            let end = self.build.span(*part).end;
            let span = crate::span::Span::new(path.span.start, end);
            path = self.build.expr(span, ExprKind::Member { object: Box::new(path), name });
        }
        path
    }

    fn negative(&mut self, node: Node<'_>, parts: &[Node<'_>]) -> ExprKind {
        match parts {
            [number] => {
                ExprKind::Unary { operator: UnaryOperator::Negate, value: Box::new(self.expression(*number)) }
            }
            [] if self.source(node) == "_" => ExprKind::Name(self.build.name("_")),
            many => ExprKind::Opaque(many.iter().map(|part| self.expression(*part)).collect()),
        }
    }

    /// `Point(0, y=other)`.
    fn class_pattern(&mut self, parts: &[Node<'_>], node: Node<'_>) -> ExprKind {
        let Some((class, fields)) = parts.split_first() else { return ExprKind::Opaque(Vec::new()) };
        let callee = Box::new(self.expression(*class));
        let mut arguments = Vec::new();
        for field in fields {
            let keyword = named(*field).into_iter().find(|inner| inner.kind() == "keyword_pattern");
            let parts = keyword.map(named).unwrap_or_default();
            let argument = match (keyword, parts.as_slice()) {
                (Some(_), [name, value, ..]) => {
                    let mut of = self.expression(*value);
                    if value.prev_sibling().is_some_and(|sign| sign.kind() == "-") {
                        let negated = Box::new(of);
                        let operator = UnaryOperator::Negate;
                        of = self.make(*value, ExprKind::Unary { operator, value: negated });
                    }
                    Argument { name: Some(self.name_of(*name)), value: of }
                }
                (Some(_), [name]) => {
                    let blank = self.build.name("_");
                    Argument {
                        name: Some(self.name_of(*name)),
                        value: self.make(node, ExprKind::Name(blank)),
                    }
                }
                _ => Argument { name: None, value: self.expression(*field) },
            };
            arguments.push(argument);
        }
        ExprKind::Call { callee, arguments, is_new: false }
    }

    fn type_parameters(&mut self, node: Node<'_>) -> Expr {
        let mut parts = self.each(named(node));
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                self.make(node, ExprKind::List { elements: parts, kind: ListKind::Tuple })
            }
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }
}
