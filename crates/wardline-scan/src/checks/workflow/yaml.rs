//! Reads a workflow's YAML into a tree with places. Anchors and aliases are followed, up to a limit on what they make.

use std::collections::HashMap;

use granit_parser::{Event, Parser};

use crate::span::Span;

const MAX_DEPTH: usize = 64;
/// Nodes of one file, those that aliases make counted: a few bytes could make billions.
const MAX_NODES: usize = 200_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Scalar(text) = &self.value { Some(text) } else { None }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// The entries of a map.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The value of an entry.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar(_) => 0,
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.size()).sum(),
        }
    }
}

enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

struct Reader {
    open: Vec<(usize, Span, Open)>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
}

/// Reads the first document of a text.
pub(super) fn parse(text: &str) -> Result<Node, (Span, String)> {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_comments: false,
    };
    let mut reader = Reader { open: Vec::new(), anchors: HashMap::new(), root: None, nodes: 0 };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, place) = event.map_err(|error| {
            let at = number(error.marker().byte_offset().unwrap_or(0));
            (Span::new(at, at), format!("not valid YAML: {}", error.kind()))
        })?;
        let range = place.byte_range().unwrap_or(0..0);
        let span = Span::new(number(range.start), number(range.end));
        match event {
            Event::Scalar(value, _, anchor, _) => reader.scalar(span, value.into_owned(), anchor),
            Event::SequenceStart(_, anchor, _) => reader.open.push((anchor, span, Open::List(Vec::new()))),
            Event::MappingStart(_, anchor, _) => {
                reader.open.push((anchor, span, Open::Map(Vec::new(), None)))
            }
            Event::SequenceEnd | Event::MappingEnd => reader.end(span),
            Event::Alias(anchor) => reader.alias(anchor, span),
            _ => {}
        }
        if reader.nodes > MAX_NODES {
            return Err((span, "more values than are read".to_owned()));
        }
    }
    Ok(reader.root.unwrap_or_else(|| Node { span: Span::default(), value: Value::Map(Vec::new()) }))
}

impl Reader {
    fn scalar(&mut self, span: Span, text: String, anchor: usize) {
        if let Some((_, _, Open::Map(_, name @ None))) = self.open.last_mut() {
            *name = Some(text);
            return;
        }
        self.attach(Node { span, value: Value::Scalar(text) }, anchor);
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let node =
            self.anchors.get(&anchor).cloned().unwrap_or(Node { span, value: Value::Scalar(String::new()) });
        self.nodes += node.size();
        if self.nodes > MAX_NODES {
            return;
        }
        if let Some((_, _, Open::Map(_, name @ None))) = self.open.last_mut() {
            *name = Some(node.text().unwrap_or_default().to_owned());
            return;
        }
        self.attach(node, 0);
    }

    fn end(&mut self, end: Span) {
        let Some((anchor, start, open)) = self.open.pop() else { return };
        let value = match open {
            Open::List(items) => Value::List(items),
            Open::Map(entries, _) => Value::Map(entries),
        };
        self.attach(Node { span: Span::new(start.start, end.start.max(start.end)), value }, anchor);
    }

    fn attach(&mut self, node: Node, anchor: usize) {
        self.nodes += 1;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some((_, _, Open::List(items))) => items.push(node),
            Some((_, _, Open::Map(entries, name))) => {
                // `<<` takes the entries of another map in; a name that is there stays.
                match (name.take(), node.value) {
                    (Some(name), Value::Map(more)) if name == "<<" => entries.extend(more),
                    (Some(name), value) => entries.push((name, Node { span: node.span, value })),
                    (None, _) => {}
                }
            }
            None => drop(self.root.get_or_insert(node)),
        }
    }
}
