//! Telling processes apart for good: a number is used again, a number with a start time is not.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// One process of the host, for as long as the host is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot.
    pub start: u64,
}

impl Identity {
    /// This process.
    #[must_use]
    pub fn own() -> Self {
        let pid = std::process::id();
        Self { pid, start: start_of(Path::new("/proc/self/stat")).unwrap_or_default() }
    }

    /// Whether the process still runs. Where that cannot be told, it counts as running.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let stat = Path::new("/proc").join(self.pid.to_string()).join("stat");
        match start_of(&stat) {
            Some(start) => start == self.start || self.start == 0,
            // Without `/proc` nobody can be told dead.
            None => !Path::new("/proc/self/stat").exists(),
        }
    }

    /// It as a word that is fit for a file name.
    #[must_use]
    pub fn word(&self) -> String {
        format!("{}-{}", self.pid, self.start)
    }

    /// The identity that [`Identity::word`] wrote, at the beginning of `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        Some(Self { pid: parts.next()?.parse().ok()?, start: parts.next()?.parse().ok()? })
    }
}

/// The twenty-second field, counted from behind the name, which may hold anything.
fn start_of(stat: &Path) -> Option<u64> {
    // Longer than the line: it is read in one piece.
    let mut text = String::with_capacity(1024);
    File::open(stat).and_then(|mut file| file.read_to_string(&mut text)).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    // A process that has ended and waits for its parent holds nothing any more.
    let mut fields = rest.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_alive_and_nobody_else_is_we() {
        let own = Identity::own();
        assert!(own.is_alive() && own.start > 0);
        assert!(!Identity { start: own.start + 1, ..own }.is_alive());
        assert!(!Identity { pid: u32::MAX, start: 1 }.is_alive());
        assert_eq!(Identity::parse(&format!("{}-7", own.word())), Some(own));
        assert_eq!(Identity::parse("12"), None);
    }
}
