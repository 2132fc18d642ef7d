//! Hosts that cannot give a guarantee, simulated: refused with the fix, and never a silently weaker sandbox. With a
//! human's word it runs without that guarantee, says so, and keeps the others.

use std::path::Path;
use std::process::{Command, ExitCode};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use wardline_sandbox::{Program, StartError, Stdio3, start};

use crate::run::listen;
use crate::world::{Place, SECRET};

/// One weak host.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What a shell does, as user 0 of a user namespace, before the caller starts; empty for no such namespace.
    shell: &'static str,
    /// Calls that answer "not supported" to the caller and all that come from it.
    absent: &'static str,
    missing: &'static str,
    /// Words of the fix.
    fix: &'static str,
    /// What an attack on the secrets says when the guarantee was accepted to be missing.
    then: &'static str,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "no user namespaces",
        shell: "echo 0 > /proc/sys/user/max_user_namespaces",
        absent: "",
        missing: "user-namespace",
        fix: "max_user_namespaces",
        then: "key shut, outside shut, network shut, home shut, tmp shut",
    },
    Case {
        name: "no network namespaces",
        shell: "echo 0 > /proc/sys/user/max_net_namespaces",
        absent: "",
        missing: "network",
        fix: "max_net_namespaces",
        then: "key shut, outside shut, network open, home open, tmp open",
    },
    Case {
        name: "a masked /proc",
        shell: "mount -t tmpfs none /proc/irq",
        absent: "",
        missing: "proc",
        fix: "systempaths=unconfined",
        then: "key shut, outside shut, network open, home open, tmp open",
    },
    Case {
        name: "no Landlock",
        shell: "",
        absent: "landlock",
        missing: "landlock",
        fix: "lsm=",
        then: "key shut, outside shut, network open, home open, tmp open",
    },
    Case {
        name: "no seccomp",
        shell: "",
        absent: "seccomp",
        missing: "seccomp",
        fix: "CONFIG_SECCOMP_FILTER",
        then: "key shut, outside shut, network open, home open, tmp open",
    },
];

/// What is tried when it runs after all. "network open" means that a socket of one's own can be made.
const ATTACK: &str = "t() { if eval \"$2\" >/dev/null 2>&1; then printf '%s open' $1; else printf '%s shut' $1; fi; }; \
    t key 'cat $HOME/.ssh/id_ed25519'; printf ', '; t outside 'echo x > $W/outside/planted'; printf ', '; \
    t network '/usr/bin/python3 -c \"import socket; socket.socket()\"'; printf ', '; \
    t home 'echo x > $HOME/planted'; printf ', '; t tmp 'echo x > /tmp/wardline-planted'";

/// In a process of its own, on the weak host: starts the attack and says what came of it.
pub(crate) fn start_here(root: &Path, absent: &str, accept: &str) -> ExitCode {
    if !absent.is_empty() {
        seccompiler::apply_filter(&without(absent)).unwrap();
    }
    let mut confinement = Place { root: root.to_path_buf() }.confinement();
    confinement.accept_missing = vec![accept.to_owned()];
    // Inside a foreign user namespace no cgroup can be made, and the rlimits of the real root do not bind.
    confinement.limits.processes = None;
    match start(&confinement, &Program::new(["/bin/bash", "-c", ATTACK]), Stdio3::captured()) {
        Ok(child) => {
            let gone: Vec<_> =
                child.enforcement().iter().filter(|one| !one.held).map(|one| one.id.clone()).collect();
            println!("ran without {gone:?}: {}", listen(child).map_or_else(|error| error, |said| said.out));
        }
        Err(StartError::Missing(missing)) => {
            missing.iter().for_each(|one| println!("missing {}: {}", one.id, one.fix))
        }
        Err(error) => println!("error: {error}"),
    }
    ExitCode::SUCCESS
}

fn without(what: &str) -> BpfProgram {
    let calls = match what {
        "landlock" => vec![libc::SYS_landlock_create_ruleset],
        _ => vec![libc::SYS_seccomp],
    };
    let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let absent = SeccompAction::Errno(libc::EOPNOTSUPP.unsigned_abs());
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, absent, std::env::consts::ARCH.try_into().unwrap());
    BpfProgram::try_from(filter.unwrap()).unwrap()
}

fn on(place: &Place, case: &Case, accept: &str) -> Result<String, String> {
    let caller = std::env::current_exe().unwrap();
    let mut command = if case.shell.is_empty() {
        Command::new(caller)
    } else {
        let mut command = Command::new("unshare");
        let script = format!("{} && exec \"$@\"", case.shell);
        command.args(["-Urm", "sh", "-c", &script, "sh"]).arg(caller);
        command
    };
    command.arg("--degraded").arg(&place.root).args([case.absent, accept]);
    let output = command.output().map_err(|error| format!("SKIP `unshare`: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn check(place: &Place, case: &Case) -> Result<(), String> {
    let refused = on(place, case, "")?;
    if !refused.starts_with(&format!("missing {}: ", case.missing)) || !refused.contains(case.fix) {
        return Err(format!("not refused with the fix: {refused}"));
    }
    // A word for another guarantee is no word for this one.
    let other = on(place, case, "limits")?;
    if other != refused {
        return Err(format!("another word was enough: {other}"));
    }
    let ran = on(place, case, case.missing)?;
    let named = ran.contains("ran without [") && ran.contains(&format!("\"{}\"", case.missing));
    if !named || !ran.contains(case.then) || ran.contains(SECRET) {
        return Err(format!("with a human's word: {ran}"));
    }
    if place.outside().join("planted").exists() || place.home().join("planted").exists() {
        return Err("something was planted on the host".to_owned());
    }
    Ok(())
}
