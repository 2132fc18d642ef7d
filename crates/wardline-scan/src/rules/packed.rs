//! The tree of a rule file in a compact form: what is built in is packed when the program is built, and read without a
//! parser.
//!
//! A node is a byte for its kind, its line, and its content: the length and bytes of a text, or how many parts follow.
//! Numbers are in seven bits a byte, lowest first. `build.rs` writes it.

use super::yaml::{Node, Value};

/// A text without quotes.
pub(super) const PLAIN: u8 = 0;
/// A text in quotes, or in a block.
pub(super) const QUOTED: u8 = 1;
/// A list.
pub(super) const LIST: u8 = 2;
/// A map.
pub(super) const MAP: u8 = 3;

/// Reads a packed tree; nothing when it is damaged.
pub(super) fn unpack(bytes: &[u8]) -> Option<Node> {
    let mut reader = Reader(bytes);
    reader.node().filter(|_| reader.0.is_empty())
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn node(&mut self) -> Option<Node> {
        let kind = self.byte()?;
        let line = u32::try_from(self.number()?).ok()?;
        let count = usize::try_from(self.number()?).ok()?;
        let value = match kind {
            PLAIN => Value::Plain(self.text(count)?),
            QUOTED => Value::Quoted(self.text(count)?),
            LIST => Value::List((0..count).map(|_| self.node()).collect::<Option<_>>()?),
            MAP => Value::Map((0..count).map(|_| self.entry()).collect::<Option<_>>()?),
            _ => return None,
        };
        Some(Node { line, value })
    }

    fn entry(&mut self) -> Option<(String, Node)> {
        let length = usize::try_from(self.number()?).ok()?;
        Some((self.text(length)?, self.node()?))
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
}
