//! Macros and attributes. Their tokens are no tree of the grammar's; most are arguments all the same, so they are read again
//! as a tuple of expressions, in their place.

use tree_sitter::Node;

use super::{Lowering, named, parse};
use crate::ir::{Argument, Expr, ExprKind, Literal, TemplatePart};

/// Macros whose arguments are a format and its values, with the number of arguments before the format.
const FORMATS: &[(&str, usize)] = &[
    ("format", 0),
    ("format_args", 0),
    ("print", 0),
    ("println", 0),
    ("eprint", 0),
    ("eprintln", 0),
    ("panic", 0),
    ("anyhow", 0),
    ("bail", 0),
    ("write", 1),
    ("writeln", 1),
    ("info", 0),
    ("warn", 0),
    ("error", 0),
    ("debug", 0),
    ("trace", 0),
];

impl Lowering<'_> {
    /// `name!(…)`. A format is a text with its values in it; `format!` is nothing else than that text.
    pub(super) fn macro_call(&mut self, node: Node<'_>) -> Expr {
        let path = node.child_by_field_name("macro").map_or("", |name| self.source(name));
        let last = path.rsplit("::").next().unwrap_or(path);
        let tokens = named(node).into_iter().find(|child| child.kind() == "token_tree");
        let mut values = tokens.map(|tokens| self.tokens(tokens)).unwrap_or_default();
        if let Some((_, before)) = FORMATS.iter().find(|(name, _)| *name == last)
            && values.len() > *before
        {
            let rest = values.split_off(*before);
            let text = self.format(node, rest);
            if matches!(last, "format" | "format_args") {
                return text;
            }
            values.push(text);
        }
        if last == "vec" {
            return self.make(node, ExprKind::List { elements: values, kind: crate::ir::ListKind::List });
        }
        let name = self.build.name(&format!("{}!", path.replace("::", ".")));
        let callee = Box::new(self.make(node, ExprKind::Name(name)));
        let arguments = values.into_iter().map(|value| Argument { name: None, value }).collect();
        self.make(node, ExprKind::Call { callee, arguments, is_new: false })
    }

    /// `#[get("/path")]`: a call of its name, or the name alone.
    pub(super) fn attribute(&mut self, node: Node<'_>) -> Option<Expr> {
        let attribute = named(node).into_iter().find(|child| child.kind() == "attribute")?;
        let name = named(attribute).into_iter().next()?;
        let callee = self.expression(name);
        let Some(tokens) = attribute.child_by_field_name("arguments") else { return Some(callee) };
        let arguments = self.tokens(tokens).into_iter().map(|value| Argument { name: None, value }).collect();
        Some(self.make(attribute, ExprKind::Call { callee: Box::new(callee), arguments, is_new: false }))
    }

    /// The expressions between the brackets of a token tree; none where they are something else.
    fn tokens(&mut self, node: Node<'_>) -> Vec<Expr> {
        self.deeper(node, |lowering| lowering.read_again(node)).unwrap_or_default()
    }

    fn read_again(&mut self, node: Node<'_>) -> Vec<Expr> {
        let Some(inner) =
            self.source(node).get(1..).and_then(|rest| rest.get(..rest.len().saturating_sub(1)))
        else {
            return Vec::new();
        };
        // `(a, b,)` in the place of the brackets, whatever these are: the offsets of the inside stay right.
        let text = format!("({inner},);");
        let Some(tree) = parse(&text) else { return Vec::new() };
        let root = tree.root_node();
        let tuple = named(root).first().and_then(|statement| statement.named_child(0));
        let tuple = tuple.filter(|tuple| tuple.kind() == "tuple_expression" && !root.has_error());
        let Some(tuple) = tuple else { return Vec::new() };
        let start = u32::try_from(node.start_byte()).unwrap_or(u32::MAX);
        let mut nested = Lowering { build: std::mem::take(&mut self.build), text: &text, depth: self.depth };
        let outer = nested.build.offset();
        nested.build.shift(outer.saturating_add(start));
        let values = named(tuple).into_iter().map(|value| nested.expression(value)).collect();
        self.build = nested.build;
        self.build.shift(outer);
        values
    }

    /// A format and its values as one text: `"{} {name}", a, name = b`.
    fn format(&mut self, node: Node<'_>, values: Vec<Expr>) -> Expr {
        let mut values = values.into_iter();
        let format = match values.next() {
            Some(Expr { kind: ExprKind::Literal(Literal::Text(format)), .. }) => format,
            Some(other) => {
                let parts = std::iter::once(other).chain(values).collect();
                return self.make(node, ExprKind::Opaque(parts));
            }
            None => return self.make(node, ExprKind::Opaque(Vec::new())),
        };
        let mut given: Vec<Option<Expr>> = values.map(Some).collect();
        let mut parts = Vec::new();
        let mut next = 0;
        for piece in pieces(&format) {
            match piece {
                Piece::Text(text) => parts.push(TemplatePart::Text(text.into())),
                Piece::Value("") => {
                    parts.extend(given.get_mut(next).and_then(Option::take).map(TemplatePart::Value));
                    next += 1;
                }
                Piece::Value(name) => {
                    parts.push(TemplatePart::Value(self.captured_value(node, name, &mut given)))
                }
            }
        }
        // What is used twice or not at all is still part of what goes in.
        parts.extend(given.into_iter().flatten().map(TemplatePart::Value));
        self.make(node, ExprKind::Template(parts))
    }

    /// `{0}`, `{name}` with `name = value` given, or the variable of that name.
    fn captured_value(&mut self, node: Node<'_>, name: &str, given: &mut [Option<Expr>]) -> Expr {
        let by_number =
            name.parse::<usize>().ok().and_then(|number| given.get_mut(number)).and_then(Option::take);
        let is_named = |value: &Option<Expr>| match value.as_ref().map(|value| &value.kind) {
            Some(ExprKind::Assign { target, .. }) => {
                matches!(&target.kind, ExprKind::Name(target) if &**target == name)
            }
            _ => false,
        };
        let by_name = || given.iter_mut().find(|value| is_named(value)).and_then(Option::take);
        match by_number.or_else(by_name) {
            Some(Expr { kind: ExprKind::Assign { value, .. }, .. }) => *value,
            Some(value) => value,
            None => {
                let name = self.build.name(name);
                self.make(node, ExprKind::Name(name))
            }
        }
    }
}

/// A piece of a format.
enum Piece<'f> {
    Text(String),
    /// What stands before the `:` in braces.
    Value(&'f str),
}

/// The pieces of a format, `{{` and `}}` resolved.
fn pieces(format: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let mut chars = from.chars();
        let brace = chars.next().unwrap_or_default();
        if chars.next() == Some(brace) {
            text.push(brace);
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        let Some(end) = from.find('}').filter(|_| brace == '{') else {
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        let inner = from.get(1..end).unwrap_or_default();
        pieces.push(Piece::Value(inner.split(':').next().unwrap_or_default().trim()));
        rest = from.get(end + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}
