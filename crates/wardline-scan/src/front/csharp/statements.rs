//! Statements.

use tree_sitter::Node;

use super::{CSharp, Lower};
use crate::{
    front::lower::{Statements, children, fields, has_token},
    ir::{Arm, Catch, ExprKind, Stmt, StmtKind},
};

impl<'t> Statements<'t> for CSharp {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Vec<Stmt> {
        lower.any_stmts(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn any_stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "empty_statement"
            | "extern_alias_directive"
            | "global_attribute"
            | "delegate_declaration"
            | "goto_statement"
            | "shebang_directive"
            | "attribute_list"
            | "file_scoped_namespace_declaration"
            | "event_field_declaration" => Vec::new(),
            "global_statement" => self.block(node),
            "namespace_declaration" => self.namespace(node),
            "preproc_if" => self.conditional_code(node),
            "preproc_else" | "preproc_elif" => self.branch_of(node),
            "local_declaration_statement" => self.variables(node, true),
            "field_declaration" => self.variables(node, false),
            "property_declaration" => self.property(node).into_iter().collect(),
            "labeled_statement" => children(node).last().map_or_else(Vec::new, |inner| self.stmts(*inner)),
            "ERROR" => self.unread(node),
            _ => match self.stmt_kind(node) {
                Some(kind) => vec![self.statement(node, kind)],
                None => Vec::new(),
            },
        }
    }

    fn namespace(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut body = Vec::new();
        for child in node.child_by_field_name("body").map_or_else(Vec::new, children) {
            let statements = self.stmts(child);
            body.append(&mut self.state.inner);
            body.extend(statements);
        }
        body
    }

    /// `#if … #else … #endif`: either.
    fn conditional_code(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let then = self.branch_of(node);
        let otherwise =
            node.child_by_field_name("alternative").map_or_else(Vec::new, |other| self.stmts(other));
        let test = self.opaque(node);
        let declares = |stmt: &Stmt| {
            matches!(stmt.kind, StmtKind::Class(_) | StmtKind::Function(_) | StmtKind::Import(_))
        };
        if then.iter().chain(&otherwise).all(declares) {
            return then.into_iter().chain(otherwise).collect();
        }
        vec![self.statement(node, StmtKind::If { test, then, otherwise })]
    }

    fn branch_of(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let skipped = [node.child_by_field_name("condition"), node.child_by_field_name("alternative")];
        let parts = children(node).into_iter().filter(|part| !skipped.contains(&Some(*part)));
        parts.collect::<Vec<_>>().into_iter().flat_map(|part| self.stmts(part)).collect()
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> Option<StmtKind> {
        Some(match node.kind() {
            "using_directive" => StmtKind::Import(vec![self.using(node)?]),
            "class_declaration"
            | "struct_declaration"
            | "record_declaration"
            | "interface_declaration"
            | "enum_declaration" => StmtKind::Class(Box::new(self.class(node))),
            "method_declaration"
            | "constructor_declaration"
            | "local_function_statement"
            | "operator_declaration"
            | "conversion_operator_declaration"
            | "destructor_declaration" => StmtKind::Function(Box::new(self.method(node))),
            "block" | "checked_statement" | "unsafe_statement" | "fixed_statement" => {
                StmtKind::Block(self.block(node))
            }
            "variable_declaration" => StmtKind::Block(self.variables(node, true)),
            "expression_statement" => StmtKind::Expr(self.first(node)),
            "if_statement" => {
                let test = self.field(node, "condition");
                let then = self.body(node, "consequence");
                StmtKind::If { test, then, otherwise: self.body(node, "alternative") }
            }
            "while_statement" | "do_statement" => StmtKind::While {
                test: self.field(node, "condition"),
                body: self.body(node, "body"),
                otherwise: Vec::new(),
                body_first: node.kind() == "do_statement",
            },
            "for_statement" => self.for_statement(node),
            "foreach_statement" => {
                let over = self.field(node, "right");
                let target = match node.child_by_field_name("left") {
                    Some(left) => self.target(left),
                    None => self.opaque(node),
                };
                let body = self.body(node, "body");
                StmtKind::ForEach { target, over, keys: false, body, otherwise: Vec::new() }
            }
            "switch_statement" => self.switch(node),
            "return_statement" => {
                let value = children(node).first().copied();
                StmtKind::Return(value.map(|value| self.expr(value)))
            }
            "yield_statement" => {
                let value = children(node).first().copied().map(|value| Box::new(self.expr(value)));
                StmtKind::Expr(self.make(node, ExprKind::Yield(value)))
            }
            "throw_statement" => {
                let value = children(node).first().copied();
                StmtKind::Throw(value.map(|value| self.expr(value)))
            }
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "try_statement" => self.try_statement(node),
            "using_statement" => {
                let items = self.resources(node);
                StmtKind::With { items, body: self.body(node, "body") }
            }
            "lock_statement" => {
                let parts = children(node);
                let items = parts.first().map(|lock| (self.expr(*lock), None)).into_iter().collect();
                let body = parts.get(1).map_or_else(Vec::new, |body| self.stmts(*body));
                StmtKind::With { items, body }
            }
            _ => StmtKind::Expr(self.expr(node)),
        })
    }

    /// The statements of the statement in field `name`, without the block around them.
    fn body(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        match node.child_by_field_name(name) {
            Some(child) if child.kind() == "block" => self.block(child),
            Some(child) => self.stmts(child),
            None => Vec::new(),
        }
    }

    fn for_statement(&mut self, node: Node<'t>) -> StmtKind {
        let mut init = Vec::new();
        for part in fields(node, "initializer") {
            match part.kind() {
                "variable_declaration" => init.extend(self.variables(part, true)),
                _ => init.extend(self.stmts(part)),
            }
        }
        let test = node.child_by_field_name("condition").map(|test| self.expr(test));
        let update = fields(node, "update");
        let update = self.exprs(update);
        StmtKind::For { init, test, update, body: self.body(node, "body") }
    }

    fn switch(&mut self, node: Node<'t>) -> StmtKind {
        let subject = self.field(node, "value");
        let mut arms = Vec::new();
        for section in node.child_by_field_name("body").map_or_else(Vec::new, children) {
            let mut parts = children(section).into_iter().peekable();
            let mut patterns = Vec::new();
            if !has_token(section, "default")
                && let Some(label) = parts.next()
            {
                patterns.push(self.label(label));
            }
            let guard = parts.next_if(|part| part.kind() == "when_clause").map(|guard| self.first(guard));
            let mut body = Vec::new();
            for statement in parts {
                match statement.kind() {
                    "block" => body.extend(self.block(statement)),
                    _ => body.extend(self.stmts(statement)),
                }
            }
            let falls_through = body.is_empty();
            arms.push(Arm { patterns, guard, body, falls_through });
        }
        StmtKind::Switch { subject, arms }
    }

    /// What selects an arm: a constant, or a pattern around its parts.
    fn label(&mut self, node: Node<'t>) -> crate::ir::Expr {
        match node.kind() {
            "declaration_pattern" | "var_pattern" | "recursive_pattern" => {
                let name = node.child_by_field_name("name").map(|name| self.variable(name));
                self.make(node, ExprKind::Opaque(name.into_iter().collect()))
            }
            _ => self.expr(node),
        }
    }

    fn try_statement(&mut self, node: Node<'t>) -> StmtKind {
        let body = self.body(node, "body");
        let (mut catches, mut finally) = (Vec::new(), Vec::new());
        for part in children(node) {
            match part.kind() {
                "catch_clause" => {
                    let declared = children(part).into_iter().find(|part| part.kind() == "catch_declaration");
                    let types = declared.and_then(|declared| declared.child_by_field_name("type"));
                    let types = types.map(|written| self.type_expr(written)).into_iter().collect();
                    let name = declared.and_then(|declared| declared.child_by_field_name("name"));
                    let name = name.map(|name| self.variable(name));
                    catches.push(Catch { types, name, body: self.body(part, "body") });
                }
                "finally_clause" => {
                    finally = children(part).first().map_or_else(Vec::new, |block| self.block(*block));
                }
                _ => {}
            }
        }
        StmtKind::Try { body, catches, otherwise: Vec::new(), finally }
    }
}
