//! The words for effects in JSON and in reports, and effects under another path.

use super::{Effect, EffectKind, Target, Zone, zone};
use crate::refusal::Ground;

impl EffectKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::Link => "link",
            Self::Format => "format",
            Self::Execute => "execute",
            Self::Run => "run",
            Self::Fetch => "fetch",
            Self::Send => "send",
            Self::Listen => "listen",
            Self::RemoteShell => "remote-shell",
            Self::Tunnel => "tunnel",
            Self::Exhaust => "exhaust",
            Self::Signal => "signal",
            Self::Persist => "persist",
            Self::Escalate => "escalate",
            Self::Evade => "evade",
            Self::Power => "power",
            Self::Service => "service",
            Self::Discard => "discard",
            Self::Rewrite => "rewrite",
            Self::Push => "push",
            Self::Publish => "publish",
            Self::Drop => "drop",
            Self::Destroy => "destroy",
            Self::Install => "install",
            Self::Configure => "configure",
            Self::Deceive => "deceive",
            Self::Unknown => "unknown",
        }
    }
}

impl Zone {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::ProjectCritical => "project-critical",
            Self::Temp => "temp",
            Self::Home => "home",
            Self::Secret => "secret",
            Self::System => "system",
            Self::Device => "device",
            Self::Sink => "sink",
            Self::Kernel => "kernel",
            Self::Elsewhere => "elsewhere",
            Self::Unknown => "unknown",
        }
    }
}

impl Effect {
    /// The same effect on the path that its own path really leads to.
    #[must_use]
    pub fn at(&self, real: &str, ground: &Ground<'_>) -> Self {
        let mut moved = self.clone();
        if let Target::Path { path, zone, .. } = &mut moved.target {
            moved.trace.push(format!("`{path}` leads to `{real}`"));
            real.clone_into(path);
            *zone = zone::of(real, ground);
        }
        moved
    }
}
