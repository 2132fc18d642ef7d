//! What the names of a module stand for: imports, aliases, constants.
//!
//! A rule says `flask.request.args`; code says `from flask import request as r` and `r.args`. Both are the same chain of
//! names once the root is resolved.

use std::cell::OnceCell;

use super::walk::{self, Node};
use crate::{
    hash::HashMap,
    ir::{
        Clause, Entry, Expr, ExprKind, Import, Imported, Literal, Module, Name, Parameter, Stmt, StmtKind,
        UnaryOperator,
    },
    language::Language,
    span::Span,
};

/// How deep constants and aliases are followed.
const DEPTH: u32 = 24;

/// What the names of one module stand for.
pub(super) struct Names<'m> {
    language: Language,
    module: &'m Module,
    imports: HashMap<&'m str, Vec<Vec<&'m str>>>,
    stars: Vec<Vec<&'m str>>,
    /// Names that are given a value, with how often and the last value.
    assigned: HashMap<&'m str, (u32, Option<&'m Expr>)>,
    /// Names that the text does not spell and that it puts together: `getattr(cursor, "exe" + "cute")`.
    computed: &'m [Name],
    bindings: OnceCell<Bindings<'m>>,
    given: OnceCell<super::begins::Given<'m>>,
}

/// Where names are bound, for rules that mean global names only.
#[derive(Default)]
struct Bindings<'m> {
    /// Where a name is bound, and the block that it is seen in where that is less than the function around it.
    sites: HashMap<&'m str, Vec<(Span, Option<Span>)>>,
    functions: Vec<Span>,
    /// The lists of the members of classes: what is named there is no name by itself.
    members: Vec<*const Stmt>,
}

/// The patterns that take members out of a name: `const { exec } = cp`.
fn taken_out<'m>(node: Node<'m>, found: &mut Vec<(&'m [Entry], &'m str)>) {
    node.given(|target, value| {
        if let (ExprKind::Map(entries), ExprKind::Name(from)) = (&target.kind, &value.kind) {
            found.push((entries, from));
        }
    });
}

/// A chain `root.a.b`.
struct Chain<'m> {
    root: Root<'m>,
    /// The names after the root.
    links: Vec<&'m str>,
}

enum Root<'m> {
    Name(&'m str),
    /// A module that is named in place: `require("fs")`.
    Module(&'m str),
}

impl<'m> Names<'m> {
    /// Gathers the names of a module. `computed` are those that [`computed::names`](super::computed::names) found in it.
    pub(super) fn new(module: &'m Module, computed: &'m [Name]) -> Self {
        let mut names = Self {
            language: module.language,
            module,
            imports: HashMap::default(),
            stars: Vec::new(),
            assigned: HashMap::default(),
            computed,
            bindings: OnceCell::new(),
            given: OnceCell::new(),
        };
        let mut taken = Vec::new();
        walk::block(&module.body, &mut |node| {
            names.gather(node);
            taken_out(node, &mut taken);
        });
        // Once all imports are known: `const { exec } = cp`.
        for (entries, from) in taken {
            if let Some(paths) = names.imports.get(from).cloned() {
                names.members_of(entries, &paths);
            }
        }
        names
    }

    /// The module.
    pub(super) fn module(&self) -> &'m Module {
        self.module
    }

    fn gather(&mut self, node: Node<'m>) {
        match node {
            Node::Imports(imports) => imports.iter().for_each(|import| self.import(import)),
            Node::Expr(Expr { kind: ExprKind::Assign { target, operator, value }, .. }) => {
                self.assign(target, operator.is_none().then_some(value));
            }
            Node::Expr(Expr { kind: ExprKind::Unary { operator: UnaryOperator::Step, value }, .. }) => {
                self.assign(value, None);
            }
            Node::Expr(Expr { kind: ExprKind::Comprehension { clauses, .. }, .. }) => {
                for clause in clauses {
                    if let Clause::For(target, _) = clause {
                        self.assign(target, None);
                    }
                }
            }
            Node::Block(stmts) => stmts.iter().for_each(|stmt| self.statement(stmt)),
            Node::Function(function) => {
                function
                    .parameters
                    .iter()
                    .for_each(|parameter: &Parameter| self.assign(&parameter.target, None));
            }
            Node::Expr(expr) => self.given_module(expr),
        }
    }

    /// `import("m").then((m) => …)`: the function is given the module.
    fn given_module(&mut self, expr: &'m Expr) {
        let ExprKind::Call { callee, arguments, .. } = &expr.kind else { return };
        let ExprKind::Member { object, name } = &callee.kind else { return };
        if name.as_ref() != "then" || self.module_in_place(object).is_none() {
            return;
        }
        let function = arguments.first().map(|argument| &argument.value.kind);
        if let Some(ExprKind::Function(function)) = function
            && let Some(parameter) = function.parameters.first()
        {
            self.assign(&parameter.target, Some(object));
        }
    }

    fn statement(&mut self, stmt: &'m Stmt) {
        match &stmt.kind {
            StmtKind::Declare(declare) => match &declare.value {
                Some(value) => self.assign(&declare.target, Some(value)),
                // A declaration without a value is no second value.
                None if matches!(declare.target.kind, ExprKind::Name(_)) => {}
                None => self.assign(&declare.target, None),
            },
            StmtKind::ForEach { target, .. } => self.assign(target, None),
            StmtKind::With { items, .. } => {
                items
                    .iter()
                    .filter_map(|(_, target)| target.as_ref())
                    .for_each(|target| self.assign(target, None));
            }
            StmtKind::Try { catches, .. } => {
                catches
                    .iter()
                    .filter_map(|catch| catch.name.as_ref())
                    .for_each(|name| self.assign(name, None));
            }
            _ => {}
        }
    }

    /// Notes that a name, or each name of a pattern, is given a value.
    fn assign(&mut self, target: &'m Expr, value: Option<&'m Expr>) {
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(module) = value.and_then(|value| self.module_in_place(value)) {
                    self.imports.entry(name).or_default().push(vec![module]);
                    return;
                }
                let entry = self.assigned.entry(name).or_insert((0, None));
                *entry = (entry.0.saturating_add(1), value);
            }
            ExprKind::List { elements, .. } => elements.iter().for_each(|element| self.assign(element, None)),
            ExprKind::Map(entries) => self.assign_map(entries, value),
            ExprKind::Spread(inner) | ExprKind::Assign { target: inner, .. } => self.assign(inner, None),
            _ => {}
        }
    }

    /// `const {exec, spawn: run} = require("child_process")`.
    fn assign_map(&mut self, entries: &'m [Entry], value: Option<&'m Expr>) {
        match value.and_then(|value| self.module_in_place(value)) {
            Some(module) => self.members_of(entries, &[vec![module]]),
            None => entries.iter().for_each(|entry| self.assign(&entry.value, None)),
        }
    }

    /// Takes the members of a module that a pattern names as imported ones.
    fn members_of(&mut self, entries: &'m [Entry], paths: &[Vec<&'m str>]) {
        for entry in entries {
            let key = entry.key.as_ref().and_then(|key| match &key.kind {
                ExprKind::Literal(Literal::Text(text)) => Some(text.as_ref()),
                _ => None,
            });
            match (&entry.value.kind, key) {
                (ExprKind::Name(local), Some(key)) => {
                    let members = paths.iter().map(|path| path.iter().copied().chain([key]).collect());
                    self.imports.entry(local).or_default().extend(members.collect::<Vec<_>>());
                }
                _ => self.assign(&entry.value, None),
            }
        }
    }

    fn import(&mut self, import: &'m Import) {
        let mut path = self.module_path(&import.module);
        match &import.what {
            Imported::All => self.stars.push(path),
            Imported::Whole => {
                // `import a.b` binds `a`.
                let first = path.first().copied();
                if path.len() > 1 && first == Some(import.local.as_ref()) {
                    path.truncate(1);
                }
                if self.language == Language::Go {
                    // A package is named by the last part of its path; where two are called alike, by its parts.
                    path = import.module.split('/').collect();
                    let package = vec![crate::front::go::package_name(&import.module)];
                    self.imports.entry(&import.local).or_default().push(package);
                }
                self.imports.entry(&import.local).or_default().push(path);
            }
            Imported::One(name) => {
                if name.as_ref() != "default" {
                    path.push(name);
                }
                self.imports.entry(&import.local).or_default().push(path);
            }
        }
    }

    fn module_path(&self, module: &'m str) -> Vec<&'m str> {
        match self.language {
            Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html => {
                vec![module.strip_prefix("node:").unwrap_or(module)]
            }
            Language::Go => vec![module],
            _ => module.split('.').collect(),
        }
    }

    /// The module of `require("m")`, `__import__("m")`, `await import("m")`.
    pub(super) fn module_in_place(&self, expr: &'m Expr) -> Option<&'m str> {
        let (callee, arguments) = match &expr.kind {
            ExprKind::Call { callee, arguments, .. } => (callee, arguments),
            ExprKind::Await(inner) | ExprKind::Cast { value: inner, .. } => {
                return self.module_in_place(inner);
            }
            _ => return None,
        };
        let named = match &callee.kind {
            ExprKind::Name(name) => matches!(name.as_ref(), "require" | "import" | "__import__"),
            // `importlib.import_module`, `process.mainModule.require`.
            ExprKind::Member { name, .. } => {
                name.as_ref() == "import_module" || self.members_by_index() && name.as_ref() == "require"
            }
            _ => false,
        };
        let [argument, ..] = arguments.as_slice() else { return None };
        let text = if named { self.text_of(&argument.value)? } else { return None };
        Some(text.strip_prefix("node:").unwrap_or(text))
    }

    /// The text that an expression stands for: one that is written, or one that is put together of such.
    fn text_of(&self, expr: &'m Expr) -> Option<&'m str> {
        self.text_within(expr, DEPTH)
    }

    fn text_within(&self, expr: &'m Expr, depth: u32) -> Option<&'m str> {
        match &expr.kind {
            ExprKind::Literal(Literal::Text(text)) => Some(text),
            ExprKind::Literal(_) => None,
            ExprKind::Name(name) => match self.assigned.get(name.as_ref()) {
                Some((1, Some(value))) => {
                    depth.checked_sub(1).and_then(|depth| self.text_within(value, depth))
                }
                _ => None,
            },
            _ if self.computed.is_empty() => None,
            _ => match self.constant(expr)? {
                Literal::Text(text) => self.computed.iter().find(|name| **name == text).map(AsRef::as_ref),
                _ => None,
            },
        }
    }

    /// Whether `expr` is the chain of names `path`, as written or once its root is resolved.
    pub(super) fn is_path(&self, expr: &'m Expr, path: &[Name]) -> bool {
        self.is_path_within(expr, path, DEPTH)
    }

    fn is_path_within(&self, expr: &'m Expr, path: &[Name], depth: u32) -> bool {
        let Some(chain) = self.chain(expr) else { return false };
        let links = &chain.links;
        let Some(before) = path.len().checked_sub(links.len()) else { return false };
        let (head, tail) = path.split_at_checked(before).unwrap_or((path, &[]));
        if !tail.iter().zip(links).all(|(name, link)| name.as_ref() == *link) {
            return false;
        }
        let same = |parts: &[&str]| {
            parts.len() == head.len() && parts.iter().zip(head).all(|(part, name)| *part == name.as_ref())
        };
        let root = match chain.root {
            Root::Module(module) => return same(&self.module_path(module)),
            Root::Name(root) => root,
        };
        if same(&[root]) {
            return true;
        }
        // `window.eval` is `eval`, and `builtins.eval` too.
        if head.is_empty() {
            let everything = if self.members_by_index() {
                matches!(root, "window" | "globalThis" | "global" | "self")
            } else {
                self.language == Language::Python && matches!(root, "builtins" | "__builtins__")
            };
            return everything && !self.assigned.contains_key(root) && links.len() == path.len();
        }
        if let Some(paths) = self.imports.get(root) {
            return paths.iter().any(|parts| same(parts));
        }
        match self.assigned.get(root) {
            Some((1, Some(value))) => depth > 0 && self.is_path_within(value, head, depth - 1),
            Some(_) => false,
            None => self.stars.iter().any(|star| {
                let mut parts = star.clone();
                parts.push(root);
                same(&parts)
            }),
        }
    }

    /// The values that names are given.
    pub(super) fn given(&self) -> &super::begins::Given<'m> {
        self.given.get_or_init(|| super::begins::given(&self.module.body))
    }

    /// What a name is another name for: `const r = req`.
    pub(super) fn stands_for(&self, expr: &'m Expr) -> Option<&'m Expr> {
        let mut at = expr;
        for _ in 0..DEPTH {
            let ExprKind::Name(name) = &at.kind else { break };
            let Some((1, Some(value))) = self.assigned.get(name.as_ref()) else { break };
            if !matches!(value.kind, ExprKind::Name(_) | ExprKind::Member { .. }) {
                break;
            }
            at = value;
        }
        (!std::ptr::eq(at, expr)).then_some(at)
    }

    /// The chain that an expression is, if it is one.
    fn chain(&self, expr: &'m Expr) -> Option<Chain<'m>> {
        if let Some(module) = self.module_in_place(expr) {
            return Some(Chain { root: Root::Module(module), links: Vec::new() });
        }
        if let ExprKind::Name(name) = &expr.kind {
            return Some(Chain { root: Root::Name(name), links: Vec::new() });
        }
        if let Some(root) = self.global_in_place(expr) {
            return Some(Chain { root, links: Vec::new() });
        }
        if let ExprKind::Cast { value, .. } = &expr.kind {
            return self.chain(value);
        }
        let (object, link) = self.member(expr)?;
        let mut chain = self.chain(object)?;
        chain.links.push(link);
        Some(chain)
    }

    /// The object and the name of a member, however it is written: `a.b`, `a["b"]` in JavaScript, `getattr(a, "b")`.
    pub(super) fn member(&self, expr: &'m Expr) -> Option<(&'m Expr, &'m str)> {
        match &expr.kind {
            ExprKind::Member { object, name } => Some((object, name)),
            ExprKind::Index { object, index } => {
                let object = if self.members_by_index() { object } else { self.dictionary(object)? };
                Some((object, self.text_of(index)?))
            }
            ExprKind::Call { callee, arguments, .. } if self.language == Language::Python => {
                match (&callee.kind, arguments.as_slice()) {
                    (ExprKind::Name(callee), [object, name, ..]) if callee.as_ref() == "getattr" => {
                        Some((&object.value, self.text_of(&name.value)?))
                    }
                    (ExprKind::Member { object, name: callee }, [name])
                        if matches!(callee.as_ref(), "__getattribute__" | "__getattr__") =>
                    {
                        Some((object, self.text_of(&name.value)?))
                    }
                    // `operator.attrgetter("execute")(cursor)`.
                    (ExprKind::Call { callee, arguments: wanted, .. }, [object]) => {
                        let ExprKind::Member { name: getter, .. } = &callee.kind else { return None };
                        let [name] = wanted.as_slice() else { return None };
                        let is_getter = getter.as_ref() == "attrgetter";
                        is_getter.then(|| Some((&object.value, self.text_of(&name.value)?))).flatten()
                    }
                    _ => None,
                }
            }
            ExprKind::Cast { value, .. } => self.member(value),
            _ => None,
        }
    }

    /// Whose members a dictionary of Python holds: `vars(x)` and `x.__dict__` those of `x`.
    fn dictionary(&self, expr: &'m Expr) -> Option<&'m Expr> {
        match &expr.kind {
            _ if self.language != Language::Python => None,
            ExprKind::Member { object, name } if name.as_ref() == "__dict__" => Some(object),
            ExprKind::Call { callee, arguments, .. } => match (&callee.kind, arguments.as_slice()) {
                (ExprKind::Name(name), [of]) if name.as_ref() == "vars" => Some(&of.value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The global name or the module that an element of a dictionary of them is: `globals()["eval"]`,
    /// `sys.modules["os"]`, `window["eval"]`.
    fn global_in_place(&self, expr: &'m Expr) -> Option<Root<'m>> {
        let ExprKind::Index { object, index } = &expr.kind else { return None };
        if self.members_by_index() {
            return None;
        }
        let everything = match &object.kind {
            ExprKind::Call { callee, arguments, .. } if arguments.is_empty() => {
                matches!(&callee.kind, ExprKind::Name(name) if matches!(name.as_ref(), "globals" | "locals" | "vars"))
            }
            ExprKind::Name(name) => name.as_ref() == "__builtins__",
            ExprKind::Member { object, name } if name.as_ref() == "__dict__" => {
                matches!(&object.kind, ExprKind::Name(name) if matches!(name.as_ref(), "builtins" | "__builtins__"))
            }
            ExprKind::Member { object, name } if name.as_ref() == "modules" => {
                let sys = matches!(&object.kind, ExprKind::Name(name) if name.as_ref() == "sys");
                return sys.then(|| self.text_of(index).map(Root::Module)).flatten();
            }
            _ => false,
        };
        everything.then(|| self.text_of(index).map(Root::Name)).flatten()
    }

    fn members_by_index(&self) -> bool {
        matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html)
    }

    /// The modules and members that a name which is imported from a module may be: `subprocess` and `run`.
    pub(super) fn imported_members(&self, expr: &'m Expr) -> Vec<(&[&'m str], &'m str)> {
        let ExprKind::Name(name) = &expr.kind else { return Vec::new() };
        let paths = self.imports.get(name.as_ref()).map_or(&[][..], Vec::as_slice);
        let members =
            paths.iter().filter_map(|path| path.split_last()).filter(|(_, before)| !before.is_empty());
        members.map(|(last, before)| (before, *last)).collect()
    }

    /// Calls `take` with every name that a chain may end with: as written, imported under another name, or by an alias.
    pub(super) fn last_names(&self, expr: &'m Expr, take: &mut dyn FnMut(&'m str)) {
        let root = match &expr.kind {
            ExprKind::Name(name) => name,
            ExprKind::Cast { value, .. } => return self.last_names(value, take),
            _ => {
                if let Some((_, name)) = self.member(expr) {
                    take(name);
                } else if let Some(module) = self.module_in_place(expr) {
                    take(module);
                } else if let Some(Root::Name(name) | Root::Module(name)) = self.global_in_place(expr) {
                    take(name);
                }
                return;
            }
        };
        take(root);
        for path in self.imports.get(root.as_ref()).into_iter().flatten() {
            if let Some(last) = path.last().filter(|last| **last != root.as_ref()) {
                take(last);
            }
        }
        if let Some((1, Some(value))) = self.assigned.get(root.as_ref()) {
            match &value.kind {
                ExprKind::Name(name) => take(name),
                _ => self.member(value).into_iter().for_each(|(_, name)| take(name)),
            }
        }
    }

    /// The constant that an expression is, if it is one.
    pub(super) fn constant(&self, expr: &'m Expr) -> Option<Literal> {
        super::computed::constant(expr, self.language == Language::Python, &|name| match self
            .assigned
            .get(name)
        {
            Some((1, Some(value))) => Some(*value),
            _ => None,
        })
    }

    /// Whether `name` at a place means something that the file itself binds.
    pub(super) fn is_bound(&self, name: &str, at: Span) -> bool {
        let bindings = self.bindings.get_or_init(|| Bindings::of(self.module));
        let sites = bindings.sites.get(name).map_or(&[][..], Vec::as_slice);
        sites.iter().any(|(site, block)| {
            if let Some(block) = block {
                return block.contains(at);
            }
            let around = bindings.functions.iter().filter(|scope| scope.contains(*site) && **scope != *site);
            let scope = around.min_by_key(|scope| scope.end - scope.start);
            scope.is_none_or(|scope| scope.contains(at))
        })
    }

    /// The name at the root of a chain.
    pub(super) fn root(&self, expr: &'m Expr) -> Option<&'m str> {
        match self.chain(expr)?.root {
            Root::Name(name) => Some(name),
            Root::Module(_) => None,
        }
    }
}

impl<'m> Bindings<'m> {
    fn of(module: &'m Module) -> Self {
        let mut bindings = Self::default();
        walk::block(&module.body, &mut |node| match node {
            Node::Function(function) => {
                bindings.functions.push(function.span);
                function.parameters.iter().for_each(|parameter| bindings.target(&parameter.target, None));
            }
            Node::Expr(Expr { kind: ExprKind::Assign { target, .. }, .. }) => bindings.target(target, None),
            Node::Expr(Expr { kind: ExprKind::Function(function), .. }) => {
                // The name of a function that is a value is seen in the function only.
                if let Some(name) = &function.name {
                    bindings.add(name, function.span, Some(function.span));
                }
            }
            Node::Expr(Expr { kind: ExprKind::Class(class), .. }) => {
                bindings.members.push(class.members.as_ptr());
            }
            Node::Imports(_) | Node::Expr(_) => {}
            Node::Block(stmts) if bindings.members.contains(&stmts.as_ptr()) => {}
            Node::Block(stmts) => stmts.iter().for_each(|stmt| bindings.statement(stmt, whole(stmts))),
        });
        bindings
    }

    fn add(&mut self, name: &'m str, at: Span, block: Option<Span>) {
        self.sites.entry(name).or_default().push((at, block));
    }

    fn statement(&mut self, stmt: &'m Stmt, block: Option<Span>) {
        match &stmt.kind {
            StmtKind::Declare(declare) => {
                self.target(&declare.target, block.filter(|_| declare.block_scoped));
            }
            StmtKind::Function(function) => {
                function.name.iter().for_each(|name| self.add(name, function.span, None));
            }
            StmtKind::ForEach { target, .. } => self.target(target, Some(stmt.span)),
            StmtKind::Class(class) => {
                self.members.push(class.members.as_ptr());
                class.name.iter().for_each(|name| self.add(name, stmt.span, block));
            }
            StmtKind::Import(imports) => {
                imports.iter().for_each(|import| self.add(&import.local, stmt.span, None));
            }
            StmtKind::With { items, .. } => {
                items
                    .iter()
                    .filter_map(|(_, target)| target.as_ref())
                    .for_each(|target| self.target(target, None));
            }
            _ => {}
        }
    }

    fn target(&mut self, target: &'m Expr, block: Option<Span>) {
        match &target.kind {
            ExprKind::Name(name) => self.add(name, target.span, block),
            ExprKind::List { elements, .. } => {
                elements.iter().for_each(|element| self.target(element, block));
            }
            ExprKind::Map(entries) => entries.iter().for_each(|entry| self.target(&entry.value, block)),
            ExprKind::Spread(inner) | ExprKind::Assign { target: inner, .. } => self.target(inner, block),
            _ => {}
        }
    }
}

/// The range of a list of statements.
fn whole(stmts: &[Stmt]) -> Option<Span> {
    Some(Span::new(stmts.first()?.span.start, stmts.last()?.span.end))
}
