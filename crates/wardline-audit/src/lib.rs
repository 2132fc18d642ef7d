//! Journal entries, hash chain, verification and the append-only writer.
//!
//! The journal is one JSONL file. Each row is one line and carries the hash of the row before it, so that an edit, a
//! deletion, an insertion or a reordering breaks the chain at that row. A small file beside it (`<journal>.head`)
//! remembers the last row, so that cutting rows off the end shows too.
//!
//! - [`Journal::append`] returns only after the row is on the disk; an error means "not recorded", and the caller
//!   must not go on. Many processes may append to one journal at the same time.
//! - [`verify`] walks the whole chain and says where it first breaks.
//! - [`read`] and [`follow`] give entries, [`export`] copies them with a manifest.
//! - [`wardline_secrets::redact`] takes secrets out of text; every string of a draft goes through it before it is hashed and written.
//!
//! What the chain cannot show: somebody who may write both files can forge a whole new journal. Keep the journal
//! where the agent cannot write, and keep exported heads elsewhere.
#![forbid(unsafe_code)]

mod chain;
mod entry;
mod error;
mod export;
mod head;
mod journal;
mod read;
mod store;
mod verify;

pub use entry::{Draft, Entry, Kind, MAX_ROW};
pub use error::{Flaw, JournalError};
pub use export::{Format, Manifest, export};
pub use journal::{Journal, Receipt};
pub use read::{Entries, Follow, Start, follow, read};
pub use verify::{BadRow, Gap, HeadState, MissingOutcome, Report, verify};
