//! Traces that are removed, protections that are switched off.

use super::given::Given;
use super::places::is_history;
use super::{name, note, note_sure, place};
use crate::answer::{Access, Certainty, Word};
use crate::effect::{Call, EffectKind, Effects, Target, Zone};

/// Services and programs that watch over the machine. Sorted.
const GUARDS: &[&str] = &[
    "aide",
    "apparmor",
    "auditbeat",
    "auditd",
    "cbdaemon",
    "clamav-daemon",
    "clamav-freshclam",
    "clamd",
    "clamonacc",
    "crowdsec",
    "cylancesvc",
    "ds_agent",
    "esets",
    "fail2ban",
    "falco",
    "falcon-sensor",
    "falcond",
    "filebeat",
    "firewalld",
    "ip6tables",
    "iptables",
    "mdatp",
    "nftables",
    "ossec",
    "osqueryd",
    "psad",
    "rsyslog",
    "rsyslogd",
    "samhain",
    "sentinelone",
    "setroubleshoot",
    "snort",
    "splunkd",
    "suricata",
    "syslog",
    "syslog-ng",
    "syslogd",
    "systemd-journald",
    "tetragon",
    "tripwire",
    "ufw",
    "usbguard",
    "wardline",
    "wazuh-agent",
];

/// Is it the name of a service or process that watches over the machine?
pub(super) fn is_guard(unit: &str) -> bool {
    let plain = unit.trim_end_matches(".service").trim_end_matches(".socket");
    GUARDS.binary_search(&plain).is_ok() || plain.starts_with("wardline")
}

pub(super) fn guard_stopped(unit: &str, detail: &str, out: &mut Effects<'_>) {
    if is_guard(unit) {
        note(out, EffectKind::Evade, name(unit), detail);
    }
}

/// Histories that are emptied, removed or led elsewhere, whatever program does it.
pub(super) fn histories(call: &Call<'_>, out: &mut Effects<'_>) {
    for path in &call.command.paths {
        if matches!(path.access, Access::Write | Access::Delete) && is_history(&path.text, call.ground) {
            let target = place(call, &path.text, path.glob, path.recursive);
            note_sure(out, EffectKind::Evade, target, "history", path.certainty);
        }
    }
}

/// `history -c`, `set +o history`, `fc -R`.
pub(super) fn shell_history(call: &Call<'_>, out: &mut Effects<'_>) {
    let texts: Vec<&str> = call.arguments.iter().map(|word| word.value.as_str()).collect();
    let clears = match call.name {
        "history" => {
            texts.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains('c'))
        }
        "set" => texts.windows(2).any(|pair| matches!(pair, ["+o", "history"])),
        _ => false,
    };
    if clears {
        note(out, EffectKind::Evade, name("history"), call.name);
    } else if call.name == "history" && texts.contains(&"-d") {
        note_sure(out, EffectKind::Evade, name("history"), "one entry", Certainty::Assumed);
    }
}

/// Programs with which a protection is switched off by one word.
pub(super) fn protections(call: &Call<'_>, out: &mut Effects<'_>) {
    let texts: Vec<&str> = call.arguments.iter().map(|word| word.value.as_str()).collect();
    let has = |wanted: &[&str]| texts.iter().any(|text| wanted.contains(text));
    let off = match call.name {
        "setenforce" => has(&["0", "Permissive", "permissive"]),
        "auditctl" => texts.windows(2).any(|pair| matches!(pair, ["-e", "0"])) || has(&["-D", "-e0"]),
        "aa-teardown" | "aa-disable" | "aa-complain" | "aa-remove-unknown" => !has(&["--help", "-h"]),
        "apparmor_parser" => has(&["-R", "--remove"]),
        "semanage" => has(&["permissive"]) && has(&["-a", "--add"]),
        "setsebool" => texts.len() > 1,
        "spctl" => has(&["--master-disable", "--global-disable"]),
        "csrutil" => has(&["disable"]),
        "mdatp" => has(&["disabled", "disable"]),
        "pfctl" => has(&["-d"]) || has(&["-F"]),
        "dmesg" => has(&["-C", "-c", "--clear", "--read-clear", "-D", "--console-off"]),
        "fail2ban-client" => has(&["stop", "unban", "unbanip"]),
        "firewall-cmd" => has(&["--panic-off", "--set-default-zone=trusted"]),
        "journalctl" => texts.iter().any(|text| text.starts_with("--vac")),
        "log" => has(&["erase"]),
        "wevtutil" => has(&["cl", "clear-log"]),
        "wardline" => {
            has(&["trust", "waive", "quarantine", "approve", "mode", "stop", "ui"])
                || (has(&["init"]) && texts.iter().any(|text| is_remove(text)))
        }
        _ => false,
    };
    let detail = texts.iter().take(6).copied().collect::<Vec<_>>().join(" ");
    if off {
        return note(out, EffectKind::Evade, name(call.name), &detail);
    }
    let reads = texts
        .iter()
        .all(|text| FIREWALL_READS.iter().any(|start| text.starts_with(start)) || !text.starts_with('-'));
    match call.name {
        "firewall-cmd" if !reads => note(out, EffectKind::Service, name("firewall"), &detail),
        "pfctl" if has(&["-f", "-e"]) => note(out, EffectKind::Service, name("firewall"), &detail),
        "journalctl" if has(&["--rotate", "--flush", "--relinquish-var"]) => {
            note(out, EffectKind::Service, name("journal"), &detail);
        }
        _ => {}
    }
}

/// `--remove`, as it may be abbreviated.
fn is_remove(text: &str) -> bool {
    text.len() > 3 && "--remove".starts_with(text) || text == "--uninstall"
}

const FIREWALL_READS: &[&str] = &[
    "--state",
    "--get-",
    "--list-",
    "--query-",
    "--info-",
    "--zone",
    "--permanent",
    "--help",
    "-h",
    "-V",
    "--version",
    "-q",
    "--check-config",
    "--path-",
];

/// `iptables`, `ip6tables`, `arptables`, `ebtables`.
pub(super) fn packet_filter(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(
        call.arguments,
        "-t:t --table:t -P&p --policy&p -A:c --append:c -I:c --insert:c -D:c --delete:c -R:c --replace:c -N:c --new-chain:c -E:c -j:j --jump:j -p:t --protocol:t -s:t --source:t -d:t --destination:t -i:t -o:t -m:t --dport:t --sport:t -F=f --flush=f -X=f --delete-chain=f -Z=z -L=l --list=l -S=l --list-rules=l -C:l --check:l --comment:t --ctstate:t --state:t",
    );
    let detail = call.arguments.iter().map(|word| word.value.as_str()).take(6).collect::<Vec<_>>().join(" ");
    let policy = call.arguments.windows(3).any(|words| match words {
        [flag, _, what] => (flag.value == "-P" || flag.value.starts_with("--po")) && what.value == "ACCEPT",
        _ => false,
    });
    let restores = call.name.ends_with("-restore");
    if given.has(&["-F", "--flush", "-X", "--delete-chain"]) || policy {
        note(out, EffectKind::Evade, name("firewall"), &detail);
    } else if given.by_role("c").next().is_some() || given.has(&["-P", "--policy"]) || restores {
        note(out, EffectKind::Service, name("firewall"), &detail);
    }
}

pub(super) fn nft(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-f:f --file:f -I:t -D:t");
    let words: Vec<&str> = given.operands().flat_map(|word| word.value.split_whitespace()).take(8).collect();
    let detail = words.join(" ");
    match words.first().copied() {
        Some("flush" | "delete" | "destroy" | "reset") => {
            note(out, EffectKind::Evade, name("firewall"), &detail)
        }
        Some("add" | "create" | "insert" | "replace" | "rename") => {
            note(out, EffectKind::Service, name("firewall"), &detail)
        }
        None if given.has(&["-f", "--file"]) => {
            note(out, EffectKind::Service, name("firewall"), "rules from a file")
        }
        _ => {}
    }
}

pub(super) fn ufw(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "");
    let words: Vec<&str> = given.operands().map(|word| word.value.as_str()).take(8).collect();
    if given.has(&["--dry-run"]) {
        return;
    }
    match words.as_slice() {
        ["disable" | "reset", ..] | ["logging", "off"] | ["default", "allow", ..] => {
            note(out, EffectKind::Evade, name("firewall"), &words.join(" "));
        }
        [] | ["status" | "show" | "version" | "help", ..] | ["app", "list" | "info", ..] => {}
        _ => note(out, EffectKind::Service, name("firewall"), &words.join(" ")),
    }
}

/// `chattr +i`: nobody can change the file, nor put it right.
pub(super) fn chattr(call: &Call<'_>, out: &mut Effects<'_>) {
    let is_change = |text: &str| {
        let letters = text.strip_prefix(['+', '-', '=']).unwrap_or_default();
        !letters.is_empty() && letters.bytes().all(|b| b"aAcCdDeEFijmNPsStTuVx".contains(&b))
    };
    let recursive = call.arguments.iter().any(|word| word.value == "-R");
    let change = call.arguments.iter().find(|word| is_change(&word.value) && word.value.contains(['i', 'a']));
    let Some(change) = change.filter(|word| !matches!(word.value.as_str(), "-V" | "-f")) else { return };
    let files: Vec<&Word> = call
        .arguments
        .iter()
        .filter(|word| !is_change(&word.value) && !word.value.starts_with('-'))
        .collect();
    for file in files {
        let target = out.path(file, recursive);
        note(out, EffectKind::Evade, target, &change.value);
    }
}

/// `touch -d`, `-t`, `-r` on files that are not the project's: their times no longer tell when they were changed.
pub(super) fn touch(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-d:d --date:d -t:d -r:d --reference:d --time:t");
    if given.by_role("d").next().is_none() {
        return;
    }
    let files: Vec<&Word> = given.operands().collect();
    for file in files {
        let target = out.path(file, false);
        let own = matches!(
            target,
            Target::Path { zone: Zone::Project | Zone::ProjectCritical | Zone::Temp | Zone::Unknown, .. }
        );
        if !own {
            note_sure(out, EffectKind::Evade, target, "sets a time", Certainty::Assumed);
        }
    }
}
