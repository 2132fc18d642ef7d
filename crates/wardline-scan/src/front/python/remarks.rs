//! Long blocks of remarks, which the grammar reads in quadratic time: at the end of each line it looks past all remarks that follow.
//!
//! Their lines are blanked for the grammar, byte for byte, but for the first and the last of those that begin alike, by which the grammar
//! tells to what a block belongs. Only lines that mean nothing wherever they stand are: whose first letter
//! is `#`, that have no quotation mark, brace or backslash, and that come after no line that goes on. Outside of a text such a
//! line is a remark; inside of one it neither ends it nor computes anything, and what a text holds is read from the source.

use std::{borrow::Cow, ops::Range};

/// So many lines in a row are no trouble.
const FEW: usize = 48;

/// The text as the grammar gets it.
pub(in crate::front) fn blanked(text: &str) -> Cow<'_, str> {
    let mut blanked: Option<Vec<u8>> = None;
    // Where a block begins, where its last line does, and how its lines begin.
    let (mut begin, mut last, mut indent, mut lines) = (0, 0, "", 0);
    let (mut at, mut goes_on) = (0, false);
    for line in text.split_inclusive('\n') {
        let (blanks, rest) = line
            .split_at_checked(line.len() - line.trim_start_matches([' ', '\t']).len())
            .unwrap_or_default();
        let plain = !goes_on && is_plain(rest);
        if !plain || lines == 0 || blanks != indent {
            blank(text, begin..last, lines, &mut blanked);
            (begin, indent, lines) = (at, blanks, 0);
        }
        (last, lines) = (at, if plain { lines + 1 } else { 0 });
        at += line.len();
        goes_on = line.trim_end_matches(['\r', '\n']).ends_with('\\');
    }
    blank(text, begin..last, lines, &mut blanked);
    // Whole lines of ASCII blanks came in the place of whole lines.
    blanked.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Cow::Borrowed(text), Cow::Owned)
}

fn is_plain(line: &str) -> bool {
    line.starts_with('#') && !line.contains(['\'', '"', '{', '}', '\\', '\r', '\u{c}'])
}

/// Blanks a block but for its first line.
fn blank(text: &str, block: Range<usize>, lines: usize, blanked: &mut Option<Vec<u8>>) {
    if lines <= FEW {
        return;
    }
    let first = text.get(block.clone()).and_then(|block| block.find('\n')).map_or(0, |end| end + 1);
    let bytes = blanked.get_or_insert_with(|| text.as_bytes().to_vec());
    for byte in bytes.get_mut(block.start + first..block.end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::python;

    fn block(indent: &str) -> String {
        (0..FEW + 9)
            .map(|number| format!("{indent}# remark {number} on what is below, if eval(x):\n"))
            .collect()
    }

    #[test]
    fn the_tree_is_the_same_wherever_a_block_of_remarks_stands() {
        let source = "import os\n\n\ndef f(a):\n    if a:\n        os.system(a)\n    else:\n        b = '''text\nmore\n'''\n    c = (1,\n        2)\n    return \
                      f\"\"\"{a}\n{b}\n\"\"\"\n\n\nclass C:\n    x = 1\n\n    def m(self):\n        pass\n\n    def n(self):\n        pass\n\n\nf(1)\n";
        let lines: Vec<&str> = source.split_inclusive('\n').collect();
        for at in 0..=lines.len() {
            for indent in ["", "    ", "        ", "\t"] {
                let (head, tail) = lines.split_at(at);
                let text = format!("{}{}{}", head.concat(), block(indent), tail.concat());
                assert!(matches!(blanked(&text), Cow::Owned(_)));
                let (as_is, as_blank) = (python::lower_unblanked(&text), python::lower(&text));
                assert_eq!(format!("{as_is:?}"), format!("{as_blank:?}"), "{text}");
            }
        }
    }

    #[test]
    fn what_may_mean_something_stays() {
        for part in ["'", "\"", "{x}", "\\"] {
            let text = block("").replace("eval", &format!("eval{part}"));
            assert!(matches!(blanked(&text), Cow::Borrowed(_)), "{part}");
        }
        let text = "#\n".repeat(FEW);
        assert!(matches!(blanked(&text), Cow::Borrowed(_)), "few");
    }

    #[test]
    fn a_long_block_is_no_trouble() {
        // Half a minute and more, where each line is looked at for each.
        let text = format!("x = 1\n{}y = 2\n", block("").repeat(400));
        assert_eq!(python::lower(&text).body.len(), 2);
    }
}
