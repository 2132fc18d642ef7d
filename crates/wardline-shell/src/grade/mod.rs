//! Whether a command needs a question: what is known of it as a whole.
//!
//! The grammar says for each program which options and operands are known, and what it is with them. What is not listed is
//! unknown: a flag that nobody thought of never makes a command harmless. Shortened long options are not listed either.
//!
//! `row` is what a line of the tables says, `scan` reads arguments by it, `table` holds the lines by kind of work, `special` the programs
//! whose arguments are a language of their own, `variables` the variables that may be set. What `effect` says of the command is heard
//! last: it can only make the grade worse.
//!
//! Which files are read is not judged here: `paths` names them and whoever asks for the grade looks at them apart. So a
//! program that looks may look anywhere, but what is written has to lie in the project or a temporary directory.

mod place;
mod row;
mod scan;
mod special;
mod table;
mod variables;

use crate::Context;
use crate::answer::{Certainty, Command, Kind, Redirected};
use crate::effect::{Effect, EffectKind, Target, Zone};
use place::Ground;

/// What is known of a command as a whole. The greater, the less harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grade {
    /// It only looks, and all that it looks at are files that `paths` name.
    Looks,
    /// It changes files that `paths` name, and nothing else.
    Edits,
    /// It builds, tests or formats the project: it runs the project's own code and writes below the project. Installing what
    /// the project's lock file names counts, although it talks to a registry: nothing that the command says chooses what comes.
    Builds,
    /// Nothing is known of it, or something is known that needs a question.
    Unknown,
}

/// Grades all commands.
pub(crate) fn all(commands: &mut [Command], effects: &[Effect], context: &Context<'_>) {
    let moves = commands.iter().any(|command| command.directory_change);
    let mut heard = vec![Grade::Looks; commands.len()];
    for effect in effects {
        let Some(command) = commands.get(effect.command) else { continue };
        if let Some(grade) = heard.get_mut(effect.command) {
            *grade = (*grade).max(of_effect(effect, command));
        }
    }
    for (index, command) in commands.iter_mut().enumerate() {
        let ground = Ground::new(command, context, moves);
        let own = of_command(command, &ground);
        let effects = heard.get(index).copied().unwrap_or(Grade::Unknown);
        command.grade = own.max(effects);
    }
}

/// What the text of a command says of it.
fn of_command(command: &Command, ground: &Ground<'_>) -> Grade {
    // A command inside `find -exec` or `xargs` is Assumed because it may not run at all, not because it may be another one.
    let sure =
        command.certainty == Certainty::Proven || command.derived && command.certainty == Certainty::Assumed;
    if !sure || !command.doubts.is_empty() {
        return Grade::Unknown;
    }
    let own = match command.kind {
        Kind::Simple => table::grade(command, ground),
        Kind::Call | Kind::Test | Kind::Redirect | Kind::Assignment => Grade::Looks,
        Kind::Raw => Grade::Unknown,
    };
    if !command.assignments.iter().all(|(name, value)| variables::harmless(name, value)) {
        return Grade::Unknown;
    }
    command.redirects.iter().map(|redirect| of_redirect(redirect, ground)).fold(own, Ord::max)
}

fn of_redirect(redirect: &Redirected, ground: &Ground<'_>) -> Grade {
    let target = &redirect.target;
    let known = scan::is_known(target);
    match redirect.operator {
        "<<" | "<<<" => Grade::Looks,
        _ if target.value.contains("/dev/tcp") || target.value.contains("/dev/udp") => Grade::Unknown,
        "<" if known => Grade::Looks,
        "<&" | ">&" if known && place::is_descriptor(&target.value) => Grade::Looks,
        ">" | ">>" | ">|" | "&>" | "&>>" | ">&" | "<>" if known && !target.glob => {
            match place::is_sink(&target.value) {
                true => Grade::Looks,
                false if ground.may_write(target) => Grade::Edits,
                false => Grade::Unknown,
            }
        }
        _ => Grade::Unknown,
    }
}

/// The best grade that a command with this effect can have.
fn of_effect(effect: &Effect, command: &Command) -> Grade {
    match effect.kind {
        EffectKind::Read | EffectKind::List | EffectKind::Execute => Grade::Looks,
        EffectKind::Write
        | EffectKind::Replace
        | EffectKind::Delete
        | EffectKind::Mode
        | EffectKind::Link => {
            match &effect.target {
                Target::Path { zone: Zone::Sink, .. } => Grade::Looks,
                Target::Path { zone: Zone::Project | Zone::Temp, .. } => Grade::Edits,
                // Git keeps its own files in order; which of its commands may run is said by the grammar.
                Target::Path { zone: Zone::ProjectCritical, .. } if named(command, "git") => Grade::Edits,
                _ => Grade::Unknown,
            }
        }
        // Code that the grammar reads by itself (awk, sed), or that is the project's own.
        EffectKind::Run if special::reads_code(command) => Grade::Looks,
        EffectKind::Run | EffectKind::Install | EffectKind::Fetch => Grade::Builds,
        // The grammar knows programs of which no effect is told.
        EffectKind::Unknown => match &effect.target {
            Target::Name(name) if command.program.as_ref() == Some(name) => Grade::Looks,
            _ => Grade::Unknown,
        },
        _ => Grade::Unknown,
    }
}

fn named(command: &Command, name: &str) -> bool {
    command.program.as_deref() == Some(name)
}
