//! Starting a confined program from the caller's side, waiting for it, and what came of it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitOptions};
use wardline_sys::process::Fork;
use wardline_sys::{descriptor, process, signal};

use crate::confinement::{Confinement, Invalid};
use crate::guarantee::{Asked, Guarantee, judge, refused};
use crate::hit::Hit;
use crate::host::HostKind;
use crate::identity::Identity;
use crate::mechanism::Mechanism;
use crate::plan::Watch;
use crate::resources::Resource;
use crate::streams::{Stdio3, Streams};
use crate::terminal::{self, Outer, Relay};
use crate::watch::Appeared;
use crate::wire::{
    ABOVE, Failure, GO, GO_BEHIND, LIFELINE, Message, REQUEST, Request, Run, STAGE, STATUS, TERMINAL,
};
use crate::{cgroup, hit, leftover, stage, watch};

/// The binary that is the stage when none is named: the one that runs, even when its file was replaced meanwhile.
pub(crate) const OWN_BINARY: &str = "/proc/self/exe";

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments. A name without `/` is looked up in the `PATH` of the confinement's environment.
    pub argv: Vec<OsString>,
}

impl Program {
    /// A program with its arguments.
    pub fn new(argv: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect() }
    }
}

/// Why nothing was executed, as far as that is known.
#[derive(Debug)]
pub enum StartError {
    /// The confinement contradicts itself.
    Invalid(Invalid),
    /// The host cannot give these guarantees, and nobody accepted to do without them.
    Missing(Vec<Guarantee>),
    /// A step of the set-up failed; with the step `execute`, the program itself could not be started.
    Stage(Failure),
    /// The stage could not be started, or ended without a word.
    NoStage(io::Error),
    /// The stage ended without a word after it was told to begin: this is how. It was killed from the outside, and whatever
    /// ran inside with it.
    Unknown(String),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(invalid) => write!(f, "confinement: {invalid}"),
            Self::Missing(guarantees) => {
                write!(f, "this host cannot give every guarantee")?;
                guarantees.iter().try_for_each(|guarantee| write!(f, "\n  {guarantee}"))
            }
            Self::Stage(failure) => write!(f, "{failure}; nothing was executed"),
            Self::NoStage(error) => {
                write!(f, "cannot start the sandbox stage: {error}; nothing was executed")
            }
            Self::Unknown(status) => write!(
                f,
                "the sandbox's keeper ended without a word ({status}); whether the program had begun is not known, and nothing \
                 of it is left"
            ),
        }
    }
}

impl std::error::Error for StartError {}

impl StartError {
    /// Whether it is that this host cannot lay the project under an overlay ([`Confinement::overlay`]); nothing was started.
    #[must_use]
    pub fn is_about_the_overlay(&self) -> bool {
        matches!(self, Self::Stage(failure) if failure.step == crate::mounts::OVERLAY)
    }

    /// The exit code that a shell would give: 127 for a program that is not there, 126 for one that cannot be
    /// executed, 125 for anything else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Stage(failure) if failure.step == "execute" => match failure.errno {
                Some(libc::ENOENT) => 127,
                _ => 126,
            },
            _ => 125,
        }
    }
}

/// A confined program that runs. Dropping it ends the program and everything it started.
///
/// While it lives, the signals that ask this process to end (TERM, HUP, INT, QUIT) go to the program instead. For a
/// program on a terminal, a thread of this process carries what is typed and shown, and this process stops when the
/// program is stopped; the caller's terminal is as it was when [`Child::wait`] returns.
#[derive(Debug)]
pub struct Child {
    stage: Keeper,
    status: BufReader<File>,
    lifeline: OwnedFd,
    /// From the start on, signals that ask us to end go to the program; on a terminal, the relay sees to that.
    _guard: Option<signal::Guard>,
    relay: Option<Relay>,
    enforcement: Vec<Guarantee>,
    mechanisms: Vec<Mechanism>,
    watches: Vec<Watch>,
    confinement: Option<Confinement>,
    keeper: Option<Identity>,
    inside: Option<u64>,
    /// The program's standard input, when it is piped.
    pub stdin: Option<ChildStdin>,
    /// The program's standard output, when it is piped.
    pub stdout: Option<ChildStdout>,
    /// The program's standard error, when it is piped.
    pub stderr: Option<ChildStderr>,
}

/// While it lives, TERM, HUP, INT and QUIT do not end this process; what a [`Child`] does with them meanwhile it does all the same.
///
/// For the time after a program: a person who ends it types Ctrl-C once more than needed, and what is still to be written
/// down, put back and judged must not end with it.
#[derive(Debug)]
pub struct Unhurried {
    _guard: Option<signal::Guard>,
}

impl Unhurried {
    /// Begins it. Where the system refuses a handler, signals do what they did before.
    #[must_use]
    pub fn begin() -> Self {
        let swallow = |(_, pipe): (OwnedFd, OwnedFd)| signal::Guard::install(&pipe, &[]).ok();
        Self { _guard: pipe_with(PipeFlags::CLOEXEC).ok().and_then(swallow) }
    }
}

/// What came of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Processes that were still there after everything was killed: 0, or a guarantee was broken.
    pub survivors: u64,
    /// What was made at pinned paths that did not exist, and where it was moved.
    pub appeared: Vec<Appeared>,
    /// Pinned or masked paths that somebody on the host replaced while the program ran: it may have read or written the
    /// new file from then on, so look at it.
    pub replaced: Vec<PathBuf>,
    /// The limits that were reached.
    pub limits_hit: Vec<Hit>,
    /// The mechanisms that this host did not give, each with what would bring it back.
    pub layers_missing: Vec<String>,
}

impl Ended {
    /// The exit code as a shell gives it: the program's own, or 128 and the signal's number.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let code = self.code.or_else(|| self.signal.map(|signal| 128 + signal)).unwrap_or(255);
        u8::try_from(code & 0xff).unwrap_or(255)
    }
}

/// Why the end of a program is not known.
#[derive(Debug)]
pub enum WaitError {
    /// The stage was killed from the outside, and the program with it; how it ended is not known.
    StageLost {
        /// What was made at pinned paths that did not exist, and where it was moved.
        appeared: Vec<Appeared>,
    },
    /// The stage failed after the program had started.
    Stage(Failure),
    /// The system refused to let us wait.
    System(io::Error),
}

impl std::fmt::Display for WaitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StageLost { .. } => f.write_str("the sandbox's keeper was killed, and the program with it"),
            Self::Stage(failure) => write!(f, "the sandbox failed while the program ran: {failure}"),
            Self::System(error) => write!(f, "cannot wait for the sandbox: {error}"),
        }
    }
}

impl std::error::Error for WaitError {}

/// Starts `program` inside `confinement`; returns when the program itself runs.
///
/// The running binary is executed again as the stage, so its `main` has to begin with [`crate::is_stage`] and
/// [`crate::stage_main`].
///
/// # Errors
/// When the confinement makes no sense, the host cannot give a guarantee, or a step of the set-up fails. In each case
/// nothing was executed, except where the error says that it is not known.
pub fn start(confinement: &Confinement, program: &Program, stdio: Stdio3) -> Result<Child, StartError> {
    start_with(Path::new(OWN_BINARY), confinement, program, stdio)
}

/// As [`start`], with another binary as the stage.
///
/// # Errors
/// As [`start`].
pub fn start_with(
    stage: &Path,
    confinement: &Confinement,
    program: &Program,
    stdio: Stdio3,
) -> Result<Child, StartError> {
    confinement.check().map_err(StartError::Invalid)?;
    Ahead::with(stage, stdio).map_err(StartError::NoStage)?.prepare(confinement, program)?.go()
}

/// A stage that was started before it is known what it will run, so that it gets ready meanwhile. Dropping it ends it.
#[derive(Debug)]
pub struct Ahead {
    binary: PathBuf,
    stage: Stage,
    streams: Streams,
}

/// A program whose sandbox is being built, and that waits for the word to begin. Dropping it ends it.
#[derive(Debug)]
pub struct Held {
    stage: Stage,
    binary: PathBuf,
    streams: Streams,
    run: Run,
}

impl Ahead {
    /// Starts a stage for a program with these streams; the running binary is executed again, as for [`start`].
    ///
    /// # Errors
    /// When the stage cannot be started.
    pub fn new(stdio: Stdio3) -> io::Result<Self> {
        Self::with(Path::new(OWN_BINARY), stdio)
    }

    /// As [`Ahead::new`] with the caller's own streams, as a fork of this process instead of another execution of it:
    /// ready in a fraction of the time, because the sandbox is begun at once. Call it first thing in `main`: the stage
    /// keeps a copy of what is in memory then, the environment excepted, which it overwrites.
    ///
    /// # Errors
    /// When this process has more than one thread, or the stage cannot be started.
    pub fn fork() -> io::Result<Self> {
        let streams = Streams::new(Stdio3::inherit());
        Ok(Self { binary: PathBuf::from(OWN_BINARY), stage: Stage::fork(&streams)?, streams })
    }

    fn with(binary: &Path, stdio: Stdio3) -> io::Result<Self> {
        let streams = Streams::new(stdio);
        let stage = Stage::spawn(binary, streams.lend()?, streams.on_terminal())?;
        Ok(Self { binary: binary.to_path_buf(), stage, streams })
    }

    /// Has the sandbox built for `program`. Nothing of the program's runs before [`Held::go`].
    ///
    /// # Errors
    /// When the confinement makes no sense, or the stage is gone.
    pub fn prepare(self, confinement: &Confinement, program: &Program) -> Result<Held, StartError> {
        confinement.check().map_err(StartError::Invalid)?;
        let Self { binary, mut stage, streams } = self;
        let (confinement, terminal) = (confinement.clone(), streams.chosen);
        let run = Run { confinement, argv: program.argv.clone(), terminal, without: Vec::new() };
        stage.ask(&Request::Run(Box::new(run.clone()))).map_err(StartError::NoStage)?;
        Ok(Held { binary, stage, streams, run })
    }
}

impl Held {
    /// Lets the program begin, once its sandbox is complete; returns when the program itself runs.
    ///
    /// # Errors
    /// When the host cannot give a guarantee, or a step of the set-up fails. In each case nothing was executed, except where
    /// the error says that it is not known.
    pub fn go(self) -> Result<Child, StartError> {
        let Self { binary, mut stage, streams, mut run } = self;
        let mut lacking = Vec::new();
        // Each round leaves out one mechanism more, so there are never more rounds than mechanisms.
        loop {
            // Until here, a signal that ends this process ends the stage by the lifeline's end.
            let (guard, relay) =
                stage.let_go(&streams, run.confinement.session.as_deref()).map_err(StartError::NoStage)?;
            let error = match stage.until_started(guard, relay) {
                Ok(mut child) => {
                    child.enforcement =
                        judge(&child.mechanisms, &Asked::by(&run.confinement), HostKind::here);
                    child.confinement = Some(run.confinement);
                    return Ok(child);
                }
                Err(error) => error,
            };
            let StartError::Stage(failure) = &error else { return Err(error) };
            let Some(missing) = failure.mechanism.clone().filter(|id| !run.without(id)) else {
                return Err(error);
            };
            run.leave_out(&missing);
            lacking.extend(run.lacking(&missing, failure));
            let refused = refused(&lacking, &Asked::by(&run.confinement), HostKind::here());
            if !refused.is_empty() {
                return Err(StartError::Missing(refused));
            }
            let lent = streams.lend().map_err(StartError::NoStage)?;
            stage = Stage::spawn(&binary, lent, run.on_terminal()).map_err(StartError::NoStage)?;
            stage.ask(&Request::Run(Box::new(run.clone()))).map_err(StartError::NoStage)?;
        }
    }
}

/// Asks a stage to try every mechanism on this host.
///
/// # Errors
/// When the stage cannot be started or gives no answer.
pub fn probe_with(stage: &Path) -> io::Result<Vec<Mechanism>> {
    let streams = [Stdio::null(), Stdio::null(), Stdio::null()];
    let mut stage = Stage::spawn(stage, streams, false)?;
    stage.ask(&Request::Probe)?;
    let answer = stage.next();
    match answer {
        Some(Message::Probed(mechanisms)) => Ok(mechanisms),
        _ => Err(io::Error::other("the sandbox stage gave no answer")),
    }
}

/// A stage process and our ends of its pipes.
#[derive(Debug)]
struct Stage {
    /// Open until the stage was told what to do.
    request: Option<OwnedFd>,
    status: BufReader<File>,
    lifeline: OwnedFd,
    /// Where the program's terminal comes from, if it is to have one.
    terminal: Option<OwnedFd>,
    /// Last, because it ends when nobody holds its pipes.
    process: Keeper,
}

/// The process of a stage, which is waited for when nobody needs it any more.
#[derive(Debug)]
enum Keeper {
    /// Another execution of the binary.
    Executed(std::process::Child),
    /// A fork of this process.
    Forked {
        pid: Pid,
        /// How it ended, when it was waited for.
        ended: Option<String>,
    },
    /// Somebody else waits for it.
    Elsewhere,
}

impl Keeper {
    fn id(&self) -> u32 {
        match self {
            Self::Executed(child) => child.id(),
            Self::Forked { pid, .. } => pid.as_raw_nonzero().get().unsigned_abs(),
            Self::Elsewhere => 0,
        }
    }

    /// Waits for its end and says how it ended; once it has ended, it says the same again.
    fn wait(&mut self) -> io::Result<String> {
        let (pid, ended) = match self {
            Self::Executed(child) => return child.wait().map(|status| status.to_string()),
            Self::Forked { ended: Some(ended), .. } => return Ok(ended.clone()),
            Self::Elsewhere => return Ok(String::new()),
            Self::Forked { pid, ended } => (*pid, ended),
        };
        let status = loop {
            match rustix::process::waitpid(Some(pid), WaitOptions::empty()) {
                Ok(found) => break found,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        let text = match status.map(|(_, status)| (status.exit_status(), status.terminating_signal())) {
            Some((Some(code), _)) => format!("exit status: {code}"),
            Some((_, Some(signal))) => format!("signal: {signal}"),
            _ => "an unknown status".to_owned(),
        };
        *ended = Some(text.clone());
        Ok(text)
    }

    /// Our ends of its piped streams.
    fn streams(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        match self {
            Self::Executed(child) => (child.stdin.take(), child.stdout.take(), child.stderr.take()),
            Self::Forked { .. } | Self::Elsewhere => (None, None, None),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // One that was waited for keeps its status.
        let _status = self.wait();
    }
}

/// Both ends of the three pipes between a caller and its stage.
struct Pipes {
    request: OwnedFd,
    status: BufReader<File>,
    lifeline: OwnedFd,
    theirs: stage::Pipes,
}

impl Pipes {
    fn new() -> io::Result<Self> {
        let (asked, request) = pipe_with(PipeFlags::CLOEXEC)?;
        let (status, report) = pipe_with(PipeFlags::CLOEXEC)?;
        let (life, lifeline) = pipe_with(PipeFlags::CLOEXEC)?;
        let theirs = stage::Pipes { request: asked, status: report, lifeline: life, terminal: None };
        Ok(Self { request, status: BufReader::new(File::from(status)), lifeline, theirs })
    }
}

impl Stage {
    fn spawn(binary: &Path, [stdin, stdout, stderr]: [Stdio; 3], on_terminal: bool) -> io::Result<Self> {
        let Pipes { request, status, lifeline, theirs } = Pipes::new()?;
        let mut command = Command::new(binary);
        command.arg0("wardline").arg(STAGE).env_clear();
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let mut passed: Vec<(OwnedFd, RawFd)> = vec![
            (descriptor::above(&theirs.request, ABOVE)?, REQUEST),
            (descriptor::above(&theirs.status, ABOVE)?, STATUS),
            (descriptor::above(&theirs.lifeline, ABOVE)?, LIFELINE),
        ];
        let mut terminal = None;
        if on_terminal {
            let (ours, theirs) = terminal::channel()?;
            passed.push((descriptor::above(&theirs, ABOVE)?, TERMINAL));
            terminal = Some(ours);
        }
        descriptor::pass(&mut command, passed);
        let process = Keeper::Executed(command.spawn()?);
        Ok(Self { process, request: Some(request), status, lifeline, terminal })
    }

    /// A stage that is a fork of this process, and works `ahead` of its request.
    fn fork(streams: &Streams) -> io::Result<Self> {
        let Pipes { request, status, lifeline, mut theirs } = Pipes::new()?;
        let mut terminal = None;
        if streams.on_terminal() {
            let (ours, inner) = terminal::channel()?;
            (terminal, theirs.terminal) = (Some(ours), Some(inner));
        }
        let pid = match process::fork()? {
            Fork::Parent(pid) => pid,
            Fork::Child => {
                drop((request, status, lifeline, terminal));
                // A panic must not unwind into the caller's frames: they would go on as a second caller.
                let life = std::panic::AssertUnwindSafe(|| {
                    streams.forget_terminals().is_ok()
                        && process::forget_environment().is_ok()
                        && stage::serve(theirs, true)
                });
                let well = std::panic::catch_unwind(life).unwrap_or(false);
                process::leave(i32::from(!well))
            }
        };
        let process = Keeper::Forked { pid, ended: None };
        Ok(Self { process, request: Some(request), status, lifeline, terminal })
    }

    /// Gives the word to begin, once signals that ask us to end go to the program, and its terminal is carried.
    fn let_go(
        &mut self,
        streams: &Streams,
        session: Option<&Path>,
    ) -> io::Result<(Option<signal::Guard>, Option<Relay>)> {
        if let Some(channel) = self.terminal.take()
            && let Some(mut outer) = Outer::behind(&streams.stdio)?
        {
            outer.note_in(session);
            let Some(ready) = Relay::prepare(outer, channel, self.lifeline.try_clone()?)? else {
                return self.let_go_alone();
            };
            let word = if ready.front { GO } else { GO_BEHIND };
            let relay = ready.start()?;
            tell(&self.lifeline, word);
            return Ok((None, Some(relay)));
        }
        self.let_go_alone()
    }

    fn let_go_alone(&self) -> io::Result<(Option<signal::Guard>, Option<Relay>)> {
        let asking = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT];
        let guard = signal::Guard::install(&self.lifeline, &asking)?;
        tell(&self.lifeline, GO);
        Ok((Some(guard), None))
    }

    fn ask(&mut self, request: &Request) -> io::Result<()> {
        self.request.take().map_or(Ok(()), |pipe| request.send(pipe))
    }

    /// The next message; `None` when there are no more.
    fn next(&mut self) -> Option<Message> {
        next(&mut self.status)
    }

    fn until_started(
        mut self,
        guard: Option<signal::Guard>,
        relay: Option<Relay>,
    ) -> Result<Child, StartError> {
        let mut mechanisms = Vec::new();
        let mut watches = Vec::new();
        let (mut keeper, mut inside) = (None, None);
        loop {
            match self.next() {
                Some(Message::Keeper(identity)) => keeper = Some(identity),
                Some(Message::Inside(space)) => inside = space,
                Some(Message::Watching(list)) => watches = list,
                Some(Message::Enforced(list)) => mechanisms = list,
                Some(Message::Started) => break,
                Some(Message::Failed(failure)) => {
                    // Nothing runs; what the stage had prepared is gone when it is.
                    let _status = self.process.wait();
                    return Err(StartError::Stage(failure));
                }
                Some(_) => {}
                None => {
                    // It has the word to begin, so the program may have begun before the keeper could say so.
                    let status = self.process.wait().unwrap_or_else(|error| error.to_string());
                    return Err(StartError::Unknown(status));
                }
            }
        }
        let (stdin, stdout, stderr) = self.process.streams();
        let Self { process, status, lifeline, .. } = self;
        Ok(Child {
            stage: process,
            status,
            lifeline,
            _guard: guard,
            relay,
            enforcement: Vec::new(),
            mechanisms,
            watches,
            confinement: None,
            keeper,
            inside,
            stdin,
            stdout,
            stderr,
        })
    }
}

fn next(status: &mut BufReader<File>) -> Option<Message> {
    let mut line = String::new();
    loop {
        line.clear();
        match status.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
        if let Some(message) = Message::parse(line.trim_end()) {
            return Some(message);
        }
    }
}

/// Ends a program from elsewhere, while its [`Child`] waits.
#[derive(Debug)]
pub struct Killer {
    lifeline: OwnedFd,
}

impl Killer {
    /// Ends the program and everything it started, at once.
    pub fn kill(&self) {
        send(&self.lifeline, libc::SIGKILL);
    }

    /// Asks the program to end (TERM).
    pub fn ask(&self) {
        send(&self.lifeline, libc::SIGTERM);
    }
}

fn send(lifeline: &OwnedFd, number: i32) {
    if let Ok(byte) = u8::try_from(number) {
        tell(lifeline, byte);
    }
}

fn tell(lifeline: &OwnedFd, byte: u8) {
    // Without a reader the program is dead already.
    let _dead_already = rustix::io::write(lifeline, &[byte]);
}

impl Child {
    /// What is enforced on the program: each outcome, with its proof, and those that a human did without.
    #[must_use]
    pub fn enforcement(&self) -> &[Guarantee] {
        &self.enforcement
    }

    /// By which means, and which of them this host does not give.
    #[must_use]
    pub fn mechanisms(&self) -> &[Mechanism] {
        &self.mechanisms
    }

    /// The host's number of the stage that looks after the program.
    #[must_use]
    pub fn stage_id(&self) -> u32 {
        self.stage.id()
    }

    /// Ends the program and everything it started, at once. [`Child::wait`] then returns soon.
    pub fn kill(&self) {
        send(&self.lifeline, libc::SIGKILL);
    }

    /// Sends the program a signal, by number.
    pub fn signal(&self, number: i32) {
        send(&self.lifeline, number);
    }

    /// A handle that ends the program while somebody else waits for it. The program outlives the [`Child`] as long as
    /// the handle lives.
    ///
    /// # Errors
    /// When the process has too many open files.
    pub fn killer(&self) -> io::Result<Killer> {
        Ok(Killer { lifeline: self.lifeline.try_clone()? })
    }

    /// Waits for the program to end and for everything inside, and the keeper, to be gone.
    ///
    /// # Errors
    /// When the stage was killed or failed; the program is dead in that case too.
    pub fn wait(self) -> Result<Ended, WaitError> {
        self.wait_inside().map(|(ended, _going)| ended)
    }

    /// As [`Child::wait`], but does not wait for the keeper: every process inside is dead and what they left is looked
    /// after, and the keeper is about to let go of their mounts. Whoever has something to do meanwhile drops what is
    /// returned afterwards.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn wait_inside(mut self) -> Result<(Ended, Going), WaitError> {
        drop(self.stdin.take());
        let mut ended = Ended { layers_missing: self.layers_missing(), ..Ended::default() };
        let (mut closed, mut failed) = (false, None);
        let (mut sure, mut perhaps) = (Vec::new(), Vec::new());
        while let Some(message) = next(&mut self.status) {
            match message {
                Message::Ended { code, signal } => (ended.code, ended.signal) = (code, signal),
                Message::Closed { survivors, appeared, replaced, limits_hit } => {
                    (ended.survivors, ended.limits_hit) = (survivors, limits_hit);
                    (ended.appeared, ended.replaced) = (appeared, replaced);
                    closed = true;
                    break;
                }
                Message::Failed(failure) => failed = Some(failure),
                Message::Inside(space) => self.inside = space,
                Message::Noted(note) if note.sure => sure.push(note.hit),
                Message::Noted(note) => perhaps.push(note.hit),
                _ => {}
            }
        }
        if !closed {
            let _status = self.stage.wait().map_err(WaitError::System)?;
        }
        if let Some(relay) = self.relay.take() {
            relay.finish();
        }
        if let Some(failure) = failed {
            return Err(WaitError::Stage(failure));
        }
        if !closed {
            return Err(WaitError::StageLost { appeared: self.look_after() });
        }
        if ended.code.is_none() && ended.signal.is_none() {
            ended.signal = Some(libc::SIGKILL);
        }
        ended.limits_hit = hit::join(std::mem::take(&mut ended.limits_hit), sure);
        ended.limits_hit = hit::join(std::mem::take(&mut ended.limits_hit), self.told_by(&ended));
        // What was only nearly reached completes what is known, and adds nothing.
        perhaps.retain(|near| ended.limits_hit.iter().any(|hit| hit.limit == near.limit));
        ended.limits_hit = hit::join(std::mem::take(&mut ended.limits_hit), perhaps);
        let lifeline = self.lifeline.try_clone().map_err(WaitError::System)?;
        let keeper = std::mem::replace(&mut self.stage, Keeper::Elsewhere);
        Ok((ended, Going { _keeper: keeper, _lifeline: lifeline }))
    }
}

impl Child {
    fn layers_missing(&self) -> Vec<String> {
        let lacking = self.mechanisms.iter().filter(|mechanism| !mechanism.held);
        lacking
            .map(|mechanism| format!("{}: {}", mechanism.id, HostKind::here().fix(&mechanism.id)))
            .collect()
    }

    /// Limits that the program's end tells of: its own, or that of the last command of a shell.
    fn told_by(&self, ended: &Ended) -> Vec<Hit> {
        let signal = ended.signal.or_else(|| ended.code.and_then(|code| code.checked_sub(128)));
        let limit = match signal {
            Some(libc::SIGXFSZ) => Resource::FileSize,
            Some(libc::SIGXCPU) => Resource::Cpu,
            _ => return Vec::new(),
        };
        let value = self.confinement.as_ref().and_then(|asked| asked.limits.get(limit));
        value.map(|value| Hit::of(limit, value)).into_iter().collect()
    }

    /// Does the keeper's last work when the keeper is dead.
    fn look_after(&self) -> Vec<Appeared> {
        // The kernel has closed the pipes of the init and is killing what is left inside.
        let end = Instant::now() + PATIENCE;
        while leftover::living_in(self.inside) > 0 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        for group in self.keeper.into_iter().flat_map(cgroup::candidates).filter(|group| group.exists()) {
            cgroup::remove(&group, PATIENCE);
        }
        let asked = self.confinement.as_ref().filter(|asked| asked.beside.is_empty());
        asked.map_or_else(Vec::new, |asked| watch::look_after(&self.watches, asked))
    }
}

/// How long the processes of a killed sandbox may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// A keeper that has said its last and is about to be gone. Dropping it waits for that.
#[must_use]
#[derive(Debug)]
pub struct Going {
    _keeper: Keeper,
    /// Held until the keeper is gone: without it, the keeper would do the caller's work too.
    _lifeline: OwnedFd,
}

impl Drop for Child {
    fn drop(&mut self) {
        // After `wait` both are no-ops: the stage is gone and its status is kept.
        self.kill();
        let _status = self.stage.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_that_ends_without_a_word_leaves_it_open_whether_anything_ran() {
        let (status, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let (life, lifeline) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        drop((theirs, life));
        let process = Keeper::Executed(Command::new("true").spawn().unwrap());
        let status = BufReader::new(File::from(status));
        let stage = Stage { request: None, status, lifeline, terminal: None, process };
        let error = stage.until_started(None, None).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, StartError::Unknown(_)) && error.exit_code() == 125, "{text}");
        assert!(text.contains("is not known") && !text.contains("nothing was executed"), "{text}");
    }
}
