//! Statements.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{children, fields},
    ir::{Argument, Arm, Catch, Declare, Expr, ExprKind, Stmt, StmtKind},
};

impl<'t> Lower<'t, '_> {
    /// The statements directly in a node.
    pub(super) fn block(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut body = Vec::new();
        let mut written = false;
        for child in children(node) {
            let statements = self.stmts(child);
            match statements {
                // `<?= x ?>`: the expression after the tag is written out.
                mut echoed if written && child.kind() == "expression_statement" => {
                    for stmt in &mut echoed {
                        self.echoed(child, stmt);
                    }
                    body.append(&mut echoed);
                }
                mut others => body.append(&mut others),
            }
            written = opens_echo(self.source(child), child.kind());
        }
        body
    }

    fn echoed(&mut self, node: Node<'t>, stmt: &mut Stmt) {
        if let StmtKind::Expr(value) = &mut stmt.kind {
            let callee = Box::new(self.made_name(node, "echo"));
            let placeholder = self.opaque(node);
            let value = std::mem::replace(value, placeholder);
            let arguments = vec![Argument { name: None, value }];
            stmt.kind = StmtKind::Expr(self.make(node, ExprKind::Call { callee, arguments, is_new: false }));
        }
    }

    pub(super) fn stmts(&mut self, node: Node<'t>) -> Vec<Stmt> {
        self.nested_stmts(node, |lower| lower.stmts_here(node))
    }

    fn stmts_here(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match node.kind() {
            "php_tag"
            | "php_end_tag"
            | "text"
            | "text_interpolation"
            | "empty_statement"
            | "named_label_statement"
            | "goto_statement"
            | "attribute_list" => Vec::new(),
            "declare_statement" => self.block(node),
            "compound_statement" | "colon_block" => {
                let inner = self.block(node);
                vec![self.statement(node, StmtKind::Block(inner))]
            }
            "namespace_definition" => {
                node.child_by_field_name("body").map_or_else(Vec::new, |body| self.block(body))
            }
            "property_declaration" | "const_declaration" | "function_static_declaration" => {
                self.variables(node)
            }
            "ERROR" => {
                let inner = self.block(node);
                vec![self.statement(node, StmtKind::Opaque(inner))]
            }
            _ => match self.declaration(node).or_else(|| self.stmt_kind(node)) {
                Some(kind) => vec![self.statement(node, kind)],
                None => Vec::new(),
            },
        }
    }

    fn stmt_kind(&mut self, node: Node<'t>) -> Option<StmtKind> {
        Some(match node.kind() {
            "expression_statement" => match children(node).first()? {
                thrown if thrown.kind() == "throw_expression" => StmtKind::Throw(Some(self.first(*thrown))),
                value => StmtKind::Expr(self.expr(*value)),
            },
            "echo_statement" => StmtKind::Expr(self.spoken_call(node, "echo")),
            "exit_statement" => {
                let call = self.spoken_call(node, "exit");
                StmtKind::Throw(Some(call))
            }
            "unset_statement" => StmtKind::Delete(self.exprs(children(node))),
            "global_declaration" => {
                let mut names = Vec::new();
                for variable in children(node) {
                    let name = self.source(variable).trim_start_matches('$');
                    names.push(self.build.name(name));
                }
                StmtKind::Global(names)
            }
            "if_statement" => self.if_statement(node),
            "while_statement" | "do_statement" => StmtKind::While {
                test: self.field(node, "condition"),
                body: self.body(node),
                otherwise: Vec::new(),
                body_first: node.kind() == "do_statement",
            },
            "for_statement" => self.for_statement(node),
            "foreach_statement" => self.foreach(node),
            "switch_statement" => self.switch(node),
            "return_statement" => StmtKind::Return(children(node).first().map(|value| self.expr(*value))),
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "try_statement" => self.try_statement(node),
            "use_declaration" | "namespace_name" | "visibility_modifier" | "enum_case" => return None,
            _ => StmtKind::Expr(self.expr(node)),
        })
    }

    /// `echo a, b;` as a call.
    pub(super) fn spoken_call(&mut self, node: Node<'t>, name: &str) -> Expr {
        let callee = Box::new(self.made_name(node, name));
        let mut values = children(node);
        if let [only] = values.as_slice()
            && only.kind() == "sequence_expression"
        {
            values = children(*only);
        }
        let arguments =
            values.into_iter().map(|value| Argument { name: None, value: self.expr(value) }).collect();
        self.make(node, ExprKind::Call { callee, arguments, is_new: false })
    }

    /// The statements of the field `body` (or of all of them), without the block around them.
    pub(super) fn body(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut body = Vec::new();
        for part in fields(node, "body") {
            match part.kind() {
                "compound_statement" | "colon_block" => body.append(&mut self.block(part)),
                _ => body.append(&mut self.stmts(part)),
            }
        }
        body
    }

    /// `elseif` is an `if` in what is run otherwise.
    fn if_statement(&mut self, node: Node<'t>) -> StmtKind {
        let test = self.field(node, "condition");
        let then = self.body(node);
        let mut otherwise = Vec::new();
        for clause in fields(node, "alternative").into_iter().rev() {
            if clause.kind() == "else_clause" {
                otherwise = self.body(clause);
            } else {
                let kind = StmtKind::If {
                    test: self.field(clause, "condition"),
                    then: self.body(clause),
                    otherwise: std::mem::take(&mut otherwise),
                };
                otherwise = vec![self.statement(clause, kind)];
            }
        }
        StmtKind::If { test, then, otherwise }
    }

    fn for_statement(&mut self, node: Node<'t>) -> StmtKind {
        let mut init = Vec::new();
        for part in fields(node, "initialize") {
            let value = self.expr(part);
            init.push(self.statement(part, StmtKind::Expr(value)));
        }
        let test = fields(node, "condition").last().map(|test| self.expr(*test));
        let update = self.exprs(fields(node, "update"));
        StmtKind::For { init, test, update, body: self.body(node) }
    }

    /// `foreach (over as key => value)`: both are bound side by side.
    fn foreach(&mut self, node: Node<'t>) -> StmtKind {
        let body = fields(node, "body");
        let mut parts = children(node).into_iter().filter(|part| !body.contains(part));
        let over = parts.next();
        let target = parts.next();
        let over = self.expr_or(node, over);
        let target = self.expr_or(node, target);
        StmtKind::ForEach { target, over, keys: false, body: self.body(node), otherwise: Vec::new() }
    }

    fn switch(&mut self, node: Node<'t>) -> StmtKind {
        let subject = self.field(node, "condition");
        let groups = node.child_by_field_name("body").map_or_else(Vec::new, children);
        let mut arms = Vec::new();
        for group in
            groups.into_iter().filter(|group| matches!(group.kind(), "case_statement" | "default_statement"))
        {
            let value = group.child_by_field_name("value");
            let mut body = Vec::new();
            for part in children(group).into_iter().filter(|part| Some(*part) != value) {
                body.append(&mut self.stmts(part));
            }
            let patterns = value.map(|value| self.expr(value)).into_iter().collect();
            arms.push(Arm { patterns, guard: None, body, falls_through: true });
        }
        StmtKind::Switch { subject, arms }
    }

    fn try_statement(&mut self, node: Node<'t>) -> StmtKind {
        let body = self.body(node);
        let (mut catches, mut finally) = (Vec::new(), Vec::new());
        for part in children(node) {
            match part.kind() {
                "catch_clause" => {
                    let types = part.child_by_field_name("type").map_or_else(Vec::new, children);
                    let types = types.into_iter().map(|written| self.named(written)).collect();
                    let name = part.child_by_field_name("name").map(|name| self.expr(name));
                    catches.push(Catch { types, name, body: self.body(part) });
                }
                "finally_clause" => finally = self.body(part),
                _ => {}
            }
        }
        StmtKind::Try { body, catches, otherwise: Vec::new(), finally }
    }

    /// Properties, constants and static variables, one declaration each.
    fn variables(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let constant = node.kind() == "const_declaration";
        let kinds = ["property_element", "const_element", "static_variable_declaration"];
        let mut declared = Vec::new();
        for element in children(node).into_iter().filter(|element| kinds.contains(&element.kind())) {
            let parts = children(element);
            let name =
                element.child_by_field_name("name").or_else(|| parts.first().copied()).unwrap_or(element);
            let value =
                element.child_by_field_name("default_value").or_else(|| element.child_by_field_name("value"));
            let value = value.or_else(|| parts.get(1).copied().filter(|_| constant));
            let declare = Declare {
                target: self.named(name),
                declared_type: node.child_by_field_name("type").map(|written| self.named(written)),
                value: value.map(|value| self.expr(value)),
                block_scoped: false,
                constant,
                decorators: Vec::new(),
            };
            declared.push(self.statement(element, StmtKind::Declare(Box::new(declare))));
        }
        declared
    }
}

/// Whether what follows is written out: the tag `<?=`, alone or at the end of the text before.
fn opens_echo(source: &str, kind: &str) -> bool {
    matches!(kind, "php_tag" | "text_interpolation") && source.ends_with("<?=")
}
