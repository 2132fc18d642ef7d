//! The neutral tree that both JSONC and YAML are read into: order kept, every node with its place.

use std::collections::HashSet;

use jsonc_parser::ast;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::brackets::{self, Open};
use crate::problem::Problem;

/// The largest source that is read, in bytes. A hundred thousand rules fit a few times over.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// A place in a file, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Spot {
    /// Builds the problem found here.
    pub(crate) fn problem(self, file: &str, text: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: self.line,
            column: self.column,
            text: text.into(),
            help: help.into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Spot,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) at: Spot,
}

impl Value {
    /// The kind of value in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

/// Collects the entries of a map and refuses a second one of the same name: which of the two counts would
/// depend on who reads the file.
pub(crate) fn unique_keys(file: &str, entries: Vec<(Key, Node)>) -> Result<Vec<(Key, Node)>, Problem> {
    let mut seen = HashSet::with_capacity(entries.len());
    for (key, _) in &entries {
        if !seen.insert(key.text.as_str()) {
            return Err(key.at.problem(
                file,
                format!("`{}` is set twice in the same map", key.text),
                "keep the one you mean",
            ));
        }
    }
    drop(seen);
    Ok(entries)
}

/// Refuses a source that is too large to be a configuration.
pub(crate) fn check_size(file: &str, text: &str) -> Result<(), Problem> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(Spot::default().problem(
        file,
        format!("the file holds {} bytes; at most {MAX_BYTES} are read", text.len()),
        "split it or remove what is not configuration",
    ))
}

/// Reads JSON with comments and trailing commas. An empty file is an empty map.
pub(crate) fn parse_jsonc(file: &str, text: &str) -> Result<Node, Problem> {
    check_size(file, text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let lines = Lines::new(text);
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let (at, what) = match error.kind() {
            ParseErrorKind::UnterminatedObject | ParseErrorKind::UnterminatedArray => unclosed(text, &lines),
            _ => None,
        }
        .unwrap_or_else(|| (lines.spot(error.range().start), lower_first(&error.kind().to_string())));
        at.problem(
            file,
            format!("not valid JSON with comments: {what}"),
            "correct the syntax here; nothing in the file is used until it parses",
        )
    })?;
    match parsed.value {
        Some(value) => convert(file, &lines, value),
        None => Ok(Node { at: Spot { line: 1, column: 1 }, value: Value::Map(Vec::new()) }),
    }
}

/// Where a text with an open bracket is best corrected, and what is said there: at the bracket if the indentation tells
/// which one it is, else at the end, where the closing ones are missing.
fn unclosed(text: &str, lines: &Lines) -> Option<(Spot, String)> {
    let Open { at, bracket, taken_by } = brackets::unclosed(text)?;
    let opened = lines.spot(at);
    Some(match taken_by {
        Some(taken_by) => {
            let Spot { line, column } = lines.spot(taken_by);
            let text = format!(
                "this `{bracket}` is not closed: the bracket at {line}:{column} is indented as another's"
            );
            (opened, text)
        }
        None => {
            let Spot { line, column } = opened;
            let what = format!("the file ends before the `{bracket}` of {line}:{column} is closed");
            (lines.spot(text.trim_end().len()), what)
        }
    })
}

// The parser stops at 512 levels, so this recursion is bounded too.
fn convert(file: &str, lines: &Lines, value: ast::Value<'_>) -> Result<Node, Problem> {
    let at = |range: jsonc_parser::common::Range| lines.spot(range.start);
    Ok(match value {
        ast::Value::NullKeyword(null) => Node { at: at(null.range), value: Value::Null },
        ast::Value::BooleanLit(lit) => Node { at: at(lit.range), value: Value::Bool(lit.value) },
        ast::Value::NumberLit(lit) => Node { at: at(lit.range), value: Value::Number(lit.value.to_owned()) },
        ast::Value::StringLit(lit) => Node { at: at(lit.range), value: Value::Text(lit.value.into_owned()) },
        ast::Value::Array(array) => {
            let items = array.elements.into_iter().map(|item| convert(file, lines, item));
            Node { at: at(array.range), value: Value::List(items.collect::<Result<_, _>>()?) }
        }
        ast::Value::Object(object) => {
            let entries = object.properties.into_iter().map(|entry| {
                let key = Key { at: at(entry.range), text: entry.name.into_string() };
                Ok((key, convert(file, lines, entry.value)?))
            });
            let entries = unique_keys(file, entries.collect::<Result<_, _>>()?)?;
            Node { at: at(object.range), value: Value::Map(entries) }
        }
    })
}

/// Where the lines of a text begin, to turn byte offsets into places.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        Self { starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    // Columns count bytes: counting characters anew for every node would be quadratic in a one-line file.
    fn spot(&self, offset: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        Spot { line: count(line), column: count(offset.saturating_sub(start)).saturating_add(1) }
    }
}

/// A count as it is reported; files with four thousand million lines are not told apart.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
