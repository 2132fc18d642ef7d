//! The actor: the process inside that tries one door, and says what the kernel answered.
//!
//! It knows where the bait lies, and no secret of it. It runs behind any wrapper that hands on its arguments and its
//! standard output.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::process::WaitOptions;
use wardline_sys::process::{Fork, fork, leave};

use super::{Probe, catalogue, host, judge};

/// The first argument of a process of the suite.
pub(super) const ACTOR: &str = "__wardline-attack";
/// How each line of an actor begins.
pub(super) const LINE: &str = "@wardline-attack";
/// How long a process that wants to live on lives, at most.
const LINGERS: Duration = Duration::from_secs(20);

/// Whether this process was started to take a part in the suite: then call [`actor_main`] before anything else.
pub fn is_actor(mut argv: impl Iterator<Item = impl AsRef<OsStr>>) -> bool {
    argv.nth(1).is_some_and(|argument| argument.as_ref() == ACTOR)
}

/// The whole life of a process of the suite.
#[must_use]
pub fn actor_main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(2).collect();
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match words.as_slice() {
        ["try", ids, scene] => attempts(ids, scene),
        ["linger", _mark] => linger(),
        ["victim"] => host::victim(),
        ["confined", manifest, ..] => {
            judge::confined(Path::new(manifest), arguments.get(2..).unwrap_or_default())
        }
        _ => ExitCode::from(2),
    }
}

/// Tries one door as this process, or several, each as a child of its own: what one does to itself, as entering a
/// namespace or dying of a filter, is nothing to the next.
fn attempts(ids: &str, scene: &str) -> ExitCode {
    let ids: Vec<&str> = ids.split(',').collect();
    for id in &ids {
        let Some((number, probe)) = catalogue::probes().enumerate().find(|(_, probe)| probe.id == *id) else {
            return ExitCode::from(2);
        };
        let scene = Scene::parse(scene, number);
        if ids.len() == 1 {
            scene.attempt(probe);
            continue;
        }
        match fork() {
            Ok(Fork::Child) => {
                scene.attempt(probe);
                leave(0)
            }
            Ok(Fork::Parent(child)) => {
                let _ended = rustix::process::waitpid(Some(child), WaitOptions::empty());
            }
            Err(_) => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}

fn say(mark: &str, what: &str, text: &str) {
    let line = format!("\n{LINE} {mark} {what} {}\n", text.replace(['\n', '\r'], " "));
    // A channel that is closed is an answer that does not arrive.
    let _unheard = io::stdout().write_all(line.as_bytes());
    let _unheard = io::stdout().flush();
}

/// Stays, as a daemon that was left behind would.
fn linger() -> ExitCode {
    let end = Instant::now() + LINGERS;
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    ExitCode::SUCCESS
}

/// Bytes as hex digits: a channel for anything.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the actor knows about the place it attacks.
#[derive(Debug)]
pub(super) struct Scene {
    words: BTreeMap<String, String>,
    mark: Mark,
}

/// The two texts by which the host knows one attempt.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// In what it says, and in the command lines of its processes.
    pub(super) said: String,
    /// In what it plants. Wrappers that write down command lines do not plant it.
    pub(super) planted: String,
}

impl Mark {
    /// The mark of the door at this place of the table.
    pub(super) fn of(base: &str, number: usize) -> Self {
        Self { said: format!("{base}{number:03}"), planted: format!("{}{number:03}", Self::any(base)) }
    }

    /// What every planted text of one suite begins with.
    pub(super) fn any(base: &str) -> String {
        base.chars().rev().collect()
    }
}

/// A shell-proof spelling: letters, digits and `=,/.-_:` only.
pub(super) fn scene_text<'a>(words: impl IntoIterator<Item = (&'a str, String)>) -> String {
    words.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

impl Scene {
    fn parse(text: &str, number: usize) -> Self {
        let words = text.split(',').filter_map(|word| word.split_once('='));
        let words: BTreeMap<String, String> =
            words.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let mark = Mark::of(words.get("mark").map_or("", String::as_str), number);
        Self { words, mark }
    }

    fn attempt(&self, probe: &Probe) {
        say(self.mark(), "start", "");
        match (probe.attempt)(self) {
            Ok(()) => say(self.mark(), "open", ""),
            Err(error) => say(self.mark(), "shut", &error.to_string()),
        }
    }

    pub(super) fn word(&self, key: &str) -> io::Result<&str> {
        self.words.get(key).map(String::as_str).ok_or_else(|| io::Error::other(format!("no {key} here")))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> io::Result<T> {
        self.word(key)?.parse().map_err(|_| io::Error::other(format!("{key} is no number")))
    }

    /// The text by which the host knows what this attempt says and starts.
    pub(super) fn mark(&self) -> &str {
        &self.mark.said
    }

    /// The text by which the host knows what this attempt plants.
    pub(super) fn seed(&self) -> &str {
        &self.mark.planted
    }

    /// A name that no honest file has.
    pub(super) fn name(&self) -> String {
        format!("wardline-attack-{}", self.seed())
    }

    /// A path of the bait.
    pub(super) fn at(&self, relative: &str) -> PathBuf {
        Path::new(self.words.get("root").map_or("/nowhere", String::as_str)).join(relative)
    }

    // ---- out of the sandbox

    /// Sends bytes out.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        say(self.mark(), "data", &hex(bytes));
        if bytes.is_empty() { Err(io::Error::other("nothing to send")) } else { Ok(()) }
    }

    /// Sends out what a file holds, as much as matters.
    pub(super) fn send_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(1 << 16).read_to_end(&mut bytes)?;
        self.send(&bytes)
    }

    /// Sends out the names in a directory.
    pub(super) fn send_names(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.extend_from_slice(entry?.file_name().as_encoded_bytes());
            names.push(b'\n');
        }
        self.send(&names)
    }

    // ---- onto the host

    /// Adds our text to a file, or makes it.
    pub(super) fn append(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(format!("\n# {}\n", self.seed()).as_bytes())
    }

    /// Puts a file of ours in the place of another.
    pub(super) fn replace(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let new = path.with_file_name(self.name());
        fs::write(&new, format!("# {}\n", self.seed()))?;
        fs::rename(&new, path).inspect_err(|_| drop(fs::remove_file(&new)))
    }

    /// Gets our text to a path by every means in turn: by writing, by replacing, by removing first, by a link, and by
    /// moving the directory away that holds it.
    pub(super) fn plant(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let parent = path.parent().unwrap_or(path);
        let made = fs::create_dir_all(parent);
        let first = self.append(path);
        if first.is_ok() {
            return Ok(());
        }
        let anew = || fs::remove_file(path).and_then(|()| self.append(path));
        let linked = || {
            let own = self.own(path)?;
            fs::remove_file(path)?;
            std::os::unix::fs::symlink(own, path)
        };
        let moved = || {
            fs::rename(parent, parent.with_file_name(self.name()))?;
            fs::create_dir_all(parent)?;
            self.append(path)
        };
        self.replace(path)
            .or_else(|_| anew())
            .or_else(|_| linked())
            .or_else(|_| moved())
            .or_else(|_| made.and(first))
    }

    /// A file of our own beside `path` or in the project.
    fn own(&self, path: &Path) -> io::Result<PathBuf> {
        let own = path.with_file_name(self.name());
        self.append(&own)?;
        Ok(own)
    }

    /// Opens a file for writing and writes nothing: for files of the kernel, which act on what they get.
    pub(super) fn writable(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::OpenOptions::new().write(true).open(path).map(drop)
    }
}

/// An error of the attempt itself, in words.
pub(super) fn no(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

/// This binary, as a command that takes another part.
pub(super) fn own_binary() -> io::Result<PathBuf> {
    std::env::current_exe()
}
