//! Commands of database clients, and of other line-by-line clients, that leave for a shell.

use crate::answer::Word;
use crate::options::part_of;
use crate::wrappers::Inner;

use super::{code, shell};

/// Most lines that are read in one text.
const MOST_LINES: usize = 256;

/// Text given to psql, mysql or sqlite3: `\! text`, `.shell text`, `system text`, `COPY … PROGRAM 'text'`, output to `|text`.
pub(super) fn statements(word: &Word) -> Vec<Inner> {
    let mut out = Vec::new();
    for line in word.value.lines().take(MOST_LINES) {
        line_of(word, line.trim(), &mut out);
    }
    out.extend(code::calls(word));
    out
}

fn line_of(word: &Word, line: &str, out: &mut Vec<Inner>) {
    let mut push = |text: &str| {
        let text = text.trim().trim_end_matches(';');
        if !text.is_empty() {
            out.push(shell(&part_of(word, text)));
        }
    };
    if let Some((_, text)) = line.split_once("\\!") {
        return push(text);
    }
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match first {
        ".shell" | ".system" | ".sh" | ".sy" | ".sys" | ".she" => return push(rest),
        "system" if !rest.trim_start().starts_with(['=', '.', '(']) => return push(rest),
        "\\o" | "\\g" | "\\w" | "\\gx" | ".once" | ".output" | ".import" | "pager" | "tee" | "\\P"
        | "\\out" => {
            let text = rest.trim_start().trim_start_matches(['"', '\'']);
            match text.strip_prefix('|') {
                Some(text) => return push(text.trim_end_matches(['"', '\''])),
                None if matches!(first, "pager" | "\\P") => return push(rest),
                None => {}
            }
        }
        ".load" => out.push(Inner::Hidden(format!("a database client loads the library `{rest}`"))),
        _ => {}
    }
    programs(word, line, out);
    if line.to_ascii_lowercase().contains("load_extension") {
        out.push(Inner::Hidden("a database loads a library".to_owned()));
    }
}

/// `… PROGRAM 'text'`, in whatever case.
fn programs(word: &Word, line: &str, out: &mut Vec<Inner>) {
    for literal in code::literals(line) {
        let before = line.get(..literal.start).unwrap_or_default().trim_end();
        let word_before = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if word_before.eq_ignore_ascii_case("program") {
            out.push(shell(&part_of(word, &literal.text)));
        }
    }
}

/// Clients where `!` begins a command of the shell: ftp, dc, debugfs. Commands end with a line or a semicolon.
pub(super) fn bangs(word: &Word) -> Vec<Inner> {
    let commands = word.value.split(['\n', ';']).take(MOST_LINES);
    let texts = commands.filter_map(|line| line.trim_start().strip_prefix('!').map(str::trim));
    texts.filter(|text| !text.is_empty()).map(|text| shell(&part_of(word, text))).collect()
}
