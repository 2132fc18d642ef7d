//! Effects that only the text of a script shows: what deceives its reader.

use crate::answer::{Certainty, Command};
use crate::effect::{Effect, EffectKind, Target};

/// The effects of a script's text.
pub(crate) fn effects(script: &str, commands: &[Command]) -> Vec<Effect> {
    let mut out: Vec<Effect> = deception(script)
        .map(|what| effect(EffectKind::Deceive, Target::Nothing, what, 0))
        .into_iter()
        .collect();
    for (index, command) in commands.iter().enumerate() {
        let Some(program) = &command.program else { continue };
        if let Some(what) = mixed(program) {
            out.push(effect(EffectKind::Deceive, Target::Name(program.clone()), what, index));
        }
        for word in command.arguments.iter().take(MOST_WORDS) {
            if let Some(host) = host(&word.value).filter(|host| mixed(host).is_some()) {
                let what = format!("`{host}` mixes letters that look alike");
                out.push(effect(EffectKind::Deceive, Target::Host(host.to_owned()), what, index));
            }
        }
    }
    out
}

/// Most words of a command that are looked at for deceiving hosts.
const MOST_WORDS: usize = 256;

/// So many blanks in a row push what follows out of sight.
const PADDING: usize = 120;

fn effect(kind: EffectKind, target: Target, detail: String, command: usize) -> Effect {
    Effect {
        kind,
        target,
        sources: Vec::new(),
        detail,
        certainty: Certainty::Proven,
        trace: Vec::new(),
        command,
        takes_input: false,
        fed_by: Vec::new(),
    }
}

/// What in a text shows something else than what runs.
fn deception(script: &str) -> Option<String> {
    let mut blanks = 0usize;
    let mut characters = script.chars().peekable();
    while let Some(c) = characters.next() {
        if c == ' ' || c == '\t' {
            blanks += 1;
            continue;
        }
        if blanks >= PADDING && c != '\n' && c != '\r' && c != '#' {
            return Some(format!("{blanks} blanks push the rest of a line out of sight"));
        }
        blanks = 0;
        let what = match c {
            '\u{1b}' | '\u{9b}' | '\u{9d}' => "an escape sequence for the terminal",
            '\r' if characters.peek().is_some_and(|next| *next != '\n') => {
                "a carriage return, which lets the rest of the line overwrite it"
            }
            '\u{8}' | '\u{7f}' => "a backspace, which removes what stands before it",
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "characters that reorder the text",
            '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{e0000}'..='\u{e007f}' | '\u{ad}' => {
                "characters that cannot be seen"
            }
            _ => continue,
        };
        return Some(format!("{what} (U+{:04X})", u32::from(c)));
    }
    None
}

/// What is wrong with a name that mixes letters of the Latin alphabet with letters that look like them.
fn mixed(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    if let Some(blank) = name.chars().find(|c| !c.is_ascii() && c.is_whitespace()) {
        return Some(format!("U+{:04X} in `{name}` looks like a blank and is none", u32::from(blank)));
    }
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    let lookalike = name.chars().find(|c| alike(*c))?;
    let full = matches!(lookalike, '\u{ff01}'..='\u{ff5e}');
    (latin || full || name.chars().all(|c| alike(c) || c.is_ascii())).then(|| {
        format!("`{lookalike}` (U+{:04X}) in `{name}` looks like another letter", u32::from(lookalike))
    })
}

/// Letters of other alphabets that look like Latin ones.
fn alike(c: char) -> bool {
    matches!(c,
        'а' | 'в' | 'е' | 'к' | 'м' | 'н' | 'о' | 'р' | 'с' | 'т' | 'у' | 'х' | 'ѕ' | 'і' | 'ј' | 'ԁ' | 'ӏ' | 'һ' | 'ԛ' | 'ԝ'
        | 'А' | 'В' | 'Е' | 'К' | 'М' | 'Н' | 'О' | 'Р' | 'С' | 'Т' | 'Х' | 'Ѕ' | 'І' | 'Ј'
        | 'α' | 'ο' | 'ν' | 'ρ' | 'ι' | 'Α' | 'Β' | 'Ε' | 'Ζ' | 'Η' | 'Ι' | 'Κ' | 'Μ' | 'Ν' | 'Ο' | 'Ρ' | 'Τ' | 'Υ' | 'Χ'
        | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '⁄' | '∕' | 'ı')
}

/// The host of an address.
fn host(word: &str) -> Option<&str> {
    if word.is_ascii() {
        return None;
    }
    let rest = word.split_once("://")?.1;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    Some(authority.rsplit('@').next().unwrap_or(authority))
}

#[cfg(test)]
mod tests {
    use super::{deception, mixed};

    #[test]
    fn texts_that_deceive() {
        let padded = format!("ls{}; rm x", " ".repeat(200));
        for script in ["echo \u{1b}[8mhidden", "ls\rrm x", "ls \u{202e}fdp", "r\u{200b}m x", padded.as_str()]
        {
            assert!(deception(script).is_some(), "{script:?}");
        }
        for script in ["ls\r\nls\n", "echo 'grüße'", "echo 日本語", "make \\\n        all", "echo ✅ done"]
        {
            assert!(deception(script).is_none(), "{script:?}");
        }
    }

    #[test]
    fn names_that_mix_alphabets() {
        for name in ["gіt", "сurl", "ｒｍ", "rм", "rm\u{a0}-rf"] {
            assert!(mixed(name).is_some(), "{name}");
        }
        for name in ["git", "größe", "привет-мир", "日本"] {
            assert!(mixed(name).is_none(), "{name}");
        }
    }
}
