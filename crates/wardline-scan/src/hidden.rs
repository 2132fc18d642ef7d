//! Characters that make a source text look other than it is, as findings: they are no part of any language, and a person
//! who reads the change does not see them.

use crate::{
    finding::{Category, Finding, Severity},
    span::Span,
};

/// What is wrong with a character.
struct Hiding {
    rule: &'static str,
    cwe: u16,
    message: &'static str,
    advice: &'static str,
}

/// Controls of the direction of writing (CVE-2021-42574): what follows stands elsewhere on the screen.
const DIRECTION: Hiding = Hiding {
    rule: "text.direction-control",
    cwe: 451,
    message: "a character that nobody sees turns the direction of writing: the line reads other than it runs",
    advice: "take it out; in text for people write it as an escape (`\\u202e`)",
};

/// A carriage return by itself ends a line for Python and Java, and no editor shows it so.
const RETURN: Hiding = Hiding {
    rule: "text.lone-carriage-return",
    cwe: 451,
    message: "a carriage return without a line feed: what follows it may run though it looks like a part of the line before",
    advice: "end lines with a line feed; in text write `\\r`",
};

/// Letters of the block of tags are seen by models and not by people.
const TAG: Hiding = Hiding {
    rule: "text.invisible-letters",
    cwe: 451,
    message: "letters that nobody sees and that a model reads as text",
    advice: "take them out",
};

/// What a source text hides, one finding for each kind and line. A text whose lines all end in carriage returns hides
/// nothing.
pub fn scan(path: &str, text: &str) -> Vec<Finding> {
    if text.is_ascii() && !text.as_bytes().contains(&b'\r') {
        return Vec::new();
    }
    let mut found: Vec<Finding> = Vec::new();
    let mut line = 0_u32;
    let mut last: Option<(u32, &str)> = None;
    let mut rest = text.char_indices().peekable();
    let old = !text.contains('\n');
    while let Some((at, character)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        line = line.saturating_add(u32::from(character == '\n'));
        let hiding = match character {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => &DIRECTION,
            '\r' if next != Some('\n') && next.is_some() && !old => &RETURN,
            '\u{e0000}'..='\u{e007f}' if !flag(text, at) => &TAG,
            _ => continue,
        };
        if last == Some((line, hiding.rule)) {
            continue;
        }
        last = Some((line, hiding.rule));
        found.push(finding(path, hiding, at, character.len_utf8()));
    }
    found
}

/// Whether a tag character belongs to the flag of a region, which begins with a black flag.
fn flag(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let sign = before.trim_end_matches(|c| matches!(c, '\u{e0000}'..='\u{e007f}'));
    sign.ends_with('\u{1f3f4}')
}

fn finding(path: &str, hiding: &Hiding, at: usize, length: usize) -> Finding {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Finding {
        rule: hiding.rule.to_owned(),
        category: Category::Other,
        severity: Severity::Blocking,
        cwe: vec![hiding.cwe],
        message: hiding.message.to_owned(),
        advice: hiding.advice.to_owned(),
        path: path.to_owned(),
        span: Span::new(number(at), number(at.saturating_add(length))),
        trace: Vec::new(),
        within: String::new(),
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_code_is_told_once_a_line_and_ordinary_text_is_not() {
        let rules = |text: &str| -> Vec<String> {
            scan("a.py", text).into_iter().map(|finding| finding.rule).collect()
        };
        for (text, wanted) in [
            ("x = 1\ny = 'größe 数 🎉'\n", vec![]),
            ("x = 1\r\ny = 2\r\n", vec![]),
            ("x = 1\ry = 2\r", vec![]),
            ("flag = '\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}'\n", vec![]),
            ("# \u{202e} } \u{2066}if admin\u{2069}\nx = 1\n", vec!["text.direction-control"]),
            ("a = '\u{202a}'\nb = '\u{2067}'\n", vec!["text.direction-control"; 2]),
            ("# note\rimport os\nx = 1\n", vec!["text.lone-carriage-return"]),
            ("# note \u{e0041}\u{e0042}\n", vec!["text.invisible-letters"]),
        ] {
            assert_eq!(rules(text), wanted, "{text:?}");
        }
    }
}
