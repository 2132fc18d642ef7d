//! What became of a file when it was edited: which bodies of functions changed, and where the rest is now.
//!
//! Nothing is taken from the edit itself. The trees of both states are walked; a body, or what stands around all bodies, is
//! what it was when its text is, when its tree has the same shape at the same places, and when the rules say the same about it.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};

use super::{
    Unit,
    again::{Body, Moves},
};
use crate::{
    hash::State,
    ir::{Expr, Function, FunctionId, Module, Stmt},
    role::{Role, Roles},
    rules::walk::{self, Node},
    span::Span,
};

/// The shape of a file: the bodies of functions that stand in no other, and what is around them.
#[derive(Debug)]
pub(crate) struct Shape {
    bodies: Vec<Span>,
    /// What each body looks like.
    looks: Vec<u64>,
    /// What is around them.
    around: u64,
    /// The functions of each body, the one whose body it is first.
    functions: Vec<Vec<FunctionId>>,
    /// Functions that have no body, or one that cannot be told from its head.
    others: Vec<FunctionId>,
}

impl Shape {
    /// Of a file; nothing where its bodies do not stand one after the other. Looks can be compared that were made with
    /// the same `state`.
    pub(crate) fn of(unit: &Unit, state: &State) -> Option<Self> {
        let bodies = bodies(&unit.module);
        let ordered = bodies.windows(2).all(|pair| matches!(pair, [a, b] if a.end <= b.start));
        if !ordered || !unit.module.problems.is_empty() {
            return None;
        }
        let hashers = bodies.iter().map(|_| state.build_hasher()).collect();
        let functions = bodies.iter().map(|_| Vec::new()).collect();
        let mut look = Look {
            bodies: &bodies,
            roles: &unit.roles,
            at: None,
            hashers,
            around: state.build_hasher(),
            functions,
            others: Vec::new(),
        };
        walk::block(&unit.module.body, &mut |node| look.node(node));
        let looks = look.hashers.iter().map(std::hash::Hasher::finish).collect();
        let (around, functions, others) = (look.around.finish(), look.functions, look.others);
        Some(Self { bodies, looks, around, functions, others })
    }
}

impl Moves {
    /// What became of a file; nothing when more than bodies of functions changed.
    pub(crate) fn between(before: (&Unit, &Shape), after: (&Unit, &Shape)) -> Option<Self> {
        let ((old, was), (new, is)) = (before, after);
        let counts = |shape: &Shape| (shape.bodies.len(), shape.others.len(), shape.around);
        if counts(was) != counts(is) || old.path != new.path || old.module.language != new.module.language {
            return None;
        }
        let mut moves = Self::default();
        moves.functions.extend(was.others.iter().copied().zip(is.others.iter().copied()));
        let (mut left, mut right) = (0, 0);
        for (number, (before, after)) in was.bodies.iter().zip(&is.bodies).enumerate() {
            if Span::new(left, before.start).of(&old.text) != Span::new(right, after.start).of(&new.text) {
                return None;
            }
            (left, right) = (before.end, after.end);
            let (old_ids, new_ids) = (was.functions.get(number)?, is.functions.get(number)?);
            let same = was.looks.get(number) == is.looks.get(number)
                && old_ids.len() == new_ids.len()
                && before.of(&old.text) == after.of(&new.text);
            if same {
                moves.functions.extend(old_ids.iter().copied().zip(new_ids.iter().copied()));
            } else {
                moves.functions.insert(*old_ids.first()?, *new_ids.first()?);
                moves.changed.extend(old_ids.iter().copied());
            }
            moves.bodies.push(Body { before: *before, after: *after, changed: !same });
        }
        (old.text.get(left as usize..)? == new.text.get(right as usize..)?).then_some(moves)
    }
}

/// The bodies of functions that stand in no other function's body, in the order in which a walk meets them.
fn bodies(module: &Module) -> Vec<Span> {
    let mut bodies: Vec<Span> = Vec::new();
    walk::block(&module.body, &mut |node| {
        if let Node::Function(function) = node
            && !bodies.last().is_some_and(|body| body.contains(function.span))
        {
            bodies.extend(body(function));
        }
    });
    bodies
}

/// Where the body of a function is; nothing when it cannot be told from its head.
fn body(function: &Function) -> Option<Span> {
    let (first, last) = (function.body.first()?, function.body.last()?);
    let span = Span::new(first.span.start, last.span.end);
    let inside = function.body.iter().all(|stmt| span.contains(stmt.span));
    let head = function.parameters.iter().flat_map(|parameter| {
        std::iter::once(&parameter.target).chain(&parameter.default).chain(&parameter.declared_type)
    });
    let head = head.chain(&function.returns).all(|part| part.span.end <= span.start);
    (inside && head && span.start < span.end).then_some(span)
}

/// A walk that gathers what each part of a file looks like.
struct Look<'u> {
    bodies: &'u [Span],
    roles: &'u Roles,
    /// The body that was met last.
    at: Option<(usize, Span)>,
    hashers: Vec<<State as std::hash::BuildHasher>::Hasher>,
    around: <State as std::hash::BuildHasher>::Hasher,
    functions: Vec<Vec<FunctionId>>,
    others: Vec<FunctionId>,
}

impl Look<'_> {
    fn node(&mut self, node: Node<'_>) {
        match node {
            Node::Expr(expr) => self.expr(expr),
            Node::Block(stmts) => stmts.iter().for_each(|stmt| self.stmt(stmt)),
            Node::Function(function) => self.function(function),
            Node::Imports(imports) => {
                let count = imports.len();
                if let Some((hasher, _)) = self.hasher(Span::default()) {
                    count.hash(hasher);
                }
            }
        }
    }

    /// Where what is at a place is gathered, and from where places are counted there.
    fn hasher(&mut self, span: Span) -> Option<(&mut <State as std::hash::BuildHasher>::Hasher, u32)> {
        match self.at {
            Some((number, body)) if body.contains(span) => {
                self.hashers.get_mut(number).map(|hasher| (hasher, body.start))
            }
            _ => None,
        }
    }

    fn put(&mut self, kind: impl std::hash::Hash, span: Span) {
        if let Some((hasher, base)) = self.hasher(span) {
            (kind, span.start - base, span.end - base).hash(hasher);
            return;
        }
        let (start, end) = (self.place(span.start), self.place(span.end));
        (kind, start, end).hash(&mut self.around);
    }

    /// A place by the body that it is in or after, and its distance from there.
    fn place(&self, at: u32) -> (usize, u32) {
        let after = self.bodies.partition_point(|body| body.end <= at);
        match self.bodies.get(after) {
            Some(body) if body.start <= at => (after * 2 + 1, at - body.start),
            _ => {
                let before = after.checked_sub(1).and_then(|last| self.bodies.get(last));
                (after * 2, at - before.map_or(0, |body| body.end))
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.put(std::mem::discriminant(&stmt.kind), stmt.span);
    }

    fn expr(&mut self, expr: &Expr) {
        self.put(std::mem::discriminant(&expr.kind), expr.span);
        let roles = self.roles.of(expr.id).iter().map(|role| (*role, None));
        let called = self.roles.references(expr.id).iter();
        let called = called.map(|reference| (reference.role, Some((reference.arguments, reference.at))));
        for (role, called) in roles.chain(called).collect::<Vec<_>>() {
            let far = |id: crate::ir::ExprId| id.0.wrapping_sub(expr.id.0);
            let said = match role {
                Role::Source { rules, weak } => (0_u8, rules, weak, false, 0, 0),
                Role::Sink { rules, reach, by_value } => {
                    (1, rules, reach.shallow, by_value, u32::from(reach.proven), 0)
                }
                Role::Sanitizer { rules, by_side_effect } => (2, rules, by_side_effect, false, 0, 0),
                Role::Guard { rules, when_false } => (3, rules, when_false, false, 0, 0),
                Role::Propagator { rules, from, to } => (4, rules, false, false, far(from), far(to)),
            };
            self.put((said, called), expr.span);
        }
    }

    fn function(&mut self, function: &Function) {
        let Function { is_async, is_generator, is_static, ref parameters, span, id, .. } = *function;
        let inner = self.at.filter(|(_, body)| body.contains(span));
        if let Some((number, _)) = inner {
            self.put((is_async, is_generator, is_static, parameters.len()), span);
            self.functions.get_mut(number).into_iter().for_each(|ids| ids.push(id));
            return;
        }
        // Whether it is a generator its body says.
        self.put((is_async, is_static, parameters.len()), span);
        let own = body(function)
            .and_then(|body| Some((self.bodies.binary_search_by_key(&body.start, |b| b.start).ok()?, body)));
        match own {
            Some((number, body)) => {
                self.at = Some((number, body));
                self.functions.get_mut(number).into_iter().for_each(|ids| ids.push(id));
            }
            None => self.others.push(id),
        }
    }
}
