//! The relay: a thread of the caller that carries bytes between the person's terminal and the program's, and keeps both
//! in step about size, who is in front, and who is stopped.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::termios::{self, LocalModes, OptionalActions, OutputModes};
use wardline_sys::signal;

use super::escapes::Filter;
use super::outer::Outer;
use super::{BEHIND, FRONT, GO_ON, inside, say};

/// Bytes that may wait in each direction; whoever sends more waits itself.
const MOST: usize = 64 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 16 * 1024;

/// Words to the relay among the numbers of signals, which begin at 1 and end at 64.
const ABANDON: u8 = 0;
const ASIDE: u8 = 100;

/// The signals that a caller with a relay hands to it.
const HANDED: [i32; 7] =
    [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGCONT, libc::SIGWINCH];

/// The signals of the caller that are passed on to the program, by number.
fn forwarded(number: u8) -> bool {
    let number = i32::from(number);
    [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP].contains(&number)
}

/// A relay that runs. Dropping it gives up what could not be shown yet; the person's terminal is as it was before then.
#[derive(Debug)]
pub(crate) struct Relay {
    thread: Option<JoinHandle<()>>,
    aside: Arc<Aside>,
    _guard: signal::Guard,
}

/// What a relay needs before the program begins.
#[derive(Debug)]
pub(crate) struct Ready {
    carrier: Carrier,
    /// Whether the program begins in front of its terminal.
    pub(crate) front: bool,
    aside: Arc<Aside>,
    guard: signal::Guard,
}

impl Relay {
    /// Takes the program's terminal from `channel`, as soon as it is there, and makes it like the person's. `None` when
    /// the sandbox failed before.
    ///
    /// # Errors
    /// When the system refuses a pipe or a handler.
    pub(crate) fn prepare(outer: Outer, channel: OwnedFd, lifeline: OwnedFd) -> io::Result<Option<Ready>> {
        let Some(far) = inside::receive(&channel)? else { return Ok(None) };
        rustix::io::ioctl_fionbio(&far, true)?;
        let (signals, wake) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let guard = signal::Guard::install(&wake, &HANDED)?;
        let aside = Arc::new(Aside::new(wake));
        let whole = outer.whole;
        let mut carrier = Carrier {
            outer,
            far: Some(far),
            channel,
            lifeline,
            signals,
            whole,
            bare: !whole,
            filter: Filter::default(),
            up: Vec::new(),
            down: Vec::new(),
            gone: false,
            later: Vec::new(),
            aside: Arc::clone(&aside),
        };
        carrier.resemble();
        let front = whole && carrier.outer.is_in_front();
        Ok(Some(Ready { carrier, front, aside, guard }))
    }
}

impl Ready {
    /// Begins to carry.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(self) -> io::Result<Relay> {
        let Self { mut carrier, front, aside, guard } = self;
        if front {
            carrier.outer.make_raw();
        }
        *current() = Some(Arc::clone(&aside));
        let work = move || carrier.carry();
        let thread = thread::Builder::new().name("wardline-relay".to_owned()).spawn(work)?;
        Ok(Relay { thread: Some(thread), aside, _guard: guard })
    }
}

impl Relay {
    /// Waits until everything that the program wrote is shown. Everything inside has ended before.
    pub(crate) fn finish(mut self) {
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
        let mut current = current();
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &self.aside)) {
            *current = None;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.aside.wake(ABANDON);
            self.join();
        }
    }
}

/// What the thread works with.
#[derive(Debug)]
struct Carrier {
    outer: Outer,
    /// The far side of the program's terminal, until the person's is gone.
    far: Option<OwnedFd>,
    channel: OwnedFd,
    lifeline: OwnedFd,
    signals: OwnedFd,
    /// Whether the program has the person's terminal for itself.
    whole: bool,
    /// While the person's terminal turns line ends into what a screen needs, the program's does not.
    bare: bool,
    filter: Filter,
    /// Typed, and not taken by the program yet.
    up: Vec<u8>,
    /// Written by the program, and not taken by the person's terminal yet.
    down: Vec<u8>,
    /// Whether the person's terminal is gone, or nobody wants to see the rest.
    gone: bool,
    /// Signals that were heard at an inconvenient moment.
    later: Vec<u8>,
    aside: Arc<Aside>,
}

/// What is ready.
#[derive(Debug, Clone, Copy, Default)]
struct Woken {
    signals: bool,
    channel: bool,
    far: Event,
    input: Event,
    output: Event,
}

/// Reading, writing and the end, as `poll` reports them.
#[derive(Debug, Clone, Copy, Default)]
struct Event {
    read: bool,
    write: bool,
    over: bool,
}

impl From<PollFlags> for Event {
    fn from(flags: PollFlags) -> Self {
        let over = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        Self {
            read: flags.contains(PollFlags::IN),
            write: flags.contains(PollFlags::OUT),
            over: flags.intersects(over),
        }
    }
}

impl Carrier {
    /// Carries until everything inside has ended.
    fn carry(mut self) {
        while let Ok(woken) = self.wait() {
            self.copy(woken);
            if woken.signals {
                self.hear();
            }
            if woken.channel && !self.listen() {
                break;
            }
        }
        // Nothing new comes, so what is left can be shown.
        self.empty();
        self.finish_output();
        self.outer.restore();
        self.aside.end();
    }

    fn wait(&self) -> rustix::io::Result<Woken> {
        if !self.later.is_empty() {
            return Ok(Woken { signals: true, ..Woken::default() });
        }
        let wish = |read: bool, write: bool| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, read);
            flags.set(PollFlags::OUT, write);
            flags
        };
        let mut waiting =
            vec![PollFd::new(&self.signals, PollFlags::IN), PollFd::new(&self.channel, PollFlags::IN)];
        if let Some(far) = &self.far {
            waiting.push(PollFd::new(far, wish(self.down.len() < MOST, !self.up.is_empty())));
            waiting.push(PollFd::new(
                self.outer.input(),
                wish(self.outer.is_raw() && self.up.len() < MOST, false),
            ));
            waiting.push(PollFd::new(self.outer.output(), wish(false, !self.down.is_empty())));
        }
        match poll(&mut waiting, None) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Woken::default()),
            Err(error) => return Err(error),
        }
        let mut flags = waiting.iter().map(PollFd::revents);
        let mut next = || flags.next().unwrap_or(PollFlags::empty());
        let (signals, channel) = (!next().is_empty(), !next().is_empty());
        Ok(Woken { signals, channel, far: next().into(), input: next().into(), output: next().into() })
    }

    fn copy(&mut self, woken: Woken) {
        if woken.far.read {
            self.read_program();
        }
        if woken.far.write {
            self.write_program();
        }
        if woken.output.write {
            self.show();
        }
        if woken.input.read {
            self.read_person();
        }
        if woken.input.over || woken.output.over {
            self.hang_up();
        }
    }

    /// Reads what the program wrote; `false` when there is nothing now, or nothing any more.
    fn read_program(&mut self) -> bool {
        let Some(far) = &self.far else { return false };
        let mut piece = [0; PIECE];
        match rustix::io::read(far, &mut piece) {
            Ok(count) if count > 0 => {
                self.filter.pass(piece.get(..count).unwrap_or_default(), &mut self.down);
                true
            }
            Err(Errno::INTR) => true,
            _ => false,
        }
    }

    fn write_program(&mut self) {
        let Some(far) = &self.far else { return };
        if let Ok(count) = rustix::io::write(far, &self.up) {
            self.up.drain(..count.min(self.up.len()));
        }
    }

    fn read_person(&mut self) {
        let mut piece = [0; PIECE];
        match self.outer.read(&mut piece) {
            // Raw, a terminal has no end of input but its own.
            Ok(0) => self.hang_up(),
            Ok(count) => self.up.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Behind, and nobody could let us go on if we were stopped for it.
            Err(Errno::IO) if !self.outer.is_in_front() => self.fall_behind(),
            Err(_) => self.hang_up(),
        }
    }

    fn show(&mut self) {
        match self.outer.write(&self.down) {
            Ok(count) => {
                self.down.drain(..count.min(self.down.len()));
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.hang_up(),
        }
    }

    /// Reads all that the program has written so far and shows it.
    fn empty(&mut self) {
        while !self.gone && self.read_program() {
            if self.down.len() >= MOST {
                self.show_all();
            }
        }
        self.show_all();
    }

    /// Shows everything that waits, however long the person's terminal takes, unless it goes away or we are to end.
    fn show_all(&mut self) {
        while !self.gone && !self.down.is_empty() {
            let mut waiting =
                [PollFd::new(self.outer.output(), PollFlags::OUT), PollFd::new(&self.signals, PollFlags::IN)];
            if poll(&mut waiting, None).is_err_and(|error| error != Errno::INTR) {
                return;
            }
            let [output, signals] = waiting.each_ref().map(|waiting| Event::from(waiting.revents()));
            if output.write {
                self.show();
            } else if output.over {
                self.hang_up();
            }
            if signals.read {
                self.hear_while_showing();
            }
        }
    }

    fn hear_while_showing(&mut self) {
        for number in self.heard() {
            match i32::from(number) {
                libc::SIGTERM | libc::SIGHUP | libc::SIGINT | libc::SIGQUIT => {
                    self.gone = true;
                    self.pass_on(number);
                }
                _ if number == ABANDON => self.gone = true,
                _ => self.later.push(number),
            }
        }
    }

    fn finish_output(&mut self) {
        self.filter.finish(&mut self.down);
        self.show_all();
    }

    // ---- Signals of the caller ----

    fn heard(&self) -> Vec<u8> {
        let mut numbers = [0; 64];
        let count = rustix::io::read(&self.signals, &mut numbers).unwrap_or(0);
        numbers.get(..count).unwrap_or_default().to_vec()
    }

    fn hear(&mut self) {
        let mut numbers = std::mem::take(&mut self.later);
        numbers.extend(self.heard());
        for number in numbers {
            match i32::from(number) {
                libc::SIGWINCH => self.fit(),
                libc::SIGCONT => self.catch_up(),
                _ if number == ABANDON => self.gone = true,
                _ if number == ASIDE => self.step_aside(),
                _ => self.pass_on(number),
            }
        }
    }

    fn pass_on(&self, number: u8) {
        if forwarded(number) {
            // Without a reader the program is dead already.
            let _dead_already = rustix::io::write(&self.lifeline, &[number]);
        }
    }

    /// The program's terminal gets the size of the person's, and the kernel tells the program.
    fn fit(&self) {
        if let (Some(far), Some(size)) = (&self.far, self.outer.size()) {
            let _gone = termios::tcsetwinsize(far, size);
        }
    }

    /// After we were continued, and perhaps not by our own stop: the shell may have changed the terminal.
    fn catch_up(&mut self) {
        match (self.outer.is_raw(), self.outer.is_in_front()) {
            (true, true) => self.outer.make_raw(),
            (true, false) => self.fall_behind(),
            (false, true) if self.whole => self.come_forward(),
            (false, _) => {}
        }
        self.fit();
    }

    /// The person's terminal is gone: nothing can be typed or shown any more.
    fn hang_up(&mut self) {
        self.gone = true;
        self.down.clear();
        self.outer.forget();
        if self.far.take().is_some() {
            for number in [libc::SIGHUP, libc::SIGCONT] {
                let byte = u8::try_from(number).unwrap_or_default();
                let _dead_already = rustix::io::write(&self.lifeline, &[byte]);
            }
        }
    }

    // ---- Who is in front, and who is stopped ----

    /// Before the program begins: its terminal has the modes and the size of the person's.
    fn resemble(&mut self) {
        let Some(far) = &self.far else { return };
        let (Some(theirs), Ok(mut modes)) = (self.outer.modes(), termios::tcgetattr(far)) else { return };
        if self.outer.is_in_front() {
            modes = theirs;
        } else {
            // What can be seen now are the modes of whoever is in front, such as a shell that edits a line.
            modes.local_modes.set(LocalModes::TOSTOP, theirs.local_modes.contains(LocalModes::TOSTOP));
        }
        if self.bare {
            modes.output_modes.remove(OutputModes::OPOST);
        }
        let _gone = termios::tcsetattr(far, OptionalActions::Now, &modes);
        self.fit();
    }

    /// Takes the person's terminal for the program.
    fn come_forward(&mut self) {
        self.outer.make_raw();
        if std::mem::take(&mut self.bare)
            && let Some(far) = &self.far
            && let Ok(mut modes) = termios::tcgetattr(far)
        {
            modes.output_modes.insert(OutputModes::OPOST);
            let _gone = termios::tcsetattr(far, OptionalActions::Now, &modes);
        }
        self.fit();
        say(&self.channel, FRONT);
    }

    /// Somebody else has the person's terminal now.
    fn fall_behind(&mut self) {
        self.outer.forget();
        say(&self.channel, BEHIND);
    }

    /// Hears what the init says; `false` when it has ended.
    fn listen(&mut self) -> bool {
        let mut word = [0];
        match rustix::io::read(&self.channel, &mut word) {
            Ok(0) => return false,
            Ok(_) => self.stopped(i32::from(word.first().copied().unwrap_or_default())),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return false,
        }
        true
    }

    /// The program was stopped by this signal.
    fn stopped(&mut self, number: i32) {
        let wants_terminal = matches!(number, libc::SIGTTIN | libc::SIGTTOU);
        if self.far.is_none() {
            say(&self.channel, GO_ON);
            return;
        }
        if wants_terminal && self.outer.is_in_front() {
            self.come_forward();
            say(&self.channel, GO_ON);
            return;
        }
        let before = self.outer.is_raw();
        self.empty();
        self.outer.restore();
        // Who sends STOP cannot be ignored, but we can, when nobody could let us go on.
        signal::stop_group(if number == libc::SIGSTOP { libc::SIGTSTP } else { number });
        if self.outer.is_in_front() && (self.whole || before || wants_terminal) {
            self.come_forward();
        } else {
            say(&self.channel, BEHIND);
            if wants_terminal {
                // It will be stopped again at once; where nobody stops us with it, that need not happen all the time.
                thread::sleep(Duration::from_millis(200));
            }
        }
        self.fit();
        say(&self.channel, GO_ON);
    }

    /// Leaves the person's terminal to another thread of the caller for a while.
    fn step_aside(&mut self) {
        let before = self.outer.is_raw();
        self.empty();
        self.outer.restore();
        self.aside.grant();
        if before && self.outer.is_in_front() {
            self.outer.make_raw();
        }
        self.fit();
        // Full-screen programs draw themselves anew when they hear this.
        let byte = u8::try_from(libc::SIGWINCH).unwrap_or_default();
        let _dead_already = rustix::io::write(&self.lifeline, &[byte]);
    }
}

// ---- Other threads of the caller that want the person's terminal ------------------------------------------------------

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Relay,
    Asked,
    Other,
    /// The relay has ended, and anybody may do anything.
    Over,
}

/// Where other threads ask a relay for the person's terminal.
#[derive(Debug)]
struct Aside {
    wake: OwnedFd,
    turn: Mutex<Turn>,
    changed: Condvar,
    /// Held by the one that asks.
    one: Mutex<()>,
}

impl Aside {
    fn new(wake: OwnedFd) -> Self {
        Self { wake, turn: Mutex::new(Turn::Relay), changed: Condvar::new(), one: Mutex::new(()) }
    }

    fn wake(&self, word: u8) {
        // A full pipe wakes as well.
        let _full = rustix::io::write(&self.wake, &[word]);
    }

    fn set(&self, turn: Turn) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
        self.changed.notify_all();
    }

    fn wait_while(&self, turn: Turn) {
        let now = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _now = self.changed.wait_while(now, |now| *now == turn);
    }

    /// In the relay: lets the other have it, and waits until it is done.
    fn grant(&self) {
        self.set(Turn::Other);
        self.wait_while(Turn::Other);
    }

    fn end(&self) {
        self.set(Turn::Over);
    }
}

static CURRENT: Mutex<Option<Arc<Aside>>> = Mutex::new(None);

fn current() -> std::sync::MutexGuard<'static, Option<Arc<Aside>>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the terminal back to the relay, whatever happens meanwhile.
struct Borrowed<'a>(&'a Aside);

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if *turn == Turn::Other {
            *turn = Turn::Relay;
        }
        drop(turn);
        self.0.changed.notify_all();
    }
}

/// Does `work` with the person's terminal as it was before a confined program got the use of it: whoever asks a person
/// something on it while such a program runs does so in here. The program waits meanwhile when it writes.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    let Some(aside) = current().clone() else { return work() };
    let _one = aside.one.lock().unwrap_or_else(PoisonError::into_inner);
    let over = {
        let mut turn = aside.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if *turn == Turn::Relay {
            *turn = Turn::Asked;
        }
        *turn == Turn::Over
    };
    if over {
        return work();
    }
    aside.wake(ASIDE);
    aside.wait_while(Turn::Asked);
    let _borrowed = Borrowed(&aside);
    work()
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
