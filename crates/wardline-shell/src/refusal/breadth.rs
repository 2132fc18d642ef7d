//! How much of a tree a search takes, and whether what is taken away can be had back.

use crate::answer::{Command, Input};
use crate::effect::Effect;

use super::pattern::is_all;
use super::scene::Scene;

/// What a search leaves of the tree that it goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breadth {
    /// Files of some names, or single ones.
    Named,
    /// Files of some age, size or owner: it may be all of them.
    Chosen,
    /// All files, and no directories.
    Files,
    /// All of it.
    Whole,
}

/// Most commands inside one another that are looked through.
const DEEPEST: usize = 16;

/// Most commands before one that are looked through for what it reads.
const NEAR: usize = 64;

/// The breadth of the search that an effect belongs to, if it belongs to one.
pub(super) fn breadth(scene: &Scene<'_>, effect: &Effect) -> Breadth {
    let mut at = Some(effect.command);
    for _ in 0..DEEPEST {
        let Some((index, found)) = at.and_then(|at| Some((at, scene.commands.get(at)?))) else { break };
        match found.program.as_deref() {
            Some("find") => return of_find(found),
            Some("xargs" | "parallel") => return of_list(scene, index),
            _ => at = found.holder,
        }
    }
    Breadth::Whole
}

/// The breadth of what comes through a pipe to the command at `index`.
fn of_list(scene: &Scene<'_>, index: usize) -> Breadth {
    let mut breadth = Breadth::Whole;
    let mut reader = scene.commands.get(index);
    for _ in 0..DEEPEST {
        let Some(Input::Pipe(channel)) = reader.map(|command| &command.input) else { break };
        let near = scene.commands.get(index.saturating_sub(NEAR)..index).unwrap_or_default();
        let Some(printer) = near.iter().rev().find(|command| command.prints == Some(*channel)) else { break };
        breadth = breadth.min(match printer.program.as_deref().unwrap_or_default() {
            "find" => of_find(printer),
            "ag" | "awk" | "comm" | "egrep" | "fgrep" | "gawk" | "grep" | "head" | "rg" | "tail" => {
                Breadth::Chosen
            }
            _ => Breadth::Whole,
        });
        reader = Some(printer);
    }
    breadth
}

fn of_find(command: &Command) -> Breadth {
    // One that takes all is the breadth of all alternatives.
    let (mut widest, mut branch) = (Breadth::Named, Breadth::Whole);
    let (mut negated, mut plain, mut shallow) = (false, false, false);
    let mut words = command.arguments.iter().map(|word| word.value.as_str()).peekable();
    while let Some(word) = words.next() {
        let value = words.peek().copied().unwrap_or_default();
        let test = match word {
            "!" | "-not" => {
                negated = true;
                continue;
            }
            "-o" | "-or" | "," => {
                widest = widest.max(branch);
                branch = Breadth::Whole;
                continue;
            }
            "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-iwholename" | "-lname" => {
                if value.split('/').all(|part| part.is_empty() || is_all(part)) {
                    Breadth::Whole
                } else {
                    Breadth::Named
                }
            }
            "-regex" | "-iregex" if matches!(value, ".*" | ".+") => Breadth::Whole,
            "-regex" | "-iregex" | "-inum" | "-samefile" | "-empty" | "-xtype" => Breadth::Named,
            "-size" | "-perm" | "-user" | "-group" | "-uid" | "-gid" | "-nouser" | "-nogroup" | "-links"
            | "-used" => Breadth::Chosen,
            _ if word.starts_with("-newer") || is_age(word) => Breadth::Chosen,
            "-maxdepth" => {
                shallow = matches!(value, "0" | "1");
                continue;
            }
            "-type" => {
                plain = matches!(value, "f" | "l");
                continue;
            }
            _ => continue,
        };
        // All but some is nearly all.
        branch = branch.min(if negated { test.max(Breadth::Chosen) } else { test });
        negated = false;
    }
    let found = widest.max(branch);
    match (plain, shallow) {
        (true, true) => found.min(Breadth::Chosen),
        (true, false) => found.min(Breadth::Files),
        _ => found,
    }
}

fn is_age(word: &str) -> bool {
    matches!(word, "-mtime" | "-atime" | "-ctime" | "-mmin" | "-amin" | "-cmin")
}

/// Whether the command only moves, packs or unlists what it takes away: nothing is lost by it.
pub(super) fn keeps(scene: &Scene<'_>, effect: &Effect) -> bool {
    let Some(command) = scene.command(effect) else { return false };
    let into_nothing = command.arguments.last().is_some_and(|word| word.value.starts_with("/dev/"));
    match command.program.as_deref().unwrap_or_default() {
        "mv" => !into_nothing,
        "git" => command.arguments.iter().any(|word| matches!(word.value.as_str(), "rm" | "mv")),
        name => packs(name),
    }
}

/// Programs that put a packed or unpacked file in the place of another, or only remove what is empty.
pub(super) fn packs(name: &str) -> bool {
    matches!(
        name,
        "bunzip2"
            | "bzip2"
            | "compress"
            | "gunzip"
            | "gzip"
            | "lzma"
            | "pigz"
            | "rename"
            | "rmdir"
            | "uncompress"
            | "unlzma"
            | "unxz"
            | "unzstd"
            | "xz"
            | "zstd"
    )
}
