//! Reads the YAML of an agent file into the neutral tree.
//!
//! Works on the parser's events rather than through serde: rules need their order, their lines, and to see a
//! key that is set twice. Anchors, aliases and tags are refused, so a small file stays a small tree.

use granit_parser::{Event, Parser, ScalarStyle, Span};

use crate::document::{Key, Node, Spot, Value, check_size, count, unique_keys};
use crate::problem::Problem;

/// Deepest nesting that is read; an agent file needs four.
const MAX_DEPTH: usize = 64;

/// Reads one YAML document that begins after `lines_before` lines of the file. Empty text is an empty map.
pub(crate) fn parse_yaml(file: &str, text: &str, lines_before: u32) -> Result<Node, Problem> {
    check_size(file, text)?;
    let mut reader = Reader { file, lines_before, open: Vec::new(), root: None };
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        disallow_directives: true,
        emit_comments: false,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| reader.syntax_error(&error))?;
        reader.take(event, span)?;
    }
    let empty = Node { at: reader.start(), value: Value::Map(Vec::new()) };
    Ok(reader.root.unwrap_or(empty))
}

struct Reader<'f> {
    file: &'f str,
    lines_before: u32,
    /// The lists and maps that have begun but not ended, outermost first.
    open: Vec<Open>,
    root: Option<Node>,
}

enum Open {
    List(Spot, Vec<Node>),
    Map(Spot, Vec<(Key, Node)>, Option<Key>),
}

impl Reader<'_> {
    fn start(&self) -> Spot {
        Spot { line: self.lines_before.saturating_add(1), column: 1 }
    }

    fn spot(&self, span: &Span) -> Spot {
        self.marked(&span.start)
    }

    fn marked(&self, marker: &granit_parser::Marker) -> Spot {
        Spot {
            line: count(marker.line()).saturating_add(self.lines_before),
            column: count(marker.col()).saturating_add(1),
        }
    }

    fn syntax_error(&self, error: &granit_parser::ScanError) -> Problem {
        self.marked(error.marker()).problem(
            self.file,
            format!("not valid YAML: {}", error.kind()),
            "correct the syntax here; a pattern that begins with `*` needs quotes",
        )
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let at = self.spot(&span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some())?;
                let value = scalar(&text, style);
                self.put(at, text.into_owned(), value)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some())?;
                self.begin(at, Open::List(at, Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some())?;
                self.begin(at, Open::Map(at, Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(_) | Event::UnresolvedAlias(_) => Err(self.no_alias(at)),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(at.problem(self.file, "a second YAML document", "keep one document per file"))
            }
            // Stream and document boundaries carry nothing.
            _ => Ok(()),
        }
    }

    fn no_alias(&self, at: Spot) -> Problem {
        at.problem(
            self.file,
            "an alias (`*name`) is not supported here",
            "put quotes around a pattern that begins with `*`, and write repeated values out",
        )
    }

    fn refuse_extras(&self, at: Spot, anchor: usize, tagged: bool) -> Result<(), Problem> {
        if anchor == 0 && !tagged {
            return Ok(());
        }
        Err(at.problem(
            self.file,
            "anchors (`&name`) and tags (`!name`) are not supported here",
            "put quotes around a value that begins with `&` or `!`, and write repeated values out",
        ))
    }

    fn begin(&mut self, at: Spot, open: Open) -> Result<(), Problem> {
        if let Some(Open::Map(_, _, None)) = self.open.last() {
            return Err(at.problem(
                self.file,
                "a list or map stands where a name should",
                "use a plain name",
            ));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(at.problem(
                self.file,
                "nested too deeply",
                "an agent file needs at most four levels",
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let node = match self.open.pop() {
            Some(Open::List(at, items)) => Node { at, value: Value::List(items) },
            Some(Open::Map(at, entries, _)) => {
                Node { at, value: Value::Map(unique_keys(self.file, entries)?) }
            }
            None => return Ok(()),
        };
        self.attach(node);
        Ok(())
    }

    /// Takes a scalar: the name of an entry if a map waits for one, a value otherwise.
    fn put(&mut self, at: Spot, text: String, value: Value) -> Result<(), Problem> {
        if let Some(Open::Map(_, _, name @ None)) = self.open.last_mut() {
            *name = Some(Key { text, at });
        } else {
            self.attach(Node { at, value });
        }
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

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => Value::Text(text.to_owned()),
    }
}
