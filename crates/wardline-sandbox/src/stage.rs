//! The stage: a fork of the caller, or the same binary executed again, that builds the jail from the outside in.
//!
//! Three processes tell the story, each started by the one before:
//!
//! 1. the **keeper** stays on the host. It starts the init in new namespaces, watches it and the lifeline of the
//!    caller, and looks after what the program left behind, even when the caller was killed;
//! 2. the **init** is process 1 of the new namespaces. It makes the ground that is the same for every program, and with
//!    its orders the rest of the file system and the network; it gives up its rights, starts the program, collects
//!    orphans, and ends when the program ends, which ends everything inside;
//! 3. the **program** takes its limits and the file rules upon itself, and then becomes what was asked for.
//!
//! A step that fails is reported with its name and nothing is executed.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitOptions};
use wardline_sys::process::{Fork, Namespaces, fork, fork_into, leave};
use wardline_sys::{descriptor, signal};

use crate::bridge::Bridge;
use crate::cgroup::{Entrance, Group};
use crate::confinement::ResourceLimits;
use crate::guarantee::Asked;
use crate::hit::Hit;
use crate::identity::Identity;
use crate::leftover::{self, living_in, pid_namespace};
use crate::mechanism::{self, Mechanism};
use crate::meter::Meter;
use crate::mounts::Root;
use crate::plan::Plan;
use crate::resources::Resource;
use crate::standin::StandIn;
use crate::terminal::inside::Own;
use crate::wire::{
    Failure, GO, GO_BEHIND, LIFELINE, Message, Orders, REQUEST, Request, Run, STATUS, TERMINAL, Unconfirmed,
    failing,
};
use crate::{drop_rights, landlock_rules, limits, probe, watch};

/// Whether this process was started to be the stage: then call [`stage_main`] before anything else.
pub fn is_stage(mut argv: impl Iterator<Item = impl AsRef<std::ffi::OsStr>>) -> bool {
    argv.nth(1).is_some_and(|argument| argument.as_ref() == crate::wire::STAGE)
}

/// The whole life of a stage process.
pub fn stage_main() -> ExitCode {
    let (Ok(request), Ok(status), Ok(lifeline)) =
        (descriptor::adopt(REQUEST), descriptor::adopt(STATUS), descriptor::adopt(LIFELINE))
    else {
        return ExitCode::from(2);
    };
    let pipes = Pipes { request, status, lifeline, terminal: None };
    if serve(pipes, false) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The stage's ends of the caller's pipes.
pub(crate) struct Pipes {
    pub(crate) request: OwnedFd,
    pub(crate) status: OwnedFd,
    pub(crate) lifeline: OwnedFd,
    /// Where the program's terminal goes, when it is known that it will have one.
    pub(crate) terminal: Option<OwnedFd>,
}

/// Serves one request and says whether that went well. A stage that is `ahead` will be asked to run a program, and
/// begins before it is.
pub(crate) fn serve(pipes: Pipes, ahead: bool) -> bool {
    let Pipes { request, status, lifeline, terminal } = pipes;
    let status = std::fs::File::from(status);
    let outcome = if ahead {
        keep_ahead(request, &status, lifeline, terminal)
    } else {
        answer(request, &status, lifeline)
    };
    if let Err(failure) = outcome {
        Message::Failed(failure).send(&status);
        return false;
    }
    true
}

fn answer(request: OwnedFd, status: &std::fs::File, lifeline: OwnedFd) -> Result<(), Failure> {
    match Request::read(request).map_err(failing("read", "the request"))? {
        Some((Request::Run(run), text)) => keep(&run, &text, status, lifeline),
        Some((Request::Probe, _)) => {
            Message::Probed(probe::try_all()).send(status);
            Ok(())
        }
        None => Ok(()),
    }
}

// ---- 1. The keeper -------------------------------------------------------------------------------------------------

/// Looks after one program from the beginning to the end.
fn keep(run: &Run, text: &str, status: &std::fs::File, lifeline: OwnedFd) -> Result<(), Failure> {
    let mut channel = None;
    if run.on_terminal() {
        channel = Some(descriptor::adopt(TERMINAL).map_err(failing("find the way to", "the terminal"))?);
    }
    be_keeper(channel.is_some())?;
    let keeper = Identity::own();
    Message::Keeper(keeper).send(status);
    let group = if run.without(mechanism::LIMITS) {
        Group::default()
    } else {
        Group::make(&run.confinement.limits, keeper)
    };
    let limits = match bounded(run, &group) {
        Ok(limits) => limits,
        Err(failure) => {
            group.remove();
            return Err(failure);
        }
    };
    // While the host can still be seen: what to mount.
    let plan = Plan::of(&run.confinement);
    let namespaces = if run.without(mechanism::USER_NAMESPACE) {
        Namespaces::NONE
    } else {
        Namespaces { net: !run.without(mechanism::NETWORK), ..Namespaces::ALL }
    };
    let init = match start_init(namespaces, run.without(mechanism::PROC), &group, status, &lifeline, channel)
    {
        Ok(init) => init,
        Err(failure) => {
            group.remove();
            return Err(failure);
        }
    };
    group.sweep();
    attend_to(init, Known { keeper, run, text, plan, group, limits }, status, &lifeline)
}

/// As [`keep`], for a program that is not known yet: the init makes the ground meanwhile.
fn keep_ahead(
    request: OwnedFd,
    status: &std::fs::File,
    lifeline: OwnedFd,
    channel: Option<OwnedFd>,
) -> Result<(), Failure> {
    be_keeper(channel.is_some())?;
    let keeper = Identity::own();
    Message::Keeper(keeper).send(status);
    let mut group = Group::make(&ResourceLimits::default(), keeper);
    let started = start_init(Namespaces::ALL, false, &group, status, &lifeline, channel);
    group.sweep();
    let found = Request::read(request).map_err(failing("read", "the request"));
    let outcome = match (found, started) {
        (Ok(Some((Request::Run(run), text))), Ok(init)) => {
            return match adjusted(&run, &mut group) {
                Ok(limits) => {
                    let plan = Plan::of(&run.confinement);
                    let known = Known { keeper, run: &run, text: &text, plan, group, limits };
                    attend_to(init, known, status, &lifeline)
                }
                Err(failure) => {
                    // Without orders the init ends.
                    drop(init.orders);
                    let _reaped = rustix::process::waitpid(Some(init.pid), WaitOptions::empty());
                    group.remove();
                    Err(failure)
                }
            };
        }
        (Ok(_), Ok(init)) => {
            drop(init.orders);
            let _reaped = rustix::process::waitpid(Some(init.pid), WaitOptions::empty());
            Ok(())
        }
        (Err(failure), _) | (Ok(_), Err(failure)) => Err(failure),
    };
    group.remove();
    outcome
}

fn be_keeper(on_terminal: bool) -> Result<(), Failure> {
    // What a terminal sends to the whole group is for the program to act on, not for us. Of a caller with a terminal we
    // leave the session, so that nothing here knows that terminal; and when it stops, we do not.
    signal::ignore(&signal::GROUP);
    if on_terminal {
        rustix::process::setsid().map_err(failing("leave the session of", "the caller"))?;
    }
    let _cosmetic = rustix::thread::set_name(c"wardline-keeper");
    // Groups of a privileged caller open files that its user id does not. Others may not give theirs up.
    let _unprivileged = rustix::thread::set_thread_groups(&[]);
    Ok(())
}

/// What bounds the program's resources.
///
/// # Errors
/// When they are not bounded as was asked, and nobody agreed to that.
fn bounded(run: &Run, group: &Group) -> Result<Mechanism, Failure> {
    let limits = group.mechanism(&run.confinement.limits, rustix::process::geteuid().as_raw());
    if !limits.held && !run.without(mechanism::LIMITS) {
        let error = io::Error::other(limits.proof.clone());
        return Err(failing("limit", "the program")(error).because(mechanism::LIMITS));
    }
    Ok(limits)
}

/// As [`bounded`], for a group that was made with the default limits.
fn adjusted(run: &Run, group: &mut Group) -> Result<Mechanism, Failure> {
    let limits = &run.confinement.limits;
    if *limits != ResourceLimits::default() {
        group
            .adjust(limits)
            .map_err(|error| failing("limit", "the program")(error).because(mechanism::LIMITS))?;
    }
    bounded(run, group)
}

/// Everything about a program, once it was asked for.
struct Known<'a> {
    keeper: Identity,
    run: &'a Run,
    text: &'a str,
    plan: Plan,
    group: Group,
    limits: Mechanism,
}

/// Gives the init its orders and looks after it until everything is over.
///
/// # Errors
/// When it cannot be noted what was made; nothing was executed then.
fn attend_to(
    init: Init,
    known: Known<'_>,
    status: &std::fs::File,
    lifeline: &OwnedFd,
) -> Result<(), Failure> {
    let Init { pid, orders, alive: _alive } = init;
    let Known { keeper, run, text, plan, group, limits } = known;
    let confinement = &run.confinement;
    // Before it has orders: later the init hides from us.
    let space = pid_namespace(pid);
    // Who lets go of the init's mounts last takes them apart, and has to wait for the kernel. With this that is we when we
    // go, and not the init before we know of its end.
    let _mounts = leftover::mount_namespace(pid);
    // The init builds meanwhile. One that is dead has said why.
    let sent = Orders::send(orders, text, &plan, &limits, group.exact());
    Message::Watching(plan.watches.clone()).send(status);
    Message::Inside(space).send(status);
    // For the next session, should nobody of this one live to clean up. Nothing of the program's begins before the orders
    // are confirmed, so nothing is made that is not noted.
    let session = confinement.session.as_deref();
    let noted = session.map(|session| leftover::note(session, keeper, space, &plan.watches, confinement));
    if let Some(Err(error)) = noted {
        let _dead_already = rustix::process::kill_process(pid, Signal::KILL);
        let _reaped = rustix::process::waitpid(Some(pid), WaitOptions::empty());
        group.remove();
        return Err(failing("note for the next session", "what this one makes")(error));
    }
    let _unread = sent.and_then(Unconfirmed::confirm);
    // From here on we hold nothing of the program's: not its streams, not its directory.
    let _best_effort = let_go_of_streams();
    let _best_effort = rustix::process::chdir("/");
    // Nor does another program of the same user look into our memory.
    let _best_effort = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    // Until the program has ended, the caller is gone, or the time is over.
    let late = watch_over(pid, lifeline, confinement.limits.wall_seconds);
    // Everything inside is dead now. Look, tidy up, and say so.
    let survivors = group.population().unwrap_or_else(|| living_in(space));
    let mut limits_hit = group.hit();
    if let (true, Some(seconds)) = (late, confinement.limits.wall_seconds) {
        limits_hit.push(Hit { ended: true, ..Hit::of(Resource::Time, seconds) });
    }
    group.remove();
    // Beside others that go on it is not for us to tell whose doing it is; their keeper looks when they are over.
    let left_to_others = !confinement.beside.is_empty() && !is_gone(lifeline);
    let appeared = if left_to_others { Vec::new() } else { watch::look_after(&plan.watches, confinement) };
    let replaced = plan.held.iter().filter(|held| held.is_replaced()).map(|held| held.path.clone()).collect();
    Message::Closed { survivors, appeared, replaced, limits_hit }.send(status);
    if let Some(session) = session.filter(|_| is_gone(lifeline)) {
        crate::terminal::put_back(session);
        leftover::discard(session);
    }
    Ok(())
}

/// Whether nobody holds the other end of the lifeline any more.
fn is_gone(lifeline: &OwnedFd) -> bool {
    poll(&mut [PollFd::new(lifeline, PollFlags::empty())], Some(&NO_TIME)).unwrap_or_default() > 0
}

/// An init that runs.
struct Init {
    pid: Pid,
    /// Where its orders go. Without any it ends.
    orders: OwnedFd,
    /// Open as long as the keeper lives, which tells the init.
    alive: OwnedFd,
}

fn start_init(
    namespaces: Namespaces,
    without_proc: bool,
    group: &Group,
    status: &std::fs::File,
    lifeline: &OwnedFd,
    channel: Option<OwnedFd>,
) -> Result<Init, Failure> {
    let pipe = || {
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(failing("make a pipe for", "the init"))
    };
    let (alive, living) = pipe()?;
    let (awaited, orders) = pipe()?;
    let mut entrance =
        group.entrance().map_err(|error| failing("open", "the cgroup")(error).because(mechanism::LIMITS))?;
    let identity = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    match entrance.fork_into(namespaces) {
        Ok(Fork::Child) => {
            drop((living, orders));
            let ground = Ground { status, identity, namespaces, shares: group.shares_processor() };
            let Err(failure) = ground.live(&alive, entrance, without_proc, awaited, lifeline, channel);
            Message::Failed(failure).send(status);
            leave(1)
        }
        Ok(Fork::Parent(pid)) => Ok(Init { pid, orders, alive: living }),
        Err(error) => Err(failing("make namespaces for", "the init")(error).because(blame(namespaces))),
    }
}

/// Which mechanism is missing when the init cannot be started in its namespaces.
fn blame(namespaces: Namespaces) -> &'static str {
    let without_net = Namespaces { net: false, ..namespaces };
    match fork_into(without_net) {
        Ok(Fork::Child) => leave(0),
        Ok(Fork::Parent(child)) => {
            let _reaped = rustix::process::waitpid(Some(child), WaitOptions::empty());
            mechanism::NETWORK
        }
        Err(_) => mechanism::USER_NAMESPACE,
    }
}

/// Waits for the init to end, and ends it when the caller is gone or the time is over; `true` in the last case.
fn watch_over(init: Pid, lifeline: &OwnedFd, seconds: Option<u64>) -> bool {
    let deadline = seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
    let Ok(ended) = rustix::process::pidfd_open(init, rustix::process::PidfdFlags::empty()) else {
        let _reaped = rustix::process::waitpid(Some(init), WaitOptions::empty());
        return false;
    };
    let mut late = false;
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| rustix::time::Timespec::try_from(left).ok());
        // A lifeline without a writer reports that, whatever is asked; bytes on it are for the init.
        let mut waiting = [PollFd::new(&ended, PollFlags::IN), PollFd::new(lifeline, PollFlags::empty())];
        let woken = poll(&mut waiting, timeout.as_ref());
        let [process, life] = waiting.each_ref().map(|waiting| waiting.revents());
        late = late || matches!(woken, Ok(0));
        if !process.is_empty() {
            break;
        }
        if late || !life.is_empty() {
            let _dead_already = rustix::process::pidfd_send_signal(&ended, Signal::KILL);
            break;
        }
    }
    let _reaped = rustix::process::waitpid(Some(init), WaitOptions::empty());
    late
}

fn let_go_of_streams() -> io::Result<()> {
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(rustix::stdio::dup2_stderr(&null)?)
}

// ---- 2. The init ---------------------------------------------------------------------------------------------------

/// What the init knows before it has orders.
struct Ground<'a> {
    status: &'a std::fs::File,
    /// The user and group on the host, before the namespace hid them.
    identity: (u32, u32),
    namespaces: Namespaces,
    /// Whether a group bounds the share of the processor.
    shares: bool,
}

/// What the init and the program know.
struct Inside<'a> {
    orders: Orders,
    status: &'a std::fs::File,
    namespaces: Namespaces,
}

const NO_TIME: rustix::time::Timespec = rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 };

/// A type without values: a function that returns it on success never returns on success.
enum Never {}

impl Ground<'_> {
    fn live(
        &self,
        alive: &OwnedFd,
        mut entrance: Entrance,
        without_proc: bool,
        orders: OwnedFd,
        lifeline: &OwnedFd,
        channel: Option<OwnedFd>,
    ) -> Result<Never, Failure> {
        // 2.1 Die with the keeper, and be counted: what is started from here on is counted with us.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
            .map_err(failing("tie to the keeper", "the init"))?;
        let mut keeper = [PollFd::new(alive, PollFlags::empty())];
        if poll(&mut keeper, Some(&NO_TIME)).unwrap_or_default() > 0 {
            let error = io::Error::other("it died before");
            return Err(failing("tie to the keeper", "the init")(error));
        }
        entrance
            .enter()
            .map_err(|error| failing("put into a cgroup", "the init")(error).because(mechanism::LIMITS))?;
        limits::stand_back(self.shares);
        let _cosmetic = rustix::thread::set_name(c"wardline-init");

        // 2.2 The same user inside as outside, and nobody else.
        if self.namespaces.user {
            self.map_identity().map_err(|failure| failure.because(mechanism::USER_NAMESPACE))?;
        }
        // 2.3 A loopback of our own.
        if self.namespaces.net {
            wardline_sys::network::loopback_up()
                .map_err(|error| failing("bring up", "lo")(error).because(mechanism::NETWORK))?;
        }
        // 2.4 The part of the file system that is the same for all.
        let root = if self.namespaces.mount { Some(self.root(without_proc)?) } else { None };
        // 2.5 From here on it has to be known what will run.
        let orders = Orders::read(orders).map_err(failing("read", "the orders"))?;
        let Some((orders, unconfirmed)) = orders else { leave(0) };
        let inside = Inside { orders, status: self.status, namespaces: self.namespaces };
        inside.live(root, unconfirmed, lifeline, channel)
    }

    fn root(&self, without_proc: bool) -> Result<Root, Failure> {
        Root::ground(without_proc).map_err(|failure| match failure.mechanism {
            // Before the first mount of a plan everything depends on the rights of the namespace alone.
            None if failure.step == "make mounts private" || failure.step == "make the root file system" => {
                failure.because(mechanism::USER_NAMESPACE)
            }
            _ => failure,
        })
    }

    fn map_identity(&self) -> Result<(), Failure> {
        let (user, group) = self.identity;
        let table = [
            ("/proc/self/setgroups", "deny".to_owned()),
            ("/proc/self/gid_map", format!("{group} {group} 1")),
            ("/proc/self/uid_map", format!("{user} {user} 1")),
        ];
        for (path, text) in table {
            std::fs::write(path, text).map_err(failing("write", path))?;
        }
        // The filter refuses further user namespaces. Where the host lets us, so does the kernel by itself.
        let _second = std::fs::write("/proc/sys/user/max_user_namespaces", "0");
        Ok(())
    }
}

impl Inside<'_> {
    fn live(
        &self,
        root: Option<Root>,
        unconfirmed: Unconfirmed,
        lifeline: &OwnedFd,
        channel: Option<OwnedFd>,
    ) -> Result<Never, Failure> {
        let Orders { run, plan, .. } = &self.orders;
        // 2.6 The doors to the host, while ports below 1024 can be had.
        let mut bridge = Bridge::default();
        if self.namespaces.net {
            bridge = Bridge::listen(&run.confinement).map_err(failing("listen on", "127.0.0.1"))?;
        }
        // 2.7 The rest of the file system.
        let proc_mounted = root.as_ref().is_some_and(|root| root.proc_mounted);
        match root {
            Some(root) => root.complete(plan, &run.confinement.limits)?,
            None => rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
                .map_err(failing("become reaper for", "the program"))?,
        }
        let terminal = channel.map(Own::make).transpose().map_err(failing("make", "a terminal"))?;
        // 2.8 The rights that built the jail go, before anything of the program's runs: for this process, which shares
        //     the program's user, and for all that come from it. Our memory is not the program's either.
        let filters = self.give_up()?;
        let hidden = rustix::process::DumpableBehavior::NotDumpable;
        rustix::process::set_dumpable_behavior(hidden).map_err(failing("hide the memory of", "the init"))?;
        // 2.9 Who stands in for the kernel at quarantined files, with no more rights than the program will have.
        let file_rules = (!run.without(mechanism::LANDLOCK)).then(|| self.closed());
        let stand_in =
            if self.namespaces.mount { StandIn::prepare(plan, file_rules)? } else { StandIn::nobody() };
        // 2.10 The program, once it is noted what there will be to clean up. It tells us by closing a pipe that it has
        //      become itself.
        if !unconfirmed.wait().map_err(failing("read", "the orders"))? {
            leave(0)
        }
        let (became, becoming) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
            .map_err(failing("make a pipe for", "the program"))?;
        let children = signal::children().map_err(failing("wait for", "the program"))?;
        let program = match fork().map_err(failing("start", "the program"))? {
            Fork::Parent(program) => program,
            Fork::Child => {
                drop(became);
                let terminal = terminal.as_ref();
                let Err(failure) = self.become_program(proc_mounted, filters, lifeline, terminal, &stand_in);
                Message::Failed(failure).send(self.status);
                let _told = std::fs::File::from(becoming).write_all(&[1]);
                leave(1)
            }
        };
        drop(becoming);
        let mut failed = [0];
        if std::fs::File::from(became).read(&mut failed).unwrap_or(1) > 0 {
            // It has reported why itself.
            leave(1);
        }
        stand_in.attend().map_err(failing("stand in for", "the program"))?;
        Message::Started.send(self.status);
        let limits = &run.confinement.limits;
        let sees = self.namespaces.pid && proc_mounted;
        let private = if self.namespaces.mount { plan.private.as_slice() } else { &[] };
        let mut meter = Meter::new(limits, self.orders.counted, sees, &plan.writable, private);
        self.attend(program, &bridge, &children, lifeline, terminal, &mut meter)
    }

    /// Whether sockets are shut altogether: nothing else holds the network back, and no human opened it.
    fn closed(&self) -> bool {
        !self.namespaces.net && !Asked::by(&self.orders.run.confinement).opens_network()
    }

    /// Empties the capability sets and installs the filter; returns the filter's size, if there is one.
    fn give_up(&self) -> Result<Option<usize>, Failure> {
        drop_rights::all().map_err(|error| {
            failing("drop the rights of", "the program")(error).because(mechanism::NO_NEW_PRIVS)
        })?;
        if self.orders.run.without(mechanism::SECCOMP) {
            return Ok(None);
        }
        let size = drop_rights::filter(self.closed()).map_err(|error| {
            failing("filter the calls of", "the program")(error).because(mechanism::SECCOMP)
        })?;
        Ok(Some(size))
    }

    /// Looks after the program until it ends, and takes everything down with it. Threads are for connections only: one
    /// that waits for nothing would have to be started and ended with every program.
    fn attend(
        &self,
        program: Pid,
        bridge: &Bridge,
        children: &OwnedFd,
        lifeline: &OwnedFd,
        terminal: Option<Own>,
        meter: &mut Meter<'_>,
    ) -> Result<Never, Failure> {
        // 2.11 The program's streams are not ours.
        let _best_effort = let_go_of_streams();
        // 2.12 Children that end, the caller, its terminal, the bridge, and what is used up.
        let mut talking = terminal.is_some();
        loop {
            let channel = terminal.as_ref().filter(|_| talking).map_or(lifeline, Own::channel);
            let own = [children, lifeline, channel].map(|descriptor| PollFd::new(descriptor, PollFlags::IN));
            let ports = bridge.listeners().map(|listener| PollFd::new(listener, PollFlags::IN));
            let mut waiting: Vec<PollFd<'_>> = own.into_iter().chain(ports).collect();
            let idle = rustix::time::Timespec::try_from(meter.idle()).ok();
            match poll(&mut waiting, idle.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(failing("wait for", "the program")(error)),
            }
            let mut woken = waiting.iter().map(|waiting| !waiting.revents().is_empty());
            if woken.next().unwrap_or_default() {
                self.reap(program, children, terminal.as_ref(), meter)?;
            }
            meter.can_look().map_err(failing("count", "the processes inside"))?;
            if meter.look() {
                self.tell(meter);
                kill_children();
                leave(128 + libc::SIGKILL)
            }
            self.tell(meter);
            if woken.next().unwrap_or_default() {
                hear(lifeline, program);
            }
            if woken.next().unwrap_or_default() && talking {
                talking = terminal.as_ref().is_some_and(|terminal| terminal.obey(program));
            }
            for (number, _) in woken.enumerate().filter(|(_, woken)| *woken) {
                bridge.accept(number);
            }
        }
    }

    /// Says what was noticed about limits.
    fn tell(&self, meter: &mut Meter<'_>) {
        meter.news().into_iter().for_each(|note| Message::Noted(note).send(self.status));
    }

    /// Collects whoever has ended; when it is the program, the session is over.
    fn reap(
        &self,
        program: Pid,
        children: &OwnedFd,
        terminal: Option<&Own>,
        meter: &mut Meter<'_>,
    ) -> Result<(), Failure> {
        // The note is taken before the children are, so whoever ends meanwhile leaves another.
        let mut note = [0; 128];
        let _taken = rustix::io::read(children, &mut note);
        let stops = terminal.map_or(WaitOptions::empty(), |_| WaitOptions::UNTRACED);
        loop {
            match rustix::process::wait(WaitOptions::NOHANG | stops) {
                Ok(Some((pid, ended))) if ended.stopped() => {
                    if let (true, Some(terminal)) = (pid == program, terminal) {
                        terminal.stopped(ended.stopping_signal().unwrap_or_default());
                    }
                }
                Ok(Some((pid, ended))) if pid == program => {
                    let message =
                        Message::Ended { code: ended.exit_status(), signal: ended.terminating_signal() };
                    meter.last_look();
                    self.tell(meter);
                    if !self.namespaces.pid {
                        kill_children();
                    }
                    message.send(self.status);
                    // The kernel kills whatever is left in the namespace of a process 1 that ends.
                    leave(0)
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(failing("wait for", "the program")(error)),
            }
        }
    }
}

/// Passes one signal of the caller on to the program. When the caller is gone, or asks for it, everything ends.
fn hear(lifeline: &OwnedFd, program: Pid) {
    let mut byte = [0];
    let number = match rustix::io::read(lifeline, &mut byte) {
        Ok(1) => i32::from(byte.first().copied().unwrap_or_default()),
        Err(rustix::io::Errno::INTR) => return,
        _ => libc::SIGKILL,
    };
    if number == libc::SIGKILL {
        kill_children();
        leave(128 + libc::SIGKILL)
    }
    let Some(signal) = Signal::from_named_raw(number) else { return };
    let _ended_already = rustix::process::kill_process_group(program, signal);
}

/// Kills every child, and every orphan that thereby becomes a child. Without an own pid namespace nobody else does.
fn kill_children() {
    if rustix::process::getpid().as_raw_nonzero().get() == 1 {
        return;
    }
    for _round in 0..1000 {
        let Ok(entries) = std::fs::read_dir("/proc") else { return };
        let own = rustix::process::getpid().as_raw_nonzero().to_string();
        let mut killed = 0;
        for entry in entries.flatten() {
            let text = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let mut fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_ascii_whitespace();
            let ours = fields.nth(1) == Some(&own);
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            if let (true, Some(pid)) = (ours, pid) {
                let _dead_already = rustix::process::kill_process(pid, Signal::KILL);
                let _reaped = rustix::process::waitpid(Some(pid), WaitOptions::empty());
                killed += 1;
            }
        }
        if killed == 0 {
            return;
        }
    }
}

// ---- 3. The program ------------------------------------------------------------------------------------------------

impl Inside<'_> {
    /// Takes on what is left to take on and becomes the program.
    fn become_program(
        &self,
        proc_mounted: bool,
        filters: Option<usize>,
        lifeline: &OwnedFd,
        terminal: Option<&Own>,
        stand_in: &StandIn,
    ) -> Result<Never, Failure> {
        use std::os::unix::process::CommandExt;
        let confinement = &self.orders.run.confinement;
        let mut enforced = self.namespaces_held(proc_mounted);
        enforced.push(Mechanism::held(mechanism::NO_NEW_PRIVS, "set, and every capability set is empty"));
        enforced.push(match filters {
            Some(size) => {
                Mechanism::held(mechanism::SECCOMP, format!("filter of {size} instructions installed"))
            }
            None => Mechanism::missing(mechanism::SECCOMP, LEFT_OUT),
        });

        // 3.1 Its own session, or the one of its own terminal.
        match terminal {
            None => {
                rustix::process::setsid().map(drop).map_err(failing("make a session for", "the program"))?
            }
            Some(terminal) => {
                terminal
                    .take(self.orders.run.terminal)
                    .map_err(failing("give a terminal to", "the program"))?;
            }
        }
        if !self.namespaces.pid {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
                .map_err(failing("tie to the init", "the program"))?;
        }
        // 3.2 Its share of the machine.
        if self.orders.run.without(mechanism::LIMITS) {
            enforced.push(Mechanism::missing(mechanism::LIMITS, LEFT_OUT));
        } else {
            limits::apply(&confinement.limits, self.orders.counted)
                .map_err(|(what, error)| failing("limit", what)(error).because(mechanism::LIMITS))?;
            enforced.push(self.orders.limits.clone());
        }
        // 3.3 The file rules once more.
        if self.orders.run.without(mechanism::LANDLOCK) {
            enforced.push(Mechanism::missing(mechanism::LANDLOCK, LEFT_OUT));
        } else if let Some(held) = stand_in.file_rules() {
            // They came with the init; only what keeps us off the init is added.
            landlock_rules::keep_apart().map_err(failing("restrict", "the program"))?;
            enforced.push(held.clone());
        } else {
            enforced.push(
                landlock_rules::restrict(&self.orders.plan, self.namespaces.mount, self.closed()).map_err(
                    |missing| {
                        failing("restrict", "the program")(io::Error::other(missing.proof))
                            .because(mechanism::LANDLOCK)
                    },
                )?,
            );
        }
        // 3.4 Where it works, and nothing open but its three streams.
        rustix::process::chdir(&confinement.cwd).map_err(failing("start in", &confinement.cwd))?;
        descriptor::close_on_exec_from(3).map_err(failing("close the descriptors of", "the program"))?;
        Message::Enforced(enforced).send(self.status);
        // 3.5 Nothing of the program's runs before the caller says so.
        let front = wait_for_word(lifeline).map_err(failing("wait for", "the caller's word"))?;
        if let (true, Some(terminal)) = (front, terminal) {
            let group = rustix::process::getpgrp();
            terminal.front(group).map_err(failing("give the terminal to", "the program"))?;
        }
        // 3.6 And off.
        stand_in.hand_over().map_err(failing("stand in for", "the program"))?;
        signal::reset_all();
        let name = self.orders.run.argv.first().cloned().unwrap_or_default();
        let arguments = self.orders.run.argv.get(1..).unwrap_or_default();
        let error = Command::new(&name).args(arguments).env_clear().envs(&confinement.environment).exec();
        Err(failing("execute", name)(error))
    }

    fn namespaces_held(&self, proc_mounted: bool) -> Vec<Mechanism> {
        let state = |id: &str, held: bool, proof: &str| {
            if held { Mechanism::held(id, proof) } else { Mechanism::missing(id, LEFT_OUT) }
        };
        vec![
            state(mechanism::USER_NAMESPACE, self.namespaces.user, "the program is in them"),
            state(mechanism::NETWORK, self.namespaces.net, "the program is in it"),
            state(mechanism::PROC, proc_mounted, "mounted read-only, host entries covered"),
        ]
    }
}

/// Reads the first byte of the lifeline: `true` for a program in front of its terminal. The end of it, or a signal to end before the beginning, is an error.
fn wait_for_word(lifeline: &OwnedFd) -> io::Result<bool> {
    let mut byte = [0];
    loop {
        match rustix::io::read(lifeline, &mut byte) {
            Ok(1) if byte == [GO] || byte == [GO_BEHIND] => return Ok(byte == [GO]),
            Ok(1) => return Err(io::Error::other("it asked to end before the program began")),
            Ok(_) => return Err(io::Error::other("it is gone")),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The proof of a mechanism that was left out.
const LEFT_OUT: &str = "this host does not give it";
