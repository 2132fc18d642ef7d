//! Functions, types, `use`, and the choices that stand as statements.

use tree_sitter::Node;

use super::{Lowering, Use, has_word, named};
use crate::ir::{
    Arm, Class, Expr, ExprKind, Function, Import, Imported, Name, Parameter, ParameterKind, Stmt, StmtKind,
};

impl Lowering<'_> {
    pub(super) fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> Function {
        let id = self.build.function();
        let span = self.build.span(node);
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let parameters = node.child_by_field_name("parameters");
        let mut cursor = node.walk();
        let modifiers = node.children(&mut cursor).find(|child| child.kind() == "function_modifiers");
        Function {
            id,
            name,
            parameters: parameters.map(|list| self.parameters(list)).unwrap_or_default(),
            returns: node.child_by_field_name("return_type").map(|kind| self.expression(kind)),
            decorators,
            body: self.body(node, Use::Value),
            is_async: modifiers.is_some_and(|modifiers| has_word(modifiers, "async")),
            is_generator: false,
            is_static: false,
            span,
        }
    }

    /// Parameters of functions and closures. `self` is the first one where it is written.
    pub(super) fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for node in named(list) {
            let (target, declared_type) = match node.kind() {
                "parameter" => (self.field(node, "pattern"), node.child_by_field_name("type")),
                "self_parameter" => {
                    let name = self.build.name("self");
                    (self.make(node, ExprKind::Name(name)), None)
                }
                "attribute_item" | "variadic_parameter" => continue,
                _ => (self.expression(node), None),
            };
            let declared_type = declared_type.map(|node| self.expression(node));
            parameters.push(Parameter {
                target,
                declared_type,
                default: None,
                kind: ParameterKind::Plain,
                decorators: Vec::new(),
            });
        }
        parameters
    }

    /// A type, a trait, or an `impl`, which is a class of the type's name with the trait as its base.
    pub(super) fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> Class {
        let span = self.build.span(node);
        let named = node.child_by_field_name("name").or_else(|| node.child_by_field_name("type"));
        let named = named.map(|name| name.child_by_field_name("type").unwrap_or(name));
        let name = named.map(|name| self.name_of(name));
        let bases = node.child_by_field_name("trait").map(|base| self.expression(base)).into_iter().collect();
        let members = match node.child_by_field_name("body") {
            Some(body) if body.kind() == "declaration_list" => self.block(body, Use::Effect),
            _ => Vec::new(),
        };
        Class { name, bases, decorators, members, span }
    }

    /// `use a::{b, c as d, e::*};`
    pub(super) fn imports(&mut self, node: Node<'_>) -> Vec<Import> {
        let mut imports = Vec::new();
        if let Some(argument) = node.child_by_field_name("argument") {
            self.imported(argument, "", &mut imports);
        }
        imports
    }

    fn imported(&mut self, node: Node<'_>, prefix: &str, into: &mut Vec<Import>) {
        let path = |source: &str| source.split_whitespace().collect::<String>().replace("::", ".");
        let join = |tail: &str| if prefix.is_empty() { tail.to_owned() } else { format!("{prefix}.{tail}") };
        match node.kind() {
            "use_list" => {
                for child in named(node) {
                    self.deeper(child, |lowering| lowering.imported(child, prefix, into));
                }
            }
            "scoped_use_list" => {
                let head = node.child_by_field_name("path").map(|node| join(&path(self.source(node))));
                let list = node.child_by_field_name("list");
                if let Some(list) = list {
                    self.imported(list, &head.unwrap_or_default(), into);
                }
            }
            "use_as_clause" => {
                let full = node
                    .child_by_field_name("path")
                    .map(|node| join(&path(self.source(node))))
                    .unwrap_or_default();
                let local = node.child_by_field_name("alias").map(|alias| self.name_of(alias));
                into.push(self.import(&full, local));
            }
            "use_wildcard" => {
                let full =
                    named(node).first().map(|node| join(&path(self.source(*node)))).unwrap_or_default();
                let (module, local) = (self.build.name(&full), self.build.name(""));
                into.push(Import { module, what: Imported::All, local });
            }
            "self" => into.push(self.import(prefix, None)),
            _ => {
                let full = join(&path(self.source(node)));
                into.push(self.import(&full, None));
            }
        }
    }

    /// The import of what the path names, under its last part or another name.
    fn import(&mut self, full: &str, local: Option<Name>) -> Import {
        let (module, last) = full.rsplit_once('.').unwrap_or(("", full));
        let local = local.unwrap_or_else(|| self.build.name(last));
        match module {
            "" => Import { module: self.build.name(last), what: Imported::Whole, local },
            module => {
                Import { module: self.build.name(module), what: Imported::One(self.build.name(last)), local }
            }
        }
    }

    pub(super) fn if_statement(&mut self, node: Node<'_>, last: Use) -> StmtKind {
        let test = self.field(node, "condition");
        let then =
            node.child_by_field_name("consequence").map(|block| self.block(block, last)).unwrap_or_default();
        let mut otherwise = Vec::new();
        if let Some(alternative) =
            node.child_by_field_name("alternative").and_then(|clause| named(clause).into_iter().next())
        {
            match (alternative.kind(), last) {
                ("block", _) => otherwise = self.block(alternative, last),
                (_, Use::Value) => self.tail(alternative, &mut otherwise),
                (_, Use::Effect) => self.statement(alternative, Vec::new(), &mut otherwise),
            }
        }
        StmtKind::If { test, then, otherwise }
    }

    pub(super) fn match_statement(&mut self, node: Node<'_>, last: Use) -> StmtKind {
        let subject = self.field(node, "value");
        let arms = node.child_by_field_name("body").map(named).unwrap_or_default();
        let arms =
            arms.into_iter().filter(|arm| arm.kind() == "match_arm").map(|arm| self.arm(arm, last)).collect();
        StmtKind::Switch { subject, arms }
    }

    fn arm(&mut self, node: Node<'_>, last: Use) -> Arm {
        let pattern = node.child_by_field_name("pattern");
        let guard = pattern.and_then(|pattern| pattern.child_by_field_name("condition"));
        let guard = guard.map(|guard| self.expression(guard));
        let shape = pattern.and_then(|pattern| named(pattern).into_iter().next());
        let patterns = match shape {
            Some(shape) if shape.kind() == "or_pattern" => {
                named(shape).into_iter().map(|node| self.expression(node)).collect()
            }
            Some(shape) => vec![self.expression(shape)],
            // `_` has no named node.
            None => Vec::new(),
        };
        let mut body = Vec::new();
        if let Some(value) = node.child_by_field_name("value") {
            match (value.kind(), last) {
                ("block", _) => body = self.block(value, last),
                (_, Use::Value) => self.tail(value, &mut body),
                (_, Use::Effect) => self.statement(value, Vec::new(), &mut body),
            }
        }
        Arm { patterns, guard, body, falls_through: false }
    }

    /// A block that stands as a value: its one expression, or a call of a function with its statements.
    pub(super) fn block_value(&mut self, node: Node<'_>, kind: impl FnOnce(&mut Self) -> Vec<Stmt>) -> Expr {
        let span = self.build.span(node);
        let mut body = kind(self);
        if let [Stmt { kind: StmtKind::Return(value), .. }] = body.as_mut_slice()
            && let Some(value) = value.take()
        {
            return value;
        }
        let function = Function {
            id: self.build.function(),
            name: None,
            parameters: Vec::new(),
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span,
        };
        let callee = Box::new(self.make(node, ExprKind::Function(Box::new(function))));
        self.make(node, ExprKind::Call { callee, arguments: Vec::new(), is_new: false })
    }
}
