//! Flows as they are told.

use super::{
    Flow,
    interpreter::Interpreter,
    taint::{Mark, Note, Trace},
};
use crate::{
    finding::Step,
    ir::{ExprKind, Stmt, StmtKind},
    role::RuleId,
    span::Span,
};

/// How much of the source text a step quotes, in characters.
const QUOTED: usize = 60;

impl Interpreter<'_> {
    /// Notes a way into a sink, or one of unknown origin. The better proof of one sink and rule is kept.
    pub(super) fn found(&mut self, rule: RuleId, span: Span, mark: Option<&Mark>) {
        let unit = self.here();
        let key = (rule, unit, span);
        let rank = |weak: bool, unknown: bool| (unknown, weak);
        let now = rank(mark.is_some_and(|mark| mark.weak), mark.is_none());
        if let Some(known) = self.open.last().and_then(|record| record.flows.get(&key))
            && rank(known.weak, known.unknown) <= now
        {
            return;
        }
        let mut trace: Vec<_> = mark
            .map(|mark| Trace::steps(&mark.trace))
            .unwrap_or_default()
            .into_iter()
            .map(|step| self.told(step.unit, step.span, &step.note))
            .collect();
        trace.push(Step {
            path: self.path(unit),
            span,
            note: match mark {
                Some(_) => format!("reaches `{}`", self.quoted(unit, span)),
                None => format!("`{}` gets a value of unknown origin", self.quoted(unit, span)),
            },
        });
        let within = self.source(unit).map(|source| within(&source.module.body, span)).unwrap_or_default();
        let (weak, unknown) = (mark.is_some_and(|mark| mark.weak), mark.is_none());
        if let Some(record) = self.open.last_mut() {
            record.flows.insert(key, Flow { rule, unit, span, within, weak, unknown, trace });
        }
    }

    fn path(&self, unit: usize) -> String {
        self.source(unit).map(|source| source.path.clone()).unwrap_or_default()
    }

    fn quoted(&self, unit: usize, span: Span) -> String {
        let text = self.source(unit).map(|source| span.of(&source.text)).unwrap_or_default();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(QUOTED) {
            Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
            None => words,
        }
    }

    fn told(&self, unit: usize, span: Span, note: &Note) -> Step {
        let note = match note {
            Note::Source => format!("`{}` comes from outside", self.quoted(unit, span)),
            Note::Assigned(name) => format!("assigned to `{name}`"),
            Note::Passed(name) => format!("passed to `{name}`"),
            Note::Returned(name) => format!("returned by `{name}`"),
            Note::Built => format!("becomes part of `{}`", self.quoted(unit, span)),
            Note::Stored(name) => format!("stored in `{name}`"),
        };
        Step { path: self.path(unit), span, note }
    }
}

/// The names of the functions and classes around a place, outermost first, with dots between.
pub(crate) fn within(body: &[Stmt], span: Span) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut open: Vec<&Stmt> = body.iter().filter(|statement| statement.span.contains(span)).collect();
    while let Some(statement) = open.pop() {
        let inner: Vec<&Stmt> = match &statement.kind {
            StmtKind::Function(function) => {
                names.extend(function.name.as_ref().map(ToString::to_string));
                function.body.iter().collect()
            }
            StmtKind::Class(class) => {
                names.extend(class.name.as_ref().map(ToString::to_string));
                class.members.iter().collect()
            }
            StmtKind::If { then, otherwise, .. } => then.iter().chain(otherwise).collect(),
            StmtKind::While { body, otherwise, .. } | StmtKind::ForEach { body, otherwise, .. } => {
                body.iter().chain(otherwise).collect()
            }
            StmtKind::For { body, .. } | StmtKind::With { body, .. } => body.iter().collect(),
            StmtKind::Block(body) | StmtKind::Opaque(body) => body.iter().collect(),
            StmtKind::Switch { arms, .. } => arms.iter().flat_map(|arm| &arm.body).collect(),
            StmtKind::Try { body, catches, otherwise, finally } => body
                .iter()
                .chain(catches.iter().flat_map(|catch| &catch.body))
                .chain(otherwise)
                .chain(finally)
                .collect(),
            StmtKind::Declare(declare) => {
                let function = declare.value.as_ref().map(|value| &value.kind);
                match (function, &declare.target.kind) {
                    (Some(ExprKind::Function(function)), ExprKind::Name(name)) => {
                        names.push(name.to_string());
                        function.body.iter().collect()
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        open.extend(inner.into_iter().filter(|statement| statement.span.contains(span)));
    }
    names.join(".")
}
