//! Which paths a command may touch, from its arguments and the table of programs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::answer::{Access, Certainty, Doubt, DoubtKind, TouchedPath, Word};
use crate::canonical::basename;
use crate::code;
use crate::effect::{EffectKind, Source};
use crate::language::{self, Deed};
use crate::options::{Part, part_of, parts};
use crate::programs::{self, Program};
use crate::scope::Places;
use crate::special;

/// Collects the paths of one command.
pub(crate) struct Found<'a> {
    pub(crate) paths: Vec<TouchedPath>,
    pub(crate) doubts: Vec<Doubt>,
    places: &'a Places,
    /// The home directory, where it matters.
    pub(crate) home: &'a str,
    /// Where what has a fingerprint is listed, so that looking for it costs the same however much there is. Empty while there
    /// is little.
    seen: HashMap<u64, usize>,
}

/// So many things are looked through one by one.
const FEW: usize = 8;

/// How a path is touched.
#[derive(Clone, Copy)]
pub(crate) struct Touch<'a> {
    pub(crate) access: Access,
    pub(crate) at_best: Certainty,
    pub(crate) recursive: bool,
    pub(crate) skips_hidden: bool,
    pub(crate) used: bool,
    pub(crate) because: &'a str,
}

impl<'a> Touch<'a> {
    pub(crate) fn sure(access: Access, because: &'a str) -> Self {
        Self {
            access,
            at_best: Certainty::Proven,
            recursive: false,
            skips_hidden: false,
            used: false,
            because,
        }
    }

    pub(crate) fn perhaps(access: Access, because: &'a str) -> Self {
        Self { at_best: Certainty::Assumed, ..Self::sure(access, because) }
    }

    /// By a program that may do no more than use it.
    pub(crate) fn used(access: Access, at_best: Certainty, because: &'a str) -> Self {
        Self { at_best, used: true, ..Self::sure(access, because) }
    }

    pub(crate) fn below(self, recursive: bool) -> Self {
        Self { recursive, ..self }
    }
}

impl<'a> Found<'a> {
    pub(crate) fn new(places: &'a Places) -> Self {
        Self { paths: Vec::new(), doubts: Vec::new(), places, home: "", seen: HashMap::new() }
    }

    /// Goes on with what was found before.
    pub(crate) fn resume(&mut self, paths: Vec<TouchedPath>, doubts: Vec<Doubt>) {
        (self.paths, self.doubts) = (paths, doubts);
        self.seen.clear();
    }

    /// Are there more than are looked through one by one? Then all have their fingerprints from now on.
    fn many(&mut self) -> bool {
        if self.paths.len() + self.doubts.len() < FEW {
            return false;
        }
        if self.seen.is_empty() {
            self.seen = self.paths.iter().enumerate().map(|(at, path)| (fingerprint(path), at)).collect();
            self.seen.extend(self.doubts.iter().enumerate().map(|(at, doubt)| (fingerprint(doubt), at)));
        }
        true
    }

    pub(crate) fn doubt(&mut self, kind: DoubtKind, text: String) {
        let doubt = Doubt { kind, text };
        if !self.many() {
            if !self.doubts.contains(&doubt) {
                self.doubts.push(doubt);
            }
            return;
        }
        let at = *self.seen.entry(fingerprint(&doubt)).or_insert(self.doubts.len());
        if self.doubts.get(at) != Some(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// Notes that `word` is a path that is touched.
    pub(crate) fn touch(&mut self, word: &Word, touch: Touch<'_>) {
        let value = word.value.strip_prefix("file://").unwrap_or(&word.value);
        if value.is_empty() || value == "-" {
            return;
        }
        if word.certainty == Certainty::Opaque {
            self.doubt(
                DoubtKind::Dynamic,
                format!("`{}` ({}) is only known when it runs", word.written, touch.because),
            );
        }
        let certainty = word.certainty.max(touch.at_best);
        if !word.complete {
            let text = word.canonical.clone();
            return self.push(text.clone(), text, word, touch, Certainty::Opaque);
        }
        if value.starts_with('/') {
            return self.push(normalise(value), value.to_owned(), word, touch, certainty);
        }
        let several = self.places.known().len() > 1 || self.places.is_unknown();
        let certainty = if several { certainty.max(Certainty::Assumed) } else { certainty };
        for place in self.places.known() {
            let joined = [place, "/", value].concat();
            self.push(normalise(&joined), joined, word, touch, certainty);
        }
        if self.places.is_unknown() {
            self.doubt(
                DoubtKind::Unresolved,
                format!("the directory that `{value}` ({}) starts from is not known", touch.because),
            );
            self.push(value.to_owned(), value.to_owned(), word, touch, Certainty::Opaque);
        }
    }

    fn push(&mut self, text: String, joined: String, word: &Word, touch: Touch<'_>, certainty: Certainty) {
        let path = TouchedPath {
            text,
            joined,
            written: word.value.clone(),
            access: touch.access,
            certainty,
            recursive: touch.recursive,
            glob: word.glob,
            skips_hidden: touch.skips_hidden,
            used: touch.used,
            because: touch.because.to_owned(),
        };
        if !self.many() {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
            return;
        }
        // Something else that has the same fingerprint must not be lost; being listed twice does no harm.
        let at = *self.seen.entry(fingerprint(&path)).or_insert(self.paths.len());
        if self.paths.get(at) != Some(&path) {
            self.paths.push(path);
        }
    }
}

/// The same for equal things, in every run.
fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// Adds the paths that the arguments of `name` touch. `piped`: its input is a pipe.
pub(crate) fn arguments(name: &str, arguments: &[Word], piped: bool, found: &mut Found<'_>) {
    if special::arguments(name, arguments, found) {
        return;
    }
    match programs::find(name) {
        Some(row) => known(row, name, arguments, piped, found),
        None => unknown(name, arguments, found),
    }
}

/// A program of the table.
pub(crate) fn known(row: &Program, name: &str, arguments: &[Word], piped: bool, found: &mut Found<'_>) {
    let parts = parts(arguments, row.options, true);
    let because = if arguments.is_empty() { String::new() } else { format!("argument of `{name}`") };
    let mut uses = Uses::of(row, name, &parts);
    for part in &parts {
        if let Part::Option { name: option, role, value: Some(value) } = part {
            let because = format!("option {option} of `{name}`");
            match role {
                Some(role) => uses.role(*role, value, &because, found),
                None if value.value.contains(['/', '.', '~']) => perhaps(value, &because, found),
                None => {}
            }
        }
    }
    let operands: Vec<&Word> = parts
        .iter()
        .filter_map(|part| if let Part::Operand(at) = part { arguments.get(*at) } else { None })
        .collect();
    let specification = if uses.shell_text { "t u*" } else { row.operands };
    let roles = roles(specification, operands.len(), uses.text_given, uses.target_given);
    let mut paths = 0;
    for (operand, role) in operands.iter().zip(&roles) {
        if operand.value.starts_with("file://") && *role == 't' {
            found.touch(operand, Touch::sure(Access::Read, &because));
        }
        paths += usize::from(!"tcsk".contains(*role));
        // What stands in `<( … )` was followed: a stream that is read is no file. An option may take names of files from it.
        if *role == 'r' && !uses.writes && !uses.deletes && is_stream(operand) {
            continue;
        }
        uses.role(*role, operand, &because, found);
    }
    let default = row.operands.split_once('.').and_then(|(_, role)| role.chars().next());
    let implied = default.or_else(|| (uses.recursive && row.operands == "t r*").then_some('r'));
    if let Some(role) = implied.filter(|role| paths == 0 && !(piped && *role == 'r')) {
        uses.role(role, &crate::expand::known("."), &format!("`{name}` without a path"), found);
    }
    if row.operands.ends_with("* w") || row.operands.ends_with("* q") {
        let given = parts.iter().find_map(|part| match part {
            Part::Option { role: Some('L'), value: Some(value), .. } => Some(value),
            _ => None,
        });
        match (given, operands.split_last()) {
            (Some(target), _) => into_directory(target, &operands, name, found),
            (None, Some((target, _))) if row.operands.ends_with('q') && is_remote(&target.value) => {}
            (None, Some((target, sources))) => into_directory(target, sources, name, found),
            (None, None) => {}
        }
    }
}

/// `cp a dir`: when the target is a directory, what is written is inside it.
fn into_directory(target: &Word, sources: &[&Word], name: &str, found: &mut Found<'_>) {
    let because = format!("target of `{name}`, if it is a directory");
    for source in sources.iter().filter(|source| source.complete && target.complete) {
        let name = match source.value.rsplit_once(':') {
            Some((_, name)) if is_remote(&source.value) => name,
            _ => source.value.as_str(),
        };
        let inside = format!("{}/{}", target.value, basename(name.trim_end_matches('/')));
        let inside = Word { glob: source.glob || target.glob, ..part_of(target, &inside) };
        found.touch(&inside, Touch::perhaps(Access::Write, &because));
    }
}

/// How the options of one command change what its operands mean.
struct Uses<'a> {
    /// The program, as the name of a language.
    language: &'a str,
    recursive: bool,
    skips_hidden: bool,
    text_given: bool,
    shell_text: bool,
    target_given: bool,
    /// It is `openssl`, and prints what it reads.
    shows: bool,
    writes: bool,
    deletes: bool,
}

impl<'a> Uses<'a> {
    fn of(row: &Program, language: &'a str, parts: &[Part]) -> Self {
        let mut uses = Self {
            language,
            recursive: row.recursive.starts_with("always"),
            skips_hidden: row.recursive.contains("hidden"),
            text_given: false,
            shell_text: false,
            target_given: false,
            shows: language == "openssl",
            writes: false,
            deletes: false,
        };
        for part in parts {
            let Part::Option { name, role, .. } = part else { continue };
            uses.recursive |= row.recursive.split(' ').any(|flag| stands_for(name, flag));
            uses.skips_hidden &=
                !matches!(name.as_str(), "--hidden" | "-H" | "-u" | "-." | "-a" | "--unrestricted");
            uses.shows &= !matches!(name.as_str(), "-pubout" | "-noout");
            match role {
                Some('T' | 'C' | 'S' | 'K' | 'F') => uses.text_given = true,
                Some('N') => uses.shell_text = true,
                Some('L') => uses.target_given = true,
                Some('W') => uses.writes = true,
                Some('D') => uses.deletes = true,
                _ => {}
            }
        }
        uses
    }

    /// Notes what happens to a word in the given role.
    fn role(&mut self, role: char, word: &Word, because: &str, found: &mut Found<'_>) {
        let touch = |access| {
            Touch { skips_hidden: self.skips_hidden, ..Touch::sure(access, because) }.below(self.recursive)
        };
        match role {
            'r' | 'F' => found.touch(word, touch(Access::Read)),
            'l' => found.touch(word, touch(Access::List)),
            'w' | 'L' => found.touch(word, touch(Access::Write)),
            'q' if !is_remote(&word.value) => found.touch(word, touch(Access::Write)),
            // `openssl rsa -in key` shows the key.
            'i' if self.shows && because.starts_with("option -in ") => {
                found.touch(word, Touch::sure(Access::Read, because));
            }
            'i' => found.touch(word, Touch::used(Access::Read, Certainty::Proven, because)),
            'y' => found.touch(word, Touch::used(Access::Write, Certainty::Proven, because)),
            'o' => found.touch(word, Touch::sure(Access::Write, because)),
            'd' => found.touch(word, touch(Access::Delete)),
            'b' => {
                found.touch(word, touch(Access::Read));
                found.touch(word, touch(Access::Write));
            }
            'm' => {
                found.touch(word, touch(Access::Read));
                found.touch(word, touch(Access::Delete));
            }
            'x' => {
                found.touch(word, touch(Access::Read));
                found.touch(word, touch(Access::Execute));
            }
            'u' => perhaps(word, because, found),
            'p' if !is_remote(&word.value) => found.touch(word, touch(Access::Read)),
            'v' => assigned(word, because, found),
            '@' => at_file(word, because, found),
            'c' | 'C' => embedded(self.language, word, because, found),
            'k' | 'K' => embedded_awk(word, because, found),
            's' | 'S' => embedded_sed(word, because, found),
            _ => {}
        }
        if self.writes && matches!(role, 'r' | 'u') {
            found.touch(word, touch(Access::Write));
        }
        if self.deletes && matches!(role, 'r' | 'w')
            || (self.deletes && role == 'q' && !is_remote(&word.value))
        {
            found.touch(word, touch(Access::Delete));
        }
    }
}

/// Is the word one `<( … )` and nothing else?
fn is_stream(word: &Word) -> bool {
    let one = word.fed_by.len() == 1 && word.open_prefix.is_none();
    one && !word.complete && word.value.starts_with("<(") && word.value.ends_with(')')
}

/// A long option may be cut short.
fn stands_for(given: &str, flag: &str) -> bool {
    given == flag || (given.len() > 2 && given.starts_with("--") && flag.starts_with(given))
}

/// The role of each of `count` operands.
fn roles(specification: &str, count: usize, text_given: bool, target_given: bool) -> Vec<char> {
    let mut tokens: Vec<&str> =
        specification.split(' ').filter(|token| !token.is_empty() && !token.starts_with('.')).collect();
    if text_given && tokens.first().is_some_and(|token| "tcskx".contains(*token)) {
        tokens.remove(0);
    }
    if target_given && tokens.len() > 1 {
        tokens.pop();
    }
    let repeat = tokens.iter().position(|token| token.ends_with('*'));
    let after = repeat.map_or(0, |at| tokens.len() - at - 1);
    let letter = |token: &str| token.chars().next().unwrap_or('t');
    (0..count)
        .map(|index| match repeat {
            Some(at) if index >= at => {
                let from_end = count - index;
                // A last operand needs another before it: `cp a` alone copies nothing, but touches `a`.
                let last = from_end <= after && index > 0;
                let token = if last { tokens.get(tokens.len() - from_end) } else { tokens.get(at) };
                token.map_or('t', |token| letter(token))
            }
            _ => tokens.get(index).or_else(|| tokens.last()).map_or('t', |token| letter(token)),
        })
        .collect()
}

/// A program that is not in the table: any argument may be a path.
fn unknown(name: &str, arguments: &[Word], found: &mut Found<'_>) {
    let because = format!("argument of `{name}`, of which nothing is known");
    let touch = Touch::used(Access::Read, Certainty::Assumed, &because);
    for word in arguments {
        if !word.value.starts_with('-') {
            mentioned(word, touch, found);
        } else if let Some((_, value)) = word.value.split_once('=') {
            mentioned(&part_of(word, value), touch, found);
        } else if let Some(attached) = word.value.get(2..).filter(|rest| rest.contains(['/', '.', '$'])) {
            mentioned(&part_of(word, attached), touch, found);
        }
    }
}

/// A word that may be a path, or hold one after `=`, `@` or `:`.
pub(crate) fn perhaps(word: &Word, because: &str, found: &mut Found<'_>) {
    mentioned(word, Touch::perhaps(Access::Read, because), found);
}

fn mentioned(word: &Word, touch: Touch<'_>, found: &mut Found<'_>) {
    let value = word.value.as_str();
    let url = value.contains("://") && !value.starts_with("file://");
    if url || value.is_empty() || value.starts_with('-') {
        return;
    }
    found.touch(word, touch);
    if word.complete && value.contains(char::is_whitespace) {
        // It may be a command line or code of its own.
        for candidate in code::candidates(value) {
            found.touch(&part_of(word, candidate), touch);
        }
        return;
    }
    for part in value.split(['=', ':', '@', ',']).skip(1).filter(|part| word.complete && !part.is_empty()) {
        found.touch(&part_of(word, part), touch);
    }
    if word.complete && value.contains(':') {
        let first = value.split(':').next().unwrap_or_default();
        found.touch(&part_of(word, first), touch);
    }
}

/// `NAME=value`: the value names a path that the command, or a later one, may use.
pub(crate) fn assigned(word: &Word, because: &str, found: &mut Found<'_>) {
    let value = word.value.split_once('=').map_or("", |(_, value)| value);
    if word.complete && !value.contains("://") {
        let plain = |part: &&str| part.contains(|c: char| !c.is_ascii_digit());
        for part in value.split([':', ' ', '\n']).filter(plain) {
            found.touch(&part_of(word, part), Touch::perhaps(Access::Read, because));
        }
    }
}

fn at_file(word: &Word, because: &str, found: &mut Found<'_>) {
    for mark in ['@', '<'] {
        if let Some((_, file)) = word.value.split_once(mark) {
            let file = file.split(';').next().unwrap_or_default();
            found.touch(&part_of(word, file), Touch::sure(Access::Read, because));
        }
    }
}

/// Code of another language: the files that it names, where all of it is understood; otherwise what looks like a path in it
/// may be read or written.
pub(crate) fn embedded(language: &str, word: &Word, because: &str, found: &mut Found<'_>) {
    let because = format!("named in the code ({because})");
    let reading = language::read(language, word, &[]);
    if reading.understood {
        for deed in &reading.deeds {
            named(deed, word, &because, found);
        }
        return;
    }
    let candidates = code::candidates(&word.value);
    if candidates.len() >= code::MOST_CANDIDATES {
        found.doubt(DoubtKind::Limit, format!("too many possible paths {because}"));
    }
    for candidate in candidates {
        let path = part_of(word, candidate);
        let path = Word { complete: !candidate.contains('$'), ..path };
        found.touch(&path, Touch::perhaps(Access::Read, &because));
        found.touch(&path, Touch::perhaps(Access::Write, &because));
    }
}

/// The files of one deed of code.
fn named(deed: &Deed, word: &Word, because: &str, found: &mut Found<'_>) {
    let mut touch = |path: &str, access, at_best, recursive| {
        let path = match path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            Some(rest) if !found.home.is_empty() => format!("{}{rest}", found.home),
            _ => path.to_owned(),
        };
        let glob = path.contains(['*', '?', '[']);
        let path = Word { glob, complete: at_best != Certainty::Opaque, ..part_of(word, &path) };
        found.touch(&path, Touch { at_best, ..Touch::sure(access, because) }.below(recursive));
    };
    let sources = match deed {
        Deed::File { kind, path, recursive, sources, certainty, .. } => {
            touch(path, access_of(*kind), *certainty, *recursive);
            sources
        }
        Deed::Network { sources, .. } => sources,
        _ => return,
    };
    for source in sources {
        if let Source::File(path) | Source::Secret(path) = source {
            touch(path, Access::Read, Certainty::Assumed, false);
        }
    }
}

fn access_of(kind: EffectKind) -> Access {
    match kind {
        EffectKind::Read => Access::Read,
        EffectKind::List => Access::List,
        EffectKind::Delete => Access::Delete,
        EffectKind::Execute | EffectKind::Run => Access::Execute,
        _ => Access::Write,
    }
}

fn embedded_awk(word: &Word, because: &str, found: &mut Found<'_>) {
    if word.value.contains(['<', '>', '|']) || word.value.contains("getline") || word.value.contains("system")
    {
        let strings: Vec<&str> = word.value.split('"').skip(1).step_by(2).collect();
        embedded("", &part_of(word, &format!("\"{}\"", strings.join("\" \""))), because, found);
    }
}

fn embedded_sed(word: &Word, because: &str, found: &mut Found<'_>) {
    for (file, written) in code::sed_files(&word.value) {
        let access = if written { Access::Write } else { Access::Read };
        found.touch(&part_of(word, file), Touch::perhaps(access, because));
    }
}

fn is_remote(value: &str) -> bool {
    let host = value.split('/').next().unwrap_or_default();
    value.contains("://") || host.contains(':')
}

/// `path` below `directory`, unless it is absolute; normalised.
pub(crate) fn join(directory: &str, path: &str) -> String {
    if path.starts_with('/') { normalise(path) } else { normalise(&format!("{directory}/{path}")) }
}

/// Is there nothing to take out of an absolute path?
pub(crate) fn is_normal(path: &str) -> bool {
    let part = |part: &[u8]| !matches!(part, b"" | b"." | b"..");
    path.as_bytes().strip_prefix(b"/").is_some_and(|rest| rest.split(|b| *b == b'/').all(part))
}

/// Takes `.`, `..` and doubled slashes out of an absolute path.
pub(crate) fn normalise(path: &str) -> String {
    if is_normal(path) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}
