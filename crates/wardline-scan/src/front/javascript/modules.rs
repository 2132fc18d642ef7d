//! Imports and exports, of modules and of CommonJS.

use tree_sitter::Node;

use super::{Lower, children, fields, has_token};
use crate::ir::{Declare, Expr, ExprKind, Import, Imported, Literal, Name, Stmt, StmtKind};

/// The module that a call requires: `require("m")` or `import("m")` of a constant.
fn required_module(text: &str, call: Node<'_>) -> Option<String> {
    let source = |node: Node<'_>| text.get(node.byte_range()).unwrap_or_default();
    let function = call.child_by_field_name("function").filter(|_| call.kind() == "call_expression")?;
    let required = function.kind() == "import"
        || matches!(source(function), "require" | "require.resolve" if function.kind() == "identifier");
    let arguments = children(call.child_by_field_name("arguments").filter(|_| required)?);
    let module = arguments.first().filter(|first| first.kind() == "string")?;
    let mut parts = children(*module).into_iter();
    let module = parts.next().map(source).filter(|_| parts.next().is_none())?;
    Some(plain_module(module).to_owned())
}

/// The name of a module without the mark of Node's own: `node:fs` is `fs`.
fn plain_module(written: &str) -> &str {
    written.strip_prefix("node:").unwrap_or(written)
}

/// The value behind `await`, parentheses and casts.
fn bare(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    while matches!(
        node.kind(),
        "await_expression" | "parenthesized_expression" | "as_expression" | "non_null_expression"
    ) {
        let Some(inner) = children(node).first().copied() else { break };
        node = inner;
    }
    node
}

impl<'t> Lower<'t, '_> {
    fn module_in(&mut self, node: Node<'t>) -> Option<Name> {
        let source = node.child_by_field_name("source")?;
        let text = self.string(source);
        Some(self.build.name(plain_module(&text)))
    }

    /// `import …`.
    pub(super) fn import(&mut self, node: Node<'t>) -> Vec<Stmt> {
        if node.kind() == "import_alias" {
            return self.import_alias(node);
        }
        let mut imports = Vec::new();
        let clause = children(node);
        if let Some(clause) = clause.iter().find(|child| child.kind() == "import_require_clause") {
            if let (Some(module), Some(local)) = (self.module_in(*clause), children(*clause).first()) {
                imports.push(Import { module, what: Imported::Whole, local: self.name_of(*local) });
            }
        } else if let Some(module) = self.module_in(node) {
            match clause.iter().find(|child| child.kind() == "import_clause") {
                Some(clause) => self.import_clause(*clause, &module, &mut imports),
                None => imports.push(Import { module, what: Imported::Whole, local: self.build.name("") }),
            }
        }
        vec![self.statement(node, StmtKind::Import(imports))]
    }

    fn import_clause(&mut self, clause: Node<'t>, module: &Name, imports: &mut Vec<Import>) {
        for part in children(clause) {
            match part.kind() {
                "identifier" => {
                    let what = Imported::One(self.build.name("default"));
                    imports.push(Import { module: module.clone(), what, local: self.name_of(part) });
                }
                "namespace_import" => {
                    if let Some(name) = children(part).first() {
                        let local = self.name_of(*name);
                        imports.push(Import { module: module.clone(), what: Imported::Whole, local });
                    }
                }
                _ => {
                    for specifier in children(part) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let local = specifier.child_by_field_name("alias").unwrap_or(name);
                        let what = Imported::One(self.outer_name(name));
                        imports.push(Import { module: module.clone(), what, local: self.name_of(local) });
                    }
                }
            }
        }
    }

    /// A name in an import or export list, which may be a string.
    fn outer_name(&mut self, node: Node<'t>) -> Name {
        if node.kind() == "string" {
            let text = self.string(node);
            return self.build.name(&text);
        }
        self.name_of(node)
    }

    /// `import x = A.B`.
    fn import_alias(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let parts = children(node);
        let [target, value] = parts.as_slice() else { return Vec::new() };
        let target = self.expr(*target);
        let value = Some(self.expr(*value));
        vec![self.statement(node, constant(target, value))]
    }

    /// `const x = require("m")`, `const {a, b: c} = require("m")`, `const x = require("m").a`, and the same with
    /// `await import("m")`. None when the declarator is something else.
    pub(super) fn required_by(&mut self, declarator: Node<'t>) -> Option<Vec<Import>> {
        let mut value = bare(declarator.child_by_field_name("value")?);
        let mut member = None;
        if value.kind() == "member_expression" {
            member = value.child_by_field_name("property");
            value = bare(value.child_by_field_name("object")?);
        }
        let module = required_module(self.text, value)?;
        let module = self.build.name(&module);
        let target = declarator.child_by_field_name("name")?;
        match (target.kind(), member) {
            ("identifier", None) => {
                Some(vec![Import { module, what: Imported::Whole, local: self.name_of(target) }])
            }
            ("identifier", Some(member)) => {
                let what = Imported::One(self.name_of(member));
                Some(vec![Import { module, what, local: self.name_of(target) }])
            }
            ("object_pattern", None) => self.required_names(target, &module),
            _ => None,
        }
    }

    /// The names that a pattern takes out of a module; none when it is not a plain list of names.
    fn required_names(&mut self, pattern: Node<'t>, module: &Name) -> Option<Vec<Import>> {
        let mut imports = Vec::new();
        for part in children(pattern) {
            let (name, local) = match part.kind() {
                "shorthand_property_identifier_pattern" => (part, part),
                "pair_pattern" => (part.child_by_field_name("key")?, part.child_by_field_name("value")?),
                _ => return None,
            };
            if !matches!(local.kind(), "identifier" | "shorthand_property_identifier_pattern") {
                return None;
            }
            let what = Imported::One(self.outer_name(name));
            imports.push(Import { module: module.clone(), what, local: self.name_of(local) });
        }
        Some(imports)
    }

    /// `export …`.
    pub(super) fn export(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let default = has_token(node, "default");
        if let Some(module) = self.module_in(node) {
            return self.export_from(node, &module);
        }
        if let Some(declaration) = node.child_by_field_name("declaration") {
            let decorators = fields(node, "decorator");
            return self.exported_declaration(declaration, decorators, default);
        }
        if let Some(value) = node.child_by_field_name("value") {
            return self.exported_value(node, value);
        }
        for part in children(node) {
            match part.kind() {
                "export_clause" => {
                    let names = self.export_names(part);
                    return vec![self.statement(node, StmtKind::Export(names))];
                }
                // `export = value`
                "decorator" | "namespace_export" => {}
                // `export as namespace X` names a global of a declaration file.
                "identifier" if has_token(node, "namespace") => {}
                _ => return self.exported_value(node, part),
            }
        }
        Vec::new()
    }

    fn export_names(&mut self, clause: Node<'t>) -> Vec<(Name, Name)> {
        let mut names = Vec::new();
        for specifier in children(clause) {
            let Some(name) = specifier.child_by_field_name("name") else { continue };
            let outside = specifier.child_by_field_name("alias").unwrap_or(name);
            names.push((self.outer_name(name), self.outer_name(outside)));
        }
        names
    }

    /// `export {a as b} from "m"`, `export * from "m"`: imports under names that no source can bind, exported again.
    fn export_from(&mut self, node: Node<'t>, module: &Name) -> Vec<Stmt> {
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut add = |what: Imported, local: Name, outside: Name| {
            imports.push(Import { module: module.clone(), what, local: local.clone() });
            exports.push((local, outside));
        };
        let parts = children(node);
        if let Some(clause) = parts.iter().find(|part| part.kind() == "export_clause") {
            for (name, outside) in self.export_names(*clause) {
                let local = self.build.name(&format!("{name} from {module}"));
                add(Imported::One(name), local, outside);
            }
        } else if let Some(name) = parts.iter().find(|part| part.kind() == "namespace_export") {
            let local = self.build.name(&format!("* from {module}"));
            let outside = children(*name).first().map(|name| self.outer_name(*name));
            add(Imported::Whole, local, outside.unwrap_or_else(|| module.clone()));
        } else {
            let all = self.build.name("*");
            imports.push(Import { module: module.clone(), what: Imported::All, local: self.build.name("") });
            exports.push((all.clone(), all));
        }
        vec![self.statement(node, StmtKind::Import(imports)), self.statement(node, StmtKind::Export(exports))]
    }

    fn exported_declaration(
        &mut self,
        declaration: Node<'t>,
        decorators: Vec<Node<'t>>,
        default: bool,
    ) -> Vec<Stmt> {
        let mut statements = match declaration.kind() {
            "class_declaration" | "abstract_class_declaration" => {
                let class = self.class(declaration, decorators);
                vec![self.statement(declaration, StmtKind::Class(Box::new(class)))]
            }
            _ => self.stmts(declaration),
        };
        let mut names = Vec::new();
        for statement in &statements {
            declared_names(&statement.kind, &mut names);
        }
        let outside = self.build.name("default");
        let exports =
            names.into_iter().map(|name| (name.clone(), if default { outside.clone() } else { name }));
        let exports: Vec<_> = exports.collect();
        if !exports.is_empty() {
            statements.push(self.statement(declaration, StmtKind::Export(exports)));
        }
        statements
    }

    /// `export default value`: a name is exported as it is, another value is declared as `default`.
    fn exported_value(&mut self, node: Node<'t>, value: Node<'t>) -> Vec<Stmt> {
        let outside = self.build.name("default");
        if value.kind() == "identifier" {
            let local = self.name_of(value);
            return vec![self.statement(node, StmtKind::Export(vec![(local, outside)]))];
        }
        let mut statements = Vec::new();
        let function_or_class =
            matches!(value.kind(), "function_expression" | "generator_function" | "class")
                .then(|| value.child_by_field_name("name"))
                .flatten();
        let local = match function_or_class {
            Some(name) => self.name_of(name),
            None => outside.clone(),
        };
        let target = self.make(value, ExprKind::Name(local.clone()));
        let lowered = self.expr(value);
        statements.push(self.statement(node, constant(target, Some(lowered))));
        statements.push(self.statement(node, StmtKind::Export(vec![(local, outside)])));
        statements
    }

    /// Adds what CommonJS assignments at the top of the file export. The local name is a name, or the member that was
    /// assigned (`exports.find`, `module.exports`, `module.exports.find`).
    pub(super) fn exports(&mut self, body: &mut Vec<Stmt>) {
        let mut exports = Vec::new();
        for statement in body.iter() {
            if let StmtKind::Expr(expression) = &statement.kind {
                self.commonjs(expression, &mut exports);
            }
        }
        if let Some(span) = body.last().map(|last| last.span).filter(|_| !exports.is_empty()) {
            body.push(Stmt { span, kind: StmtKind::Export(exports) });
        }
    }

    fn commonjs(&mut self, expression: &Expr, exports: &mut Vec<(Name, Name)>) {
        let ExprKind::Assign { target, operator: None, value } = &expression.kind else { return };
        let value = innermost(value, |chained| self.commonjs(chained, exports));
        let Some(path) = member_path(target) else { return };
        if path == "module.exports" {
            let default = self.build.name("default");
            let local = match &value.kind {
                ExprKind::Name(name) => name.clone(),
                _ => self.build.name("module.exports"),
            };
            exports.push((local, default));
            self.exported_map(value, exports);
        } else if let Some(outside) =
            path.strip_prefix("module.exports.").or_else(|| path.strip_prefix("exports."))
        {
            let local = match &value.kind {
                ExprKind::Name(name) => name.clone(),
                _ => self.build.name(&path),
            };
            exports.push((local, self.build.name(outside)));
        }
    }

    fn exported_map(&mut self, value: &Expr, exports: &mut Vec<(Name, Name)>) {
        let ExprKind::Map(entries) = &value.kind else { return };
        for entry in entries {
            let Some(ExprKind::Literal(Literal::Text(key))) = entry.key.as_ref().map(|key| &key.kind) else {
                continue;
            };
            let local = match &entry.value.kind {
                ExprKind::Name(name) => name.clone(),
                _ => self.build.name(&format!("module.exports.{key}")),
            };
            exports.push((local, self.build.name(key)));
        }
    }
}

/// The value at the end of `a = b = value`; each assignment on the way goes to `chained`.
fn innermost<'e>(value: &'e Expr, mut chained: impl FnMut(&'e Expr)) -> &'e Expr {
    match &value.kind {
        ExprKind::Assign { operator: None, value: inner, .. } => {
            chained(value);
            innermost_value(inner)
        }
        _ => value,
    }
}

fn innermost_value(value: &Expr) -> &Expr {
    let mut value = value;
    while let ExprKind::Assign { operator: None, value: inner, .. } = &value.kind {
        value = inner;
    }
    value
}

/// `a.b.c` as text.
fn member_path(expression: &Expr) -> Option<String> {
    match &expression.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Member { object, name } => Some(format!("{}.{name}", member_path(object)?)),
        _ => None,
    }
}

fn constant(target: Expr, value: Option<Expr>) -> StmtKind {
    let declare = Declare {
        target,
        declared_type: None,
        value,
        block_scoped: true,
        constant: true,
        decorators: Vec::new(),
    };
    StmtKind::Declare(Box::new(declare))
}

/// The names that a declaration binds.
fn declared_names(kind: &StmtKind, names: &mut Vec<Name>) {
    match kind {
        StmtKind::Function(function) => names.extend(function.name.clone()),
        StmtKind::Class(class) => names.extend(class.name.clone()),
        StmtKind::Declare(declare) => bound_names(&declare.target, names),
        StmtKind::Import(imports) => names.extend(imports.iter().map(|import| import.local.clone())),
        _ => {}
    }
}

/// The names that a pattern binds.
fn bound_names(pattern: &Expr, names: &mut Vec<Name>) {
    match &pattern.kind {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::List { elements, .. } => elements.iter().for_each(|element| bound_names(element, names)),
        ExprKind::Map(entries) => entries.iter().for_each(|entry| bound_names(&entry.value, names)),
        ExprKind::Assign { target, .. } => bound_names(target, names),
        ExprKind::Spread(inner) => bound_names(inner, names),
        _ => {}
    }
}
