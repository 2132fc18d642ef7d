//! Holes as statements and values.

use std::ops::Range;

use super::{
    Markup,
    holes::{Flavour, Hole, Kind, control_word},
    is_program,
};
use crate::ir::{Argument, Declare, Expr, ExprKind, StmtKind};

impl Markup<'_> {
    /// What a hole between elements is; none when it gives nothing and does nothing.
    pub(super) fn hole(&mut self, hole: &Hole) -> Option<StmtKind> {
        if self.program && is_program(hole, self.text) {
            return None;
        }
        match hole.kind {
            Kind::Value | Kind::Raw(_) => self.value(hole).map(StmtKind::Expr),
            Kind::Control => self.control(hole),
            Kind::Code | Kind::Comment => None,
        }
    }

    /// The value that a hole gives.
    pub(super) fn value(&mut self, hole: &Hole) -> Option<Expr> {
        let inner = self.text.get(hole.inner.clone())?;
        if inner.trim().is_empty() || (self.program && is_program(hole, self.text)) {
            return None;
        }
        let value = match (self.flavour, hole.kind) {
            (Flavour::Template, Kind::Value) => self.filtered(&hole.inner),
            _ => self.code_value(&hole.inner),
        };
        Some(match hole.kind {
            Kind::Raw(function) => self.call(&hole.range, function, value),
            Kind::Value if !self.escaping => self.call(&hole.range, "jinja_safe", value),
            _ => value,
        })
    }

    /// The code of a range; what is not an expression is opaque around the names in it.
    pub(super) fn code_value(&mut self, range: &Range<usize>) -> Expr {
        let text = self.text.get(range.clone()).unwrap_or_default();
        match self.expression(range, text) {
            Some(value) => value,
            None => self.words(range),
        }
    }

    /// The names in a text that is no expression of JavaScript.
    fn words(&mut self, range: &Range<usize>) -> Expr {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let mut parts = Vec::new();
        let mut at = 0;
        for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))) {
            let start = range.start + at;
            at += word.len()
                + text.get(at + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            if word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                parts.extend(self.expression(&(start..start + word.len()), word));
            }
        }
        self.expr(range, ExprKind::Opaque(parts))
    }

    /// `value | filter | filter("argument")`.
    fn filtered(&mut self, range: &Range<usize>) -> Expr {
        let parts = pipes(self.text.get(range.clone()).unwrap_or_default());
        let mut parts = parts.into_iter().map(|part| range.start + part.start..range.start + part.end);
        let first = parts.next().unwrap_or_else(|| range.clone());
        let mut value = self.code_value(&first);
        for part in parts {
            let written =
                self.text.get(part.clone()).unwrap_or_default().trim_matches(['-', ' ', '\n', '\t', '~']);
            let name = written.split(['(', ':', ' ']).next().unwrap_or_default();
            let name = if matches!(name, "safe" | "raw" | "safeseq") { "jinja_safe" } else { name };
            value = self.call(&(first.start..part.end), name, value);
        }
        value
    }

    /// `function(value)`.
    pub(super) fn call(&mut self, range: &Range<usize>, function: &str, value: Expr) -> Expr {
        let name = self.build.name(function);
        let callee = Box::new(self.expr(range, ExprKind::Name(name)));
        let arguments = vec![Argument { name: None, value }];
        self.expr(range, ExprKind::Call { callee, arguments, is_new: false })
    }

    /// `{% … %}`, `{{#…}}`, `{#…}`: what it binds, or the value that it asks for.
    fn control(&mut self, hole: &Hole) -> Option<StmtKind> {
        let inner = self.text.get(hole.inner.clone())?;
        let trimmed = inner.trim_start_matches(['-', '+', '#', ':', '@', '/', ' ', '\n', '\t', '\r']);
        let word = control_word(trimmed);
        let start = hole.inner.end - trimmed.len() + word.len();
        let rest = start..hole.inner.end;
        match word {
            "autoescape" => {
                self.escaping = !matches!(trimmed.split_whitespace().nth(1), Some("false" | "off"));
                None
            }
            "endautoescape" => {
                self.escaping = true;
                None
            }
            "for" => self.each(&rest, " in ", false),
            "each" => self.each(&rest, " as ", true),
            "set" | "assign" | "const" | "with" => self.binding(&rest),
            "if" | "else" | "await" if self.flavour == Flavour::Svelte => {
                let rest_text = self.text.get(rest.clone())?;
                let skip = rest_text.len() - rest_text.trim_start().trim_start_matches("if ").len();
                let test = self.expression(&(rest.start + skip..rest.end), rest_text.get(skip..)?)?;
                Some(StmtKind::Expr(test))
            }
            _ => None,
        }
    }

    /// `name in values`, or with `turned` `values as name`.
    pub(super) fn each(&mut self, range: &Range<usize>, between: &str, turned: bool) -> Option<StmtKind> {
        let text = self.text.get(range.clone())?;
        let at = if turned { text.rfind(between) } else { text.find(between) }?;
        let left = range.start..range.start + at;
        let right = range.start + at + between.len()..range.end;
        let (name, over) = if turned { (right, left) } else { (left, right) };
        let written = self.text.get(name.clone())?;
        let target = written.trim().trim_start_matches("let ").trim_matches(['(', ')', '|', ' ']);
        // `item, index (key)` binds an item; `key, value` of a map binds both.
        let end =
            if turned { target.find([',', ' ']).filter(|_| !target.starts_with(['{', '['])) } else { None };
        let target = target.get(..end.unwrap_or(target.len()))?;
        let start = name.start + written.find(target)?;
        let bound = start..start + target.len();
        let target = match target.contains(',') && !target.starts_with(['{', '[']) {
            true => self.expression(&bound, &format!("[{target}]"))?,
            false => self.expression(&bound, target)?,
        };
        let written = self.text.get(over.clone())?;
        let over = over.start..over.start + written.find(';').unwrap_or(written.len());
        let over = self.filtered(&over);
        Some(StmtKind::ForEach { target, over, keys: false, body: Vec::new(), otherwise: Vec::new() })
    }

    /// `name = value`.
    fn binding(&mut self, range: &Range<usize>) -> Option<StmtKind> {
        let text = self.text.get(range.clone())?;
        let at = text.find('=')?;
        let name = text.get(..at)?;
        let start = range.start + name.len() - name.trim_start().len();
        let target = self.expression(&(start..range.start + at), name.trim())?;
        let value = Some(self.filtered(&(range.start + at + 1..range.end)));
        Some(StmtKind::Declare(Box::new(Declare {
            target,
            declared_type: None,
            value,
            block_scoped: false,
            constant: false,
            decorators: Vec::new(),
        })))
    }
}

/// The parts of a text between `|` that stand in no quotes or brackets and are no `||`.
fn pipes(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    let bytes = text.as_bytes();
    for (at, byte) in text.bytes().enumerate() {
        let doubled = [at.checked_sub(1), at.checked_add(1)]
            .into_iter()
            .flatten()
            .any(|near| bytes.get(near) == Some(&b'|'));
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (None, b'|') if depth == 0 && !doubled => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(start..text.len());
    parts
}
