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

use crate::approvals::Bound;

/// Proof that the monitor allowed one action and that the decision is on disk.
#[derive(Debug)]
#[must_use = "a permit that is dropped leaves an intent without an outcome in the journal"]
pub struct Permit {
    session: String,
    call: String,
    seq: u64,
    bound: Vec<Bound>,
}

impl Permit {
    /// Only the monitor makes one, and only from the receipt of a recorded decision.
    pub(crate) fn new(session: &str, call: &str, receipt: &Receipt) -> Self {
        Self { session: session.to_owned(), call: call.to_owned(), seq: receipt.seq, bound: Vec::new() }
    }

    /// The same permit, good only while these files are what they are.
    pub(crate) fn bound_to(self, bound: Vec<Bound>) -> Self {
        Self { bound, ..self }
    }

    /// The first of the files that it is bound to and that is not what it was.
    pub(crate) fn changed(&self) -> Option<&str> {
        Bound::first_changed(&self.bound)
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
