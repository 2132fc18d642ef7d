//! What programs do that the checks have to know: who fetches, who runs code, who passes it on.

use std::collections::BTreeMap;

use super::reader::{Command, Part, Word};

/// A command by the program that it runs in the end, without what only starts it.
pub(super) struct Named<'a> {
    /// The program's name, without its directory; empty when it is not written out.
    pub(super) name: String,
    /// The word that names it.
    pub(super) program: Option<&'a Word>,
    /// What it is given.
    pub(super) words: Vec<&'a Word>,
    pub(super) command: &'a Command,
}

impl Named<'_> {
    pub(super) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// Whether an option is given: a long one whole, or a letter among short ones. `takes` are letters whose value follows them.
    pub(super) fn has(&self, long: &str, letter: char, takes: &str) -> bool {
        self.words.iter().any(|word| {
            let text = word.text();
            if text.starts_with("--") || letter == ' ' {
                return text == long;
            }
            let Some(letters) = text.strip_prefix('-') else { return false };
            let end = letters.find(|c| takes.contains(c)).unwrap_or(letters.len());
            letters.get(..end).unwrap_or_default().contains(letter)
        })
    }

    /// Whether a word has this text.
    pub(super) fn says(&self, wanted: &str) -> bool {
        self.words.iter().any(|word| word.text() == wanted)
    }
}

/// Programs that start another one with the rest of their words.
const STARTING: [&str; 14] = [
    "sudo", "doas", "env", "command", "builtin", "exec", "nohup", "nice", "ionice", "time", "timeout",
    "setsid", "busybox", "stdbuf",
];

/// A command by its program.
pub(super) fn named(command: &Command) -> Option<Named<'_>> {
    let mut words: Vec<&Word> = command.words.iter().collect();
    loop {
        let first = *words.first()?;
        let name = first.literal().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        words.remove(0);
        let starts = STARTING.contains(&name.as_str());
        if !starts || words.is_empty() {
            return Some(Named { name, program: Some(first), words, command });
        }
        // Its options, their values, and variables that it sets.
        while let Some(word) = words.first() {
            let text = word.text();
            let takes = text == "-u" || text == "-g" || text == "-n" || text == "-s";
            let number = text.starts_with(|c: char| c.is_ascii_digit());
            if text.starts_with('-') || text.contains('=') || number {
                words.remove(0);
                if takes && name != "env" && !words.is_empty() {
                    words.remove(0);
                }
            } else {
                break;
            }
        }
        words.first()?;
    }
}

const CURL_TAKES: &str = "AbcCdDeEFhHKmoPQrTuUwxXyYzt";

/// Whether a program prints what it fetches; and then, whether nobody on the way can put something else in its place.
pub(super) fn fetches(call: &Named<'_>, values: &BTreeMap<String, String>) -> Option<bool> {
    let prints = match call.name.as_str() {
        "curl" => {
            let file = call.has("--output", 'o', "AbcCdDeEFhHKmPQrTuUwxXyYzt") && !call.says("-");
            !(file || call.has("--remote-name", 'O', CURL_TAKES))
        }
        "wget" => call.words.iter().any(|word| {
            let text = word.text();
            text == "--output-document=-"
                || text.starts_with('-')
                    && !text.starts_with("--")
                    && (text.ends_with("O-") || text.ends_with('O') && call.says("-"))
        }),
        "fetch" => call.says("-"),
        "http" | "https" | "aria2c" | "lynx" | "GET" => true,
        _ => false,
    };
    if !prints {
        return None;
    }
    let unchecked =
        call.has("--insecure", 'k', CURL_TAKES) && call.name == "curl" || call.says("--no-check-certificate");
    let clear = call.words.iter().any(|word| {
        let text: String = word
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Variable { name, .. } => values.get(name).cloned().unwrap_or_default(),
                Part::Commands { .. } | Part::Number => String::new(),
            })
            .collect();
        is_clear(&text)
    });
    Some(!(unchecked && !is_local(call) || clear))
}

/// Whether an address is one that anybody on the way can answer for.
fn is_clear(address: &str) -> bool {
    let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("ftp://"));
    rest.is_some_and(|rest| !is_own(rest))
}

fn is_own(rest: &str) -> bool {
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    host.is_empty()
        || host == "localhost"
        || host.starts_with("127.")
        || host == "["
        || host == "0.0.0.0"
        || host == "169.254.169.254"
}

/// Whether all addresses are of this machine.
pub(super) fn is_local(call: &Named<'_>) -> bool {
    let mut addresses = call
        .words
        .iter()
        .filter_map(|word| word.text().split_once("://").map(|(_, rest)| rest.to_owned()))
        .peekable();
    addresses.peek().is_some() && addresses.all(|rest| is_own(&rest))
}

/// Whether a program runs code; then the word that is the code, or nothing when it reads the code from standard input. A script
/// in a file is none of these.
#[expect(clippy::option_option, reason = "no interpreter, code from its input, code in a word")]
pub(super) fn interprets<'a>(call: &Named<'a>) -> Option<Option<&'a Word>> {
    let base = call.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (is_shell, letters) = match base {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "fish" => (true, "c"),
        "python" | "pypy" => (false, "c"),
        "perl" | "ruby" | "node" | "nodejs" | "osascript" | "lua" => (false, "eE"),
        "php" => (false, "r"),
        "su" => (false, "c"),
        _ => return None,
    };
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let text = word.text();
        if text == "-" || text == "-s" {
            return (base != "su").then_some(None);
        }
        if text == "--command"
            || text.starts_with('-')
                && !text.starts_with("--")
                && text.ends_with(|c| letters.contains(c))
                && text.len() < 6
        {
            return words.next().map(|code| Some(*code));
        }
        if text == "-o" || text == "-O" || text == "-m" && !is_shell {
            words.next();
            if text == "-m" {
                return None;
            }
            continue;
        }
        if !text.starts_with('-') {
            // A script, or a file of a substitution.
            let given = word.parts.iter().any(|part| matches!(part, Part::Commands { .. }));
            return given.then_some(Some(*word));
        }
    }
    (base != "su").then_some(None)
}

/// The statement that a client of a database is given.
pub(super) fn statement<'a>(call: &Named<'a>) -> Option<&'a Word> {
    let takes: &[&str] = match call.name.as_str() {
        "mysql" | "mariadb" => &["-e", "--execute"],
        "psql" => &["-c", "--command"],
        "sqlite3" => return call.words.iter().filter(|word| !word.text().starts_with('-')).nth(1).copied(),
        _ => return None,
    };
    let at = call.words.iter().position(|word| {
        takes.contains(&word.text().as_str())
            || word.text().ends_with('e')
                && word.text().starts_with('-')
                && !word.text().starts_with("--")
                && call.name != "psql"
    })?;
    call.words.get(at + 1).copied()
}

/// Whether what a program prints can be no code: a number, a digest, a quotation, listed characters only.
pub(super) fn cleans(call: &Named<'_>) -> bool {
    let first = call.words.first().map(|word| word.text()).unwrap_or_default();
    match call.name.as_str() {
        "wc" | "md5sum" | "sha1sum" | "sha256sum" | "sha512sum" | "cksum" | "b2sum" => true,
        "tr" => first.starts_with('-') && first.contains('d') && first.contains(['c', 'C']),
        "printf" => first.contains("%q") || first.contains("%d"),
        "sed" => call.words.iter().any(|word| word.text().contains("[^")),
        "jq" => call.words.iter().any(|word| word.text().contains("@sh")),
        _ => false,
    }
}

/// Whether a program prints what its words or its input say, changed or not.
pub(super) fn prints_its_words(call: &Named<'_>) -> bool {
    call.is(&[
        "echo", "printf", "sed", "awk", "cut", "tr", "grep", "cat", "head", "tail", "jq", "base64", "xargs",
        "tee", "rev", "sort",
    ])
}
