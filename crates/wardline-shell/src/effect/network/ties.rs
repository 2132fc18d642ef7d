//! Shells that are tied to a connection from both sides: what they run comes from it, what they print goes to it.
//!
//! Bytes are followed through pipes, named pipes, descriptors that `exec` opened and `/dev/tcp`, whatever stands between.

use std::collections::{BTreeMap, BTreeSet};

use super::host::of_name;
use super::socket::device;
use crate::answer::{Access, Certainty, Channel, Command, Input, Kind, Redirected, Word};
use crate::canonical::basename;
use crate::effect::{Effect, EffectKind, Target};
use crate::options::part_of;
use crate::wrappers::{is_interpreter, is_shell};

/// Something that bytes pass through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Medium {
    Pipe(Channel),
    /// A named pipe.
    Fifo(String),
    /// The descriptors of a `coproc`, or of `ztcp`.
    Coprocess,
    /// A connection to this host.
    Connection(String),
}

/// What a command reads from and prints to.
#[derive(Default)]
struct Ends {
    reads: Vec<Medium>,
    prints: Vec<Medium>,
}

/// Adds an effect for each shell that serves a connection.
pub(crate) fn find(commands: &[Command], out: &mut Vec<Effect>) {
    let fifos = fifos(commands);
    let opened = opened(commands, &fifos);
    let ends: Vec<Ends> = commands.iter().map(|command| ends(command, &fifos, &opened)).collect();
    let sockets: Vec<Option<String>> =
        commands.iter().map(|command| is_socket(command).then(|| socket_host(command))).collect();
    if !sockets.iter().any(Option::is_some)
        && !ends.iter().any(|ends| ends.reads.iter().chain(&ends.prints).any(is_connection))
    {
        return;
    }
    let from = reached(&ends, &sockets, |ends| (&ends.reads, &ends.prints));
    let to = reached(&ends, &sockets, |ends| (&ends.prints, &ends.reads));
    for (index, command) in commands.iter().enumerate() {
        let (Some(ends), Some(None)) = (ends.get(index), sockets.get(index)) else { continue };
        let Some(certainty) = runs_input(command) else { continue };
        let fed = ends.reads.iter().find_map(|medium| from.get(medium));
        let heard = ends.prints.iter().find_map(|medium| to.get(medium));
        if let (Some(fed), Some(heard)) = (fed, heard) {
            let host = [fed, heard].into_iter().find(|host| !host.is_empty()).cloned().unwrap_or_default();
            out.push(Effect {
                kind: EffectKind::RemoteShell,
                target: Target::Host(host),
                sources: Vec::new(),
                detail: command.program.clone().unwrap_or_default(),
                certainty: certainty.max(command.certainty),
                trace: vec!["its input comes from a connection and its output goes to one".to_owned()],
                command: index,
                takes_input: false,
                fed_by: Vec::new(),
            });
        }
    }
}

fn is_connection(medium: &Medium) -> bool {
    matches!(medium, Medium::Connection(_))
}

fn name(command: &Command) -> &str {
    command.program.as_deref().map_or("", basename)
}

/// Does the command pass what it reads to a connection, and print what comes from it?
fn is_socket(command: &Command) -> bool {
    let first = command.arguments.first().map_or("", |word| word.value.as_str());
    match name(command) {
        "nc" | "ncat" | "netcat" | "nc.openbsd" | "nc.traditional" | "socat" | "telnet" | "websocat"
        | "ztcp" => true,
        "openssl" => matches!(first, "s_client" | "s_server"),
        _ => false,
    }
}

fn socket_host(command: &Command) -> String {
    let plain = |word: &&Word| {
        let text = word.value.as_str();
        !text.starts_with('-') && text.parse::<u16>().is_err() && !matches!(text, "s_client" | "s_server")
    };
    command.arguments.iter().find(plain).map_or_else(String::new, |word| {
        let text = word.value.rsplit("tcp:").next().unwrap_or_default();
        of_name(&part_of(word, super::host::without_port(text)))
    })
}

/// Does the command run what it reads? An unknown program may be what was read itself.
fn runs_input(command: &Command) -> Option<Certainty> {
    let simple = command.kind == Kind::Simple;
    match name(command) {
        "" if simple && command.program.is_none() => Some(Certainty::Assumed),
        "eval" => Some(Certainty::Assumed),
        program if is_shell(program) || is_interpreter(program) => {
            let script = command.arguments.iter().any(|word| !word.value.starts_with(['-', '+']));
            Some(if script { Certainty::Assumed } else { Certainty::Proven })
        }
        "script" | "su" | "login" | "sudo" | "busybox" | "rlwrap" | "env" | "setsid" => {
            Some(Certainty::Assumed)
        }
        _ => None,
    }
}

/// The named pipes that the script makes, and files that a connection is redirected to or from, which may be such.
fn fifos(commands: &[Command]) -> BTreeSet<&str> {
    let makes = |command: &Command| {
        name(command) == "mkfifo"
            || (name(command) == "mknod" && command.arguments.iter().any(|word| word.value == "p"))
    };
    let mut out = BTreeSet::new();
    for command in commands {
        let (made, socket) = (makes(command), is_socket(command));
        for path in &command.paths {
            let redirected =
                socket && path.because.starts_with("redirect") && !path.text.starts_with("/dev/");
            if redirected || (made && path.access == Access::Write) {
                out.insert(path.text.as_str());
            }
        }
    }
    out
}

/// What a file or device is as a medium.
fn medium(path: &Word, command: &Command, fifos: &BTreeSet<&str>) -> Option<Medium> {
    if let Some((host, _)) = device(&path.value) {
        return Some(Medium::Connection(of_name(&part_of(path, host))));
    }
    // `ztcp` leaves the descriptor of its connection in `$REPLY`, `coproc` those of its pipes in `$COPROC`.
    if path.value.contains("COPROC") || path.value.contains("REPLY") {
        return Some(Medium::Coprocess);
    }
    if fifos.is_empty() {
        return None;
    }
    let touched = command.paths.iter().find(|touched| touched.written == path.value)?;
    fifos.get(touched.text.as_str()).map(|path| Medium::Fifo((*path).to_owned()))
}

type Opened = BTreeMap<u32, Medium>;

/// Most redirects of one command that are looked at; of each descriptor only the last counts.
const MOST_REDIRECTS: usize = 256;

/// The descriptors that `exec` leaves open on a medium.
fn opened(commands: &[Command], fifos: &BTreeSet<&str>) -> Opened {
    let mut out = Opened::new();
    for command in commands.iter().filter(|command| name(command) == "exec") {
        for (number, medium) in descriptors(command, fifos, &out) {
            match medium {
                Some(medium) => out.insert(number, medium),
                None => out.remove(&number),
            };
        }
    }
    out
}

/// What the redirects of a command make of its descriptors.
fn descriptors(command: &Command, fifos: &BTreeSet<&str>, opened: &Opened) -> BTreeMap<u32, Option<Medium>> {
    let mut table: BTreeMap<u32, Option<Medium>> = BTreeMap::new();
    let skipped = command.redirects.len().saturating_sub(MOST_REDIRECTS);
    // What is opened later in the script, as in `0<&196; exec 196<>/dev/tcp/…`, is known from `opened`.
    for redirect in command.redirects.iter().skip(skipped) {
        let Redirected { descriptor, operator, target } = redirect;
        let found = match (*operator, target.value.trim_end_matches('-').parse::<u32>()) {
            ("<&" | ">&", Ok(number)) => {
                table.get(&number).cloned().unwrap_or_else(|| opened.get(&number).cloned())
            }
            ("<<" | "<<-" | "<<<", _) => None,
            _ => medium(target, command, fifos),
        };
        let numbers: &[u32] = match (descriptor, operator.starts_with('<')) {
            (Some(number), _) => &[*number],
            (None, true) => &[0],
            (None, false) if operator.contains('&') && target.value.parse::<u32>().is_err() => &[1, 2],
            (None, false) => &[1],
        };
        for number in numbers {
            table.insert(*number, found.clone());
        }
    }
    table
}

/// What a command reads from and prints to.
fn ends(command: &Command, fifos: &BTreeSet<&str>, opened: &Opened) -> Ends {
    let mut ends = Ends::default();
    let table = descriptors(command, fifos, opened);
    // `exec < /dev/tcp/…` stays in force for what follows.
    let at = |number: u32| match table.get(&number) {
        Some(medium) => medium.clone(),
        None => opened.get(&number).cloned(),
    };
    if let Input::Pipe(channel) = &command.input {
        ends.reads.push(Medium::Pipe(*channel));
    }
    if let Some(channel) = command.prints.filter(|_| !table.contains_key(&1)) {
        ends.prints.push(Medium::Pipe(channel));
    }
    ends.reads.extend(at(0));
    ends.prints.extend([1, 2].into_iter().filter_map(at));
    // `cat fifo`, `tee fifo`: by name.
    for path in command.paths.iter().filter(|path| fifos.contains(path.text.as_str())) {
        let medium = Medium::Fifo(path.text.clone());
        match path.access {
            Access::Read => ends.reads.push(medium),
            Access::Write if name(command) != "mkfifo" && name(command) != "mknod" => {
                ends.prints.push(medium)
            }
            _ => {}
        }
    }
    if is_socket(command) && (command.parallel || name(command) == "ztcp") {
        ends.reads.push(Medium::Coprocess);
        ends.prints.push(Medium::Coprocess);
    }
    ends
}

/// The media that bytes of a connection reach, and its host. `sides` says which side of a command the bytes come in at; with
/// the sides turned round it tells from which media bytes reach a connection.
fn reached<'e>(
    all: &'e [Ends],
    sockets: &[Option<String>],
    sides: impl Fn(&'e Ends) -> (&'e Vec<Medium>, &'e Vec<Medium>),
) -> BTreeMap<&'e Medium, String> {
    let mut readers: BTreeMap<&Medium, Vec<usize>> = BTreeMap::new();
    let mut found: BTreeMap<&Medium, String> = BTreeMap::new();
    let mut queue: Vec<&Medium> = Vec::new();
    for (index, ends) in all.iter().enumerate() {
        let (enters, leaves) = sides(ends);
        for medium in enters {
            readers.entry(medium).or_default().push(index);
        }
        for medium in enters.iter().chain(leaves) {
            if let Medium::Connection(host) = medium {
                found.insert(medium, host.clone());
                queue.push(medium);
            }
        }
        if let Some(Some(host)) = sockets.get(index) {
            for medium in leaves {
                found.entry(medium).or_insert_with(|| host.clone());
                queue.push(medium);
            }
        }
    }
    while let Some(medium) = queue.pop() {
        let host = found.get(medium).cloned().unwrap_or_default();
        for index in readers.remove(medium).unwrap_or_default() {
            let Some(ends) = all.get(index) else { continue };
            for next in sides(ends).1 {
                if !found.contains_key(next) {
                    found.insert(next, host.clone());
                    queue.push(next);
                }
            }
        }
    }
    found
}
