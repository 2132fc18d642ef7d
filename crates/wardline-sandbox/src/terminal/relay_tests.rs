//! Tests of the relay between two real terminals: the test is the person on one and the program on the other.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcgetwinsize, tcsetwinsize};

use super::{ABANDON, Aside, Carrier, Filter};
use crate::streams::{Stdio3, Stream};
use crate::terminal::{Outer, channel};

/// A relay at work, and everybody around it.
struct Stage {
    /// What the person's terminal shows and takes; `None` when it is gone.
    person: Option<File>,
    /// The near side of it, to look at its modes and size.
    screen: OwnedFd,
    /// The program's side of its own terminal.
    program: File,
    /// Where the signals of the caller come in, and where those for the program go out.
    wake: OwnedFd,
    lifeline: File,
    /// The init's end.
    init: Option<OwnedFd>,
    relay: Option<JoinHandle<()>>,
}

/// Both sides of a new terminal: far and near.
fn terminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let far = openpt(flags).unwrap();
    grantpt(&far).unwrap();
    unlockpt(&far).unwrap();
    let name = ptsname(&far, Vec::new()).unwrap();
    let near = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let near = rustix::fs::open(name.as_c_str(), near, rustix::fs::Mode::empty()).unwrap();
    (far, near)
}

impl Stage {
    fn new() -> Self {
        let (person, screen) = terminal();
        let (far, program) = terminal();
        rustix::io::ioctl_fionbio(&far, true).unwrap();
        let stream = || Stream::File(screen.try_clone().unwrap());
        let streams = Stdio3 { stdin: stream(), stdout: stream(), stderr: stream() };
        let mut outer = Outer::behind(&streams).unwrap().unwrap();
        outer.make_raw();
        let (ours, init) = channel().unwrap();
        let (signals, wake) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
        let (lifeline, passed_on) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let carrier = Carrier {
            outer,
            far: Some(far),
            channel: ours,
            lifeline: passed_on,
            signals,
            whole: true,
            bare: false,
            filter: Filter::default(),
            up: Vec::new(),
            down: Vec::new(),
            gone: false,
            later: Vec::new(),
            aside: Arc::new(Aside::new(wake.try_clone().unwrap())),
        };
        let relay = std::thread::spawn(move || carrier.carry());
        Self {
            person: Some(File::from(person)),
            screen,
            program: File::from(program),
            wake,
            lifeline: File::from(lifeline),
            init: Some(init),
            relay: Some(relay),
        }
    }

    fn signal(&self, number: u8) {
        rustix::io::write(&self.wake, &[number]).unwrap();
    }

    /// Everything inside has ended; waits for the relay.
    fn end(&mut self) {
        self.init = None;
        self.relay.take().unwrap().join().unwrap();
    }
}

/// Reads until there is as much as was expected; what else comes in the meantime is there as well.
fn heard(mut from: &File, length: usize) -> Vec<u8> {
    let (mut all, end) = (Vec::new(), Instant::now() + Duration::from_secs(60));
    while all.len() < length && Instant::now() < end {
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        if poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&second)).unwrap() > 0 {
            let mut piece = [0; 4096];
            let count = from.read(&mut piece).unwrap();
            all.extend_from_slice(&piece[..count]);
        }
    }
    all
}

#[test]
fn what_is_written_is_shown_but_for_what_acts_on_the_machine() {
    let table: [(&[u8], &[u8]); 4] = [
        (b"plain", b"plain"),
        (b"two\nlines", b"two\r\nlines"),
        (b"\x1b[1mbold\x1b[0m", b"\x1b[1mbold\x1b[0m"),
        // The clipboard of the person's machine; what is left is an end without a beginning.
        (b"a\x1b]52;c;ZXZpbA==\x07b", b"a\x1b\\b"),
    ];
    for (written, shown) in table {
        let mut stage = Stage::new();
        stage.program.write_all(written).unwrap();
        let seen = heard(stage.person.as_ref().unwrap(), shown.len());
        assert_eq!(seen, shown, "{:?}", String::from_utf8_lossy(written));
        stage.end();
    }
}

#[test]
fn what_is_typed_reaches_the_program_as_its_terminal_says() {
    // A line as a line; what a control character means is for the program's own terminal to say.
    let mut stage = Stage::new();
    stage.person.as_mut().unwrap().write_all(b"hellp\x7fo\n").unwrap();
    assert_eq!(heard(&stage.program, 6), b"hello\n");
    stage.end();
}

#[test]
fn more_than_waits_at_once_is_shown_in_full_before_the_end() {
    let mut stage = Stage::new();
    let line = b"0123456789abcdef".repeat(16 * 1024);
    let (person, expected) = (stage.person.take().unwrap(), line.len());
    let mut program = stage.program.try_clone().unwrap();
    let writing = std::thread::spawn(move || program.write_all(&line).unwrap());
    let seen = heard(&person, expected);
    writing.join().unwrap();
    assert_eq!(seen.len(), expected);
    stage.end();
}

#[test]
fn the_size_and_the_signals_are_passed_on() {
    let mut stage = Stage::new();
    let size = Winsize { ws_row: 33, ws_col: 77, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&stage.screen, size).unwrap();
    for number in [libc::SIGWINCH, libc::SIGINT, libc::SIGUSR1, libc::SIGTERM] {
        stage.signal(u8::try_from(number).unwrap());
    }
    // One that is not the program's is not passed on.
    let expected = [libc::SIGINT, libc::SIGTERM].map(|number| u8::try_from(number).unwrap());
    assert_eq!(heard(&stage.lifeline, 2), expected);
    let fitted = tcgetwinsize(&stage.program).unwrap();
    assert_eq!((fitted.ws_row, fitted.ws_col), (33, 77));
    stage.end();
}

#[test]
fn the_modes_are_as_before_when_it_ends() {
    let mut stage = Stage::new();
    let lines = |stage: &Stage| tcgetattr(&stage.screen).unwrap().local_modes.contains(LocalModes::ICANON);
    assert!(!lines(&stage), "every byte passes meanwhile");
    stage.end();
    assert!(lines(&stage));
}

#[test]
fn a_person_who_hangs_up_hangs_up_the_program() {
    let mut stage = Stage::new();
    stage.person = None;
    let expected = [libc::SIGHUP, libc::SIGCONT].map(|number| u8::try_from(number).unwrap());
    assert_eq!(heard(&stage.lifeline, 2), expected);
    // What the program still writes holds nobody up.
    stage.end();
}

#[test]
fn output_that_nobody_takes_is_given_up_when_asked_to() {
    let mut stage = Stage::new();
    // More than both terminals hold, and nobody reads what is shown.
    let mut program = stage.program.try_clone().unwrap();
    let _stays = std::thread::spawn(move || program.write_all(&b"x".repeat(1024 * 1024)).is_ok());
    heard(stage.person.as_ref().unwrap(), 1);
    stage.signal(ABANDON);
    stage.end();
}
