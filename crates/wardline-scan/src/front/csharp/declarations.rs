//! `using`, classes, methods, properties, variables.

use std::collections::HashSet;

use tree_sitter::Node;

use super::{Around, Lower};
use crate::{
    front::lower::children,
    ir::{
        Class, Declare, Expr, ExprKind, Function, Import, Imported, Parameter, ParameterKind, Stmt, StmtKind,
    },
};

impl<'t> Lower<'t, '_> {
    pub(super) fn using(&mut self, node: Node<'t>) -> Option<Import> {
        let alias = node.child_by_field_name("name");
        let path = children(node).into_iter().rfind(|part| Some(*part) != alias)?;
        let whole: String = self.source(path).split_whitespace().collect();
        let module = self.build.name(whole.split('<').next().unwrap_or(&whole));
        Some(match alias {
            Some(alias) => Import { module, what: Imported::Whole, local: self.spelled(alias) },
            None => Import { module, what: Imported::All, local: self.build.name("") },
        })
    }

    fn is_modified(&self, node: Node<'t>, word: &str) -> bool {
        children(node).iter().any(|part| part.kind() == "modifier" && self.source(*part) == word)
    }

    /// `[A, B(x)]`: names and calls.
    fn attributes(&mut self, node: Node<'t>) -> Vec<Expr> {
        let lists = children(node).into_iter().filter(|part| part.kind() == "attribute_list");
        let attributes = lists.flat_map(children).filter(|part| part.kind() == "attribute");
        let mut lowered = Vec::new();
        for attribute in attributes.collect::<Vec<_>>() {
            let Some(name) = attribute.child_by_field_name("name") else { continue };
            let name = self.type_expr(name);
            let list = children(attribute).into_iter().find(|part| part.kind() == "attribute_argument_list");
            lowered.push(match list {
                Some(list) => {
                    let arguments = self.arguments(list);
                    let kind = ExprKind::Call { callee: Box::new(name), arguments, is_new: false };
                    self.make(attribute, kind)
                }
                None => name,
            });
        }
        lowered
    }

    /// A class, struct, record, interface or enum.
    pub(super) fn class(&mut self, node: Node<'t>) -> Class {
        let decorators = self.attributes(node);
        let name = node.child_by_field_name("name").map(|name| self.spelled(name));
        let list = children(node).into_iter().find(|part| part.kind() == "base_list");
        let written = list.map_or_else(Vec::new, children);
        let written = written.into_iter().filter(|part| part.kind() != "argument_list");
        let bases: Vec<_> = written.map(|base| self.type_expr(base)).collect();
        let body = node.child_by_field_name("body");
        let around = self.around(node, body);
        let around = Around { name: name.clone(), ..around };
        self.state.classes.push(around);
        let outer = std::mem::take(&mut self.state.scopes);
        let mut members = Vec::new();
        let parts = children(node).into_iter().find(|part| part.kind() == "parameter_list");
        for parameter in parts.map_or_else(Vec::new, |parts| self.parameters(parts)) {
            members.push(self.declared(node, parameter.target, parameter.declared_type, None, false));
        }
        members.extend(body.map_or_else(Vec::new, |body| self.members(body)));
        self.state.scopes = outer;
        self.state.classes.pop();
        Class { name, bases, decorators, members, span: self.build.span(node) }
    }

    /// The names that a class has, and whether requests call it.
    fn around(&self, node: Node<'t>, body: Option<Node<'t>>) -> Around {
        let mut around = Around::default();
        let before = body.map_or_else(|| node.end_byte(), |body| body.start_byte());
        let head = self.text.get(node.start_byte()..before).unwrap_or_default();
        let words: Vec<_> = head.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        around.controller = words.contains(&"ApiController")
            || head.rsplit_once(':').is_some_and(|(_, bases)| {
                let bases = bases.split(|c: char| !c.is_alphanumeric() && c != '_');
                bases.into_iter().any(|base| {
                    ["Controller", "ControllerBase", "PageModel"].iter().any(|end| base.ends_with(end))
                })
            });
        let parts = children(node).into_iter().find(|part| part.kind() == "parameter_list");
        for parameter in parts.map_or_else(Vec::new, children) {
            around.members.extend(parameter.child_by_field_name("name").map(|name| self.source(name).into()));
        }
        for member in body.map_or_else(Vec::new, children) {
            let is_static = self.is_modified(member, "static") || self.is_modified(member, "const");
            let declaration = children(member).into_iter().find(|part| part.kind() == "variable_declaration");
            let declarators = declaration.map_or_else(Vec::new, children);
            let named = match member.kind() {
                "method_declaration" | "property_declaration" => vec![member],
                "field_declaration" => declarators,
                _ => continue,
            };
            let names = named.into_iter().filter_map(|part| part.child_by_field_name("name"));
            let names = names.map(|name| self.source(name).into());
            if is_static { around.statics.extend(names) } else { around.members.extend(names) }
        }
        around
    }

    fn members(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let mut members = Vec::new();
        for member in children(body) {
            match member.kind() {
                "class_declaration"
                | "struct_declaration"
                | "record_declaration"
                | "interface_declaration"
                | "enum_declaration" => {
                    let inner = self.stmts(member);
                    self.state.inner.extend(inner);
                }
                "preproc_if" | "preproc_else" | "preproc_elif" => members.extend(self.members(member)),
                "enum_member_declaration" => members.extend(self.enum_member(member)),
                _ => members.extend(self.stmts(member)),
            }
        }
        members
    }

    /// The names of an enumeration are harmless, whatever they are set to.
    fn enum_member(&mut self, node: Node<'t>) -> Option<Stmt> {
        let name = node.child_by_field_name("name")?;
        let text = self.source(name).into();
        let value = self.make(name, ExprKind::Literal(crate::ir::Literal::Text(text)));
        let spelled = self.spelled(name);
        let target = self.make(name, ExprKind::Name(spelled));
        Some(self.declared(node, target, None, Some(value), true))
    }

    fn declared(
        &self,
        node: Node<'t>,
        target: Expr,
        declared_type: Option<Expr>,
        value: Option<Expr>,
        constant: bool,
    ) -> Stmt {
        let declare =
            Declare { target, declared_type, value, block_scoped: true, constant, decorators: Vec::new() };
        self.statement(node, StmtKind::Declare(Box::new(declare)))
    }

    /// A method, constructor or function in a function.
    pub(super) fn method(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        let mut decorators = self.attributes(node);
        let action = self.state.classes.last().is_some_and(|around| around.controller)
            && node.kind() == "method_declaration"
            && self.is_modified(node, "public")
            && !self.source(node).contains("[NonAction]");
        if action {
            decorators.push(self.made_name(node, "action"));
        }
        let name = node.child_by_field_name("name");
        let name = match node.kind() {
            "constructor_declaration" => Some(self.build.name("constructor")),
            _ => name.map(|name| self.spelled(name)),
        };
        let returns = node.child_by_field_name("returns").or_else(|| node.child_by_field_name("type"));
        let returns = returns.map(|written| self.type_expr(written));
        self.state.scopes.push(HashSet::new());
        let list = node.child_by_field_name("parameters");
        let parameters = list.map_or_else(Vec::new, |list| self.parameters(list));
        let body = node.child_by_field_name("body").map_or_else(Vec::new, |body| self.function_body(body));
        self.state.scopes.pop();
        Function {
            id,
            name,
            parameters,
            returns,
            decorators,
            body,
            is_async: self.is_modified(node, "async"),
            is_generator: false,
            is_static: self.is_modified(node, "static"),
            span: self.build.span(node),
        }
    }

    pub(super) fn parameters(&mut self, list: Node<'t>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for node in children(list).into_iter().filter(|part| part.kind() == "parameter") {
            let Some(name) = node.child_by_field_name("name") else { continue };
            let target = self.variable(name);
            let written = node.child_by_field_name("type");
            let default = children(node).into_iter().last().filter(|value| {
                Some(*value) != Some(name) && Some(*value) != written && value.start_byte() > name.end_byte()
            });
            parameters.push(Parameter {
                target,
                declared_type: written.map(|written| self.type_expr(written)),
                default: default.map(|default| self.expr(default)),
                kind: ParameterKind::Plain,
                decorators: self.attributes(node),
            });
        }
        // `params string[] rest` has no node of its own.
        if let (Some(written), Some(name)) =
            (list.child_by_field_name("type"), list.child_by_field_name("name"))
        {
            parameters.push(Parameter {
                target: self.variable(name),
                declared_type: Some(self.type_expr(written)),
                default: None,
                kind: ParameterKind::Rest,
                decorators: Vec::new(),
            });
        }
        parameters
    }

    /// A property: what its `get` does, or what it is set to.
    pub(super) fn property(&mut self, node: Node<'t>) -> Option<Stmt> {
        let name = node.child_by_field_name("name")?;
        let value = node.child_by_field_name("value");
        let accessors = node.child_by_field_name("accessors").map_or_else(Vec::new, children);
        let getter = accessors.into_iter().find(|accessor| {
            accessor.child_by_field_name("name").is_some_and(|name| self.source(name) == "get")
        });
        let getter = getter.and_then(|getter| getter.child_by_field_name("body"));
        let body = value.filter(|value| value.kind() == "arrow_expression_clause").or(getter);
        let spelled = self.spelled(name);
        let Some(body) = body else {
            let target = self.make(name, ExprKind::Name(spelled));
            let declared = node.child_by_field_name("type").map(|written| self.type_expr(written));
            let value = value.map(|value| self.expr(value));
            return Some(self.declared(node, target, declared, value, false));
        };
        let id = self.build.function();
        self.state.scopes.push(HashSet::new());
        let body = self.function_body(body);
        self.state.scopes.pop();
        let function = Function {
            id,
            name: Some(spelled),
            parameters: Vec::new(),
            returns: None,
            decorators: vec![self.made_name(name, "property")],
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        };
        Some(self.statement(node, StmtKind::Function(Box::new(function))))
    }

    /// `int a = 1, b;`, of a class or in a function.
    pub(super) fn variables(&mut self, node: Node<'t>, local: bool) -> Vec<Stmt> {
        let constant = self.is_modified(node, "const") || self.is_modified(node, "readonly");
        let declaration = children(node).into_iter().find(|part| part.kind() == "variable_declaration");
        let declaration = declaration.unwrap_or(node);
        let written = declaration.child_by_field_name("type");
        let written = written.filter(|written| written.kind() != "implicit_type");
        let mut statements = Vec::new();
        for declarator in
            children(declaration).into_iter().filter(|part| part.kind() == "variable_declarator")
        {
            let (target, value) = self.declarator(declarator, written, local);
            let declared = written.map(|written| self.type_expr(written));
            statements.push(self.declared(declarator, target, declared, value, constant));
        }
        statements
    }

    /// The name and the value of a variable.
    pub(super) fn declarator(
        &mut self,
        node: Node<'t>,
        written: Option<Node<'t>>,
        local: bool,
    ) -> (Expr, Option<Expr>) {
        let parts = children(node);
        let name = node.child_by_field_name("name").or_else(|| parts.first().copied());
        let value = parts
            .last()
            .copied()
            .filter(|value| Some(*value) != name && value.kind() != "bracketed_argument_list");
        let value = value.map(|value| match value.kind() {
            "implicit_object_creation_expression" => self.creation(value, written),
            _ => self.expr(value),
        });
        let target = match name {
            Some(name) if local => self.target(name),
            Some(name) => {
                let spelled = self.spelled(name);
                self.make(name, ExprKind::Name(spelled))
            }
            None => self.opaque(node),
        };
        (target, value)
    }

    /// The values and names of `using (var a = b, …)`.
    pub(super) fn resources(&mut self, node: Node<'t>) -> Vec<(Expr, Option<Expr>)> {
        let body = node.child_by_field_name("body");
        let Some(resource) = children(node).into_iter().find(|part| Some(*part) != body) else {
            return Vec::new();
        };
        if resource.kind() != "variable_declaration" {
            return vec![(self.expr(resource), None)];
        }
        let written = resource.child_by_field_name("type");
        let written = written.filter(|written| written.kind() != "implicit_type");
        let declarators = children(resource).into_iter().filter(|part| part.kind() == "variable_declarator");
        let mut items = Vec::new();
        for declarator in declarators {
            let (target, value) = self.declarator(declarator, written, true);
            items.push((value.unwrap_or_else(|| self.opaque(declarator)), Some(target)));
        }
        items
    }
}
