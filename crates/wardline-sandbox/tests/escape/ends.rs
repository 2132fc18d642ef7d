//! How a session ends: nothing may live on, nothing may stay behind, and the caller learns the truth.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use wardline_sandbox::{Ahead, Held, Identity, Program, StartError, Stdio3, Stream, outcomes, start};

use crate::run::{listen, run};
use crate::world::Place;

type Change = fn(&mut wardline_sandbox::Confinement);
type End = (&'static str, fn(&Place) -> Result<(), String>);

pub(crate) const ENDS: &[End] = &[
    ("end: a held program waits for the word", held),
    ("end: a held program without the word never runs", held_and_dropped),
    ("end: a program that is given up at any moment of its start", given_up),
    ("end: a stage that is not needed", unneeded),
    ("end: the note for the next session names where the program lives", noted),
    ("end: a daemon does not survive", daemon),
    ("end: a kill from the caller", killed_by_handle),
    ("end: dropping the child", dropped),
    ("end: SIGTERM to the caller reaches the program", sigterm),
    ("end: SIGKILL of the caller leaves nothing", sigkill),
    ("end: SIGKILL of the keeper leaves nothing", keeper_killed),
    ("end: a program that is not there", no_program),
    ("end: a start directory that is not there", no_directory),
    ("end: a missing trap that appears is moved away", appeared),
    ("end: a missing trap behind a planted link", appeared_by_link),
    ("end: a missing trap, blocked or hidden", blocked_or_hidden),
    ("end: a missing trap that cannot be moved is named", immovable),
    ("end: a file that stood for a directory stays", file_for_directory),
    ("end: a pinned link is put back", link_swapped),
    ("end: a covered file that the host replaces is named", replaced),
    ("end: what is written in an overlay stays in it", overlaid),
    ("end: the enforcement is reported", enforcement),
    ("end: typing into the caller's terminal", terminal_input),
    ("end: a program on a terminal", terminal_program),
    ("end: confinements that make no sense", senseless),
];

/// Everything that a program does to an overlaid project is seen by it, lands in the overlay, and leaves the project as it is; what is
/// hidden stays hidden, what is pinned stays.
fn overlaid(place: &Place) -> Result<(), String> {
    let project = place.project();
    let changes = place.outside().join("overlay");
    for name in ["upper", "work"] {
        fs::create_dir_all(changes.join(name)).unwrap();
    }
    for (name, text) in [("kept", "kept"), ("gone", "gone"), ("secret", "topsecret"), ("pinned", "pinned")] {
        fs::write(project.join(name), text).unwrap();
    }
    let mut confinement = place.confinement();
    confinement.overlay = Some(changes.clone());
    confinement.masked.push(project.join("secret"));
    confinement.pinned.push(project.join("pinned"));
    let script = "echo more >> kept; rm gone; mkdir new; echo x > new/file; ln -s kept link; cat kept; cat secret; \
                  echo x > pinned; ls";
    let said = run(&confinement, &["/bin/sh", "-c", script])?;
    expect(said.out.contains("keptmore") && !said.out.contains("gone"), &said)?;
    expect(!said.out.contains("topsecret") && said.err.contains("ermission denied"), &said)?;
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    for (name, before) in [("kept", "kept"), ("gone", "gone"), ("pinned", "pinned")] {
        expect(text(&project.join(name)) == before, format!("{name} was changed on the host"))?;
    }
    expect(!project.join("new").exists() && !project.join("link").is_symlink(), "it came to the host")?;
    let upper = changes.join("upper");
    expect(text(&upper.join("kept")) == "keptmore\n", "the change is not in the overlay")?;
    expect(text(&upper.join("new/file")) == "x\n" && !upper.join("pinned").exists(), "what was made")?;
    // For whoever cleans up: overlayfs closes its own directory.
    for path in [changes.join("work/work"), changes.join("work")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).ok();
    }
    ["kept", "gone", "secret", "pinned"].iter().for_each(|name| fs::remove_file(project.join(name)).unwrap());
    fs::remove_dir_all(changes).map_err(|error| error.to_string())
}

/// Processes of the host whose command line holds `word`.
pub(crate) fn living(word: &str) -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| String::from_utf8_lossy(line).contains(word)).count()
}

fn soon(what: &str, mut truth: impl FnMut() -> bool) -> Result<(), String> {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        if truth() {
            return Ok(());
        }
        sleep(Duration::from_millis(10));
    }
    Err(format!("not within five seconds: {what}"))
}

pub(crate) fn expect(truth: bool, what: impl std::fmt::Debug) -> Result<(), String> {
    if truth { Ok(()) } else { Err(format!("{what:?}")) }
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

/// A program that leaves a file when it runs, ready but for the word.
fn hold(place: &Place) -> Result<Held, String> {
    let ahead = Ahead::new(Stdio3::captured()).map_err(|error| error.to_string())?;
    let program = Program::new(["/bin/sh", "-c", "echo 600.011 > ran; exit 6"]);
    let held = ahead.prepare(&place.confinement(), &program).map_err(|error| error.to_string())?;
    // Long enough for the whole set-up.
    sleep(Duration::from_millis(300));
    expect(!place.project().join("ran").exists(), "it ran without the word")?;
    Ok(held)
}

fn held(place: &Place) -> Result<(), String> {
    let child = hold(place)?.go().map_err(|error| error.to_string())?;
    expect(child.enforcement().iter().all(|guarantee| guarantee.held), child.enforcement())?;
    let said = listen(child)?;
    expect(said.ended.code == Some(6) && place.project().join("ran").exists(), &said)
}

fn held_and_dropped(place: &Place) -> Result<(), String> {
    let before = left_cgroups();
    drop(hold(place)?);
    sleep(Duration::from_millis(100));
    expect(!place.project().join("ran").exists(), "it ran without the word")?;
    expect(orphaned_stages() == 0, "a stage is left")?;
    soon("no cgroup of a dead keeper is left", || left_cgroups().is_subset(&before))
}

/// Dropping waits for the stage, so one that does not see that nobody wants it any more would hang its caller.
fn given_up(place: &Place) -> Result<(), String> {
    let before = left_cgroups();
    let program = Program::new(["/bin/sh", "-c", "sleep 600.012 & echo 600.012 > ran; wait"]);
    for round in 0..24 {
        let ahead = Ahead::new(Stdio3::captured()).map_err(|error| error.to_string())?;
        let held = ahead.prepare(&place.confinement(), &program).map_err(|error| error.to_string())?;
        sleep(Duration::from_millis(round));
        let (say, heard) = std::sync::mpsc::channel();
        // Every third one was told to begin.
        let dropping = std::thread::spawn(move || {
            if round % 3 == 0 {
                drop(held.go())
            } else {
                drop(held)
            }
            say.send(()).ok();
        });
        heard.recv_timeout(Duration::from_secs(60)).map_err(|_| format!("round {round}: it hangs"))?;
        dropping.join().map_err(|_| "a panic")?;
    }
    expect(living("600.012") == 0 && orphaned_stages() == 0, "something of it lives")?;
    soon("no cgroup of a dead keeper is left", || left_cgroups().is_subset(&before))
}

/// Should keeper and caller be killed together, only this tells the next session what may still live.
fn noted(place: &Place) -> Result<(), String> {
    let session = place.project().with_file_name("session-that-notes");
    for round in 0..8 {
        fs::create_dir_all(&session).map_err(|error| error.to_string())?;
        let mut confinement = place.confinement();
        confinement.session = Some(session.clone());
        let program = Program::new(["/bin/readlink", "/proc/self/ns/pid"]);
        let child = start(&confinement, &program, Stdio3::captured()).map_err(|error| error.to_string())?;
        let note = fs::read_to_string(session.join("keeper")).map_err(|error| error.to_string())?;
        let said = listen(child)?;
        let space = said.out.trim().trim_start_matches("pid:[").trim_end_matches(']').to_owned();
        expect(note.contains(&format!("\"space\":{space}")), format!("round {round}: {space} in {note}"))?;
        fs::remove_dir_all(&session).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// It ends by itself, and a confinement that makes no sense ends it too.
fn unneeded(place: &Place) -> Result<(), String> {
    let begin = Instant::now();
    drop(Ahead::new(Stdio3::captured()).map_err(|error| error.to_string())?);
    let ahead = Ahead::new(Stdio3::captured()).map_err(|error| error.to_string())?;
    let mut senseless = place.confinement();
    senseless.cwd = "relative".into();
    let refused = ahead.prepare(&senseless, &Program::new(["/bin/true"]));
    expect(matches!(refused, Err(StartError::Invalid(_))), "it was accepted")?;
    expect(begin.elapsed() < Duration::from_secs(5) && orphaned_stages() == 0, "a stage is left")
}

fn daemon(place: &Place) -> Result<(), String> {
    let script = "(setsid sleep 600.001 </dev/null >/dev/null 2>&1 &) ; (setsid setsid sleep 600.001 &); sleep 0.2; echo left";
    let said = run(&place.confinement(), &["/bin/sh", "-c", script])?;
    expect(said.out.contains("left") && said.ended.survivors == 0, &said)?;
    expect(living("600.001") == 0, "the daemon lives")
}

fn killed_by_handle(place: &Place) -> Result<(), String> {
    let program = Program::new(["/bin/sh", "-c", "setsid sleep 600.002 & sleep 600.002"]);
    let child =
        start(&place.confinement(), &program, Stdio3::captured()).map_err(|error| error.to_string())?;
    soon("the program runs", || living("600.002") >= 2)?;
    let killer = child.killer().unwrap();
    let killing = std::thread::spawn(move || killer.kill());
    let said = listen(child)?;
    killing.join().unwrap();
    expect(said.ended.exit_code() == 137 && said.ended.survivors == 0, &said)?;
    expect(living("600.002") == 0, "the program lives")
}

fn dropped(place: &Place) -> Result<(), String> {
    let program = Program::new(["/bin/sleep", "600.003"]);
    let child =
        start(&place.confinement(), &program, Stdio3::captured()).map_err(|error| error.to_string())?;
    soon("the program runs", || living("600.003") >= 1)?;
    drop(child);
    expect(living("600.003") == 0, "the program lives")
}

/// A caller in a process of its own, so that it can be killed.
fn caller(place: &Place, script: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--confined").arg(&place.root).args(["/bin/sh", "-c", script]).stdin(Stdio::null());
    command
}

fn sigterm(place: &Place) -> Result<(), String> {
    let script = "trap 'echo asked; exit 5' TERM; echo 600.004 > ready; while :; do sleep 0.05; done";
    let mut child = caller(place, script).stdout(Stdio::piped()).spawn().unwrap();
    let ready = soon("the program runs", || place.project().join("ready").exists());
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let code = child.wait().unwrap().code();
    ready?;
    fs::remove_file(place.project().join("ready")).unwrap();
    expect(code == Some(5), code)
}

/// After the caller dies at a random moment: no process, mount, trap file or cgroup is left.
fn sigkill(place: &Place) -> Result<(), String> {
    let before = (mounts(), left_cgroups());
    for round in 0..12_u64 {
        let script = "mkdir -p .vscode; echo planted > .vscode/tasks.json; echo planted > .mcp.json; setsid sleep 600.005 & \
                      sleep 600.005";
        let mut child = caller(place, script).stdout(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(round * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        soon("everything is gone", || living("600.005") == 0 && orphaned_stages() == 0)?;
        for name in [".mcp.json", ".vscode/tasks.json"] {
            expect(!place.project().join(name).exists(), (round, name, "is left"))?;
        }
    }
    expect(mounts() == before.0, "mounts are left")?;
    soon("no cgroup of a dead keeper is left", || left_cgroups().is_subset(&before.1))
}

/// Cgroups of keepers that are dead. Those that were there before a test are not its doing: whoever ended caller and
/// keeper together, and never started another in that place, left them.
fn left_cgroups() -> BTreeSet<String> {
    let found =
        Command::new("find").args(["/sys/fs/cgroup", "-maxdepth", "6", "-name", "wardline-*"]).output();
    let text =
        found.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    let dead = |line: &&str| {
        let keeper = line.rsplit_once("wardline-").and_then(|(_, keeper)| Identity::parse(keeper));
        keeper.is_some_and(|keeper| !keeper.is_alive())
    };
    text.lines().filter(dead).map(str::to_owned).collect()
}

/// Stages that lost their caller.
fn orphaned_stages() -> usize {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let orphaned = |path: &Path| {
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1));
        String::from_utf8_lossy(&line).contains("__wardline-stage") && parent == Some("1")
    };
    entries.filter(|entry| orphaned(&entry.path())).count()
}

fn keeper_killed(place: &Place) -> Result<(), String> {
    let program = Program::new(["/bin/sleep", "600.006"]);
    let child =
        start(&place.confinement(), &program, Stdio3::captured()).map_err(|error| error.to_string())?;
    soon("the program runs", || living("600.006") >= 1)?;
    let keeper = rustix::process::Pid::from_raw(i32::try_from(child.stage_id()).unwrap()).unwrap();
    rustix::process::kill_process(keeper, rustix::process::Signal::KILL).unwrap();
    soon("the program is dead", || living("600.006") == 0)?;
    expect(child.wait().is_err(), "the caller was not told")
}

fn no_program(place: &Place) -> Result<(), String> {
    let error = start(&place.confinement(), &Program::new(["no-such-program"]), Stdio3::captured()).err();
    let error = error.ok_or("it was executed")?;
    expect(error.exit_code() == 127 && error.to_string().contains("no-such-program"), &error)
}

fn no_directory(place: &Place) -> Result<(), String> {
    let mut confinement = place.confinement();
    confinement.cwd = place.outside();
    let error =
        start(&confinement, &Program::new(["true"]), Stdio3::captured()).err().ok_or("it was executed")?;
    expect(error.exit_code() == 125 && error.to_string().contains("outside"), &error)
}

fn appeared(place: &Place) -> Result<(), String> {
    let script = "mkdir .vscode && echo evil > .vscode/tasks.json && echo fine > .vscode/other && mkdir -p .mcp.json/sub";
    let said = run(&place.confinement(), &["/bin/sh", "-c", script])?;
    let found = &said.ended.appeared;
    expect(found.len() == 2, &said)?;
    for appeared in found {
        let kept = appeared.kept_at.as_deref().ok_or("it was not moved")?;
        expect(kept.exists() && kept.starts_with(place.quarantine()), kept)?;
        expect(!appeared.path.exists(), &appeared.path)?;
    }
    let kept = place.project().join(".vscode/other").exists();
    fs::remove_dir_all(place.project().join(".vscode")).unwrap();
    expect(kept, "an ordinary neighbour was moved too")
}

/// The link leads to a directory of the host that has such a file: the file must stay, and the link must go.
fn appeared_by_link(place: &Place) -> Result<(), String> {
    let real = place.outside().join("tasks.json");
    fs::write(&real, "the host's own").unwrap();
    let script = format!("ln -s '{}' .vscode", place.outside().display());
    let said = run(&place.confinement(), &["/bin/sh", "-c", &script])?;
    let link = place.project().join(".vscode");
    expect(fs::read_to_string(&real).unwrap() == "the host's own", "the host's file was touched")?;
    fs::remove_file(&real).unwrap();
    expect(fs::symlink_metadata(&link).is_err() && said.ended.appeared.len() == 1, &said)
}

/// In a project without `.git`: whatever the program puts there, git on the host finds neither hooks nor settings.
fn blocked_or_hidden(place: &Place) -> Result<(), String> {
    let project = place.project();
    // Of each, what is made in the project and what must be moved away.
    let table = [
        ("echo 'gitdir: evil' > .git", ".git"),
        ("ln -s /tmp .git", ".git"),
        ("mkfifo .git", ".git"),
        ("mkdir -p .git/hooks/sub && chmod 0311 .git", ".git/hooks"),
        ("mkdir -p .git/hooks/sub && chmod 0555 .git", ".git/hooks"),
        ("mkdir -p .git/hooks/sub && chmod 0 .git/hooks/sub .git/hooks", ".git/hooks"),
        ("mkdir -p .git/hooks/sub && chmod 0555 .git/hooks", ".git/hooks"),
        ("mkdir .git && echo evil > .git/hooks", ".git/hooks"),
        ("mkdir .git && echo evil > .git/config && chmod 0 .git/config", ".git/config"),
        ("mkdir -p .git/hooks/sub && chmod 0 .git", ""),
        ("mkdir -p .git/hooks/sub && chmod 0600 .git", ""),
        ("mkdir -p .git/hooks/sub && chmod 0 .git/hooks/sub .git/hooks .git", ""),
        ("mkdir -p .git/hooks/sub && chmod 0 .", ".git/hooks"),
        ("mkdir -p .git/hooks/sub && chmod 0555 .", ".git/hooks"),
        ("mkdir .claude && chmod 0311 .claude && echo x > .claude/settings.json", ".claude/settings.json"),
        ("echo x > .claude", ".claude"),
    ];
    let other = PathBuf::from(format!("/dev/shm/wardline-escape-{}", std::process::id()));
    for quarantine in [place.quarantine(), other.clone()] {
        for (script, moved) in table {
            fs::remove_dir_all(project.join(".git")).or_else(missing_is_fine).unwrap();
            let mut confinement = place.confinement();
            confinement.quarantine = Some(quarantine.clone());
            let said = run(&confinement, &["/bin/sh", "-c", script])?;
            let mode = fs::metadata(&project).unwrap().permissions().mode() & 0o777;
            fs::set_permissions(&project, fs::Permissions::from_mode(0o755)).unwrap();
            let wanted = if script.ends_with("chmod 0 .") {
                0
            } else if script.ends_with("chmod 0555 .") {
                0o555
            } else {
                0o755
            };
            expect(mode == wanted, (script, "the mode of the project", mode))?;
            let shut = [&project, &quarantine];
            drop(Command::new("chmod").args(["-R", "u+rwx"]).args(shut).stderr(Stdio::null()).status());
            let found = &said.ended.appeared;
            let kept = |kept: &Path| kept.symlink_metadata().is_ok() && kept.starts_with(&quarantine);
            let all = found.iter().all(|one| one.kept_at.as_deref().is_some_and(kept));
            // As root nothing is hidden; for others what is out of sight goes whole.
            let exact = moved.is_empty() || found.first().is_some_and(|one| one.path == project.join(moved));
            expect(found.len() == 1 && all && exact, (script, &said))?;
            for name in [".git/hooks", ".git/config", ".claude/settings.json"] {
                expect(project.join(name).symlink_metadata().is_err(), (script, name, "is left"))?;
            }
            for name in [".git", ".claude"] {
                let other = project.join(name).symlink_metadata().is_ok_and(|found| !found.is_dir());
                expect(!other, (script, name, "is left"))?;
                fs::remove_dir_all(project.join(name)).or_else(missing_is_fine).unwrap();
            }
        }
    }
    drop(Command::new("rm").arg("-rf").arg(&other).status());
    Ok(())
}

fn missing_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn immovable(place: &Place) -> Result<(), String> {
    let mut confinement = place.confinement();
    // No directory can be made there.
    confinement.quarantine = Some("/proc/nowhere".into());
    let said = run(&confinement, &["/bin/sh", "-c", "echo evil > .mcp.json; echo evil > .vscode"])?;
    let found: Vec<_> =
        said.ended.appeared.iter().map(|one| (one.path.clone(), one.kept_at.clone())).collect();
    let named = [".vscode", ".mcp.json"].map(|name| (place.project().join(name), None));
    expect(found.len() == 2 && named.iter().all(|one| found.contains(one)), &said)
}

/// A linked worktree has a file `.git`: it was there, so it is not moved away, and it cannot be changed either.
fn file_for_directory(place: &Place) -> Result<(), String> {
    let file = place.project().join(".git");
    fs::remove_dir_all(&file).unwrap();
    fs::write(&file, "gitdir: /elsewhere").unwrap();
    let script =
        "echo evil > .git; rm -f .git; mv .git .old; mkdir -p .git/hooks; echo new > n; mv n .git; :";
    let said = run(&place.confinement(), &["/bin/sh", "-c", script])?;
    expect(said.ended.appeared.is_empty() && said.ended.replaced.is_empty(), &said)?;
    expect(fs::read_to_string(&file).is_ok_and(|text| text == "gitdir: /elsewhere"), &said)
}

fn link_swapped(place: &Place) -> Result<(), String> {
    let said = run(&place.confinement(), &["/bin/sh", "-c", "rm dotfiles; echo evil > dotfiles"])?;
    let link =
        fs::read_link(place.project().join("dotfiles")).map_err(|error| format!("{error}: {said:?}"))?;
    expect(link == place.outside().join("target.txt") && said.ended.appeared.len() == 1, &said)
}

/// An editor or git on the host writes a new file and renames it over the old one, and takes the mount away with it.
fn replaced(place: &Place) -> Result<(), String> {
    let said = run(&place.confinement(), &["/bin/true"])?;
    expect(said.ended.replaced.is_empty(), &said)?;
    let program = Program::new(["/bin/cat"]);
    let streams = Stdio3 { stdin: Stream::Piped, ..Stdio3::captured() };
    let mut child = start(&place.confinement(), &program, streams).map_err(|error| error.to_string())?;
    let path = place.project().join(".git/config");
    fs::copy(&path, path.with_extension("new")).unwrap();
    fs::rename(path.with_extension("new"), &path).unwrap();
    drop(child.stdin.take());
    let said = listen(child)?;
    expect(said.ended.replaced == [path], &said)
}

fn enforcement(place: &Place) -> Result<(), String> {
    let child = start(&place.confinement(), &Program::new(["/bin/true"]), Stdio3::captured());
    let child = child.map_err(|error| error.to_string())?;
    let means: Vec<_> = child.mechanisms().iter().filter(|one| one.held).map(|one| one.id.clone()).collect();
    let held: Vec<_> = child.enforcement().iter().filter(|one| one.held).map(|one| one.id.clone()).collect();
    let all = ["user-namespace", "network", "proc", "no-new-privs", "seccomp", "limits", "landlock"];
    let ended = child.wait().map_err(|error| error.to_string())?;
    expect(means == all && ended.layers_missing.is_empty(), &means)?;
    expect(held == outcomes().into_iter().map(|(id, _)| id).collect::<Vec<_>>(), &held)
}

/// Runs the suite's confined caller on a terminal that `script` makes, and returns what appears on it.
fn on_terminal(place: &Place, inner: &str, typed: &str) -> Result<String, String> {
    if !Path::new("/usr/bin/script").exists() {
        return Err("SKIP `script` is not installed here".to_owned());
    }
    fs::write(place.project().join("inner"), inner).unwrap();
    let caller = format!(
        "{} --confined {} /bin/bash {}",
        std::env::current_exe().unwrap().display(),
        place.root.display(),
        place.project().join("inner").display()
    );
    let command =
        format!("(sleep 0.5; printf '{typed}'; sleep 0.5) | script -qec \"{caller}; cat\" /dev/null");
    let output = Command::new("timeout").args(["20", "sh", "-c", &command]).output().unwrap();
    fs::remove_file(place.project().join("inner")).unwrap();
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn terminal_input(place: &Place) -> Result<(), String> {
    let inner = "/usr/bin/python3 -c 'import fcntl, termios\ntry:\n  [fcntl.ioctl(0, termios.TIOCSTI, bytes([c])) for c in \
                 b\"INJECTED\\n\"]\nexcept OSError as e: print(\"SHUT\", e)'";
    let seen = on_terminal(place, inner, "")?;
    expect(seen.contains("SHUT") && !seen.contains("INJECTED"), &seen)
}

fn terminal_program(place: &Place) -> Result<(), String> {
    let seen = on_terminal(
        place,
        "stty size >/dev/null && test -t 0 && read line </dev/tty && echo got-$line",
        "typed\\n",
    )?;
    expect(seen.contains("got-typed"), &seen)
}

fn senseless(place: &Place) -> Result<(), String> {
    let cases: [(&str, Change); 6] = [
        ("the root as the project", |confinement| confinement.project = "/".into()),
        ("the home as the project", |confinement| confinement.home = confinement.project.clone()),
        ("the project above the home", |confinement| confinement.home = confinement.project.join("home")),
        ("a relative path", |confinement| confinement.read.push("usr".into())),
        ("a path with ..", |confinement| confinement.write.push("/tmp/../etc".into())),
        ("the project masked", |confinement| confinement.masked.push(confinement.project.clone())),
    ];
    for (name, change) in cases {
        let mut confinement = place.confinement();
        change(&mut confinement);
        let outcome = start(&confinement, &Program::new(["/bin/true"]), Stdio3::captured());
        expect(matches!(outcome, Err(StartError::Invalid(_))), name)?;
    }
    Ok(())
}
