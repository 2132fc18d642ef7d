//! Which paths, hosts and names matter to the rules.

use super::Ground;
use super::pattern::{self, Pattern, Reach};
use crate::names;

/// Why a directory is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    /// The whole machine.
    Machine,
    /// A directory of the operating system.
    System,
    /// A home directory, or all of them.
    Home,
    /// A place where other disks are mounted.
    Mount,
    /// A directory that holds the project.
    AboveProject,
    /// The history of the project.
    Git,
    /// The project.
    Project,
}

impl Root {
    /// What it is, for a sentence.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Machine => "the whole machine",
            Self::System => "a directory of the operating system",
            Self::Home => "a home directory",
            Self::Mount => "a mounted disk",
            Self::AboveProject => "a directory that holds the project",
            Self::Git => "the history of the project",
            Self::Project => "the whole project",
        }
    }
}

/// Directories of the operating system that are never removed or changed as a whole.
const SYSTEM: &[&str] = &[
    "/Applications",
    "/Library",
    "/System",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix",
    "/opt",
    "/private",
    "/proc",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/var",
    "/boot/efi",
    "/boot/grub",
    "/etc/apt",
    "/etc/init.d",
    "/etc/pam.d",
    "/etc/security",
    "/etc/ssh",
    "/etc/ssl",
    "/etc/sudoers.d",
    "/etc/systemd",
    "/lib/modules",
    "/lib/systemd",
    "/nix/store",
    "/private/etc",
    "/private/var",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var/db",
    "/var/lib",
    "/var/log",
    "/var/mail",
    "/var/spool",
    "/usr/lib/modules",
    "/usr/lib/systemd",
    "/usr/local/bin",
    "/usr/local/lib",
    "/var/lib/apt",
    "/var/lib/docker",
    "/var/lib/dpkg",
    "/var/lib/mysql",
    "/var/lib/postgresql",
];

/// Directories whose entries are each somebody's home.
const HOMES: &[&str] = &["/Users", "/home"];

/// Directories whose entries are each a mounted disk.
const MOUNTS: &[&str] = &["/Volumes", "/media", "/mnt", "/run/media"];

/// The protected directory that a change of `path` and, if `recursive`, of all below it takes as a whole.
pub(super) fn root(path: &str, recursive: bool, ground: &Ground<'_>) -> Option<(Root, Reach)> {
    let pattern = Pattern::new(path, recursive);
    if pattern.is_single() {
        return None;
    }
    let any = |places: &[&str]| places.iter().filter_map(|place| pattern.reach(place)).max();
    let give = |root: Root| move |reach: Reach| (root, reach);
    let system = || if pattern.misses(names::holds_protected) { None } else { any(SYSTEM) };
    pattern
        .reach("/")
        .map(give(Root::Machine))
        .or_else(|| system().map(give(Root::System)))
        .or_else(|| home(path, &pattern, ground).map(give(Root::Home)))
        .or_else(|| any(MOUNTS).or_else(|| below(path, &pattern, MOUNTS)).map(give(Root::Mount)))
        .or_else(|| above(&pattern, ground))
        .or_else(|| pattern.reach(&format!("{}/.git", ground.project)).map(give(Root::Git)))
}

fn home(path: &str, pattern: &Pattern<'_>, ground: &Ground<'_>) -> Option<Reach> {
    let own = [ground.home, "/root"];
    let own = own.iter().filter(|home| home.len() > 1).filter_map(|home| pattern.reach(home));
    own.chain(HOMES.iter().filter_map(|place| pattern.reach(place)))
        .max()
        .or_else(|| below(path, pattern, HOMES))
}

/// Whether `path` is an entry of one of `places`, or all that is in such an entry.
fn below(path: &str, pattern: &Pattern<'_>, places: &[&str]) -> Option<Reach> {
    let place =
        places.iter().find(|place| path.strip_prefix(**place).is_some_and(|rest| rest.starts_with('/')))?;
    let entry = path.strip_prefix(*place)?.trim_start_matches('/').split('/').next()?;
    if entry.is_empty() || entry.contains(['*', '?', '[', '$']) {
        return None;
    }
    pattern.reach(&format!("{place}/{entry}"))
}

/// The project and what holds it; the project itself last, so that what takes more is named.
fn above(pattern: &Pattern<'_>, ground: &Ground<'_>) -> Option<(Root, Reach)> {
    let project = ground.project.trim_end_matches('/');
    let parents =
        project.match_indices('/').filter_map(|(at, _)| project.get(..at)).filter(|dir| !dir.is_empty());
    // What is in a parent beside the project is not the project: only what takes the parent as a whole counts.
    parents
        .filter_map(|dir| pattern.reach(dir))
        .next()
        .filter(|_| !project.is_empty())
        .map(|reach| (Root::AboveProject, reach))
        .or_else(|| pattern.reach(project).filter(|_| !project.is_empty()).map(|r| (Root::Project, r)))
}

/// Whether `path` is `place` or lies below it.
pub(super) fn within(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Files that decide who may do what, and whether the machine starts: a change of one may end either.
const CRITICAL_FILES: &[&str] = &[
    "/etc/crypttab",
    "/etc/default/grub",
    "/etc/fstab",
    "/etc/group",
    "/etc/group-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/inittab",
    "/etc/krb5.keytab",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/login.defs",
    "/etc/machine-id",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/passwd-",
    "/etc/selinux/config",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/shells",
    "/etc/ssh/sshd_config",
    "/etc/subgid",
    "/etc/subuid",
    "/etc/sudo.conf",
    "/etc/sudoers",
    "/etc/sudoers.tmp",
    "/private/etc/passwd",
    "/private/etc/sudoers",
    "/var/lib/dpkg/status",
    "/vmlinuz",
    "/initrd.img",
];

/// Directories in which every file is such a file.
const CRITICAL_TREES: &[&str] = &[
    "/System",
    "/bin",
    "/boot",
    "/etc/ld.so.conf.d",
    "/etc/pam.d",
    "/etc/polkit-1",
    "/etc/security",
    "/etc/ssh/sshd_config.d",
    "/etc/ssl/private",
    "/etc/sudoers.d",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/sbin",
    "/usr",
];

/// The first names of those files and directories. Sorted.
const CRITICAL_TOPS: &[&str] = &[
    "System",
    "bin",
    "boot",
    "etc",
    "initrd.img",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "private",
    "sbin",
    "usr",
    "var",
    "vmlinuz",
];

/// Parts of those trees that belong to the administrator, where additions are ordinary.
const LOCAL_TREES: &[&str] = &["/usr/local", "/usr/src", "/usr/share"];

/// Whether changing `path` changes a file that the machine depends on.
pub(super) fn critical(path: &str) -> bool {
    // All of them stand in few directories.
    let first = path.strip_prefix('/').and_then(|rest| rest.split('/').next());
    let globbed = path.contains(['*', '?', '[']);
    if !globbed && first.is_none_or(|first| CRITICAL_TOPS.binary_search(&first).is_err()) {
        return false;
    }
    CRITICAL_FILES.iter().any(|file| path == *file || (globbed && pattern::names(path, file)))
        || (path.starts_with("/etc/ssh/ssh_host_") && !path.ends_with(".pub"))
        || (CRITICAL_TREES.iter().any(|tree| path != *tree && within(path, tree))
            && !LOCAL_TREES.iter().any(|tree| within(path, tree)))
}

/// Whether `path` is a critical file that others depend on from one moment to the next: accounts, start-up, the programs and
/// libraries of the system. What is added elsewhere below `/usr` is not.
pub(super) fn vital(path: &str) -> bool {
    let usr = within(path, "/usr")
        && !["/usr/bin", "/usr/sbin"].iter().any(|tree| within(path, tree) && path != *tree);
    let library = path.rsplit('/').next().is_some_and(|name| name.contains(".so"));
    critical(path) && (!usr || library)
}

/// Whether reading `path` tells who has an account here and how the machine is secured.
pub(super) fn reconnaissance(path: &str) -> bool {
    const FILES: &[&str] = &[
        "/etc/anacrontab",
        "/etc/crontab",
        "/etc/crypttab",
        "/etc/doas.conf",
        "/etc/exports",
        "/etc/group",
        "/etc/group-",
        "/etc/hosts.allow",
        "/etc/hosts.deny",
        "/etc/krb5.conf",
        "/etc/login.defs",
        "/etc/master.passwd",
        "/etc/nsswitch.conf",
        "/etc/passwd",
        "/etc/passwd-",
        "/etc/subgid",
        "/etc/subuid",
        "/etc/sudo.conf",
        "/private/etc/passwd",
        "/var/log/btmp",
        "/var/log/lastlog",
        "/var/log/secure",
        "/var/log/wtmp",
        "/var/run/utmp",
    ];
    const TREES: &[&str] = &[
        "/etc/apparmor",
        "/etc/apparmor.d",
        "/etc/apt",
        "/etc/audit",
        "/etc/cron.d",
        "/etc/iptables",
        "/etc/ldap",
        "/etc/nftables",
        "/etc/pam.d",
        "/etc/polkit-1",
        "/etc/samba",
        "/etc/security",
        "/etc/selinux",
        "/etc/ssh",
        "/etc/ssl",
        "/etc/sudoers.d",
        "/var/log/audit",
        "/var/spool/cron",
    ];
    let open = within(path, "/etc/ssl/certs") || path == "/etc/apt" || path == "/etc/ssl";
    let globbed = path.contains(['*', '?', '[']);
    !open
        && (FILES.iter().any(|file| path == *file || (globbed && pattern::names(path, file)))
            || TREES.iter().any(|tree| within(path, tree))
            || path.starts_with("/var/log/auth.log"))
}

/// Whether `path` holds secrets that the list of sensitive files does not know by name.
pub(super) fn hidden_secret(path: &str, ground: &Ground<'_>) -> bool {
    const SYSTEM: &[&str] = &[
        "/etc/NetworkManager/system-connections",
        "/etc/doas.conf",
        "/etc/kubernetes",
        "/etc/openvpn",
        "/etc/ppp",
        "/etc/rancher",
        "/etc/sudoers",
        "/etc/vpnc",
        "/etc/wireguard",
        "/etc/wpa_supplicant",
        "/root",
        "/var/lib/NetworkManager",
        "/var/lib/sss/secrets",
    ];
    const OWN: &[&str] = &[
        ".age",
        ".bitcoin",
        ".config/Bitwarden",
        ".config/Signal",
        ".config/Slack",
        ".config/filezilla",
        ".config/gcloud",
        ".config/sops",
        ".electrum",
        ".ethereum/keystore",
        ".fetchmailrc",
        ".kube",
        ".local/share/kwalletd",
        ".local/share/recently-used.xbel",
        ".monero",
        ".msmtprc",
        ".rclone.conf",
        ".thunderbird",
    ];
    let own = path.strip_prefix(ground.home).and_then(|rest| rest.strip_prefix('/'));
    let root = within(path, "/root") && (within(path, ground.home) || within(path, ground.project));
    (!root && SYSTEM.iter().any(|place| within(path, place)))
        || own.is_some_and(|own| OWN.iter().any(|place| within(own, place)))
}

/// Whether `path` lies in somebody else's home.
pub(super) fn others_home(path: &str, ground: &Ground<'_>) -> bool {
    HOMES.iter().any(|homes| {
        let rest = path.strip_prefix(homes).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| rest.contains('/'))
            && !within(path, ground.home)
            && !within(path, ground.project)
    })
}

/// Whether the file belongs to the machine, not to a person: its accounts, settings and state.
pub(super) fn machine_file(path: &str) -> bool {
    const TREES: &[&str] =
        &["/boot", "/etc", "/private/etc", "/proc", "/sys", "/var/lib", "/var/log", "/var/spool"];
    TREES.iter().any(|tree| within(path, tree))
}

/// A block device or the memory of the machine: written raw, it takes file systems along. Other devices are no stores.
pub(super) fn raw_store(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "bcache", "disk", "dm-", "drbd", "hd", "kmem", "loop", "md", "mem", "mmcblk", "mtd", "nbd", "nvme",
        "port", "pmem", "ram", "rdisk", "rbd", "sd", "sr", "vd", "xvd", "zd", "zram", "zvol",
    ];
    const TREES: &[&str] = &["disk", "mapper", "md", "vg", "zvol"];
    let Some(name) = path.strip_prefix("/dev/") else { return false };
    match name.split_once('/') {
        // Volume groups have a directory of their own name.
        Some((tree, _)) => {
            TREES.contains(&tree)
                || !matches!(
                    tree,
                    "bus"
                        | "cpu"
                        | "dri"
                        | "fd"
                        | "input"
                        | "net"
                        | "pts"
                        | "shm"
                        | "snd"
                        | "usb"
                        | "mqueue"
                        | "tcp"
                        | "udp"
                )
        }
        None => {
            let globbed = name.contains(['*', '?', '[']);
            globbed
                || NAMES
                    .iter()
                    .any(|start| name.strip_prefix(start).is_some_and(|rest| rest.chars().count() <= 8))
        }
    }
}

/// Branches that others build on.
pub(super) fn protected_branch(name: &str) -> bool {
    let name = name.trim_start_matches('+').trim_start_matches("refs/heads/");
    matches!(name, "main" | "master" | "trunk" | "develop" | "production" | "prod" | "stable" | "gh-pages")
        || name
            .strip_prefix("release")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '-', '.', '*', 's']))
}

/// Whether a file at `path` runs or counts by itself: at login, at start-up, by the clock, or beside other programs.
pub(super) fn start_up(path: &str, ground: &Ground<'_>) -> bool {
    const FILES: &[&str] = &[
        "/etc/anacrontab",
        "/etc/bash.bashrc",
        "/etc/bashrc",
        "/etc/crontab",
        "/etc/default/grub",
        "/etc/environment",
        "/etc/gitconfig",
        "/etc/inittab",
        "/etc/ld.so.conf",
        "/etc/ld.so.preload",
        "/etc/modules",
        "/etc/pam.conf",
        "/etc/profile",
        "/etc/rc.local",
        "/etc/zlogin",
        "/etc/zprofile",
        "/etc/zshenv",
        "/etc/zshrc",
    ];
    const TREES: &[&str] = &[
        "/Library/LaunchAgents",
        "/Library/LaunchDaemons",
        "/etc/NetworkManager/dispatcher.d",
        "/etc/X11/Xsession.d",
        "/etc/apt/apt.conf.d",
        "/etc/bash_completion.d",
        "/etc/binfmt.d",
        "/etc/cron.d",
        "/etc/cron.daily",
        "/etc/cron.hourly",
        "/etc/cron.monthly",
        "/etc/cron.weekly",
        "/etc/dhcp",
        "/etc/environment.d",
        "/etc/fish",
        "/etc/grub.d",
        "/etc/incron.d",
        "/etc/init",
        "/etc/init.d",
        "/etc/ld.so.conf.d",
        "/etc/logrotate.d",
        "/etc/modprobe.d",
        "/etc/modules-load.d",
        "/etc/network",
        "/etc/pam.d",
        "/etc/periodic",
        "/etc/polkit-1",
        "/etc/profile.d",
        "/etc/rc.d",
        "/etc/security",
        "/etc/skel",
        "/etc/ssh",
        "/etc/systemd",
        "/etc/udev/rules.d",
        "/etc/update-motd.d",
        "/etc/xdg/autostart",
        "/etc/xinetd.d",
        "/etc/zsh",
        "/lib/security",
        "/lib/systemd",
        "/lib/udev/rules.d",
        "/run/systemd",
        "/run/udev/rules.d",
        "/usr/lib/systemd",
        "/usr/lib/udev/rules.d",
        "/usr/local/lib/systemd",
        "/usr/share/polkit-1",
        "/var/spool/anacron",
        "/var/spool/at",
        "/var/spool/cron",
    ];
    const OWN_FILES: &[&str] = &[
        ".Xclients",
        ".bash_aliases",
        ".bash_login",
        ".bash_logout",
        ".bash_profile",
        ".bashrc",
        ".cargo/config",
        ".cargo/config.toml",
        ".claude.json",
        ".cshrc",
        ".emacs",
        ".forward",
        ".gdbinit",
        ".gitconfig",
        ".kshrc",
        ".login",
        ".logout",
        ".mkshrc",
        ".pam_environment",
        ".procmailrc",
        ".profile",
        ".pythonrc",
        ".screenrc",
        ".ssh/authorized_keys",
        ".ssh/authorized_keys2",
        ".ssh/config",
        ".ssh/environment",
        ".ssh/rc",
        ".tcshrc",
        ".tmux.conf",
        ".vimrc",
        ".xinitrc",
        ".xprofile",
        ".xsession",
        ".xsessionrc",
        ".zlogin",
        ".zlogout",
        ".zprofile",
        ".zshenv",
        ".zshrc",
    ];
    const OWN_TREES: &[&str] = &[
        ".claude",
        ".codex",
        ".config/autostart",
        ".config/environment.d",
        ".config/fish",
        ".config/git",
        ".config/nvim",
        ".config/opencode",
        ".config/systemd",
        ".cursor",
        ".emacs.d",
        ".gemini",
        ".local/share/applications",
        ".local/share/systemd",
        ".vim",
        "Library/LaunchAgents",
    ];
    let hook = path.split_once("/.git/hooks/").is_some_and(|(_, name)| !name.ends_with(".sample"));
    // Other people's homes have the same files.
    let own = [ground.home, "/root"]
        .into_iter()
        .filter(|home| home.len() > 1)
        .find_map(|home| path.strip_prefix(home)?.strip_prefix('/'))
        .or_else(|| {
            HOMES
                .iter()
                .find_map(|homes| Some(path.strip_prefix(*homes)?.strip_prefix('/')?.split_once('/')?.1))
        });
    let levels = path.strip_prefix("/etc/rc").and_then(|rest| rest.split_once(".d/"));
    let level = levels.is_some_and(|(level, _)| level.len() == 1);
    hook || level
        || (loaded_by_python(path) && !within(path, ground.project))
        || FILES.contains(&path)
        || TREES.iter().any(|tree| within(path, tree))
        || own.is_some_and(|own| OWN_FILES.contains(&own) || OWN_TREES.iter().any(|tree| within(own, tree)))
}

/// Files that every Python of the machine or the user loads when it starts.
fn loaded_by_python(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(name, "sitecustomize.py" | "usercustomize.py")
        || (name.ends_with(".pth") && path.contains("-packages/"))
}

/// Whether `path` is a record of what people and programs did: system logs and shell histories.
pub(super) fn record(path: &str) -> bool {
    const FILES: &[&str] = &[
        "auth.log", "btmp", "faillog", "kern.log", "lastlog", "messages", "secure", "syslog", "utmp", "wtmp",
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    let system = within(path, "/var/log") || within(path, "/var/run") || within(path, "/run");
    (system && FILES.iter().any(|file| pattern::matches(name, file)))
        || ["/var/log/audit", "/var/log/journal", "/run/log/journal"].iter().any(|tree| within(path, tree))
        || matches!(name, ".bash_history" | ".zsh_history" | ".sh_history" | ".history" | "fish_history")
}

/// Whether a variable or git setting makes other programs load code, whatever its value.
pub(super) fn loads_code(name: &str) -> bool {
    matches!(name, "BASH_ENV" | "DYLD_INSERT_LIBRARIES" | "LD_AUDIT" | "LD_PRELOAD" | "PROMPT_COMMAND")
}

/// Whether `path` is one of the guard's own files.
pub(super) fn guard_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    matches!(name, "wardline.jsonc" | "wardline.json" | "wardline.caps.jsonc")
        || path.split('/').any(|part| part == ".wardline")
        || ["/.config/wardline", "/.local/state/wardline", "/.local/share/wardline", "/etc/wardline"]
            .iter()
            .any(|place| {
                path.find(place).is_some_and(|at| {
                    path.get(at + place.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            })
        || (name == "wardline" && path.contains("/bin/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: Ground<'static> = Ground { home: "/home/me", project: "/home/me/p", cwd: "/home/me/p" };

    #[test]
    fn first_names_are_those_of_the_tables() {
        fn tops(places: &[&'static str]) -> Vec<&'static str> {
            let mut names: Vec<_> = places.iter().filter_map(|place| place.split('/').nth(1)).collect();
            names.sort_unstable();
            names.dedup();
            names
        }
        assert_eq!(names::protected(), tops(SYSTEM));
        assert_eq!(CRITICAL_TOPS, tops(&[CRITICAL_FILES, CRITICAL_TREES].concat()));
    }

    #[test]
    fn roots() {
        for (path, recursive, expected) in [
            ("/", true, Some(Root::Machine)),
            ("/*", false, Some(Root::Machine)),
            ("/etc", true, Some(Root::System)),
            ("/etc/nginx", true, None),
            ("/usr/l*", true, Some(Root::System)),
            ("/home", true, Some(Root::Home)),
            ("/home/other", true, Some(Root::Home)),
            ("/home/other/*", true, Some(Root::Home)),
            ("/home/other/x", true, None),
            ("/home/me", true, Some(Root::Home)),
            ("/home/me/*", true, Some(Root::Home)),
            ("/mnt/disk", true, Some(Root::Mount)),
            ("/mnt/disk/file", true, None),
            ("/home/me/p", true, Some(Root::Project)),
            ("/home/me/p/*", true, Some(Root::Project)),
            ("/home/me/p/.git", true, Some(Root::Git)),
            ("/home/me/p/target", true, None),
            ("/tmp/x", true, None),
        ] {
            assert_eq!(root(path, recursive, &GROUND).map(|(root, _)| root), expected, "{path}");
        }
        let deep = Ground { project: "/data/a/b", ..GROUND };
        assert_eq!(root("/data/a", true, &deep), Some((Root::AboveProject, Reach::Whole)));
        assert_eq!(root("/data/*", true, &deep).map(|(root, _)| root), Some(Root::AboveProject));
    }

    #[test]
    fn devices() {
        for path in [
            "/dev/sda",
            "/dev/sda1",
            "/dev/nvme0n1p2",
            "/dev/disk/by-id/x",
            "/dev/mapper/root",
            "/dev/mem",
            "/dev/sd*",
            "/dev/vg0/data",
        ] {
            assert!(raw_store(path), "{path}");
        }
        for path in [
            "/dev/null",
            "/dev/ttyUSB0",
            "/dev/video0",
            "/dev/shm/x",
            "/dev/net/tun",
            "/dev/stdin",
            "/dev/usb/lp0",
        ] {
            assert!(!raw_store(path), "{path}");
        }
    }
}
