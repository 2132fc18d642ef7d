//! `wardline changes`: what changed in the project since a checkpoint, and by whom.

use std::fmt::Write as _;
use std::process::ExitCode;

use serde_json::{Value, json};
use wardline_monitor::checkpoint::history::Reading;
use wardline_monitor::checkpoint::{Changes as All, Hunks, Node, Store, lines};
use wardline_monitor::quarantine::Held;
use wardline_monitor::undo::{by, counts, held, letter, look, worth};
use wardline_monitor::{World, visible};

use super::checkpoint::{failed, line};
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --since, what the last session changed. A change between two effects of an agent is yours; one while \
                        its command ran counts as the agent's. Changes to trap files wait in the quarantine and are listed too.\n\nExit \
                        codes: 0 shown, 1 there is no checkpoint, 2 bad usage, 125 the store cannot be used."
)]
pub(crate) struct Changes {
    /// Show them as one JSON object
    #[arg(long)]
    json: bool,
    /// Show the lines too, the agent's in numbered hunks
    #[arg(long)]
    patch: bool,
    /// Look from this checkpoint on
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<u64>,
}

impl Changes {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if world.variable("WARDLINE").is_some() {
            return exit::fail(exit::USAGE, "checkpoints are for a person outside of the session");
        }
        match look(world, self.since) {
            Ok((store, all)) if self.json => println!("{}", value(&store, &all, &held(world), self.patch)),
            Ok((store, all)) => print!("{}", text(&store, &all, &held(world), self.patch)),
            Err(e) => return failed(&e),
        }
        ExitCode::SUCCESS
    }
}

/// A place as a person reads it: nothing in it can move the cursor or hide.
pub(crate) fn shown(place: &[u8]) -> String {
    visible(&String::from_utf8_lossy(place)).replace('\n', " ")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn value(store: &Store, all: &All, held: &[Held], patch: bool) -> Value {
    let change = |(place, reading): (&Vec<u8>, &Reading)| {
        let counts = counts(store, all, reading);
        let hunks = if reading.agent() { all.hunks(store, place) } else { None };
        let mut value = json!({
            "path": String::from_utf8_lossy(place), "path_bytes": hex(place), "change": letter(reading), "by": by(reading),
            "added": counts.map(|counts| counts.0), "removed": counts.map(|counts| counts.1),
            "conflict": reading.conflict, "hunks": hunks.as_ref().map(|hunks| hunks.hunks.len()),
        });
        if let (true, Some(hunks), Some(fields)) = (patch, hunks, value.as_object_mut()) {
            fields.insert("patch".to_owned(), patch_of(&hunks).into());
        }
        value
    };
    let held = held.iter().map(|held| {
        json!({"id": held.id, "path": held.path.to_string_lossy(), "change": held.change.letter().to_string(), "session": held.session})
    });
    let not_kept = store.not_kept();
    json!({
        "v": 1, "since": all.since.number, "occasion": all.since.cause.occasion.word(), "time": all.since.cause.time,
        "changes": worth(all).map(change).collect::<Value>(), "held": held.collect::<Value>(),
        "not_kept": not_kept.iter().take(1000).map(|(place, why)| json!({"path": String::from_utf8_lossy(place), "why": why.to_string()})).collect::<Value>(),
        "not_kept_count": not_kept.len(),
    })
}

fn text(store: &Store, all: &All, held: &[Held], patch: bool) -> String {
    let mut out = format!("since {}\n", line(&all.since).trim_start());
    let mut agent = 0;
    for (place, reading) in worth(all) {
        let counts =
            counts(store, all, reading).map_or_else(String::new, |(new, old)| format!("  +{new} -{old}"));
        let conflict = reading.conflict.map_or_else(String::new, |why| format!("  (CONFLICT: {why})"));
        writeln!(out, "{}  {:6}  {}{counts}{conflict}", letter(reading), by(reading), shown(place)).ok();
        agent += usize::from(reading.agent());
        if patch {
            out.push_str(&detail(store, all, place, reading));
        }
    }
    for held in held {
        let path = shown(held.path.to_string_lossy().as_bytes());
        writeln!(out, "{}  held    {path}  (wardline quarantine show {})", held.change.letter(), held.id)
            .ok();
    }
    let not_kept = store.not_kept().len();
    if not_kept > 0 {
        writeln!(out, "the content of {not_kept} files is not kept (wardline checkpoint create lists them)")
            .ok();
    }
    match agent {
        0 => out.push_str("nothing of an agent's is there\n"),
        _ => out.push_str(
            "undo: wardline revert --all · PATH… · PATH --hunk N (wardline changes --patch numbers them)\n",
        ),
    }
    out
}

/// The agent's hunks at a place, or what can be said instead.
fn detail(store: &Store, all: &All, place: &[u8], reading: &Reading) -> String {
    let modes = match (&reading.without, &reading.now) {
        (Some(Node::File { mode: old, .. }), Some(Node::File { mode: new, .. })) if old != new => {
            format!("   mode {old:o} → {new:o}\n")
        }
        _ => String::new(),
    };
    match all.hunks(store, place).filter(|_| reading.agent()) {
        Some(hunks) => modes + &patch_of(&hunks),
        None if reading.agent() => modes + "   (no text)\n",
        None => modes,
    }
}

/// Hunks as a person reads them, numbered from 1, with the lines around them.
pub(crate) fn patch_of(hunks: &Hunks) -> String {
    const AROUND: usize = 3;
    let (old, new) = (lines::lines(&hunks.without), lines::lines(&hunks.now));
    let mut out = String::new();
    let put = |out: &mut String, sign: char, lines: Option<&[&[u8]]>| {
        for line in lines.into_iter().flatten() {
            let text = String::from_utf8_lossy(line);
            // A tab is layout here, and any other control character is shown.
            let shown: Vec<String> = text.trim_end_matches('\n').split('\t').map(visible).collect();
            writeln!(out, "   {sign}{}", shown.join("\t")).ok();
        }
    };
    for (hunk, number) in hunks.hunks.iter().zip(1..) {
        writeln!(out, "   @@ hunk {number}, line {} @@", hunk.new.start + 1).ok();
        let before = hunk.old.start.saturating_sub(AROUND);
        put(&mut out, ' ', old.get(before..hunk.old.start));
        put(&mut out, '-', old.get(hunk.old.clone()));
        put(&mut out, '+', new.get(hunk.new.clone()));
        put(&mut out, ' ', old.get(hunk.old.end..old.len().min(hunk.old.end + AROUND)));
    }
    out
}
