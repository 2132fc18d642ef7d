//! Where a formula fits: the places of its patterns, brought together.

use std::rc::Rc;

use regex_lite::Regex;

use super::{
    comparison::{self, Comparison},
    env::{Bound, Env},
    find::{Found, Hit, Hits},
    format::MetavariableRegex,
    nest::Nest,
    pattern::Shape,
    plan::{All, Check, Plan},
};
use crate::{
    ir::{Expr, Literal},
    span::Span,
};

impl<'c, 'm> Found<'c, 'm> {
    /// The places where a formula fits.
    pub(super) fn evaluate(&self, plan: &'c Plan) -> Hits<'c, 'm> {
        match plan {
            Plan::Pattern(slot) => self.hits(*slot),
            Plan::Regex(regex) => Rc::new(regex.get().map(|regex| self.regex(regex)).unwrap_or_default()),
            Plan::Any(plans) => {
                let mut hits = Vec::new();
                for plan in plans {
                    hits.extend(self.evaluate(plan).iter().cloned());
                }
                Rc::new(hits)
            }
            Plan::Inside(plan) => {
                let hits = self.evaluate(plan);
                Rc::new(hits.iter().cloned().map(|hit| Hit { inside: true, ..hit }).collect())
            }
            Plan::All(all) => Rc::new(self.all(all)),
        }
    }

    fn regex(&self, regex: &Regex) -> Vec<Hit<'c, 'm>> {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        let spans = regex.find_iter(self.text).map(|found| Span::new(at(found.start()), at(found.end())));
        spans.map(|span| Hit { span, expr: None, env: Env::default(), inside: false }).collect()
    }

    fn all(&self, all: &'c All) -> Vec<Hit<'c, 'm>> {
        if all.positive.iter().any(|plan| self.is_idle(plan)) {
            return Vec::new();
        }
        let mut order: Vec<&'c Plan> = all.positive.iter().collect();
        order.sort_by_cached_key(|plan| self.cost(plan));
        let mut hits: Option<Vec<Hit<'c, 'm>>> = None;
        for plan in order {
            hits = Some(match (hits, self.lone(plan)) {
                (Some(hits), Some(name)) => self.narrow(plan, name, hits),
                (Some(hits), None) => self.intersect(&hits, &self.evaluate(plan)),
                (None, _) => self.evaluate(plan).to_vec(),
            });
            if hits.as_ref().is_some_and(Vec::is_empty) {
                return Vec::new();
            }
        }
        let mut hits = hits.unwrap_or_default();
        for plan in &all.not {
            self.exclude(&mut hits, plan, |not, hit| not == hit);
        }
        for plan in &all.not_inside {
            self.exclude(&mut hits, plan, Span::contains);
        }
        for check in &all.conditions {
            hits = hits.into_iter().flat_map(|hit| self.check(check, hit)).collect();
        }
        match &all.focus {
            Some(name) => hits.iter().flat_map(|hit| focus(hit, name)).collect(),
            None => hits,
        }
    }

    /// Takes away what a place of a plan excludes that `lies` so.
    fn exclude(&self, hits: &mut Vec<Hit<'c, 'm>>, plan: &'c Plan, lies: fn(Span, Span) -> bool) {
        let excluded = self.evaluate(plan);
        if excluded.is_empty() || hits.is_empty() {
            return;
        }
        let nest = Nest::new(excluded.iter().map(|not| not.span), hits.len());
        hits.retain(|hit| {
            let near = nest.near(hit.span);
            self.work.look(near.len());
            let mut near = near.into_iter().filter_map(|number| excluded.get(number));
            !near.any(|not| lies(not.span, hit.span) && hit.env.merged(&not.env).is_some())
        });
    }

    /// Whether nothing fits a formula, because the text has not the words of its patterns.
    fn is_idle(&self, plan: &Plan) -> bool {
        match plan {
            Plan::Pattern(slot) => self.pattern(*slot).is_none(),
            Plan::Regex(_) => false,
            Plan::Any(plans) => plans.iter().all(|plan| self.is_idle(plan)),
            Plan::Inside(plan) => self.is_idle(plan),
            Plan::All(all) => all.positive.iter().any(|plan| self.is_idle(plan)),
        }
    }

    /// What is cheap to evaluate comes first: with nothing found there, the rest need not be.
    fn cost(&self, plan: &Plan) -> u32 {
        match plan {
            Plan::Pattern(slot) => match self.pattern(*slot) {
                None => 0,
                Some(pattern) if pattern.lone().is_some() => 9,
                Some(pattern) if matches!(pattern.shape(), Shape::Expr(_)) => 1,
                Some(_) => 5,
            },
            Plan::Regex(_) => 6,
            Plan::Any(plans) => plans.iter().map(|plan| self.cost(plan)).max().unwrap_or(0),
            Plan::Inside(plan) => self.cost(plan) + 1,
            Plan::All(all) => all.positive.iter().map(|plan| self.cost(plan)).min().unwrap_or(0),
        }
    }

    /// The name of a pattern that is one metavariable.
    fn lone(&self, plan: &Plan) -> Option<&'c str> {
        match plan {
            Plan::Pattern(slot) => self.pattern(*slot)?.lone(),
            _ => None,
        }
    }

    /// `$X` besides other patterns: what they bound to it, else every expression in them.
    fn narrow(&self, plan: &'c Plan, name: &'c str, hits: Vec<Hit<'c, 'm>>) -> Vec<Hit<'c, 'm>> {
        if hits.iter().any(|hit| !hit.inside) {
            return hits;
        }
        if hits.iter().all(|hit| matches!(hit.env.get(name), Some(Bound::Expr(_)))) {
            return hits.iter().flat_map(|hit| focus(hit, name)).collect();
        }
        self.intersect(&hits, &self.evaluate(plan))
    }

    /// The places of one that lie in a place of the other, with the bindings of both.
    fn intersect(&self, left: &[Hit<'c, 'm>], right: &[Hit<'c, 'm>]) -> Vec<Hit<'c, 'm>> {
        let mut hits = Vec::new();
        let nest = Nest::new(right.iter().map(|hit| hit.span), left.len());
        for a in left {
            let near = nest.near(a.span);
            if !self.work.look(near.len()) {
                break;
            }
            for b in near.into_iter().filter_map(|number| right.get(number)) {
                let inner = match (a.inside, b.inside) {
                    (true, false) => a.span.contains(b.span).then_some(b),
                    (false, true) => b.span.contains(a.span).then_some(a),
                    _ if b.span.contains(a.span) => Some(a),
                    _ if a.span.contains(b.span) => Some(b),
                    _ => None,
                };
                if let Some(inner) = inner
                    && let Some(env) = a.env.merged(&b.env)
                {
                    hits.push(Hit { env, inside: a.inside && b.inside, ..inner.clone() });
                }
            }
        }
        hits
    }

    fn check(&self, check: &'c Check, hit: Hit<'c, 'm>) -> Vec<Hit<'c, 'm>> {
        let holds = match check {
            Check::Regex(name, regex) => match hit.env.get(name) {
                Some(bound) => self.fits(regex, bound, &hit.env),
                None => false,
            },
            Check::Comparison(comparison) => self.compare(comparison, &hit.env),
            Check::Pattern(name, plan) => {
                let Some(bound) = hit.env.get(name).copied() else { return Vec::new() };
                let envs = match bound {
                    Bound::Expr(expr) | Bound::Text(_, expr) => self.on(plan, expr, hit.env.clone()),
                    _ => Vec::new(),
                };
                return envs.into_iter().take(1).map(|env| Hit { env, ..hit.clone() }).collect();
            }
        };
        holds.then_some(hit).into_iter().collect()
    }

    /// Whether what a metavariable is bound to fits: its text, or what it is another name for.
    fn fits(&self, regex: &MetavariableRegex, bound: &Bound<'m>, env: &Env<'c, 'm>) -> bool {
        let expr = match bound {
            Bound::Expr(expr) | Bound::Text(_, expr) => Some(*expr),
            _ => None,
        };
        if let MetavariableRegex::Begins(regex) = regex {
            let begins = expr.map(|expr| self.work.names.beginnings(expr)).unwrap_or_default();
            return begins.into_iter().any(|text| regex.is_match(text));
        }
        self.fits_regex(regex, bound.text(self.text), env)
            || expr
                .and_then(|expr| self.work.names.stands_for(expr))
                .is_some_and(|other| self.fits_regex(regex, other.span.of(self.text), env))
    }

    fn fits_regex(&self, regex: &MetavariableRegex, text: &str, env: &Env<'c, 'm>) -> bool {
        match regex {
            MetavariableRegex::Fixed(regex) | MetavariableRegex::Begins(regex) => regex.is_match(text),
            MetavariableRegex::Depending(source) => {
                let mut source = format!("\\A(?:{source})");
                for (name, bound) in env.all() {
                    source =
                        source.replace(&format!("{{${name}}}"), &regex_lite::escape(bound.text(self.text)));
                }
                Regex::new(&source).is_ok_and(|regex| regex.is_match(text))
            }
        }
    }

    fn compare(&self, comparison: &Comparison, env: &Env<'c, 'm>) -> bool {
        comparison.holds(&|name| match env.get(name)? {
            Bound::Expr(expr) | Bound::Text(_, expr) => match self.work.names.constant(expr)? {
                Literal::Integer(number) => {
                    i32::try_from(number).ok().map(|number| comparison::Value::Number(f64::from(number)))
                }
                Literal::Number(number) => number.parse().ok().map(comparison::Value::Number),
                Literal::Text(text) | Literal::Bytes(text) => Some(comparison::Value::Text(text.to_string())),
                Literal::Bool(holds) => Some(comparison::Value::Bool(holds)),
                Literal::Null | Literal::Regex(_) => None,
            },
            Bound::Name(name, _) => Some(comparison::Value::Text((*name).to_owned())),
            _ => None,
        })
    }

    /// The ways in which a formula fits one expression as a whole.
    fn on(&self, plan: &'c Plan, expr: &'m Expr, env: Env<'c, 'm>) -> Vec<Env<'c, 'm>> {
        match plan {
            Plan::Pattern(slot) => match self.unifier(*slot) {
                Some(unifier) => match unifier.pattern.shape() {
                    Shape::Expr(wanted) => unifier.expr(wanted, expr, env),
                    Shape::Statements(_) => Vec::new(),
                },
                None => Vec::new(),
            },
            Plan::Regex(regex) => {
                regex.is_match(expr.span.of(self.text)).then_some(env).into_iter().collect()
            }
            Plan::Any(plans) => plans.iter().flat_map(|plan| self.on(plan, expr, env.clone())).collect(),
            // Refused when the rule is read.
            Plan::Inside(_) => Vec::new(),
            Plan::All(all) => {
                let mut envs = vec![env];
                for plan in &all.positive {
                    envs = envs.into_iter().flat_map(|env| self.on(plan, expr, env)).collect();
                }
                envs.retain(|env| all.not.iter().all(|plan| self.on(plan, expr, env.clone()).is_empty()));
                let hits = envs.into_iter().map(|env| Hit {
                    span: expr.span,
                    expr: Some(expr.id),
                    env,
                    inside: false,
                });
                let mut hits: Vec<_> = hits.collect();
                for check in &all.conditions {
                    hits = hits.into_iter().flat_map(|hit| self.check(check, hit)).collect();
                }
                hits.into_iter().map(|hit| hit.env).collect()
            }
        }
    }
}

/// The place of what a metavariable is bound to.
fn focus<'p, 'm>(hit: &Hit<'p, 'm>, name: &str) -> Vec<Hit<'p, 'm>> {
    let Some(bound) = hit.env.get(name) else { return Vec::new() };
    let exprs = bound.exprs();
    if exprs.is_empty() {
        let span = bound.span().unwrap_or(hit.span);
        return vec![Hit { span, expr: None, env: hit.env.clone(), inside: false }];
    }
    let hits =
        exprs.into_iter().map(|(id, span)| Hit { span, expr: Some(id), env: hit.env.clone(), inside: false });
    hits.collect()
}
