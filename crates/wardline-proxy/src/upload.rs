//! How much may leave: a budget for each connection and one for the whole session, taken from before bytes go out.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The budgets of a session, and what it has used. No budget is no limit.
#[derive(Debug, Default)]
pub struct Uploads {
    connection: Option<u64>,
    session: Option<u64>,
    used: AtomicU64,
}

/// Which budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// That of one connection, in bytes.
    Connection(u64),
    /// That of the session, in bytes.
    Session(u64),
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(limit) => write!(
                f,
                "the connection would send more than the {limit} bytes of network.upload.connection"
            ),
            Self::Session(limit) => {
                write!(f, "the session would send more than the {limit} bytes of network.upload.session")
            }
        }
    }
}

impl std::error::Error for Exhausted {}

impl Uploads {
    /// Budgets in bytes.
    #[must_use]
    pub const fn new(connection: Option<u64>, session: Option<u64>) -> Self {
        Self { connection, session, used: AtomicU64::new(0) }
    }

    /// What the session has sent so far, in bytes.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether a connection that has sent `sent` bytes may send `more`, taking nothing.
    ///
    /// # Errors
    /// Which budget is too small.
    pub fn allows(&self, sent: u64, more: u64) -> Result<(), Exhausted> {
        self.connection_allows(sent, more)?;
        match self.session {
            Some(limit) if self.used().saturating_add(more) > limit => Err(Exhausted::Session(limit)),
            _ => Ok(()),
        }
    }

    /// Takes `more` bytes for a connection that has sent `sent`: all of them or none.
    pub(crate) fn take(&self, sent: u64, more: u64) -> Result<(), Exhausted> {
        self.connection_allows(sent, more)?;
        let limit = self.session.unwrap_or(u64::MAX);
        let add = |used: u64| used.checked_add(more).filter(|used| *used <= limit);
        let taken = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        taken.map(drop).map_err(|_| Exhausted::Session(limit))
    }

    fn connection_allows(&self, sent: u64, more: u64) -> Result<(), Exhausted> {
        match self.connection {
            Some(limit) if sent.saturating_add(more) > limit => Err(Exhausted::Connection(limit)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_kept_to_the_byte() {
        let uploads = Uploads::new(Some(10), Some(15));
        assert_eq!(uploads.take(0, 11), Err(Exhausted::Connection(10)));
        assert_eq!(uploads.take(0, 10), Ok(()));
        assert_eq!(uploads.take(10, 1), Err(Exhausted::Connection(10)));
        assert_eq!(uploads.take(0, 6), Err(Exhausted::Session(15)), "a part of it is not taken");
        assert_eq!(uploads.allows(0, 5), Ok(()));
        assert_eq!(uploads.take(0, 5), Ok(()));
        assert_eq!(uploads.allows(0, 1), Err(Exhausted::Session(15)));
        assert_eq!(uploads.used(), 15);
        let free = Uploads::default();
        assert_eq!(free.take(u64::MAX, u64::MAX), Ok(()));
    }
}
