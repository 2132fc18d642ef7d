//! Statements.

use tree_sitter::Node;

use super::{Go, Lower, declarations::declare};
use crate::{
    front::lower::{Statements, binary_operator, children, fields, operator_text},
    ir::{Argument, Arm, Expr, ExprKind, ListKind, Stmt, StmtKind, UnaryOperator},
};

impl<'t> Statements<'t> for Go<'t> {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Vec<Stmt> {
        lower.any_stmts(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn any_stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "package_clause"
            | "empty_statement"
            | "label_name"
            | "fallthrough_statement"
            | "goto_statement" => Vec::new(),
            "import_declaration" => self.imports(node),
            "type_declaration" => self.types(node),
            "method_declaration" => self.method_declaration(node),
            "var_declaration" | "const_declaration" => self.variables(node),
            "statement_list" | "labeled_statement" => self.block(node),
            "ERROR" => self.unread(node),
            _ => {
                let kind = self.stmt_kind(node);
                vec![self.statement(node, kind)]
            }
        }
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> StmtKind {
        match node.kind() {
            "function_declaration" => StmtKind::Function(Box::new(self.function(node))),
            "block" => StmtKind::Block(self.block(node)),
            "expression_statement" | "go_statement" | "defer_statement" => StmtKind::Expr(self.first(node)),
            "send_statement" => {
                let object = Box::new(self.field(node, "channel"));
                let name = self.build.name("push");
                let callee = Box::new(self.make(node, ExprKind::Member { object, name }));
                let arguments = vec![Argument { name: None, value: self.field(node, "value") }];
                StmtKind::Expr(self.make(node, ExprKind::Call { callee, arguments, is_new: false }))
            }
            "receive_statement" => self.received(node),
            "inc_statement" | "dec_statement" => {
                let value = Box::new(self.first(node));
                let kind = ExprKind::Unary { operator: UnaryOperator::Step, value };
                StmtKind::Expr(self.make(node, kind))
            }
            "assignment_statement" => self.assignment(node),
            "short_var_declaration" => {
                let (target, value) = self.sides(node);
                declare(target, None, Some(value), false)
            }
            "return_statement" => StmtKind::Return(self.returned(node)),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "if_statement" => {
                let init = node.child_by_field_name("initializer");
                self.after(node, init, |lower| lower.if_statement(node))
            }
            "for_statement" => self.for_statement(node),
            "expression_switch_statement" => {
                let init = node.child_by_field_name("initializer");
                self.after(node, init, |lower| lower.switch(node))
            }
            "type_switch_statement" => {
                let init = node.child_by_field_name("initializer");
                self.after(node, init, |lower| lower.type_switch(node))
            }
            "select_statement" => self.select(node),
            _ => StmtKind::Expr(self.expr(node)),
        }
    }

    /// A statement after another one whose names are for it alone.
    fn after(
        &mut self,
        node: Node<'t>,
        init: Option<Node<'t>>,
        lower: impl FnOnce(&mut Self) -> StmtKind,
    ) -> StmtKind {
        let Some(init) = init else { return lower(self) };
        let mut body = self.stmts(init);
        let kind = lower(self);
        body.push(self.statement(node, kind));
        StmtKind::Block(body)
    }

    /// Both sides of `a, b := x, y`.
    fn sides(&mut self, node: Node<'t>) -> (Expr, Expr) {
        let left = node.child_by_field_name("left").map_or_else(Vec::new, children);
        let right = node.child_by_field_name("right").map_or_else(Vec::new, children);
        let count = left.len();
        (self.target(node, left), self.given(node, right, count))
    }

    /// What is assigned to: one place, or several side by side.
    fn target(&mut self, node: Node<'t>, places: Vec<Node<'t>>) -> Expr {
        let mut elements: Vec<_> = places.into_iter().map(|place| self.place(place)).collect();
        match elements.pop() {
            Some(only) if elements.is_empty() => only,
            last => {
                elements.extend(last);
                let around = node.child_by_field_name("left").unwrap_or(node);
                self.make(around, ExprKind::List { elements, kind: ListKind::Tuple })
            }
        }
    }

    /// `*p = x` is an assignment to `p`.
    fn place(&mut self, node: Node<'t>) -> Expr {
        let lowered = self.expr(node);
        match lowered.kind {
            ExprKind::Unary { operator: UnaryOperator::Reference, value } => *value,
            _ => lowered,
        }
    }

    /// What is given to `count` places.
    pub(super) fn given(&mut self, node: Node<'t>, values: Vec<Node<'t>>, count: usize) -> Expr {
        if let [only] = values.as_slice() {
            let value = self.expr(*only);
            let checked = matches!(only.kind(), "index_expression" | "type_assertion_expression")
                || (only.kind() == "unary_expression" && operator_text(self.text, *only) == "<-");
            if !checked || count != 2 {
                return value;
            }
            let whether = self.opaque(*only);
            return self
                .make(*only, ExprKind::List { elements: vec![value, whether], kind: ListKind::Tuple });
        }
        let elements = self.exprs(values);
        let around = node.child_by_field_name("right").unwrap_or(node);
        self.make(around, ExprKind::List { elements, kind: ListKind::Tuple })
    }

    fn assignment(&mut self, node: Node<'t>) -> StmtKind {
        let operator = match operator_text(self.text, node) {
            "=" | "" => None,
            written => Some(binary_operator(written.trim_end_matches('='))),
        };
        let (target, value) = self.sides(node);
        let kind = ExprKind::Assign { target: Box::new(target), operator, value: Box::new(value) };
        StmtKind::Expr(self.make(node, kind))
    }

    fn received(&mut self, node: Node<'t>) -> StmtKind {
        let left = node.child_by_field_name("left").map_or_else(Vec::new, children);
        let right: Vec<_> = node.child_by_field_name("right").into_iter().collect();
        if left.is_empty() {
            return StmtKind::Expr(self.field(node, "right"));
        }
        let count = left.len();
        let (target, value) = (self.target(node, left), self.given(node, right, count));
        declare(target, None, Some(value), false)
    }

    /// What is returned; without a value, the named results.
    fn returned(&mut self, node: Node<'t>) -> Option<Expr> {
        let values = children(node).first().map_or_else(Vec::new, |list| children(*list));
        if !values.is_empty() {
            return Some(self.given(node, values, 1));
        }
        let names = self.state.results.last().cloned().unwrap_or_default();
        let mut elements: Vec<_> =
            names.into_iter().map(|name| self.make(node, ExprKind::Name(name))).collect();
        match elements.pop() {
            Some(only) if elements.is_empty() => Some(only),
            None => None,
            last => {
                elements.extend(last);
                Some(self.make(node, ExprKind::List { elements, kind: ListKind::Tuple }))
            }
        }
    }

    fn if_statement(&mut self, node: Node<'t>) -> StmtKind {
        let test = self.field(node, "condition");
        let then = self.block_of(node, "consequence");
        let otherwise = match node.child_by_field_name("alternative") {
            Some(block) if block.kind() == "block" => self.block(block),
            Some(other) => self.stmts(other),
            None => Vec::new(),
        };
        StmtKind::If { test, then, otherwise }
    }

    fn for_statement(&mut self, node: Node<'t>) -> StmtKind {
        let body = node.child_by_field_name("body");
        let clause = children(node).into_iter().find(|part| Some(*part) != body);
        let Some(clause) = clause else {
            return StmtKind::For {
                init: Vec::new(),
                test: None,
                update: Vec::new(),
                body: self.block_of(node, "body"),
            };
        };
        match clause.kind() {
            "for_clause" => {
                let init = clause.child_by_field_name("initializer");
                let init = init.map_or_else(Vec::new, |init| self.stmts(init));
                let test = clause.child_by_field_name("condition").map(|test| self.expr(test));
                let update = clause.child_by_field_name("update");
                let update = update.map_or_else(Vec::new, |update| self.stmts(update));
                let update = update.into_iter().filter_map(|statement| match statement.kind {
                    StmtKind::Expr(value) => Some(value),
                    _ => None,
                });
                let update = update.collect();
                StmtKind::For { init, test, update, body: self.block_of(node, "body") }
            }
            "range_clause" => self.range(node, clause),
            _ => StmtKind::While {
                test: self.expr(clause),
                body: self.block_of(node, "body"),
                otherwise: Vec::new(),
                body_first: false,
            },
        }
    }

    /// `for k, v := range xs`: the loop is over the values, and the key is opaque within.
    fn range(&mut self, node: Node<'t>, clause: Node<'t>) -> StmtKind {
        let left = clause.child_by_field_name("left").map_or_else(Vec::new, children);
        let over = self.field(clause, "right");
        let mut body = Vec::new();
        let (target, keys) = match left.as_slice() {
            [key, value] => {
                if self.source(*key) != "_" {
                    let target = self.expr(*key);
                    // The key of a map that came from outside is from there too; a list's is a number.
                    let key_of = self.field(clause, "right");
                    let callee = Box::new(self.made_name(*key, "keyof"));
                    let arguments = vec![Argument { name: None, value: key_of }];
                    let value = self.make(*key, ExprKind::Call { callee, arguments, is_new: false });
                    body.push(self.statement(*key, declare(target, None, Some(value), false)));
                }
                (self.place(*value), false)
            }
            [key] => (self.place(*key), true),
            _ => (self.opaque(clause), true),
        };
        body.append(&mut self.block_of(node, "body"));
        StmtKind::ForEach { target, over, keys, body, otherwise: Vec::new() }
    }

    fn switch(&mut self, node: Node<'t>) -> StmtKind {
        let cases: Vec<_> = children(node)
            .into_iter()
            .filter(|part| matches!(part.kind(), "expression_case" | "default_case"))
            .collect();
        let Some(value) = node.child_by_field_name("value") else {
            return self.conditions(node, &cases);
        };
        let subject = self.expr(value);
        let arms = cases.into_iter().map(|case| self.arm(case)).collect();
        StmtKind::Switch { subject, arms }
    }

    fn arm(&mut self, case: Node<'t>) -> Arm {
        let list = case.child_by_field_name("value");
        let patterns = list.map_or_else(Vec::new, |list| self.exprs(children(list)));
        let (body, falls_through) = self.case_body(case);
        Arm { patterns, guard: None, body, falls_through }
    }

    /// The statements of a case, and whether the next one runs after them.
    fn case_body(&mut self, case: Node<'t>) -> (Vec<Stmt>, bool) {
        let list = children(case).into_iter().find(|part| part.kind() == "statement_list");
        let Some(list) = list else { return (Vec::new(), false) };
        let falls = children(list).last().is_some_and(|last| last.kind() == "fallthrough_statement");
        (self.block(list), falls)
    }

    /// A `switch` without a subject: conditions one after the other. With a `break` or a `fallthrough` in it, it stays a
    /// `switch`, for that is what these leave.
    fn conditions(&mut self, node: Node<'t>, cases: &[Node<'t>]) -> StmtKind {
        let text = self.source(node);
        if text.contains("break") || text.contains("fallthrough") {
            let subject = self.opaque(node);
            let arms = cases.iter().map(|case| self.arm(*case)).collect();
            return StmtKind::Switch { subject, arms };
        }
        let default = cases.iter().find(|case| case.kind() == "default_case");
        let mut otherwise = default.map_or_else(Vec::new, |case| self.case_body(*case).0);
        for case in cases.iter().rev().filter(|case| case.kind() == "expression_case") {
            let tests = case.child_by_field_name("value").map_or_else(Vec::new, children);
            let tests = self.exprs(tests);
            let test = self.joined(tests, crate::ir::Operator::Or);
            let (then, _) = self.case_body(*case);
            let kind = StmtKind::If { test, then, otherwise };
            otherwise = vec![self.statement(*case, kind)];
        }
        match otherwise.pop() {
            Some(only) if otherwise.is_empty() => only.kind,
            last => {
                otherwise.extend(last);
                StmtKind::Block(otherwise)
            }
        }
    }

    /// `switch v := x.(type)`: `v` is `x`, and the types are what is told apart.
    fn type_switch(&mut self, node: Node<'t>) -> StmtKind {
        let alias = node.child_by_field_name("alias").and_then(|list| children(list).first().copied());
        let mut arms = Vec::new();
        for case in children(node) {
            if !matches!(case.kind(), "type_case" | "default_case") {
                continue;
            }
            let types = fields(case, "type");
            let patterns = types.into_iter().map(|written| self.type_expr(written)).collect();
            let (body, falls_through) = self.case_body(case);
            arms.push(Arm { patterns, guard: None, body, falls_through });
        }
        let subject = self.opaque(node);
        let switch = StmtKind::Switch { subject, arms };
        let value = self.field(node, "value");
        let first = match alias {
            Some(alias) => {
                let target = self.expr(alias);
                declare(target, None, Some(value), false)
            }
            None => StmtKind::Expr(value),
        };
        let body = vec![self.statement(node, first), self.statement(node, switch)];
        StmtKind::Block(body)
    }

    fn select(&mut self, node: Node<'t>) -> StmtKind {
        let mut arms = Vec::new();
        for case in children(node) {
            let mut body = Vec::new();
            let mut patterns = Vec::new();
            if let Some(communication) = case.child_by_field_name("communication") {
                patterns.push(self.opaque(communication));
                body.append(&mut self.stmts(communication));
            }
            let (mut rest, falls_through) = self.case_body(case);
            body.append(&mut rest);
            arms.push(Arm { patterns, guard: None, body, falls_through });
        }
        StmtKind::Switch { subject: self.opaque(node), arms }
    }
}
