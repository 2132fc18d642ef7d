//! Records every connection through the egress door: the decision before the connection, the volume after it.
//!
//! What is allowed is recorded each time at first, and counted when the same host has been reached often. What is refused
//! is recorded in full once for each host and reason and counted after that. A program that does not give up must not fill
//! the disk; the counts stay exact, and stand in the totals at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wardline_audit::Kind;
use wardline_proxy::{Connection, Decision, Record};

use crate::record::{self, Body};
use crate::session::RefusedConnection;
use crate::{Monitor, MonitorError, Subject};

/// Connections to one host by one rule that have rows of their own.
const EACH: u64 = 100;
/// Refusals, and hosts that are reached, that are told apart; others are only counted.
const KINDS: usize = 256;

/// Writes the door's decisions to a session's journal.
pub(crate) struct DoorRecord {
    monitor: Arc<Monitor>,
    subject: Subject,
    name: String,
    seen: Mutex<Seen>,
}

/// What came to the door so far.
#[derive(Debug, Default)]
struct Seen {
    /// Host and reason to how often.
    refused: BTreeMap<(String, String), u32>,
    /// Refusals beyond [`KINDS`].
    others: u32,
    /// Host and rule to how many connections were let through.
    allowed: BTreeMap<(String, String), u64>,
    /// Connections to others than [`KINDS`] hosts.
    allowed_others: u64,
    /// Connections whose end is worth a row too, by their numbers.
    told: BTreeSet<u64>,
    /// Connections that ended, and the bytes that went out and came in.
    ended: u64,
    sent: u64,
    received: u64,
}

impl Seen {
    /// Counts a refusal. Returns how often it came if that is worth a row: the first time, and whenever the count gains a
    /// digit. Told apart from the others or not.
    fn refuse(&mut self, host: &str, because: &str) -> Option<(u32, bool)> {
        let key = (host.to_owned(), because.to_owned());
        let known = self.refused.contains_key(&key) || self.refused.len() < KINDS;
        let count = if known { self.refused.entry(key).or_default() } else { &mut self.others };
        *count = count.saturating_add(1);
        let worth = count.checked_ilog10().is_some_and(|digits| *count == 10_u32.pow(digits));
        worth.then_some((*count, known))
    }
}

impl Seen {
    /// Counts a connection that is let through. Returns which one of its kind it is if that is worth a row: the first
    /// ones, and whenever the count gains a digit.
    fn allow(&mut self, id: u64, host: &str, because: &str) -> Option<u64> {
        let key = (host.to_owned(), because.to_owned());
        let known = self.allowed.contains_key(&key) || self.allowed.len() < KINDS;
        let count = if known { self.allowed.entry(key).or_default() } else { &mut self.allowed_others };
        *count = count.saturating_add(1);
        let digit = count.checked_ilog10().is_some_and(|digits| *count == 10_u64.pow(digits));
        let worth = digit || (known && *count <= EACH);
        let count = *count;
        if worth {
            self.told.insert(id);
        }
        worth.then_some(count)
    }
}

impl DoorRecord {
    /// A record for the door called `name`; connections of different doors of one session are told apart by it.
    pub(crate) fn new(monitor: Arc<Monitor>, subject: Subject, name: &str) -> Self {
        Self { monitor, subject, name: name.to_owned(), seen: Mutex::default() }
    }

    /// What was refused, each kind with how often.
    pub(crate) fn refusals(&self) -> Vec<RefusedConnection> {
        let seen = self.seen();
        let mut refusals: Vec<RefusedConnection> = seen
            .refused
            .iter()
            .map(|((host, because), times)| (host.clone(), because.clone(), *times))
            .collect();
        if seen.others > 0 {
            refusals.push((
                "other hosts".to_owned(),
                "more refusals than are told apart".to_owned(),
                seen.others,
            ));
        }
        refusals
    }

    /// Records the totals at the end of a session, if anything came to the door.
    ///
    /// # Errors
    /// When it could not be recorded.
    pub(crate) fn finish(&self) -> Result<(), MonitorError> {
        let seen = self.seen();
        let refused = seen.refused.values().fold(seen.others, |sum, times| sum.saturating_add(*times));
        if refused == 0 && seen.ended == 0 {
            return Ok(());
        }
        let mut body = Body::new();
        body.insert("door".into(), self.name.clone().into());
        body.insert("connections".into(), seen.ended.into());
        body.insert("refused".into(), refused.into());
        let often = seen.allowed.iter().filter(|(_, times)| **times > EACH);
        let mut often: Vec<String> =
            often.map(|((host, because), times)| format!("{host} {times} ({because})")).collect();
        if seen.allowed_others > 0 {
            often.push(format!("other hosts {}", seen.allowed_others));
        }
        if !often.is_empty() {
            body.insert("often".into(), record::listed(often.into_iter()));
        }
        body.insert("sent".into(), seen.sent.into());
        body.insert("received".into(), seen.received.into());
        drop(seen);
        self.monitor.append(&self.subject, Kind::Note, None, body)?;
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, connection: &Connection) -> String {
        format!("{}-{}", self.name, connection.id)
    }
}

/// Where a connection leads. Who is turned away before saying so has named no host.
fn named(connection: &Connection) -> String {
    if connection.host.is_empty() {
        return "no host".to_owned();
    }
    format!("{}:{}", connection.host, connection.port)
}

impl Record for DoorRecord {
    fn opening(&self, connection: &Connection) -> Result<(), String> {
        let mut body = Body::new();
        let mut host = named(connection);
        let (decision, because) = match &connection.decision {
            Decision::Allowed { rule } => {
                let Some(times) = self.seen().allow(connection.id, &host, rule) else { return Ok(()) };
                if times > EACH {
                    body.insert("times".into(), times.into());
                }
                ("allow", rule)
            }
            Decision::Refused { reason } => {
                let Some((times, known)) = self.seen().refuse(&host, reason) else { return Ok(()) };
                if !known {
                    "other hosts".clone_into(&mut host);
                }
                body.insert("times".into(), times.into());
                ("deny", reason)
            }
        };
        body.insert("decision".into(), decision.into());
        body.insert("host".into(), record::text(&host));
        body.insert("verb".into(), connection.verb.as_str().into());
        if let wardline_proxy::Verb::Http { path, .. } = &connection.verb {
            body.insert("path".into(), record::text(path));
        }
        body.insert("addresses".into(), connection.addresses.iter().map(ToString::to_string).collect());
        body.insert("because".into(), record::text(because));
        let appended = self.monitor.append(&self.subject, Kind::Egress, Some(&self.call(connection)), body);
        appended.map(drop).map_err(|e| e.to_string())
    }

    fn closed(&self, connection: &Connection, sent: u64, received: u64) {
        let mut seen = self.seen();
        seen.ended += 1;
        seen.sent = seen.sent.saturating_add(sent);
        seen.received = seen.received.saturating_add(received);
        if !seen.told.remove(&connection.id) {
            return;
        }
        drop(seen);
        let mut body = Body::new();
        body.insert("host".into(), named(connection).into());
        body.insert("sent".into(), sent.into());
        body.insert("received".into(), received.into());
        // The connection is over; a journal that fails now stops the next one.
        self.monitor.append(&self.subject, Kind::Outcome, Some(&self.call(connection)), body).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_connections_is_counted_exactly_in_few_rows() {
        let mut seen = Seen::default();
        let rows = (0..100_000).filter(|id| seen.allow(*id, "a.test:443", "rule").is_some()).count();
        assert_eq!(rows, 103, "the first hundred, 1,000, 10,000, 100,000");
        assert_eq!(seen.told.len(), 103, "each of those has a row for its end too");
        let hosts =
            (0..100_000).filter(|id| seen.allow(*id, &format!("h{id}.test:443"), "rule").is_some()).count();
        assert!(hosts < KINDS + 6, "{hosts}");
        assert_eq!(seen.allowed.values().sum::<u64>() + seen.allowed_others, 200_000);
    }

    #[test]
    fn a_flood_of_refusals_is_a_handful_of_rows() {
        let mut seen = Seen::default();
        let rows = (0..100_000).filter(|_| seen.refuse("a.test:443", "no rule").is_some()).count();
        assert_eq!(rows, 6, "1, 10, 100, 1,000, 10,000, 100,000");
        let rows = (0..100_000)
            .filter(|number| seen.refuse(&format!("h{number}.test:443"), "no rule").is_some())
            .count();
        assert!(rows < KINDS + 6, "{rows}");
        assert_eq!(seen.refused.len(), KINDS);
        let counted: u32 = seen.refused.values().sum::<u32>() + seen.others;
        assert_eq!(counted, 200_000, "every one is counted");
    }
}
