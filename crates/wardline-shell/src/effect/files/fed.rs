//! Files that a command gets as its arguments from what other commands print: `find / | xargs rm`.

use crate::answer::{Certainty, Command, Input, Word};
use crate::canonical::basename;
use crate::effect::find::Sought;
use crate::effect::{Call, EffectKind, Effects, Target, Zone};
use crate::expand::known;
use crate::options::part_of;

/// Longest chain of filters that is followed.
const MOST_FILTERS: usize = 4;
/// Most printers of one pipe that are looked at.
const MOST_PRINTERS: usize = 8;

/// Adds what a deleting command does to the files whose names `xargs` or `parallel` reads.
pub(crate) fn fed(call: &Call<'_>, out: &mut Effects<'_>) {
    let kind = match call.name {
        "rm" | "unlink" | "srm" => EffectKind::Delete,
        "shred" | "truncate" => EffectKind::Replace,
        _ => return,
    };
    let Some(holder) =
        call.holder().filter(|holder| matches!(holder.program.as_deref(), Some("xargs" | "parallel")))
    else {
        return;
    };
    let recursive = call.arguments.iter().any(|word| {
        word.value == "--recursive"
            || (word.value.starts_with('-')
                && !word.value.starts_with("--")
                && word.value.contains(['r', 'R']))
    });
    if matches!(holder.input, Input::Text(_)) || call.arguments.iter().any(named) {
        return;
    }
    match sought(call, holder, MOST_FILTERS) {
        Some(sought) => {
            for word in sought.words {
                let word = Word { certainty: word.certainty.max(Certainty::Assumed), ..word };
                out.on(kind, &word, recursive || sought.tree, "");
            }
        }
        None => {
            let target = Target::Path { path: String::new(), zone: Zone::Unknown, glob: false, recursive };
            out.add_sure(kind, target, Certainty::Opaque);
        }
    }
}

/// A file that the command names itself: what is fed was filled in already.
fn named(word: &Word) -> bool {
    word.complete
        && !word.value.starts_with('-')
        && !word.value.contains('{')
        && !matches!(word.value.as_str(), "0" | "%")
}

/// The files whose names `xargs` or `parallel` reads, when what prints them is known.
pub(crate) fn read_by(call: &Call<'_>, holder: &Command) -> Option<Sought> {
    let reads = matches!(holder.program.as_deref(), Some("xargs" | "parallel"));
    if reads { sought(call, holder, MOST_FILTERS) } else { None }
}

/// The files that `command` gets the names of.
fn sought(call: &Call<'_>, command: &Command, depth: usize) -> Option<Sought> {
    let depth = depth.checked_sub(1)?;
    let channel = match &command.input {
        Input::Pipe(channel) => channel,
        // `sudo xargs rm` reads what `sudo` reads.
        Input::Inherited => {
            return sought(call, command.holder.and_then(|at| call.commands.get(at))?, depth);
        }
        _ => return None,
    };
    let printers = call.streams.printers(*channel).iter().take(MOST_PRINTERS);
    let mut all = Sought::default();
    for printer in printers.filter_map(|at| call.commands.get(*at)) {
        let more = printed(call, printer, depth)?;
        all.words.extend(more.words);
        all.roots.extend(more.roots);
        all.tree |= more.tree;
    }
    (!all.words.is_empty()).then_some(all)
}

fn printed(call: &Call<'_>, printer: &Command, depth: usize) -> Option<Sought> {
    let arguments = &printer.arguments;
    let against = |word: &Word| match printer.directory.as_deref() {
        Some(directory) if !word.value.starts_with('/') && word.complete => {
            part_of(word, &format!("{directory}/{}", word.value))
        }
        _ => word.clone(),
    };
    match printer.program.as_deref().map(basename)? {
        "find" => {
            let sought = crate::effect::sought(call, arguments);
            Some(Sought { words: sought.words.iter().map(against).collect(), ..sought })
        }
        "ls" => {
            let mut places: Vec<Word> =
                arguments.iter().filter(|word| !word.value.starts_with('-')).cloned().collect();
            if places.is_empty() {
                places.push(known("."));
            }
            let inside = |word: &Word| Word {
                glob: true,
                ..part_of(word, &format!("{}/*", word.value.trim_end_matches('/')))
            };
            let words = places.iter().map(inside).map(|word| against(&word)).collect();
            Some(Sought { words, ..Sought::default() })
        }
        "git" if arguments.iter().any(|word| word.value == "ls-files") => {
            // Files of the work tree that git knows of, and nothing else.
            let words = vec![against(&Word { glob: true, certainty: Certainty::Assumed, ..known("./**") })];
            Some(Sought { words, ..Sought::default() })
        }
        "grep" | "egrep" | "fgrep" => {
            let found = sought(call, printer, depth)?;
            let pattern = arguments.iter().find(|word| !word.value.starts_with('-'))?;
            let negated =
                arguments.iter().any(|word| word.value.starts_with("-v") || word.value == "--invert-match");
            let plain = pattern.value.trim_end_matches('$').trim_start_matches('^').replace("\\.", ".");
            let simple = plain.len() > 1 && plain.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c));
            if negated || !simple || !found.tree {
                return Some(found);
            }
            let narrow = |word: &Word| Word {
                glob: true,
                ..part_of(word, &format!("{}/**/*{plain}*", word.value.trim_end_matches('/')))
            };
            Some(Sought { words: found.words.iter().map(narrow).collect(), tree: false, ..found })
        }
        "sort" | "head" | "tail" | "uniq" | "sed" | "awk" | "tr" | "cat" | "tee" | "cut" | "shuf" | "rev" => {
            sought(call, printer, depth)
        }
        // What it runs prints for itself.
        name if crate::wrappers::options(name).is_some() => Some(Sought::default()),
        _ => None,
    }
}
