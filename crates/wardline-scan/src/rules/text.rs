//! Pattern text on its way to the language's own front-end.
//!
//! `$X`, `$...XS`, `...` and `<... e ...>` are no syntax of any language, so they are replaced by reserved names that every
//! front-end reads as identifiers. What is quoted stays as it is, but for the values in templates and f-strings.

use unicode_normalization::UnicodeNormalization;

use crate::{front, language::Language};

/// What a metavariable `$X` becomes: this and `X`.
pub(super) const METAVARIABLE: &str = "__wl_mv_";
/// What `$...XS` becomes: this and `XS`.
pub(super) const MANY: &str = "__wl_ma_";
/// What `...` becomes.
pub(super) const ELLIPSIS: &str = "__wl_e";
/// What `<... e ...>` becomes: a call of this with `e`.
pub(super) const DEEP: &str = "__wl_deep";

/// The pattern as source text of `language`, or why it has none.
pub(super) fn encode(language: Language, pattern: &str) -> Result<String, String> {
    let mut encoder =
        Encoder { language, rest: pattern, out: String::with_capacity(pattern.len() + 32), open: Vec::new() };
    encoder.run()?;
    Ok(encoder.out)
}

/// Variables of PHP that look like metavariables and are themselves.
const SUPERGLOBALS: &[&str] =
    &["_GET", "_POST", "_REQUEST", "_COOKIE", "_FILES", "_SERVER", "_SESSION", "_ENV", "GLOBALS"];

/// The name of the metavariable that `text` begins with (`X` of `$X`), without its `$`.
fn metavariable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let end = name
        .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .unwrap_or(name.len());
    let found = name.get(..end)?;
    let follows = name.get(end..)?.chars().next();
    let whole = !follows.is_some_and(|c| c.is_alphanumeric());
    let marked = found.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    (whole && marked && !SUPERGLOBALS.contains(&found)).then_some(found)
}

/// Whether `text` is one metavariable and nothing else; gives its name.
pub(super) fn whole_metavariable(text: &str) -> Option<&str> {
    metavariable(text).filter(|name| name.len() + 1 == text.len())
}

struct Encoder<'p> {
    language: Language,
    rest: &'p str,
    out: String,
    /// The brackets that are open, with where their text begins in `out`.
    open: Vec<char>,
}

impl<'p> Encoder<'p> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(next) = self.rest.chars().next() {
            if self.operator()? || self.quoted()? {
                continue;
            }
            match next {
                '(' | '[' | '{' => self.open.push(next),
                ')' | ']' | '}' => drop(self.open.pop()),
                _ => {}
            }
            self.copy(next.len_utf8());
        }
        Ok(())
    }

    fn copy(&mut self, bytes: usize) {
        let (done, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.out.push_str(done);
        self.rest = rest;
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Takes a metavariable or an ellipsis, if one is next.
    fn operator(&mut self) -> Result<bool, String> {
        if let Some(rest) = self.rest.strip_prefix("<...") {
            self.rest = rest;
            self.out.push_str(DEEP);
            self.out.push('(');
        } else if let Some(rest) = self.rest.strip_prefix("...>") {
            self.rest = rest;
            self.out.push(')');
        } else if let Some(rest) = self.rest.strip_prefix("$...") {
            let marked = format!("${rest}");
            let name = metavariable(&marked).ok_or("`$...` needs a name in capitals after it")?;
            self.out.push_str(MANY);
            self.out.push_str(name);
            self.skip(4 + name.len());
        } else if let Some(rest) = self.rest.strip_prefix("...") {
            self.rest = rest;
            self.ellipsis();
        } else if let Some(name) = metavariable(self.rest) {
            let rest = self.rest.get(1 + name.len()..).unwrap_or_default();
            if self.language == Language::Php && self.is_php_variable(rest) {
                self.out.push('$');
            }
            self.out.push_str(METAVARIABLE);
            self.out.push_str(name);
            self.skip(1 + name.len());
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether a metavariable of PHP stands for a value here, and not for the name of a function, member or class.
    fn is_php_variable(&self, rest: &str) -> bool {
        let before = self.out.trim_end();
        let names = ["->", "::", "new", "function", "class", "extends"];
        !names.iter().any(|name| before.ends_with(name)) && !rest.starts_with(['(', ':'])
    }

    /// Writes an ellipsis as what the grammar accepts at this place.
    fn ellipsis(&mut self) {
        let spread = match (self.language, self.open.last()) {
            // `{**x, "a": 1}` is a dictionary where `{x, "a": 1}` is a mistake.
            (Language::Python, Some('{')) => "**",
            (Language::Ruby, Some('{')) if self.in_hash() => "**",
            _ => "",
        };
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let alone = line.trim_end().is_empty() || line.trim_end().ends_with(['{', ';', '}']);
        let ends = self.rest.trim_start_matches([' ', '\t']);
        let statement = matches!(self.open.last(), None | Some('{'))
            && alone
            && !ends.starts_with([',', '.', ':', ')'])
            && !matches!(self.language, Language::Python | Language::Ruby);
        if self.out.trim_end().ends_with('.') && ends.starts_with('.') {
            // `$X. ... .f()`: a link of the chain.
            let kept = self.out.trim_end().len();
            self.out.truncate(kept);
            self.rest = ends;
        }
        self.out.push_str(spread);
        if self.among_parameters() {
            self.out.push_str("__wl_t ");
        }
        self.out.push_str(ELLIPSIS);
        if statement && self.language == Language::CSharp {
            // A name alone is no statement there.
            self.out.push_str("()");
        }
        if statement && !ends.starts_with(';') {
            self.out.push(';');
        }
    }

    /// Whether the innermost brace of Ruby is that of a hash, and not of a block.
    fn in_hash(&self) -> bool {
        let before = self.out.rsplit_once('{').map_or("", |(before, _)| before.trim_end());
        before.is_empty() || before.ends_with(['(', ',', ':', '=', '>', '['])
    }

    /// Whether this place is in the parameters of a method of Java or C#: a type is needed there. Its body follows the brackets.
    fn among_parameters(&self) -> bool {
        if !matches!(self.language, Language::Java | Language::CSharp) || self.open.last() != Some(&'(') {
            return false;
        }
        let mut depth = 0_usize;
        for (at, character) in self.rest.char_indices() {
            match character {
                '(' => depth += 1,
                ')' if depth == 0 => {
                    let after = self.rest.get(at + 1..).unwrap_or_default();
                    return after.trim_start().starts_with('{')
                        || self.language == Language::CSharp && after.trim_start().starts_with("=>");
                }
                ')' => depth -= 1,
                _ => {}
            }
        }
        false
    }

    /// Takes a quoted text, if one is next.
    fn quoted(&mut self) -> Result<bool, String> {
        let Some(quote) = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
            return Ok(false);
        };
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let python = self.language == Language::Python;
        let end = if python && self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        let ruby = self.language == Language::Ruby;
        let template = quote == '`' || (python && self.is_f_string()) || (ruby && quote == '"');
        let opening = if ruby { "#{" } else { "${" };
        self.copy(end.len());
        let any = template && !(ruby && quote == '"');
        if any && self.rest.strip_prefix("...").is_some_and(|rest| rest.starts_with(&end)) {
            // A template of any parts. Without a value in it, it would be read as a plain text.
            self.copy(3);
            self.out.push_str(if quote == '`' { opening } else { "{" });
            self.out.push_str(ELLIPSIS);
            self.out.push('}');
        }
        while !self.rest.starts_with(&end) {
            let Some(next) = self.rest.chars().next() else {
                return Err(format!("a text that begins with {quote} does not end"));
            };
            if next == '\\' {
                let escaped = self.rest.chars().nth(1).map_or(0, char::len_utf8);
                self.copy(1 + escaped);
            } else if template && self.rest.starts_with(opening) {
                self.copy(2);
                self.value()?;
            } else if template && python && next == '{' {
                self.copy(1);
                self.value()?;
            } else {
                self.copy(next.len_utf8());
            }
        }
        self.copy(end.len());
        Ok(true)
    }

    fn is_f_string(&self) -> bool {
        let prefix: String = self.out.chars().rev().take_while(char::is_ascii_alphabetic).collect();
        prefix.len() <= 2 && prefix.contains(['f', 'F'])
    }

    /// Takes a value in a template up to its closing brace.
    fn value(&mut self) -> Result<(), String> {
        let depth = self.open.len();
        self.open.push('{');
        while let Some(next) = self.rest.chars().next() {
            if self.operator()? || self.quoted()? {
                continue;
            }
            match next {
                '(' | '[' | '{' => self.open.push(next),
                ')' | ']' | '}' => drop(self.open.pop()),
                _ => {}
            }
            self.copy(next.len_utf8());
            if self.open.len() == depth {
                return Ok(());
            }
        }
        Err("a value in a template does not end".to_owned())
    }
}

/// Words that say how code is written and not what it calls: a pattern with `function` also finds arrows.
const GRAMMAR: &[&str] = &[
    "and",
    "as",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "def",
    "default",
    "del",
    "do",
    "elif",
    "else",
    "except",
    "export",
    "extends",
    "final",
    "finally",
    "for",
    "from",
    "func",
    "function",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "let",
    "new",
    "not",
    "of",
    "or",
    "pass",
    "private",
    "protected",
    "public",
    "raise",
    "require",
    "return",
    "static",
    "switch",
    "throw",
    "try",
    "var",
    "while",
    "with",
    "yield",
    "True",
    "False",
    "None",
    "true",
    "false",
    "null",
    "undefined",
    "void",
    "f",
    "b",
    "r",
];

/// Which words occur in a text: a filter that may say yes where the answer is no, never the other way round.
#[derive(Debug, Clone)]
pub(super) struct Words(Box<[u64; 1024]>);

impl Words {
    /// No words.
    pub(super) fn none() -> Self {
        Self(Box::new([0; 1024]))
    }

    /// Whether a word may be among them.
    pub(super) fn has(&self, word: &str) -> bool {
        self.have(&[hash(word.as_bytes())])
    }

    /// The words of the source text of a file.
    pub(super) fn of(language: Language, text: &str) -> Self {
        // Names may be spelled with escapes or with letters that the language takes for others: nothing is ruled out then.
        let escapes = !matches!(
            language,
            Language::Python | Language::Ruby | Language::Php | Language::Rust | Language::Go
        );
        if (escapes && text.contains("\\u")) || odd_letters(text) {
            return Self(Box::new([u64::MAX; 1024]));
        }
        let mut words = Self(Box::new([0; 1024]));
        for word in spelled(text) {
            words.add(hash(word));
        }
        let made_up: &[&str] = match language {
            Language::Html => front::html::MADE_UP,
            Language::CSharp => front::csharp::MADE_UP,
            Language::Erb => &["raw"],
            // `<?=`, and backticks.
            Language::Php => &["echo", "shell_exec"],
            _ => &[],
        };
        made_up.iter().for_each(|word| words.add(hash(word.as_bytes())));
        words
    }

    /// Takes in the words of a name that is put together somewhere.
    pub(super) fn spell(&mut self, name: &str) {
        spelled(name).for_each(|word| self.add(hash(word)));
    }

    fn add(&mut self, hash: u16) {
        if let Some(bits) = self.0.get_mut(usize::from(hash / 64)) {
            *bits |= 1 << (hash % 64);
        }
    }

    /// Whether all these may occur.
    pub(super) fn have(&self, hashes: &[u16]) -> bool {
        hashes
            .iter()
            .all(|hash| self.0.get(usize::from(hash / 64)).is_some_and(|bits| bits & (1 << (hash % 64)) != 0))
    }
}

/// Whether an identifier may be in letters that stand for plain ones (`ｅval`).
fn odd_letters(text: &str) -> bool {
    let odd = |c: &char| !c.is_ascii() && c.is_alphanumeric();
    let plain = |c: char| c.nfkc().any(|c| c.is_ascii_alphanumeric());
    !text.is_ascii() && text.chars().filter(odd).any(plain)
}

/// The identifiers of a text, wherever they stand.
fn spelled(text: &str) -> impl Iterator<Item = &[u8]> {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$' || *byte >= 0x80;
    text.as_bytes().split(move |byte| !word(byte)).filter(|word| !word.is_empty())
}

/// FNV-1a, folded to 16 bits.
fn hash(word: &[u8]) -> u16 {
    let mixed =
        word.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = mixed.to_le_bytes();
    u16::from_le_bytes([a ^ c, b ^ d])
}

/// What a text must contain for an encoded pattern to match in it: the identifiers that stand outside of quotes.
pub(super) fn needed(encoded: &str) -> Vec<u16> {
    let mut needed = Vec::new();
    let mut rest = encoded;
    while let Some(next) = rest.chars().next() {
        if matches!(next, '"' | '\'' | '`') {
            rest = after_quoted(rest, next);
        } else if next.is_alphabetic() || matches!(next, '_' | '$') {
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if !word.trim_start_matches('$').starts_with("__wl_") && !GRAMMAR.contains(&word) {
                needed.push(hash(word.as_bytes()));
            }
            rest = after;
        } else {
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    needed.sort_unstable();
    needed.dedup();
    needed
}

fn after_quoted(text: &str, quote: char) -> &str {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let end = if text.starts_with(&triple) { triple } else { quote.to_string() };
    let mut rest = text.get(end.len()..).unwrap_or_default();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(end.as_str()) {
            return after;
        }
        let escaped = if rest.starts_with('\\') { 2 } else { 1 };
        rest = rest.char_indices().nth(escaped).and_then(|(at, _)| rest.get(at..)).unwrap_or_default();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_become_names() {
        let rows = [
            ("f($X, ...)", "f(__wl_mv_X, __wl_e)"),
            ("$F($...ARGS)", "__wl_mv_F(__wl_ma_ARGS)"),
            ("<... $X ...>", "__wl_deep( __wl_mv_X )"),
            ("f(\"...\", '$X')", "f(\"...\", '$X')"),
            ("f\"a{$X}...\"", "f\"a{__wl_mv_X}...\""),
            ("{..., \"a\": $X}", "{**__wl_e, \"a\": __wl_mv_X}"),
            ("$X. ... .f()", "__wl_mv_X.__wl_e.f()"),
            ("def $F(...): ...", "def __wl_mv_F(__wl_e): __wl_e"),
            ("\"\"\"$X\"\"\" + $Y", "\"\"\"$X\"\"\" + __wl_mv_Y"),
        ];
        for (pattern, expected) in rows {
            assert_eq!(encode(Language::Python, pattern).unwrap(), expected);
        }
        let rows = [
            ("function $F(...) { ... }", "function __wl_mv_F(__wl_e) { __wl_e; }"),
            ("`...${$X}...`", "`...${__wl_mv_X}...`"),
            ("foo({..., a: $X})", "foo({__wl_e, a: __wl_mv_X})"),
            ("$(...)", "$(__wl_e)"),
            ("$.ajax($X)", "$.ajax(__wl_mv_X)"),
            ("$el.html($X)", "$el.html(__wl_mv_X)"),
        ];
        for (pattern, expected) in rows {
            assert_eq!(encode(Language::JavaScript, pattern).unwrap(), expected);
        }
        assert!(encode(Language::Python, "f(\"x)").is_err());
    }

    #[test]
    fn a_text_has_the_words_of_its_patterns() {
        let words = Words::of(Language::Python, "import os\nos.system('x')\n");
        assert!(words.have(&needed("os.system(__wl_e)")));
        assert!(!words.have(&needed("os.popen(__wl_e)")));
        assert!(words.have(&needed("__wl_mv_X.__wl_e('popen')")), "what is quoted is not asked for");
        assert!(Words::of(Language::JavaScript, "\\u0065val(x)").have(&needed("eval(__wl_e)")));
        assert!(Words::of(Language::Python, "ｅval(x)").have(&needed("eval(__wl_e)")));
    }
}
