//! Runs the tests of the crates that touch the system once more as an ordinary user, when this run is root's.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::output;
use crate::report::Report;

/// The crates whose behaviour depends on who runs them.
const CRATES: [&str; 7] = [
    "wardline-audit",
    "wardline-sys",
    "wardline-sandbox",
    "wardline-proxy",
    "wardline-monitor",
    "wardline-web",
    "wardline",
];

/// Nobody: the same number everywhere, and owner of nothing.
const USER: u32 = 65534;

/// Makes `$1` (a list of folders, one per line) reachable although a folder above is closed to others, by covering each
/// of the closed folders `$2` with an empty one in a private mount namespace, with `$3` as the place to hold them
/// meanwhile; then runs the rest as the user `$4` in `$5`.
const BECOME: &str = r#"
open=$1 closed=$2 stash=$3 user=$4 cwd=$5; shift 5
if [ -n "$closed" ]; then
  mount -t tmpfs -o mode=0755 tmpfs "$stash" || exit 97
  n=0; echo "$open" | while read -r place; do n=$((n + 1)); mkdir "$stash/$n" && mount --bind "$place" "$stash/$n" || exit 97; done || exit 97
  echo "$closed" | while read -r place; do mount -t tmpfs -o mode=0755 tmpfs "$place" || exit 97; done || exit 97
  n=0; echo "$open" | while read -r place; do n=$((n + 1)); mkdir -p "$place" && mount --bind "$stash/$n" "$place" || exit 97; done || exit 97
fi
cd "$cwd" || exit 97
exec setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@"
"#;

/// One compiled test program.
struct Program {
    executable: PathBuf,
    /// The folder of its crate, in which cargo would run it.
    folder: PathBuf,
    name: String,
}

/// The phase.
pub(super) fn run(workspace: &Path) -> Report {
    if !rustix::process::geteuid().is_root() {
        let reason = "this run is not root's: the tests above ran as an ordinary user, none ran as root";
        eprintln!("NOTE: {reason}");
        return Report { skipped: vec![("tests as root".into(), reason.into())], ..Report::default() };
    }
    match as_nobody(workspace) {
        Ok(report) => report,
        Err(error) => Report {
            failed: vec![("tests as an ordinary user".into(), error.to_string())],
            ..Report::default()
        },
    }
}

fn as_nobody(workspace: &Path) -> io::Result<Report> {
    let programs = compile(workspace)?;
    let scratch = Path::new("/var/tmp").join(format!("wardline-ordinary-{}", std::process::id()));
    for name in ["home", "tmp"] {
        let folder = scratch.join(name);
        fs::create_dir_all(&folder)?;
        chown(&folder, Some(USER), Some(USER))?;
    }
    fs::create_dir(scratch.join("stash"))?;
    let mut report = Report::default();
    for program in &programs {
        println!("-- {}", program.name);
        report.absorb(output::judge(&program.name, &mut command(workspace, program, &scratch)?));
    }
    // Best effort: a leftover only costs space.
    fs::remove_dir_all(&scratch).ok();
    Ok(report)
}

/// Compiles the tests and returns their programs.
fn compile(workspace: &Path) -> io::Result<Vec<Program>> {
    let mut command = Command::new("cargo");
    command.args(["test", "--no-run", "--quiet", "--message-format=json"]).current_dir(workspace);
    for name in CRATES {
        command.args(["--package", name]);
    }
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("the tests cannot be compiled: {}", output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(|message| program(&message)).collect())
}

/// The test program that a message of cargo announces, if it announces one.
fn program(message: &Value) -> Option<Program> {
    let test = message.pointer("/profile/test")?.as_bool()?;
    let executable = PathBuf::from(message.get("executable")?.as_str()?);
    let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?.to_owned();
    let name = format!("{} {}", folder.file_name()?.display(), message.pointer("/target/name")?.as_str()?);
    test.then_some(Program { executable, folder, name })
}

fn command(workspace: &Path, program: &Program, scratch: &Path) -> io::Result<Command> {
    let target = program.executable.ancestors().nth(3).unwrap_or(workspace);
    let open: Vec<&Path> =
        if target.starts_with(workspace) { vec![workspace] } else { vec![workspace, target] };
    let mut closed = Vec::new();
    for place in &open {
        closed.extend(first_closed(place)?);
    }
    closed.dedup();
    let list = |paths: Vec<String>| paths.join("\n");
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "--", "sh", "-c", BECOME, "become"])
        .arg(list(open.iter().map(|path| path.display().to_string()).collect()))
        .arg(list(closed.iter().map(|path| path.display().to_string()).collect()))
        .arg(scratch.join("stash"))
        .arg(USER.to_string())
        .args([&program.folder, &program.executable])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", scratch.join("home"))
        .env("TMPDIR", scratch.join("tmp"))
        .env("CARGO_MANIFEST_DIR", &program.folder);
    Ok(command)
}

/// The outermost folder on the way to a place that others may not enter.
fn first_closed(place: &Path) -> io::Result<Option<PathBuf>> {
    let mut way: Vec<&Path> = place.ancestors().skip(1).collect();
    way.reverse();
    for folder in way {
        if fs::metadata(folder)?.mode() & 0o001 == 0 {
            return Ok(Some(folder.to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_test_programs_are_taken_from_the_messages_of_cargo() {
        let table = [
            (
                r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/a/Cargo.toml","target":{"name":"a"},"profile":{"test":true},"executable":"/t/debug/deps/a-1"}"#,
                Some("a a"),
            ),
            (
                r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/a/Cargo.toml","target":{"name":"a"},"profile":{"test":false},"executable":"/t/debug/a"}"#,
                None,
            ),
            (
                r#"{"reason":"compiler-artifact","manifest_path":"/w/crates/a/Cargo.toml","target":{"name":"a"},"profile":{"test":true},"executable":null}"#,
                None,
            ),
            (r#"{"reason":"build-finished","success":true}"#, None),
        ];
        for (message, name) in table {
            let found = program(&serde_json::from_str(message).unwrap());
            assert_eq!(found.map(|program| program.name).as_deref(), name, "{message}");
        }
    }
}
