//! Functions, classes and `use`.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::children,
    ir::{Class, Expr, ExprKind, Function, Import, Imported, Name, Parameter, ParameterKind, Stmt, StmtKind},
};

impl<'t> Lower<'t, '_> {
    pub(super) fn declaration(&mut self, node: Node<'t>) -> Option<StmtKind> {
        Some(match node.kind() {
            "function_definition" | "method_declaration" => StmtKind::Function(Box::new(self.function(node))),
            "class_declaration" | "interface_declaration" | "trait_declaration" | "enum_declaration" => {
                StmtKind::Class(Box::new(self.class(node)))
            }
            "namespace_use_declaration" => StmtKind::Import(self.imports(node)),
            _ => return None,
        })
    }

    /// A function of any kind. The body of an arrow is its `return`.
    pub(super) fn function(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        let body = node.child_by_field_name("body");
        let arrow = body.filter(|body| body.kind() != "compound_statement");
        let body = match arrow {
            Some(value) => {
                let value = self.expr(value);
                vec![Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }]
            }
            None => body.map_or_else(Vec::new, |body| self.block(body)),
        };
        Function {
            id,
            name: node.child_by_field_name("name").map(|name| self.spelled(name)),
            parameters: node
                .child_by_field_name("parameters")
                .map_or_else(Vec::new, |list| self.parameters(list)),
            returns: node.child_by_field_name("return_type").map(|written| self.named(written)),
            decorators: self.attributes(node),
            body,
            is_async: false,
            is_generator: false,
            is_static: children(node).iter().any(|part| part.kind() == "static_modifier"),
            span: self.build.span(node),
        }
    }

    fn parameters(&mut self, list: Node<'t>) -> Vec<Parameter> {
        let parameters = children(list).into_iter();
        parameters
            .map(|node| Parameter {
                target: self.named(node.child_by_field_name("name").unwrap_or(node)),
                declared_type: node.child_by_field_name("type").map(|written| self.named(written)),
                default: node.child_by_field_name("default_value").map(|value| self.expr(value)),
                kind: if node.kind() == "variadic_parameter" {
                    ParameterKind::Rest
                } else {
                    ParameterKind::Plain
                },
                decorators: self.attributes(node),
            })
            .collect()
    }

    /// `#[Route('/x')]`: calls, or names.
    fn attributes(&mut self, node: Node<'t>) -> Vec<Expr> {
        let Some(list) = node.child_by_field_name("attributes") else { return Vec::new() };
        let attributes: Vec<_> =
            children(list).into_iter().flat_map(children).filter(|node| node.kind() == "attribute").collect();
        let mut calls = Vec::new();
        for attribute in attributes {
            let parts = children(attribute);
            let Some(name) = parts.first() else { continue };
            let callee = Box::new(self.named(*name));
            let list = parts.iter().find(|part| part.kind() == "arguments");
            let arguments = list.map_or_else(Vec::new, |list| self.arguments(*list));
            calls.push(self.make(attribute, ExprKind::Call { callee, arguments, is_new: false }));
        }
        calls
    }

    pub(super) fn class(&mut self, node: Node<'t>) -> Class {
        let name = node.child_by_field_name("name").map(|name| self.spelled(name));
        let is_base = |part: &Node<'_>| matches!(part.kind(), "base_clause" | "class_interface_clause");
        let bases: Vec<_> = children(node).into_iter().filter(is_base).flat_map(children).collect();
        let bases = bases.into_iter().map(|base| self.named(base)).collect();
        let members = node.child_by_field_name("body").map_or_else(Vec::new, |body| self.block(body));
        Class { name, bases, decorators: self.attributes(node), members, span: self.build.span(node) }
    }

    /// `use App\Db as D;`, `use function App\{f, g};`
    fn imports(&mut self, node: Node<'t>) -> Vec<Import> {
        let prefix = children(node).into_iter().find(|part| part.kind() == "namespace_name");
        let prefix = prefix.map_or_else(String::new, |prefix| format!("{}.", self.dotted(prefix)));
        let group = node.child_by_field_name("body");
        let clauses = children(group.unwrap_or(node))
            .into_iter()
            .filter(|clause| clause.kind() == "namespace_use_clause");
        let mut imports = Vec::new();
        for clause in clauses {
            let alias = clause.child_by_field_name("alias");
            let named = children(clause).into_iter().find(|part| Some(*part) != alias);
            let full = format!("{prefix}{}", named.map_or_else(String::new, |named| self.dotted(named)));
            let alias = alias.map(|alias| self.spelled(alias));
            imports.push(self.import(&full, alias));
        }
        imports
    }

    fn dotted(&self, node: Node<'t>) -> String {
        self.source(node).trim_start_matches('\\').replace('\\', ".")
    }

    fn import(&mut self, full: &str, alias: Option<Name>) -> Import {
        let (module, last) = full.rsplit_once('.').unwrap_or(("", full));
        let local = alias.unwrap_or_else(|| self.build.name(last));
        match module {
            "" => Import { module: self.build.name(last), what: Imported::Whole, local },
            module => {
                Import { module: self.build.name(module), what: Imported::One(self.build.name(last)), local }
            }
        }
    }
}
