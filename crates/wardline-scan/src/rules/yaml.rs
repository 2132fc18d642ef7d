//! Reads the YAML of a rule file into a tree that keeps order and places.
//!
//! Works on the parser's events: a rule that is refused is refused with its line, and a key that is set twice is refused,
//! since which of the two counts would depend on who reads the file. Anchors, aliases and tags are refused: a small file
//! stays a small tree.

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::Refusal;

/// Deepest nesting that is read; the deepest formulas written by people need a third of it.
const MAX_DEPTH: usize = 64;

/// The largest rule file that is read, in bytes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A value with the line on which it begins, from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) value: Value,
}

/// What a value is. Scalars are kept as text with whether they were plain, since only plain ones can be `true` or a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Plain(String),
    Quoted(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Plain(text) | Value::Quoted(text) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The value of a plain `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        match &self.value {
            Value::Plain(text) if text == "true" => Some(true),
            Value::Plain(text) if text == "false" => Some(false),
            _ => None,
        }
    }

    /// The items of a list.
    pub(super) fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub(super) fn map(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of an entry.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.map()?.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }
}

/// Reads one YAML document.
pub(super) fn parse(file: &str, text: &str) -> Result<Node, Refusal> {
    let refuse = |line: u32, reason: String| Refusal { file: file.to_owned(), line, rule: None, reason };
    if text.len() > MAX_BYTES {
        return Err(refuse(1, format!("the file holds {} bytes; at most {MAX_BYTES} are read", text.len())));
    }
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: true,
        emit_comments: false,
    };
    let mut reader = Reader { open: Vec::new(), root: None };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            refuse(number(error.marker().line()), format!("not valid YAML: {}", error.kind()))
        })?;
        let line = number(span.start.line());
        reader.take(event, span).map_err(|reason| refuse(line, reason))?;
    }
    Ok(reader.root.unwrap_or(Node { line: 1, value: Value::Map(Vec::new()) }))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[derive(Default)]
struct Reader {
    /// The lists and maps that have begun but not ended, outermost first.
    open: Vec<Open>,
    root: Option<Node>,
}

enum Open {
    List(u32, Vec<Node>),
    Map(u32, Vec<(String, Node)>, Option<String>),
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        let line = number(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.put(line, text.into_owned(), style == ScalarStyle::Plain)
            }
            Event::SequenceStart(_, anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.begin(Open::List(line, Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.begin(Open::Map(line, Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Err("an alias (`*name`) is not supported: put quotes around a pattern that begins with `*`"
                    .to_owned())
            }
            Event::DocumentStart(..) if self.root.is_some() => Err("a second YAML document".to_owned()),
            // Stream and document boundaries carry nothing.
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), String> {
        if let Some(Open::Map(_, _, None)) = self.open.last() {
            return Err("a list or map stands where a name should".to_owned());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) {
        let node = match self.open.pop() {
            Some(Open::List(line, items)) => Node { line, value: Value::List(items) },
            Some(Open::Map(line, entries, _)) => Node { line, value: Value::Map(entries) },
            None => return,
        };
        self.attach(node);
    }

    /// Takes a scalar: the name of an entry if a map waits for one, a value otherwise.
    fn put(&mut self, line: u32, text: String, is_plain: bool) -> Result<(), String> {
        if let Some(Open::Map(_, entries, name @ None)) = self.open.last_mut() {
            if entries.iter().any(|(known, _)| *known == text) {
                return Err(format!("`{text}` is set twice in the same map"));
            }
            *name = Some(text);
            return Ok(());
        }
        let value = if is_plain { Value::Plain(text) } else { Value::Quoted(text) };
        self.attach(Node { line, value });
        Ok(())
    }

    fn attach(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, name)) => {
                if let Some(name) = name.take() {
                    entries.push((name, node));
                }
            }
            None => self.root = Some(node),
        }
    }
}

fn plain(anchor: usize, tagged: bool) -> Result<(), String> {
    if anchor == 0 && !tagged {
        return Ok(());
    }
    Err("anchors (`&name`) and tags (`!name`) are not supported: put quotes around a value that begins with one".to_owned())
}
