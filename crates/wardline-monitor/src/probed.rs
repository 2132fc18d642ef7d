//! What this host gave when it was last asked, kept for the rest of the boot.
//!
//! The memory is for reports only: nothing that starts a program reads it. A start tries everything itself, so a stale
//! or forged memory can make a report wrong and a sandbox never.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use serde_json::{Value, json};
use wardline_sandbox::{HostKind, Marks, Mechanism, Report};

use crate::World;
use crate::trust::{digest_of, replace};

/// The name of the file in the state directory.
const FILE: &str = "probed.json";
/// No report is longer.
const MOST: u64 = 64 * 1024;

/// A report, and whether it was made just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What the host gives.
    pub report: Report,
    /// Whether it was tried for this answer, and not earlier in this boot.
    pub fresh: bool,
}

/// What the host gives: from memory when it was asked before in this boot by the same user and binary and gave
/// everything, else by trying. What was missing is always tried again, because it may have been mended.
#[must_use]
pub fn probed(world: &World, fresh: bool) -> Probed {
    let key = key(world);
    let file = world.state.join(FILE);
    if !fresh && let Some(mechanisms) = recall(&file, &key) {
        return Probed { report: Report::of(mechanisms, host(world)), fresh: false };
    }
    let report = wardline_sandbox::probe();
    let mechanisms: Vec<Value> = report.mechanisms.iter().map(Mechanism::to_value).collect();
    let text = json!({ "v": 1, "key": key, "mechanisms": mechanisms }).to_string();
    // Without a memory the next report takes longer, and says the same.
    let _forgotten = replace(&file, text.as_bytes());
    Probed { report, fresh: true }
}

fn host(world: &World) -> HostKind {
    Marks::of_this_host(|name| world.variable(name).is_some()).kind()
}

/// What the answer depends on, as a digest: the boot, the kernel and its settings, the user, the binary, the host.
fn key(world: &World) -> String {
    const SETTINGS: [&str; 7] = [
        "/proc/sys/kernel/random/boot_id",
        "/proc/sys/kernel/osrelease",
        "/proc/sys/user/max_user_namespaces",
        "/proc/sys/user/max_net_namespaces",
        "/proc/sys/kernel/unprivileged_userns_clone",
        "/proc/self/cgroup",
        "/proc/self/uid_map",
    ];
    let settings = SETTINGS.map(|file| std::fs::read_to_string(file).unwrap_or_default());
    let binary = std::fs::metadata("/proc/self/exe")
        .map(|file| (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec()));
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rights = ["Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"];
    let rights: Vec<&str> =
        status.lines().filter(|line| rights.iter().any(|name| line.starts_with(name))).collect();
    digest_of(&format!("{settings:?} {binary:?} {rights:?} {:?}", host(world)))
}

/// What is remembered under this key, if it may be believed: a private file of our own in which nothing is missing.
fn recall(file: &Path, key: &str) -> Option<Vec<Mechanism>> {
    let value: Value = serde_json::from_str(&read_own(file).ok()?).ok()?;
    if value.get("v")? != 1 || value.get("key")? != key {
        return None;
    }
    let remembered = value.get("mechanisms")?.as_array()?.iter().map(Mechanism::from_value);
    let mechanisms = remembered.collect::<Option<Vec<_>>>()?;
    let complete = wardline_sandbox::mechanisms().iter().all(|id| mechanisms.iter().any(|one| one.id == *id));
    (complete && mechanisms.iter().all(|mechanism| mechanism.held)).then_some(mechanisms)
}

/// Reads a file that is ours and nobody else's to write, and no symbolic link.
fn read_own(path: &Path) -> io::Result<String> {
    let link = std::fs::symlink_metadata(path)?;
    let mut file: File = OpenOptions::new().read(true).custom_flags(NO_WAITING).open(path)?;
    let found = file.metadata()?;
    let own = std::fs::metadata("/proc/self")?.uid();
    let same = (link.dev(), link.ino()) == (found.dev(), found.ino());
    if !found.is_file() || !same || found.uid() != own || found.mode() & 0o077 != 0 || found.len() > MOST {
        return Err(io::Error::other("not a private file of ours"));
    }
    let mut text = String::new();
    file.by_ref().take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// `O_NONBLOCK`: a pipe in the file's place makes nobody wait.
const NO_WAITING: i32 = 0o4000;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn remembered(key: &str, held: bool) -> String {
        let one = |id: &&str| json!({ "id": id, "held": held, "what": "w", "proof": "p" });
        let mechanisms: Vec<Value> = wardline_sandbox::mechanisms().iter().map(one).collect();
        json!({ "v": 1, "key": key, "mechanisms": mechanisms }).to_string()
    }

    #[test]
    fn only_a_private_and_complete_memory_of_this_very_boot_is_believed() {
        let dir = crate::scratch::Dir::new("probed");
        let file = dir.path().join(FILE);
        let write = |text: &str, mode: u32| {
            std::fs::remove_file(&file).ok();
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let table = [
            (remembered("key", true), 0o600, true),
            (remembered("key", true), 0o400, true),
            (remembered("other", true), 0o600, false),
            (remembered("key", false), 0o600, false),
            (remembered("key", true), 0o640, false),
            (remembered("key", true), 0o622, false),
            (r#"{"v": 1, "key": "key", "mechanisms": []}"#.to_owned(), 0o600, false),
            ("{".to_owned(), 0o600, false),
            (String::new(), 0o600, false),
            (remembered("key", true).replace("\"v\":1", "\"v\":2"), 0o600, false),
        ];
        for (text, mode, believed) in table {
            write(&text, mode);
            assert_eq!(recall(&file, "key").is_some(), believed, "{mode:o} {text}");
        }
        write(&remembered("key", true), 0o600);
        let link = dir.path().join("link");
        symlink(&file, &link).unwrap();
        assert!(recall(&link, "key").is_none(), "through a link");
        assert!(recall(dir.path(), "key").is_none() && recall(&dir.path().join("none"), "key").is_none());
    }
}
