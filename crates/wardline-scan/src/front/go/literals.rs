//! Texts and numbers.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::children,
    ir::{Expr, ExprKind, Literal},
};

impl<'t> Lower<'t, '_> {
    pub(super) fn literal(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node);
        let literal = match node.kind() {
            "true" | "false" => Literal::Bool(text == "true"),
            "nil" => Literal::Null,
            "interpreted_string_literal" | "raw_string_literal" => Literal::Text(self.string(node).into()),
            "rune_literal" => {
                let inner = text.trim_start_matches('\'');
                let inner = inner.strip_suffix('\'').unwrap_or(inner);
                Literal::Text(if inner.starts_with('\\') { escape(inner) } else { inner.to_owned() }.into())
            }
            _ => number(text),
        };
        self.make(node, ExprKind::Literal(literal))
    }

    /// The text that a literal stands for.
    pub(super) fn string(&self, node: Node<'t>) -> String {
        let parts = children(node).into_iter().map(|part| match part.kind() {
            "escape_sequence" => escape(self.source(part)),
            // A raw text has no carriage returns, whatever the file's lines end with.
            "raw_string_literal_content" => self.source(part).replace('\r', ""),
            _ => self.source(part).to_owned(),
        });
        parts.collect()
    }
}

fn escape(sequence: &str) -> String {
    let rest = sequence.strip_prefix('\\').unwrap_or(sequence);
    let coded = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match rest.chars().next() {
        Some('a') => Some('\u{7}'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('t') => Some('\t'),
        Some('v') => Some('\u{b}'),
        Some('x' | 'u' | 'U') => coded(rest.get(1..).unwrap_or_default(), 16),
        Some('0'..='7') => coded(rest, 8),
        other => other,
    };
    character.map_or_else(|| sequence.to_owned(), String::from)
}

fn number(text: &str) -> Literal {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let coded =
        |prefix: &str, radix| digits.strip_prefix(prefix).map(|rest| i64::from_str_radix(rest, radix));
    let octal = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|c| c.is_ascii_digit());
    let value = coded("0x", 16)
        .or_else(|| coded("0o", 8))
        .or_else(|| coded("0b", 2))
        .or_else(|| octal.then(|| i64::from_str_radix(&digits, 8)))
        .unwrap_or_else(|| digits.parse());
    value.map_or_else(|_| Literal::Number(text.into()), Literal::Integer)
}
