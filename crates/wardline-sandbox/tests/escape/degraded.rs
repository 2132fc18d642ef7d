//! Hosts that cannot give everything, simulated: each guarantee is met by another mechanism, or refused with the fix.
//! With a human's word it runs without that guarantee, says so, and keeps the others.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use wardline_sandbox::{Program, StartError, Stdio3, start};

use crate::run::listen;
use crate::world::{Place, SECRET};

/// How a host becomes weak.
#[derive(Clone, Copy)]
pub(crate) enum Weak {
    /// It does not.
    Not,
    /// What a shell does, as user 0 of a user and a mount namespace, before the caller starts.
    Shell(&'static str),
    /// As the real root in a mount namespace; an ordinary user has this weakness from the start.
    Root(&'static str),
    /// Calls that answer with an error to the caller and all that come from it.
    Calls(&'static str),
    /// Inside another program, which is named before the caller; `ROOT` stands for the place.
    Within(&'static [&'static str]),
    /// Inside a sandbox of our own.
    WithinOurs,
}

/// What becomes of one guarantee on one host.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    /// Held, by this.
    Met(&'static str),
    /// Not started, with these words in the fix.
    Refused(&'static str),
}
use Then::{Met, Refused};

/// One weak host, with the verdicts in the order of [`GUARANTEES`].
pub(crate) struct Case {
    pub(crate) name: &'static str,
    weak: Weak,
    then: [Then; 6],
    /// What is different when the real root starts it.
    as_root: Option<(usize, Then)>,
    /// Whether the number of processes is limited too. Inside a foreign user namespace no cgroup can be made, and its
    /// root cannot know whether the rlimits bind.
    counted: bool,
    /// What an attack says when the human agreed to do without whatever was refused.
    attack: &'static str,
}

const GUARANTEES: [&str; 6] =
    ["reads-confined", "writes-confined", "network-confined", "processes-hidden", "no-survivors", "limits"];

/// Everything as on an ordinary host.
const FULL: [Then; 6] = [
    Met("mount namespace"),
    Met("mount namespace"),
    Met("network namespace"),
    Met("pid namespace"),
    Met("pid namespace"),
    Met("cgroup, rlimits"),
];

/// Without own namespaces: the place masks and pins files, which Landlock alone cannot.
const fn bare(fix: &'static str) -> [Then; 6] {
    [Refused(fix), Refused(fix), Met("no sockets at all"), Refused(fix), Refused(fix), Met("cgroup, rlimits")]
}

const fn case(name: &'static str, weak: Weak, then: [Then; 6], attack: &'static str) -> Case {
    Case { name, weak, then, as_root: None, counted: false, attack }
}

const fn but(at: usize, then: Then) -> [Then; 6] {
    let mut verdicts = FULL;
    verdicts[at] = then;
    verdicts
}

const SHUT: &str = "key shut, outside shut, network shut, home open, tmp open";
const OPEN: &str = "key shut, outside shut, network open, home open, tmp open";
const BARE: &str = "key shut, outside shut, network shut, home shut, tmp shut";

const USERS: &str = "sudo sysctl -w user.max_user_namespaces=15000";
const UNMASK: &str = "docker `--security-opt systempaths=unconfined`";
const FILTER: &str = "CONFIG_SECCOMP_FILTER";
const PROCESSES: usize = 3;

pub(crate) const CASES: &[Case] = &[
    case("an ordinary host", Weak::Not, FULL, OPEN),
    case(
        "no user namespaces, by setting",
        Weak::Shell("echo 0 > /proc/sys/user/max_user_namespaces"),
        bare(USERS),
        BARE,
    ),
    case("no user namespaces, by filter", Weak::Calls("namespaces"), bare(USERS), BARE),
    case(
        "no network namespaces",
        Weak::Shell("echo 0 > /proc/sys/user/max_net_namespaces"),
        but(2, Met("no sockets at all")),
        SHUT,
    ),
    case(
        "a masked /proc",
        Weak::Shell("mount -t tmpfs none /proc/irq"),
        but(PROCESSES, Refused(UNMASK)),
        OPEN,
    ),
    case("no Landlock", Weak::Calls("landlock"), FULL, OPEN),
    case(
        "no seccomp",
        Weak::Calls("seccomp"),
        [
            Refused(FILTER),
            Refused(FILTER),
            Refused(FILTER),
            Met("pid namespace"),
            Met("pid namespace"),
            Met("cgroup, rlimits"),
        ],
        OPEN,
    ),
    case(
        "an old kernel, without the newer calls for mounts",
        Weak::Calls("mounts"),
        bare("run on a kernel of 5.12 or newer"),
        BARE,
    ),
    case("inside a sandbox of our own", Weak::WithinOurs, bare("start `wardline` outside of it"), BARE),
    Case {
        // The real root's bwrap covers parts of /proc.
        as_root: Some((PROCESSES, Refused(UNMASK))),
        ..case(
            "inside bwrap",
            Weak::Within(&[
                "bwrap",
                "--unshare-all",
                "--ro-bind",
                "/",
                "/",
                "--dev",
                "/dev",
                "--proc",
                "/proc",
                "--bind",
                "ROOT",
                "ROOT",
            ]),
            FULL,
            OPEN,
        )
    },
    case(
        "inside bwrap without further namespaces",
        Weak::Within(&[
            "bwrap",
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--bind",
            "ROOT",
            "ROOT",
        ]),
        bare(USERS),
        BARE,
    ),
    case(
        "in a chroot",
        Weak::Shell(
            "mount -t tmpfs none /mnt && mkdir /mnt/r && mount --rbind / /mnt/r && set -- chroot /mnt/r \"$@\"",
        ),
        bare(USERS),
        BARE,
    ),
    case(
        "like a container: masked /proc, read-only /sys, few capabilities",
        Weak::Shell(
            "mount -t tmpfs none /proc/irq && mount -t tmpfs -o ro none /sys && set -- setpriv --inh-caps -all \
             --bounding-set -all,+setfcap \"$@\"",
        ),
        but(PROCESSES, Refused(UNMASK)),
        OPEN,
    ),
    case(
        "like a container without capabilities",
        Weak::Shell("set -- setpriv --bounding-set -all --inh-caps -all \"$@\""),
        bare(USERS),
        BARE,
    ),
    case(
        "a read-only root",
        Weak::Shell("mount --rbind \"$ROOT\" \"$ROOT\" && mount -o remount,bind,ro /"),
        FULL,
        OPEN,
    ),
    case(
        "few devices, and no terminals",
        Weak::Shell(
            "mount -t tmpfs none /mnt && for d in null zero random urandom; do : > /mnt/$d && mount --bind /dev/$d /mnt/$d; \
             done && mount --rbind /mnt /dev",
        ),
        FULL,
        OPEN,
    ),
    case("a /tmp without programs", Weak::Shell("mount -t tmpfs -o noexec none /tmp"), FULL, OPEN),
    Case {
        as_root: Some((5, Refused("mount -t cgroup2 none /sys/fs/cgroup"))),
        counted: true,
        ..case("no cgroups", Weak::Root("mount -t tmpfs none /sys/fs/cgroup"), FULL, OPEN)
    },
];

/// What is tried when it runs after all. "network open" means that a socket of one's own can be made.
const ATTACK: &str = "t() { if eval \"$2\" >/dev/null 2>&1; then printf '%s open' $1; else printf '%s shut' $1; fi; }; \
    t key 'cat $HOME/.ssh/id_ed25519'; printf ', '; t outside 'echo x > $W/outside/planted'; printf ', '; \
    t network '/usr/bin/python3 -c \"import socket; socket.socket()\"'; printf ', '; \
    t home 'echo x > $HOME/planted'; printf ', '; t tmp 'echo x > /tmp/wardline-planted'";

/// In a process of its own, on the weak host: starts the attack and says what came of it, a line for each guarantee.
pub(crate) fn start_here(root: &Path, absent: &str, counted: &str, accept: &str) -> ExitCode {
    if !absent.is_empty() {
        // What the older call may not do, the newer one is not there to do.
        let newer: &[i64] = if absent == "namespaces" { &[libc::SYS_clone3] } else { &[] };
        for program in [refusing(newer, libc::ENOSYS), without(absent)] {
            seccompiler::apply_filter(&program).unwrap();
        }
    }
    let mut confinement = Place { root: root.to_path_buf() }.confinement();
    confinement.accept_missing = accept.split_ascii_whitespace().map(str::to_owned).collect();
    if counted.is_empty() {
        confinement.limits.processes = None;
    }
    match start(&confinement, &Program::new(["/bin/bash", "-c", ATTACK]), Stdio3::captured()) {
        Ok(child) => {
            for one in child.enforcement() {
                let how = if one.held { one.mechanisms.join(" and ") } else { "-".to_owned() };
                println!("met {} by {how} ({})", one.id, if one.required { "required" } else { "optional" });
            }
            println!("attack: {}", listen(child).map_or_else(|error| error, |said| said.out));
        }
        Err(error) => {
            println!("code {}", error.exit_code());
            match error {
                StartError::Missing(missing) => {
                    missing.iter().for_each(|one| println!("refused {}: {}", one.id, one.fix));
                }
                error => println!("error: {error}"),
            }
        }
    }
    ExitCode::SUCCESS
}

fn without(what: &str) -> BpfProgram {
    let only = |index, operator, value| {
        let condition = SeccompCondition::new(index, SeccompCmpArgLen::Dword, operator, value).unwrap();
        vec![SeccompRule::new(vec![condition]).unwrap()]
    };
    let user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
    let new_user = || only(0, SeccompCmpOp::MaskedEq(user), user);
    match what {
        "landlock" => refusing(&[libc::SYS_landlock_create_ruleset], libc::EOPNOTSUPP),
        "mounts" => {
            let newer =
                [libc::SYS_fsopen, libc::SYS_open_tree, libc::SYS_move_mount, libc::SYS_mount_setattr];
            refusing(&newer, libc::ENOSYS)
        }
        "namespaces" => {
            filter(vec![(libc::SYS_clone, new_user()), (libc::SYS_unshare, new_user())], libc::EPERM)
        }
        _ => {
            let by_prctl = only(0, SeccompCmpOp::Eq, u64::from(libc::PR_SET_SECCOMP.unsigned_abs()));
            filter(vec![(libc::SYS_seccomp, Vec::new()), (libc::SYS_prctl, by_prctl)], libc::EOPNOTSUPP)
        }
    }
}

fn refusing(calls: &[i64], errno: i32) -> BpfProgram {
    filter(calls.iter().map(|call| (*call, Vec::new())).collect(), errno)
}

fn filter(rules: Vec<(i64, Vec<SeccompRule>)>, errno: i32) -> BpfProgram {
    let refused = SeccompAction::Errno(errno.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules.into_iter().collect(), SeccompAction::Allow, refused, architecture);
    BpfProgram::try_from(filter.unwrap()).unwrap()
}

/// Starts the attack on a weak host, with a human's words; gives what it printed.
fn on(place: &Place, case: &Case, accept: &str) -> Result<String, String> {
    let caller = std::env::current_exe().unwrap();
    let root = place.root.display().to_string();
    let within = |words: Vec<String>| {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(&caller);
        command
    };
    let shell = |unshare: &str, script: &str| {
        let script = format!("{script} && exec \"$@\"");
        within(["unshare", unshare, "sh", "-c", &script, "sh"].map(str::to_owned).to_vec())
    };
    let mut absent = "";
    let mut command = match case.weak {
        Weak::Not => Command::new(&caller),
        Weak::Shell(script) => shell("-Urm", script),
        Weak::Root(script) if rustix::process::geteuid().is_root() => shell("-m", script),
        Weak::Root(_) => Command::new(&caller),
        Weak::Calls(calls) => {
            absent = calls;
            Command::new(&caller)
        }
        Weak::Within(words) => within(words.iter().map(|word| word.replace("ROOT", &root)).collect()),
        Weak::WithinOurs => return within_ours(place, &caller, accept),
    };
    command.env("ROOT", &root).arg("--degraded").arg(&place.root).args([
        absent,
        if case.counted { "counted" } else { "" },
        accept,
    ]);
    let output = command.output().map_err(|error| format!("SKIP {:?}: {error}", command.get_program()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn within_ours(place: &Place, caller: &Path, accept: &str) -> Result<String, String> {
    let mut outer = place.confinement();
    outer.read.push(caller.to_path_buf());
    // The inner one is to be stopped by what it cannot do, and not by what it cannot see.
    outer.pinned.clear();
    outer.masked.clear();
    let argv = [
        caller.as_os_str(),
        "--degraded".as_ref(),
        place.root.as_os_str(),
        "".as_ref(),
        "".as_ref(),
        accept.as_ref(),
    ];
    let said =
        listen(start(&outer, &Program::new(argv), Stdio3::captured()).map_err(|error| error.to_string())?)?;
    Ok(said.out + &said.err)
}

pub(crate) fn check(place: &Place, case: &Case) -> Result<(), String> {
    let mut verdicts = case.then;
    if let Some((at, then)) = case.as_root.filter(|_| rustix::process::geteuid().is_root()) {
        verdicts[at] = then;
    }
    let refused: Vec<&str> = GUARANTEES
        .iter()
        .zip(verdicts)
        .filter(|(_, then)| matches!(then, Refused(_)))
        .map(|(id, _)| *id)
        .collect();
    let said = on(place, case, "")?;
    if !refused.is_empty() {
        // 1. Nothing runs, and each guarantee that cannot be given is named with its fix, and no other.
        if !said.starts_with("code 125\n") || said.matches("refused ").count() != refused.len() {
            return Err(format!("not refused as expected: {said}"));
        }
        for (id, then) in GUARANTEES.iter().zip(verdicts) {
            let Refused(fix) = then else { continue };
            let line = said.lines().find(|line| line.starts_with(&format!("refused {id}: ")));
            if !line.is_some_and(|line| line.contains(fix)) {
                return Err(format!("{id}: no fix with `{fix}`: {said}"));
            }
        }
        // 2. A word for all the others is no word for these, and a word for one of two is not enough.
        let mut others: Vec<&str> = GUARANTEES.into_iter().filter(|id| !refused.contains(id)).collect();
        others.extend(&refused[1..]);
        // A word that opens the network changes what is refused about it.
        others.retain(|id| *id != "network-confined" || refused.contains(id));
        let with_others = on(place, case, &others.join(" "))?;
        if !with_others.starts_with("code 125\n") {
            return Err(format!("other words were enough: {with_others}"));
        }
    }
    // 3. With a human's word it runs, the rest is met as expected, and the attack is stopped by what is left.
    let ran = if refused.is_empty() { said } else { on(place, case, &refused.join(" "))? };
    let mut expected = String::new();
    for (id, then) in GUARANTEES.iter().zip(verdicts) {
        match then {
            Met(how) => writeln!(expected, "met {id} by {how} (required)").unwrap(),
            Refused(_) => writeln!(expected, "met {id} by - (optional)").unwrap(),
        }
    }
    writeln!(expected, "attack: {}", case.attack).unwrap();
    if ran != expected || ran.contains(SECRET) {
        return Err(format!("expected\n{expected}but it said\n{ran}"));
    }
    if place.outside().join("planted").exists() || place.home().join("planted").exists() {
        return Err("something was planted on the host".to_owned());
    }
    Ok(())
}
