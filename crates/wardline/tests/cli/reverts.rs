//! `wardline revert`, and what takes over an overlay of `exec --overlay`, killed by SIGKILL at every one of their steps that write, on
//! generated histories: after the next start the workspace is as it was before or as it is after, and never between.
//!
//! The program under test is the binary as it is; for an overlay, whose command brings a filter of its own along, it is the taking over alone, in a
//! process of its own. A filter of the kernel's, put on it by whoever starts it, stops it at each call that
//! writes and asks this test, which lets the first so many go on and kills the process at the next. Nothing in the product knows of it.
//!
//! `WARDLINE_KILLED_REVERTS` says how many histories there are; the usual few keep the suite short.
//! `WARDLINE_KILLED_REVERTS=200 cargo test -p wardline --test cli reverts -- --nocapture` is the long run of both.

use std::fs::DirBuilder;
use std::io::{Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use wardline_monitor::checkpoint::{Author, Cause, Limits, Now, Occasion, Store};
use wardline_sys::notify::{self, Answer, Instruction};

use crate::common::terminal;
use histories::{History, Thing, Things, layer, read, write};

#[expect(
    dead_code,
    clippy::indexing_slicing,
    reason = "some of it is for those who look at the values of a history; there it is a test inside of a crate"
)]
#[path = "../../../wardline-checkpoint/src/tests/histories.rs"]
mod histories;

/// Says to the test below that it is the program that becomes `wardline`, and where its door is.
const DOOR: &str = "WARDLINE_TEST_DOOR";
/// Says to it that it takes this layer over instead.
const LAYER: &str = "WARDLINE_TEST_LAYER";

/// The calls that change a file, a name or what of them is on the disk. What only looks goes on unseen.
const WRITES: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_writev,
    libc::SYS_pwritev,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_truncate,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_utimensat,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_syncfs,
    libc::SYS_sync,
];

/// The calls that may make a file, with the argument that says so.
const OPENS: &[(libc::c_long, u32)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1),
    (libc::SYS_openat, 2),
];

/// A filter that hands over every call that writes.
fn filter() -> Vec<Instruction> {
    const LOAD: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const JUMP_IF_ANY: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const ALLOW: u32 = 0x7fff_0000;
    const HAND_OVER: u32 = 0x7fc0_0000;
    const NEW: u32 = (libc::O_CREAT | libc::O_TRUNC).cast_unsigned();
    let step = |code, jump_true, jump_false, operand| Instruction { code, jump_true, jump_false, operand };
    let mut program = vec![step(LOAD, 0, 0, 0)];
    for call in WRITES {
        let number = u32::try_from(*call).unwrap();
        program.extend([step(JUMP_IF_EQUAL, 0, 1, number), step(RETURN, 0, 0, HAND_OVER)]);
    }
    for (call, argument) in OPENS {
        program.extend([
            step(JUMP_IF_EQUAL, 0, 4, u32::try_from(*call).unwrap()),
            step(LOAD, 0, 0, 16 + 8 * argument),
            step(JUMP_IF_ANY, 0, 1, NEW),
            step(RETURN, 0, 0, HAND_OVER),
            step(RETURN, 0, 0, ALLOW),
        ]);
    }
    program.push(step(RETURN, 0, 0, ALLOW));
    program
}

/// No test by itself: the process that [`Workspace::revert`] starts. It puts the filter on, hands its descriptor out, and becomes
/// `wardline`.
#[test]
fn becomes_the_program_that_is_killed() {
    let Some(door) = std::env::var_os(DOOR) else { return };
    rustix::thread::set_no_new_privs(true).unwrap();
    let door = UnixStream::connect(door).unwrap();
    let listener = notify::install(&filter()).unwrap();
    let descriptors = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    assert!(message.push(SendAncillaryMessage::ScmRights(&descriptors)));
    sendmsg(&door, &[std::io::IoSlice::new(b"x")], &mut message, SendFlags::empty()).unwrap();
    if let Some(layer) = std::env::var_os(LAYER) {
        drop((door, listener));
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        let mut store = store(&home);
        let seen = store.rehearsed(Path::new(&layer)).unwrap();
        let plan = store.fit(&seen);
        assert!(plan.conflicts.is_empty());
        store.take_over(&seen, &plan, &cause(Author::Agent, Occasion::Asked)).unwrap();
        return;
    }
    let why = Command::new(env!("CARGO_BIN_EXE_wardline")).args(["revert", "--all"]).env_remove(DOOR).exec();
    panic!("{why}");
}

/// A home with a project, on which a history was played; gone at the end.
struct Workspace(PathBuf);

impl Drop for Workspace {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The checkpoints of the project in a home.
fn store(home: &Path) -> Store {
    let (project, state) = (home.join("p"), home.join(".local/state/wardline"));
    let now = Now { text: "now".to_owned(), at: SystemTime::now() };
    let place = Store::place_of(&state.join("checkpoints"), &project);
    Store::open(&place, &project, Limits::default(), now).unwrap()
}

fn cause(author: Author, occasion: Occasion) -> Cause {
    let (session, label) = ("s".to_owned(), "test".to_owned());
    Cause { author, occasion, session, label, time: "now".into() }
}

/// How a revert ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// By itself, with this code.
    Itself(Option<i32>),
    /// It was killed at this call.
    Killed(i32),
}

impl Workspace {
    /// In memory where that is possible: each of many thousand runs flushes.
    fn new(before: &Things) -> Self {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { memory } else { Path::new("/var/tmp") };
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Two tests play at the same time.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let workspace = Self(directory.join(format!("wl-reverts-{}-{number}", std::process::id())));
        std::fs::remove_dir_all(&workspace.0).ok();
        std::fs::create_dir_all(workspace.project()).unwrap();
        let state = workspace.0.join("home/.local/state/wardline");
        DirBuilder::new().recursive(true).mode(0o700).create(&state).unwrap();
        write(&workspace.project(), before);
        workspace.take(Author::Person, Occasion::Start);
        workspace
    }

    fn play(history: &History) -> Self {
        let workspace = Self::new(&history.before);
        for (author, things) in &history.steps {
            write(&workspace.project(), things);
            workspace.take(*author, if *author == Author::Agent { Occasion::After } else { Occasion::Asked });
        }
        workspace
    }

    /// With a layer over it that holds what a command made of it.
    fn rehearse(history: &History) -> Self {
        let workspace = Self::new(&history.before);
        layer(&workspace.layer(), &history.before, history.now());
        workspace
    }

    fn layer(&self) -> PathBuf {
        self.0.join("upper")
    }

    fn take(&self, author: Author, occasion: Occasion) {
        store(&self.0.join("home")).capture(&cause(author, occasion)).unwrap();
    }

    fn project(&self) -> PathBuf {
        self.0.join("home/p")
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.project())
            .env_clear()
            .env("HOME", self.0.join("home"))
            .env("USER", "tester");
        command
    }

    /// Runs `wardline revert --all` with a yes typed at its terminal, and kills it at the call that comes after `steps` that
    /// wrote. Says how many there were.
    fn revert(&self, steps: usize) -> (End, usize) {
        let (mut typed, terminal) = terminal();
        typed.write_all(b"y\n").unwrap();
        let mut command = self.command(&std::env::current_exe().unwrap());
        wardline_sys::attempt::seat_at(&mut command, terminal);
        self.killed(&mut command, steps)
    }

    /// Takes the layer over, and kills that likewise.
    fn take_over(&self, steps: usize) -> (End, usize) {
        let mut command = self.command(&std::env::current_exe().unwrap());
        command.env(LAYER, self.layer());
        self.killed(&mut command, steps)
    }

    fn killed(&self, command: &mut Command, steps: usize) -> (End, usize) {
        let door = self.0.join("door");
        std::fs::remove_file(&door).ok();
        let waiting = UnixListener::bind(&door).unwrap();
        command.args(["--exact", "reverts::becomes_the_program_that_is_killed", "--nocapture"]);
        command.env(DOOR, &door).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let listener = listener(&waiting);
        let (killed, steps) = watch(&listener, &mut child, steps);
        // Nobody reads what it says: a terminal takes a page of it.
        let code = child.wait().unwrap().code();
        (killed.map_or(End::Itself(code), End::Killed), steps)
    }

    /// The next start of any command that opens the store, by the real binary.
    fn recover(&self) {
        let wardline = Path::new(env!("CARGO_BIN_EXE_wardline"));
        let ran = self.command(wardline).args(["checkpoint", "list"]).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }
}

/// The descriptor that the started process hands out.
fn listener(waiting: &UnixListener) -> OwnedFd {
    let (mut door, _) = waiting.accept().unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(&door, &mut [std::io::IoSliceMut::new(&mut byte)], &mut message, RecvFlags::CMSG_CLOEXEC)
        .unwrap();
    let mut descriptors = message.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let listener = descriptors.next().unwrap().next().unwrap();
    // Closed when it becomes `wardline`.
    door.read_to_end(&mut Vec::new()).unwrap();
    listener
}

/// Lets the first `most` calls go on and kills at the next; gives its number, and how many there were.
fn watch(listener: &OwnedFd, child: &mut Child, most: usize) -> (Option<i32>, usize) {
    let mut calls = 0;
    loop {
        let mut events = [PollFd::new(listener, PollFlags::IN)];
        let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
        assert!(poll(&mut events, Some(&patience)).unwrap() > 0, "the program neither writes nor ends");
        if notify::is_over(listener) {
            return (None, calls);
        }
        let Some(call) = notify::receive(listener).unwrap() else { continue };
        if calls == most {
            child.kill().unwrap();
            return (Some(call.number), calls);
        }
        calls += 1;
        notify::answer(listener, &call, Answer::Continue).unwrap();
    }
}

/// The lines that the person wrote, anywhere.
fn of_the_person(things: &Things) -> Vec<Vec<u8>> {
    let texts = things.values().filter_map(|thing| match thing {
        Thing::File(_, text) => Some(text),
        _ => None,
    });
    let lines = texts.flat_map(|text| text.split(|byte| *byte == b'\n'));
    lines.filter(|line| line.first() == Some(&b'P')).map(<[u8]>::to_vec).collect()
}

/// What the kills of one history came to.
#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    before: usize,
    after: usize,
    again: usize,
}

/// Kills a revert of a history at every step at which it writes.
fn every_step(seed: u64, tally: &mut Tally) {
    let history = History::generate(seed);
    let whole = Workspace::play(&history);
    let (end, _) = whole.revert(usize::MAX);
    assert!(matches!(end, End::Itself(Some(0 | 1))), "seed {seed}: {end:?}");
    let after = read(&whole.project());
    let kept = of_the_person(&after);
    let lost = of_the_person(history.now()).into_iter().find(|line| !kept.contains(line));
    assert_eq!(lost, None, "seed {seed}: a line of the person's is lost");
    for at in 0.. {
        let workspace = Workspace::play(&history);
        // One run may write a few times more than another, by what the clock says of its files.
        let (End::Killed(call), _) = workspace.revert(at) else { break };
        workspace.recover();
        let now = read(&workspace.project());
        tally.kills += 1;
        if now == after {
            tally.after += 1;
            continue;
        }
        assert_eq!(now, *history.now(), "seed {seed}, step {at} (call {call}): neither before nor after");
        tally.before += 1;
        // A store that was killed goes on: now and then the revert is made again, to its end.
        if at % 5 == 0 {
            workspace.revert(usize::MAX);
            assert_eq!(read(&workspace.project()), after, "seed {seed}, step {at}: again");
            tally.again += 1;
        }
    }
}

#[test]
fn a_revert_that_is_killed_at_any_step_that_writes_leaves_the_workspace_before_or_after() {
    let asked = std::env::var("WARDLINE_KILLED_REVERTS").ok().and_then(|text| text.parse().ok());
    let mut tally = Tally::default();
    // Histories of which nothing would be reverted are passed over.
    let with_an_agent =
        |seed: &u64| History::generate(*seed).steps.iter().any(|(who, _)| *who == Author::Agent);
    let begin = std::time::Instant::now();
    let mut played = 0;
    for seed in (0..).filter(with_an_agent).take(asked.unwrap_or(8)) {
        every_step(seed, &mut tally);
        played += 1;
        if asked.is_some() && played % 10 == 0 {
            println!("{played} histories, {:.0?}: {tally:?}", begin.elapsed());
        }
        // On a slow machine a few say as much as the others do elsewhere.
        if asked.is_none() && begin.elapsed() > Duration::from_secs(30) {
            break;
        }
    }
    println!("{played} histories, {:.0?}: {tally:?}", begin.elapsed());
    assert!(tally.before > 0 && tally.after > 0);
}

/// Kills the taking over of a layer at every step at which it writes.
fn every_step_of_a_layer(seed: u64, tally: &mut Tally) {
    let history = History::generate(seed);
    let after = history.now();
    for at in 0.. {
        let workspace = Workspace::rehearse(&history);
        let (end, _) = workspace.take_over(at);
        let End::Killed(call) = end else {
            assert_eq!(end, End::Itself(Some(0)), "seed {seed}");
            assert_eq!(read(&workspace.project()), *after, "seed {seed}: what the command saw");
            break;
        };
        workspace.recover();
        let now = read(&workspace.project());
        tally.kills += 1;
        if now == *after {
            tally.after += 1;
            continue;
        }
        assert_eq!(now, history.before, "seed {seed}, step {at} (call {call}): neither before nor after");
        tally.before += 1;
    }
}

#[test]
fn a_layer_whose_taking_over_is_killed_at_any_step_leaves_the_workspace_before_or_after() {
    let asked = std::env::var("WARDLINE_KILLED_REVERTS").ok().and_then(|text| text.parse().ok());
    let changes = |seed: &u64| {
        let history = History::generate(*seed);
        history.before != *history.now()
    };
    let mut tally = Tally::default();
    let begin = std::time::Instant::now();
    let mut played = 0;
    for seed in (0..).filter(changes).take(asked.unwrap_or(5)) {
        every_step_of_a_layer(seed, &mut tally);
        played += 1;
        if asked.is_none() && begin.elapsed() > Duration::from_secs(20) {
            break;
        }
    }
    println!("{played} histories, {:.0?}: {tally:?}", begin.elapsed());
    assert!(tally.before > 0 && tally.after > 0);
}
