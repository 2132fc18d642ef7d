//! The same confinement for macOS: a profile in Seatbelt's language (SBPL), as text. It is a pure function, so that it is
//! compiled and tested on every system; it has not been run on a Mac yet.
//!
//! Everything is denied that no rule allows, and of the rules that match an operation the last one decides. So the
//! allowing rules come first, and what is pinned or masked inside them comes after. Seatbelt has no mounts: what Linux
//! shows at another path is allowed at its own, a private home and `/tmp` are one directory of the session, and what
//! needs a network of the program's own (a server and its client on loopback) is refused. The result may be stricter
//! than on Linux, never wider than the confinement.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::confinement::{Confinement, Invalid};

/// What a session on macOS has besides its confinement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// A directory of its own, which stands for the private home and `/tmp`; gone at the end.
    pub private: PathBuf,
    /// The loopback port at which the egress door listens for this session.
    pub egress_port: Option<u16>,
}

/// What programs of macOS need to be started at all; for [`Confinement::read`].
#[must_use]
pub fn system_paths() -> Vec<PathBuf> {
    SYSTEM.iter().map(PathBuf::from).collect()
}

const SYSTEM: [&str; 14] = [
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/System/Library",
    "/System/Volumes/Preboot/Cryptexes",
    "/Library/Apple",
    "/Library/Developer/CommandLineTools",
    "/private/etc/localtime",
    "/private/etc/ssl",
    "/private/var/db/dyld",
];

/// What every program may do, whatever it may touch: be several processes, see and signal itself, ask for the size of
/// the machine, use its terminal.
const ALWAYS: &str = r#"(version 1)
(deny default)
(allow process-fork)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read
  (sysctl-name-prefix "hw.")
  (sysctl-name "kern.argmax")
  (sysctl-name "kern.maxfilesperproc")
  (sysctl-name "kern.osproductversion")
  (sysctl-name "kern.osrelease")
  (sysctl-name "kern.ostype")
  (sysctl-name "kern.version"))
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow pseudo-tty)
(allow file-read* file-write-data file-ioctl
  (literal "/dev/null")
  (literal "/dev/tty")
  (literal "/dev/zero"))
(allow file-read*
  (literal "/dev/random")
  (literal "/dev/urandom")
  (subpath "/dev/fd"))
"#;

const READ: &str = "file-read* file-map-executable process-exec*";
const WRITE: &str = "file-read* file-write* file-link file-clone file-map-executable process-exec*";
const EXECUTE: &str = "file-map-executable process-exec*";
const CHANGE: &str = "file-write* file-link file-clone";

/// The profile of `confinement`. Its paths are taken as they are: Seatbelt compares resolved ones, so give it canonical
/// paths (`/private/tmp`, not `/tmp`).
///
/// # Errors
/// When the confinement makes no sense, or a path cannot be written in the language.
pub fn profile(confinement: &Confinement, session: &Session) -> Result<String, Invalid> {
    confinement.check()?;
    let mut text = ALWAYS.to_owned();
    let project = if confinement.hollow { &[] } else { std::slice::from_ref(&confinement.project) };
    let writable: Vec<&Path> =
        project.iter().chain(&confinement.write).chain([&session.private]).map(PathBuf::as_path).collect();
    let given = confinement.files.iter().map(|(host, _)| host.as_path());
    let readable: Vec<&Path> = confinement.read.iter().map(PathBuf::as_path).chain(given.clone()).collect();

    // 1. The way to what is allowed: names and kinds of the directories above, and nothing in them.
    let above: BTreeSet<&Path> =
        writable.iter().chain(&readable).flat_map(|path| path.ancestors().skip(1)).collect();
    rule(&mut text, "allow", "file-read-metadata", "literal", above)?;
    // 2. What is allowed.
    rule(&mut text, "allow", READ, "subpath", readable)?;
    rule(&mut text, "allow", WRITE, "subpath", writable.iter().copied())?;
    let plain: Vec<&Path> = confinement.no_execute.iter().map(PathBuf::as_path).collect();
    rule(&mut text, "deny", EXECUTE, "subpath", plain)?;
    // 3. What stays as it is inside of that. What is held back for review on Linux cannot be changed here.
    let held_back = confinement.quarantined.iter().map(|held| held.path.as_path());
    let pinned = confinement.pinned.iter().map(PathBuf::as_path).chain(held_back).chain(given);
    let pinned: Vec<&Path> = pinned.collect();
    rule(&mut text, "deny", CHANGE, "subpath", pinned.iter().copied())?;
    // 4. What is hidden inside of that.
    let masked: Vec<&Path> = confinement.masked.iter().map(PathBuf::as_path).collect();
    rule(&mut text, "deny", WRITE, "subpath", masked.iter().copied())?;
    // 5. A rule is about a path, so nobody renames or removes a directory on the way to one that is protected.
    let protected = pinned.iter().chain(&masked).flat_map(|path| path.ancestors());
    let inside = protected.filter(|path| writable.iter().any(|root| path.starts_with(root)));
    let fixed: BTreeSet<&Path> = inside.chain(writable.iter().copied()).collect();
    rule(&mut text, "deny", "file-write-unlink", "literal", fixed)?;
    rule(&mut text, "deny", "file-write-setugid", "subpath", [Path::new("/")])?;
    network(&mut text, confinement, session)?;
    Ok(text)
}

/// The ways out: the egress door, loopback ports and sockets by name, and sockets in the session's own directory.
fn network(text: &mut String, confinement: &Confinement, session: &Session) -> Result<(), Invalid> {
    let egress = session.egress_port.filter(|_| confinement.egress.is_some());
    let ports: BTreeSet<u16> =
        egress.into_iter().chain(confinement.forwards.iter().map(|forward| forward.port)).collect();
    for port in ports {
        let _infallible = writeln!(text, "(allow network-outbound (remote ip \"localhost:{port}\"))");
    }
    for (host, _) in &confinement.sockets {
        let path = quoted(host)?;
        let _infallible = writeln!(text, "(allow network-outbound (remote unix-socket (literal {path})))");
    }
    let private = quoted(&session.private)?;
    let _infallible = writeln!(
        text,
        "(allow network-outbound (remote unix-socket (subpath {private})))\n(allow network-bind network-inbound (local \
         unix-socket (subpath {private})))"
    );
    Ok(())
}

/// One rule over paths; none when there are none, because a rule without a filter is about everything.
fn rule<'a>(
    text: &mut String,
    decision: &str,
    operations: &str,
    filter: &str,
    paths: impl IntoIterator<Item = &'a Path>,
) -> Result<(), Invalid> {
    let filters = paths.into_iter().map(|path| Ok(format!("\n  ({filter} {})", quoted(path)?)));
    let filters = filters.collect::<Result<Vec<_>, Invalid>>()?.concat();
    if !filters.is_empty() {
        let _infallible = writeln!(text, "({decision} {operations}{filters})");
    }
    Ok(())
}

/// A path as a string of the language. What could end the string, or is no text, is refused rather than guessed.
fn quoted(path: &Path) -> Result<String, Invalid> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control)).ok_or_else(|| Invalid {
        what: format!("`{}` has characters that a Seatbelt profile cannot hold; rename it", path.display()),
    })?;
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
