//! Statements.

use tree_sitter::Node;

use super::{JavaScript, Lower, children, fields, has_token};
use crate::{
    front::lower::Statements,
    ir::{Arm, Catch, Class, Declare, Entry, Expr, ExprKind, Literal, Stmt, StmtKind},
};

impl<'t> Statements<'t> for JavaScript {
    fn lower(lower: &mut Lower<'t, '_>, node: Node<'t>) -> Vec<Stmt> {
        lower.any_stmts(node)
    }
}

impl<'t> Lower<'t, '_> {
    fn any_stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "import_statement" | "import_alias" => self.import(node),
            "export_statement" => self.export(node),
            "lexical_declaration" | "variable_declaration" | "using_declaration" => self.declarations(node),
            "expression_statement" => self.expression_statement(node),
            "ambient_declaration"
            | "interface_declaration"
            | "type_alias_declaration"
            | "function_signature"
            | "empty_statement"
            | "debugger_statement" => Vec::new(),
            "else_clause" | "labeled_statement" => self.inner(node),
            "ERROR" => self.unread(node),
            _ => {
                let kind = self.stmt_kind(node);
                vec![self.statement(node, kind)]
            }
        }
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> StmtKind {
        match node.kind() {
            "statement_block" => StmtKind::Block(self.block(node)),
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
            "for_in_statement" => StmtKind::ForEach {
                target: self.field(node, "left"),
                over: self.field(node, "right"),
                keys: node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "in"),
                body: self.body(node, "body"),
                otherwise: Vec::new(),
            },
            "switch_statement" => self.switch(node),
            "return_statement" => StmtKind::Return(self.only(node)),
            "throw_statement" => StmtKind::Throw(self.only(node)),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "try_statement" => self.try_statement(node),
            "with_statement" => {
                let object = self.field(node, "object");
                self.build.problem(object.span, "`with`: what its names mean is not known");
                StmtKind::With { items: vec![(object, None)], body: self.body(node, "body") }
            }
            "function_declaration" | "generator_function_declaration" => {
                StmtKind::Function(Box::new(self.function(node, Vec::new())))
            }
            "class_declaration" | "abstract_class_declaration" => {
                StmtKind::Class(Box::new(self.class(node, Vec::new())))
            }
            "enum_declaration" => self.enumeration(node),
            "internal_module" | "module" => self.namespace(node),
            _ => StmtKind::Expr(self.expr(node)),
        }
    }

    /// The one expression in a `return` or `throw`.
    fn only(&mut self, node: Node<'t>) -> Option<Expr> {
        children(node).first().map(|child| self.expr(*child))
    }

    /// The statements of the statement in field `name`, without the block around them.
    fn body(&mut self, node: Node<'t>, name: &str) -> Vec<Stmt> {
        match node.child_by_field_name(name) {
            Some(child) if child.kind() == "statement_block" => self.block(child),
            Some(child) if child.kind() == "else_clause" => self.inner(child),
            Some(child) => self.stmts(child),
            None => Vec::new(),
        }
    }

    /// The statement within a label or `else`.
    fn inner(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match children(node).last() {
            Some(child) if child.kind() == "statement_block" => self.block(*child),
            Some(child) if child.kind() != "statement_identifier" => self.stmts(*child),
            _ => Vec::new(),
        }
    }

    fn expression_statement(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let Some(inner) = children(node).first().copied() else { return Vec::new() };
        let parts = match inner.kind() {
            "sequence_expression" => children(inner),
            // In TypeScript's grammar a namespace is an expression.
            "internal_module" => return self.stmts(inner),
            _ => vec![inner],
        };
        let mut statements = Vec::with_capacity(parts.len());
        for part in parts {
            let deleted = part
                .child_by_field_name("argument")
                .filter(|_| part.kind() == "unary_expression" && has_token(part, "delete"));
            let kind = match deleted {
                Some(target) => StmtKind::Delete(vec![self.expr(target)]),
                None => StmtKind::Expr(self.expr(part)),
            };
            statements.push(self.statement(part, kind));
        }
        statements
    }

    fn declarations(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let kind = node.child_by_field_name("kind").map_or("var", |kind| self.source(kind));
        let (block_scoped, constant) =
            (node.kind() != "variable_declaration", kind != "let" && kind != "var");
        let mut statements = Vec::new();
        for declarator in children(node).into_iter().filter(|child| child.kind() == "variable_declarator") {
            if let Some(imports) = self.required_by(declarator) {
                statements.push(self.statement(declarator, StmtKind::Import(imports)));
                continue;
            }
            let target = self.field(declarator, "name");
            let declared_type = declarator.child_by_field_name("type").map(|written| self.type_expr(written));
            let value = self.maybe(declarator, "value");
            let declare =
                Declare { target, declared_type, value, block_scoped, constant, decorators: Vec::new() };
            statements.push(self.statement(declarator, StmtKind::Declare(Box::new(declare))));
        }
        statements
    }

    fn for_statement(&mut self, node: Node<'t>) -> StmtKind {
        let init = node.child_by_field_name("initializer").map_or_else(Vec::new, |init| self.clause(init));
        let condition = fields(node, "condition").into_iter().find(|part| part.kind() != "empty_statement");
        let test = condition.map(|part| match part.kind() {
            "expression_statement" => self.only(part).unwrap_or_else(|| self.opaque(part)),
            _ => self.expr(part),
        });
        let update = self.maybe(node, "increment").into_iter().collect();
        StmtKind::For { init, test, update, body: self.body(node, "body") }
    }

    /// The first part of a `for`: a declaration, or an expression with or without its semicolon.
    fn clause(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "empty_statement" => Vec::new(),
            kind if kind.ends_with("_declaration") || kind == "expression_statement" => self.stmts(node),
            _ => {
                let value = self.expr(node);
                vec![self.statement(node, StmtKind::Expr(value))]
            }
        }
    }

    fn switch(&mut self, node: Node<'t>) -> StmtKind {
        let subject = self.field(node, "value");
        let mut arms = Vec::new();
        for arm in node.child_by_field_name("body").map_or_else(Vec::new, children) {
            let patterns =
                arm.child_by_field_name("value").map(|value| self.expr(value)).into_iter().collect();
            let mut body = Vec::new();
            for statement in fields(arm, "body") {
                body.extend(self.stmts(statement));
            }
            arms.push(Arm { patterns, guard: None, body, falls_through: true });
        }
        StmtKind::Switch { subject, arms }
    }

    fn try_statement(&mut self, node: Node<'t>) -> StmtKind {
        let body = self.body(node, "body");
        let mut catches = Vec::new();
        if let Some(handler) = node.child_by_field_name("handler") {
            let name = self.maybe(handler, "parameter");
            catches.push(Catch { types: Vec::new(), name, body: self.body(handler, "body") });
        }
        let finalizer = node.child_by_field_name("finalizer");
        let finally = finalizer.map_or_else(Vec::new, |finalizer| self.body(finalizer, "body"));
        StmtKind::Try { body, catches, otherwise: Vec::new(), finally }
    }

    /// An enum: a constant map of its members. One without a value has its number.
    fn enumeration(&mut self, node: Node<'t>) -> StmtKind {
        let target = self.field(node, "name");
        let body = node.child_by_field_name("body");
        let mut entries = Vec::new();
        for (number, member) in (0_i64..).zip(body.map_or_else(Vec::new, children)) {
            let name = member.child_by_field_name("name").unwrap_or(member);
            let key = Some(self.key(name));
            let value = match member.child_by_field_name("value") {
                Some(value) => self.expr(value),
                None => self.make(member, ExprKind::Literal(Literal::Integer(number))),
            };
            entries.push(Entry { key, value });
        }
        let map = self.make(body.unwrap_or(node), ExprKind::Map(entries));
        StmtKind::Declare(Box::new(Declare {
            target,
            declared_type: None,
            value: Some(map),
            block_scoped: true,
            constant: true,
            decorators: Vec::new(),
        }))
    }

    /// A namespace: a class. What it exports are its members.
    fn namespace(&mut self, node: Node<'t>) -> StmtKind {
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let mut members = node.child_by_field_name("body").map_or_else(Vec::new, |body| self.block(body));
        members.retain(|member| !matches!(member.kind, StmtKind::Export(_)));
        let span = self.build.span(node);
        StmtKind::Class(Box::new(Class { name, bases: Vec::new(), decorators: Vec::new(), members, span }))
    }
}
