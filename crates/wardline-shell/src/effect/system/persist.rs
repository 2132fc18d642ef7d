//! What is set up to run later or again.

use super::given::{Given, only_asks};
use super::{name, note, note_sure};
use crate::answer::{Certainty, Input};
use crate::effect::{Call, EffectKind, Effects, Source, Target, Zone};

/// A file whose content is run later.
fn from_file(call: &Call<'_>, file: &str, out: &Effects<'_>) -> Vec<Source> {
    let Some(word) = call.arguments.iter().find(|word| word.value == file) else { return Vec::new() };
    match out.path(word, false) {
        Target::Path { path, zone: Zone::Secret, .. } => vec![Source::Secret(path)],
        Target::Path { path, .. } => vec![Source::File(path)],
        _ => Vec::new(),
    }
}

pub(super) fn crontab(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-u:t -x:t -c:t");
    let owner = given.value(&["-u"]).map_or_else(String::new, |user| format!(" of {}", user.value));
    let target = name(&format!("crontab{owner}"));
    if given.has(&["-r", "-d"]) {
        return note(out, EffectKind::Delete, target, "all jobs");
    }
    if given.has(&["-l", "-V", "-T", "-h", "--help", "-s"]) {
        return;
    }
    if given.has(&["-e"]) {
        return note_sure(out, EffectKind::Persist, target, "edited by hand", Certainty::Assumed);
    }
    let file = given.text(0);
    // Alone it reads its input, where it has one; a person at a terminal is asked nothing.
    if call.arguments.is_empty() && matches!(call.command.input, Input::Inherited) {
        return;
    }
    let sources = from_file(call, file, out);
    let effect = out.add(EffectKind::Persist, target);
    "cron".clone_into(&mut effect.detail);
    if matches!(file, "" | "-" | "/dev/stdin") {
        Effects::takes_stdin(effect);
    } else {
        effect.sources = sources;
    }
}

/// `at`, `batch`.
pub(super) fn at(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-f:t -q:t -t:t");
    let lists = given.has(&["-l", "-c", "-V"]);
    if given.has(&["-d", "-r"]) {
        return jobs(&given, out);
    }
    if lists || (call.name == "at" && call.arguments.is_empty()) {
        return;
    }
    let file = given.value(&["-f"]).map(|word| word.value.clone());
    let sources = file.as_deref().map(|file| from_file(call, file, out));
    let effect = out.add(EffectKind::Persist, name(call.name));
    let when: Vec<&str> = given.operands().map(|word| word.value.as_str()).take(6).collect();
    effect.detail = when.join(" ");
    match sources {
        Some(sources) => effect.sources = sources,
        None => Effects::takes_stdin(effect),
    }
}

pub(super) fn atrm(call: &Call<'_>, out: &mut Effects<'_>) {
    jobs(&Given::read(call.arguments, ""), out);
}

fn jobs(given: &Given<'_>, out: &mut Effects<'_>) {
    for job in given.operands() {
        note(out, EffectKind::Delete, name(&format!("job {}", job.value)), "at");
    }
}

/// `systemd-run` with a time or another trigger: it outlives the session.
pub(super) fn systemd_run(call: &Call<'_>, out: &mut Effects<'_>) {
    let trigger = call.arguments.iter().map(|word| word.value.as_str()).find(|text| {
        text.starts_with("--on-")
            || ["--timer-property", "--path-property", "--socket-property"]
                .iter()
                .any(|start| text.starts_with(start))
    });
    if let Some(trigger) = trigger {
        note(out, EffectKind::Persist, name("systemd-run"), trigger);
    }
}

/// `update-rc.d`, `chkconfig`, `rc-update`, `insserv`, `launchctl`, `loginctl`, `pm2`, `chsh` …
pub(super) fn other(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, "--level:t -s:s --shell:s -u:t --runlevels:t");
    let (first, second, third) = (given.text(0), given.text(1), given.text(2));
    let (kind, target) = match (call.name, first, second) {
        ("update-rc.d", unit, "remove" | "disable") => (EffectKind::Service, unit),
        ("update-rc.d", unit, "defaults" | "enable" | "defaults-disabled" | "start") => {
            (EffectKind::Persist, unit)
        }
        ("chkconfig", unit, "on" | "resetpriorities") => (EffectKind::Persist, unit),
        ("chkconfig", unit, "off") => (EffectKind::Service, unit),
        ("chkconfig", unit, _) if given.has(&["--add"]) => (EffectKind::Persist, unit),
        ("chkconfig", unit, _) if given.has(&["--del"]) => (EffectKind::Service, unit),
        ("rc-update", "add", unit) => (EffectKind::Persist, unit),
        ("rc-update", "del" | "delete", unit) => (EffectKind::Service, unit),
        ("insserv", unit, _) if !unit.is_empty() => (EffectKind::Persist, unit),
        ("launchctl", "load" | "bootstrap" | "enable" | "submit", unit) => {
            (EffectKind::Persist, if third.is_empty() { unit } else { third })
        }
        (
            "launchctl",
            "unload" | "bootout" | "disable" | "remove" | "stop" | "kill" | "start" | "kickstart",
            unit,
        ) => (EffectKind::Service, unit),
        ("loginctl", "enable-linger", user) => (EffectKind::Persist, user),
        (
            "loginctl",
            "terminate-user" | "terminate-session" | "kill-user" | "kill-session" | "terminate-seat",
            who,
        ) => (EffectKind::Signal, who),
        ("pm2", "startup" | "save", _) => (EffectKind::Persist, "pm2"),
        ("incrontab", _, _) if !given.has(&["-l"]) => (EffectKind::Persist, "incrontab"),
        ("chsh", user, _) if given.has(&["-s", "--shell"]) => (EffectKind::Persist, user),
        ("pam-auth-update" | "authselect" | "authconfig", _, _) => {
            (EffectKind::Persist, "rules for logging in")
        }
        ("update-alternatives" | "alternatives", _, _)
            if given.has(&["--install", "--set", "--config", "--remove", "--auto", "--set-all"]) =>
        {
            (EffectKind::Service, "alternatives")
        }
        _ => return,
    };
    note(out, kind, name(target), call.name);
}
