//! A script between two transforms: its text, its words where it is one plain command, and where it may stand.

/// A script that transforms work on.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// The words of the one plain command that the script is; `None`: it is more than that.
    pub(crate) words: Option<Vec<String>>,
    /// The text.
    pub(crate) script: String,
    /// It needs bash; a plain `sh` would not do the same.
    pub(crate) bash: bool,
    /// It must be read line by line (aliases): it can't stand in a group or loop.
    pub(crate) top: bool,
}

/// Commands that are part of the shell: programs that start others can't start them.
const BUILTINS: &[&str] = &["cd", "eval", "exec", "export", "history", "set", "trap", "unset"];

impl Form {
    /// A seed as it is written.
    pub(crate) fn of(script: &str) -> Self {
        let bash = ["/dev/tcp", "<(", ">&", "&>"].iter().any(|part| script.contains(part));
        Self { words: plain(script), script: script.to_owned(), bash, top: false }
    }

    /// One plain command of these words.
    pub(crate) fn command(&self, words: Vec<String>) -> Self {
        let script = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        Self { words: Some(words), script, bash: self.bash, top: false }
    }

    /// Another text for the same, in any shell that could run this one.
    pub(crate) fn text(&self, script: String) -> Self {
        Self { words: None, script, bash: self.bash, top: self.top }
    }

    /// Another text for the same, for bash.
    pub(crate) fn bash(&self, script: String) -> Self {
        Self { bash: true, ..self.text(script) }
    }

    /// The words, if there are any and a program that is no part of the shell can be started with them.
    pub(crate) fn program(&self) -> Option<&[String]> {
        let words = self.words.as_deref()?;
        let first = words.first()?;
        (!BUILTINS.contains(&first.as_str())).then_some(words)
    }

    /// The words, if none holds anything that a shell reads specially.
    pub(crate) fn simple(&self) -> Option<&[String]> {
        let words = self.words.as_deref()?;
        words.iter().all(|word| tame(word)).then_some(words)
    }

    /// The text on one line, where it can stand inside a compound command.
    pub(crate) fn inner(&self) -> Option<&str> {
        (!self.top).then_some(self.script.as_str())
    }

    /// The shell that it needs.
    pub(crate) const fn shell(&self) -> &'static str {
        if self.bash { "bash" } else { "sh" }
    }

    /// The text for something that gives it to `sh`.
    pub(crate) fn for_sh(&self) -> String {
        if self.bash { format!("bash -c {}", quoted(&self.script)) } else { self.script.clone() }
    }
}

/// A word that needs no quotes anywhere.
pub(crate) fn tame(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@%=".contains(c))
}

/// A word in single quotes, if it needs any.
pub(crate) fn quoted(word: &str) -> String {
    if tame(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A text as string of Python, JavaScript and the like.
pub(crate) fn string(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{text}\"")
}

/// A text as string of Perl, Ruby and PHP, in which nothing is filled in.
pub(crate) fn raw_string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The text in base64.
pub(crate) fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).map_or('=', |byte| char::from(*byte));
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let byte = |at: usize| three.get(at).map_or(0, |byte| u32::from(*byte));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.push(digit(bits >> 18));
        out.push(digit(bits >> 12));
        out.push(if three.len() > 1 { digit(bits >> 6) } else { '=' });
        out.push(if three.len() > 2 { digit(bits) } else { '=' });
    }
    out
}

/// The words of a script that is one command of literal words; `None` for anything else.
fn plain(script: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in script.chars() {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (Some('"'), '$' | '`' | '\\') => return None,
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, _) if tame(&c.to_string()) || c == ',' => word.get_or_insert_default().push(c),
            (None, _) => return None,
        }
    }
    words.extend(word);
    let first = words.first()?;
    (quote.is_none() && tame(first) && !first.contains('=') && first != ":").then_some(words)
}
