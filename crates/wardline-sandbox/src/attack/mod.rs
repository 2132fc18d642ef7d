//! The attack suite: what a hostile program would try, tried for real, and judged from the host.
//!
//! A [`Probe`] is one row of a table: which door, how it is tried, how the host sees that it is open. The *judge* lays
//! bait in a throw-away directory, starts the *actor* (this same binary, executed again) behind a confinement or behind
//! any other wrapper, and then looks at the host: did a file change, did secret bytes come out, was a listener reached,
//! does a process live on? What the actor says counts only where the kernel's answer is itself the effect: for calls
//! that open kernel surface, the call that succeeded is the open door.
//!
//! A binary that runs the suite begins its `main` with [`is_actor`] and [`actor_main`], after [`crate::is_stage`].

mod actor;
mod bait;
mod catalogue;
mod host;
mod judge;
mod report;
mod terminal;

pub use actor::{actor_main, is_actor};
pub use bait::Bait;
pub use catalogue::probes;
pub use judge::{AttackError, Behind, attack};
pub use report::{Outcome, Report, Result};

use actor::Scene;

/// What an open door would cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Secrets are readable.
    Secrets,
    /// The host's files can be changed.
    Writes,
    /// The guard's own files can be changed.
    Guard,
    /// Files of the project that run later on the host can be changed.
    Traps,
    /// Packets leave.
    Network,
    /// Something lives on after the end.
    Survivors,
    /// Processes of the host can be seen, read or signalled.
    Processes,
    /// Objects of the host that processes talk through can be used.
    Ipc,
    /// The terminal of the person acts.
    Terminal,
    /// Variables of the caller come in.
    Environment,
    /// Kernel surface that ordinary work does not need.
    Kernel,
}

impl Class {
    /// Every class, in the order of a report.
    pub const ALL: [Self; 11] = [
        Self::Secrets,
        Self::Writes,
        Self::Guard,
        Self::Traps,
        Self::Network,
        Self::Survivors,
        Self::Processes,
        Self::Ipc,
        Self::Terminal,
        Self::Environment,
        Self::Kernel,
    ];

    /// Its name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Writes => "writes",
            Self::Guard => "guard",
            Self::Traps => "traps",
            Self::Network => "network",
            Self::Survivors => "survivors",
            Self::Processes => "processes",
            Self::Ipc => "ipc",
            Self::Terminal => "terminal",
            Self::Environment => "environment",
            Self::Kernel => "kernel",
        }
    }
}

/// How the host sees that a door is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// The bait's secret of this name came out.
    Arrived(&'static str),
    /// At this path of the bait, or below it, lies what the actor planted.
    Planted(&'static str),
    /// The file or directory of the bait is not there any more, or has other rights.
    Altered(&'static str),
    /// A file of the project is set-user-id or set-group-id.
    SetId,
    /// This listener of the host was reached.
    Heard(&'static str),
    /// The process of the host that stands by is dead or was changed.
    Victim,
    /// A process of the actor's lives on.
    Lingering,
    /// The shared object of the host is not as it was.
    Shared,
    /// The terminal got what a person did not type, or shows what controls it.
    Terminal,
    /// The call succeeded: for kernel surface, that is the effect.
    Answer,
}

/// One door.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// A short stable name.
    pub id: &'static str,
    /// What is tried, in words.
    pub tries: &'static str,
    /// The number of the vector in the catalogue that the suite follows.
    pub vector: u8,
    /// What it would cost.
    pub class: Class,
    /// Whether a report with this door open is a failure.
    pub critical: bool,
    /// How the host judges.
    pub judge: Judge,
    /// A terminal is needed to try it.
    seated: bool,
    /// It changes something that the next door could miss.
    alone: bool,
    attempt: fn(&Scene) -> std::io::Result<()>,
}

impl Probe {
    const fn new(
        class: Class,
        vector: u8,
        id: &'static str,
        tries: &'static str,
        judge: Judge,
        attempt: fn(&Scene) -> std::io::Result<()>,
    ) -> Self {
        let critical = matches!(
            class,
            Class::Secrets
                | Class::Writes
                | Class::Guard
                | Class::Traps
                | Class::Network
                | Class::Survivors
                | Class::Processes
        );
        let alone = !matches!(judge, Judge::Arrived(_) | Judge::Answer);
        Self { id, tries, vector, class, critical, judge, seated: false, alone, attempt }
    }

    /// The same door, which does no great harm by itself.
    const fn minor(mut self) -> Self {
        self.critical = false;
        self
    }

    /// The same door, whose attempt changes something.
    const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The same door, tried by a program at a terminal.
    const fn seated(mut self) -> Self {
        self.seated = true;
        self.alone = true;
        self
    }
}
