//! Colours and layout for a person; plain text when the output is not a terminal or `NO_COLOR` is set.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};

use wardline_monitor::policy::Decision;
use wardline_monitor::scan::finding::Severity;

/// The terminal that this process was started from, whatever its streams lead to.
fn own() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Whether somebody may be at a terminal.
pub(crate) fn is_attended() -> bool {
    own().is_ok()
}

/// Writes a text on the terminal and takes one line of an answer, without the spaces around it.
///
/// # Errors
/// When there is no terminal.
pub(crate) fn ask(text: &str) -> io::Result<String> {
    let mut terminal = own()?;
    terminal.write_all(text.as_bytes())?;
    terminal.flush()?;
    let mut line = String::new();
    BufReader::new(terminal).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// As [`ask`], for a yes; anything else is a no.
///
/// # Errors
/// When there is no terminal.
pub(crate) fn confirmed(text: &str) -> io::Result<bool> {
    Ok(matches!(ask(text)?.as_str(), "y" | "Y" | "yes" | "YES"))
}

/// Whether the person has nothing against colours.
pub(crate) fn coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How the standard output may look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// The style of standard output.
    pub(crate) fn of_stdout() -> Self {
        Self { colour: coloured() && io::stdout().is_terminal() }
    }

    /// No colours at all.
    pub(crate) fn plain() -> Self {
        Self { colour: false }
    }

    /// A decision as a coloured word.
    pub(crate) fn decision(self, decision: Decision) -> String {
        self.decision_word(decision.as_str())
    }

    /// A decision that is already a word, from a journal row.
    pub(crate) fn decision_word(self, word: &str) -> String {
        match word {
            "allow" => self.paint("32", word),
            "ask" => self.paint("33", word),
            "deny" => self.paint("31", word),
            other => other.to_owned(),
        }
    }

    /// Text of lesser weight.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// Text of greater weight.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// A good or bad mark.
    pub(crate) fn mark(self, good: bool) -> String {
        if good { self.paint("32", "ok") } else { self.paint("31", "open") }
    }

    /// What a finding means, as a coloured word.
    pub(crate) fn severity(self, severity: Severity) -> String {
        match severity {
            Severity::Blocking => self.paint("31", "blocking"),
            Severity::Warning => self.paint("33", "doubtful"),
            Severity::Note => self.paint("2", "note"),
        }
    }

    /// The word of the gate.
    pub(crate) fn gate(self, green: bool) -> String {
        if green { self.paint("32", "green") } else { self.paint("31", "red") }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
