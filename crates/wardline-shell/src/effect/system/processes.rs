//! Processes that are signalled, and resources that are used up.

use super::given::{Given, only_asks};
use super::{evasion, name, note, note_sure};
use crate::answer::{Access, Word};
use crate::effect::{Call, EffectKind, Effects, Target};

/// `kill`: process numbers, jobs, `-1` for everything.
pub(super) fn kill(call: &Call<'_>, out: &mut Effects<'_>) {
    let mut words = call.arguments.iter().peekable();
    let mut signal = String::new();
    while let Some(word) = words.peek() {
        let text = word.value.as_str();
        match text {
            "-l" | "-L" | "--list" | "--table" | "--help" | "--version" => return,
            "-s" | "--signal" | "-n" | "-q" | "--queue" => {
                words.next();
                signal = words.next().map(|word| word.value.clone()).unwrap_or_default();
                continue;
            }
            "--" => {
                words.next();
                break;
            }
            // The first number after a dash is the signal; `kill -1` alone has nobody to send it to.
            _ if signal.is_empty() && text.len() > 1 && text.starts_with('-') => {
                signal = text.trim_start_matches('-').trim_start_matches("signal=").to_owned();
                words.next();
            }
            _ => break,
        }
    }
    if matches!(signal.as_str(), "0" | "l" | "L") {
        return;
    }
    for pid in words.filter(|word| word.value != "--") {
        let target = if matches!(pid.value.as_str(), "-1") { "*" } else { pid.value.as_str() };
        let detail = if signal.is_empty() { "TERM" } else { &signal };
        note_sure(out, EffectKind::Signal, name(target), detail, pid.certainty);
    }
}

const BY_NAME: &str = "-s:t --signal:t -u:u --user:u -U:u --euid:u --uid:u -t:o --terminal:o -g:o -G:o -P:o --parent:o -o:t -y:t -F:o --pidfile:o --older-than:t --younger-than:t --ns:t -Z:t -n:t";

/// `pkill`, `killall`, `skill`.
pub(super) fn by_name(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    // `-9`, `-KILL`: a signal, not a bundle of options.
    let is_signal = |word: &&Word| {
        let letters = word.value.strip_prefix('-').unwrap_or_default();
        let upper =
            letters.len() > 1 && letters.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        upper || (!letters.is_empty() && letters.bytes().all(|b| b.is_ascii_digit()))
    };
    let signal =
        call.arguments.iter().find(is_signal).map_or("TERM", |word| word.value.trim_start_matches('-'));
    let rest: Vec<Word> = call.arguments.iter().filter(|word| !is_signal(word)).cloned().collect();
    let given = Given::read(&rest, BY_NAME);
    let asks = signal == "0" || given.values(&["-s", "--signal"]).any(|word| word.value == "0");
    if asks || given.has(&["-l", "--list", "-V", "--version", "--help"]) {
        return;
    }
    let mut found = false;
    for pattern in given.operands() {
        found = true;
        let everything =
            call.name == "pkill" && matches!(pattern.value.as_str(), "" | "." | ".*" | "^" | "$" | ".+");
        let target = if everything { "*" } else { pattern.value.as_str() };
        note_sure(out, EffectKind::Signal, name(target), signal, pattern.certainty);
        evasion::guard_stopped(&pattern.value, call.name, out);
    }
    for (_, user) in given.by_role("uo") {
        if !found {
            note(out, EffectKind::Signal, name(&format!("all of {}", user.value)), signal);
        }
    }
}

/// `killall5`, `fuser -k`, `xkill`, `systemctl kill` has its own place.
pub(super) fn others(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-n:t --namespace:t -o:t -id:t");
    match call.name {
        "killall5" => note(out, EffectKind::Signal, name("*"), "all processes"),
        "xkill" => note(out, EffectKind::Signal, name("window"), "xkill"),
        "fuser" if given.has(&["-k", "--kill"]) => {
            for what in given.operands() {
                note(out, EffectKind::Signal, name(&format!("users of {}", what.value)), "KILL");
            }
        }
        "tmux" if matches!(given.text(0), "kill-server" | "kill-session") => {
            note(out, EffectKind::Signal, name("tmux"), given.text(0));
        }
        _ => {}
    }
}

/// Programs that are made to use up memory, processors or disks.
pub(super) fn stress(call: &Call<'_>, out: &mut Effects<'_>) {
    if !only_asks(call.arguments) {
        note(out, EffectKind::Exhaust, Target::Nothing, call.name);
    }
}

/// Programs that keep what they read until its end, and a file that has none.
pub(super) fn endless(call: &Call<'_>, out: &mut Effects<'_>) {
    let endless = |text: &str| matches!(text, "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full");
    let reads = call.command.paths.iter().any(|path| path.access == Access::Read && endless(&path.text));
    let bounded = call
        .arguments
        .iter()
        .any(|word| ["-c", "-n", "--bytes", "--lines"].iter().any(|option| word.value.starts_with(option)));
    if reads && !bounded {
        note(out, EffectKind::Exhaust, Target::Nothing, "an endless file into memory");
    }
}

/// `fallocate -l 10T`, `truncate` makes holes and uses nothing.
pub(super) fn fallocate(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-l:l --length:l -o:t --offset:t");
    let huge = given.by_role("l").any(|(_, size)| {
        size.value.to_ascii_uppercase().contains(['T', 'P', 'E'])
            || size.value.bytes().filter(u8::is_ascii_digit).count() > 12
    });
    if let (true, Some(file)) = (huge, given.operand(0)) {
        let target = out.path(file, false);
        note(out, EffectKind::Exhaust, target, "a huge file");
    }
}
