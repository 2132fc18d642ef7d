//! Reading JSON that somebody else wrote: whole and strict for decisions, a tolerant glimpse for blind blocks.
//!
//! The strict reader refuses what two readers could understand differently (duplicate keys, bad UTF-8) and what
//! could exhaust the process (size, depth, number of values). The glimpse never fails: it looks at the beginning
//! of broken bytes for the few top-level strings that tell who is speaking.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::call::Malformed;

/// Most bytes of one hook input.
pub const MAX_BYTES: usize = 8 << 20;
/// Deepest nesting of one hook input.
pub const MAX_DEPTH: usize = 64;
/// Most values (of any kind) in one hook input.
pub const MAX_VALUES: usize = 200_000;

/// Parses one whole JSON text.
pub(crate) fn strict(input: &[u8]) -> Result<Value, Malformed> {
    if input.len() > MAX_BYTES {
        return Err(Malformed::TooLarge { limit: MAX_BYTES });
    }
    let text = std::str::from_utf8(input).map_err(|_| Malformed::NotUtf8)?;
    let mut budget = Budget { values: 0, refused: None };
    let mut reader = serde_json::Deserializer::from_str(text);
    let parsed = Strict { budget: &mut budget, depth: 0 }.deserialize(&mut reader);
    let finished = parsed.and_then(|value| reader.end().map(|()| value));
    finished.map_err(|error| budget.refused.take().unwrap_or_else(|| Malformed::NotJson(error.to_string())))
}

/// Counts what has been read, and keeps the exact refusal that serde's error type cannot carry.
struct Budget {
    values: usize,
    refused: Option<Malformed>,
}

struct Strict<'a> {
    budget: &'a mut Budget,
    depth: usize,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(&mut self, why: Malformed) -> E {
        let text = why.to_string();
        self.budget.refused = Some(why);
        E::custom(text)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.values += 1;
        if self.budget.values > MAX_VALUES {
            return Err(self.refuse(Malformed::TooMany { limit: MAX_VALUES }));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(Malformed::TooDeep { limit: MAX_DEPTH }));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict { budget: self.budget, depth: self.depth + 1 })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(self.refuse(Malformed::DuplicateKey(key)));
            }
            let value = access.next_value_seed(Strict { budget: self.budget, depth: self.depth + 1 })?;
            map.insert(key, value);
        }
        if map.len() > MAX_VALUES {
            return Err(A::Error::custom("too many keys"));
        }
        Ok(Value::Object(map))
    }
}

/// How far into broken bytes a glimpse goes.
const GLIMPSE_BYTES: usize = 64 << 10;

/// What the beginning of a broken input still tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Glimpse {
    /// Top-level keys, in order.
    pub(crate) keys: Vec<String>,
    /// Top-level `hook_event_name`.
    pub(crate) event: Option<String>,
    /// Top-level `tool_name`.
    pub(crate) tool: Option<String>,
    /// Top-level `"stop_hook_active": true`.
    pub(crate) stop_hook_active: bool,
}

impl Glimpse {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|seen| seen == key)
    }
}

/// Looks at the top level of the first 64 KiB; whatever is nested is skipped, so a tool's input cannot pose as
/// the envelope.
pub(crate) fn glimpse(input: &[u8]) -> Glimpse {
    let mut seen = Glimpse::default();
    let mut depth = 0_usize;
    let mut key: Option<String> = None;
    let mut bytes = input.iter().copied().take(GLIMPSE_BYTES).peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => key = None,
            b'"' => {
                let text = string(&mut bytes);
                if depth != 1 {
                    continue;
                }
                match key.take() {
                    None => {
                        seen.keys.push(text.clone());
                        key = Some(text);
                    }
                    Some(name) => note(&mut seen, &name, &text),
                }
            }
            b't' if depth == 1 && key.as_deref() == Some("stop_hook_active") => seen.stop_hook_active = true,
            _ => {}
        }
    }
    seen
}

fn note(seen: &mut Glimpse, key: &str, value: &str) {
    let slot = match key {
        "hook_event_name" => &mut seen.event,
        "tool_name" => &mut seen.tool,
        _ => return,
    };
    // The first one counts: a second is an attempt to be read differently.
    if slot.is_none() {
        *slot = Some(value.to_owned());
    }
}

/// The rest of a string whose opening quote has been read. Escapes are kept raw but for the escaped quote.
fn string(bytes: &mut impl Iterator<Item = u8>) -> String {
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(bytes.next()),
            other => text.push(other),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_refuses_what_two_readers_could_read_differently() {
        let deep = format!("{}1{}", "[".repeat(80), "]".repeat(80));
        let cases: &[(&[u8], Malformed)] = &[
            (br#"{"a":1,"a":2}"#, Malformed::DuplicateKey("a".into())),
            (br#"{"a":{"b":1,"\u0062":2}}"#, Malformed::DuplicateKey("b".into())),
            (b"\xff{}", Malformed::NotUtf8),
            (b"{\"a\":\"\xc3\x28\"}", Malformed::NotUtf8),
            (deep.as_bytes(), Malformed::TooDeep { limit: MAX_DEPTH }),
        ];
        for (input, wanted) in cases {
            assert_eq!(strict(input).as_ref(), Err(wanted));
        }
        for garbage in
            ["", "null x", "{", "{\"a\":}", "{\"a\":1}{\"b\":2}", "\u{feff}{}", "{\"a\":1e999}", "{'a':1}"]
        {
            assert!(matches!(strict(garbage.as_bytes()), Err(Malformed::NotJson(_))), "{garbage:?}");
        }
        let wide = format!("[{}0]", "0,".repeat(MAX_VALUES));
        assert_eq!(strict(wide.as_bytes()), Err(Malformed::TooMany { limit: MAX_VALUES }));
        assert_eq!(strict(&vec![b' '; MAX_BYTES + 1]), Err(Malformed::TooLarge { limit: MAX_BYTES }));
    }

    #[test]
    fn glimpse_reads_the_envelope_and_nothing_nested() {
        let cases = [
            (r#"{"hook_event_name":"PreToolUse","tool_input":"#, Some("PreToolUse")),
            (
                r#"{"tool_input":{"hook_event_name":"Stop"},"hook_event_name":"BeforeTool""#,
                Some("BeforeTool"),
            ),
            (r#"{"x":"\"hook_event_name\":\"Stop\"","hook_event_name" : "preToolUse"#, Some("preToolUse")),
            (r#"{"hook_event_name":"A","hook_event_name":"B"}"#, Some("A")),
            (r#"[{"hook_event_name":"A"}]"#, None),
            ("garbage", None),
        ];
        for (input, wanted) in cases {
            assert_eq!(glimpse(input.as_bytes()).event.as_deref(), wanted, "{input}");
        }
        assert!(glimpse(br#"{"stop_hook_active": true"#).stop_hook_active);
        assert!(
            !glimpse(br#"{"last":"\"stop_hook_active\":true","stop_hook_active":false}"#).stop_hook_active
        );
        assert!(!glimpse(br#"{"tool_input":{"stop_hook_active":true}}"#).stop_hook_active);
    }
}
