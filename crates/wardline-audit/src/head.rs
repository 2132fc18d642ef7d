//! The side file `<journal>.head`: number and hash of the last row, so that rows cut off the end are missed.
//!
//! It has a fixed width and is overwritten in place with one small write, after the row is durable. So it may lag
//! behind the journal by rows whose writer was killed in between, and never runs ahead of it.

use crate::entry::GENESIS;

/// The width of the file in bytes.
pub(crate) const WIDTH: usize = 136;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: String,
}

/// What the side file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file, or an empty one.
    Nothing,
    /// Something that is no head.
    Unreadable,
    At(Head),
}

impl Head {
    /// The head of a journal without rows. It is written before the first row, so that a journal with rows but
    /// without a head is always worth a remark.
    pub(crate) fn genesis() -> Self {
        Self { seq: 0, hash: GENESIS.to_owned() }
    }

    pub(crate) fn encode(&self) -> String {
        // The number stands on both sides of the hash, so that a half-written head does not pass for a whole one.
        let Self { seq, hash } = self;
        format!("{{\"v\":1,\"seq\":{seq:>20},\"hash\":\"{hash}\",\"end\":{seq:>20}}}\n")
    }
}

/// Reads the side file's bytes.
pub(crate) fn parse(bytes: &[u8]) -> Found {
    if bytes.is_empty() {
        return Found::Nothing;
    }
    let head = (bytes.len() == WIDTH).then(|| std::str::from_utf8(bytes).ok()).flatten().and_then(|text| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let hash = value.get("hash")?.as_str().filter(|hash| hash.len() == GENESIS.len())?;
        let seq = value
            .get("seq")?
            .as_u64()
            .filter(|seq| value.get("end").and_then(|end| end.as_u64()) == Some(*seq))?;
        Some(Head { seq, hash: hash.to_owned() })
    });
    head.map_or(Found::Unreadable, Found::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_has_a_fixed_width_and_reads_back() {
        for seq in [0, 1, 99, u64::MAX] {
            let head = Head { seq, hash: "ab".repeat(32) };
            let text = head.encode();
            assert_eq!(text.len(), WIDTH, "{text}");
            assert_eq!(parse(text.as_bytes()), Found::At(head));
        }
    }

    #[test]
    fn damaged_heads_are_unreadable_and_empty_ones_are_nothing() {
        assert_eq!(parse(b""), Found::Nothing);
        let text = Head::genesis().encode();
        let half = Head { seq: 1, hash: "ab".repeat(32) }.encode();
        for cut in 1..WIDTH {
            let mixed = [&half.as_bytes()[..cut], &text.as_bytes()[cut..]].concat();
            let parsed = parse(&mixed);
            assert!(
                matches!(parsed, Found::Unreadable) || mixed == text.as_bytes() || mixed == half.as_bytes()
            );
        }
        for bytes in [&text.as_bytes()[1..], b"{}", &[0; WIDTH], b"\xff"] {
            assert_eq!(parse(bytes), Found::Unreadable);
        }
    }
}
