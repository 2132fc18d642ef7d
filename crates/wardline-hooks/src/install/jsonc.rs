//! Edits of a JSON file with comments that can be taken back without a trace.
//!
//! Only text is inserted, next to what is there; nothing that the person wrote is rendered anew. The rules of
//! insertion leave marks enough for removal to be the exact inverse: a list or object that Wardline created closes on
//! a line of its own, one that was there and empty has its item right before the closing bracket, and a trailing
//! comma is repeated where there was one.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;
use serde_json::{Map, Value};

/// Why a file is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Line of the file, from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// A value and where it lies in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Object(Vec<Member>),
    Array(Vec<Node>),
    Scalar(Value),
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    start: usize,
    value: Node,
}

impl Node {
    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Object(members) => Value::Object(
                members.iter().map(|member| (member.name.clone(), member.value.value())).collect(),
            ),
            Kind::Array(items) => Value::Array(items.iter().map(Self::value).collect()),
            Kind::Scalar(value) => value.clone(),
        }
    }

    fn member(&self, name: &str) -> Option<&Member> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|member| member.name == name),
            _ => None,
        }
    }

    /// The ranges of what the brackets hold.
    fn children(&self) -> Vec<(usize, usize)> {
        match &self.kind {
            Kind::Object(members) => members.iter().map(|member| (member.start, member.value.end)).collect(),
            Kind::Array(items) => items.iter().map(|item| (item.start, item.end)).collect(),
            Kind::Scalar(_) => Vec::new(),
        }
    }
}

/// Parses a file's text; its root must be an object.
pub(crate) fn parse(text: &str) -> Result<Node, Trouble> {
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
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options)
        .map_err(|error| Trouble { line: error.line_display(), what: error.kind().to_string() })?;
    let Some(root) = parsed.value else {
        return Err(Trouble { line: 1, what: "the file holds no value".into() });
    };
    let root = node(text, &root)?;
    match root.kind {
        Kind::Object(_) => Ok(root),
        _ => Err(Trouble { line: line_of(text, root.start), what: "the file must hold an object".into() }),
    }
}

fn node(text: &str, value: &ast::Value<'_>) -> Result<Node, Trouble> {
    let range = value.range();
    let kind = match value {
        ast::Value::Object(object) => {
            let mut members: Vec<Member> = Vec::new();
            for property in &object.properties {
                let name = property.name.as_str().to_owned();
                if members.iter().any(|known| known.name == name) {
                    let line = line_of(text, property.range.start);
                    return Err(Trouble { line, what: format!("the key {name:?} is there twice") });
                }
                members.push(Member {
                    name,
                    start: property.range.start,
                    value: node(text, &property.value)?,
                });
            }
            Kind::Object(members)
        }
        ast::Value::Array(array) => {
            Kind::Array(array.elements.iter().map(|item| node(text, item)).collect::<Result<_, _>>()?)
        }
        ast::Value::StringLit(string) => Kind::Scalar(Value::from(string.value.as_ref())),
        ast::Value::NumberLit(number) => {
            Kind::Scalar(serde_json::from_str(number.value).unwrap_or(Value::Null))
        }
        ast::Value::BooleanLit(boolean) => Kind::Scalar(Value::Bool(boolean.value)),
        ast::Value::NullKeyword(_) => Kind::Scalar(Value::Null),
    };
    Ok(Node { start: range.start, end: range.end, kind })
}

/// Makes `item` one of the items of the list at `path`, in place of what `ours` recognises.
pub(crate) fn ensure_item(
    text: &str,
    path: &[&str],
    item: &Value,
    ours: &dyn Fn(&Value) -> bool,
) -> Result<String, Trouble> {
    let root = parse(text)?;
    let style = Style::of(text, &root);
    let mut at = &root;
    for (depth, name) in path.iter().enumerate() {
        if !matches!(at.kind, Kind::Object(_)) {
            return Err(Trouble {
                line: line_of(text, at.start),
                what: format!("{:?} must be an object", path.get(..depth).unwrap_or_default().join(".")),
            });
        }
        match at.member(name) {
            Some(member) => at = &member.value,
            None => {
                let value = nested(path.get(depth + 1..).unwrap_or_default(), item);
                return Ok(insert(text, at, &style, &|indent| style.member(name, &value, indent)));
            }
        }
    }
    let Kind::Array(items) = &at.kind else {
        return Err(Trouble {
            line: line_of(text, at.start),
            what: format!("{:?} must be a list", path.join(".")),
        });
    };
    let mine: Vec<&Node> = items.iter().filter(|node| ours(&node.value())).collect();
    match mine.as_slice() {
        [] => Ok(insert(text, at, &style, &|indent| style.value(item, indent))),
        [only] if only.value() == *item => Ok(text.to_owned()),
        [first, ..] => {
            let indent = style.indent_at(text, first.start);
            let replaced = splice(text, &[(first.start, first.end, style.value(item, &indent))]);
            drop_repeats(&replaced, path, ours)
        }
    }
}

/// Leaves the first of our items only.
fn drop_repeats(text: &str, path: &[&str], ours: &dyn Fn(&Value) -> bool) -> Result<String, Trouble> {
    let mut text = text.to_owned();
    loop {
        let root = parse(&text)?;
        let Some(list) = find(&root, path) else { return Ok(text) };
        let Kind::Array(items) = &list.kind else { return Ok(text) };
        let Some(index) =
            items.iter().enumerate().filter(|(_, node)| ours(&node.value())).map(|(index, _)| index).nth(1)
        else {
            return Ok(text);
        };
        text = remove(&text, list, index);
    }
}

/// Takes every item that `ours` recognises out of the list at `path`, and what was created to hold it.
pub(crate) fn remove_items(
    text: &str,
    path: &[&str],
    ours: &dyn Fn(&Value) -> bool,
) -> Result<String, Trouble> {
    let mut text = text.to_owned();
    loop {
        let root = parse(&text)?;
        let Some(list) = find(&root, path) else { return Ok(text) };
        let Kind::Array(items) = &list.kind else { return Ok(text) };
        let Some(index) = items.iter().position(|node| ours(&node.value())) else { return Ok(text) };
        text = match created(&text, &root, path) {
            Some((container, member)) => remove(&text, container, member),
            None => remove(&text, list, index),
        };
    }
}

/// The outermost member on the way that Wardline created: nothing but our item is in it, on lines of its own.
fn created<'a>(text: &str, root: &'a Node, path: &[&str]) -> Option<(&'a Node, usize)> {
    let mut outermost = None;
    let mut at = root;
    for name in path {
        let Kind::Object(members) = &at.kind else { return None };
        let index = members.iter().position(|member| member.name == *name)?;
        let inner = &members.get(index)?.value;
        outermost = is_rendered(text, inner).then(|| outermost.unwrap_or((at, index)));
        at = inner;
    }
    outermost
}

/// One child with only blanks around it and a line break before the closing bracket.
fn is_rendered(text: &str, container: &Node) -> bool {
    let [(start, end)] = container.children()[..] else { return false };
    let before = text.get(container.start + 1..start).unwrap_or("?");
    let after = text.get(end..container.end - 1).unwrap_or("?");
    before.trim().is_empty() && after.trim().is_empty() && after.contains('\n')
}

pub(crate) fn find<'a>(root: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(root, |at, name| at.member(name).map(|member| &member.value))
}

/// `["a", "b"]` and an item as `{"a": {"b": [item]}}`, without the outermost name.
fn nested(path: &[&str], item: &Value) -> Value {
    path.iter().rev().fold(Value::Array(vec![item.clone()]), |inner, name| {
        Value::Object(Map::from_iter([((*name).to_owned(), inner)]))
    })
}

/// A whole new file that holds one value.
pub(crate) fn fresh(value: &Value) -> String {
    let style = Style { unit: "  ".to_owned(), newline: "\n" };
    format!("{}\n", style.value(value, ""))
}

/// How the file is laid out.
struct Style {
    unit: String,
    newline: &'static str,
}

impl Style {
    fn of(text: &str, root: &Node) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = root.children().first().and_then(|(start, _)| indentation(text, *start));
        let unit = first.filter(|indent| !indent.is_empty()).unwrap_or("  ").to_owned();
        Self { unit, newline }
    }

    /// The indentation of the line that `at` lies on.
    fn indent_at(&self, text: &str, at: usize) -> String {
        let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
    }

    fn value(&self, value: &Value, indent: &str) -> String {
        let mut bytes = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(self.unit.as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
        // Writing a value into memory has no way to fail; a failure would leave text that does not parse.
        let written = value.serialize(&mut serializer);
        debug_assert!(written.is_ok(), "a JSON value is written");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.replace('\n', &format!("{}{indent}", self.newline))
    }

    fn member(&self, name: &str, value: &Value, indent: &str) -> String {
        format!("{}: {}", Value::from(name), self.value(value, indent))
    }
}

/// The text before `at` on its line, when that is only blanks.
fn indentation(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let (_, line) = before.rsplit_once('\n')?;
    line.chars().all(|c| c == ' ' || c == '\t').then_some(line)
}

/// Adds a child at the end of an object or list.
fn insert(text: &str, container: &Node, style: &Style, render: &dyn Fn(&str) -> String) -> String {
    let children = container.children();
    let Some(&(start, end)) = children.last() else {
        let close = container.end - 1;
        let indent = style.indent_at(text, container.start);
        return splice(text, &[(close, close, render(&indent))]);
    };
    let indent = match indentation(text, start) {
        Some(indent) => indent.to_owned(),
        None => format!("{}{}", style.indent_at(text, container.start), style.unit),
    };
    let child = format!("{}{indent}{}", style.newline, render(&indent));
    match comma_after(text, end) {
        Some(comma) => {
            let anchor = after_comment(text, comma + 1);
            splice(text, &[(anchor, anchor, format!("{child},"))])
        }
        None => {
            let anchor = after_comment(text, end);
            splice(text, &[(end, end, ",".to_owned()), (anchor, anchor, child)])
        }
    }
}

/// Takes one child out; the inverse of [`insert`] for the last one.
fn remove(text: &str, container: &Node, index: usize) -> String {
    let children = container.children();
    let Some(&(start, end)) = children.get(index) else { return text.to_owned() };
    let comma = comma_after(text, end);
    if children.len() == 1 {
        let mut cuts = vec![(start, end, String::new())];
        cuts.extend(comma.map(|comma| (comma, comma + 1, String::new())));
        return splice(text, &cuts);
    }
    let from = line_start(text, start);
    if let Some(comma) = comma {
        let mut cuts = vec![(from, end, String::new())];
        cuts.push((comma, comma + 1, String::new()));
        return splice(text, &cuts);
    }
    let before = index
        .checked_sub(1)
        .and_then(|index| children.get(index))
        .map_or(container.start + 1, |child| child.1);
    let mut cuts = Vec::new();
    cuts.extend(comma_after(text, before).map(|comma| (comma, comma + 1, String::new())));
    cuts.push((from, end, String::new()));
    splice(text, &cuts)
}

/// Where the blanks and the one line break before a child begin.
fn line_start(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    let before = before.trim_end_matches([' ', '\t']);
    let before = before.strip_suffix('\n').unwrap_or(before);
    before.strip_suffix('\r').unwrap_or(before).len()
}

/// The comma behind `at`, when only blanks and comments lie between.
fn comma_after(text: &str, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with(',') {
            return Some(at);
        }
        at += comment_len(trimmed)?;
    }
}

/// Behind the comments that stand on the same line.
fn after_comment(text: &str, at: usize) -> usize {
    let mut at = at;
    while let Some(rest) = text.get(at..) {
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let behind = rest.get(blanks..).unwrap_or_default();
        match comment_len(behind) {
            Some(len) if !behind.get(..len).unwrap_or_default().contains('\n') => at += blanks + len,
            _ => break,
        }
    }
    at
}

/// Length of the comment that the text begins with, without a line comment's line break.
fn comment_len(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        let end = text.find('\n').unwrap_or(text.len());
        let line = text.get(..end).unwrap_or(text);
        Some(line.strip_suffix('\r').unwrap_or(line).len())
    } else if text.starts_with("/*") {
        text.find("*/").map(|end| end + 2)
    } else {
        None
    }
}

/// Replaces ranges, given in order.
fn splice(text: &str, edits: &[(usize, usize, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (start, end, with) in edits {
        out.push_str(text.get(at..*start).unwrap_or_default());
        out.push_str(with);
        at = *end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn mine(value: &Value) -> bool {
        value["id"] == "wardline"
    }

    fn item() -> Value {
        json!({"id": "wardline", "hooks": [{"command": "x"}]})
    }

    const PATHS: [&[&str]; 3] = [&["hooks", "Pre"], &["hooks", "Post"], &["plugin"]];

    fn install(text: &str) -> Result<String, Trouble> {
        PATHS.iter().try_fold(text.to_owned(), |text, path| ensure_item(&text, path, &item(), &mine))
    }

    fn uninstall(text: &str) -> Result<String, Trouble> {
        PATHS.iter().rev().try_fold(text.to_owned(), |text, path| remove_items(&text, path, &mine))
    }

    fn check(text: &str) {
        let installed = install(text).unwrap_or_else(|trouble| panic!("{trouble:?}: {text}"));
        let root = parse(&installed).unwrap_or_else(|trouble| panic!("{trouble:?}: {installed}"));
        for path in PATHS {
            let list = find(&root, path).expect("the list is there").value();
            assert_eq!(list.as_array().unwrap().iter().filter(|item| mine(item)).count(), 1, "{installed}");
        }
        assert_eq!(install(&installed).as_ref(), Ok(&installed), "a second install changes nothing");
        assert_eq!(uninstall(&installed).as_deref(), Ok(text), "removal restores every byte:\n{installed}");
    }

    #[test]
    fn removal_restores_every_byte() {
        let texts = [
            "{}",
            "{ }",
            "{\n}",
            "{\n}\n",
            "{} // end",
            "{ /* only a comment */ }",
            "{\n  // only a comment\n}\n",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\n  \"a\": 1\n}\n",
            "{\n  \"a\": 1,\n}\n",
            "{\n\t\"a\": 1 // note  \n}\n",
            "{\n    \"a\": 1, // note\n    // last\n}\n",
            "{\r\n  \"a\": 1\r\n}\r\n",
            "{\"a\": 1 /* x */, // y\n}",
            "{\"hooks\": {}}",
            "{\"hooks\": {\"Pre\": []}}",
            "{\"hooks\": {\"Pre\": [\n]}, \"plugin\": [ ]}",
            "{\n  \"hooks\": {\n    \"Pre\": [\n      {\"id\": \"other\"} // theirs\n    ],\n    \"Post\": [{\"id\": 1},]\n  }\n}",
            "{\"hooks\":{\"Other\":[{\"id\":\"x\"}]},\"plugin\":[\"a\", \"b\" /* c */]}",
            "{\"url\": \"http://x//y\", \"c\": \"/* no */\"}",
        ];
        for text in texts {
            check(text);
        }
    }

    #[test]
    fn what_others_added_after_us_stays() {
        let installed = install("{\n  \"a\": 1 // one\n}\n").unwrap();
        let root = parse(&installed).unwrap();
        let style = Style::of(&installed, &root);
        let more = insert(&installed, &root, &style, &|_| "\"b\": 2".to_owned());
        assert_eq!(uninstall(&more).unwrap(), "{\n  \"a\": 1, // one\n  \"b\": 2\n}\n");
    }

    #[test]
    fn another_version_of_our_item_is_replaced_where_it_stands() {
        let old = "{\"plugin\": [{\"id\": \"wardline\", \"old\": 1}, \"x\", {\"id\": \"wardline\"}]}";
        let new = ensure_item(old, &["plugin"], &item(), &mine).unwrap();
        assert_eq!(parse(&new).unwrap().value(), json!({"plugin": [item(), "x"]}));
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused_with_its_line() {
        let rows = [
            ("{\n  \"a\": ,\n}", 2),
            ("[]", 1),
            ("", 1),
            ("{\n\"hooks\": []}", 2),
            ("{\n\n\"hooks\": {\"Pre\": {}}}", 3),
            ("{\"a\":1\n \"b\":2}", 1),
            ("{\n\"a\":1,\n\"a\":2}", 3),
            ("{'a':1}", 1),
            ("{\"a\":1}}", 1),
        ];
        for (text, line) in rows {
            assert_eq!(install(text).map_err(|trouble| trouble.line), Err(line), "{text}");
        }
    }

    /// JSON with comments and every freedom of layout that editors leave behind.
    fn document() -> impl Strategy<Value = String> {
        let space = prop::sample::select(vec![
            "",
            " ",
            "\n",
            "\n  ",
            "\r\n\t",
            " /* c, } ] */ ",
            " // \" x\n",
            "\n // a, b\n  ",
        ]);
        let scalar = prop::sample::select(vec![
            "1",
            "\"a, // b\"",
            "true",
            "null",
            "[]",
            "{}",
            "[1,2]",
            "{\"k\":[{}]}",
            "-1.5e3",
            "\"\\\"}\"",
        ]);
        let list = (
            prop::collection::vec(prop::sample::select(vec!["{\"id\":\"x\"}", "\"s\"", "1"]), 0..3),
            space.clone(),
            any::<bool>(),
        )
            .prop_map(|(items, space, trail)| {
                let comma = if trail && !items.is_empty() { "," } else { "" };
                format!("[{space}{}{comma}{space}]", items.join(&format!("{space},{space}")))
            });
        let hooks = (prop::option::of(list.clone()), prop::option::of(list.clone()), space.clone()).prop_map(
            |(pre, post, space)| {
                let members: Vec<String> = [("Pre", pre), ("Post", post)]
                    .into_iter()
                    .filter_map(|(name, list)| list.map(|list| format!("\"{name}\"{space}:{space}{list}")))
                    .collect();
                format!("{{{space}{}{space}}}", members.join(&format!(",{space}")))
            },
        );
        let member = (0..4_usize, scalar, list, hooks);
        (prop::collection::vec(member, 0..4), prop::collection::vec(space.clone(), 8), any::<bool>())
            .prop_map(|(members, spaces, trail)| {
                let mut names: Vec<&str> = Vec::new();
                let mut text = format!("{}{{{}", spaces[0], spaces[1]);
                let mut first = true;
                for (kind, scalar, list, hooks) in members {
                    let (name, value) = match kind {
                        0 => ("hooks", hooks),
                        1 => ("plugin", list),
                        2 => ("a", scalar.to_owned()),
                        _ => ("b", scalar.to_owned()),
                    };
                    if names.contains(&name) {
                        continue;
                    }
                    names.push(name);
                    if !first {
                        text.push_str(&format!("{},{}", spaces[2], spaces[3]));
                    }
                    first = false;
                    text.push_str(&format!("\"{name}\":{}{value}", spaces[4]));
                }
                if trail && !first {
                    text.push_str(&format!("{},", spaces[5]));
                }
                text + spaces[6] + "}" + spaces[7]
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn installing_twice_is_once_and_removal_restores_every_byte(text in document()) {
            prop_assume!(parse(&text).is_ok());
            check(&text);
        }

        #[test]
        fn comments_are_kept(text in document()) {
            prop_assume!(parse(&text).is_ok());
            let installed = install(&text).unwrap();
            for comment in ["/* c, } ] */", "// \" x", "// a, b"] {
                prop_assert_eq!(installed.matches(comment).count(), text.matches(comment).count());
            }
        }

        #[test]
        fn parsing_never_panics(text in ".{0,80}") {
            drop(install(&text));
        }
    }
}
