//! `wardline quarantine`: a person reviews the changes to trap files that sessions left behind.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};
use wardline_monitor::quarantine::{self, Held, QuarantineError, State};
use wardline_monitor::undo::for_the_record;
use wardline_monitor::{Monitor, World, visible};

use crate::{exit, term};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A session changes copies of the files that run later on this machine (see docs/traps.md); the files \
                        themselves change here, when a person says so. A change is made whole or not at all, and only while the \
                        file is what the session began with. Changes are kept for 90 days, of 200 sessions at most.\n\nExit codes: \
                        0 done, 1 a conflict or nothing of that name, 2 bad usage or nobody at the terminal, 20 not confirmed."
)]
pub(crate) struct Quarantine {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show the changes as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every change that waits (the default)
    List,
    /// Show one change whole
    Show {
        /// The change, by its name or a beginning of it
        id: String,
    },
    /// Make changes on this machine
    Accept {
        /// The changes, by name
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// Every change that waits
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
    /// Let changes go
    Discard {
        /// The changes, by name
        #[arg(required_unless_present = "all")]
        ids: Vec<String>,
        /// Every change that waits
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
}

impl Quarantine {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if world.variable("WARDLINE").is_some() {
            return exit::fail(exit::USAGE, "the quarantine is for a person outside of the session");
        }
        match self.action {
            None | Some(Action::List) => list(world, self.json),
            Some(Action::Show { id }) => show(world, &id, self.json),
            Some(Action::Accept { ids, all }) => settle(world, &ids, all, true),
            Some(Action::Discard { ids, all }) => settle(world, &ids, all, false),
        }
    }
}

fn list(world: &World, json: bool) -> ExitCode {
    let all = quarantine::list(world);
    for held in &all {
        if json {
            println!("{}", value(held, false));
        } else {
            println!("{}", line(held));
        }
    }
    if !json {
        println!("{}", if all.is_empty() { "nothing is held" } else { HOW });
    }
    ExitCode::SUCCESS
}

const HOW: &str =
    "look: wardline quarantine show ID · then: wardline quarantine accept ID…, or discard ID…, or --all";

fn show(world: &World, id: &str, json: bool) -> ExitCode {
    match quarantine::find(world, id) {
        Ok(held) if json => println!("{}", value(&held, true)),
        Ok(held) => print!("{}\n{}", line(&held), diff(&held)),
        Err(e) => return exit::fail(exit::FOUND, e),
    }
    ExitCode::SUCCESS
}

fn value(held: &Held, whole: bool) -> Value {
    let (added, removed) = count(held);
    let (state, why) = match &held.state {
        State::Ready => ("ready", None),
        State::Running => ("running", None),
        State::Conflict(what) => ("conflict", Some(what)),
    };
    let mut value = json!({
        "id": held.id, "session": held.session, "path": held.path.to_string_lossy(),
        "change": held.change.letter().to_string(), "state": state, "conflict": why,
        "added": added, "removed": removed, "kept": held.kept.to_string_lossy(),
    });
    if let (true, Some(fields)) = (whole, value.as_object_mut()) {
        fields.insert("diff".to_owned(), diff(held).into());
    }
    value
}

/// One change on one line.
fn line(held: &Held) -> String {
    let (added, removed) = count(held);
    let state = match &held.state {
        State::Ready => String::new(),
        State::Running => "  (its session runs)".to_owned(),
        State::Conflict(what) => format!("  (CONFLICT: {what})"),
    };
    let path = visible(&held.path.to_string_lossy()).replace('\n', " ");
    format!("{}  {} {path}  +{added} -{removed}{state}", held.id, held.change.letter())
}

/// Lines that are new and lines that are gone.
fn count(held: &Held) -> (usize, usize) {
    let (before, after) = texts(held);
    let diff = TextDiff::from_lines(&before, &after);
    let of = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    (of(ChangeTag::Insert), of(ChangeTag::Delete))
}

fn texts(held: &Held) -> (String, String) {
    let text = |bytes: Option<Vec<u8>>| String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
    let (before, after) = held.contents();
    (text(before), text(after))
}

/// A change as a person reads it: nothing in it can move the cursor or hide.
fn diff(held: &Held) -> String {
    let (before, after) = texts(held);
    let mut out = String::new();
    if let Some((old, new)) = held.modes() {
        writeln!(out, "mode {old:o} → {new:o}").ok();
    }
    if held.kept.is_dir() {
        writeln!(out, "a directory: {}", visible(&held.kept.to_string_lossy())).ok();
        return out;
    }
    let difference = TextDiff::from_lines(&before, &after);
    for group in difference.grouped_ops(3) {
        writeln!(out, "…").ok();
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
                ChangeTag::Equal => ' ',
            };
            // A tab is layout here, and any other control character is shown.
            let text = change.value().trim_end_matches('\n');
            let shown: Vec<String> = text.split('\t').map(visible).collect();
            writeln!(out, "{sign}{}", shown.join("\t")).ok();
        }
    }
    out
}

/// Accepts or discards changes, after a typed yes.
fn settle(world: &World, ids: &[String], all: bool, accept: bool) -> ExitCode {
    let chosen: Result<Vec<Held>, QuarantineError> = if all {
        Ok(quarantine::list(world).into_iter().filter(|held| held.state != State::Running).collect())
    } else {
        ids.iter().map(|id| quarantine::find(world, id)).collect()
    };
    let chosen = match chosen {
        Ok(chosen) if chosen.is_empty() => return exit::fail(exit::FOUND, "nothing is held"),
        Ok(chosen) => chosen,
        Err(e) => return exit::fail(exit::FOUND, e),
    };
    match confirmed(&chosen, accept) {
        Ok(true) => {}
        Ok(false) => {
            println!("nothing was changed");
            return ExitCode::from(exit::DENY);
        }
        Err(e) => {
            return exit::fail(
                exit::USAGE,
                format!("a review is a person's word, and nobody is at a terminal here ({e}); run it in one"),
            );
        }
    }
    let monitor = match for_the_record(world) {
        Ok(monitor) => monitor,
        Err(e) => return exit::fail(exit::FAILED, e),
    };
    let failed = chosen.iter().filter(|held| !settle_one(&monitor, held, accept)).count();
    ExitCode::from(if failed == 0 { exit::OK } else { exit::FOUND })
}

fn settle_one(monitor: &Monitor, held: &Held, accept: bool) -> bool {
    let path = visible(&held.path.to_string_lossy());
    match if accept { held.accept(monitor) } else { held.discard(monitor) } {
        Ok(()) => println!("{}: {path}", if accept { "accepted" } else { "discarded" }),
        Err(e) => {
            eprintln!("wardline: {path}: {}", visible(&e.to_string()).replace("\n  ", " "));
            return false;
        }
    }
    true
}

/// Shows what would be done and waits for a typed yes.
fn confirmed(chosen: &[Held], accept: bool) -> std::io::Result<bool> {
    let mut text = String::from("\n");
    for held in chosen {
        writeln!(text, "{}", line(held)).ok();
        if accept {
            text.push_str(&diff(held));
        }
    }
    write!(
        text,
        "\n{} [y/N] ",
        if accept { "make these changes?" } else { "let these changes go for good?" }
    )
    .ok();
    term::confirmed(&text)
}

/// The held changes of a session, for its end.
pub(crate) fn summary(held: &[Held], uncopied: &[PathBuf]) -> String {
    /// Changes named; the command lists them all.
    const LINES: usize = 25;
    let mut text = read_only(uncopied);
    if held.is_empty() {
        return text;
    }
    writeln!(text, "  held back, because it would run later on this machine; accept or discard it:").ok();
    for change in held.iter().take(LINES) {
        writeln!(text, "    {}", line(change)).ok();
    }
    if held.len() > LINES {
        writeln!(text, "    … and {} more", held.len() - LINES).ok();
    }
    writeln!(text, "    {HOW}").ok();
    text
}

/// Files that a session could not change at all, where it would have changed a copy.
fn read_only(uncopied: &[PathBuf]) -> String {
    /// Files named; the journal names more.
    const FEW: usize = 3;
    if uncopied.is_empty() {
        return String::new();
    }
    let names = uncopied.iter().take(FEW).map(|path| visible(&path.to_string_lossy()));
    let mut names = names.collect::<Vec<_>>().join(", ");
    if uncopied.len() > FEW {
        write!(names, " and {} more, which the log names", uncopied.len() - FEW).ok();
    }
    format!(
        "  read-only, because it would run later and no copy could be made (too many, too large or unreadable): {names}\n"
    )
}

/// Offers a review, change by change, at the end of a session on a terminal.
pub(crate) fn offer(world: &World, held: &[Held]) {
    if held.is_empty() {
        return;
    }
    let Ok(monitor) = for_the_record(world) else { return };
    for change in held {
        match choose(change) {
            Ok('a') => drop(settle_one(&monitor, change, true)),
            Ok('d') => drop(settle_one(&monitor, change, false)),
            Ok('q') | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn choose(change: &Held) -> std::io::Result<char> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let (line, diff) = (line(change), diff(change));
    write!(terminal, "\n{line}\n{diff}\n(a)ccept, (d)iscard, (l)ater, (q)uit reviewing? [l] ")?;
    terminal.flush()?;
    let mut answer = String::new();
    if BufReader::new(terminal).read_line(&mut answer)? == 0 {
        return Ok('q');
    }
    Ok(answer.trim().chars().next().map_or('l', |letter| letter.to_ascii_lowercase()))
}
