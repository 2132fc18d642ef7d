//! Seals the agents phase off: a network namespace with only loopback up, and a private layer over `/etc`.
//!
//! The phase re-executes itself inside. With nothing but loopback in reach no agent can call home, and `init` may write
//! system-wide hook files without touching the machine.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set for the phase inside the seal; the value says what the seal consists of.
pub(super) const INSIDE: &str = "WARDLINE_SEALED";

/// Set when `/etc` is a private layer that a case may write to.
const OWN_ETC: &str = "WARDLINE_SEALED_ETC";

/// Folders in which agents look for settings of the whole machine.
const MACHINE_WIDE: [&str; 3] = ["/etc/codex", "/etc/claude-code", "/etc/gemini-cli"];

/// Forgets machine-wide settings that an earlier case left in the private layer; the error says that there is none and
/// that this process could write to the machine's own.
pub(super) fn fresh_etc() -> Result<(), String> {
    if std::env::var_os(OWN_ETC).is_some() {
        for folder in MACHINE_WIDE {
            // Usually it is not there.
            fs::remove_dir_all(folder).ok();
        }
        return Ok(());
    }
    if rustix::process::geteuid().is_root() {
        return Err("no private layer over /etc here, and root would write to the machine's own".to_owned());
    }
    Ok(())
}

/// The user to whom the phase drops privileges when asked: nobody, the same number everywhere.
pub(super) const ORDINARY: &str = "65534";

/// As root: own network and mount namespaces, a writable layer over `/etc`, and on demand an ordinary user.
/// `$1` scratch folder, `$2` cache of agents, `$3` programs, `$4` where the worlds are, `$5` user or empty; the rest is
/// the command. The worlds appear at `/srv`, because where they are is a temporary folder.
const AS_ROOT: &str = r#"
scratch=$1 cache=$2 programs=$3 worlds=$4 user=$5; shift 5
ip link set lo up || exit 97
mount -t tmpfs -o mode=0755 tmpfs "$scratch" || exit 97
mkdir "$scratch/upper" "$scratch/work" "$scratch/agents" "$scratch/programs"
mkdir -p -m 1777 "$worlds" && mount --bind "$worlds" /srv && export WARDLINE_WORLDS=/srv || exit 97
mount --bind "$cache" "$scratch/agents" && mount --bind "$programs" "$scratch/programs" || exit 97
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$scratch/upper,workdir=$scratch/work" /etc && export WARDLINE_SEALED_ETC=1
if [ -n "$user" ]; then
  exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs -- "$@"
fi
exec "$@"
"#;

/// As an ordinary user: own user and network namespaces, then the user's own number again.
const AS_USER: &str = r#"
scratch=$1 cache=$2 programs=$3 worlds=$4 uid=$5; shift 5
mkdir -p "$worlds" && export WARDLINE_WORLDS="$worlds" || exit 97
ip link set lo up || exit 97
ln -s "$cache" "$scratch/agents" && ln -s "$programs" "$scratch/programs" || exit 97
exec unshare --user --map-user="$uid" --map-group="$uid" -- "$@"
"#;

/// Runs this program again inside the seal; true when it ended in order. The error says why no seal can be had.
pub(super) fn enter(
    cache: &Path,
    programs: &Path,
    ordinary: bool,
    arguments: &[OsString],
    variables: &[(&str, &Path)],
) -> Result<bool, String> {
    let root = rustix::process::geteuid().is_root();
    let scratch = Path::new("/var/tmp").join(format!("wardline-seal-{}", std::process::id()));
    let own = rustix::process::geteuid().as_raw().to_string();
    let worlds = worlds(root);
    let (options, script, user) = match (root, ordinary) {
        (true, true) => (&["--net", "--mount", "--propagation", "private"][..], AS_ROOT, ORDINARY),
        (true, false) => (&["--net", "--mount", "--propagation", "private"][..], AS_ROOT, ""),
        (false, _) => (&["--user", "--map-root-user", "--net"][..], AS_USER, own.as_str()),
    };
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let status = Command::new("unshare")
        .args(options)
        .args(["--", "sh", "-c", script, "seal"])
        .args([&scratch, cache, programs, &worlds])
        .arg(user)
        .arg(scratch.join("programs/xtask"))
        .args(arguments)
        .env(INSIDE, &scratch)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("unshare cannot be started: {error}"));
    // Inside, these were mounts of the namespace that ended; outside, an empty folder or two links.
    fs::remove_file(scratch.join("agents")).ok();
    fs::remove_file(scratch.join("programs")).ok();
    fs::remove_dir(&scratch).ok();
    if fs::remove_dir(&worlds).is_err() {
        eprintln!("agents: worlds kept in {}", worlds.display());
    }
    match status?.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        other => Err(format!(
            "no sealed network here (ended with {other:?}): needs util-linux and iproute2, and root or unprivileged \
             user namespaces"
        )),
    }
}

/// Where the worlds of this run are kept.
fn worlds(root: bool) -> PathBuf {
    let name = format!("wardline-worlds-{}", std::process::id());
    let home = std::env::var_os("HOME").filter(|home| !root && !home.is_empty());
    home.map_or_else(|| Path::new("/var/tmp").join(&name), |home| Path::new(&home).join(".cache").join(&name))
}
