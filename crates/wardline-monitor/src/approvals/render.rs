//! How an action is put before a person: whole, on a line grid, with nothing hidden.
//!
//! The law is that two texts that differ look different: what a terminal or a browser would not show, or would show as
//! something else, is written as an escape, and an escape that stands in the text itself is escaped. So there is one text for
//! each picture, and a person who has seen the picture has seen the text.

use std::fmt::Write as _;

/// One line of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The number of the text's line that begins here; `None` where a line goes on.
    pub number: Option<usize>,
    /// What stands there, nothing hidden.
    pub text: String,
}

/// A text in which nothing is hidden: control, bidirectional, zero-width and combining characters and odd spaces are shown as
/// escapes, and so are spaces at the end of a line. Newlines stay, indented, so that a script reads as written.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("\n  ");
        }
        visible_line(line, &mut out);
    }
    out
}

/// One line, without its end.
fn visible_line(line: &str, out: &mut String) {
    let end = line.trim_end_matches(' ').len();
    for (at, character) in line.char_indices() {
        let rest = line.get(at..).unwrap_or_default();
        // What would be read as an escape is none.
        let pretends = rest.starts_with("\\u{");
        if hidden(character) || pretends || (character == ' ' && at >= end) {
            write!(out, "\\u{{{:x}}}", u32::from(character)).ok();
        } else {
            out.push(character);
        }
    }
}

/// A text as rows of at most `width` characters, none left out. A line that is longer goes on in rows without a number.
#[must_use]
pub fn rows(text: &str, width: usize) -> Vec<Row> {
    let width = width.max(1);
    let mut out = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let mut shown = String::new();
        visible_line(line, &mut shown);
        let mut number = Some(index + 1);
        let mut row = String::new();
        let mut used = 0;
        for character in shown.chars() {
            // Twice as wide on a terminal, or possibly so.
            let wide = if u32::from(character) >= 0x1100 { 2 } else { 1 };
            if used > 0 && used + wide > width {
                out.push(Row { number: number.take(), text: std::mem::take(&mut row) });
                used = 0;
            }
            row.push(character);
            used += wide;
        }
        out.push(Row { number, text: row });
    }
    out
}

/// Words of a text that mix letters of several scripts, where one letter passes for another: each with what is in it.
#[must_use]
pub fn lookalikes(text: &str) -> Vec<String> {
    let foreign = |c: char| {
        matches!(c, '\u{370}'..='\u{52f}' | '\u{531}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{2100}'..='\u{214f}'
            | '\u{2c80}'..='\u{2cff}' | '\u{a4d0}'..='\u{a4ff}' | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}')
    };
    let words = text.split(|c: char| c.is_whitespace() || "/'\"=;|&()<>".contains(c));
    let mixed =
        words.filter(|word| word.chars().any(foreign) && word.chars().any(|c| c.is_ascii_alphanumeric()));
    let told = |word: &str| {
        let letters = word.chars().filter(|c| foreign(*c)).map(|c| format!("U+{:04X}", u32::from(c)));
        let mut letters: Vec<String> = letters.collect();
        letters.sort();
        letters.dedup();
        format!("`{}` holds letters that look like others: {}", visible(word), letters.join(", "))
    };
    mixed.map(told).collect()
}

/// Whether a character could mislead a reader: controls, direction overrides, zero-width, combining marks, tags, odd spaces,
/// what no font has.
fn hidden(character: char) -> bool {
    matches!(character,
        '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
        | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2126}' | '\u{212a}' | '\u{212b}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
        || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_stays_hidden() {
        let table = [
            ("ls -la", "ls -la"),
            ("a\tb", "a\\u{9}b"),
            ("echo \u{202e}txt.exe", "echo \\u{202e}txt.exe"),
            ("r\u{200b}m", "r\\u{200b}m"),
            ("x\u{1b}[2Ky", "x\\u{1b}[2Ky"),
            ("\u{1b}]8;;http://a\u{7}b\u{1b}]8;;\u{7}", "\\u{1b}]8;;http://a\\u{7}b\\u{1b}]8;;\\u{7}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("one\ntwo", "one\n  two"),
            ("a\rb", "a\\u{d}b"),
            ("naïve – ok", "naïve – ok"),
            ("nai\u{308}ve", "nai\\u{308}ve"),
            ("a\\u{9}b", "a\\u{5c}u{9}b"),
            ("rm x ", "rm x\\u{20}"),
            ("a  \nb", "a\\u{20}\\u{20}\n  b"),
            ("a\u{a0}b", "a\\u{a0}b"),
        ];
        for (input, expected) in table {
            assert_eq!(visible(input), expected);
        }
    }

    #[test]
    fn a_long_line_is_shown_whole() {
        let line = format!("echo {}; rm -rf ~", "x".repeat(10_000));
        for width in [1, 7, 80, 100_000] {
            let shown: String = rows(&line, width).into_iter().map(|row| row.text).collect();
            assert_eq!(shown, line, "{width}");
        }
        assert_eq!(
            rows("ab\ncd", 1).iter().map(|row| row.number).collect::<Vec<_>>(),
            [Some(1), None, Some(2), None]
        );
    }

    #[test]
    fn letters_of_another_script_are_told() {
        assert_eq!(lookalikes("curl https://example.com/ß"), Vec::<String>::new());
        assert_eq!(lookalikes("echo привет"), Vec::<String>::new());
        assert!(lookalikes("curl https://ex\u{430}mple.com")[0].contains("U+0430"));
    }

    /// The text of a picture: what a reader who knows the escapes reads.
    fn read_back(shown: &str) -> String {
        let mut out = String::new();
        let mut rest = shown;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("\\u{") {
                let (code, after) = after.split_once('}').unwrap();
                out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
                rest = after;
            } else if let Some(after) = rest.strip_prefix("\n  ") {
                out.push('\n');
                rest = after;
            } else {
                out.push(c);
                rest = rest.strip_prefix(c).unwrap();
            }
        }
        out
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[ \\\\u{}\n0-9a-f]{0,12}",
            prop::sample::select(vec![
                "\u{1b}[2J",
                "\u{1b}]0;t\u{7}",
                "\u{202e}",
                "\u{200d}",
                "\\u{9}",
                "\\",
                "u{",
                "\t",
                "  \n"
            ])
            .prop_map(str::to_owned),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

        /// A picture can be read back, so two texts never have one.
        #[test]
        fn two_texts_never_look_alike(text in hostile()) {
            let shown = visible(&text);
            prop_assert!(shown.chars().all(|c| c == '\n' || !hidden(c)), "{:?}", shown);
            prop_assert_eq!(read_back(&shown), text);
        }

        #[test]
        fn rows_lose_nothing(text in hostile(), width in 1_usize..40) {
            let rows = rows(&text, width);
            let mut lines: Vec<String> = Vec::new();
            for row in &rows {
                match (row.number, lines.last_mut()) {
                    (None, Some(line)) => line.push_str(&row.text),
                    _ => lines.push(row.text.clone()),
                }
            }
            prop_assert_eq!(read_back(&lines.join("\n  ")), text);
        }
    }
}
