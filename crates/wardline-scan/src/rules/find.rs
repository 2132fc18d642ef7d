//! Finds where the patterns of one language fit in one module: one walk, in which each expression is shown only to the
//! patterns that end with its name.

use std::{cell::RefCell, rc::Rc};

use super::{
    env::Env,
    names::Names,
    pattern::{self, Mark, Pattern, Shape},
    plan::Slots,
    references::Made,
    text::Words,
    unify::{Unifier, Work},
    walk::{self, Node},
};
use crate::{
    hash::HashMap,
    ir::{Expr, ExprId, ExprKind, Function, Module, Name, Stmt, StmtKind},
    span::Span,
};

/// A place where something fits.
#[derive(Debug, Clone)]
pub(super) struct Hit<'p, 'm> {
    pub(super) span: Span,
    /// The expression, or the value of the statement.
    pub(super) expr: Option<ExprId>,
    pub(super) env: Env<'p, 'm>,
    /// Whether it only says where others must be.
    pub(super) inside: bool,
}

pub(super) type Hits<'p, 'm> = Rc<Vec<Hit<'p, 'm>>>;

/// The patterns of a language on one module.
pub(super) struct Found<'c, 'm> {
    pub(super) module: &'m Module,
    pub(super) text: &'m str,
    pub(super) work: Work<'m>,
    slots: &'c Slots,
    /// The patterns that may fit.
    active: Vec<Option<&'c Pattern>>,
    hits: RefCell<Vec<Option<Hits<'c, 'm>>>>,
    blocks: Vec<&'m [Stmt]>,
    functions: Vec<&'m Function>,
    /// Where the expressions begin by which lists of statements are found, in order.
    begins: HashMap<Anchor<'c>, Vec<u32>>,
}

/// What is done about expressions of one anchor.
#[derive(Default)]
struct Wanted {
    /// The patterns that they are shown to.
    slots: Vec<usize>,
    /// Where they begin, if that is asked for.
    begins: Option<RefCell<Vec<u32>>>,
}

/// What patterns and expressions are brought together by: a kind, and the last name in it or nothing.
type Anchor<'t> = (u8, &'t str);

const CALL: u8 = 100;
const NAME: u8 = 101;
const INDEX: u8 = 102;
const ASSIGN: u8 = 103;

impl<'c, 'm> Found<'c, 'm> {
    /// Looks for everything that has an anchor; the rest is looked for when it is asked for. Nothing when no pattern can
    /// fit.
    pub(super) fn new(
        slots: &'c Slots,
        names: Names<'m>,
        text: &'m str,
        computed: &'m [Name],
        made: &'m [Made],
    ) -> Option<Self> {
        let module = names.module();
        let mut words = Words::of(module.language, text);
        computed.iter().for_each(|name| words.spell(name));
        let active: Vec<Option<&'c Pattern>> = slots
            .all
            .iter()
            .map(|slot| words.have(&slot.needed).then(|| slot.pattern(module.language)).flatten())
            .collect();
        if active.iter().all(Option::is_none) {
            return None;
        }
        let mut found = Self {
            module,
            text,
            work: Work::new(names),
            slots,
            hits: RefCell::new(vec![None; active.len()]),
            active,
            blocks: Vec::new(),
            functions: Vec::new(),
            begins: HashMap::default(),
        };
        found.walk(made);
        Some(found)
    }

    /// The pattern of a slot, if it may fit.
    pub(super) fn pattern(&self, slot: usize) -> Option<&'c Pattern> {
        self.active.get(slot).copied().flatten()
    }

    /// Unifies the pattern of a slot.
    pub(super) fn unifier(&self, slot: usize) -> Option<Unifier<'_, 'c, 'm>> {
        let globals = self.slots.all.get(slot).is_some_and(|slot| slot.globals);
        Some(Unifier { pattern: self.pattern(slot)?, work: &self.work, globals })
    }

    /// Where the pattern of a slot fits.
    pub(super) fn hits(&self, slot: usize) -> Hits<'c, 'm> {
        if let Some(Some(known)) = self.hits.borrow().get(slot) {
            return known.clone();
        }
        let hits = Rc::new(self.look(slot));
        if let Some(known) = self.hits.borrow_mut().get_mut(slot) {
            *known = Some(hits.clone());
        }
        hits
    }

    fn walk(&mut self, made: &'m [Made]) {
        let mut by_anchor: HashMap<Anchor<'c>, Wanted> = HashMap::default();
        let mut hits: Vec<Option<Vec<Hit<'c, 'm>>>> = vec![None; self.active.len()];
        for (slot, pattern) in self.active.iter().enumerate() {
            let Some(pattern) = pattern else { continue };
            if let Some(anchor) = anchor(pattern) {
                by_anchor.entry(anchor).or_default().slots.push(slot);
                if let Some(hits) = hits.get_mut(slot) {
                    *hits = Some(Vec::new());
                }
            } else if let Some(anchor) = first_anchor(pattern) {
                by_anchor.entry(anchor).or_default().begins = Some(RefCell::default());
            }
        }
        let (mut blocks, mut functions) = (Vec::new(), Vec::new());
        let mut anchors = Vec::new();
        let mut expression = |expr: &'m Expr, hits: &mut [_]| {
            anchors.clear();
            self.anchors(expr, &mut anchors);
            for anchor in &anchors {
                let Some(wanted) = by_anchor.get(anchor) else { continue };
                wanted.begins.iter().for_each(|begins| begins.borrow_mut().push(expr.span.start));
                for slot in &wanted.slots {
                    self.fit(*slot, expr, hits);
                }
            }
        };
        walk::block(&self.module.body, &mut |node| match node {
            Node::Expr(expr) => expression(expr, &mut hits),
            Node::Block(stmts) => {
                blocks.push(stmts);
                let assigned = by_anchor.get(&(ASSIGN, "")).map_or(&[][..], |wanted| &wanted.slots);
                self.declarations(stmts, assigned, &mut hits);
            }
            Node::Function(function) => functions.push(function),
            Node::Imports(_) => {}
        });
        made.iter().for_each(|made| expression(&made.call, &mut hits));
        let begins =
            by_anchor.into_iter().filter_map(|(anchor, wanted)| Some((anchor, wanted.begins?.into_inner())));
        self.begins = begins.collect();
        self.begins.values_mut().for_each(|begins| begins.sort_unstable());
        self.blocks = blocks;
        self.functions = functions;
        let known = hits.into_iter().map(|hits| hits.map(Rc::new)).collect();
        self.hits = RefCell::new(known);
    }

    fn fit(&self, slot: usize, expr: &'m Expr, hits: &mut [Option<Vec<Hit<'c, 'm>>>]) {
        let Some(unifier) = self.unifier(slot) else { return };
        let Shape::Expr(wanted) = unifier.pattern.shape() else { return };
        let ways = unifier.expr(wanted, expr, Env::default());
        if let Some(Some(hits)) = hits.get_mut(slot) {
            // One expression can have two anchors of one pattern.
            if hits.last().is_some_and(|hit| hit.expr == Some(expr.id)) {
                return;
            }
            hits.extend(ways.into_iter().map(|env| Hit {
                span: expr.span,
                expr: Some(expr.id),
                env,
                inside: false,
            }));
        }
    }

    /// `const x = v` fits `$X = $V`.
    fn declarations(&self, stmts: &'m [Stmt], slots: &[usize], hits: &mut [Option<Vec<Hit<'c, 'm>>>]) {
        for stmt in stmts.iter().filter(|_| !slots.is_empty()) {
            let StmtKind::Declare(declare) = &stmt.kind else { continue };
            for slot in slots {
                let Some(unifier) = self.unifier(*slot) else { continue };
                let Shape::Expr(Expr { kind: ExprKind::Assign { target, operator: None, value }, .. }) =
                    unifier.pattern.shape()
                else {
                    continue;
                };
                let ways = unifier.assigned(target, value, declare, Env::default());
                let expr = declare.value.as_ref().map(|value| value.id);
                if let Some(Some(hits)) = hits.get_mut(*slot) {
                    hits.extend(ways.into_iter().map(|env| Hit {
                        span: stmt.span,
                        expr,
                        env,
                        inside: false,
                    }));
                }
            }
        }
    }

    /// What an expression is found by.
    fn anchors(&self, expr: &'m Expr, anchors: &mut Vec<Anchor<'m>>) {
        let names = &self.work.names;
        match &expr.kind {
            ExprKind::Call { callee, .. } => {
                anchors.push((CALL, ""));
                names.last_names(callee, &mut |name| anchors.push((CALL, name)));
                names.last_names(expr, &mut |name| anchors.push((NAME, name)));
            }
            ExprKind::Name(_) => names.last_names(expr, &mut |name| anchors.push((NAME, name))),
            ExprKind::Member { .. } => {
                anchors.push((NAME, ""));
                names.last_names(expr, &mut |name| anchors.push((NAME, name)));
            }
            ExprKind::Index { object, .. } => {
                anchors.push((INDEX, ""));
                names.last_names(object, &mut |name| anchors.push((INDEX, name)));
                names.last_names(expr, &mut |name| anchors.push((NAME, name)));
            }
            ExprKind::Assign { target, .. } => {
                anchors.push((ASSIGN, ""));
                if let Some((_, name)) = names.member(target) {
                    anchors.push((ASSIGN, name));
                }
            }
            other => anchors.push((kind(other), "")),
        }
    }

    /// Looks for a pattern that has no anchor.
    fn look(&self, slot: usize) -> Vec<Hit<'c, 'm>> {
        let mut hits = Vec::new();
        let Some(unifier) = self.unifier(slot) else { return hits };
        match unifier.pattern.shape() {
            Shape::Expr(wanted) => walk::block(&self.module.body, &mut |node| {
                if let Node::Expr(expr) = node {
                    let ways = unifier.expr(wanted, expr, Env::default());
                    hits.extend(ways.into_iter().map(|env| Hit {
                        span: expr.span,
                        expr: Some(expr.id),
                        env,
                        inside: false,
                    }));
                }
            }),
            Shape::Statements([Stmt { kind: StmtKind::Function(wanted), .. }]) => {
                for function in &self.functions {
                    let ways = unifier.function(wanted, function, Env::default());
                    hits.extend(ways.into_iter().map(|env| Hit {
                        span: function.span,
                        expr: None,
                        env,
                        inside: false,
                    }));
                }
            }
            Shape::Statements(wanted) => self.sequences(&unifier, wanted, &mut hits),
        }
        hits
    }

    fn sequences(&self, unifier: &Unifier<'_, 'c, 'm>, wanted: &'c [Stmt], hits: &mut Vec<Hit<'c, 'm>>) {
        let leading = wanted.iter().take_while(|stmt| unifier.pattern.is_ellipsis(stmt)).count();
        let wanted = wanted.get(leading..).unwrap_or_default();
        let begins = first_anchor(unifier.pattern).and_then(|anchor| self.begins.get(&anchor));
        for block in &self.blocks {
            for start in 0..block.len() {
                let Some(rest) = block.get(start..) else { break };
                let Some(first) = rest.first() else { break };
                if begins.is_some_and(|begins| !begins_in(begins, first.span)) {
                    continue;
                }
                for (env, end) in unifier.sequence(wanted, rest, Env::default(), first.span.end, false) {
                    let expr = if wanted.len() == 1 { value(first) } else { None };
                    hits.push(Hit { span: Span::new(first.span.start, end), expr, env, inside: false });
                }
            }
        }
    }
}

/// The value of a simple statement.
fn value(stmt: &Stmt) -> Option<ExprId> {
    match &stmt.kind {
        StmtKind::Expr(value) | StmtKind::Return(Some(value)) | StmtKind::Throw(Some(value)) => {
            Some(value.id)
        }
        StmtKind::Declare(declare) => declare.value.as_ref().map(|value| value.id),
        _ => None,
    }
}

/// Whether one of these places is in a range.
fn begins_in(begins: &[u32], span: Span) -> bool {
    let from = begins.partition_point(|begin| *begin < span.start);
    begins.get(from).is_some_and(|begin| *begin <= span.end)
}

/// What a pattern is found by; nothing when it is looked for everywhere, on demand.
fn anchor(pattern: &Pattern) -> Option<Anchor<'_>> {
    let Shape::Expr(expr) = pattern.shape() else { return None };
    anchor_of(pattern, expr)
}

/// What the first statement of a pattern of statements has in it; nothing when that is no expression that is found by something.
fn first_anchor(pattern: &Pattern) -> Option<Anchor<'_>> {
    let Shape::Statements(stmts) = pattern.shape() else { return None };
    let first = stmts.iter().find(|stmt| !pattern.is_ellipsis(stmt))?;
    let StmtKind::Expr(expr) = &first.kind else { return None };
    match &expr.kind {
        // A declaration fits an assignment too, and has its value.
        ExprKind::Assign { operator: None, value, .. } if *pattern.mark(expr) == Mark::Plain => {
            anchor_of(pattern, value)
        }
        _ => anchor_of(pattern, expr),
    }
}

fn anchor_of<'p>(pattern: &'p Pattern, expr: &'p Expr) -> Option<Anchor<'p>> {
    if *pattern.mark(expr) != Mark::Plain {
        return None;
    }
    if let Some(last) = pattern.path(expr.id).and_then(<[_]>::last) {
        return Some((NAME, last));
    }
    Some(match &expr.kind {
        ExprKind::Call { callee, .. } => (CALL, last_name(pattern, callee)),
        ExprKind::Member { .. } => (NAME, last_name(pattern, expr)),
        ExprKind::Index { object, .. } => (INDEX, last_name(pattern, object)),
        ExprKind::Assign { target, operator: None, .. } => match &target.kind {
            ExprKind::Member { .. } => (ASSIGN, last_name(pattern, target)),
            _ => (ASSIGN, ""),
        },
        ExprKind::Assign { .. } => (ASSIGN, ""),
        // A constant is also found behind a name.
        ExprKind::Literal(_) => return None,
        other => (kind(other), ""),
    })
}

fn last_name<'p>(pattern: &'p Pattern, expr: &'p Expr) -> &'p str {
    if let Some(last) = pattern.path(expr.id).and_then(<[_]>::last) {
        return last;
    }
    match &expr.kind {
        ExprKind::Member { name, .. } if !name.starts_with("__wl_") => name,
        _ => "",
    }
}

/// A number for each kind of expression; those that have no name to go by.
fn kind(kind: &ExprKind) -> u8 {
    use ExprKind as K;
    match kind {
        K::Literal(_) => 1,
        K::Binary { operator, .. } => 2 + pattern::operator_number(*operator),
        K::Unary { .. } => 50,
        K::Conditional { .. } => 51,
        K::Template(_) => 52,
        K::Tagged { .. } => 53,
        K::List { .. } => 54,
        K::Map(_) => 55,
        K::Function(_) => 56,
        K::Class(_) => 57,
        K::Comprehension { .. } => 58,
        K::Await(_) => 59,
        K::Yield(_) => 60,
        K::Spread(_) => 61,
        K::Cast { .. } => 62,
        K::Element(_) => 63,
        K::Command(_) => 64,
        K::Slice(_) => 65,
        K::Opaque(_) => 66,
        K::Call { .. } => CALL,
        K::Name(_) | K::Member { .. } => NAME,
        K::Index { .. } => INDEX,
        K::Assign { .. } => ASSIGN,
    }
}
