//! The browser's own protocol over its pipe: JSON messages, each ended by a zero byte.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long one answer may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the browser, or to one of its pages.
pub(super) struct Cdp {
    to: File,
    from: Receiver<Value>,
    next: u64,
    /// The page that commands go to.
    pub(super) session: Option<String>,
}

impl Cdp {
    /// Speaks over the two ends of a pipe.
    pub(super) fn new(to: File, from: File) -> Self {
        let (out, messages) = channel();
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut bytes = Vec::new();
            while from.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
                bytes.pop();
                let message = serde_json::from_slice(&bytes).unwrap_or_default();
                bytes.clear();
                if out.send(message).is_err() {
                    return;
                }
            }
        });
        Self { to, from: messages, next: 0, session: None }
    }

    /// Sends a command and waits for its answer.
    pub(super) fn call(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": parameters});
        if let (Some(session), Some(fields)) = (&self.session, message.as_object_mut()) {
            fields.insert("sessionId".to_owned(), session.clone().into());
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to
            .write_all(&bytes)
            .and_then(|()| self.to.flush())
            .map_err(|e| format!("the browser is gone: {e}"))?;
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let message =
                self.from.recv_timeout(left).map_err(|_| format!("{method}: no answer from the browser"))?;
            if message.get("id").and_then(Value::as_u64) != Some(self.next) {
                continue;
            }
            if let Some(error) = message.get("error") {
                return Err(format!("{method}: {error}"));
            }
            return Ok(message.get("result").cloned().unwrap_or_default());
        }
    }
}
