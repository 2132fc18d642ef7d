//! The local page in the browser: what agents did, what waits for an answer, what may be undone, which rules hold.
//!
//! The server renders whole pages; one small script makes them live and usable from the keyboard. Nothing is decided here: every
//! button calls what the command line calls. A page that can answer for the person is worth more to an agent than any file, so
//! the way in is narrow: [`guard`](guard.rs) says who is let in, `html` that nothing an agent wrote can act or hide in a page.
#![forbid(unsafe_code)]

mod answer;
mod guard;
mod html;
mod journal;
mod live;
mod panes;
mod pending;
mod routes;
mod secret;
mod server;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wardline_monitor::World;
use wardline_monitor::doctor::Finding;
use wardline_monitor::rules::Draft;
use wardline_monitor::undo::Prepared;

use crate::panes::{changes, manage};
use crate::pending::Pending;

pub use server::{Links, Server};

/// Where the page is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On a loopback address that is made up anew each time, and a port that is free.
    Loopback,
    /// On a socket of this name, which only its owner can open; for a port that `ssh -L` leads to it.
    Socket(PathBuf),
}

/// What the page is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Where everything is.
    pub world: World,
    /// What else the doctor finds: the hooks of the agents, which this crate knows nothing of.
    pub findings: fn(&World) -> Vec<Finding>,
}

/// Why the page cannot be served; nothing listens then.
#[derive(Debug)]
pub enum UiError {
    /// No address or socket could be had.
    Listen(String, io::Error),
    /// There is no randomness to make secrets of.
    Randomness(io::Error),
    /// The threads of the server could not be started.
    Start(io::Error),
}

impl fmt::Display for UiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(place, e) => write!(f, "{place}: cannot listen there: {e}"),
            Self::Randomness(e) => write!(f, "no random secret can be had: {e}; is /dev/urandom there?"),
            Self::Start(e) => write!(f, "the server cannot be started: {e}"),
        }
    }
}

impl std::error::Error for UiError {}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) subject: Subject,
    pub(crate) door: guard::Door,
    journal: Mutex<journal::Log>,
    /// Reverts that were shown and wait for a second click.
    pub(crate) reverts: Pending<Prepared>,
    /// Held changes that were shown and wait for one.
    pub(crate) held: Pending<changes::HeldShown>,
    /// Changes of rules that were shown and wait for one.
    pub(crate) drafts: Pending<Draft>,
    /// Rules from a question that were shown and wait for one.
    pub(crate) rules: Pending<manage::RulesShown>,
    /// What the scan said last.
    pub(crate) findings: changes::LastScan,
}

impl Ui {
    pub(crate) fn new(subject: Subject, host: guard::Name) -> io::Result<Self> {
        let journal = Mutex::new(journal::Log::of(&subject.world.journal()));
        let door = guard::Door::new(host);
        let (reverts, held, drafts) = (Pending::default(), Pending::default(), Pending::default());
        let rules = Pending::default();
        Ok(Self {
            door,
            journal,
            reverts,
            held,
            drafts,
            rules,
            findings: changes::LastScan::default(),
            subject,
        })
    }

    pub(crate) fn world(&self) -> &World {
        &self.subject.world
    }

    /// The journal, with everything that was written until now.
    pub(crate) fn journal(&self) -> MutexGuard<'_, journal::Log> {
        let mut log = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        log.catch_up();
        log
    }
}
