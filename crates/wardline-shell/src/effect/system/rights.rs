//! More rights, taken or given, and ways out of an isolation.

use super::given::{Given, only_asks};
use super::{name, note, note_sure, place};
use crate::answer::{Access, Certainty, Word};
use crate::effect::network::{ENGINE_SOCKET, is_engine_socket};
use crate::effect::{Call, EffectKind, Effects, Target};

/// Groups whose members can become root.
const POWERFUL: &[&str] = &[
    "admin",
    "adm",
    "disk",
    "docker",
    "incus-admin",
    "kmem",
    "kvm",
    "libvirt",
    "lxd",
    "podman",
    "root",
    "shadow",
    "sudo",
    "wheel",
];

/// `sudo`, `su`, `doas`, `pkexec` and their like: who the command runs as.
pub(super) fn become_other(call: &Call<'_>, out: &mut Effects<'_>) {
    let options = match call.name {
        "su" => "-c:t --command:t -s:t --shell:t -g:t -G:t -w:t",
        "doas" => "-u:u -C:t -a:t",
        "runuser" => "-u:u --user:u -c:t --command:t -s:t --shell:t -g:t -G:t",
        "setpriv" => {
            "--reuid:u --regid:t --groups:t --inh-caps:t --bounding-set:t --securebits:t --ambient-caps:t"
        }
        "run0" => "-u:u --user:u -g:t --unit:t --property:t -D:t --chdir:t --setenv:t",
        _ => {
            "-u:u --user:u -g:t --group:t -h:t --host:t -p:t --prompt:t -C:t -r:t -t:t -T:t -U:t -D:t --chdir:t -R:t"
        }
    };
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::leading(call.arguments, options);
    if matches!(call.name, "sudo" | "doas")
        && given.operand(0).is_none()
        && !given.has(&["-i", "-s", "-e", "--login", "--shell", "--edit"])
    {
        return;
    }
    if call.name == "setpriv" && given.by_role("u").next().is_none() {
        return;
    }
    let named = given
        .by_role("u")
        .map(|(_, user)| user)
        .last()
        .or_else(|| matches!(call.name, "su" | "gosu" | "su-exec").then(|| given.operand(0)).flatten());
    let user = named.map_or("root", |user| user.value.as_str());
    let user = if user.is_empty() || user == "-" {
        given.operand(1).map_or("root", |word| word.value.as_str())
    } else {
        user
    };
    let user = if matches!(user, "0" | "#0" | "+0") { "root" } else { user };
    note(out, EffectKind::Escalate, name(user), if user == "root" { "as root" } else { "as another user" });
}

/// `chmod`, `install`, `mkdir`, `cp`: the bit that lets a program run as its owner.
pub(super) fn chmod(call: &Call<'_>, out: &mut Effects<'_>) {
    let (mode, files): (&str, Vec<&Word>) = if call.name == "chmod" {
        let plain = |word: &&Word| !word.value.starts_with('-') || is_mode(&word.value);
        let mut words = call.arguments.iter().filter(plain);
        let Some(mode) = words.next() else { return };
        (mode.value.as_str(), words.collect())
    } else {
        let given = Given::read(call.arguments, "-m:m --mode:m -o:t --owner:t -g:t --group:t -t:t -S:t");
        let Some((_, mode)) = given.by_role("m").last() else { return };
        let Some(mode) = call
            .arguments
            .iter()
            .map(|word| word.value.as_str())
            .find(|text| text.ends_with(mode.value.as_str()))
        else {
            return;
        };
        (mode.rsplit(['=', 'm']).next().unwrap_or(mode), given.operands().last().into_iter().collect())
    };
    let (detail, certainty) = match special_bits(mode) {
        (true, _) => ("runs as its owner", Certainty::Proven),
        (_, true) => ("runs as its group", Certainty::Assumed),
        _ => return,
    };
    let recursive = call.arguments.iter().any(|word| matches!(word.value.as_str(), "-R" | "--recursive"));
    for file in files {
        let target = out.path(file, recursive);
        note_sure(out, EffectKind::Escalate, target, detail, certainty);
    }
}

/// `-x` or `-rwx`: a mode that begins like an option.
fn is_mode(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b"rwxXst,+=ugoa".contains(&b)))
}

/// Does a mode set the bits setuid and setgid?
fn special_bits(mode: &str) -> (bool, bool) {
    let octal = mode.trim_start_matches(['+', '=']);
    if !octal.is_empty() && octal.bytes().all(|b| b.is_ascii_digit()) {
        let bits = u32::from_str_radix(octal, 8).unwrap_or_default();
        return (bits & 0o4000 != 0, bits & 0o2000 != 0);
    }
    let mut found = (false, false);
    for clause in mode.split(',') {
        let Some(at) = clause.find(['+', '=', '-']) else { continue };
        let (who, change) = clause.split_at_checked(at).unwrap_or_default();
        let adds = change.rsplit(['+', '=']).next().is_some_and(|bits| bits.contains('s'))
            && !change.starts_with('-');
        let everyone = who.is_empty() || who.contains('a');
        found.0 |= adds && (everyone || who.contains('u'));
        found.1 |= adds && (everyone || who.contains('g'));
    }
    found
}

pub(super) fn setcap(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-n:t");
    if given.has(&["-r", "-v", "-h"]) {
        return;
    }
    let words: Vec<&Word> = given.operands().collect();
    for pair in words.chunks(2) {
        if let [capabilities, file] = pair {
            let target = out.path(file, false);
            note(out, EffectKind::Escalate, target, &capabilities.value);
        }
    }
}

const USERS: &str = "-G:G --groups:G -g:G --gid:G -u:u --uid:u -c:t --comment:t -d:t --home:t -e:t --expiredate:t -f:t --inactive:t -l:t --login:t -p:t --password:t -s:t --shell:t -R:t --root:t -P:t -k:t -K:t -b:t -v:t -V:t -w:t -W:t -Z:t --gecos:t --ingroup:G --group=t --shell:t --firstuid:t -M:t --members:t";

/// Accounts: made, changed, given groups.
pub(super) fn accounts(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let spec = if call.name == "gpasswd" {
        "-a:A --add:A -d:t --delete:t -A:A -M:A --members:A -R:t -Q:t"
    } else {
        USERS
    };
    let given = Given::read(call.arguments, spec);
    let user = given.operands().next_back().map_or("", |word| word.value.as_str());
    let root = given.by_role("u").any(|(_, id)| id.value.trim_start_matches('0').is_empty());
    let mut groups: Vec<&str> = given.by_role("G").flat_map(|(_, list)| list.value.split(',')).collect();
    if matches!(call.name, "groupadd" | "addgroup" | "groupmod") {
        groups.clear();
    }
    match call.name {
        "adduser" | "addgroup" if given.operand(1).is_some() => {
            // `adduser user group`, `addgroup user group`: an existing user joins the group.
            let (member, group) = (given.text(0), given.text(1));
            return joined(member, &[group], out);
        }
        "gpasswd" | "groupmems" => {
            if given.by_role("A").next().is_some() || call.arguments.iter().any(|word| word.value == "-a") {
                let group = given.value(&["-g"]).map_or(user, |group| group.value.as_str());
                joined("", &[group], out);
            }
            return;
        }
        "groupmod" if given.values(&["-g"]).any(|id| id.value == "0") => groups.push("root"),
        _ => {}
    }
    if root {
        note(out, EffectKind::Escalate, name(&format!("user {user}")), "has the number of root");
    }
    if !groups.is_empty() {
        joined(user, &groups, out);
    }
    match call.name {
        "useradd" | "adduser" | "newusers" if !given.has(&["-D"]) => {
            note(out, EffectKind::Persist, name(&format!("user {user}")), "a new account");
        }
        "usermod" | "groupadd" | "addgroup" | "groupmod" => {
            note(out, EffectKind::Service, name(&format!("user {user}")), call.name);
        }
        _ => {}
    }
}

fn joined(user: &str, groups: &[&str], out: &mut Effects<'_>) {
    let powerful = groups.iter().find(|group| POWERFUL.contains(group));
    let certainty = if powerful.is_some() { Certainty::Proven } else { Certainty::Assumed };
    let group = powerful.or_else(|| groups.first()).copied().unwrap_or_default();
    let target = name(format!("user {user}").trim_end());
    note_sure(out, EffectKind::Escalate, target, &format!("joins group {group}"), certainty);
}

pub(super) fn remove_account(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-R:t --root:t -P:t --group:t --conf:t --backup-to:t");
    let what = if matches!(call.name, "groupdel" | "delgroup") { "group" } else { "user" };
    for user in given.operands() {
        note(out, EffectKind::Delete, name(&format!("{what} {}", user.value)), call.name);
    }
}

/// `passwd`, `chpasswd`, `visudo`, `vipw`.
pub(super) fn passwords(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-n:t -x:t -w:t -i:t -R:t -f:t --file:t -c:t --crypt-method:t");
    if given.has(&["-S", "--status", "-h", "--help", "-V", "--version"])
        || (call.name == "visudo" && given.has(&["-c", "--check"]))
    {
        return;
    }
    let user = given.text(0);
    match call.name {
        "passwd" if given.has(&["-l", "--lock"]) => {
            note(out, EffectKind::Service, name(&format!("user {user}")), "locked")
        }
        "visudo" | "vipw" | "vigr" | "sudoedit" => {
            note(out, EffectKind::Escalate, name(call.name), "rules for rights")
        }
        _ => note(out, EffectKind::Escalate, name(format!("user {user}").trim_end()), "a new password"),
    }
}

/// Programs that leave or make an isolation, or change the running kernel.
pub(super) fn isolation(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) || call.arguments.is_empty() {
        return;
    }
    let given = Given::leading(
        call.arguments,
        "-t:p --target:p -p:p --pid:p -C:t -S:t -G:t -R:t -w:t --userspec:t --groups:t --load:t",
    );
    let first = given.operand(0);
    let text = given.text(0);
    match call.name {
        "nsenter" => {
            let pid = given.by_role("p").last().map_or("", |(_, pid)| pid.value.as_str());
            note(out, EffectKind::Escalate, name(pid), "enters other namespaces");
        }
        "chroot" => {
            let target = first.map_or(Target::Nothing, |root| out.path(root, false));
            note(out, EffectKind::Escalate, target, "chroot");
        }
        "unshare" => {
            note_sure(out, EffectKind::Escalate, Target::Nothing, "new namespaces", Certainty::Assumed)
        }
        "insmod" | "kexec" => note(out, EffectKind::Escalate, name(text), call.name),
        "modprobe" if given.has(&["-r", "--remove"]) => {
            note(out, EffectKind::Service, name(text), "kernel module removed")
        }
        "modprobe"
            if given.has(&[
                "-n",
                "-c",
                "-D",
                "--dry-run",
                "--showconfig",
                "--show-depends",
                "-R",
                "--resolve-alias",
            ]) => {}
        "modprobe" => note(out, EffectKind::Escalate, name(text), "kernel module"),
        "rmmod" => note(out, EffectKind::Service, name(text), "kernel module removed"),
        _ => {}
    }
    if call.name == "kexec" && given.has(&["-e", "--exec"]) {
        note(out, EffectKind::Power, Target::Nothing, "kexec");
    }
}

pub(super) fn mount(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(
        call.arguments,
        "-t:t --types:t -o:t --options:t -L:s -U:s -O:t -T:t -N:t --source:s --target:d",
    );
    let reads = given.has(&["-l", "-h", "-V", "--help", "--version", "--show-labels"]);
    let everything = given.has(&["-a", "--all"]);
    let place =
        given.operands().next_back().or_else(|| given.by_role("d").map(|(_, place)| place).last()).cloned();
    if reads || (place.is_none() && !everything) {
        return;
    }
    let target = place.map_or(Target::Nothing, |place| out.path(&place, false));
    if matches!(call.name, "umount" | "fusermount" | "fusermount3") {
        return note(out, EffectKind::Service, target, "umount");
    }
    let words = call.arguments.iter().map(|word| word.canonical.as_str()).take(8);
    note(out, EffectKind::Escalate, target, &words.collect::<Vec<_>>().join(" "));
}

/// `sysctl -w key=value`.
pub(super) fn sysctl(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-r:t --pattern:t -p=t --load=t");
    if given.has(&["-p", "--load", "--system"]) {
        note(out, EffectKind::Service, name("kernel settings"), "sysctl");
        return;
    }
    for word in given.operands().filter(|word| word.value.contains('=')) {
        let key = word.value.split('=').next().unwrap_or_default().trim();
        let guards = key.starts_with("kernel") || key.starts_with("fs.");
        let kind = if guards { EffectKind::Escalate } else { EffectKind::Service };
        note(out, kind, name(key), &word.value);
    }
}

/// Debuggers that take hold of a running process.
pub(super) fn debugger(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(
        call.arguments,
        "-p:p --pid:p --attach:p -o:t -e:t -x:t -ex:x --command:t --eval-command:x -s:t -c:t",
    );
    let attached = given.by_role("x").filter_map(|(_, command)| command.value.strip_prefix("attach "));
    let mut pids: Vec<&str> = given.by_role("p").map(|(_, pid)| pid.value.as_str()).chain(attached).collect();
    match call.name {
        "gcore" | "reptyr" => pids.extend(given.operands().map(|word| word.value.as_str())),
        "gdb" => pids.extend(
            given
                .operands()
                .skip(1)
                .map(|word| word.value.as_str())
                .filter(|text| text.parse::<u32>().is_ok()),
        ),
        _ => {}
    }
    for pid in pids {
        let certainty = if pid.trim() == "1" { Certainty::Proven } else { Certainty::Assumed };
        note_sure(out, EffectKind::Escalate, name(pid.trim()), "takes hold of a process", certainty);
    }
}

/// Kernel files whose content gives away or takes over other processes, whatever program touches them.
pub(super) fn kernel_files(call: &Call<'_>, out: &mut Effects<'_>) {
    for path in &call.command.paths {
        let text = path.text.as_str();
        let writes = matches!(path.access, Access::Write | Access::Delete);
        if path.access == Access::List || !text.starts_with('/') {
            continue;
        }
        let what = match text.strip_prefix("/proc/") {
            Some(rest) => process_file(rest, writes),
            None if matches!(text, "/dev/mem" | "/dev/kmem" | "/dev/port") => {
                Some("the memory of the machine")
            }
            None if writes && (text.ends_with("/release_agent") || text == "/sys/kernel/uevent_helper") => {
                Some("a program that the kernel runs as root")
            }
            None if is_engine_socket(text) && !text.contains(':') => Some(ENGINE_SOCKET),
            None => None,
        };
        let Some(what) = what else { continue };
        let kind = if what == "sysrq" { EffectKind::Power } else { EffectKind::Escalate };
        let (glob, recursive, certainty) = (path.glob, path.recursive, path.certainty);
        let target = place(call, text, glob, recursive);
        note_sure(out, kind, target, what, certainty);
    }
}

fn process_file(rest: &str, writes: bool) -> Option<&'static str> {
    let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
    let own = matches!(first, "self" | "thread-self") || first.starts_with('$');
    match (first, below) {
        ("kcore" | "kmem", _) => Some("the memory of the machine"),
        ("sysrq-trigger", _) if writes => Some("sysrq"),
        ("sys", "kernel/core_pattern" | "kernel/modprobe" | "kernel/hotplug" | "fs/binfmt_misc/register")
            if writes =>
        {
            Some("a program that the kernel runs as root")
        }
        ("sys", _) if writes => Some("a setting of the kernel"),
        (_, "environ" | "mem" | "maps" | "auxv") if !own && below != "maps" => Some("another process"),
        ("1", below) if below.starts_with("root") => Some("the file system outside"),
        _ => None,
    }
}
