//! Statements, and `switch` as statement and value.

use tree_sitter::Node;

use super::{Java, Lower};
use crate::{
    front::lower::{Statements, children, fields},
    ir::{Arm, Catch, Expr, ExprKind, Operator, Stmt, StmtKind},
};

impl<'t> Statements<'t> for Java {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Vec<Stmt> {
        lower.any_stmts(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn any_stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "package_declaration" | "module_declaration" | "annotation_type_declaration" => Vec::new(),
            "local_variable_declaration" | "field_declaration" | "constant_declaration" => {
                self.variables(node)
            }
            "labeled_statement" => children(node).last().map_or_else(Vec::new, |inner| self.stmts(*inner)),
            "ERROR" => self.unread(node),
            _ => match self.declaration(node).or_else(|| self.stmt_kind(node)) {
                Some(kind) => vec![self.statement(node, kind)],
                None => Vec::new(),
            },
        }
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> Option<StmtKind> {
        Some(match node.kind() {
            "block" | "constructor_body" | "static_initializer" => StmtKind::Block(self.inner(node)),
            "expression_statement" => StmtKind::Expr(self.first(node)),
            "if_statement" => StmtKind::If {
                test: self.field(node, "condition"),
                then: self.body(node, "consequence"),
                otherwise: self.body(node, "alternative"),
            },
            "while_statement" | "do_statement" => StmtKind::While {
                test: self.field(node, "condition"),
                body: self.body(node, "body"),
                otherwise: Vec::new(),
                body_first: node.kind() == "do_statement",
            },
            "for_statement" => self.for_statement(node),
            "enhanced_for_statement" => StmtKind::ForEach {
                target: self.field(node, "name"),
                over: self.field(node, "value"),
                keys: false,
                body: self.body(node, "body"),
                otherwise: Vec::new(),
            },
            "switch_expression" => self.switch(node),
            "return_statement" => StmtKind::Return(self.only(node)),
            "yield_statement" => {
                let value = self.only(node).map(Box::new);
                StmtKind::Expr(self.make(node, ExprKind::Yield(value)))
            }
            "throw_statement" => StmtKind::Throw(self.only(node)),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "try_statement" | "try_with_resources_statement" => self.try_statement(node),
            "synchronized_statement" => {
                let lock = children(node).first().map(|lock| self.expr(*lock));
                let items = lock.into_iter().map(|lock| (lock, None)).collect();
                StmtKind::With { items, body: self.body(node, "body") }
            }
            "assert_statement" => {
                let parts = children(node).into_iter().map(|part| self.expr(part)).collect();
                StmtKind::Expr(self.make(node, ExprKind::Opaque(parts)))
            }
            _ => StmtKind::Expr(self.expr(node)),
        })
    }

    fn only(&mut self, node: Node<'t>) -> Option<Expr> {
        children(node)
            .first()
            .filter(|child| child.kind() != "identifier" || node.kind() != "break_statement")
            .map(|child| self.expr(*child))
    }

    /// The statements of a block, also of one within a `static`.
    fn inner(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match children(node).as_slice() {
            [only] if node.kind() == "static_initializer" => self.block(*only),
            _ => self.block(node),
        }
    }

    /// The statements of the statement in field `name`, without the block around them.
    pub(super) fn body(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        match node.child_by_field_name(name) {
            Some(child) if matches!(child.kind(), "block" | "constructor_body") => self.block(child),
            Some(child) => self.stmts(child),
            None => Vec::new(),
        }
    }

    fn for_statement(&mut self, node: Node<'t>) -> StmtKind {
        let mut init = Vec::new();
        for part in fields(node, "init") {
            init.extend(self.stmts(part));
        }
        let test = node.child_by_field_name("condition").map(|test| self.expr(test));
        let update = fields(node, "update").into_iter().map(|part| self.expr(part)).collect();
        StmtKind::For { init, test, update, body: self.body(node, "body") }
    }

    fn try_statement(&mut self, node: Node<'t>) -> StmtKind {
        let mut body = self.body(node, "body");
        if let Some(resources) = node.child_by_field_name("resources") {
            let items = children(resources).into_iter().map(|resource| self.resource(resource)).collect();
            body = vec![self.statement(node, StmtKind::With { items, body })];
        }
        let (mut catches, mut finally) = (Vec::new(), Vec::new());
        for part in children(node) {
            match part.kind() {
                "catch_clause" => catches.push(self.catch(part)),
                "finally_clause" => {
                    finally = children(part).first().map_or_else(Vec::new, |block| self.block(*block));
                }
                _ => {}
            }
        }
        StmtKind::Try { body, catches, otherwise: Vec::new(), finally }
    }

    fn resource(&mut self, node: Node<'t>) -> (Expr, Option<Expr>) {
        match (node.child_by_field_name("value"), node.child_by_field_name("name")) {
            (Some(value), Some(name)) => (self.expr(value), Some(self.expr(name))),
            _ => (self.first(node), None),
        }
    }

    fn catch(&mut self, node: Node<'t>) -> Catch {
        let parameter = children(node).into_iter().find(|part| part.kind() == "catch_formal_parameter");
        let types = parameter.into_iter().flat_map(children).filter(|part| part.kind() == "catch_type");
        let types: Vec<_> = types.flat_map(children).collect();
        let types = types.into_iter().map(|written| self.type_expr(written)).collect();
        let name = parameter.and_then(|parameter| parameter.child_by_field_name("name"));
        let name = name.map(|name| self.expr(name));
        Catch { types, name, body: self.body(node, "body") }
    }

    fn switch(&mut self, node: Node<'t>) -> StmtKind {
        let subject = self.field(node, "condition");
        let mut arms = Vec::new();
        for group in node.child_by_field_name("body").map_or_else(Vec::new, children) {
            let is_rule = group.kind() == "switch_rule";
            let parts = children(group);
            let (labels, statements): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|part| part.kind() == "switch_label");
            let last = labels.len().saturating_sub(1);
            for (number, label) in labels.into_iter().enumerate() {
                let patterns = self.label(label);
                let mut body = Vec::new();
                for statement in statements.iter().filter(|_| number == last) {
                    match statement.kind() {
                        "block" if is_rule => body.extend(self.block(*statement)),
                        _ => body.extend(self.stmts(*statement)),
                    }
                }
                let guard = self.guard(label);
                arms.push(Arm { patterns, guard, body, falls_through: !is_rule || number != last });
            }
        }
        StmtKind::Switch { subject, arms }
    }

    fn label(&mut self, label: Node<'t>) -> Vec<Expr> {
        let values = children(label).into_iter().filter(|part| part.kind() != "guard");
        values.map(|value| self.expr(value)).collect()
    }

    fn guard(&mut self, label: Node<'t>) -> Option<Expr> {
        let guard = children(label).into_iter().find(|part| part.kind() == "guard")?;
        self.only(guard)
    }

    /// A `switch` that gives a value: `subject == label ? value : …`.
    pub(super) fn switch_value(&mut self, node: Node<'t>) -> Expr {
        let groups = node.child_by_field_name("body").map_or_else(Vec::new, children);
        let mut otherwise = None;
        for group in groups.into_iter().rev() {
            let parts = children(group);
            let label = parts.first().copied().filter(|label| label.kind() == "switch_label");
            let value = self.arm_value(group, parts.get(1..).unwrap_or_default());
            let labels = label.map_or_else(Vec::new, |label| self.label(label));
            let tests: Vec<_> = labels.into_iter().map(|label| self.equals(node, label)).collect();
            otherwise = match (tests.is_empty(), otherwise) {
                (true, _) => Some(value),
                (false, rest) => {
                    let test = Box::new(self.joined(tests, Operator::Or));
                    let rest = Box::new(rest.unwrap_or_else(|| self.opaque(group)));
                    let kind = ExprKind::Conditional { test, then: Box::new(value), otherwise: rest };
                    Some(self.make(node, kind))
                }
            };
        }
        otherwise.unwrap_or_else(|| self.opaque(node))
    }

    fn equals(&mut self, node: Node<'t>, label: Expr) -> Expr {
        let left = Box::new(self.field(node, "condition"));
        let span = label.span;
        self.build.expr(span, ExprKind::Binary { operator: Operator::Equal, left, right: Box::new(label) })
    }

    /// The value of an arm: its expression, or what its block yields.
    fn arm_value(&mut self, group: Node<'t>, parts: &[Node<'t>]) -> Expr {
        if let [only] = parts
            && only.kind() == "expression_statement"
        {
            return self.first(*only);
        }
        let mut yields = Vec::new();
        let mut pending: Vec<_> = parts.to_vec();
        while let Some(part) = pending.pop() {
            match part.kind() {
                "yield_statement" => yields.push(self.first(part)),
                "lambda_expression" | "class_body" => {}
                _ => pending.extend(children(part)),
            }
        }
        match yields.pop() {
            Some(only) if yields.is_empty() => only,
            last => {
                yields.extend(last);
                self.make(group, ExprKind::Opaque(yields))
            }
        }
    }
}
