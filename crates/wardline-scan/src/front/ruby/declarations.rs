//! Calls with their arguments and blocks, methods, classes and modules.

use std::collections::HashSet;

use tree_sitter::Node;

use super::{Around, BLOCK, Lower, Scope};
use crate::{
    front::lower::{children, fields},
    ir::{
        Argument, Class, Expr, ExprKind, Function, Literal, Name, Parameter, ParameterKind, Stmt, StmtKind,
    },
};

impl<'t> Lower<'t, '_> {
    /// A call. Without arguments and block it is a member or a name; `T.new(x)` makes an object.
    pub(super) fn call(&mut self, node: Node<'t>) -> Expr {
        let method = node.child_by_field_name("method");
        let name = method.map_or("call", |method| self.source(method));
        let block = node.child_by_field_name("block");
        let receiver = node.child_by_field_name("receiver");
        if receiver.is_none()
            && matches!(name, "lambda" | "proc")
            && let Some(block) = block
        {
            let function = self.block_function(block);
            return self.make(node, ExprKind::Function(Box::new(function)));
        }
        let is_new = name == "new" && receiver.is_some();
        let callee = match receiver {
            // `T.new(x)`, and `f.(x)`, `f.call(x)` of a block that was given.
            Some(receiver) if is_new || self.calls_block(receiver, name) => self.expr(receiver),
            Some(receiver) => {
                let object = Box::new(self.expr(receiver));
                let name = self.build.name(name);
                let span = self.build.span(node);
                let end = method.map_or(span.end, |method| self.build.span(method).end);
                let span = crate::span::Span::new(span.start, end);
                self.build.expr(span, ExprKind::Member { object, name })
            }
            None => match method {
                Some(method) if method.kind() == "identifier" => {
                    self.own_method(method, name).unwrap_or_else(|| self.made_name(method, name))
                }
                other => self.expr_or(node, other),
            },
        };
        let mut arguments =
            node.child_by_field_name("arguments").map_or_else(Vec::new, |list| self.arguments(list));
        if let Some(block) = block {
            let function = self.block_function(block);
            let value = self.make(block, ExprKind::Function(Box::new(function)));
            arguments.push(Argument { name: Some(self.build.name(BLOCK)), value });
        }
        if arguments.is_empty()
            && receiver.is_some()
            && !is_new
            && matches!(callee.kind, ExprKind::Member { .. })
        {
            return callee;
        }
        self.make(node, ExprKind::Call { callee: Box::new(callee), arguments, is_new })
    }

    fn calls_block(&self, receiver: Node<'t>, name: &str) -> bool {
        name == "call" && receiver.kind() == "identifier" && {
            let receiver = self.source(receiver);
            self.is_given_block(receiver) || self.is_variable(receiver)
        }
    }

    /// Keys with a colon are arguments by name; other keys are a map.
    pub(super) fn arguments(&mut self, list: Node<'t>) -> Vec<Argument> {
        let mut arguments = Vec::new();
        let mut pairs = Vec::new();
        for part in children(list) {
            let key = part.child_by_field_name("key");
            let named = key.filter(|key| matches!(key.kind(), "hash_key_symbol" | "simple_symbol"));
            match (part.kind(), named) {
                ("pair", Some(key)) => {
                    let name = self.source(key).trim_start_matches(':');
                    let name = Some(self.build.name(name));
                    let value = match part.child_by_field_name("value") {
                        Some(value) => self.expr(value),
                        None => self.expr(key),
                    };
                    arguments.push(Argument { name, value });
                }
                ("pair", None) => pairs.push(part),
                ("block_argument", _) => arguments.extend(self.block_argument(part)),
                ("hash_splat_argument", _) => {
                    let value = Box::new(self.first(part));
                    let value = self.make(part, ExprKind::Spread(value));
                    arguments.push(Argument { name: None, value });
                }
                _ => arguments.push(Argument { name: None, value: self.expr(part) }),
            }
        }
        if !pairs.is_empty() {
            let entries = self.entries(pairs);
            let value = self.make(list, ExprKind::Map(entries));
            let place = arguments.iter().position(|argument| argument.name.is_some());
            arguments.insert(place.unwrap_or(arguments.len()), Argument { name: None, value });
        }
        arguments
    }

    /// `&block`, and `&:name`: a function that calls the method of that name.
    fn block_argument(&mut self, node: Node<'t>) -> Option<Argument> {
        let inner = children(node).first().copied();
        let value = match inner {
            Some(symbol) if symbol.kind() == "simple_symbol" => {
                let method = self.source(symbol).trim_start_matches(':');
                let method = self.build.name(method);
                let target = self.made_name(node, "it");
                let object = Box::new(self.made_name(node, "it"));
                let value = self.make(symbol, ExprKind::Member { object, name: method });
                let body = vec![self.statement(node, StmtKind::Return(Some(value)))];
                let parameters = vec![plain(target)];
                let function = self.anonymous(node, parameters, body);
                self.make(node, ExprKind::Function(Box::new(function)))
            }
            Some(value) => self.expr(value),
            None => self.made_name(node, BLOCK),
        };
        Some(Argument { name: Some(self.build.name(BLOCK)), value })
    }

    fn anonymous(&mut self, node: Node<'t>, parameters: Vec<Parameter>, body: Vec<Stmt>) -> Function {
        Function {
            id: self.build.function(),
            name: None,
            parameters,
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: self.build.span(node),
        }
    }

    /// `yield x` calls the block.
    pub(super) fn yielded(&mut self, node: Node<'t>) -> Expr {
        let callee = Box::new(self.made_name(node, BLOCK));
        let list = children(node).first().copied();
        let arguments = list.map_or_else(Vec::new, |list| self.arguments(list));
        self.make(node, ExprKind::Call { callee, arguments, is_new: false })
    }

    /// `-> (x) { … }`
    pub(super) fn lambda(&mut self, node: Node<'t>) -> Expr {
        self.state.scopes.push(Scope { names: HashSet::new(), block: true, given: None });
        let parameters = self.parameters(node.child_by_field_name("parameters"));
        let body = node.child_by_field_name("body").and_then(|block| block.child_by_field_name("body"));
        let body = body.map_or_else(Vec::new, |body| self.result(body));
        self.state.scopes.pop();
        let function = self.anonymous(node, parameters, body);
        self.make(node, ExprKind::Function(Box::new(function)))
    }

    pub(super) fn block_function(&mut self, node: Node<'t>) -> Function {
        self.state.scopes.push(Scope { names: HashSet::new(), block: true, given: None });
        let mut parameters = self.parameters(node.child_by_field_name("parameters"));
        let body = node.child_by_field_name("body");
        if parameters.is_empty()
            && let Some(body) = body
        {
            parameters.extend(self.implied(body));
        }
        let body = body.map_or_else(Vec::new, |body| self.result(body));
        self.state.scopes.pop();
        self.anonymous(node, parameters, body)
    }

    /// `it` and `_1` are the first parameter of a block that names none.
    fn implied(&mut self, body: Node<'t>) -> Option<Parameter> {
        let text = self.source(body);
        let word = |c: char| !(c.is_alphanumeric() || c == '_');
        let name = ["it", "_1"].into_iter().find(|name| text.split(word).any(|part| part == *name))?;
        let shared = self.build.name(name);
        self.bind(shared);
        Some(plain(self.made_name(body, name)))
    }

    pub(super) fn parameters(&mut self, list: Option<Node<'t>>) -> Vec<Parameter> {
        let given = list.map_or_else(Vec::new, children);
        let locals = list.map_or_else(Vec::new, |list| fields(list, "locals"));
        let parameters = given.into_iter().filter(|part| !locals.contains(part));
        parameters.filter_map(|part| self.parameter(part)).collect()
    }

    fn parameter(&mut self, node: Node<'t>) -> Option<Parameter> {
        let (kind, name) = match node.kind() {
            "splat_parameter" => (ParameterKind::Rest, node.child_by_field_name("name")),
            "hash_splat_parameter" => (ParameterKind::NamedRest, node.child_by_field_name("name")),
            "keyword_parameter" => (ParameterKind::NamedOnly, node.child_by_field_name("name")),
            "block_parameter" => {
                let name = node.child_by_field_name("name").map(|name| self.spelled(name));
                if let Some(scope) = self.state.scopes.last_mut() {
                    scope.given = name;
                }
                let target = self.made_name(node, BLOCK);
                return Some(Parameter { kind: ParameterKind::NamedOnly, ..plain(target) });
            }
            "optional_parameter" => (ParameterKind::Plain, node.child_by_field_name("name")),
            "identifier" | "destructured_parameter" => (ParameterKind::Plain, Some(node)),
            _ => return None,
        };
        let target = match name {
            Some(name) => self.target(name),
            None => self.opaque(node),
        };
        let default = node.child_by_field_name("value").map(|value| self.expr(value));
        Some(Parameter { default, kind, ..plain(target) })
    }

    /// `def name … end`, `def self.name … end`
    pub(super) fn method(&mut self, node: Node<'t>) -> Function {
        let id = self.build.function();
        let in_class_of_class = self.state.statics.last() == Some(&true);
        let is_static = node.kind() == "singleton_method" || in_class_of_class;
        self.state.scopes.push(Scope { names: HashSet::new(), block: false, given: None });
        self.state.statics.push(is_static);
        let mut parameters = self.parameters(node.child_by_field_name("parameters"));
        let body = node.child_by_field_name("body");
        if !parameters.iter().any(|parameter| is_block(&parameter.target))
            && body.is_some_and(|body| self.source(body).contains("yield"))
        {
            let target = self.made_name(node, BLOCK);
            parameters.push(Parameter { kind: ParameterKind::NamedOnly, ..plain(target) });
        }
        let body = body.map_or_else(Vec::new, |body| self.result(body));
        self.state.statics.pop();
        self.state.scopes.pop();
        Function {
            id,
            name: node.child_by_field_name("name").map(|name| self.spelled(name)),
            parameters,
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: is_static && !self.state.classes.is_empty(),
            span: self.build.span(node),
        }
    }

    /// A class or module.
    pub(super) fn class(&mut self, node: Node<'t>) -> Class {
        let named = node.child_by_field_name("name").map(|name| match name.child_by_field_name("name") {
            Some(last) => last,
            None => name,
        });
        let name = named.map(|name| self.spelled(name));
        let bases = node.child_by_field_name("superclass").map(|base| self.first(base));
        let body = node.child_by_field_name("body");
        let outer = std::mem::take(&mut self.state.statics);
        self.state.classes.push(self.around(name.clone(), body));
        self.state.scopes.push(Scope { names: HashSet::new(), block: false, given: None });
        let members = body.map_or_else(Vec::new, |body| self.members(body));
        self.state.scopes.pop();
        self.state.classes.pop();
        self.state.statics = outer;
        Class {
            name,
            bases: bases.into_iter().collect(),
            decorators: Vec::new(),
            members,
            span: self.build.span(node),
        }
    }

    /// The names that a class has.
    fn around(&self, name: Option<Name>, body: Option<Node<'t>>) -> Around {
        let mut around = Around { name, ..Around::default() };
        let mut pending: Vec<(Node<'t>, bool)> = body.map(|body| (body, false)).into_iter().collect();
        while let Some((node, singleton)) = pending.pop() {
            for part in children(node) {
                let named = part.child_by_field_name("name").map(|name| self.source(name));
                match part.kind() {
                    "singleton_method" => around.statics.extend(named.map(Name::from)),
                    "method" if singleton => around.statics.extend(named.map(Name::from)),
                    "method" => around.methods.extend(named.map(Name::from)),
                    "singleton_class" => {
                        pending.extend(part.child_by_field_name("body").map(|body| (body, true)));
                    }
                    "assignment" => {
                        let left = part.child_by_field_name("left");
                        let left = left.filter(|left| left.kind() == "constant");
                        around.constants.extend(left.map(|left| Name::from(self.source(left))));
                    }
                    // `private def name … end`
                    "call" => {
                        pending.extend(part.child_by_field_name("arguments").map(|list| (list, singleton)))
                    }
                    "identifier" if self.source(part) == "module_function" => {
                        around.statics.extend(around.methods.iter().cloned());
                    }
                    _ => {}
                }
            }
        }
        around
    }

    fn members(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let mut members = Vec::new();
        for part in children(body) {
            match part.kind() {
                "class" | "module" => {
                    let inner = self.stmts(part);
                    self.state.inner.extend(inner);
                }
                "singleton_class" => {
                    self.state.statics.push(true);
                    let inner = part.child_by_field_name("body");
                    members.extend(inner.map_or_else(Vec::new, |body| self.members(body)));
                    self.state.statics.pop();
                }
                "call" => members.extend(self.member_call(part)),
                _ => members.extend(self.stmts(part)),
            }
        }
        members
    }

    /// A call in a class: `private def name … end` has methods among its arguments.
    fn member_call(&mut self, node: Node<'t>) -> Vec<Stmt> {
        let list = node.child_by_field_name("arguments").map_or_else(Vec::new, children);
        let methods: Vec<_> =
            list.into_iter().filter(|part| matches!(part.kind(), "method" | "singleton_method")).collect();
        if methods.is_empty() {
            return self.stmts(node);
        }
        methods.into_iter().flat_map(|method| self.stmts(method)).collect()
    }

    /// What is run, with the last value returned.
    fn result(&mut self, body: Node<'t>) -> Vec<Stmt> {
        let repeats = std::mem::take(&mut self.state.repeats);
        let mut statements = match body.kind() {
            "body_statement" | "block_body" | "begin" => self.body(body),
            _ => self.stmts(body),
        };
        self.state.repeats = repeats;
        if !self.state.pattern {
            returned(&mut statements);
        }
        statements
    }
}

fn is_block(target: &Expr) -> bool {
    matches!(&target.kind, ExprKind::Name(name) if &**name == BLOCK)
}

fn plain(target: Expr) -> Parameter {
    Parameter {
        target,
        declared_type: None,
        default: None,
        kind: ParameterKind::Plain,
        decorators: Vec::new(),
    }
}

/// Makes the last value of statements their result.
fn returned(statements: &mut [Stmt]) {
    let Some(last) = statements.last_mut() else { return };
    match &mut last.kind {
        StmtKind::Expr(value) => {
            let nothing = Expr { kind: ExprKind::Literal(Literal::Null), ..value.clone() };
            let value = std::mem::replace(value, nothing);
            last.kind = StmtKind::Return(Some(value));
        }
        StmtKind::If { then, otherwise, .. } => {
            returned(then);
            returned(otherwise);
        }
        StmtKind::Switch { arms, .. } => arms.iter_mut().for_each(|arm| returned(&mut arm.body)),
        StmtKind::Try { body, catches, otherwise, .. } => {
            returned(if otherwise.is_empty() { body } else { otherwise });
            catches.iter_mut().for_each(|catch| returned(&mut catch.body));
        }
        StmtKind::Block(inner) => returned(inner),
        _ => {}
    }
}
