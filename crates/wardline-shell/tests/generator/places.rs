//! Where programs and files lie on any machine that the cases may be run on.

/// Programs in `/bin` (and `/usr/bin`).
const PROGRAMS: &[&str] = &[
    "cat", "chmod", "chown", "cp", "dd", "find", "install", "ln", "mkdir", "mv", "rm", "rmdir", "sed",
    "sort", "split", "tar", "tee", "touch", "truncate", "unlink", "shred",
];

/// Programs in `/sbin`.
const ADMIN: &[&str] =
    &["blkdiscard", "mkfs.ext4", "wipefs", "shutdown", "reboot", "insmod", "useradd", "usermod"];

/// Files and folders that are on every machine, or in the tree that cases are run on.
const THERE: &[&str] =
    &["/boot", "/etc", "/etc/passwd", "/etc/shadow", "/home/me", "/p", "/usr", "/var", "/srv"];

/// The full path of a program by its name.
pub(crate) fn program(name: &str) -> Option<String> {
    let folder = if PROGRAMS.contains(&name) {
        "/bin"
    } else if ADMIN.contains(&name) {
        "/sbin"
    } else {
        return None;
    };
    Some(format!("{folder}/{name}"))
}

/// The path names something that is there.
pub(crate) fn there(path: &str) -> bool {
    THERE.contains(&path)
}
