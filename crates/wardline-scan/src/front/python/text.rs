//! String literals: prefixes, escapes, f-strings, implicit concatenation.

use std::sync::Arc;

use tree_sitter::Node;

use super::{Lowering, named};
use crate::ir::{Expr, ExprKind, Literal, TemplatePart};

/// What the letters before the quotes say.
#[derive(Clone, Copy)]
struct Prefix {
    raw: bool,
    bytes: bool,
    format: bool,
}

impl Prefix {
    fn of(start: &str) -> Self {
        let has = |letter: char| start.chars().any(|c| c.eq_ignore_ascii_case(&letter));
        Self { raw: has('r'), bytes: has('b'), format: has('f') || has('t') }
    }
}

impl Lowering<'_> {
    /// A `string` or `concatenated_string`.
    pub(super) fn string(&mut self, node: Node<'_>) -> Expr {
        let strings = if node.kind() == "concatenated_string" { named(node) } else { vec![node] };
        let mut parts = Vec::new();
        let mut is_bytes = false;
        for string in strings.into_iter().filter(|part| part.kind() == "string") {
            let mut cursor = string.walk();
            let children: Vec<_> = string.children(&mut cursor).collect();
            let start = children.first().map_or("", |first| self.source(*first));
            let prefix = Prefix::of(start);
            is_bytes |= prefix.bytes;
            for child in children {
                match child.kind() {
                    "string_content" => {
                        parts.push(TemplatePart::Text(decode(self.source(child), prefix).into()))
                    }
                    "interpolation" => self.interpolation(child, &mut parts),
                    _ => {}
                }
            }
        }
        let parts = joined(parts);
        let kind = match parts.as_slice() {
            [] if is_bytes => ExprKind::Literal(Literal::Bytes("".into())),
            [] => ExprKind::Literal(Literal::Text("".into())),
            [TemplatePart::Text(text)] if is_bytes => ExprKind::Literal(Literal::Bytes(text.clone())),
            [TemplatePart::Text(text)] => ExprKind::Literal(Literal::Text(text.clone())),
            _ => ExprKind::Template(parts),
        };
        self.make(node, kind)
    }

    /// `{value!r:>{width}}`. A value that is converted or formatted stands in an opaque expression with the values of its
    /// format, because the text that comes out is not its own.
    fn interpolation(&mut self, node: Node<'_>, parts: &mut Vec<TemplatePart>) {
        let Some(value) = node.child_by_field_name("expression") else { return };
        let mut cursor = node.walk();
        if node.children(&mut cursor).any(|child| child.kind() == "=") {
            let shown = format!("{}=", self.source(value));
            parts.push(TemplatePart::Text(shown.into()));
        }
        let mut values = vec![self.expression(value)];
        let converted = node.child_by_field_name("type_conversion").is_some();
        let specifier = node.child_by_field_name("format_specifier");
        if let Some(specifier) = specifier {
            for nested in named(specifier) {
                if let Some(inner) = nested.child_by_field_name("expression") {
                    values.push(self.expression(inner));
                }
            }
        }
        let value = match values.pop() {
            Some(only) if values.is_empty() && !converted && specifier.is_none() => only,
            Some(last) => {
                values.push(last);
                self.make(node, ExprKind::Opaque(values))
            }
            None => return,
        };
        parts.push(TemplatePart::Value(value));
    }
}

/// Texts side by side as one.
fn joined(parts: Vec<TemplatePart>) -> Vec<TemplatePart> {
    let mut result = Vec::new();
    let mut text = String::new();
    for part in parts {
        match part {
            TemplatePart::Text(more) => text.push_str(&more),
            value @ TemplatePart::Value(_) => {
                if !text.is_empty() {
                    result.push(TemplatePart::Text(Arc::from(std::mem::take(&mut text))));
                }
                result.push(value);
            }
        }
    }
    if !text.is_empty() {
        result.push(TemplatePart::Text(text.into()));
    }
    result
}

/// The text that the source of a literal stands for.
fn decode(source: &str, prefix: Prefix) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if !prefix.raw => escape(&mut rest, &mut text, prefix.bytes),
            '{' | '}' if prefix.format => {
                if !rest.as_str().starts_with(c) {
                    text.push(c);
                }
            }
            '\r' if rest.as_str().starts_with('\n') => {}
            c => text.push(c),
        }
    }
    text
}

/// One escape, from after its backslash. What is no escape stays as written, backslash included.
fn escape(rest: &mut std::str::Chars<'_>, text: &mut String, bytes: bool) {
    let Some(c) = rest.next() else { return text.push('\\') };
    let simple = match c {
        '\n' => return,
        '\r' => {
            if rest.as_str().starts_with('\n') {
                rest.next();
            }
            return;
        }
        '\\' | '\'' | '"' => Some(c),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        _ => None,
    };
    if let Some(simple) = simple {
        return text.push(simple);
    }
    let number = match c {
        'x' => digits(rest, 16, 2, 2),
        'u' if !bytes => digits(rest, 16, 4, 4),
        'U' if !bytes => digits(rest, 16, 8, 8),
        '0'..='7' => {
            let mut with_first = rest.clone();
            let more = digits(&mut with_first, 8, 0, 2);
            let first = c.to_digit(8).unwrap_or(0);
            let used = rest.as_str().len().saturating_sub(with_first.as_str().len());
            *rest = with_first;
            let shift = 8_u32.saturating_pow(u32::try_from(used).unwrap_or(0));
            more.map(|more| first.saturating_mul(shift).saturating_add(more))
        }
        'N' if !bytes && rest.as_str().starts_with('{') => {
            // Names of characters are not known here; one unknown character stands for it.
            let name = rest.by_ref().take_while(|c| *c != '}').count();
            (name > 0).then_some(0xFFFD)
        }
        _ => None,
    };
    match number {
        Some(number) => text.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)),
        None => text.extend(['\\', c]),
    }
}

/// A number of `least` to `most` digits; nothing is taken where there are fewer.
fn digits(rest: &mut std::str::Chars<'_>, base: u32, least: usize, most: usize) -> Option<u32> {
    let mut ahead = rest.clone();
    let mut number = 0_u32;
    let mut taken = 0;
    while taken < most
        && let Some(digit) = ahead.clone().next().and_then(|c| c.to_digit(base))
    {
        number = number.saturating_mul(base).saturating_add(digit);
        ahead.next();
        taken += 1;
    }
    if taken < least {
        return None;
    }
    *rest = ahead;
    Some(number)
}
