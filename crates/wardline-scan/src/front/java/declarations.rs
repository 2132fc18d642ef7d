//! Imports, classes, methods, variables.

use std::collections::HashSet;

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{children, fields, has_token},
    ir::{
        Argument, Class, Declare, Expr, ExprKind, Function, Import, Imported, Parameter, ParameterKind, Stmt,
        StmtKind,
    },
};

impl<'t> Lower<'t, '_> {
    /// A declaration of a type or method, or an import.
    pub(super) fn declaration(&mut self, node: Node<'t>) -> Option<StmtKind> {
        Some(match node.kind() {
            "import_declaration" => StmtKind::Import(vec![self.import(node)?]),
            "class_declaration" | "interface_declaration" | "enum_declaration" | "record_declaration" => {
                StmtKind::Class(Box::new(self.class(node)))
            }
            "method_declaration" | "constructor_declaration" | "compact_constructor_declaration" => {
                StmtKind::Function(Box::new(self.method(node)))
            }
            _ => return None,
        })
    }

    fn import(&mut self, node: Node<'t>) -> Option<Import> {
        let parts = children(node);
        let path = parts.first()?;
        let whole: String = self.source(*path).split_whitespace().collect();
        let is_static = has_token(node, "static");
        if parts.iter().any(|part| part.kind() == "asterisk") {
            let (module, local) = (self.build.name(&whole), self.build.name(""));
            return Some(Import { module, what: Imported::All, local });
        }
        let (outer, last) = whole.rsplit_once('.').unwrap_or(("", &whole));
        let local = self.build.name(last);
        Some(match is_static {
            true => Import { module: self.build.name(outer), what: Imported::One(local.clone()), local },
            false => Import { module: self.build.name(&whole), what: Imported::Whole, local },
        })
    }

    fn modifiers(node: Node<'t>) -> Option<Node<'t>> {
        children(node).into_iter().find(|part| part.kind() == "modifiers")
    }

    fn annotations(&mut self, node: Node<'t>) -> Vec<Expr> {
        let marks = Self::modifiers(node).map_or_else(Vec::new, children);
        marks.into_iter().map(|mark| self.annotation(mark)).collect()
    }

    fn is_modified(node: Node<'t>, word: &str) -> bool {
        Self::modifiers(node).is_some_and(|modifiers| has_token(modifiers, word))
    }

    fn class(&mut self, node: Node<'t>) -> Class {
        let decorators = self.annotations(node);
        let name = node.child_by_field_name("name").map(|name| self.spelled(name));
        let mut bases = Vec::new();
        for part in children(node) {
            match part.kind() {
                "superclass" => bases.extend(children(part).first().map(|written| self.type_expr(*written))),
                "super_interfaces" | "extends_interfaces" => {
                    let types: Vec<_> = children(part).into_iter().flat_map(children).collect();
                    bases.extend(types.into_iter().map(|written| self.type_expr(written)));
                }
                _ => {}
            }
        }
        let mut members = Vec::new();
        for part in node.child_by_field_name("parameters").map_or_else(Vec::new, children) {
            members.extend(self.record_part(part));
        }
        if let Some(body) = node.child_by_field_name("body") {
            members.extend(self.members(body));
        }
        Class { name, bases, decorators, members, span: self.build.span(node) }
    }

    /// The class in `new T() { … }`.
    pub(super) fn anonymous_class(&mut self, node: Node<'t>, body: Node<'t>) -> Class {
        let base = node.child_by_field_name("type").map(|written| self.type_expr(written));
        Class {
            name: None,
            bases: base.into_iter().collect(),
            decorators: Vec::new(),
            members: self.members(body),
            span: self.build.span(node),
        }
    }

    fn members(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let mut methods = HashSet::new();
        for member in children(body).into_iter().filter(|member| member.kind() == "method_declaration") {
            methods.extend(member.child_by_field_name("name").map(|name| self.spelled(name)));
        }
        self.state.methods.push(methods);
        let members = self.members_here(body);
        self.state.methods.pop();
        members
    }

    fn members_here(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let mut members = Vec::new();
        for member in children(body) {
            match member.kind() {
                "class_declaration" | "enum_declaration" | "record_declaration" | "interface_declaration" => {
                    let inner = self.stmts(member);
                    self.state.inner.extend(inner);
                }
                "enum_constant" => members.extend(self.enum_constant(member)),
                "enum_body_declarations" => members.extend(self.members_here(member)),
                _ => members.extend(self.stmts(member)),
            }
        }
        members
    }

    fn enum_constant(&mut self, node: Node<'t>) -> Option<Stmt> {
        let name = node.child_by_field_name("name")?;
        let target = self.name_expr(name);
        let callee = Box::new(self.made_name(node, "enum"));
        let mut arguments = vec![Argument { name: None, value: self.text_of(name) }];
        arguments.extend(self.arguments(node));
        let value = self.make(node, ExprKind::Call { callee, arguments, is_new: true });
        Some(self.statement(node, declare(target, None, Some(value), true, Vec::new())))
    }

    fn text_of(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node).into();
        self.make(node, ExprKind::Literal(crate::ir::Literal::Text(text)))
    }

    fn record_part(&mut self, node: Node<'t>) -> Option<Stmt> {
        let name = node.child_by_field_name("name")?;
        let target = self.name_expr(name);
        let declared = node.child_by_field_name("type").map(|written| self.type_expr(written));
        let decorators = self.annotations(node);
        Some(self.statement(node, declare(target, declared, None, true, decorators)))
    }

    fn method(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        let decorators = self.annotations(node);
        let name = match node.kind() {
            "method_declaration" => node.child_by_field_name("name").map(|name| self.spelled(name)),
            _ => Some(self.build.name("constructor")),
        };
        let parameters = self.parameters(node);
        let returns = node.child_by_field_name("type").map(|written| self.type_expr(written));
        Function {
            id,
            name,
            parameters,
            returns,
            decorators,
            body: self.body(node, "body"),
            is_async: false,
            is_generator: false,
            is_static: Self::is_modified(node, "static"),
            span: self.build.span(node),
        }
    }

    pub(super) fn parameters(&mut self, node: Node<'t>) -> Vec<Parameter> {
        let given = node.child_by_field_name("parameters").map_or_else(Vec::new, children);
        given.into_iter().filter_map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&mut self, node: Node<'t>) -> Option<Parameter> {
        let parts = children(node);
        let (name, kind) = match node.kind() {
            "formal_parameter" => (node.child_by_field_name("name")?, ParameterKind::Plain),
            "spread_parameter" => {
                let declarator = parts.iter().find(|part| part.kind() == "variable_declarator")?;
                (declarator.child_by_field_name("name")?, ParameterKind::Rest)
            }
            _ => return None,
        };
        let written = node.child_by_field_name("type").or_else(|| {
            parts.iter().copied().find(|part| !matches!(part.kind(), "modifiers" | "variable_declarator"))
        });
        Some(Parameter {
            target: self.name_expr(name),
            declared_type: written.map(|written| self.type_expr(written)),
            default: None,
            kind,
            decorators: self.annotations(node),
        })
    }

    /// `int a = 1, b;`
    pub(super) fn variables(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let constant = Self::is_modified(node, "final") || node.kind() == "constant_declaration";
        let mut statements = Vec::new();
        for declarator in fields(node, "declarator") {
            let target = self.field(declarator, "name");
            let declared = node.child_by_field_name("type").map(|written| self.type_expr(written));
            let value = declarator.child_by_field_name("value").map(|value| self.expr(value));
            let decorators = self.annotations(node);
            statements
                .push(self.statement(declarator, declare(target, declared, value, constant, decorators)));
        }
        statements
    }
}

fn declare(
    target: Expr,
    declared_type: Option<Expr>,
    value: Option<Expr>,
    constant: bool,
    decorators: Vec<Expr>,
) -> StmtKind {
    StmtKind::Declare(Box::new(Declare {
        target,
        declared_type,
        value,
        block_scoped: true,
        constant,
        decorators,
    }))
}
