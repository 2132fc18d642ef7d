//! Reads markup as browsers do: never fails, whatever stands in it.

use std::ops::Range;

/// A start tag, or the code of a script.
#[derive(Debug)]
pub(super) struct Tag {
    /// All of it, from `<` to `>`.
    pub(super) range: Range<usize>,
    /// Its name.
    pub(super) name: Range<usize>,
    /// Its attributes in order.
    pub(super) attributes: Vec<RawAttribute>,
    /// The text up to its end tag, for elements in which no markup is read (`script`, `style` and others).
    pub(super) raw: Option<Range<usize>>,
    /// Whether it ends before the text does.
    pub(super) closed: bool,
}

/// An attribute as written.
#[derive(Debug)]
pub(super) struct RawAttribute {
    /// All of it.
    pub(super) range: Range<usize>,
    /// Its name.
    pub(super) name: Range<usize>,
    /// Its value without quotes.
    pub(super) value: Option<Range<usize>>,
}

/// The start tags in a range of `text`, in order.
pub(super) fn tags(text: &str, range: Range<usize>) -> Vec<Tag> {
    let text = text.get(..range.end).unwrap_or_default();
    let mut tags = Vec::new();
    let mut reader = Reader { bytes: text.as_bytes(), at: range.start };
    while reader.until(|byte| byte == b'<') {
        let rest = text.get(reader.at..).unwrap_or_default();
        if rest.starts_with("<!--") {
            reader.at += rest.find("-->").map_or(rest.len(), |end| end + 3);
        } else if rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic) {
            let mut tag = reader.tag();
            if let Some(word) = raw_element(text.get(tag.name.clone()).unwrap_or_default()) {
                let start = reader.at;
                reader.at = end_tag(text, start, word);
                tag.raw = Some(start..reader.at);
            }
            tags.push(tag);
        } else {
            reader.at += 1;
        }
    }
    tags
}

/// The name of the end tag of elements in which no markup is read.
fn raw_element(name: &str) -> Option<&'static str> {
    ["script", "style", "textarea", "title", "xmp"].into_iter().find(|raw| name.eq_ignore_ascii_case(raw))
}

fn end_tag(text: &str, from: usize, name: &str) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let ends =
        |at: usize| rest.get(at + 2..at + 2 + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    from + rest.match_indices("</").map(|(at, _)| at).find(|at| ends(*at)).unwrap_or(rest.len())
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes on to a byte that `stop` says; false at the end of the text.
    fn until(&mut self, stop: impl Fn(u8) -> bool) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|byte| stop(*byte));
        self.at += found.unwrap_or(rest.len());
        found.is_some()
    }

    fn range_until(&mut self, stop: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        self.until(stop);
        start..self.at
    }

    /// The tag at `<`.
    fn tag(&mut self) -> Tag {
        let start = self.at;
        self.at += 1;
        let name = self.range_until(|byte| byte.is_ascii_whitespace() || byte == b'/' || byte == b'>');
        let mut attributes = Vec::new();
        let closed = loop {
            self.until(|byte| !byte.is_ascii_whitespace() && byte != b'/');
            match self.byte() {
                None => break false,
                Some(b'>') => {
                    self.at += 1;
                    break true;
                }
                Some(_) => attributes.push(self.attribute()),
            }
        };
        Tag { range: start..self.at, name, attributes, raw: None, closed }
    }

    fn attribute(&mut self) -> RawAttribute {
        let start = self.at;
        // The first character belongs to the name, even `=`.
        self.at += 1;
        self.until(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/'));
        let name = start..self.at;
        let after_name = self.at;
        self.until(|byte| !byte.is_ascii_whitespace());
        if self.byte() != Some(b'=') {
            self.at = after_name;
            return RawAttribute { range: start..after_name, name, value: None };
        }
        self.at += 1;
        self.until(|byte| !byte.is_ascii_whitespace());
        let value = match self.byte() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let value = self.range_until(|byte| byte == quote);
                self.at = (self.at + 1).min(self.bytes.len());
                value
            }
            _ => {
                let mut value = self.range_until(|byte| byte.is_ascii_whitespace() || byte == b'>');
                // Browsers count the sign of an empty element to an address before it, components do not.
                if self.byte() == Some(b'>')
                    && value.len() > 1
                    && self.bytes.get(value.end - 1) == Some(&b'/')
                {
                    value.end -= 1;
                }
                value
            }
        };
        RawAttribute { range: start..self.at, name, value: Some(value) }
    }
}
