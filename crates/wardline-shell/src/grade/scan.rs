//! Reads the arguments of a command by its line of the grammar.
//!
//! Words that are not known to the last byte count only where they cannot turn out to be options: after `--`, in
//! quotes behind other text, or where no option of the program does harm. A pattern that begins with `*` may match a file
//! that is called like an option, so it is one of these words.

use crate::answer::{Certainty, Command, Word};
use crate::options::part_of;

use super::Grade;
use super::place::Ground;
use super::row::{Listed, Row, Takes};
use super::table;

/// Most subcommands inside each other.
const MOST_LEVELS: usize = 4;

/// What was given to a line, for its check.
pub(super) struct Scan<'a> {
    pub(super) command: &'a Command,
    pub(super) ground: &'a Ground<'a>,
    /// Names and values, in order.
    pub(super) options: Vec<(String, Option<Word>)>,
    pub(super) operands: Vec<&'a Word>,
    /// All words after the name of the program and its subcommands.
    pub(super) words: &'a [Word],
}

impl Scan<'_> {
    /// Was one of these options given?
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(&name.as_str()))
    }
}

/// Is the word known to the last byte, but for patterns that are matched when it runs?
pub(super) fn is_known(word: &Word) -> bool {
    word.complete && word.certainty != Certainty::Opaque
}

/// Grades `words`, the arguments that come after the name of `row`.
pub(super) fn grade(row: &Row, words: &[Word], command: &Command, ground: &Ground<'_>) -> Grade {
    level(row, words, command, ground, 0).unwrap_or(Grade::Unknown)
}

fn level(row: &Row, words: &[Word], command: &Command, ground: &Ground<'_>, depth: usize) -> Option<Grade> {
    if depth > MOST_LEVELS {
        return None;
    }
    if row.operands == "=" {
        return level(table::find(row.options)?, words, command, ground, depth + 1);
    }
    let scan = Scan { command, ground, options: Vec::new(), operands: Vec::new(), words };
    let mut reader = Reader { row, scan, grade: row.grade, next: None };
    if row.operands != "any" {
        reader.read()?;
    }
    let Reader { scan, grade, next, .. } = reader;
    if let Some((name, from)) = next {
        let inner = level(table::find(&name)?, words.get(from..)?, command, ground, depth + 1)?;
        return Some(inner.max(row.check.map_or(Grade::Looks, |check| check(&scan))));
    }
    if grade >= Grade::Edits && !ground.in_project() {
        return None;
    }
    operands(row, &scan)?;
    Some(row.check.map_or(grade, |check| grade.max(check(&scan))))
}

struct Reader<'a, 'r> {
    row: &'r Row,
    scan: Scan<'a>,
    grade: Grade,
    /// The line of a subcommand, and where its words begin.
    next: Option<(String, usize)>,
}

impl<'a> Reader<'a, '_> {
    /// `None`: something is not listed.
    fn read(&mut self) -> Option<()> {
        let words = self.scan.words;
        let wrapped = self.row.operands.strip_prefix('>').and_then(|skip| skip.parse::<usize>().ok());
        let mut index = 0;
        let mut ended = false;
        while let Some(word) = words.get(index) {
            index += 1;
            if !ended && word.value == "--" && is_known(word) {
                ended = true;
            } else if !ended && self.is_option(word)? {
                index += usize::from(self.option(word, words.get(index), index)?);
                if self.next.is_some() {
                    return Some(());
                }
            } else if self.row.operands == "/" {
                if !is_known(word) || word.glob {
                    return None;
                }
                self.next = Some((format!("{} {}", self.row.name, word.value), index));
                return Some(());
            } else {
                self.scan.operands.push(word);
                if wrapped.is_some_and(|skip| self.scan.operands.len() > skip) {
                    return Some(());
                }
            }
        }
        Some(())
    }

    /// Whether the word is an option; `None` when that can't be told and matters.
    fn is_option(&self, word: &Word) -> Option<bool> {
        if is_loose(word) {
            return self.row.open.then_some(false);
        }
        Some(word.value.len() > 1 && word.value.starts_with('-'))
    }

    /// Takes an option; says whether the next word is its value.
    fn option(&mut self, word: &'a Word, next: Option<&'a Word>, index: usize) -> Option<bool> {
        let (name, attached) = match word.value.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.value.as_str(), None),
        };
        // The name itself has to be known.
        if !is_plain(word, name) {
            return None;
        }
        let name = match name.strip_prefix("--") {
            Some(rest) if self.row.exact && self.row.word(name).is_none() => format!("-{rest}"),
            _ => name.to_owned(),
        };
        if !name.starts_with("--") && !self.row.exact {
            return self.cluster(word, next, index);
        }
        let listed = self.row.word(&name)?;
        let attached = attached.map(|value| part_of(word, value));
        match (listed.takes, attached) {
            (Takes::Nothing, None) | (Takes::Attached, None) => {
                self.put(name, listed, None, index).map(|()| false)
            }
            (Takes::Nothing, Some(_)) => None,
            (_, Some(value)) => self.put(name, listed, Some(value), index).map(|()| false),
            (Takes::Value, None) => {
                let value = next.filter(|value| self.row.open || !splits(value))?;
                self.put(name, listed, Some(value.clone()), index + 1).map(|()| true)
            }
        }
    }

    fn cluster(&mut self, word: &'a Word, next: Option<&'a Word>, index: usize) -> Option<bool> {
        let text = word.value.get(1..)?;
        if text.chars().all(|c| c.is_ascii_digit()) && self.row.takes_digits() {
            self.scan.options.push(("-#".to_owned(), Some(part_of(word, text))));
            return Some(false);
        }
        for (at, letter) in text.char_indices() {
            let listed = self.row.letter(letter)?;
            let name = format!("-{letter}");
            let rest = text.get(at + letter.len_utf8()..).unwrap_or_default();
            match listed.takes {
                Takes::Nothing => self.put(name, listed, None, index)?,
                Takes::Value if rest.is_empty() => {
                    let value = next.filter(|value| self.row.open || !splits(value))?;
                    return self.put(name, listed, Some(value.clone()), index + 1).map(|()| true);
                }
                _ => {
                    let value = (!rest.is_empty()).then(|| part_of(word, rest));
                    return self.put(name, listed, value, index).map(|()| false);
                }
            }
        }
        Some(false)
    }

    /// Notes an option whose value ends before the word at `after`.
    fn put(&mut self, name: String, listed: Listed, value: Option<Word>, after: usize) -> Option<()> {
        if let Some(value) = &value {
            if listed.kind == "/" {
                let known = is_known(value).then_some(&value.value)?;
                self.next = Some((format!("{} {name} {known}", self.row.name), after));
            } else if !fits(listed.kind, value, &self.scan) {
                return None;
            }
        }
        self.grade = self.grade.max(listed.grade);
        self.scan.options.push((name, value));
        Some(())
    }
}

/// Do the operands fit the line?
fn operands(row: &Row, scan: &Scan<'_>) -> Option<()> {
    if row.operands.starts_with(['>', '/']) {
        return Some(());
    }
    let kinds: Vec<&str> = row.operands.split_ascii_whitespace().collect();
    let count = scan.operands.len();
    let repeated = kinds.iter().position(|kind| kind.ends_with('*'));
    for (at, word) in scan.operands.iter().enumerate() {
        let kind = match repeated {
            Some(repeat) if at >= repeat && at + 1 == count => kinds.last(),
            Some(repeat) => kinds.get(at.min(repeat)),
            None => kinds.get(at),
        };
        fits(kind?.trim_end_matches('*'), word, scan).then_some(())?;
    }
    Some(())
}

/// Is the word one of this kind?
fn fits(kind: &str, word: &Word, scan: &Scan<'_>) -> bool {
    let text = word.value.as_str();
    match kind {
        "t" => true,
        "n" => !is_known(word) || is_number(text),
        "r" => scan.ground.is_covered(word),
        "p" => scan.ground.is_inside(word),
        "o" => scan.ground.may_write(word) || super::place::is_sink(text),
        "x" => is_known(word) && !word.glob && is_name(text),
        _ => {
            let list = kind.trim_start_matches('{').trim_end_matches('}');
            is_known(word) && !word.glob && list.split('|').any(|allowed| allowed == text)
        }
    }
}

fn is_number(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || "+-.,:%kKMGTBbsmhdiJjx".contains(c))
}

/// A name of a target, script or package of the project: nothing that could be a path, an address or a setting.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '.', '/', '@', '+'])
        && !text.contains("://")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/@%".contains(c))
        && !text.contains("..")
}

/// May the word turn out to be an option, or several words?
fn is_loose(word: &Word) -> bool {
    let begins = word.value.chars().next().unwrap_or('x');
    if !is_known(word) && (splits(word) || matches!(begins, '$' | '`')) {
        return true;
    }
    word.glob && matches!(begins, '*' | '?' | '[')
}

/// Is what is not known of the word outside quotes, so that it may become several words?
fn splits(word: &Word) -> bool {
    if is_known(word) {
        return false;
    }
    let mut quoted = false;
    let mut characters = word.written.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '\\' => drop(characters.next()),
            '\'' if !quoted => drop(characters.by_ref().find(|c| *c == '\'')),
            '$' | '`' if !quoted => return true,
            _ => {}
        }
    }
    // `"$@"` is several words in its quotes.
    word.written.is_empty() || word.written.contains("$@") || word.written.contains("[@]")
}

/// Is `name`, the beginning of the word, known to the last byte?
fn is_plain(word: &Word, name: &str) -> bool {
    (is_known(word) || !splits(word) && !name.contains(['$', '`']))
        && !(word.glob && name.contains(['*', '?', '[']))
}
