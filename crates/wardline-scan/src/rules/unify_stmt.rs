//! Unifies statements, functions and classes.

use super::{
    env::{Bound, Env},
    pattern::{self, Mark},
    unify::{Unifier, WAYS, Ways},
    walk::{self, Part},
};
use crate::{
    ir::{Catch, Class, Declare, Expr, ExprKind, Function, Import, Imported, Parameter, Stmt, StmtKind},
    span::Span,
};

/// The ways in which statements fit, each with where the last of them ends.
type Ends<'p, 'm> = Vec<(Env<'p, 'm>, u32)>;

impl<'p, 'm> Unifier<'_, 'p, 'm> {
    /// The ways in which the pattern's statements fit those that begin a list, with where they end.
    pub(super) fn sequence(
        &self,
        ps: &'p [Stmt],
        cs: &'m [Stmt],
        env: Env<'p, 'm>,
        end: u32,
        whole: bool,
    ) -> Ends<'p, 'm> {
        let Some((p, later)) = ps.split_first() else {
            return if whole && !cs.is_empty() { Vec::new() } else { vec![(env, end)] };
        };
        if !self.work.step(1) {
            return Vec::new();
        }
        if self.pattern.is_ellipsis(p) {
            return self.skipping(later, cs, env, end, whole);
        }
        let Some((c, rest)) = cs.split_first() else { return Vec::new() };
        let mut ends = Vec::new();
        for env in self.statement(p, c, env) {
            ends.extend(self.sequence(later, rest, env, c.span.end, whole));
            if ends.len() >= WAYS {
                break;
            }
        }
        ends
    }

    /// After `...`: at every later statement, also of a nested list.
    fn skipping(
        &self,
        ps: &'p [Stmt],
        cs: &'m [Stmt],
        env: Env<'p, 'm>,
        end: u32,
        whole: bool,
    ) -> Ends<'p, 'm> {
        let last = cs.last().map_or(end, |stmt| stmt.span.end);
        if ps.is_empty() {
            return vec![(env, last)];
        }
        let open = !whole || ps.last().is_some_and(|stmt| self.pattern.is_ellipsis(stmt));
        let mut ends = Vec::new();
        for skipped in 0..cs.len() {
            let Some(rest) = cs.get(skipped..) else { break };
            ends.extend(self.sequence(ps, rest, env.clone(), end, whole));
            if open && let Some(stmt) = rest.first() {
                for inner in nested(stmt) {
                    ends.extend(self.skipping(ps, inner, env.clone(), end, false));
                }
            }
            if ends.len() >= WAYS || self.work.exhausted() {
                break;
            }
        }
        ends
    }

    /// The ways in which one statement fits.
    pub(super) fn statement(&self, p: &'p Stmt, c: &'m Stmt, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        use StmtKind as K;
        let blocks = |pairs: &[(&'p [Stmt], &'m [Stmt])], ways: Ways<'p, 'm>| {
            pairs.iter().fold(ways, |ways, (ps, cs)| self.then(ways, |env| self.body(ps, cs, env)))
        };
        match (&p.kind, &c.kind) {
            (K::Expr(p), _) => self.expression_statement(p, c, env),
            (K::Declare(p), K::Declare(c)) => self.declare(p, c, env),
            (
                K::If { test, then, otherwise },
                K::If { test: test_too, then: then_too, otherwise: otherwise_too },
            ) => {
                let ways = blocks(&[(then, then_too)], self.expr(test, test_too, env));
                if otherwise.is_empty() { ways } else { blocks(&[(otherwise, otherwise_too)], ways) }
            }
            (K::While { test, body, .. }, K::While { test: test_too, body: body_too, .. }) => {
                blocks(&[(body, body_too)], self.expr(test, test_too, env))
            }
            (
                K::ForEach { target, over, body, .. },
                K::ForEach { target: target_too, over: over_too, body: body_too, .. },
            ) => {
                let ways =
                    self.then(self.expr(target, target_too, env), |env| self.expr(over, over_too, env));
                blocks(&[(body, body_too)], ways)
            }
            (K::Return(value), K::Return(found)) | (K::Throw(value), K::Throw(found)) => match (value, found)
            {
                (None, None) => vec![env],
                (Some(p), _) if *self.pattern.mark(p) == Mark::Ellipsis => vec![env],
                (Some(p), Some(c)) => self.expr(p, c, env),
                _ => Vec::new(),
            },
            (K::With { items, body }, K::With { items: found, body: body_too }) => {
                blocks(&[(body, body_too)], self.with_items(items, found, env))
            }
            (
                K::Try { body, catches, finally, .. },
                K::Try { body: body_too, catches: catches_too, finally: finally_too, .. },
            ) => {
                let mut ways = self.catches(catches, catches_too, vec![env]);
                ways = blocks(&[(body, body_too)], ways);
                if finally.is_empty() { ways } else { blocks(&[(finally, finally_too)], ways) }
            }
            (K::Function(p), K::Function(c)) => self.function(p, c, env),
            (K::Class(p), K::Class(c)) => self.class(p, c, env),
            (K::Import(ps), K::Import(cs)) => self.imports(ps, cs, c.span, env),
            (K::Block(ps), K::Block(cs)) => self.body(ps, cs, env),
            (K::Break, K::Break) | (K::Continue, K::Continue) => vec![env],
            (K::Delete(ps), K::Delete(cs)) => match (ps.as_slice(), cs.as_slice()) {
                ([p], cs) => cs.iter().flat_map(|c| self.expr(p, c, env.clone())).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The ways in which a whole list of statements fits.
    fn body(&self, ps: &'p [Stmt], cs: &'m [Stmt], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        self.sequence(ps, cs, env, 0, true).into_iter().map(|(env, _)| env).collect()
    }

    /// An expression as a statement: it fits wherever it stands in a simple statement. An assignment is also a declaration
    /// with a value.
    fn expression_statement(&self, p: &'p Expr, c: &'m Stmt, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        if let Mark::Metavariable(name) = self.pattern.mark(p) {
            let bound = match &c.kind {
                StmtKind::Expr(expr) => Bound::Expr(expr),
                _ => Bound::Statements(std::slice::from_ref(c)),
            };
            return env.with(name, bound).into_iter().collect();
        }
        if let ExprKind::Assign { target, operator: None, value } = &p.kind {
            return match &c.kind {
                StmtKind::Declare(declare) => self.assigned(target, value, declare, env),
                StmtKind::Expr(found) => self.expr(p, found, env),
                _ => Vec::new(),
            };
        }
        let mut ways = Vec::new();
        for part in walk::parts(c) {
            let Part::Expr(part) = part else { continue };
            // What a function in it does is no step of this list: it is done when the function is called.
            walk::outside_functions(part, &mut |inner| {
                if ways.len() < WAYS {
                    ways.extend(self.expr(p, inner, env.clone()));
                }
            });
        }
        ways
    }

    /// `$X = value` against a declaration with a value.
    pub(super) fn assigned(
        &self,
        target: &'p Expr,
        value: &'p Expr,
        c: &'m Declare,
        env: Env<'p, 'm>,
    ) -> Ways<'p, 'm> {
        match &c.value {
            Some(given) => self.then(self.expr(target, &c.target, env), |env| self.expr(value, given, env)),
            None => Vec::new(),
        }
    }

    fn declare(&self, p: &'p Declare, c: &'m Declare, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let mut ways = self.expr(&p.target, &c.target, env);
        for (wanted, found) in [(&p.declared_type, &c.declared_type), (&p.value, &c.value)] {
            ways = match (wanted, found) {
                (None, _) => ways,
                (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
                (Some(_), None) => Vec::new(),
            };
        }
        ways
    }

    fn with_items(
        &self,
        ps: &'p [(Expr, Option<Expr>)],
        cs: &'m [(Expr, Option<Expr>)],
        env: Env<'p, 'm>,
    ) -> Ways<'p, 'm> {
        if ps.len() != cs.len() {
            return Vec::new();
        }
        ps.iter().zip(cs).fold(vec![env], |ways, ((p, target), (c, found))| {
            let ways = self.then(ways, |env| self.expr(p, c, env));
            match (target, found) {
                (None, _) => ways,
                (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
                (Some(_), None) => Vec::new(),
            }
        })
    }

    fn catches(&self, ps: &'p [Catch], cs: &'m [Catch], ways: Ways<'p, 'm>) -> Ways<'p, 'm> {
        ps.iter().fold(ways, |ways, p| {
            self.then(ways, |env| cs.iter().flat_map(|c| self.catch(p, c, env.clone())).collect())
        })
    }

    fn catch(&self, p: &'p Catch, c: &'m Catch, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let ways = match (p.types.as_slice(), c.types.as_slice()) {
            ([], _) => vec![env],
            ([p], cs) => cs.iter().flat_map(|c| self.expr(p, c, env.clone())).collect(),
            _ => Vec::new(),
        };
        let ways = match (&p.name, &c.name) {
            (None, _) => ways,
            (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
            (Some(_), None) => Vec::new(),
        };
        self.then(ways, |env| self.body(&p.body, &c.body, env))
    }

    fn imports(&self, ps: &'p [Import], cs: &'m [Import], at: Span, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        ps.iter().fold(vec![env], |ways, p| {
            self.then(ways, |env| cs.iter().filter_map(|c| self.import(p, c, at, env.clone())).collect())
        })
    }

    fn import(&self, p: &'p Import, c: &'m Import, at: Span, env: Env<'p, 'm>) -> Option<Env<'p, 'm>> {
        let env = self.name(&p.module, &c.module, at, env)?;
        let env = match (&p.what, &c.what) {
            (Imported::One(p), Imported::One(c)) => self.name(p, c, at, env)?,
            (Imported::Whole, Imported::Whole) | (Imported::All, Imported::All) => env,
            _ => return None,
        };
        match pattern::metavariable(&p.local) {
            Some(_) => self.name(&p.local, &c.local, at, env),
            None => Some(env),
        }
    }

    /// A function: its decorators among those that there are, its parameters, its body.
    pub(super) fn function(&self, p: &'p Function, c: &'m Function, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let env = match (&p.name, &c.name) {
            (None, _) => Some(env),
            (Some(p), Some(c_name)) => self.name(p, c_name, c.span, env),
            (Some(p), None) => pattern::metavariable(p).map(|_| env),
        };
        let Some(env) = env.filter(|_| c.is_async || !p.is_async) else { return Vec::new() };
        let ways = self.decorators(&p.decorators, &c.decorators, vec![env]);
        let ways = self.then(ways, |env| self.parameters(&p.parameters, &c.parameters, env));
        let ways = match (&p.returns, &c.returns) {
            (None, _) => ways,
            (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
            (Some(_), None) => Vec::new(),
        };
        self.then(ways, |env| self.body(&p.body, &c.body, env))
    }

    /// A class: its decorators and bases among those that there are, its members.
    pub(super) fn class(&self, p: &'p Class, c: &'m Class, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let env = match (&p.name, &c.name) {
            (None, _) => Some(env),
            (Some(p), Some(name)) => self.name(p, name, c.span, env),
            (Some(_), None) => None,
        };
        let Some(env) = env else { return Vec::new() };
        let ways = self.decorators(&p.decorators, &c.decorators, vec![env]);
        let ways = self.decorators(&p.bases, &c.bases, ways);
        self.then(ways, |env| self.body(&p.members, &c.members, env))
    }

    /// Each of `ps` is one of `cs`.
    fn decorators(&self, ps: &'p [Expr], cs: &'m [Expr], ways: Ways<'p, 'm>) -> Ways<'p, 'm> {
        let wanted = ps.iter().filter(|p| *self.pattern.mark(p) != Mark::Ellipsis);
        wanted.fold(ways, |ways, p| {
            self.then(ways, |env| cs.iter().flat_map(|c| self.expr(p, c, env.clone())).collect())
        })
    }

    fn parameters(&self, ps: &'p [Parameter], cs: &'m [Parameter], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let Some((p, later)) = ps.split_first() else {
            return if cs.is_empty() { vec![env] } else { Vec::new() };
        };
        match self.pattern.mark(&p.target) {
            Mark::Ellipsis | Mark::Many(_) => {
                if later.is_empty() {
                    return vec![env];
                }
                let starts = (0..=cs.len()).filter_map(|taken| cs.get(taken..));
                let mut ways: Ways<'p, 'm> =
                    starts.flat_map(|rest| self.parameters(later, rest, env.clone())).collect();
                ways.truncate(WAYS);
                ways
            }
            _ => match cs.split_first() {
                Some((c, rest)) => {
                    self.then(self.parameter(p, c, env), |env| self.parameters(later, rest, env))
                }
                None => Vec::new(),
            },
        }
    }

    fn parameter(&self, p: &'p Parameter, c: &'m Parameter, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let plain = matches!(self.pattern.mark(&p.target), Mark::Metavariable(_));
        if !(p.kind == c.kind || plain) {
            return Vec::new();
        }
        let mut ways = self.decorators(&p.decorators, &c.decorators, self.expr(&p.target, &c.target, env));
        for (wanted, found) in [(&p.declared_type, &c.declared_type), (&p.default, &c.default)] {
            ways = match (wanted, found) {
                (None, _) => ways,
                (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
                (Some(_), None) => Vec::new(),
            };
        }
        ways
    }
}

/// The lists of statements in a statement, but not those of functions and classes.
fn nested(stmt: &Stmt) -> Vec<&[Stmt]> {
    if matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
        return Vec::new();
    }
    let blocks = walk::parts(stmt).into_iter().filter_map(|part| match part {
        Part::Block(block) if !block.is_empty() => Some(block),
        _ => None,
    });
    blocks.collect()
}
