//! Functions and classes.

use tree_sitter::Node;

use super::{Lower, children, fields, has_token};
use crate::ir::{Class, Declare, Expr, ExprKind, Function, Parameter, ParameterKind, Stmt, StmtKind};

impl<'t> Lower<'t, '_> {
    /// A function, arrow or method, with decorators that stand outside of it.
    pub(super) fn function(&mut self, node: Node<'t>, outside: Vec<Node<'t>>) -> Function {
        let id = self.build.function();
        let mut decorators = self.decorators(outside.into_iter().chain(fields(node, "decorator")));
        for accessor in ["get", "set"] {
            if node.kind() == "method_definition" && has_token(node, accessor) {
                let name = self.build.name(accessor);
                decorators.push(self.make(node, ExprKind::Name(name)));
            }
        }
        let name = node.child_by_field_name("name").map(|name| self.member_name(name));
        let mut assigned = Vec::new();
        let parameters = self.parameters(node, &mut assigned);
        let returns = node.child_by_field_name("return_type").map(|written| self.type_expr(written));
        let mut body = assigned;
        body.extend(self.function_body(node));
        Function {
            id,
            name,
            parameters,
            returns,
            decorators,
            body,
            is_async: has_token(node, "async"),
            is_generator: has_token(node, "*"),
            is_static: has_token(node, "static") || has_token(node, "static get"),
            span: self.build.span(node),
        }
    }

    fn function_body(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let Some(body) = node.child_by_field_name("body") else { return Vec::new() };
        if body.kind() == "statement_block" {
            return self.block(body);
        }
        let value = self.expr(body);
        vec![self.statement(body, StmtKind::Return(Some(value)))]
    }

    /// The parameters; those that are properties of the object too are assigned in `assigned`.
    fn parameters(&mut self, node: Node<'t>, assigned: &mut Vec<Stmt>) -> Vec<Parameter> {
        if let Some(only) = node.child_by_field_name("parameter") {
            return vec![self.parameter(only, only)];
        }
        let mut parameters = Vec::new();
        for child in node.child_by_field_name("parameters").map_or_else(Vec::new, children) {
            let pattern = child.child_by_field_name("pattern").or_else(|| child.child_by_field_name("name"));
            let pattern = pattern.filter(|_| child.kind().ends_with("_parameter")).unwrap_or(child);
            if pattern.kind() == "this" {
                continue;
            }
            parameters.push(self.parameter(child, pattern));
            if child.kind().ends_with("_parameter") && is_property(child) {
                assigned.extend(self.property_assignment(pattern));
            }
        }
        parameters
    }

    fn parameter(&mut self, node: Node<'t>, pattern: Node<'t>) -> Parameter {
        let decorators = self.decorators(fields(node, "decorator").into_iter());
        let declared_type = node.child_by_field_name("type").map(|written| self.type_expr(written));
        let (pattern, default) = match pattern.kind() {
            "assignment_pattern" => {
                (pattern.child_by_field_name("left").unwrap_or(pattern), pattern.child_by_field_name("right"))
            }
            _ => (pattern, node.child_by_field_name("value")),
        };
        let default = default.map(|value| self.expr(value));
        let (target, kind) = match pattern.kind() {
            "rest_pattern" => {
                let inner = children(pattern).first().copied().unwrap_or(pattern);
                (self.expr(inner), ParameterKind::Rest)
            }
            _ => (self.expr(pattern), ParameterKind::Plain),
        };
        Parameter { target, declared_type, default, kind, decorators }
    }

    /// `this.x = x`, for the parameter property `x`.
    fn property_assignment(&mut self, pattern: Node<'t>) -> Option<Stmt> {
        if pattern.kind() != "identifier" {
            return None;
        }
        let this = self.build.name("this");
        let object = Box::new(self.make(pattern, ExprKind::Name(this)));
        let name = self.name_of(pattern);
        let target = Box::new(self.make(pattern, ExprKind::Member { object, name }));
        let value = Box::new(self.name_expr(pattern));
        let assign = self.make(pattern, ExprKind::Assign { target, operator: None, value });
        Some(self.statement(pattern, StmtKind::Expr(assign)))
    }

    pub(super) fn decorators(&mut self, nodes: impl Iterator<Item = Node<'t>>) -> Vec<Expr> {
        nodes.map(|node| self.expr(node)).collect()
    }

    /// A name as declared in a class: strings without their quotes, computed ones as written.
    fn member_name(&mut self, node: Node<'t>) -> crate::ir::Name {
        if node.kind() == "string" {
            let text = self.string(node);
            return self.build.name(&text);
        }
        self.name_of(node)
    }

    /// A class, with decorators that stand outside of it.
    pub(super) fn class(&mut self, node: Node<'t>, outside: Vec<Node<'t>>) -> Class {
        let decorators = self.decorators(outside.into_iter().chain(fields(node, "decorator")));
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let mut bases = Vec::new();
        for heritage in children(node).into_iter().filter(|child| child.kind() == "class_heritage") {
            self.bases(heritage, &mut bases);
        }
        let members = node.child_by_field_name("body").map_or_else(Vec::new, |body| self.members(body));
        Class { name, bases, decorators, members, span: self.build.span(node) }
    }

    fn bases(&mut self, heritage: Node<'t>, bases: &mut Vec<Expr>) {
        for part in children(heritage) {
            match part.kind() {
                "extends_clause" => {
                    bases.extend(fields(part, "value").into_iter().map(|value| self.expr(value)));
                }
                "implements_clause" => {
                    bases.extend(children(part).into_iter().map(|written| self.type_expr(written)));
                }
                _ => bases.push(self.expr(part)),
            }
        }
    }

    fn members(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let mut members = Vec::new();
        let mut decorators = Vec::new();
        for member in children(body) {
            match member.kind() {
                "decorator" => decorators.push(member),
                "method_definition" if decorators.is_empty() => {
                    members.extend(self.kept_or(member, |lower| {
                        let function = lower.function(member, Vec::new());
                        vec![lower.statement(member, StmtKind::Function(Box::new(function)))]
                    }));
                }
                "method_definition" => {
                    let function = self.function(member, std::mem::take(&mut decorators));
                    members.push(self.statement(member, StmtKind::Function(Box::new(function))));
                }
                "public_field_definition" | "field_definition" => {
                    let outside = std::mem::take(&mut decorators);
                    members.extend(self.field_definition(member, outside));
                }
                "class_static_block" => {
                    let block = member.child_by_field_name("body");
                    let body = block.map_or_else(Vec::new, |block| self.block(block));
                    members.push(self.statement(member, StmtKind::Block(body)));
                }
                "ERROR" => members.extend(self.stmts(member)),
                // Signatures: nothing runs.
                _ => decorators.clear(),
            }
        }
        members
    }

    fn field_definition(&mut self, node: Node<'t>, outside: Vec<Node<'t>>) -> Option<Stmt> {
        let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"))?;
        let decorators = self.decorators(outside.into_iter().chain(fields(node, "decorator")));
        let target = match name.kind() {
            "computed_property_name" | "number" => self.expr(name),
            _ => {
                let text = self.member_name(name);
                self.make(name, ExprKind::Name(text))
            }
        };
        let declared_type = node.child_by_field_name("type").map(|written| self.type_expr(written));
        let value = self.maybe(node, "value");
        let declare = Declare {
            target,
            declared_type,
            value,
            block_scoped: true,
            constant: has_token(node, "readonly"),
            decorators,
        };
        Some(self.statement(node, StmtKind::Declare(Box::new(declare))))
    }
}

/// Whether a constructor's parameter is a property: it has `private`, `readonly` or the like before it.
fn is_property(parameter: Node<'_>) -> bool {
    let modified = |child: &Node<'_>| matches!(child.kind(), "accessibility_modifier" | "override_modifier");
    children(parameter).iter().any(modified) || has_token(parameter, "readonly")
}
