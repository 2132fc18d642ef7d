//! Signals: the dispositions of the sandbox's own processes, and forwarding to a child while we wait for it.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Sets every signal back to its default action and unblocks all of them, as a program expects to find them.
pub fn reset_all() {
    // Real-time signals end at 64 on every Linux; the two that cannot be set (KILL, STOP) and the two that libc keeps
    // for itself just fail.
    for number in 1..=64 {
        // SAFETY: SIG_DFL is a valid disposition for every number; a number that cannot be set yields an error.
        let _previous = unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    set_mask(libc::SIG_SETMASK, &[]);
}

/// Ignores the given signals in this process.
pub fn ignore(signals: &[i32]) {
    for number in signals {
        // SAFETY: SIG_IGN is a valid disposition for every number; a number that cannot be set yields an error.
        let _previous = unsafe { libc::signal(*number, libc::SIG_IGN) };
    }
}

/// The signals that a terminal or a session manager sends to a whole group: a supervisor ignores them and lets the
/// supervised program decide.
pub const GROUP: [i32; 8] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGPIPE,
];

fn set_mask(how: libc::c_int, signals: &[i32]) {
    let set = set_of(signals);
    // SAFETY: the set is a live value; a null old set means that the previous mask is not wanted.
    let _result = unsafe { libc::pthread_sigmask(how, &raw const set, std::ptr::null_mut()) };
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: an all-zero sigset is a valid value.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer names a live set.
    let _result = unsafe { libc::sigemptyset(&raw mut set) };
    for number in signals {
        // SAFETY: the pointer names a live set, initialised above; a number that is no signal yields an error.
        let _result = unsafe { libc::sigaddset(&raw mut set, *number) };
    }
    set
}

/// A descriptor that can be read when a child of this process has ended, so that one `poll` waits for that and for
/// other things. Call it before the first child is started, in a process with one thread.
///
/// The signal itself is blocked from here on, in children too until they call [`reset_all`].
///
/// # Errors
/// When the process has too many open files.
pub fn children() -> io::Result<OwnedFd> {
    // A caller that ignored the signal would have the kernel throw away how a child ended.
    // SAFETY: SIG_DFL is a valid disposition for this signal.
    let _previous = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    set_mask(libc::SIG_BLOCK, &[libc::SIGCHLD]);
    let set = set_of(&[libc::SIGCHLD]);
    // SAFETY: the set is a live value; -1 asks for a new descriptor.
    let number = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made the descriptor, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes the caller's process group the foreground group of the terminal `tty`, from the background if need be.
pub fn take_terminal(tty: &impl std::os::fd::AsFd) {
    // A background process that calls tcsetpgrp gets SIGTTOU, which would stop it, unless the signal is blocked.
    set_mask(libc::SIG_BLOCK, &[libc::SIGTTOU]);
    let _refused = rustix::termios::tcsetpgrp(tty, rustix::process::getpgrp());
    set_mask(libc::SIG_UNBLOCK, &[libc::SIGTTOU]);
}

/// A pipe that signals are written to, and which ones.
struct Slot {
    /// The descriptor; -1 is a free slot.
    pipe: AtomicI32,
    /// One bit for each signal number.
    wanted: AtomicU64,
}

static SLOTS: [Slot; 16] = [const { Slot { pipe: AtomicI32::new(-1), wanted: AtomicU64::new(0) } }; 16];

/// The signals that are handled while a guard lives.
const HANDLED: [i32; 4] = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT];

/// How many guards live, and what was done about each signal before the first.
static PREVIOUS: Mutex<(usize, Vec<(i32, libc::sigaction)>)> = Mutex::new((0, Vec::new()));

extern "C" fn write_to_slots(number: libc::c_int) {
    let Ok(byte) = u8::try_from(number) else { return };
    for slot in &SLOTS {
        let pipe = slot.pipe.load(Ordering::SeqCst);
        if pipe >= 0 && slot.wanted.load(Ordering::SeqCst) & bit(number) != 0 {
            // SAFETY: write is async-signal-safe and the buffer is one byte on this stack; the guard that owns the
            // slot frees it before the descriptor is closed.
            let _result = unsafe { libc::write(pipe, std::ptr::from_ref(&byte).cast(), 1) };
        }
    }
}

fn bit(number: i32) -> u64 {
    u32::try_from(number).ok().and_then(|number| 1_u64.checked_shl(number)).unwrap_or(0)
}

/// While it lives, the signals that ask this process to end (TERM, HUP, INT, QUIT) do not: they are written to a pipe
/// or swallowed. Several guards may live at the same time, on any threads.
#[derive(Debug)]
pub struct Guard {
    slot: usize,
    /// Keeps the descriptor open for as long as the handler may write to it.
    _pipe: OwnedFd,
}

impl Guard {
    /// Writes each of `forward`, as one byte with the signal's number, to `pipe`, and swallows the others.
    ///
    /// # Errors
    /// When sixteen guards exist already, or the system refuses a handler or a descriptor.
    pub fn install(pipe: &OwnedFd, forward: &[i32]) -> io::Result<Self> {
        let pipe = pipe.try_clone()?;
        let taken = |slot: &Slot| {
            slot.pipe.compare_exchange(-1, pipe.as_raw_fd(), Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        let slot = SLOTS
            .iter()
            .position(taken)
            .ok_or_else(|| io::Error::other("too many programs are being waited for at once"))?;
        let guard = Self { slot, _pipe: pipe };
        if let Some(slot) = SLOTS.get(slot) {
            slot.wanted.store(forward.iter().fold(0, |bits, number| bits | bit(*number)), Ordering::SeqCst);
        }
        let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
        previous.0 += 1;
        if previous.0 == 1 {
            for number in HANDLED {
                previous.1.push((number, handle(number)?));
            }
        }
        drop(previous);
        Ok(guard)
    }
}

/// Installs the handler for one signal and returns what was there.
fn handle(number: i32) -> io::Result<libc::sigaction> {
    // SAFETY: an all-zero sigaction is a valid value (default action, empty mask, no flags).
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = write_to_slots as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: an all-zero sigaction is a valid value; the kernel overwrites it.
    let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right type, and the handler is async-signal-safe.
    let result = unsafe { libc::sigaction(number, &raw const action, &raw mut previous) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(previous) }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
        previous.0 = previous.0.saturating_sub(1);
        if previous.0 == 0 {
            for (number, action) in previous.1.drain(..) {
                // SAFETY: the action is the one that sigaction returned for this number; no old value is wanted.
                let _result = unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) };
            }
        }
        if let Some(slot) = SLOTS.get(self.slot) {
            slot.wanted.store(0, Ordering::SeqCst);
            slot.pipe.store(-1, Ordering::SeqCst);
        }
    }
}
