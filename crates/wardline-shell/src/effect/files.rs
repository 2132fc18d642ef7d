//! Effects on files: what the paths of a command and its redirects mean, and programs that treat files in their own ways.
//!
//! Which paths a program touches is said by the table of `programs`; here stands only what it does with them beyond that.

mod fed;
pub(crate) mod secret;
mod touched;

pub(crate) use fed::{fed, read_by};
pub(crate) use touched::touched;

use super::{Call, EffectKind, Effects, Target, Zone, archives};
use crate::answer::{Access, Certainty, Input, Word};
use crate::options::{Part, part_of, parts};

/// From this many bytes on, filling a disk is taken to be the purpose.
const HUGE: u128 = 256 << 30;

/// The effects of a program that this file knows; false when it knows nothing of it.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    match call.name {
        "chattr" => modes(call, out, EffectKind::Mode),
        "chgrp" | "chown" => modes(call, out, EffectKind::Owner),
        "chmod" => modes(call, out, EffectKind::Mode),
        "dd" => dd(call, out),
        "fallocate" => fallocate(call, out),
        "find" => finding(call, out),
        "install" => install(call, out),
        // Only a name is made up.
        "mktemp" if Given::new(call, "-p:w --suffix:t").has(&["-u", "--dry-run"]) => out.told(Access::Write),
        "ln" => link(call, out),
        "mv" => moved(call, out),
        "rsync" => rsync(call, out),
        "setfacl" => acl(call, out),
        "tee" => tee(call, out),
        "touch" => touch(call, out),
        "trash" | "trash-put" | "gio" | "kioclient" => trash(call, out),
        "truncate" => truncate(call, out),
        name => return archives::effects(name, call, out),
    }
    true
}

/// The arguments of a call, taken apart.
pub(crate) struct Given<'c> {
    call: &'c Call<'c>,
    parts: Vec<Part>,
}

impl<'c> Given<'c> {
    pub(crate) fn new(call: &'c Call<'c>, options: &str) -> Self {
        Self { call, parts: parts(call.arguments, options, true) }
    }

    /// Is one of these options there? Long ones may be cut short.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        let same = |given: &str, name: &str| {
            given == name || (given.len() > 4 && given.starts_with("--") && name.starts_with(given))
        };
        self.parts.iter().any(
            |part| matches!(part, Part::Option { name: given, .. } if names.iter().any(|name| same(given, name))),
        )
    }

    pub(crate) fn value(&self, names: &[&str]) -> Option<&Word> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Option { name, value: Some(value), .. } if names.contains(&name.as_str()) => Some(value),
            _ => None,
        })
    }

    pub(crate) fn operands(&self) -> Vec<&'c Word> {
        let at = |part: &Part| if let Part::Operand(at) = part { self.call.arguments.get(*at) } else { None };
        self.parts.iter().filter_map(at).collect()
    }
}

/// `chmod`, `chown`, `chgrp`, `chattr`: the first operand says what becomes of the others.
fn modes(call: &Call<'_>, out: &mut Effects<'_>, kind: EffectKind) {
    out.told(Access::Write);
    let mut detail: Option<&str> = None;
    let mut recursive = false;
    let mut ended = false;
    let referring = call.arguments.iter().any(|word| word.value.starts_with("--ref"));
    let mut words = Vec::new();
    for word in call.arguments {
        let text = word.value.as_str();
        if !ended && text == "--" {
            ended = true;
        } else if !ended && text.starts_with("--") {
            recursive |= text.len() > 4 && "--recursive".starts_with(text);
        } else if !ended && text.len() > 1 && text.starts_with('-') {
            // `-w` and `-x` take rights away; `-R`, `-v`, `-f` and the like are options.
            let flags = text.get(1..).unwrap_or_default();
            let is_mode = kind == EffectKind::Mode && flags.starts_with(|c: char| "rwxXstugoai".contains(c));
            recursive |= flags.contains('R');
            if is_mode && detail.is_none() && !flags.contains('R') {
                detail = Some(text);
            }
        } else if detail.is_none() && !referring {
            detail = Some(text);
        } else {
            words.push(word);
        }
    }
    for word in words {
        out.on(kind, word, recursive, detail.unwrap_or("as another file"));
    }
}

fn acl(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-m:t --modify:t -x:t --remove:t -M:r -X:r --set:t --set-file:r");
    let detail =
        given.value(&["-m", "--modify", "--set", "-x", "--remove"]).map_or("acl", |word| &word.value);
    let recursive = given.has(&["-R", "--recursive"]);
    for word in given.operands() {
        out.on(EffectKind::Mode, word, recursive, detail);
    }
}

fn dd(call: &Call<'_>, out: &mut Effects<'_>) {
    let part = |name: &str| {
        let find = |word: &Word| {
            word.value.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| part_of(word, value))
        };
        call.arguments.iter().rev().find_map(find)
    };
    let Some(file) = part("of") else { return };
    let endless = part("if").is_some_and(|word| is_endless(&word.value));
    let size = |name: &str, otherwise| part(name).map_or(Some(otherwise), |word| bytes(&word.value));
    let total = match part("count") {
        Some(count) => {
            bytes(&count.value).zip(size("bs", 512)).map(|(count, size)| count.saturating_mul(size))
        }
        None if endless => Some(u128::MAX),
        None => None,
    };
    if endless && total.is_some_and(|total| total >= HUGE) {
        exhaust(&file, "zeros without end", out);
    }
}

/// The device files that never come to an end.
fn is_endless(path: &str) -> bool {
    matches!(path, "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full")
}

/// A disk is filled by writing to `file`, unless it is a device, which takes what fits.
fn exhaust(file: &Word, detail: &str, out: &mut Effects<'_>) {
    for (target, certainty) in out.paths(file, false) {
        if !matches!(target, Target::Path { zone: Zone::Sink | Zone::Device, .. }) {
            out.add_sure(EffectKind::Exhaust, target, certainty).detail = detail.to_owned();
        }
    }
}

/// `10G`, `512`, `4KiB`: a size as programs take it.
fn bytes(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let shift = match unit.chars().next().map(|c| c.to_ascii_uppercase()) {
        None | Some('B' | 'C') => 0,
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        Some('T') => 40,
        Some('P') => 50,
        Some('E' | 'Z' | 'Y') => 60,
        Some(_) => return None,
    };
    number.parse::<u64>().ok().map(|number| u128::from(number) << shift)
}

fn fallocate(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-l:t --length:t -o:t --offset:t");
    let huge =
        given.value(&["-l", "--length"]).and_then(|word| bytes(&word.value)).is_some_and(|size| size >= HUGE);
    for word in given.operands() {
        out.on(EffectKind::Write, word, false, "");
        if huge {
            exhaust(word, "a huge file", out);
        }
    }
}

fn finding(call: &Call<'_>, out: &mut Effects<'_>) {
    let sought = super::sought(call, call.arguments);
    if !sought.deletes {
        return;
    }
    out.told(Access::Delete);
    for word in &sought.words {
        let target = out.path(word, sought.tree);
        let harmless = matches!(target, Target::Path { zone: Zone::Project | Zone::Temp, .. });
        if sought.empty && harmless {
            out.add_sure(EffectKind::Write, target, Certainty::Assumed).detail =
                "removes what is empty".to_owned();
        } else {
            let word = Word { certainty: word.certainty.max(Certainty::Assumed), ..word.clone() };
            out.on(EffectKind::Delete, &word, sought.tree, "");
        }
    }
}

const COPY: &str =
    "-t:L --target-directory:L -S:t --suffix:t --backup:t -m:t --mode:t -o:t --owner:t -g:t --group:t";

fn install(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, COPY);
    if given.has(&["-d", "--directory"]) {
        out.told(Access::Read);
        out.told(Access::Write);
        for word in given.operands() {
            out.on(EffectKind::Write, word, false, "");
        }
    }
    if let Some(mode) = given.value(&["-m", "--mode"]) {
        let operands = given.operands();
        if let Some(last) = operands.last() {
            out.on(EffectKind::Mode, last, false, &mode.value);
            let directory = given.has(&["-d", "--directory", "-t", "--target-directory"]);
            if !directory && operands.len() == 2 && !is_directory_name(&last.value) {
                out.on(EffectKind::Replace, last, false, "");
            }
        }
    }
}

fn link(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Read);
    out.told(Access::Write);
    let given = Given::new(call, "-t:L --target-directory:L -S:t --suffix:t");
    let force = given.has(&["-f", "--force"]);
    let symbolic = given.has(&["-s", "--symbolic"]);
    let mut operands = given.operands();
    let directory = given.value(&["-t", "--target-directory"]).cloned();
    let name = match (&directory, operands.as_slice()) {
        (Some(directory), _) => directory.clone(),
        (None, [_]) => crate::expand::known("."),
        (None, _) => match operands.pop() {
            Some(name) => name.clone(),
            None => return,
        },
    };
    let several = directory.is_some() || operands.len() > 1 || is_directory_name(&name.value);
    for target in operands {
        let own = crate::canonical::basename(target.value.trim_end_matches('/'));
        let link = if several || name.value == "." {
            part_of(&name, &format!("{}/{own}", name.value.trim_end_matches('/')))
        } else {
            name.clone()
        };
        // What a symbolic link holds counts from where the link stands.
        let from = match link.value.rsplit_once('/') {
            Some((directory, _))
                if symbolic && !target.value.starts_with('/') && target.complete && link.complete =>
            {
                part_of(target, &format!("{directory}/{}", target.value))
            }
            _ => target.clone(),
        };
        out.on(EffectKind::Link, &from, false, &link.value);
        out.on(if force { EffectKind::Replace } else { EffectKind::Write }, &link, false, "");
    }
}

/// Names that can only be directories.
pub(crate) fn is_directory_name(value: &str) -> bool {
    value.ends_with('/') || matches!(value.rsplit('/').next(), Some("." | ".."))
}

/// What is moved is gone from where it was.
fn moved(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Delete);
    let given = Given::new(call, COPY);
    let mut operands = given.operands();
    if given.value(&["-t", "--target-directory"]).is_none() {
        operands.pop();
    }
    for word in operands {
        out.on(EffectKind::Delete, word, true, "moved");
    }
}

const RSYNC: &str = "-e:c --rsh:c --exclude:t --include:t --exclude-from:r --include-from:r --files-from:r --log-file:w --password-file:r --backup-dir:w --link-dest:r --partial-dir:w -T:w --rsync-path:t --bwlimit:t -f:t --filter:t --chmod:t --port:t --timeout:t --max-size:t --min-size:t -B:t";

fn rsync(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    out.told(Access::Delete);
    let given = Given::new(call, RSYNC);
    let operands = given.operands();
    let Some((target, sources)) = operands.split_last() else { return };
    if given.has(&["-n", "--dry-run", "--list-only"]) || sources.is_empty() {
        return;
    }
    let local = |word: &Word| !word.value.split('/').next().unwrap_or_default().contains(':');
    let deletes = call
        .arguments
        .iter()
        .any(|word| word.value.starts_with("--del") && !word.value.starts_with("--delay"));
    if local(target) {
        out.on(EffectKind::Write, target, true, "");
        if deletes {
            out.on(EffectKind::Delete, target, true, "--delete");
        }
    }
    if given.has(&["--remove-source-files", "--remove-sent-files"]) {
        for source in sources.iter().filter(|word| local(word)) {
            out.on(EffectKind::Delete, source, true, "--remove-source-files");
        }
    }
}

fn tee(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    let given = Given::new(call, "");
    let kind = if given.has(&["-a", "--append"]) { EffectKind::Write } else { EffectKind::Replace };
    for word in given.operands().into_iter().filter(|word| !word.value.starts_with(">(")) {
        for (target, certainty) in out.paths(word, false) {
            let effect = out.add_sure(kind, target, certainty);
            effect.trace.clone_from(&word.trace);
            Effects::takes_stdin(effect);
        }
    }
}

fn touch(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-d:t --date:t -t:t -r:l --reference:l --time:t");
    if given.has(&["-d", "--date", "-t", "-r", "--reference"]) {
        for word in given.operands() {
            out.on(EffectKind::Write, word, false, "sets its times");
        }
    }
}

/// What lies in the trash can be taken out again.
fn trash(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Delete);
    let given = Given::new(call, "");
    let mut operands = given.operands();
    if matches!(call.name, "gio" | "kioclient") {
        if operands.first().is_none_or(|word| word.value != "trash" && word.value != "remove") {
            return;
        }
        let first = operands.remove(0);
        if first.value == "remove" {
            for word in operands {
                out.on(EffectKind::Delete, word, false, "");
            }
            return;
        }
    }
    for word in operands {
        out.on(EffectKind::Write, word, true, "moved to the trash");
    }
}

fn truncate(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    let given = Given::new(call, "-s:t --size:t -r:l --reference:l");
    let grows = given.value(&["-s", "--size"]).is_some_and(|size| size.value.starts_with(['+', '>', '%']));
    for word in given.operands() {
        out.on(if grows { EffectKind::Write } else { EffectKind::Replace }, word, false, "");
    }
}

/// Commands that print without end when nothing stops them.
fn prints_endlessly(name: &str, arguments: &[Word]) -> bool {
    let plain = || arguments.iter().filter(|word| !word.value.starts_with('-'));
    match name {
        "yes" => true,
        "cat" | "tac" | "base64" | "xxd" | "od" | "hexdump" => plain().any(|word| is_endless(&word.value)),
        "dd" => {
            let given = |start: &str| arguments.iter().any(|word| word.value.starts_with(start));
            arguments.iter().any(|word| word.value.strip_prefix("if=").is_some_and(is_endless))
                && !given("count=")
                && !given("of=")
        }
        "head" => cuts_late(arguments) && plain().any(|word| is_endless(&word.value)),
        _ => false,
    }
}

/// `head -c 1T`: it lets so much through that it does not matter.
fn cuts_late(arguments: &[Word]) -> bool {
    let next = arguments.iter().skip(1).map(Some).chain(std::iter::once(None));
    arguments.iter().zip(next).any(|(flag, next)| {
        let size = match flag.value.as_str() {
            "-c" | "--bytes" => next.map(|size| size.value.as_str()),
            value => value.strip_prefix("--bytes=").or_else(|| value.strip_prefix("-c")),
        };
        size.and_then(bytes).is_some_and(|size| size >= HUGE)
    })
}

/// Adds the files that take everything that a command without end prints; says whether this is one. `endless`: whether each
/// command before this one is.
pub(crate) fn fills(call: &Call<'_>, endless: &[bool], out: &mut Effects<'_>) -> bool {
    let endless_input = match call.command.input {
        Input::Pipe(channel) => {
            call.streams.printers(channel).iter().any(|at| endless.get(*at).is_some_and(|endless| *endless))
        }
        _ => false,
    };
    let passes = endless_input
        && match call.name {
            "cat" | "tee" | "tr" | "sed" | "base64" | "gzip" | "openssl" | "pv" => true,
            "head" => cuts_late(call.arguments),
            _ => false,
        };
    if passes && call.name == "tee" {
        for word in Given::new(call, "").operands() {
            exhaust(word, "output without end", out);
        }
    }
    if endless_input && call.name == "dd" {
        let counted = call.arguments.iter().any(|word| word.value.starts_with("count="));
        let file = call
            .arguments
            .iter()
            .find_map(|word| word.value.strip_prefix("of=").map(|file| part_of(word, file)));
        if let Some(file) = file.filter(|_| !counted) {
            exhaust(&file, "output without end", out);
        }
    }
    let prints = passes || prints_endlessly(call.name, call.arguments);
    if prints {
        for redirect in &call.command.redirects {
            let output = redirect.descriptor.is_none_or(|number| number == 1);
            if output && matches!(redirect.operator, ">" | ">>" | ">|" | "&>" | "&>>") {
                exhaust(&redirect.target, "output without end", out);
            }
        }
    }
    prints
}
