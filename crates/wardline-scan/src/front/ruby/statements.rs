//! Statements.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{children, fields, operator_text},
    ir::{Arm, Catch, Expr, ExprKind, ListKind, Literal, Stmt, StmtKind},
};

/// Methods whose block is run for each element of what they are called on.
const LOOPS: &[&str] = &[
    "each",
    "each_pair",
    "each_with_index",
    "each_value",
    "each_entry",
    "each_line",
    "each_char",
    "each_slice",
    "reverse_each",
    "find_each",
    "times",
    "upto",
    "downto",
];

impl<'t> Lower<'t, '_> {
    /// The statements directly in a node, with what rescues them.
    pub(super) fn body(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let (mut body, mut catches, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new(), None);
        for child in children(node) {
            match child.kind() {
                "rescue" => catches.push(self.rescue(child)),
                "else" => otherwise = self.body(child),
                "ensure" => finally = Some(self.body(child)),
                _ => body.extend(self.stmts(child)),
            }
        }
        if catches.is_empty() && finally.is_none() {
            body.extend(otherwise);
            return body;
        }
        let finally = finally.unwrap_or_default();
        vec![self.statement(node, StmtKind::Try { body, catches, otherwise, finally })]
    }

    fn rescue(&mut self, node: Node<'t>) -> Catch {
        let types = node.child_by_field_name("exceptions").map_or_else(Vec::new, children);
        let name = node.child_by_field_name("variable").and_then(|name| children(name).first().copied());
        Catch {
            types: self.exprs(types),
            name: name.map(|name| self.target(name)),
            body: node.child_by_field_name("body").map_or_else(Vec::new, |body| self.body(body)),
        }
    }

    pub(super) fn stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        self.nested_stmts(node, |lower| lower.stmts_here(node))
    }

    fn stmts_here(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "empty_statement" | "uninterpreted" | "alias" | "undef" => Vec::new(),
            "begin" | "begin_block" | "end_block" => self.body(node),
            "parenthesized_statements" => {
                let parts = children(node);
                parts.into_iter().flat_map(|part| self.stmts(part)).collect()
            }
            "ERROR" => {
                let inner = self.body(node);
                vec![self.statement(node, StmtKind::Opaque(inner))]
            }
            _ => {
                let kind = self.stmt_kind(node);
                vec![self.statement(node, kind)]
            }
        }
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> StmtKind {
        match node.kind() {
            "method" | "singleton_method" => StmtKind::Function(Box::new(self.method(node))),
            "class" | "module" | "singleton_class" => StmtKind::Class(Box::new(self.class(node))),
            "if" | "elsif" | "unless" => self.conditional(node, "consequence"),
            "if_modifier" | "unless_modifier" => self.conditional(node, "body"),
            "while" | "until" | "while_modifier" | "until_modifier" => self.loop_while(node),
            "for" => {
                let over = node.child_by_field_name("value").map(|value| self.first(value));
                let over = over.unwrap_or_else(|| self.opaque(node));
                let target = node.child_by_field_name("pattern").map(|target| self.target(target));
                let target = target.unwrap_or_else(|| self.opaque(node));
                let body = self.repeated(|lower| lower.within(node, "body"));
                StmtKind::ForEach { target, over, keys: false, body, otherwise: Vec::new() }
            }
            "case" | "case_match" => self.case(node),
            "next" if self.state.repeats => StmtKind::Continue,
            "return" | "next" => StmtKind::Return(self.given(node)),
            "break" => StmtKind::Break,
            "redo" | "retry" => StmtKind::Continue,
            "rescue_modifier" => {
                let body = self.within(node, "body");
                let handler = self.within(node, "handler");
                let catch = Catch { types: Vec::new(), name: None, body: handler };
                StmtKind::Try { body, catches: vec![catch], otherwise: Vec::new(), finally: Vec::new() }
            }
            "binary" => self.and_then(node),
            "call" => self.call_statement(node),
            "identifier" if self.source(node) == "raise" => StmtKind::Throw(None),
            _ => StmtKind::Expr(self.expr(node)),
        }
    }

    /// The statements of the part in field `name`.
    fn within(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        match node.child_by_field_name(name) {
            Some(part) if matches!(part.kind(), "then" | "else" | "do" | "begin") => self.body(part),
            Some(part) => self.stmts(part),
            None => Vec::new(),
        }
    }

    fn conditional(&mut self, node: Node<'t>, body: &str) -> StmtKind {
        let test = self.field(node, "condition");
        let then = self.within(node, body);
        let otherwise = self.within(node, "alternative");
        match node.kind() {
            "unless" | "unless_modifier" => StmtKind::If { test, then: otherwise, otherwise: then },
            _ => StmtKind::If { test, then, otherwise },
        }
    }

    fn loop_while(&mut self, node: Node<'t>) -> StmtKind {
        let mut test = self.field(node, "condition");
        if node.kind().starts_with("until") {
            let value = Box::new(test);
            let operator = crate::ir::UnaryOperator::Not;
            test = self.make(node, ExprKind::Unary { operator, value });
        }
        let inner = node.child_by_field_name("body");
        let body_first = inner.is_some_and(|inner| inner.kind() == "begin");
        let body = self.repeated(|lower| lower.within(node, "body"));
        StmtKind::While { test, body, otherwise: Vec::new(), body_first }
    }

    /// Lowers the body of a loop: `next` in it goes on with the loop.
    fn repeated(&mut self, lower: impl FnOnce(&mut Self) -> Vec<Stmt>) -> Vec<Stmt> {
        let around = std::mem::replace(&mut self.state.repeats, true);
        let body = lower(self);
        self.state.repeats = around;
        body
    }

    /// What `return` and `next` give.
    fn given(&mut self, node: Node<'t>) -> Option<Expr> {
        let list = children(node).first().copied()?;
        let mut values = self.arguments(list).into_iter().map(|argument| argument.value);
        let first = values.next()?;
        let rest: Vec<_> = values.collect();
        if rest.is_empty() {
            return Some(first);
        }
        let elements = std::iter::once(first).chain(rest).collect();
        Some(self.make(list, ExprKind::List { elements, kind: ListKind::List }))
    }

    /// `a and return`, `check(x) || raise`: the right side is run when the left side holds, or does not.
    fn and_then(&mut self, node: Node<'t>) -> StmtKind {
        let right = node.child_by_field_name("right").filter(|right| self.leaves(*right));
        let operator = operator_text(self.text, node);
        let (Some(right), "and" | "&&" | "or" | "||") = (right, operator) else {
            return StmtKind::Expr(self.expr(node));
        };
        let test = self.field(node, "left");
        let leaving = self.stmts(right);
        match operator {
            "and" | "&&" => StmtKind::If { test, then: leaving, otherwise: Vec::new() },
            _ => StmtKind::If { test, then: Vec::new(), otherwise: leaving },
        }
    }

    fn leaves(&self, node: Node<'t>) -> bool {
        match node.kind() {
            "return" | "next" | "break" => true,
            "identifier" => self.source(node) == "raise",
            "call" => node
                .child_by_field_name("method")
                .is_some_and(|method| matches!(self.source(method), "raise" | "halt" | "fail")),
            _ => false,
        }
    }

    fn call_statement(&mut self, node: Node<'t>) -> StmtKind {
        let name = node.child_by_field_name("method").map_or("", |method| self.source(method));
        let (receiver, block) = (node.child_by_field_name("receiver"), node.child_by_field_name("block"));
        match (name, receiver, block) {
            ("raise" | "fail" | "throw", None, None) => StmtKind::Throw(Some(self.expr(node))),
            ("loop", None, Some(block)) => {
                let test = self.make(node, ExprKind::Literal(Literal::Bool(true)));
                let body = self.repeated(|lower| lower.block_body(block));
                StmtKind::While { test, body, otherwise: Vec::new(), body_first: false }
            }
            (name, Some(receiver), Some(block)) if LOOPS.contains(&name) => self.each(node, receiver, block),
            _ => StmtKind::Expr(self.expr(node)),
        }
    }

    fn block_body(&mut self, block: Node<'t>) -> Vec<Stmt> {
        block.child_by_field_name("body").map_or_else(Vec::new, |body| self.body(body))
    }

    /// `xs.each do |x| … end`: a loop. Of a map, key and value side by side.
    fn each(&mut self, node: Node<'t>, receiver: Node<'t>, block: Node<'t>) -> StmtKind {
        let over = self.expr(receiver);
        let parts = block.child_by_field_name("parameters").map_or_else(Vec::new, children);
        let mut targets: Vec<_> = parts.into_iter().map(|part| self.target(part)).collect();
        let indexed =
            node.child_by_field_name("method").is_some_and(|method| self.source(method) == "each_with_index");
        if indexed {
            targets.truncate(1);
        }
        let target = match targets.len() {
            0 => self.opaque(block),
            1 => targets.remove(0),
            _ => self.make(block, ExprKind::List { elements: targets, kind: ListKind::Tuple }),
        };
        let body = self.repeated(|lower| lower.block_body(block));
        StmtKind::ForEach { target, over, keys: false, body, otherwise: Vec::new() }
    }

    fn case(&mut self, node: Node<'t>) -> StmtKind {
        let Some(subject) = node.child_by_field_name("value") else { return self.cases(node) };
        let subject = self.expr(subject);
        let mut arms = Vec::new();
        for clause in children(node) {
            match clause.kind() {
                "when" | "in_clause" => {
                    let patterns = fields(clause, "pattern");
                    let patterns = patterns.into_iter().map(|label| match label.kind() {
                        "pattern" => self.first(label),
                        _ => self.target(label),
                    });
                    let patterns = patterns.collect();
                    let guard =
                        clause.child_by_field_name("guard").map(|guard| self.field(guard, "condition"));
                    let body = self.within(clause, "body");
                    arms.push(Arm { patterns, guard, body, falls_through: false });
                }
                "else" => {
                    let body = self.body(clause);
                    arms.push(Arm { patterns: Vec::new(), guard: None, body, falls_through: false });
                }
                _ => {}
            }
        }
        StmtKind::Switch { subject, arms }
    }

    /// A `case` without a subject: conditions one after the other.
    fn cases(&mut self, node: Node<'t>) -> StmtKind {
        let mut otherwise = Vec::new();
        for clause in children(node).into_iter().rev() {
            match clause.kind() {
                "else" => otherwise = self.body(clause),
                "when" => {
                    let tests: Vec<_> =
                        fields(clause, "pattern").into_iter().map(|label| self.first(label)).collect();
                    let test = self.joined(tests, crate::ir::Operator::Or);
                    let then = self.within(clause, "body");
                    let rest = std::mem::take(&mut otherwise);
                    otherwise = vec![self.statement(clause, StmtKind::If { test, then, otherwise: rest })];
                }
                _ => {}
            }
        }
        match otherwise.pop() {
            Some(only) if otherwise.is_empty() => only.kind,
            last => {
                otherwise.extend(last);
                StmtKind::Block(otherwise)
            }
        }
    }
}
