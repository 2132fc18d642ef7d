//! Unifies the tree of a pattern with the tree of a module.
//!
//! `...` makes the result many-valued: every way in which a pattern fits is one environment. Work is counted, so that a
//! file cannot make it grow without end: what was cut is said.

use std::cell::Cell;

use super::{
    env::{Bound, Env},
    names::Names,
    pattern::{self, Mark, Pattern},
    text, walk,
};
use crate::ir::{Argument, Attribute, Element, Entry, Expr, ExprKind, Literal, Name, TemplatePart};

/// How many ways in which one pattern fits one place are kept.
pub(super) const WAYS: usize = 64;

/// The work that all patterns may do on one file, in steps of the unifier.
const STEPS: u32 = 20_000_000;

/// What the unifiers of one file share.
pub(super) struct Work<'m> {
    pub(super) names: Names<'m>,
    steps: Cell<u32>,
}

impl<'m> Work<'m> {
    /// For the names of a module.
    pub(super) fn new(names: Names<'m>) -> Self {
        Self { names, steps: Cell::new(0) }
    }

    /// Whether the work was cut.
    pub(super) fn exhausted(&self) -> bool {
        self.steps.get() >= STEPS
    }

    /// Counts places that are looked at, which is less than to unify something; whether there is work left.
    pub(super) fn look(&self, places: usize) -> bool {
        self.step(u32::try_from(places.div_ceil(8)).unwrap_or(u32::MAX))
    }

    /// How many steps were done.
    pub(super) fn steps(&self) -> u32 {
        self.steps.get()
    }

    /// Counts `steps`; whether there is work left.
    pub(super) fn step(&self, steps: u32) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        !self.exhausted()
    }
}

/// Unifies one pattern.
#[derive(Clone, Copy)]
pub(super) struct Unifier<'a, 'p, 'm> {
    pub(super) pattern: &'p Pattern,
    pub(super) work: &'a Work<'m>,
    /// Whether plain names mean global ones only.
    pub(super) globals: bool,
}

/// The ways in which something fits.
pub(super) type Ways<'p, 'm> = Vec<Env<'p, 'm>>;

/// One of the items of a list, as its pattern: `...`, `$...XS` or an item.
enum Item<'p> {
    Ellipsis,
    Many(&'p str),
    One,
}

impl<'p, 'm> Unifier<'_, 'p, 'm> {
    /// The ways in which an expression fits.
    pub(super) fn expr(&self, p: &'p Expr, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        if !self.work.step(1) {
            return Vec::new();
        }
        match self.pattern.mark(p) {
            Mark::Metavariable(name) => return env.with(name, Bound::Expr(c)).into_iter().collect(),
            Mark::Ellipsis => return vec![env],
            Mark::Many(_) => return Vec::new(),
            Mark::Deep => return self.deep(p, c, env),
            Mark::Plain => {}
        }
        if let Some(path) = self.pattern.path(p.id) {
            return self.path(path, c, env);
        }
        if let (ExprKind::Literal(literal), _) = (&p.kind, c) {
            return self.literal(literal, c, env);
        }
        let c = match &c.kind {
            ExprKind::Cast { value, .. } if !matches!(p.kind, ExprKind::Cast { .. }) => value,
            _ => c,
        };
        self.kind(p, c, env)
    }

    fn path(&self, path: &[Name], c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        if !self.work.names.is_path(c, path) {
            return Vec::new();
        }
        if self.globals
            && let Some(root) = self.work.names.root(c)
            && path.first().is_some_and(|first| first.as_ref() == root)
            && self.work.names.is_bound(root, c.span)
        {
            return Vec::new();
        }
        vec![env]
    }

    /// `<... e ...>`: `e` somewhere in the expression.
    fn deep(&self, p: &'p Expr, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let ExprKind::Call { arguments, .. } = &p.kind else { return Vec::new() };
        let [Argument { value: inner, .. }] = arguments.as_slice() else { return Vec::new() };
        let mut ways = Vec::new();
        walk::expression(c, &mut |node| {
            if let walk::Node::Expr(part) = node
                && ways.len() < WAYS
            {
                ways.extend(self.expr(inner, part, env.clone()));
            }
        });
        ways
    }

    fn literal(&self, literal: &'p Literal, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let text = match literal {
            Literal::Text(text) | Literal::Bytes(text) => text.as_ref(),
            _ => {
                let fits = self.work.names.constant(c).as_ref() == Some(literal);
                return fits.then_some(env).into_iter().collect();
            }
        };
        if let Some(name) = text::whole_metavariable(text) {
            return match &c.kind {
                ExprKind::Literal(Literal::Text(found) | Literal::Bytes(found)) => {
                    env.with(name, Bound::Text(found, c)).into_iter().collect()
                }
                _ => Vec::new(),
            };
        }
        let fits = match self.work.names.constant(c) {
            Some(Literal::Text(found) | Literal::Bytes(found)) => text == "..." || found.as_ref() == text,
            _ => false,
        };
        fits.then_some(env).into_iter().collect()
    }

    fn kind(&self, p: &'p Expr, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        use ExprKind as K;
        match (&p.kind, &c.kind) {
            (K::Member { object, name }, _) => self.member(object, name, c, env),
            (
                K::Call { callee, arguments, is_new },
                K::Call { callee: found, arguments: given, is_new: is_new_too },
            ) if is_new == is_new_too => {
                self.then(self.expr(callee, found, env), |env| self.arguments(arguments, given, env))
            }
            (K::Index { object: a, index: b }, K::Index { object: c, index: d })
            | (K::Tagged { tag: a, template: b }, K::Tagged { tag: c, template: d }) => {
                self.then(self.expr(a, c, env), |env| self.expr(b, d, env))
            }
            (
                K::Binary { operator, left, right },
                K::Binary { operator: found, left: left_too, right: right_too },
            ) if operator == found => {
                self.then(self.expr(left, left_too, env), |env| self.expr(right, right_too, env))
            }
            (
                K::Assign { target, operator, value },
                K::Assign { target: found, operator: operator_too, value: given },
            ) if operator == operator_too => {
                self.then(self.expr(target, found, env), |env| self.expr(value, given, env))
            }
            (K::Unary { operator, value }, K::Unary { operator: found, value: given })
                if operator == found =>
            {
                self.expr(value, given, env)
            }
            (K::Await(a), K::Await(b)) | (K::Spread(a), K::Spread(b)) | (K::Command(a), K::Command(b)) => {
                self.expr(a, b, env)
            }
            (
                K::Conditional { test, then, otherwise },
                K::Conditional { test: test_too, then: then_too, otherwise: otherwise_too },
            ) => {
                let ways = self.then(self.expr(test, test_too, env), |env| self.expr(then, then_too, env));
                self.then(ways, |env| self.expr(otherwise, otherwise_too, env))
            }
            (K::Template(parts), K::Template(found)) => self.template(parts, found, env),
            (K::List { elements, kind }, K::List { elements: found, kind: kind_too }) if kind == kind_too => {
                self.exprs(elements, found, env)
            }
            (K::Map(entries), K::Map(found)) => self.map(entries, found, env),
            (K::Function(function), K::Function(found)) => self.function(function, found, env),
            (K::Class(class), K::Class(found)) => self.class(class, found, env),
            (K::Cast { value, .. }, K::Cast { value: found, .. }) => self.expr(value, found, env),
            (K::Yield(None), K::Yield(_)) => vec![env],
            (K::Yield(Some(value)), K::Yield(Some(found))) => self.expr(value, found, env),
            (K::Slice(bounds), K::Slice(found)) if bounds.len() == found.len() => {
                bounds.iter().zip(found).fold(vec![env], |ways, pair| match pair {
                    (None, None) => ways,
                    (Some(p), Some(c)) => self.then(ways, |env| self.expr(p, c, env)),
                    _ => Vec::new(),
                })
            }
            (K::Element(element), K::Element(found)) => self.element(element, found, env),
            _ => Vec::new(),
        }
    }

    /// Every way of `ways`, continued.
    pub(super) fn then(
        &self,
        ways: Ways<'p, 'm>,
        next: impl Fn(Env<'p, 'm>) -> Ways<'p, 'm>,
    ) -> Ways<'p, 'm> {
        let mut all = Vec::new();
        for env in ways {
            all.extend(next(env));
            if all.len() >= WAYS {
                break;
            }
        }
        all
    }

    fn member(&self, object: &'p Expr, name: &'p Name, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        if pattern::is_ellipsis(name) {
            return self.chain(object, c, env);
        }
        let Some((found, member)) = self.work.names.member(c) else {
            return self.imported(object, name, c, env);
        };
        match self.name(name, member, c.span, env) {
            Some(env) => self.expr(object, found, env),
            None => Vec::new(),
        }
    }

    /// `subprocess.$RUN` against `run`, imported from `subprocess`.
    fn imported(&self, object: &'p Expr, name: &'p Name, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let Some(path) = self.pattern.path(object.id) else { return Vec::new() };
        let members = self.work.names.imported_members(c).into_iter().filter(|(module, _)| {
            module.len() == path.len() && module.iter().zip(path).all(|(part, name)| *part == name.as_ref())
        });
        members.filter_map(|(_, member)| self.name(name, member, c.span, env.clone())).collect()
    }

    /// `$X. ... `: the object, with any members, calls and indexes after it.
    fn chain(&self, object: &'p Expr, c: &'m Expr, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let mut ways = self.expr(object, c, env.clone());
        let below = match &c.kind {
            ExprKind::Member { object, .. } | ExprKind::Index { object, .. } => object,
            ExprKind::Call { callee, .. } => callee,
            ExprKind::Await(inner) => inner,
            _ => return ways,
        };
        if self.work.step(1) {
            ways.extend(self.chain(object, below, env));
        }
        ways
    }

    /// A name of the pattern against a name of the module.
    pub(super) fn name(
        &self,
        p: &'p str,
        c: &'m str,
        at: crate::span::Span,
        env: Env<'p, 'm>,
    ) -> Option<Env<'p, 'm>> {
        match pattern::metavariable(p) {
            Some(name) => env.with(name, Bound::Name(c, at)),
            None => (p == c).then_some(env),
        }
    }

    fn arguments(&self, ps: &'p [Argument], cs: &'m [Argument], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let open = ps.iter().any(|p| matches!(self.pattern.mark(&p.value), Mark::Ellipsis | Mark::Many(_)));
        if ps.iter().all(|p| p.name.is_none()) && cs.iter().all(|c| c.name.is_none()) {
            return self.positional(ps.iter().collect(), cs, env);
        }
        let named: Vec<&'m Argument> = cs.iter().filter(|c| c.name.is_some()).collect();
        let wanted: Vec<&'p Argument> = ps.iter().filter(|p| p.name.is_some()).collect();
        if wanted.len() > named.len() || (!open && wanted.len() < named.len()) {
            return Vec::new();
        }
        let ways = wanted.into_iter().fold(vec![env], |ways, p| {
            self.then(ways, |env| named.iter().flat_map(|c| self.named(p, c, env.clone())).collect())
        });
        // Arguments that are given by place stand before those that are given by name; spread ones may stand anywhere.
        let places = cs.iter().position(|c| c.name.is_some()).unwrap_or(cs.len());
        let (given, rest) = cs.split_at_checked(places).unwrap_or((cs, &[]));
        if !open && rest.iter().any(|c| c.name.is_none()) {
            return Vec::new();
        }
        let positional: Vec<&'p Argument> = ps.iter().filter(|p| p.name.is_none()).collect();
        self.then(ways, |env| self.positional(positional.clone(), given, env))
    }

    fn named(&self, p: &'p Argument, c: &'m Argument, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let (Some(wanted), Some(found)) = (&p.name, &c.name) else { return Vec::new() };
        match self.name(wanted, found, c.value.span, env) {
            Some(env) => self.expr(&p.value, &c.value, env),
            None => Vec::new(),
        }
    }

    fn positional(&self, ps: Vec<&'p Argument>, cs: &'m [Argument], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        self.list(
            &ps,
            cs,
            env,
            &|p| self.item(&p.value),
            &|p, c, env| self.expr(&p.value, &c.value, env),
            &Bound::Arguments,
        )
    }

    fn exprs(&self, ps: &'p [Expr], cs: &'m [Expr], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let ps: Vec<&'p Expr> = ps.iter().collect();
        self.list(&ps, cs, env, &|p| self.item(p), &|p, c, env| self.expr(p, c, env), &Bound::Exprs)
    }

    fn item(&self, p: &'p Expr) -> Item<'p> {
        match self.pattern.mark(p) {
            Mark::Ellipsis => Item::Ellipsis,
            Mark::Many(name) => Item::Many(name),
            _ => Item::One,
        }
    }

    /// A list with `...` in it.
    fn list<P: Copy, C>(
        &self,
        ps: &[P],
        cs: &'m [C],
        env: Env<'p, 'm>,
        item: &dyn Fn(P) -> Item<'p>,
        one: &dyn Fn(P, &'m C, Env<'p, 'm>) -> Ways<'p, 'm>,
        many: &dyn Fn(&'m [C]) -> Bound<'m>,
    ) -> Ways<'p, 'm> {
        let Some((p, later)) = ps.split_first() else {
            return if cs.is_empty() { vec![env] } else { Vec::new() };
        };
        if !self.work.step(1) {
            return Vec::new();
        }
        let name = match item(*p) {
            Item::Ellipsis => "_",
            Item::Many(name) => name,
            Item::One => {
                let Some((c, rest)) = cs.split_first() else { return Vec::new() };
                return self.then(one(*p, c, env), |env| self.list(later, rest, env, item, one, many));
            }
        };
        if later.is_empty() {
            return env.with(name, many(cs)).into_iter().collect();
        }
        let mut ways = Vec::new();
        for taken in 0..=cs.len() {
            let Some((front, rest)) = cs.split_at_checked(taken) else { break };
            if let Some(env) = env.clone().with(name, many(front)) {
                ways.extend(self.list(later, rest, env, item, one, many));
            }
            if ways.len() >= WAYS {
                break;
            }
        }
        ways
    }

    fn template(&self, ps: &'p [TemplatePart], cs: &'m [TemplatePart], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let ps: Vec<&'p TemplatePart> = ps.iter().collect();
        let item = |p: &'p TemplatePart| match p {
            TemplatePart::Text(text) if text.as_ref() == "..." => Item::Ellipsis,
            TemplatePart::Value(value) => self.item(value),
            TemplatePart::Text(_) => Item::One,
        };
        let one = |p: &'p TemplatePart, c: &'m TemplatePart, env: Env<'p, 'm>| match (p, c) {
            (TemplatePart::Text(a), TemplatePart::Text(b)) if a == b => vec![env],
            (TemplatePart::Value(p), TemplatePart::Value(c)) => self.expr(p, c, env),
            _ => Vec::new(),
        };
        self.list(&ps, cs, env, &item, &one, &|_| Bound::Exprs(&[]))
    }

    /// Entries in any order; further ones only with `...`.
    fn map(&self, ps: &'p [Entry], cs: &'m [Entry], env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let is_open = |p: &&Entry| self.pattern.mark(&p.value) == &Mark::Ellipsis;
        let open = ps.iter().any(|p| is_open(&p));
        let wanted: Vec<&'p Entry> = ps.iter().filter(|p| !is_open(p)).collect();
        if wanted.len() > cs.len() || (!open && wanted.len() < cs.len()) {
            return Vec::new();
        }
        wanted.into_iter().fold(vec![env], |ways, p| {
            self.then(ways, |env| cs.iter().flat_map(|c| self.entry(p, c, env.clone())).collect())
        })
    }

    fn entry(&self, p: &'p Entry, c: &'m Entry, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        match (&p.key, &c.key) {
            (Some(key), Some(found)) => {
                let ways = match (&key.kind, &found.kind) {
                    // `{$K: v}`: a key that is written without quotes.
                    (ExprKind::Literal(Literal::Text(text)), _) if pattern::metavariable(text).is_some() => {
                        let name = pattern::metavariable(text).unwrap_or("_");
                        env.with(name, Bound::Expr(found)).into_iter().collect()
                    }
                    _ => self.expr(key, found, env),
                };
                self.then(ways, |env| self.expr(&p.value, &c.value, env))
            }
            (None, None) => self.expr(&p.value, &c.value, env),
            _ => Vec::new(),
        }
    }

    /// Attributes in any order, further ones are fine; children with `...` or none asked for.
    fn element(&self, p: &'p Element, c: &'m Element, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let at = c.children.first().map_or_else(Default::default, |child| child.span);
        let Some(env) = self.name(&p.tag, &c.tag, at, env) else { return Vec::new() };
        let ways = p.attributes.iter().fold(vec![env], |ways, wanted| {
            if wanted.name.as_deref().is_none_or(pattern::is_ellipsis) {
                return ways;
            }
            self.then(ways, |env| {
                c.attributes.iter().flat_map(|found| self.attribute(wanted, found, env.clone())).collect()
            })
        });
        if p.children.is_empty() {
            return ways;
        }
        self.then(ways, |env| self.exprs(&p.children, &c.children, env))
    }

    fn attribute(&self, p: &'p Attribute, c: &'m Attribute, env: Env<'p, 'm>) -> Ways<'p, 'm> {
        let (Some(wanted), Some(found)) = (&p.name, &c.name) else { return Vec::new() };
        let Some(env) = self.name(wanted, found, c.span, env) else { return Vec::new() };
        match (&p.value, &c.value) {
            (None, _) => vec![env],
            (Some(p), Some(c)) => self.expr(p, c, env),
            (Some(_), None) => Vec::new(),
        }
    }
}
