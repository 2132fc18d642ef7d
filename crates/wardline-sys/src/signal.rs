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

/// Stops the caller's process group as a terminal would, with `number` (TSTP, TTIN or TTOU), and returns when it goes on.
///
/// Returns at once when the group has nobody outside it who could let it go on; the kernel then ignores the signal.
pub fn stop_group(number: i32) {
    let Some(signal) = rustix::process::Signal::from_named_raw(number) else { return };
    // The others of the group first, and this process then by its own hand: a signal to the thread itself has stopped
    // the process when the call returns, while one to the group may be taken by any thread, at some later time.
    let Ok(previous) = dispose(number, libc::SIG_IGN) else { return };
    let _told = rustix::process::kill_current_process_group(signal);
    if dispose(number, libc::SIG_DFL).is_ok() {
        // SAFETY: raise takes an integer only.
        let _result = unsafe { libc::raise(number) };
    }
    put_back(number, &previous);
}

/// A pipe that signals are written to, and which ones.
struct Slot {
    /// The descriptor; -1 is a free slot.
    pipe: AtomicI32,
    /// One bit for each signal number.
    wanted: AtomicU64,
}

static SLOTS: [Slot; 16] = [const { Slot { pipe: AtomicI32::new(-1), wanted: AtomicU64::new(0) } }; 16];

/// The signals that are handled while any guard lives.
const HANDLED: [i32; 4] = [libc::SIGTERM, libc::SIGHUP, libc::SIGINT, libc::SIGQUIT];

/// The signals that are handled: each with the number of guards that handle it, and what was done about it before.
static PREVIOUS: Mutex<Vec<(i32, usize, libc::sigaction)>> = Mutex::new(Vec::new());

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
    handled: Vec<i32>,
    /// Keeps the descriptor open for as long as the handler may write to it.
    _pipe: OwnedFd,
}

impl Guard {
    /// Writes each of `forward`, as one byte with the signal's number, to `pipe`, and swallows those of the four that
    /// are not among them.
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
        let mut guard = Self { slot, handled: Vec::new(), _pipe: pipe };
        if let Some(slot) = SLOTS.get(slot) {
            slot.wanted.store(forward.iter().fold(0, |bits, number| bits | bit(*number)), Ordering::SeqCst);
        }
        let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
        for number in HANDLED.iter().chain(forward.iter().filter(|number| !HANDLED.contains(number))) {
            match previous.iter_mut().find(|(handled, ..)| handled == number) {
                Some((_, guards, _)) => *guards += 1,
                None => previous.push((*number, 1, dispose(*number, handler())?)),
            }
            guard.handled.push(*number);
        }
        drop(previous);
        Ok(guard)
    }
}

fn handler() -> libc::sighandler_t {
    write_to_slots as *const () as libc::sighandler_t
}

/// Sets what is done about one signal and returns what was done before.
fn dispose(number: i32, handler: libc::sighandler_t) -> io::Result<libc::sigaction> {
    // SAFETY: an all-zero sigaction is a valid value (default action, empty mask, no flags).
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: an all-zero sigaction is a valid value; the kernel overwrites it.
    let mut previous: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the right type; a handler is SIG_DFL, SIG_IGN or the function above,
    // which is async-signal-safe.
    let result = unsafe { libc::sigaction(number, &raw const action, &raw mut previous) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(previous) }
}

fn put_back(number: i32, action: &libc::sigaction) {
    // SAFETY: the action is one that sigaction returned for this number; no old value is wanted.
    let _result = unsafe { libc::sigaction(number, std::ptr::from_ref(action), std::ptr::null_mut()) };
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut previous = PREVIOUS.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in previous.iter_mut().filter(|(number, ..)| self.handled.contains(number)) {
            entry.1 = entry.1.saturating_sub(1);
        }
        previous.retain(|(number, guards, action)| {
            if *guards == 0 {
                put_back(*number, action);
            }
            *guards > 0
        });
        drop(previous);
        if let Some(slot) = SLOTS.get(self.slot) {
            slot.wanted.store(0, Ordering::SeqCst);
            slot.pipe.store(-1, Ordering::SeqCst);
        }
    }
}
