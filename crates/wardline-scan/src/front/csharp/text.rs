//! Texts and numbers.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::children,
    ir::{ExprKind, Literal, TemplatePart},
};

impl<'t> Lower<'t, '_> {
    pub(super) fn literal(&mut self, node: Node<'t>) -> ExprKind {
        let text = self.source(node);
        ExprKind::Literal(match node.kind() {
            "null_literal" => Literal::Null,
            "boolean_literal" => Literal::Bool(text == "true"),
            "string_literal" | "character_literal" => Literal::Text(self.pieces(node).into()),
            "verbatim_string_literal" => {
                let inner = text.trim_start_matches('@').trim_end_matches("u8");
                let inner =
                    inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(inner);
                Literal::Text(inner.replace("\"\"", "\"").into())
            }
            "raw_string_literal" => {
                let content = children(node).into_iter().find(|part| part.kind() == "raw_string_content");
                Literal::Text(content.map_or("", |content| self.source(content)).into())
            }
            _ => number(text),
        })
    }

    fn pieces(&self, node: Node<'t>) -> String {
        let pieces = children(node).into_iter().map(|part| match part.kind() {
            "escape_sequence" => unescape(self.source(part)),
            "string_literal_encoding" => String::new(),
            _ => self.source(part).to_owned(),
        });
        pieces.collect()
    }

    /// `$"a {b} c"`
    pub(super) fn interpolated(&mut self, node: Node<'t>) -> ExprKind {
        let mut parts = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => {
                    let text = self.source(part).replace("{{", "{").replace("}}", "}");
                    parts.push(TemplatePart::Text(text.into()));
                }
                "escape_sequence" => parts.push(TemplatePart::Text(unescape(self.source(part)).into())),
                "interpolation" => {
                    let value = children(part).into_iter().find(|part| part.kind() != "interpolation_brace");
                    parts.push(TemplatePart::Value(self.expr_or(part, value)));
                }
                _ => {}
            }
        }
        if parts.iter().any(|part| matches!(part, TemplatePart::Value(_))) {
            return ExprKind::Template(parts);
        }
        let text: String = parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => text.as_ref(),
                TemplatePart::Value(_) => "",
            })
            .collect();
        ExprKind::Literal(Literal::Text(text.into()))
    }
}

fn number(text: &str) -> Literal {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let plain = digits.trim_end_matches(['u', 'l']);
    let value = match (plain.strip_prefix("0x"), plain.strip_prefix("0b")) {
        (Some(hex), _) => i64::from_str_radix(hex, 16),
        (_, Some(binary)) => i64::from_str_radix(binary, 2),
        _ => plain.parse(),
    };
    value.map_or_else(|_| Literal::Number(text.into()), Literal::Integer)
}

/// What an escape sequence stands for.
fn unescape(escape: &str) -> String {
    let body = escape.get(1..).unwrap_or_default();
    let code = || {
        let digits = body.get(1..).unwrap_or_default();
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
    };
    let character = match body.chars().next() {
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('t') => Some('\t'),
        Some('0') => Some('\0'),
        Some('a') => Some('\u{7}'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('v') => Some('\u{b}'),
        Some('e') => Some('\u{1b}'),
        Some('x' | 'u' | 'U') => code(),
        other => other,
    };
    character.map_or_else(|| escape.to_owned(), String::from)
}
