//! Imports, functions, types, variables.

use tree_sitter::Node;

use super::{Lower, package_name};
use crate::{
    front::lower::{children, fields},
    ir::{
        Class, Declare, Expr, ExprKind, Function, Import, Imported, ListKind, Name, Parameter, ParameterKind,
        Stmt, StmtKind,
    },
};

impl<'t> Lower<'t, '_> {
    pub(super) fn imports(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut specs = children(node);
        if let [list] = specs.as_slice()
            && list.kind() == "import_spec_list"
        {
            specs = children(*list);
        }
        let mut statements = Vec::new();
        for spec in specs {
            if let Some(import) = self.import(spec) {
                statements.push(self.statement(spec, StmtKind::Import(vec![import])));
            }
        }
        statements
    }

    fn import(&mut self, node: Node<'t>) -> Option<Import> {
        let path = self.string(node.child_by_field_name("path")?);
        let module = self.build.name(&path);
        let name = node.child_by_field_name("name");
        let (what, local) = match name.map(|name| (name.kind(), self.source(name))) {
            Some(("dot", _)) => (Imported::All, ""),
            Some((_, "_")) => (Imported::Whole, ""),
            Some((_, name)) => (Imported::Whole, name),
            None => (Imported::Whole, package_name(&path)),
        };
        let local = self.build.name(local);
        Some(Import { module, what, local })
    }

    /// A method of a type that is not in the file, or of one that is not there yet: the type's class, once.
    pub(super) fn method_declaration(&mut self, node: Node<'t>) -> Vec<Stmt> {
        match self.owner(node) {
            Some(owner) if self.state.others.contains(owner) || self.state.placed.contains(owner) => {
                Vec::new()
            }
            Some(owner) if self.declared_later(node, owner) => Vec::new(),
            Some(owner) => {
                let name = self.build.name(owner);
                self.class(node, name, owner, Vec::new())
            }
            None => {
                let function = self.function(node);
                vec![self.statement(node, StmtKind::Function(Box::new(function)))]
            }
        }
    }

    fn declared_later(&self, node: Node<'t>, owner: &str) -> bool {
        let mut next = node.next_named_sibling();
        while let Some(sibling) = next {
            if sibling.kind() == "type_declaration"
                && children(sibling)
                    .iter()
                    .filter_map(|spec| spec.child_by_field_name("name"))
                    .any(|name| self.source(name) == owner)
            {
                return true;
            }
            next = sibling.next_named_sibling();
        }
        false
    }

    /// The types of a `type` declaration: those with fields or methods.
    pub(super) fn types(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let mut statements = Vec::new();
        for spec in children(node) {
            let (Some(name), Some(written)) =
                (spec.child_by_field_name("name"), spec.child_by_field_name("type"))
            else {
                continue;
            };
            let owner = self.source(name);
            let fields = match written.kind() {
                "struct_type" => self.struct_fields(written),
                _ if self.state.methods.contains_key(owner) => Vec::new(),
                _ => continue,
            };
            let name = self.build.name(owner);
            statements.append(&mut self.class(spec, name, owner, fields));
        }
        statements
    }

    fn class(&mut self, node: Node<'t>, name: Name, owner: &'t str, mut members: Vec<Stmt>) -> Vec<Stmt> {
        self.state.placed.insert(owner);
        for method in self.state.methods.remove(owner).unwrap_or_default() {
            let function = self.function(method);
            members.push(self.statement(method, StmtKind::Function(Box::new(function))));
        }
        let span = self.build.span(node);
        let class = Class { name: Some(name), bases: Vec::new(), decorators: Vec::new(), members, span };
        vec![self.statement(node, StmtKind::Class(Box::new(class)))]
    }

    /// The fields of a struct; an embedded type is a field of its name. A tag is the text of a decorator.
    fn struct_fields(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let list = children(node).into_iter().flat_map(children).collect::<Vec<_>>();
        let mut members = Vec::new();
        for field in list.into_iter().filter(|field| field.kind() == "field_declaration") {
            let mut names = fields(field, "name");
            if names.is_empty() {
                names.extend(field.child_by_field_name("type").map(last_part));
            }
            for name in names {
                let target = self.spelled(name);
                let target = self.make(name, ExprKind::Name(target));
                let declared_type = field.child_by_field_name("type").map(|written| self.type_expr(written));
                let decorators = field.child_by_field_name("tag").map(|tag| self.expr(tag));
                let declare = Declare {
                    target,
                    declared_type,
                    value: None,
                    block_scoped: true,
                    constant: false,
                    decorators: decorators.into_iter().collect(),
                };
                members.push(self.statement(field, StmtKind::Declare(Box::new(declare))));
            }
        }
        members
    }

    /// A function, method or closure.
    pub(super) fn function(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        let around = self.state.receiver;
        if let Some(list) = node.child_by_field_name("receiver") {
            let name = children(list).first().and_then(|one| one.child_by_field_name("name"));
            self.state.receiver = name.map(|name| self.source(name)).filter(|name| *name != "_");
        } else if node.kind() == "func_literal" {
            self.state.receiver = None;
        }
        let parameters = node.child_by_field_name("parameters");
        let parameters = parameters.map_or_else(Vec::new, |list| self.parameters(list));
        let (returns, results) = self.results(node);
        let mut body: Vec<_> = self.kept_receiver(node).into_iter().collect();
        for (name, place) in &results {
            let target = self.make(*place, ExprKind::Name(name.clone()));
            let value = Some(self.opaque(*place));
            body.push(self.statement(*place, declare(target, None, value, false)));
        }
        self.state.results.push(results.into_iter().map(|(name, _)| name).collect());
        body.append(&mut self.block_of(node, "body"));
        self.state.results.pop();
        self.state.receiver = around;
        Function {
            id,
            name: node.child_by_field_name("name").map(|name| self.spelled(name)),
            parameters,
            returns,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        }
    }

    /// `s := this` at the beginning of a method with closures: these have no `this`, and see the receiver by its name.
    fn kept_receiver(&mut self, node: Node<'t>) -> Option<Stmt> {
        let name = self.state.receiver?;
        if node.kind() != "method_declaration" || !self.source(node).contains("func(") {
            return None;
        }
        let (target, value) = (self.made_name(node, name), self.made_name(node, "this"));
        Some(self.statement(node, declare(target, None, Some(value), false)))
    }

    fn parameters(&mut self, list: Node<'t>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for node in children(list) {
            let kind = match node.kind() {
                "parameter_declaration" => ParameterKind::Plain,
                "variadic_parameter_declaration" => ParameterKind::Rest,
                _ => continue,
            };
            let mut names = fields(node, "name");
            let written = node.child_by_field_name("type");
            let unnamed = names.is_empty();
            names.extend(written.filter(|_| unnamed));
            for name in names {
                // A parameter without a name is one that nobody asks for; of a pattern, it may be an ellipsis.
                let target = self.spelled(name);
                let target = self.make(name, ExprKind::Name(target));
                let declared_type = written.filter(|_| !unnamed).map(|written| self.type_expr(written));
                parameters.push(Parameter {
                    target,
                    declared_type,
                    default: None,
                    kind,
                    decorators: Vec::new(),
                });
            }
        }
        parameters
    }

    /// The written type of what a function gives, and the names of its results.
    fn results(&mut self, node: Node<'t>) -> (Option<Expr>, Vec<(Name, Node<'t>)>) {
        let Some(result) = node.child_by_field_name("result") else { return (None, Vec::new()) };
        if result.kind() != "parameter_list" {
            return (Some(self.type_expr(result)), Vec::new());
        }
        let (mut types, mut names) = (Vec::new(), Vec::new());
        for one in children(result) {
            for name in fields(one, "name") {
                names.push((self.spelled(name), name));
            }
            types.extend(one.child_by_field_name("type").map(|written| self.type_expr(written)));
        }
        let kind = ExprKind::List { elements: types, kind: ListKind::Tuple };
        (Some(self.make(result, kind)), names)
    }

    /// `var a, b T = x, y`, `const a = x`.
    pub(super) fn variables(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let constant = node.kind() == "const_declaration";
        let mut specs = children(node);
        if let [list] = specs.as_slice()
            && list.kind() == "var_spec_list"
        {
            specs = children(*list);
        }
        let mut statements = Vec::new();
        for (number, spec) in specs.into_iter().enumerate() {
            self.state.iota = i64::try_from(number).unwrap_or(i64::MAX);
            let names = fields(spec, "name");
            let written = spec.child_by_field_name("type");
            let values = spec.child_by_field_name("value").map_or_else(Vec::new, children);
            if values.len() == names.len() || values.is_empty() {
                for (place, name) in names.into_iter().enumerate() {
                    let target = self.name_expr(name);
                    let declared = written.map(|written| self.type_expr(written));
                    let value = match values.get(place) {
                        Some(value) => Some(self.expr(*value)),
                        None if constant => None,
                        None => Some(self.zero(spec, written)),
                    };
                    statements.push(self.statement(spec, declare(target, declared, value, constant)));
                }
            } else {
                let elements = self.exprs(names);
                let target = self.make(spec, ExprKind::List { elements, kind: ListKind::Tuple });
                let value = self.given(spec, values, 2);
                statements.push(self.statement(spec, declare(target, None, Some(value), constant)));
            }
        }
        statements
    }

    /// What a variable is that is given no value: a struct, or opaque.
    fn zero(&mut self, node: Node<'t>, written: Option<Node<'t>>) -> Expr {
        match written {
            Some(name)
                if name.kind() == "qualified_type" || self.state.classes.contains(self.source(name)) =>
            {
                let callee = Box::new(self.type_expr(name));
                self.make(node, ExprKind::Call { callee, arguments: Vec::new(), is_new: true })
            }
            _ => self.opaque(node),
        }
    }
}

/// The name of an embedded type.
fn last_part(written: Node<'_>) -> Node<'_> {
    match (written.kind(), children(written).as_slice()) {
        ("qualified_type", [.., last]) => *last,
        ("generic_type", [first, ..]) => last_part(*first),
        _ => written,
    }
}

pub(super) fn declare(
    target: Expr,
    declared_type: Option<Expr>,
    value: Option<Expr>,
    constant: bool,
) -> StmtKind {
    StmtKind::Declare(Box::new(Declare {
        target,
        declared_type,
        value,
        block_scoped: true,
        constant,
        decorators: Vec::new(),
    }))
}
