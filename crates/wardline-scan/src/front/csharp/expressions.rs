//! Expressions.

use std::collections::HashSet;

use tree_sitter::Node;

use super::{CSharp, Lower};
use crate::{
    front::lower::{Expressions, binary_operator, children, has_token, operator_text},
    ir::{
        Argument, Clause, ComprehensionKind, Entry, Expr, ExprKind, Function, ListKind, Literal, Operator,
        Parameter, ParameterKind, Stmt, StmtKind, UnaryOperator,
    },
};

impl<'t> Expressions<'t> for CSharp {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Expr {
        lower.expr_here(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        let kind = match node.kind() {
            "identifier" | "implicit_parameter" => return self.named(node),
            "this" | "base" => {
                ExprKind::Name(self.build.name(if node.kind() == "this" { "this" } else { "super" }))
            }
            "generic_name" => return self.generic(node),
            "qualified_name"
            | "alias_qualified_name"
            | "predefined_type"
            | "array_type"
            | "nullable_type"
            | "tuple_type" => return self.type_expr(node),
            "member_access_expression" => return self.member(node),
            "conditional_access_expression" => return self.conditional_access(node),
            "element_access_expression" => return self.element(node),
            "invocation_expression" => return self.invocation(node),
            "object_creation_expression" | "implicit_object_creation_expression" => {
                return self.creation(node, None);
            }
            "anonymous_object_creation_expression" => ExprKind::Map(self.anonymous(node)),
            "array_creation_expression"
            | "implicit_array_creation_expression"
            | "stackalloc_expression"
            | "implicit_stackalloc_expression" => return self.array(node),
            "initializer_expression" | "collection_expression" | "list_pattern" => {
                ExprKind::List { elements: self.exprs(children(node)), kind: ListKind::List }
            }
            "expression_element"
            | "parenthesized_expression"
            | "checked_expression"
            | "ref_expression"
            | "arrow_expression_clause"
            | "constant_pattern"
            | "parenthesized_pattern"
            | "makeref_expression" => {
                return self.first(node);
            }
            "spread_element" => ExprKind::Spread(Box::new(self.first(node))),
            "tuple_expression" => {
                let values = children(node).into_iter().map(|part| self.argument(part).value).collect();
                ExprKind::List { elements: values, kind: ListKind::Tuple }
            }
            "tuple_pattern" | "parenthesized_variable_designation" => {
                let elements = children(node).into_iter().map(|part| self.target(part)).collect();
                ExprKind::List { elements, kind: ListKind::Tuple }
            }
            "declaration_expression" => {
                return match node.child_by_field_name("name") {
                    Some(name) => self.variable(name),
                    None => self.opaque(node),
                };
            }
            "assignment_expression" => return self.assignment(node),
            "binary_expression" => {
                return self.binary(node, binary_operator(operator_text(self.text, node)));
            }
            "prefix_unary_expression" | "postfix_unary_expression" => return self.unary(node),
            "conditional_expression" => ExprKind::Conditional {
                test: self.boxed(node, "condition"),
                then: self.boxed(node, "consequence"),
                otherwise: self.boxed(node, "alternative"),
            },
            "is_expression" | "is_pattern_expression" => return self.is(node),
            "as_expression" => self.cast(node, "left", "right"),
            "cast_expression" => self.cast(node, "value", "type"),
            "switch_expression" => return self.switch_value(node),
            "lambda_expression" | "anonymous_method_expression" => {
                ExprKind::Function(Box::new(self.lambda(node)))
            }
            "query_expression" => return self.query(node),
            "await_expression" => ExprKind::Await(Box::new(self.first(node))),
            "interpolated_string_expression" => self.interpolated(node),
            "range_expression" => {
                let bounds = self.exprs(children(node)).into_iter().map(Some).collect();
                ExprKind::Slice(bounds)
            }
            "typeof_expression" | "sizeof_expression" | "default_expression" => {
                return match node.child_by_field_name("type") {
                    Some(of) if node.kind() == "typeof_expression" => self.type_expr(of),
                    _ => self.make(node, ExprKind::Literal(Literal::Null)),
                };
            }
            kind if kind.ends_with("_literal") => self.literal(node),
            _ => ExprKind::Opaque(self.exprs(children(node))),
        };
        self.make(node, kind)
    }

    /// What is assigned to, made here where it is new.
    pub(super) fn target(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier" => self.variable(node),
            _ => self.expr(node),
        }
    }

    /// `F<T>`
    fn generic(&mut self, node: Node<'t>) -> Expr {
        match children(node).first() {
            Some(name) => self.named(*name),
            None => self.opaque(node),
        }
    }

    fn member(&mut self, node: Node<'t>) -> Expr {
        let object = self.boxed(node, "expression");
        let Some(name) = node.child_by_field_name("name") else { return *object };
        let name = self.bare(name);
        self.make(node, ExprKind::Member { object, name })
    }

    /// `a?.b`, `a?[b]`
    fn conditional_access(&mut self, node: Node<'t>) -> Expr {
        let object = self.boxed(node, "condition");
        let binding = children(node).into_iter().last();
        let kind = match binding {
            Some(binding) if binding.kind() == "member_binding_expression" => {
                let name = binding.child_by_field_name("name").unwrap_or(binding);
                ExprKind::Member { object, name: self.bare(name) }
            }
            Some(binding) => {
                let index = children(binding).first().map(|index| self.argument(*index).value);
                let index = index.unwrap_or_else(|| self.opaque(binding));
                ExprKind::Index { object, index: Box::new(index) }
            }
            None => return *object,
        };
        self.make(node, kind)
    }

    fn element(&mut self, node: Node<'t>) -> Expr {
        let object = self.boxed(node, "expression");
        let subscripts = node.child_by_field_name("subscript").map_or_else(Vec::new, children);
        let mut values: Vec<_> = subscripts.into_iter().map(|part| self.argument(part).value).collect();
        let index = match values.len() {
            1 => values.remove(0),
            _ => self.make(node, ExprKind::List { elements: values, kind: ListKind::Tuple }),
        };
        self.make(node, ExprKind::Index { object, index: Box::new(index) })
    }

    /// A call; what it gives out by `out` is assigned before.
    fn invocation(&mut self, node: Node<'t>) -> Expr {
        let callee = self.boxed(node, "function");
        let list = node.child_by_field_name("arguments");
        let parts = list.map_or_else(Vec::new, children);
        if parts.is_empty() && matches!(&callee.kind, ExprKind::Name(name) if &**name == "__wl_e") {
            // The `...` of a pattern, which has to be a statement.
            return *callee;
        }
        let outs: Vec<_> = parts.iter().copied().filter(|part| is_out(*part)).collect();
        let arguments = list.map_or_else(Vec::new, |list| self.arguments(list));
        let call = self.make(node, ExprKind::Call { callee, arguments, is_new: false });
        let mut value = call;
        for out in outs {
            let Some(given) = self.given_out(node, out, &parts) else { continue };
            let (left, right) = (Box::new(given), Box::new(value));
            value = self.make(node, ExprKind::Binary { operator: Operator::Sequence, left, right });
        }
        value
    }

    /// `y = F(x)` for `F(x, out y)`, of `TryF` with `F`.
    fn given_out(&mut self, node: Node<'t>, out: Node<'t>, parts: &[Node<'t>]) -> Option<Expr> {
        let target = children(out).last().copied().filter(|target| self.source(*target) != "_")?;
        let target = Box::new(self.expr(target));
        let mut callee = self.field(node, "function");
        if let ExprKind::Member { name, .. } = &mut callee.kind
            && let Some(plain) = name.strip_prefix("Try")
        {
            *name = self.build.name(plain);
        }
        let given: Vec<_> = parts.iter().copied().filter(|part| !is_out(*part)).collect();
        let arguments = given.into_iter().map(|part| self.argument(part)).collect();
        let call = ExprKind::Call { callee: Box::new(callee), arguments, is_new: false };
        let value = Box::new(self.make(node, call));
        Some(self.make(node, ExprKind::Assign { target, operator: None, value }))
    }

    pub(super) fn arguments(&mut self, list: Node<'t>) -> Vec<Argument> {
        children(list).into_iter().map(|part| self.argument(part)).collect()
    }

    /// `x`, `name: x`, `ref x`, and `Name = x` of an attribute.
    pub(super) fn argument(&mut self, node: Node<'t>) -> Argument {
        if !matches!(node.kind(), "argument" | "attribute_argument") {
            return Argument { name: None, value: self.expr(node) };
        }
        let name = node.child_by_field_name("name");
        let value = children(node).into_iter().rfind(|part| Some(*part) != name);
        let mut value = self.expr_or(node, value);
        if has_token(node, "ref") {
            let operator = UnaryOperator::Reference;
            value = self.make(node, ExprKind::Unary { operator, value: Box::new(value) });
        }
        Argument { name: name.map(|name| self.spelled(name)), value }
    }

    /// `new T(x) { A = b }`: what is set are arguments by name. `new(x)` is of the type that is declared.
    pub(super) fn creation(&mut self, node: Node<'t>, declared: Option<Node<'t>>) -> Expr {
        let written = node.child_by_field_name("type").or(declared);
        let callee = match written {
            Some(written) => self.type_expr(written),
            None => self.opaque(node),
        };
        let parts = children(node);
        let list = parts.iter().find(|part| part.kind() == "argument_list");
        let mut arguments = list.map_or_else(Vec::new, |list| self.arguments(*list));
        let initializer = parts.iter().find(|part| part.kind() == "initializer_expression");
        let values = initializer.map_or_else(Vec::new, |initializer| children(*initializer));
        if let (Some(initializer), true) = (initializer, arguments.is_empty() && !values.is_empty()) {
            let keyed = |value: &Node<'t>| {
                let left = value.child_by_field_name("left");
                value.kind() == "initializer_expression"
                    || left.is_some_and(|left| left.kind() == "element_binding_expression")
            };
            if values.iter().all(keyed) {
                let entries = values.into_iter().filter_map(|value| self.entry(value)).collect();
                return self.make(*initializer, ExprKind::Map(entries));
            }
            if values.iter().all(|value| value.kind() != "assignment_expression") {
                let elements = self.exprs(values);
                return self.make(*initializer, ExprKind::List { elements, kind: ListKind::List });
            }
        }
        for value in values {
            let name = value.child_by_field_name("left").filter(|_| value.kind() == "assignment_expression");
            let name = name.map(|name| self.bare(name));
            let value = match &name {
                Some(_) => self.field(value, "right"),
                None => self.expr(value),
            };
            arguments.push(Argument { name, value });
        }
        self.make(node, ExprKind::Call { callee: Box::new(callee), arguments, is_new: true })
    }

    /// `["a"] = b`, `{ "a", b }`
    fn entry(&mut self, node: Node<'t>) -> Option<Entry> {
        if node.kind() == "initializer_expression" {
            let parts = children(node);
            let key = self.expr(*parts.first()?);
            return Some(Entry { key: Some(key), value: self.expr(*parts.get(1)?) });
        }
        let left = node.child_by_field_name("left")?;
        let key = self.argument(*children(left).first()?).value;
        Some(Entry { key: Some(key), value: self.field(node, "right") })
    }

    /// `new { A = b, c.D }`
    fn anonymous(&mut self, node: Node<'t>) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut key: Option<Node<'t>> = None;
        for part in children(node) {
            let named = part.next_sibling().is_some_and(|next| next.kind() == "=");
            if named {
                key = Some(part);
                continue;
            }
            let text = match key.take() {
                Some(key) => self.source(key),
                None => self.source(part).rsplit('.').next().unwrap_or_default(),
            };
            let key = self.make(part, ExprKind::Literal(Literal::Text(text.into())));
            entries.push(Entry { key: Some(key), value: self.expr(part) });
        }
        entries
    }

    fn array(&mut self, node: Node<'t>) -> Expr {
        let values = children(node).into_iter().find(|part| part.kind() == "initializer_expression");
        match values {
            Some(values) => self.expr(values),
            None => self.make(node, ExprKind::List { elements: Vec::new(), kind: ListKind::List }),
        }
    }

    fn assignment(&mut self, node: Node<'t>) -> Expr {
        let value = self.boxed(node, "right");
        let target = self.boxed(node, "left");
        let operator = match operator_text(self.text, node) {
            "=" => None,
            other => Some(binary_operator(other.strip_suffix('=').unwrap_or(other))),
        };
        self.make(node, ExprKind::Assign { target, operator, value })
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let sign = ["++", "--", "!", "-", "+", "~"].into_iter().find(|sign| has_token(node, sign));
        let value = Box::new(self.first(node));
        let operator = match (node.kind(), sign) {
            ("postfix_unary_expression", Some("!")) => {
                return self.make(node, ExprKind::Cast { value, to: None });
            }
            (_, Some("++" | "--")) => UnaryOperator::Step,
            (_, Some("!")) => UnaryOperator::Not,
            (_, Some("-")) => UnaryOperator::Negate,
            (_, Some("+")) => UnaryOperator::Plus,
            (_, Some("~")) => UnaryOperator::BitNot,
            _ => UnaryOperator::Reference,
        };
        self.make(node, ExprKind::Unary { operator, value })
    }

    fn cast(&mut self, node: Node<'t>, value: &str, to: &str) -> ExprKind {
        let value = self.boxed(node, value);
        let to = node.child_by_field_name(to).map(|to| Box::new(self.type_expr(to)));
        ExprKind::Cast { value, to }
    }

    /// `x is T`, `x is T t`, `x is "a" or "b"`, `x is not null`
    fn is(&mut self, node: Node<'t>) -> Expr {
        let Some(value) = node.child_by_field_name("expression").or_else(|| node.child_by_field_name("left"))
        else {
            return self.opaque(node);
        };
        match node.child_by_field_name("pattern") {
            Some(pattern) => self.fits(value, pattern),
            None => match node.child_by_field_name("right") {
                Some(written) => self.instance(node, value, written),
                None => self.opaque(node),
            },
        }
    }

    fn instance(&mut self, node: Node<'t>, value: Node<'t>, written: Node<'t>) -> Expr {
        let left = Box::new(self.expr(value));
        let right = Box::new(self.type_expr(written));
        self.make(node, ExprKind::Binary { operator: Operator::InstanceOf, left, right })
    }

    /// Whether a value fits a pattern; names of the pattern are assigned.
    pub(super) fn fits(&mut self, value: Node<'t>, pattern: Node<'t>) -> Expr {
        self.nested(pattern, |lower| lower.fits_here(value, pattern))
    }

    fn fits_here(&mut self, value: Node<'t>, pattern: Node<'t>) -> Expr {
        match pattern.kind() {
            "parenthesized_pattern" => match children(pattern).first() {
                Some(inner) => self.fits(value, *inner),
                None => self.opaque(pattern),
            },
            "negated_pattern" => match children(pattern).first() {
                Some(inner) => {
                    let inner = Box::new(self.fits(value, *inner));
                    self.make(pattern, ExprKind::Unary { operator: UnaryOperator::Not, value: inner })
                }
                None => self.opaque(pattern),
            },
            "or_pattern" | "and_pattern" => {
                let operator = if pattern.kind() == "or_pattern" { Operator::Or } else { Operator::And };
                let sides = [pattern.child_by_field_name("left"), pattern.child_by_field_name("right")];
                let sides = sides.into_iter().flatten().map(|side| self.fits(value, side)).collect();
                self.joined(sides, operator)
            }
            "declaration_pattern" | "var_pattern" | "recursive_pattern" => self.binding(value, pattern),
            "type_pattern" => match pattern.child_by_field_name("type") {
                Some(written) => self.instance(pattern, value, written),
                None => self.opaque(pattern),
            },
            "discard" => self.make(pattern, ExprKind::Literal(Literal::Bool(true))),
            "relational_pattern" | "list_pattern" => {
                let parts = self.exprs(children(pattern));
                self.make(pattern, ExprKind::Opaque(parts))
            }
            _ => {
                let left = Box::new(self.expr(value));
                let right = Box::new(self.expr(pattern));
                self.make(pattern, ExprKind::Binary { operator: Operator::Equal, left, right })
            }
        }
    }

    /// `T t`, `var t`, `{ A: var a } t`: the names become what the value is.
    fn binding(&mut self, value: Node<'t>, pattern: Node<'t>) -> Expr {
        let test = match pattern.child_by_field_name("type") {
            Some(written) => self.instance(pattern, value, written),
            None => self.opaque(pattern),
        };
        let mut bound = vec![test];
        let mut pending: Vec<_> = vec![pattern];
        while let Some(part) = pending.pop() {
            let written = part.child_by_field_name("type");
            let is_designation = matches!(
                part.kind(),
                "declaration_pattern"
                    | "var_pattern"
                    | "recursive_pattern"
                    | "parenthesized_variable_designation"
            );
            for child in children(part) {
                if Some(child) == written {
                    continue;
                }
                if child.kind() == "identifier" && is_designation {
                    let target = Box::new(self.variable(child));
                    let value = Box::new(self.expr(value));
                    bound.push(self.make(child, ExprKind::Assign { target, operator: None, value }));
                } else if child.kind() != "identifier" {
                    pending.push(child);
                }
            }
        }
        self.joined(bound, Operator::And)
    }

    /// `x switch { a => b, _ => c }` as a chain of conditions.
    fn switch_value(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        let Some(subject) = parts.first().copied() else { return self.opaque(node) };
        let arms = parts.into_iter().filter(|part| part.kind() == "switch_expression_arm");
        let mut otherwise: Option<Expr> = None;
        for arm in arms.collect::<Vec<_>>().into_iter().rev() {
            let parts = children(arm);
            let (Some(pattern), Some(value)) = (parts.first(), parts.last()) else { continue };
            let guard = parts.iter().find(|part| part.kind() == "when_clause").copied();
            if pattern.kind() == "discard" && guard.is_none() {
                otherwise = Some(self.expr(*value));
                continue;
            }
            let mut test = self.fits(subject, *pattern);
            if let Some(guard) = guard {
                let guard = self.first(guard);
                test = self.joined(vec![test, guard], Operator::And);
            }
            let then = Box::new(self.expr(*value));
            let rest = otherwise.take().unwrap_or_else(|| self.opaque(arm));
            let kind = ExprKind::Conditional { test: Box::new(test), then, otherwise: Box::new(rest) };
            otherwise = Some(self.make(arm, kind));
        }
        otherwise.unwrap_or_else(|| self.opaque(node))
    }

    fn lambda(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        self.state.scopes.push(HashSet::new());
        let parameters = match node.child_by_field_name("parameters") {
            Some(single) if single.kind() != "parameter_list" => {
                let target = self.variable(single);
                vec![Parameter {
                    target,
                    declared_type: None,
                    default: None,
                    kind: ParameterKind::Plain,
                    decorators: Vec::new(),
                }]
            }
            Some(list) => self.parameters(list),
            None => Vec::new(),
        };
        let body = node.child_by_field_name("body");
        let body = body.or_else(|| children(node).into_iter().find(|part| part.kind() == "block"));
        let body = body.map_or_else(Vec::new, |body| self.function_body(body));
        self.state.scopes.pop();
        Function {
            id,
            name: None,
            parameters,
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: children(node).iter().any(|part| self.source(*part) == "async"),
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        }
    }

    /// A block, or the one value that is returned.
    pub(super) fn function_body(&mut self, body: Node<'t>) -> Vec<Stmt> {
        if body.kind() == "block" {
            return self.block(body);
        }
        let value = self.expr(body);
        vec![Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }]
    }

    /// `from x in xs where a select b`
    fn query(&mut self, node: Node<'t>) -> Expr {
        let mut clauses = Vec::new();
        let mut element = None;
        for part in children(node) {
            let parts = children(part);
            match part.kind() {
                "from_clause" | "join_clause" | "let_clause" => {
                    let written = part.child_by_field_name("type");
                    let mut parts = parts.into_iter().filter(|part| Some(*part) != written);
                    let (Some(name), Some(over)) = (parts.next(), parts.next()) else { continue };
                    let mut over = self.expr(over);
                    if part.kind() == "let_clause" {
                        over = self.make(part, ExprKind::List { elements: vec![over], kind: ListKind::List });
                    }
                    clauses.push(Clause::For(self.variable(name), over));
                }
                "where_clause" => clauses.push(Clause::If(self.first(part))),
                "select_clause" | "group_clause" => element = Some(self.first(part)),
                _ => {}
            }
        }
        let element = Box::new(element.unwrap_or_else(|| self.opaque(node)));
        self.make(node, ExprKind::Comprehension { element, clauses, kind: ComprehensionKind::List })
    }
}

fn is_out(argument: Node<'_>) -> bool {
    argument.kind() == "argument" && has_token(argument, "out")
}
