//! Services and settings of the running machine, and its power.

use super::given::{Given, only_asks};
use super::{evasion, name, note, note_sure};
use crate::answer::Certainty;
use crate::effect::{Call, EffectKind, Effects, Target};

const SYSTEMCTL: &str = "-t:t --type:t -p:t --property:t -P:t -H:t --host:t -M:t --machine:t -n:t --lines:t -o:t --output:t --state:t --job-mode:t --kill-whom:t --kill-who:t -s:t --signal:t --root:t --image:t --what:t --when:t --check-inhibitors:t --timestamp:t --preset-mode:t --kill-value:t";

pub(super) fn systemctl(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, SYSTEMCTL);
    if given.has(&["--help", "--version", "-h", "--dry-run"]) {
        return;
    }
    let verb = given.text(0);
    let units: Vec<String> = given.operands().skip(1).map(|word| word.value.clone()).collect();
    let stops = |unit: &String| POWER_TARGETS.iter().any(|start| unit.starts_with(start));
    let by_target = matches!(verb, "isolate" | "start") && units.iter().any(stops);
    if by_target || POWER_VERBS.contains(&verb) {
        return note(out, EffectKind::Power, Target::Nothing, verb);
    }
    let kind = match verb {
        "kill" => EffectKind::Signal,
        _ if PERSIST_VERBS.contains(&verb) => EffectKind::Persist,
        _ if SERVICE_VERBS.contains(&verb) => EffectKind::Service,
        _ => return,
    };
    for unit in &units {
        note(out, kind, name(unit), verb);
        if matches!(verb, "stop" | "disable" | "mask" | "kill" | "freeze" | "isolate") {
            evasion::guard_stopped(unit, verb, out);
        }
    }
    if units.is_empty() {
        note(out, kind, name("systemd"), verb);
    }
    if given.has(&["--now"]) && verb == "enable" {
        units.iter().for_each(|unit| note(out, EffectKind::Service, name(unit), "start"));
    }
}

const POWER_VERBS: &[&str] = &[
    "default",
    "emergency",
    "exit",
    "halt",
    "hibernate",
    "hybrid-sleep",
    "kexec",
    "poweroff",
    "reboot",
    "rescue",
    "sleep",
    "soft-reboot",
    "suspend",
    "suspend-then-hibernate",
    "switch-root",
];
const PERSIST_VERBS: &[&str] =
    &["add-requires", "add-wants", "edit", "enable", "link", "preset", "preset-all", "reenable"];
const SERVICE_VERBS: &[&str] = &[
    "bind",
    "cancel",
    "clean",
    "condrestart",
    "daemon-reexec",
    "daemon-reload",
    "disable",
    "force-reload",
    "freeze",
    "import-environment",
    "isolate",
    "mask",
    "mount-image",
    "reload",
    "reload-or-restart",
    "reset-failed",
    "restart",
    "revert",
    "service-log-level",
    "set-default",
    "set-environment",
    "set-property",
    "start",
    "stop",
    "thaw",
    "try-reload-or-restart",
    "try-restart",
    "unmask",
    "unset-environment",
];
const POWER_TARGETS: &[&str] = &[
    "poweroff.",
    "reboot.",
    "halt.",
    "kexec.",
    "rescue.",
    "emergency.",
    "suspend.",
    "hibernate.",
    "shutdown.",
    "runlevel0",
    "runlevel6",
];

/// `service name action`, `rc-service`, `invoke-rc.d`, `sv action name`, `/etc/init.d/name action`.
pub(super) fn service(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "");
    let (unit, action) = match call.name {
        "sv" | "supervisorctl" | "initctl" | "s6-rc" => (given.text(1), given.text(0)),
        _ => (given.text(0), given.text(1)),
    };
    acts(unit, action, out);
}

/// A script of `/etc/init.d` that is run by its path.
pub(super) fn init_script(call: &Call<'_>, out: &mut Effects<'_>) {
    let program = call.command.program.as_deref().unwrap_or_default();
    let unit = program.strip_prefix("/etc/init.d/").or_else(|| program.strip_prefix("/etc/rc.d/"));
    if let Some(unit) = unit {
        acts(unit, call.arguments.first().map_or("", |word| word.value.as_str()), out);
    }
}

fn acts(unit: &str, action: &str, out: &mut Effects<'_>) {
    if unit.is_empty()
        || matches!(action, "" | "status" | "--help" | "--version" | "avail" | "pid" | "tail" | "describe")
    {
        return;
    }
    note(out, EffectKind::Service, name(unit), action);
    if matches!(action, "stop" | "disable" | "down" | "force-stop" | "exit") {
        evasion::guard_stopped(unit, action, out);
    }
}

/// `shutdown`, `reboot`, `halt`, `poweroff`, `init`, `telinit`.
pub(super) fn power(call: &Call<'_>, out: &mut Effects<'_>) {
    let has = |wanted: &[&str]| call.arguments.iter().any(|word| wanted.contains(&word.value.as_str()));
    if only_asks(call.arguments) || has(&["--help", "--version", "--show"]) {
        return;
    }
    let level = || {
        call.arguments.iter().find(|word| !word.value.starts_with('-')).map_or("", |word| word.value.as_str())
    };
    match call.name {
        "shutdown" if has(&["-c"]) => return note(out, EffectKind::Service, name("shutdown"), "cancelled"),
        "shutdown" if has(&["-k"]) => return,
        "reboot" | "halt" | "poweroff" if has(&["-w", "--wtmp-only"]) => return,
        "init" | "telinit" if !matches!(level(), "0" | "1" | "6" | "s" | "S" | "q" | "Q" | "u" | "U") => {
            return;
        }
        "init" | "telinit" if matches!(level(), "q" | "Q" | "u" | "U") => {
            return note(out, EffectKind::Service, name("init"), level());
        }
        "loginctl" | "ipmitool" | "rtcwake" | "xfce4-session-logout" => {
            let acts = has(&[
                "poweroff",
                "reboot",
                "halt",
                "suspend",
                "hibernate",
                "hybrid-sleep",
                "off",
                "cycle",
                "reset",
                "soft",
            ]) || (call.name == "rtcwake"
                && !has(&["show", "-n", "--dry-run"])
                && !call.arguments.is_empty());
            if !acts {
                return;
            }
        }
        _ => {}
    }
    let detail = call.arguments.iter().map(|word| word.value.as_str()).take(4).collect::<Vec<_>>().join(" ");
    note(out, EffectKind::Power, Target::Nothing, format!("{} {detail}", call.name).trim_end());
}

/// `ip`, `ifconfig`, `nmcli` and their like: only what changes something.
pub(super) fn network(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-n:t -netns:t -f:t -t=t -o=t -m:t -g:t -p=t");
    let words: Vec<&str> = given.operands().map(|word| word.value.as_str()).take(8).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let changes = match (call.name, words.as_slice()) {
        ("ip", [_, verb, ..]) => {
            begins(verb, &["add", "append", "change", "delete", "flush", "replace", "set", "exec"])
        }
        ("ifconfig", [_, ..]) => words.len() > 1,
        ("ifup" | "ifdown" | "wg-quick", [_, ..]) => true,
        ("nmcli", [object, verb, ..]) => {
            let sets = begins(
                verb,
                &[
                    "up",
                    "down",
                    "off",
                    "delete",
                    "modify",
                    "add",
                    "connect",
                    "disconnect",
                    "reload",
                    "set",
                    "edit",
                    "import",
                    "clone",
                    "reapply",
                ],
            );
            sets || (object.starts_with('r') && has(&["off", "on"]))
        }
        ("rfkill", [verb, ..]) => matches!(*verb, "block" | "unblock" | "toggle"),
        ("route", [verb, ..]) => matches!(*verb, "add" | "del" | "delete" | "flush" | "change"),
        ("tc", [_, verb, ..]) => begins(verb, &["add", "change", "delete", "replace", "link"]),
        ("iw", words) => {
            words.iter().any(|word| matches!(*word, "set" | "del" | "add" | "connect" | "disconnect"))
        }
        ("iwconfig", [_, _, ..]) => true,
        ("networkctl", [verb, ..]) => {
            matches!(*verb, "up" | "down" | "delete" | "reload" | "reconfigure" | "renew" | "forcerenew")
        }
        ("resolvectl", [verb, _, _, ..]) => {
            matches!(*verb, "dns" | "domain" | "dnssec" | "dnsovertls" | "default-route" | "revert")
        }
        ("dhclient" | "dhcpcd", _) => true,
        ("ethtool", _) => call
            .arguments
            .iter()
            .any(|word| matches!(word.value.as_str(), "-s" | "-K" | "-A" | "-C" | "-G" | "-r" | "--change")),
        _ => false,
    };
    if changes {
        note(
            out,
            EffectKind::Service,
            name("network"),
            format!("{} {}", call.name, words.join(" ")).trim_end(),
        );
    }
}

/// `ip` and `nmcli` take the beginning of a word for the word.
fn begins(given: &str, words: &[&str]) -> bool {
    !given.is_empty()
        && words.iter().any(|word| word.starts_with(given))
        && !matches!(given, "s" | "sh" | "a" | "l" | "li" | "lis" | "r" | "c" | "e" | "re")
}

/// The clock, the name and the locale of the machine.
pub(super) fn settings(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(
        call.arguments,
        "-d:t --date:t -r:t --reference:t -f:t --file:t -F:F -s:s --set:s -I=t --iso-8601=t --rfc-3339=t",
    );
    let (first, _) = (given.text(0), given.text(1));
    let verb = |start: &str| first.starts_with(start);
    let (what, changes) = match call.name {
        "date" => (
            "clock",
            given.has(&["-s", "--set"])
                || (!first.is_empty() && first.bytes().all(|b| b.is_ascii_digit() || b == b'.')),
        ),
        "hostname" => ("host name", !first.is_empty() || given.has(&["-F", "--file", "-b"])),
        "hostnamectl" => (
            "host name",
            verb("set-")
                || (matches!(first, "hostname" | "chassis" | "icon-name") && given.operand(1).is_some()),
        ),
        "timedatectl" => ("clock", verb("set-") || verb("ntp-")),
        "localectl" => ("locale", verb("set-")),
        "hwclock" => ("clock", given.has(&["-w", "--systohc", "-s", "--hctosys", "--set", "--adjust"])),
        "ntpdate" | "sntp" | "chronyc" | "rdate" => {
            let reads = given.has(&["-q", "-d"])
                || (call.name == "chronyc" && !matches!(first, "makestep" | "settime" | "offline"));
            ("clock", !reads)
        }
        "swapon" | "swapoff" => ("swap", !first.is_empty() || given.has(&["-a", "--all"])),
        "tuned-adm" => ("tuning", matches!(first, "profile" | "off")),
        _ => return,
    };
    if changes {
        note_sure(out, EffectKind::Service, name(what), call.name, Certainty::Proven);
    }
}
