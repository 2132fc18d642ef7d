//! Follows bytes through pipes, substitutions and files: where they come from that an effect sends, runs or writes.
//!
//! Each command has a set of sources that it prints: what it makes itself, what it reads from files, what it passes on. The
//! sets grow in a bounded number of rounds, because what is printed last may be read first (`x=$(…)`, loops). What is written
//! to a file is remembered by the file's path, so that whoever reads or runs it later has the same sources.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Effect, EffectKind, Source, Target, Zone, plain_name, zone};
use crate::answer::{Channel, Command, Input, Kind, Word};
use crate::refusal::Ground;

mod prints;

/// Most rounds until the sets are taken as they are.
const MOST_ROUNDS: usize = 6;
/// Most sources of one set that are told apart.
const MOST_SOURCES: usize = 24;
/// Longest way up from a wrapped command to the one whose input it shares.
const MOST_HOLDERS: usize = 8;
/// Most trees (`tar x`, `git clone`) whose files are followed.
const MOST_TREES: usize = 32;

pub(super) type Sources = BTreeSet<Source>;

/// Which commands print into each stream, and which stand inside which.
pub(crate) struct Streams {
    printers: HashMap<Channel, Vec<usize>>,
    inside: HashMap<usize, Vec<usize>>,
}

impl Streams {
    pub(crate) fn of(commands: &[Command]) -> Self {
        let mut streams = Self { printers: HashMap::new(), inside: HashMap::new() };
        for (at, command) in commands.iter().enumerate() {
            if let Some(channel) = command.prints {
                streams.printers.entry(channel).or_default().push(at);
            }
            if let Some(holder) = command.holder {
                streams.inside.entry(holder).or_default().push(at);
            }
        }
        streams
    }

    /// The commands that print into a stream, by their indices.
    pub(crate) fn printers(&self, channel: Channel) -> &[usize] {
        self.printers.get(&channel).map_or(&[], Vec::as_slice)
    }

    fn inside(&self, holder: usize) -> &[usize] {
        self.inside.get(&holder).map_or(&[], Vec::as_slice)
    }
}

/// Fills in where the bytes come from that effects send, run or write.
pub(crate) fn fill(effects: &mut [Effect], commands: &[Command], streams: &Streams, ground: &Ground<'_>) {
    let needed = |effect: &Effect| {
        effect.takes_input
            || !effect.fed_by.is_empty()
            || matches!(effect.kind, EffectKind::Execute | EffectKind::Run | EffectKind::Send)
    };
    if effects.iter().any(needed) {
        let mut flow = Flow::new(effects, commands, streams, ground);
        for _ in 0..MOST_ROUNDS {
            if !flow.round() {
                break;
            }
        }
        let mut passed = None;
        let filled: Vec<Option<Sources>> =
            effects.iter().map(|effect| needed(effect).then(|| flow.sources(effect, &mut passed))).collect();
        for (effect, sources) in effects.iter_mut().zip(filled) {
            if let Some(sources) = sources {
                effect.sources = sources.into_iter().collect();
            }
        }
    }
    for effect in effects {
        effect.sources.sort();
        effect.sources.dedup();
    }
}

/// The names of the variables that a text still holds: `$NAME`, `${NAME}`.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for part in text.split('$').skip(1) {
        let part = part.strip_prefix('{').unwrap_or(part).trim_start_matches(['!', '#']);
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let name = part.get(..end).unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            out.push(name.to_owned());
        }
    }
    out
}

/// Adds to a set as long as there is room; what matters most always finds some.
fn grow(set: &mut Sources, more: impl IntoIterator<Item = Source>) -> bool {
    let before = set.len();
    let mut full = false;
    for source in more {
        let weighty = matches!(source, Source::Network(_) | Source::Secret(_) | Source::Environment(_));
        if set.len() < MOST_SOURCES || (weighty && set.len() < 2 * MOST_SOURCES) {
            set.insert(source);
        } else if !full {
            full = true;
            set.insert(Source::Unknown);
        }
    }
    set.len() > before
}

struct Flow<'a> {
    effects: &'a [Effect],
    commands: &'a [Command],
    streams: &'a Streams,
    ground: &'a Ground<'a>,
    /// The effects of each command, as ranges.
    ranges: Vec<std::ops::Range<usize>>,
    /// What each command prints.
    printed: Vec<Sources>,
    /// What was written to each file.
    written: BTreeMap<String, Sources>,
    trees: Vec<(String, Sources)>,
    /// What `read` and the like put into variables.
    taken: BTreeMap<String, Sources>,
    /// Names that the script itself gives a value.
    assigned: BTreeSet<&'a str>,
}

impl<'a> Flow<'a> {
    fn new(
        effects: &'a [Effect],
        commands: &'a [Command],
        streams: &'a Streams,
        ground: &'a Ground<'a>,
    ) -> Self {
        let mut ranges = vec![0..0; commands.len()];
        for (at, effect) in effects.iter().enumerate() {
            if let Some(range) = ranges.get_mut(effect.command) {
                if range.end == 0 {
                    *range = at..at + 1;
                } else {
                    range.end = at + 1;
                }
            }
        }
        let printed = vec![Sources::new(); commands.len()];
        let assigned =
            commands.iter().flat_map(|command| &command.assignments).map(|(name, _)| name.as_str());
        let assigned = assigned.collect();
        let (written, trees, taken) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { effects, commands, streams, ground, ranges, printed, written, trees, taken, assigned }
    }

    fn effects_of(&self, at: usize) -> &'a [Effect] {
        let range = self.ranges.get(at).cloned().unwrap_or_default();
        self.effects.get(range).unwrap_or_default()
    }

    /// Looks at every command once; says whether anything was new.
    fn round(&mut self) -> bool {
        let mut changed = false;
        for (at, command) in self.commands.iter().enumerate() {
            let through = self.through(at, command);
            changed |= self.take(command);
            changed |= self.write_down(at, command, &through);
            if let Some(printed) = self.printed.get_mut(at) {
                changed |= grow(printed, through);
            }
        }
        changed
    }

    /// All that a command prints, or writes to the files it names.
    fn through(&self, at: usize, command: &Command) -> Sources {
        let mut out = Sources::new();
        if command.kind == Kind::Assignment {
            return out;
        }
        if command.kind == Kind::Redirect {
            // The file of a group or loop takes what its commands print.
            return self.input(command, MOST_HOLDERS);
        }
        let name = command.program.as_deref().map(plain_name).unwrap_or_default();
        for inner in self.streams.inside(at) {
            let shares = self
                .commands
                .get(*inner)
                .is_some_and(|inner| inner.prints.is_none() || inner.prints == command.prints);
            if let Some(printed) = self.printed.get(*inner).filter(|_| shares) {
                grow(&mut out, printed.iter().cloned());
            }
        }
        let effects = self.effects_of(at);
        let reads = prints::reads(name);
        for effect in effects {
            match (&effect.kind, &effect.target) {
                (EffectKind::Fetch, Target::Host(host)) => {
                    grow(&mut out, [Source::Network(host.clone())]);
                }
                (EffectKind::Read, Target::Path { path, zone, .. }) if reads => {
                    grow(&mut out, self.file(path, *zone));
                }
                _ => {}
            }
        }
        grow(&mut out, prints::own(name, command));
        if reads {
            // `cat <(…)`: a stream that is read like a file.
            for channel in command.arguments.iter().flat_map(|word| &word.fed_by) {
                grow(&mut out, self.channel(*channel));
            }
        }
        if prints::says(name) {
            for word in &command.arguments {
                grow(&mut out, self.word(word));
            }
        }
        let reads_file = effects.iter().any(|effect| effect.kind == EffectKind::Read);
        if prints::passes_on(name, reads_file, command) {
            grow(&mut out, self.input(command, MOST_HOLDERS));
        }
        out
    }

    /// Remembers what goes into the variables that `read` fills.
    fn take(&mut self, command: &Command) -> bool {
        if !matches!(command.program.as_deref(), Some("read" | "mapfile" | "readarray")) {
            return false;
        }
        let input = self.input(command, MOST_HOLDERS);
        let mut changed = false;
        for word in command.arguments.iter().filter(|word| !word.value.starts_with('-')) {
            changed |= grow(self.taken.entry(word.value.clone()).or_default(), input.iter().cloned());
        }
        changed
    }

    /// What is in a variable of which the value is not known.
    fn variable(&self, name: &str, fed: bool) -> Sources {
        match self.taken.get(name) {
            Some(sources) => sources.clone(),
            // What was put into it is known by its streams.
            None if fed && self.assigned.contains(name) => Sources::new(),
            None if self.assigned.contains(name) => [Source::Unknown].into(),
            None => [Source::Environment(name.to_owned())].into(),
        }
    }

    /// Remembers what goes into the files that a command writes.
    fn write_down(&mut self, at: usize, command: &Command, through: &Sources) -> bool {
        let mut changed = false;
        for effect in self.effects_of(at) {
            let (EffectKind::Write | EffectKind::Replace, Target::Path { path, zone, recursive, .. }) =
                (effect.kind, &effect.target)
            else {
                continue;
            };
            if matches!(zone, Zone::Sink | Zone::Device) || through.is_empty() {
                continue;
            }
            changed |= if *recursive {
                self.tree(path, through)
            } else {
                grow(self.written.entry(path.clone()).or_default(), through.iter().cloned())
            };
        }
        let name = command.program.as_deref().map(plain_name).unwrap_or_default();
        for file in prints::saved(name, command) {
            let directory = command.directory.as_deref().unwrap_or(self.ground.cwd);
            let path = zone::resolve(&format!("{directory}/{file}"), self.ground.cwd);
            changed |= grow(self.written.entry(path).or_default(), through.iter().cloned());
        }
        changed
    }

    fn tree(&mut self, path: &str, through: &Sources) -> bool {
        // What is copied or packed from here is of interest only when it comes from elsewhere.
        let foreign: Vec<Source> =
            through.iter().filter(|source| matches!(source, Source::Network(_))).cloned().collect();
        if let Some((_, sources)) = self.trees.iter_mut().find(|(root, _)| root == path) {
            return grow(sources, foreign);
        }
        if foreign.is_empty() || self.trees.len() >= MOST_TREES {
            return false;
        }
        self.trees.push((path.to_owned(), foreign.into_iter().collect()));
        true
    }

    /// What a file holds: what was written to it, or what it is.
    fn file(&self, path: &str, zone: Zone) -> Vec<Source> {
        if let Some(sources) = self.written.get(path).filter(|sources| !sources.is_empty()) {
            let mut sources: Vec<Source> = sources.iter().cloned().collect();
            if zone == Zone::Secret {
                sources.push(Source::Secret(path.to_owned()));
            }
            return sources;
        }
        let mut sources: Vec<Source> = self
            .trees
            .iter()
            .filter(|(root, _)| zone::within(path, root))
            .flat_map(|(_, from)| from.iter().cloned())
            .collect();
        match zone {
            Zone::Secret => sources.push(Source::Secret(path.to_owned())),
            Zone::Sink => {}
            _ if prints::tells_of_the_machine(path) => sources.push(Source::System),
            Zone::Unknown => sources.push(Source::Unknown),
            _ if !sources.is_empty() => {}
            _ => sources.push(Source::File(path.to_owned())),
        }
        sources
    }

    fn channel(&self, channel: Channel) -> Sources {
        let mut out = Sources::new();
        for printed in self.streams.printers(channel).iter().filter_map(|at| self.printed.get(*at)) {
            grow(&mut out, printed.iter().cloned());
        }
        out
    }

    /// What a word holds: text of the script, variables, what substitutions print.
    fn word(&self, word: &Word) -> Sources {
        let mut out = Sources::new();
        for channel in &word.fed_by {
            grow(&mut out, self.channel(*channel));
        }
        if !word.complete {
            for name in variables(&word.value) {
                grow(&mut out, self.variable(&name, !word.fed_by.is_empty()));
            }
        }
        if out.is_empty() && word.complete {
            out.insert(Source::Literal);
        }
        out
    }

    /// What a command finds on its standard input.
    fn input(&self, command: &Command, depth: usize) -> Sources {
        match &command.input {
            Input::Pipe(channel) => self.channel(*channel),
            Input::Text(word) => self.word(word),
            Input::File(word) => self.named(command, word),
            Input::Inherited => {
                let shared = command.holder.and_then(|at| self.commands.get(at)).filter(|holder| {
                    // A substitution has a stream of its own, but its input is that of the command around it all the same.
                    depth > 0 && holder.kind != Kind::Assignment
                });
                shared.map(|holder| self.input(holder, depth - 1)).unwrap_or_default()
            }
        }
    }

    fn named(&self, command: &Command, word: &Word) -> Sources {
        if !word.fed_by.is_empty() {
            return self.word(word);
        }
        if !word.complete {
            return [Source::Unknown].into();
        }
        let directory = command.directory.as_deref().unwrap_or(self.ground.cwd);
        let path = if word.value.starts_with('/') {
            word.value.clone()
        } else {
            format!("{directory}/{}", word.value)
        };
        let path = zone::resolve(&path, self.ground.cwd);
        let zone = zone::of(&path, self.ground);
        self.file(&path, zone).into_iter().collect()
    }

    /// All sources of one effect.
    /// `passed` holds what the command of the effect before prints, which is the same for all effects of a command.
    fn sources(&self, effect: &Effect, passed: &mut Option<(usize, Sources)>) -> Sources {
        let mut out = Sources::new();
        for source in &effect.sources {
            match source {
                Source::File(path) | Source::Secret(path) => {
                    let zone = zone::of(path, self.ground);
                    let zone = if matches!(source, Source::Secret(_)) { Zone::Secret } else { zone };
                    grow(&mut out, self.file(path, zone));
                }
                Source::Environment(name) if !name.is_empty() => {
                    grow(&mut out, self.variable(name, !effect.fed_by.is_empty()));
                }
                other => {
                    out.insert(other.clone());
                }
            }
        }
        for channel in &effect.fed_by {
            grow(&mut out, self.channel(*channel));
        }
        let Some(command) = self.commands.get(effect.command) else { return out };
        if let (EffectKind::Execute, Target::Path { path, zone, .. }) = (effect.kind, &effect.target) {
            let known = self.written.contains_key(path)
                || self.trees.iter().any(|(root, _)| zone::within(path, root));
            if known {
                grow(&mut out, self.file(path, *zone));
            }
        }
        if effect.takes_input {
            if matches!(effect.kind, EffectKind::Write | EffectKind::Replace) {
                let known = passed.take().filter(|(at, _)| *at == effect.command);
                let (_, through) = passed
                    .insert(known.unwrap_or_else(|| (effect.command, self.through(effect.command, command))));
                grow(&mut out, through.iter().cloned());
            } else {
                grow(&mut out, self.input(command, MOST_HOLDERS));
            }
        }
        out
    }
}
