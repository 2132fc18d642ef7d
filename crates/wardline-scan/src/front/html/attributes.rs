//! Elements and their attributes: plain ones, and those that hold code.

use std::ops::Range;

use super::{
    Markup,
    holes::{Flavour, Kind},
    tokens::{RawAttribute, Tag},
};
use crate::{
    front::javascript,
    ir::{
        Attribute, Element, Expr, ExprKind, Function, Literal, Parameter, ParameterKind, Stmt, StmtKind,
        TemplatePart,
    },
};

/// What an attribute holds, by its name.
enum Meaning {
    Plain,
    /// A value of code; with a function's name, it goes unescaped into the page through it.
    Value(Option<&'static str>),
    /// Statements that run on an event.
    Handler,
    /// `item in items`.
    Loop,
    /// Names that it binds, and nothing else.
    Binder,
}

impl Meaning {
    fn of(name: &str, flavour: Flavour) -> Self {
        let lower = name.to_ascii_lowercase();
        let raw = match lower.as_str() {
            "v-html" | ":innerhtml" | "v-bind:innerhtml" | ":inner-html" | ":innerhtml.prop" => {
                Some("vue_html")
            }
            "[innerhtml]" | "[outerhtml]" | "bind-innerhtml" | "ng-bind-html" | "[srcdoc]" => {
                Some("angular_html")
            }
            "x-html" => Some("alpine_html"),
            "set:html" => Some("astro_html"),
            _ => None,
        };
        let begins = |marks: &[&str]| marks.iter().any(|mark| lower.starts_with(mark));
        if raw.is_some() {
            return Self::Value(raw);
        }
        if matches!(lower.as_str(), "v-for" | "x-for" | "*ngfor") {
            return Self::Loop;
        }
        if begins(&[
            "v-slot",
            "#",
            "slot-scope",
            "v-else",
            "v-pre",
            "v-cloak",
            "v-once",
            "x-transition",
            "x-cloak",
            "x-ref",
            "x-teleport",
        ]) || lower.contains("v-else") && !lower.ends_with("-if")
        {
            return Self::Binder;
        }
        let event = lower.len() > 2
            && lower.starts_with("on")
            && lower.as_bytes().iter().all(u8::is_ascii_alphanumeric);
        if begins(&["@", "v-on:", "x-on:", "(", "x-init", "x-data", "x-effect"]) || event {
            return Self::Handler;
        }
        let bound =
            begins(&[":", "v-", "x-", "["]) && flavour != Flavour::Svelte && flavour != Flavour::Astro;
        if bound && !begins(&["x-webkit", "x-small"]) { Self::Value(None) } else { Self::Plain }
    }
}

impl Markup<'_> {
    /// Adds an element.
    pub(super) fn element(&mut self, tag: &Tag) {
        let mut attributes = Vec::with_capacity(tag.attributes.len());
        for raw in &tag.attributes {
            if let Some(attribute) = self.attribute(raw) {
                attributes.push(attribute);
            }
        }
        let name = self.build.name(self.masked(&tag.name));
        let element = Element { tag: name, attributes, children: Vec::new() };
        let element = self.expr(&tag.range, ExprKind::Element(Box::new(element)));
        self.push(&tag.range, StmtKind::Expr(element));
    }

    fn attribute(&mut self, raw: &RawAttribute) -> Option<Attribute> {
        let span = Self::span(&raw.range);
        let in_name = self.holes_in(&raw.name);
        if let Some(hole) = in_name.first() {
            // `{...props}`, `{shorthand}`, or an engine's value where attributes stand.
            let value = match hole.kind {
                Kind::Value | Kind::Raw(_) => self.attribute_hole(raw)?,
                _ => return None,
            };
            return Some(Attribute { name: None, value: Some(value), span });
        }
        let written = self.masked(&raw.name);
        let name = Some(self.build.name(written));
        let Some(range) = raw.value.clone() else { return Some(Attribute { name, value: None, span }) };
        let meaning = Meaning::of(written, self.flavour);
        let has_holes = !self.holes_in(&range).is_empty();
        let value = match meaning {
            Meaning::Plain => self.plain(&range),
            Meaning::Value(function) if !has_holes => {
                let value = self.bound(&range);
                match function {
                    Some(function) => self.call(&raw.range, function, value),
                    None => value,
                }
            }
            Meaning::Value(Some(function)) => {
                let value = self.plain(&range);
                self.call(&raw.range, function, value)
            }
            Meaning::Handler => self.handler(&range),
            Meaning::Loop => {
                let looped = self.each(&range, " in ", false).or_else(|| self.each(&range, " of ", false));
                if let Some(kind) = looped {
                    self.push(&raw.range, kind);
                }
                self.plain(&range)
            }
            Meaning::Value(None) | Meaning::Binder => self.plain(&range),
        };
        Some(Attribute { name, value: Some(value), span })
    }

    fn attribute_hole(&mut self, raw: &RawAttribute) -> Option<Expr> {
        let hole = self.holes_in(&raw.name).first()?;
        let inner = self.text.get(hole.inner.clone())?.trim();
        if let Some(spread) = inner.strip_prefix("...") {
            let start = hole.inner.end.saturating_sub(spread.len());
            let value = self.expression(&(start..hole.inner.end), spread)?;
            return Some(self.expr(&hole.range, ExprKind::Spread(Box::new(value))));
        }
        self.value(hole)
    }

    /// A text with the engine's values in it.
    fn plain(&mut self, range: &Range<usize>) -> Expr {
        let mut parts = Vec::new();
        let mut at = range.start;
        for hole in self.holes_in(range) {
            self.text_part(at..hole.range.start, &mut parts);
            if matches!(hole.kind, Kind::Value | Kind::Raw(_)) {
                parts.extend(self.value(hole).map(TemplatePart::Value));
            }
            at = hole.range.end;
        }
        self.text_part(at..range.end, &mut parts);
        if matches!(parts.as_slice(), [TemplatePart::Value(_)])
            && let Some(TemplatePart::Value(only)) = parts.pop()
        {
            return only;
        }
        match parts.as_slice() {
            [TemplatePart::Text(_)] | [] => {
                if !self.holes_in(range).is_empty() {
                    return self.expr(range, ExprKind::Opaque(Vec::new()));
                }
                let text = self.text.get(range.clone()).unwrap_or_default();
                if is_script_address(&code(text)) {
                    return self.handler(range);
                }
                self.expr(range, ExprKind::Literal(Literal::Text(references(text).into())))
            }
            _ => self.expr(range, ExprKind::Template(parts)),
        }
    }

    fn text_part(&self, range: Range<usize>, parts: &mut Vec<TemplatePart>) {
        let text = self.text.get(range).unwrap_or_default();
        if !text.is_empty() {
            parts.push(TemplatePart::Text(references(text).into()));
        }
    }

    /// The value of a bound attribute.
    fn bound(&mut self, range: &Range<usize>) -> Expr {
        let text = code(self.masked(range));
        if text.trim().is_empty() {
            return self.expr(range, ExprKind::Literal(Literal::Null));
        }
        match self.expression(range, &text) {
            Some(value) => value,
            None => self.code_value(range),
        }
    }

    /// Statements that run on an event: a function of it.
    fn handler(&mut self, range: &Range<usize>) -> Expr {
        let text = code(self.masked(range));
        let skip = if is_script_address(&text) { text.find(':').map_or(0, |colon| colon + 1) } else { 0 };
        let start = range.start + skip;
        self.build.shift(u32::try_from(start).unwrap_or(u32::MAX));
        let body = match javascript::expression(
            &mut self.build,
            self.language,
            text.get(skip..).unwrap_or_default(),
        ) {
            Some(value) => vec![Stmt { span: value.span, kind: StmtKind::Expr(value) }],
            None => {
                javascript::statements(&mut self.build, self.language, text.get(skip..).unwrap_or_default())
            }
        };
        self.build.shift(0);
        self.handler_function(range, body)
    }

    fn handler_function(&mut self, range: &Range<usize>, body: Vec<Stmt>) -> Expr {
        let event = if self.flavour == Flavour::Vue { "$event" } else { "event" };
        let event = self.build.name(event);
        let target = self.expr(range, ExprKind::Name(event));
        let parameter = Parameter {
            target,
            declared_type: None,
            default: None,
            kind: ParameterKind::Plain,
            decorators: Vec::new(),
        };
        let function = Function {
            id: self.build.function(),
            name: None,
            parameters: vec![parameter],
            returns: None,
            decorators: Vec::new(),
            body,
            is_async: false,
            is_generator: false,
            is_static: false,
            span: Self::span(range),
        };
        self.expr(range, ExprKind::Function(Box::new(function)))
    }
}

/// Whether an address runs a script: browsers pass over blanks and control characters in the scheme.
fn is_script_address(text: &str) -> bool {
    let mut characters = text.chars().filter(|c| !c.is_ascii_control() && *c != ' ');
    "javascript:".chars().all(|wanted| characters.next().is_some_and(|c| c.eq_ignore_ascii_case(&wanted)))
}

/// The text with its references (`&amp;`) resolved.
fn references(text: &str) -> String {
    replace_references(text, javascript::reference)
}

/// Code in an attribute: references are resolved and filled up with blanks, so that every place stays true.
fn code(text: &str) -> String {
    let text = text.replace("&amp;&amp;", "&&        ");
    replace_references(&text, |written| {
        let resolved = javascript::reference(written);
        let blanks = written.len().saturating_sub(resolved.len());
        resolved + &" ".repeat(blanks)
    })
}

fn replace_references(text: &str, replaced: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end =
            from.find(';').filter(|end| *end <= 32 && !from.get(..*end).unwrap_or_default().contains(' '));
        let end = end.map_or(1, |end| end + 1);
        let (reference, after) = from.split_at(end);
        if end == 1 {
            out.push_str(reference);
        } else {
            out.push_str(&replaced(reference));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
