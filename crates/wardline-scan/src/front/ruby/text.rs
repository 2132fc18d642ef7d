//! Texts, symbols, regular expressions, heredocs.

use std::sync::Arc;

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::children,
    ir::{Expr, ExprKind, ListKind, Literal, TemplatePart},
};

impl<'t> Lower<'t, '_> {
    /// What stands in quotes: text, or text with values in it.
    pub(super) fn quoted(&mut self, node: Node<'t>) -> ExprKind {
        let mut parts = Vec::new();
        self.pieces(node, &mut parts);
        joined(parts)
    }

    /// `'a' "b"`: one text.
    pub(super) fn chained(&mut self, node: Node<'t>) -> ExprKind {
        let mut parts = Vec::new();
        for string in children(node) {
            self.pieces(string, &mut parts);
        }
        joined(parts)
    }

    pub(super) fn heredoc(&mut self, node: Node<'t>) -> ExprKind {
        let Some(body) = self.state.heredocs.get(&node.start_byte()).copied() else {
            return ExprKind::Opaque(Vec::new());
        };
        let mut parts = Vec::new();
        self.pieces(body, &mut parts);
        // The end of the line of the beginning is no part of the text.
        if let Some(TemplatePart::Text(first)) = parts.first_mut()
            && let Some(rest) = first.strip_prefix('\n')
        {
            *first = rest.into();
        }
        let kind = joined(parts);
        if !self.source(node).contains('`') {
            return kind;
        }
        ExprKind::Command(Box::new(self.make(node, kind)))
    }

    fn pieces(&mut self, node: Node<'t>, into: &mut Vec<TemplatePart>) {
        for part in children(node) {
            match part.kind() {
                "string_content" | "heredoc_content" => {
                    into.push(TemplatePart::Text(self.source(part).into()));
                }
                "escape_sequence" => into.push(TemplatePart::Text(unescape(self.source(part)).into())),
                "interpolation" => {
                    let value = self.value_of(part, &children(part));
                    into.push(TemplatePart::Value(value));
                }
                _ => {}
            }
        }
    }

    pub(super) fn regex(&mut self, node: Node<'t>) -> ExprKind {
        if children(node).iter().any(|part| part.kind() == "interpolation") {
            return self.quoted(node);
        }
        let pattern: String = children(node).into_iter().map(|part| self.source(part)).collect();
        ExprKind::Literal(Literal::Regex(pattern.into()))
    }

    /// `%w[a b]`, `%i[a b]`
    pub(super) fn words(&mut self, node: Node<'t>) -> ExprKind {
        let elements: Vec<Expr> = children(node)
            .into_iter()
            .map(|word| {
                let kind = self.quoted(word);
                self.make(word, kind)
            })
            .collect();
        ExprKind::List { elements, kind: ListKind::List }
    }
}

fn joined(mut parts: Vec<TemplatePart>) -> ExprKind {
    if parts.iter().all(|part| matches!(part, TemplatePart::Text(_))) {
        let text: String = parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => text.as_ref(),
                TemplatePart::Value(_) => "",
            })
            .collect();
        return ExprKind::Literal(Literal::Text(Arc::from(text)));
    }
    parts.retain(|part| !matches!(part, TemplatePart::Text(text) if text.is_empty()));
    ExprKind::Template(parts)
}

/// What an escape sequence stands for.
fn unescape(escape: &str) -> String {
    let body = escape.get(1..).unwrap_or_default();
    let code = |digits: &str, radix| {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).map(String::from)
    };
    let short = match body.chars().next() {
        Some('n') => Some("\n".to_owned()),
        Some('r') => Some("\r".to_owned()),
        Some('t') => Some("\t".to_owned()),
        Some('s') => Some(" ".to_owned()),
        Some('e') => Some("\u{1b}".to_owned()),
        Some('\n') => Some(String::new()),
        Some('x') => code(body.get(1..).unwrap_or_default(), 16),
        Some('u') => code(body.trim_start_matches(['u', '{']).trim_end_matches('}'), 16),
        Some('0'..='7') => code(body, 8),
        _ => Some(body.to_owned()),
    };
    short.unwrap_or_else(|| escape.to_owned())
}
