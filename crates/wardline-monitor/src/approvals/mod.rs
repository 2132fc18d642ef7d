//! Approvals: how a question that the policy asks reaches a person, and how their answer comes back.
//!
//! The asking side is the monitor of a session, or a hook that decides alone; the answering side is a terminal, `wardline
//! approve` or the web page. They meet on a [`Board`], a directory of the state directory, which no confined program sees and
//! which the policy guards where nothing is confined. The [`Question`] is everything the person is shown; its digest goes into
//! the [`Answer`], so an answer is about exactly this action. [`Ticket`] is what the asking side keeps, in memory: an answer is
//! good once, in time, for these bytes, while the files that would be run or edited are what they were.
//!
//! Pure in the middle ([`question`], [`ticket`], [`render`]), files at the rim ([`board`], [`bound`]).

pub mod board;
pub mod bound;
mod broker;
mod controls;
pub(crate) mod describe;
mod desktop;
mod edits;
pub mod pace;
pub mod question;
pub mod render;
pub mod seat;
pub mod ticket;
pub mod word;

pub use board::{Board, BoardError};
pub use bound::Bound;
pub use broker::{Broker, Told, Wanted};
pub use controls::{Grant, Mode, Pause, Scope, Switch};
pub use edits::{Change, Proposed, preview};
pub use question::{Answer, Edit, Question, Say, SubCommand, Touched, Why};
pub use render::{Row, lookalikes, rows, visible};
pub use ticket::{Refused, Ticket};
