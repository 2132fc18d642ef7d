//! Where a path lies, as its text says, and which places a path or pattern takes in.

use std::borrow::Cow;

use super::files::secret;
use crate::names;
use crate::paths::is_normal;
use crate::refusal::Ground;

/// The part of the machine that a path lies in. Links are not followed: whoever can look at files may know better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Zone {
    /// The project.
    Project,
    /// Files of the project that decide what runs later: `.git`, agent and editor settings.
    ProjectCritical,
    /// Temporary directories.
    Temp,
    /// The home directory, outside the project.
    Home,
    /// Keys and credential stores.
    Secret,
    /// The operating system.
    System,
    /// Device files that hold data or control hardware; not `/dev/null` and its like.
    Device,
    /// Device files that are made to be written and read: null, zero, full, random, tty, std*, fd.
    Sink,
    /// Kernel interfaces: `/proc`, `/sys`.
    Kernel,
    /// None of these.
    Elsewhere,
    /// It can't be told.
    Unknown,
}

/// Names below `/dev` that are made to be read and written. What begins with `tty` and the like counts too. Sorted.
const SINKS: &[&str] = &[
    "console", "fd", "full", "fuse", "input", "kmsg", "kvm", "log", "net", "null", "ptmx", "pts", "random",
    "snd", "stderr", "stdin", "stdout", "tcp", "tty", "udp", "urandom", "xconsole", "zero",
];

/// The zone of an absolute path.
pub(crate) fn of(path: &str, ground: &Ground<'_>) -> Zone {
    if !path.starts_with('/') {
        return Zone::Unknown;
    }
    let path = &*resolved(path, ground.cwd);
    if secret::is(path) {
        return Zone::Secret;
    }
    if is_project(ground) && within(path, ground.project) {
        return in_project(path, ground.project);
    }
    if is_home(ground) && within(path, ground.home) {
        return Zone::Home;
    }
    let mut parts = path.split('/').skip(1);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (first, second) {
        ("tmp", _) | ("var", "tmp") | ("dev", "shm") => Zone::Temp,
        // Where macOS keeps the temporary files of each user.
        ("var", "folders") if path.len() > "/var/folders".len() => Zone::Temp,
        ("proc" | "sys", _) => Zone::Kernel,
        ("dev", "") => Zone::System,
        ("dev", name) if is_sink(name) => Zone::Sink,
        ("dev", _) => Zone::Device,
        ("", _) | ("home" | "Users", "") => Zone::System,
        _ if names::is_system(first) => Zone::System,
        _ if is_pattern(first) && names::system().any(|name| matches(first, name)) => Zone::System,
        _ => Zone::Elsewhere,
    }
}

fn is_sink(name: &str) -> bool {
    SINKS.binary_search(&name).is_ok()
        || ["tty", "pty", "video", "dsp", "audio"].iter().any(|start| name.starts_with(start))
}

/// A project that is the machine, a home, or holds one has no zone of its own.
fn is_project(ground: &Ground<'_>) -> bool {
    let name = ground.project.trim_start_matches('/');
    !name.is_empty() && !within(ground.home, ground.project) && !names::is_system(name)
}

fn is_home(ground: &Ground<'_>) -> bool {
    ground.home.len() > 1 && ground.home.starts_with('/')
}

fn in_project(path: &str, project: &str) -> Zone {
    let inside = path.get(project.len()..).unwrap_or_default();
    let critical = inside.split('/').any(|part| {
        names::is_critical(part)
            || (is_pattern(part)
                && part.starts_with('.')
                && names::critical().any(|name| matches(part, name)))
    });
    if critical { Zone::ProjectCritical } else { Zone::Project }
}

/// Is `path` the directory `place` or something below it?
pub(crate) fn within(path: &str, place: &str) -> bool {
    let place = place.trim_end_matches('/');
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Like [`resolve`]; a path that is resolved already stays.
fn resolved<'a>(path: &'a str, cwd: &str) -> Cow<'a, str> {
    let links = path.starts_with("/proc") || path.starts_with("/private");
    if !links && is_normal(path) { Cow::Borrowed(path) } else { Cow::Owned(follow(path, cwd)) }
}

/// An absolute path without `.`, `..`, doubled slashes, and the links of `/proc` that lead back to the tree.
pub(crate) fn resolve(path: &str, cwd: &str) -> String {
    resolved(path, cwd).into_owned()
}

fn follow(path: &str, cwd: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
        if let ["proc", process, link] = parts.as_slice() {
            let process = *process;
            let plain = matches!(process, "self" | "thread-self" | "$$")
                || process.bytes().all(|b| b.is_ascii_digit());
            match *link {
                "root" if plain => parts.clear(),
                "cwd" if plain => parts = cwd.split('/').filter(|part| !part.is_empty()).collect(),
                _ => {}
            }
        }
        // Where macOS really keeps these.
        if let ["private", "etc" | "tmp" | "var"] = parts.as_slice() {
            parts.remove(0);
        }
    }
    format!("/{}", parts.join("/"))
}

/// Does the text hold characters that match names?
pub(crate) fn is_pattern(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
        || bytes.windows(2).any(|pair| matches!(pair, [b'!' | b'+' | b'@', b'(']))
}

/// Could deleting what `path` names, a pattern perhaps, take away `place` or everything in it?
pub(crate) fn covers(path: &str, place: &str) -> bool {
    let pattern: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let names: Vec<&str> = place.split('/').filter(|part| !part.is_empty()).collect();
    if !is_pattern(path) {
        return pattern.len() <= names.len() && pattern.iter().zip(&names).all(|(a, b)| a == b);
    }
    covering(&pattern, &names, 0)
}

/// Most `**` in one pattern that are told from `*`; each may stand for any number of names.
const MOST_DEEP: usize = 4;

fn covering(pattern: &[&str], names: &[&str], deep: usize) -> bool {
    match (pattern, names) {
        ([], _) => true,
        (["**", rest @ ..], _) if deep < MOST_DEEP => {
            rest.is_empty()
                || (0..=names.len())
                    .any(|skip| covering(rest, names.get(skip..).unwrap_or_default(), deep + 1))
        }
        ([last], []) => takes_all(last),
        ([first, rest @ ..], [name, names @ ..]) => matches(first, name) && covering(rest, names, deep),
        (_, []) => false,
    }
}

/// Is it a pattern that nearly every name matches?
fn takes_all(pattern: &str) -> bool {
    is_pattern(pattern)
        && ["a", "ab", "abc", "abcd"].iter().filter(|name| matches(pattern, name)).count() >= 2
        && ["x", "x1", "src", "z.txt"].iter().any(|name| matches(pattern, name))
}

/// Does a name match a pattern of the shell? Hidden names need a pattern that begins with a dot.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == name;
    }
    // What a test of `find` leaves: `*(-mtime +7)`. No name is sure to be among it.
    if pattern.contains("(-") {
        return false;
    }
    // Extended patterns are taken to match.
    if pattern.contains('(') {
        return true;
    }
    if name.starts_with('.') && !pattern.starts_with(['.', '[']) {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    wildcard(&pattern, &name)
}

/// The usual two-pointer match: linear but for the last `*`.
fn wildcard(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(at), name.get(seen)) {
            (None, None) => return true,
            (Some('*'), _) => {
                star = Some((at, seen));
                Some((at + 1, seen))
            }
            (Some(_), Some(letter)) => one(pattern, at, *letter).map(|next| (next, seen + 1)),
            _ => None,
        };
        (at, seen) = match (step, &mut star) {
            (Some(next), _) => next,
            (None, Some((from, taken))) if *taken < name.len() => {
                *taken += 1;
                (*from + 1, *taken)
            }
            _ => return false,
        };
    }
}

/// Where the pattern goes on after matching one letter.
fn one(pattern: &[char], at: usize, letter: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match set(pattern, at + 1) {
            Some(end) => {
                let inside = pattern.get(at + 1..end).unwrap_or_default();
                in_set(inside, letter).then_some(end + 1)
            }
            None => (letter == '[').then_some(at + 1),
        },
        '\\' if at + 1 < pattern.len() => (pattern.get(at + 1) == Some(&letter)).then_some(at + 2),
        plain => (*plain == letter).then_some(at + 1),
    }
}

/// The closing bracket of a set that begins at `start`.
fn set(pattern: &[char], start: usize) -> Option<usize> {
    let first = start + usize::from(matches!(pattern.get(start), Some('!' | '^')));
    (first + 1..pattern.len()).find(|at| {
        pattern.get(*at) == Some(&']') && pattern.get(at.saturating_sub(1)) != Some(&':')
            || (pattern.get(*at) == Some(&']') && pattern.get(*at + 1) == Some(&']'))
    })
}

fn in_set(set: &[char], letter: char) -> bool {
    let (negated, set) = match set {
        ['!' | '^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    // Classes as `[:alpha:]` are taken to match.
    if set.contains(&':') {
        return true;
    }
    let ranged =
        set.windows(3).any(|range| matches!(range, [from, '-', to] if (*from..=*to).contains(&letter)));
    (ranged || set.contains(&letter)) != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: Ground<'static> = Ground { home: "/home/me", project: "/home/me/p", cwd: "/home/me/p" };

    #[test]
    fn tables_are_sorted() {
        assert!(SINKS.windows(2).all(|pair| pair[0] < pair[1]), "{SINKS:?}");
    }

    #[test]
    fn zones() {
        for (path, zone) in [
            ("/home/me/p/src/a.rs", Zone::Project),
            ("/home/me/p/.git/config", Zone::ProjectCritical),
            ("/home/me/p/.claude/settings.json", Zone::ProjectCritical),
            ("/home/me/p/.gitignore", Zone::Project),
            ("/home/me/p/.env", Zone::Secret),
            ("/home/me/p/.env.example", Zone::Project),
            ("/home/me/.ssh/id_rsa", Zone::Secret),
            ("/home/me/.ssh/id_rsa.pub", Zone::Home),
            ("/home/me/.ss?/id_*", Zone::Secret),
            ("/home/me/other", Zone::Home),
            ("/home/me", Zone::Home),
            ("/home/you/x", Zone::Elsewhere),
            ("/home", Zone::System),
            ("/", Zone::System),
            ("/etc/passwd", Zone::System),
            ("/etc/shadow", Zone::Secret),
            ("/???", Zone::System),
            ("/*", Zone::System),
            ("/[e]tc/passwd", Zone::System),
            ("/tmp/../home/me/x", Zone::Home),
            ("/proc/self/root/etc/passwd", Zone::System),
            ("/proc/self/cwd/x", Zone::Project),
            ("/proc/1/root/etc", Zone::System),
            ("/proc/self/environ", Zone::Secret),
            ("/proc/cpuinfo", Zone::Kernel),
            ("//etc/./passwd", Zone::System),
            ("/tmp/x", Zone::Temp),
            ("/var/tmp/x", Zone::Temp),
            ("/dev/shm/x", Zone::Temp),
            ("/dev/null", Zone::Sink),
            ("/dev/fd/3", Zone::Sink),
            ("/dev/ttyS0", Zone::Sink),
            ("/dev/sda1", Zone::Device),
            ("/dev/disk/by-id/x", Zone::Device),
            ("/mnt/x", Zone::Elsewhere),
            ("x/y", Zone::Unknown),
        ] {
            assert_eq!(of(path, &GROUND), zone, "{path}");
        }
    }

    #[test]
    fn what_a_pattern_covers() {
        for (path, place, wanted) in [
            ("/", "/etc", true),
            ("/etc", "/etc", true),
            ("/etc/x", "/etc", false),
            ("/etc/*", "/etc", true),
            ("/*", "/", true),
            ("/*", "/etc", true),
            ("/???", "/etc", true),
            ("/???", "/home", false),
            ("/[e]tc", "/etc", true),
            ("/[!e]tc", "/etc", false),
            ("/{etc", "/etc", false),
            ("/home/me/*", "/home/me", true),
            ("/home/me/*", "/home/me/.ssh", false),
            ("/home/me/.*", "/home/me/.ssh", true),
            ("/home/me/**/*.pyc", "/home/me", false),
            ("/home/me/**", "/home/me", true),
            ("/home/me/*.log", "/home/me", false),
            ("/home/me/?*", "/home/me", true),
            ("/etc/pass*", "/etc/passwd", true),
        ] {
            assert_eq!(covers(path, place), wanted, "{path} {place}");
        }
    }
}
