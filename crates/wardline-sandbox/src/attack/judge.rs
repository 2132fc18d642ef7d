//! The judge: starts the actor behind the wrapper, one door at a time, and looks at the host.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal};
use wardline_sys::{attempt, descriptor};

use super::actor::{ACTOR, LINE, Mark, own_binary, scene_text};
use super::bait::contains;
use super::catalogue::{STRAYS, probes};
use super::host::Host;
use super::terminal::Seat;
use super::{Bait, Judge, Outcome, Probe, Report, Result};
use crate::{Confinement, Program, Stdio3, start};

/// How long one attempt may take, with the start of its wrapper.
const LONGEST: Duration = Duration::from_secs(40);
/// How long the dying may take to be gone.
const GRACE: Duration = Duration::from_millis(400);
/// The number of the descriptor that a careless caller leaves open.
const LEFT_OPEN: i32 = 9;
/// How many doors that do not disturb each other are tried behind one wrapper.
const TOGETHER: usize = 24;
/// A number that is free while the former is taken.
const ABOVE: i32 = 20;

/// What stands between the actor and the host.
#[derive(Debug)]
pub enum Behind<'a> {
    /// A confinement of ours.
    Confinement(&'a Confinement),
    /// Words of ours that start the actor, whose own words follow them, in a confinement.
    Own(&'a [OsString]),
    /// Another wrapper, likewise. `{project}`, `{home}` and `{root}` in its words stand for the bait's. No words at
    /// all is no wrapper.
    Other(&'a [OsString]),
}

/// Why the suite could not be run.
#[derive(Debug)]
pub enum AttackError {
    /// Doors that are open would be open for root.
    Root,
    /// The bait or the wrapper could not be made ready.
    System(io::Error),
}

impl fmt::Display for AttackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str(
                "behind another wrapper the suite runs for an ordinary user only: as root, a door that it leaves open would \
                 change this machine; start it as another user",
            ),
            Self::System(error) => write!(f, "the attack suite cannot be run: {error}"),
        }
    }
}

impl std::error::Error for AttackError {}

impl From<io::Error> for AttackError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Tries every door whose id contains `filter`, and tells each outcome as it comes.
///
/// `environment` is what the wrapper is started with (see [`Bait::environment`]).
///
/// # Errors
/// When nothing can be tried at all. A door that cannot be tried is in the report.
pub fn attack(
    bait: &Bait,
    behind: &Behind<'_>,
    environment: &BTreeMap<String, String>,
    filter: &str,
    mut told: impl FnMut(&Outcome),
) -> std::result::Result<Report, AttackError> {
    if matches!(behind, Behind::Other(_)) && rustix::process::geteuid().is_root() {
        return Err(AttackError::Root);
    }
    let wrapper = wrapper(bait, behind)?;
    let mut room = Room { bait, wrapper, environment, host: Host::start(bait)?, base: bait.mark.clone() };
    let wanted: Vec<&'static Probe> = probes().filter(|probe| probe.id.contains(filter)).collect();
    let (alone, together): (Vec<_>, Vec<_>) = wanted.iter().partition(|probe| probe.alone);
    let mut outcomes = Vec::new();
    for group in together.chunks(TOGETHER).chain(alone.chunks(1)) {
        for outcome in room.case(group)? {
            told(&outcome);
            outcomes.push(outcome);
        }
    }
    let mut report = Report::default();
    for probe in wanted {
        report.outcomes.extend(outcomes.iter().find(|outcome| outcome.probe.id == probe.id).cloned());
    }
    Ok(report)
}

/// The words before those of the actor.
fn wrapper(bait: &Bait, behind: &Behind<'_>) -> io::Result<Vec<OsString>> {
    match behind {
        Behind::Own(words) => Ok(words.to_vec()),
        Behind::Other(words) => {
            let places = [
                ("{project}", bait.project()),
                ("{home}", bait.home()),
                ("{root}", bait.root().to_path_buf()),
            ];
            let fill = |word: &OsString| {
                let text = word.to_string_lossy().into_owned();
                places
                    .iter()
                    .fold(text, |text, (name, path)| text.replace(name, &path.display().to_string()))
                    .into()
            };
            Ok(words.iter().map(fill).collect())
        }
        Behind::Confinement(confinement) => {
            let own = own_binary()?;
            let mut confinement = (*confinement).clone();
            confinement.files.push((own.clone(), own.clone()));
            let manifest = bait.at("judge/confinement.json");
            fs::write(&manifest, confinement.to_wire().to_string())?;
            Ok(vec![own.into(), ACTOR.into(), "confined".into(), manifest.into()])
        }
    }
}

/// In a process of its own, as a caller with a terminal and a home: starts the actor in the confinement of a manifest.
pub(super) fn confined(manifest: &Path, argv: &[OsString]) -> ExitCode {
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let value = serde_json::from_str(&text).unwrap_or_default();
    let Some(confinement) = Confinement::from_wire(&value) else { return ExitCode::from(2) };
    let ended = start(&confinement, &Program::new(argv), Stdio3::inherit())
        .map_err(|error| error.to_string())
        .and_then(|child| child.wait().map_err(|error| error.to_string()));
    match ended {
        Ok(ended) => ExitCode::from(ended.exit_code()),
        Err(error) => {
            // The judge reads it and says why nothing was tried.
            let _unheard = io::Write::write_all(&mut io::stderr(), error.as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// The place where the cases are tried.
struct Room<'a> {
    bait: &'a Bait,
    wrapper: Vec<OsString>,
    environment: &'a BTreeMap<String, String>,
    host: Host,
    /// What every mark begins with.
    base: String,
}

/// What an actor says when the kernel let it.
const OPEN: &str = "open";

/// What came out of the wrapper.
struct Heard {
    all: Vec<u8>,
    errors: String,
    late: bool,
    typed: bool,
}

/// What one attempt said.
#[derive(Default)]
struct Said {
    started: bool,
    answer: Option<String>,
    data: Vec<u8>,
}

impl Room<'_> {
    /// Tries doors that do not disturb each other behind one wrapper, or one alone.
    fn case(&mut self, group: &[&'static Probe]) -> io::Result<Vec<Outcome>> {
        self.host.ready(self.bait)?;
        let untried = |probe: &&'static Probe, why| Outcome {
            probe,
            result: Result::Untried(why),
            said: String::new(),
        };
        if let [probe] = group
            && let Some(why) = self.impossible(probe)
        {
            return Ok(vec![untried(probe, why)]);
        }
        let heard = self.attempt(group)?;
        let ears = self.host.heard();
        let lingering = kill_lingering(&self.base);
        let mut outcomes = Vec::new();
        for probe in group {
            let said = heard.of(&self.mark(probe));
            let result = self.judge(probe, &said, &heard, &ears, lingering);
            let text = said.answer.unwrap_or_else(|| heard.errors.chars().take(300).collect());
            outcomes.push(Outcome { probe, result, said: text });
        }
        let seed = Mark::any(&self.base);
        if let Some(why) = self.besides(&seed, &ears, &heard) {
            // Of several nobody can say whose it is, so none of them counts as stopped.
            for outcome in outcomes.iter_mut().filter(|outcome| outcome.result == Result::Stopped) {
                outcome.result = Result::Open(why.clone());
            }
        }
        let changed = outcomes.iter().any(|outcome| outcome.probe.alone && outcome.result != Result::Stopped);
        self.clean(&seed, changed)?;
        Ok(outcomes)
    }

    fn mark(&self, probe: &Probe) -> Mark {
        Mark::of(&self.base, probes().position(|other| other.id == probe.id).unwrap_or_default())
    }

    /// What this host lacks to try it.
    fn impossible(&self, probe: &Probe) -> Option<String> {
        match probe.judge {
            Judge::Heard(ear) if !self.host.has(ear) => Some("this host has no such address".to_owned()),
            _ => None,
        }
    }

    /// Runs the actor to its end behind the wrapper.
    fn attempt(&self, group: &[&'static Probe]) -> io::Result<Heard> {
        let ids: Vec<&str> = group.iter().map(|probe| probe.id).collect();
        let mut words = self.wrapper.clone();
        let mut scene = self.host.words();
        scene.push(("root", self.bait.root().display().to_string()));
        scene.push(("mark", self.base.clone()));
        words.push(own_binary()?.into());
        words.extend([ACTOR, "try", &ids.join(",")].map(OsString::from));
        words.push(scene_text(scene).into());
        let (name, rest) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(name);
        command.args(rest).env_clear().envs(self.environment).current_dir(self.bait.project());
        let left_open = OwnedFd::from(File::open(self.bait.at("post/passed.txt"))?);
        descriptor::pass(&mut command, vec![(descriptor::above(&left_open, ABOVE)?, LEFT_OPEN)]);
        let (out, errors) = (self.bait.at("judge/out"), self.bait.at("judge/errors"));
        command.stdin(Stdio::null()).stderr(File::create(&errors)?);
        let mut seat = None;
        if group.iter().any(|probe| probe.seated) {
            let made = seat.insert(Seat::new()?);
            command.stdout(made.lend()?);
            attempt::seat_at(&mut command, made.lend()?);
        } else {
            command.stdout(File::create(&out)?).process_group(0);
        }
        let late = run(command)?;
        let (all, typed) = match &mut seat {
            Some(seat) => (seat.shown(), contains(&seat.typed(), b"wardline-typed")),
            None => (fs::read(&out)?, false),
        };
        let errors = String::from_utf8_lossy(&fs::read(&errors)?).into_owned();
        Ok(Heard { all, errors, late, typed })
    }

    /// The host's view of one door.
    fn judge(&mut self, probe: &Probe, said: &Said, heard: &Heard, ears: &[&str], lingering: bool) -> Result {
        let mark = self.mark(probe);
        if !said.started {
            let why = if heard.late { "it took too long" } else { "the actor was not started" };
            return Result::Untried(format!("{why}: {}", heard.errors.trim()));
        }
        let seen: Option<String> = match probe.judge {
            Judge::Arrived(name) => {
                self.bait.holds_secret(&said.data, name).then(|| "the secret came out".to_owned())
            }
            Judge::Planted(path) => self.planted(path, &mark.planted),
            Judge::Altered(path) => self.bait.altered(path).then(|| format!("`{path}` is not as it was")),
            Judge::SetId => self.set_id(),
            Judge::Heard(ear) => ears.contains(&ear).then(|| "the listener was reached".to_owned()),
            Judge::Victim => self.victim_harmed(said).then(|| "it was harmed".to_owned()),
            Judge::Lingering => lingering.then(|| "it lived on".to_owned()),
            Judge::Shared => self.host.shared().then(|| "it was changed".to_owned()),
            Judge::Terminal => heard.at_terminal(),
            Judge::Answer => (said.answer.as_deref() == Some(OPEN)).then(|| "the call succeeded".to_owned()),
        };
        match seen.or_else(|| lingering.then(|| "a process lived on".to_owned())) {
            Some(why) => Result::Open(why),
            None => Result::Stopped,
        }
    }

    /// Whether the process that stands by was harmed. A signal that was sent may take a moment.
    fn victim_harmed(&mut self, said: &Said) -> bool {
        let end = Instant::now() + if said.answer.as_deref() == Some(OPEN) { GRACE } else { Duration::ZERO };
        while !self.host.victim_harmed() {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Effects that the doors are not about, and that may not be either.
    fn besides(&self, seed: &str, ears: &[&str], heard: &Heard) -> Option<String> {
        if let Some(ear) = ears.first() {
            return Some(format!("the listener {ear} was reached"));
        }
        if heard.typed {
            return Some("the terminal was typed into".to_owned());
        }
        if let Some(path) = self.bait.planted_outside(seed).first() {
            return Some(format!("`{}` was changed", path.display()));
        }
        strays(seed).first().map(|path| format!("`{}` was made", path.display()))
    }

    fn planted(&self, path: &str, seed: &str) -> Option<String> {
        let found = if path.starts_with('/') {
            strays(seed).into_iter().find(|stray| stray.parent() == Some(Path::new(path)))
        } else {
            self.bait.planted(&self.bait.at(path), seed).into_iter().next()
        };
        found.map(|found| format!("`{}` was changed", found.display()))
    }

    /// Files of the project that lend their owner's rights.
    fn set_id(&self) -> Option<String> {
        let entries = fs::read_dir(self.bait.project()).ok()?.flatten();
        let lends = |path: &PathBuf| {
            fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.mode() & 0o6000 != 0)
        };
        let found = entries.map(|entry| entry.path()).find(lends)?;
        Some(format!("`{}` is set-user-id", found.display()))
    }

    /// Undoes what an attempt did.
    fn clean(&self, seed: &str, changed: bool) -> io::Result<()> {
        for stray in strays(seed) {
            let _best_effort = fs::remove_file(stray);
        }
        let _best_effort = fs::remove_dir_all(self.bait.at("project-moved"));
        self.bait.mend(seed, changed)
    }
}

impl Heard {
    /// The lines of one attempt.
    fn of(&self, mark: &Mark) -> Said {
        let mut heard = Said::default();
        for line in String::from_utf8_lossy(&self.all).lines() {
            let Some((_, said)) = line.split_once(LINE) else { continue };
            let Some(said) = said.trim().strip_prefix(&mark.said) else { continue };
            let (what, text) = said.trim_start().split_once(' ').unwrap_or_else(|| (said.trim(), ""));
            match what {
                "start" => heard.started = true,
                "data" => heard.data.extend(unhex(text.trim())),
                OPEN => heard.answer = Some(OPEN.to_owned()),
                "shut" => heard.answer = Some(text.trim().to_owned()),
                _ => {}
            }
        }
        heard
    }

    fn at_terminal(&self) -> Option<String> {
        if self.typed {
            return Some("what nobody typed lies in its input".to_owned());
        }
        contains(&self.all, b"\x1b]52").then(|| "it was told to set the clipboard".to_owned())
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    digits.chunks_exact(2).filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect()
}

/// Runs a command to its end; `true` when it took too long and was killed.
fn run(mut command: Command) -> io::Result<bool> {
    let mut child = command.spawn()?;
    // What the command holds of ours goes with it.
    drop(command);
    let late = !ends_within(&child, LONGEST)?;
    if late {
        // Both the group that it leads and, should it have left that, itself.
        let _gone = rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL);
        child.kill()?;
    }
    child.wait()?;
    Ok(late)
}

fn ends_within(child: &Child, time: Duration) -> io::Result<bool> {
    let process = rustix::process::pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let end = Instant::now() + time;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = rustix::time::Timespec::try_from(left).ok();
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) if left.is_zero() => return Ok(false),
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Processes of the host whose command line holds the mark, given some time to be gone.
fn lingering(mark: &str) -> Vec<Pid> {
    let of = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        contains(&line, mark.as_bytes()).then_some(pid)
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(of).collect()
}

fn kill_lingering(mark: &str) -> bool {
    let end = Instant::now() + GRACE;
    let mut left = lingering(mark);
    while !left.is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
        left = lingering(mark);
    }
    for pid in &left {
        let _gone = rustix::process::kill_process(*pid, Signal::KILL);
    }
    !left.is_empty()
}

/// Files of attempts in the host's common directories.
fn strays(seed: &str) -> Vec<PathBuf> {
    let entries = STRAYS.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten().flatten();
    let ours = |entry: &fs::DirEntry| contains(entry.file_name().as_encoded_bytes(), seed.as_bytes());
    entries.filter(ours).map(|entry| entry.path()).collect()
}
