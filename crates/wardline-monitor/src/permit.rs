//! The permit: the proof that one action was decided, allowed and durably recorded.
//!
//! Its fields are private to this module's crate, it is neither `Clone` nor `Copy`, and an effect consumes it. So an
//! effect without a decision, or two effects from one, does not compile.
//!
//! ```compile_fail
//! let permit = wardline_monitor::Permit { call: String::new(), session: String::new(), seq: 0 };
//! ```
//!
//! ```compile_fail
//! fn twice(permit: wardline_monitor::Permit) {
//!     let copy = permit.clone();
//! }
//! ```

use wardline_audit::Receipt;

/// Proof that the monitor allowed one action and that the decision is on disk.
#[derive(Debug)]
#[must_use = "a permit that is dropped leaves an intent without an outcome in the journal"]
pub struct Permit {
    session: String,
    call: String,
    seq: u64,
}

impl Permit {
    /// Only the monitor makes one, and only from the receipt of a recorded decision.
    pub(crate) fn new(session: &str, call: &str, receipt: &Receipt) -> Self {
        Self { session: session.to_owned(), call: call.to_owned(), seq: receipt.seq }
    }

    /// The session in which it was given.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// The call it is for; the outcome is recorded under it.
    #[must_use]
    pub fn call(&self) -> &str {
        &self.call
    }

    /// The journal row of the decision.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Hands the effect over to the host program that asked; its outcome comes through the host's own report.
    pub fn hand_over(self) {}
}
