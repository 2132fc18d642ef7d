//! Records every connection through the egress door: the decision before the connection, the volume after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wardline_audit::Kind;
use wardline_proxy::{Connection, Decision, Record};

use crate::record::{self, Body};
use crate::{Monitor, Subject};

/// Connections that were refused: host to the reason and how often.
pub(crate) type Refusals = BTreeMap<String, (String, u32)>;

/// Writes the door's decisions to a session's journal.
pub(crate) struct DoorRecord {
    monitor: Arc<Monitor>,
    subject: Subject,
    name: String,
    refused: Mutex<Refusals>,
}

impl DoorRecord {
    /// A record for the door called `name`; connections of different doors of one session are told apart by it.
    pub(crate) fn new(monitor: Arc<Monitor>, subject: Subject, name: &str) -> Self {
        Self { monitor, subject, name: name.to_owned(), refused: Mutex::default() }
    }

    pub(crate) fn refusals(&self) -> Refusals {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn call(&self, connection: &Connection) -> String {
        format!("{}-{}", self.name, connection.id)
    }
}

impl Record for DoorRecord {
    fn opening(&self, connection: &Connection) -> Result<(), String> {
        let mut body = Body::new();
        let host = format!("{}:{}", connection.host, connection.port);
        let (decision, because) = match &connection.decision {
            Decision::Allowed { rule } => ("allow", rule),
            Decision::Refused { reason } => ("deny", reason),
        };
        body.insert("decision".into(), decision.into());
        body.insert("host".into(), record::text(&host));
        body.insert("verb".into(), connection.verb.as_str().into());
        body.insert("addresses".into(), connection.addresses.iter().map(ToString::to_string).collect());
        body.insert("because".into(), because.clone().into());
        if !connection.allowed() {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.entry(host).or_insert_with(|| (because.clone(), 0)).1 += 1;
        }
        let call = self.call(connection);
        let appended = self.monitor.append(&self.subject, Kind::Egress, Some(&call), body);
        appended.map(drop).map_err(|e| e.to_string())
    }

    fn closed(&self, connection: &Connection, sent: u64, received: u64) {
        let mut body = Body::new();
        body.insert("host".into(), format!("{}:{}", connection.host, connection.port).into());
        body.insert("sent".into(), sent.into());
        body.insert("received".into(), received.into());
        // The connection is over; a journal that fails now stops the next one.
        self.monitor.append(&self.subject, Kind::Outcome, Some(&self.call(connection)), body).ok();
    }
}
