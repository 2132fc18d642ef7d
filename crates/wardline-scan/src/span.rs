//! Places in a text.

use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A range of bytes in a file, end excluded. Texts over 4 GiB are not analysed, so 32 bits hold every offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to `end`. An end before the start is moved to it.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Whether `other` lies in this range, or is it.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text of the range; empty where the range does not lie on character boundaries of `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A line and a column, both from 1; the column counts characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Where the lines of a text begin, to turn offsets into [`Position`]s without counting from the top each time.
#[derive(Debug, Clone)]
pub struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Finds the lines of `text`. A line ends with `\n`; a `\r` before it belongs to the line.
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().zip(1_u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// How many lines there are; an empty text has one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Where `offset` lies in `text`, the text that these lines were found in.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = text.get(start as usize..offset as usize).unwrap_or_default();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
        Position { line: number(line), column: number(before.chars().count()) }
    }

    /// Where line `line` (from 1) begins; the last line's beginning for those past the end.
    pub fn start(&self, line: u32) -> u32 {
        let index = line.saturating_sub(1) as usize;
        self.starts.get(index).or_else(|| self.starts.last()).copied().unwrap_or(0)
    }

    /// The text of line `line` (from 1), without its end.
    pub fn text<'a>(&self, text: &'a str, line: u32) -> &'a str {
        let index = line.saturating_sub(1) as usize;
        let start = self.starts.get(index).map_or(text.len(), |start| *start as usize);
        let end = self.starts.get(index + 1).map_or(text.len(), |next| *next as usize);
        text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

/// Several texts by their paths, for reports with many findings: the lines of each are found once.
#[derive(Debug)]
pub struct Places<'a> {
    files: BTreeMap<&'a str, (&'a str, OnceCell<Lines>)>,
}

impl<'a> Places<'a> {
    /// The places in these texts.
    pub fn new(texts: &'a BTreeMap<String, String>) -> Self {
        let files = texts.iter().map(|(path, text)| (path.as_str(), (text.as_str(), OnceCell::new())));
        Self { files: files.collect() }
    }

    /// The text at `path` and its lines; nothing for a path that is none of the texts.
    pub fn of(&self, path: &str) -> Option<(&'a str, &Lines)> {
        let (text, lines) = self.files.get(path)?;
        Some((text, lines.get_or_init(|| Lines::new(text))))
    }

    /// Where `offset` lies in the text at `path`; its beginning for a path that is none of the texts.
    pub fn position(&self, path: &str, offset: u32) -> Position {
        self.of(path).map_or(Position { line: 1, column: 1 }, |(text, lines)| lines.position(text, offset))
    }

    /// Line `line` (from 1) of the text at `path`, without the blanks around it.
    pub fn excerpt(&self, path: &str, line: u32) -> &'a str {
        self.of(path).map_or("", |(text, lines)| lines.text(text, line).trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_a_line_and_a_column() {
        let text = "a\nbé x\r\n\nlast";
        let lines = Lines::new(text);
        for (needle, line, column) in [("a", 1, 1), ("b", 2, 1), (" x", 2, 3), ("last", 4, 1)] {
            let offset = u32::try_from(text.find(needle).unwrap()).unwrap();
            assert_eq!(lines.position(text, offset), Position { line, column }, "{needle}");
        }
        assert_eq!(lines.position(text, u32::MAX).line, 4, "past the end is the last line");
        assert_eq!([1, 2, 3, 4, 5].map(|line| lines.text(text, line)), ["a", "bé x", "", "last", ""]);
    }
}
