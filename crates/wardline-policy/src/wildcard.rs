//! The wildcard grammar of rules: `*` is any run of characters (`/`, spaces and newlines too), `?` is one
//! character, a trailing space-star is optional, everything else is literal.
//!
//! There are no escapes, classes, braces or negation, and `**` means `*`. Matching walks the text once per run
//! of literal characters and never goes back over a star, so no pattern can make it explode.

/// Whether `pattern` matches the whole of `text`.
///
/// In both, `\` counts as `/`. With `windows`, letters match in either case.
pub fn matches(pattern: &str, text: &str, windows: bool) -> bool {
    Pattern::new(pattern, windows).matches(&fold(text, windows))
}

/// A text made comparable: one kind of slash, one case where the system has no cases.
pub(crate) fn fold(text: &str, windows: bool) -> String {
    let slashes = text.replace('\\', "/");
    if windows { slashes.to_lowercase() } else { slashes }
}

/// Puts the home directory in place of a leading `~`, `~/`, or `$HOME`.
///
/// As in Kilo, whatever begins with `$HOME` expands, so `$HOMEX` becomes `<home>X`; `~user` stays as it is.
pub(crate) fn expand_home(pattern: String, home: &str) -> String {
    if home.is_empty() {
        return pattern;
    }
    let rest = match pattern.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Some(rest),
        Some(_) => None,
        None => pattern.strip_prefix("$HOME"),
    };
    match rest {
        Some("") => home.to_owned(),
        Some(rest) => format!("{}{rest}", home.trim_end_matches('/')),
        None => pattern,
    }
}

/// A tail that the text may lack.
const TAIL: &str = " *";

/// A pattern ready to be matched against folded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    written: Box<str>,
    /// The pattern folded, where that is another text.
    folded: Option<Box<str>>,
    /// The pattern ended in space-star, which may be absent from the text.
    optional_tail: bool,
}

impl Pattern {
    pub(crate) fn new(written: impl Into<Box<str>>, windows: bool) -> Self {
        let written = written.into();
        // Hundreds of patterns are made at each start, and hardly one is changed by folding.
        let folded = (windows || written.contains('\\')).then(|| fold(&written, windows).into_boxed_str());
        let optional_tail = folded.as_ref().unwrap_or(&written).ends_with(TAIL);
        Self { written, folded, optional_tail }
    }

    /// The folded pattern without an optional tail.
    fn body(&self) -> &str {
        let whole: &str = self.folded.as_ref().unwrap_or(&self.written);
        if self.optional_tail { whole.strip_suffix(TAIL).unwrap_or(whole) } else { whole }
    }

    /// The pattern as it was written, home expanded.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// The folded pattern, to be read as a text.
    pub(crate) fn folded(&self) -> String {
        self.folded.as_ref().unwrap_or(&self.written).to_string()
    }

    /// Whether nothing but stars is in it, so that it says nothing about the text.
    pub(crate) fn is_catch_all(&self) -> bool {
        let stars_only = self.body().chars().all(|c| c == '*');
        // A bare space-star needs a leading space, unless the text is empty: that is not "everything".
        stars_only && !self.body().is_empty()
    }

    /// Whether it matches the whole of an already folded text.
    pub(crate) fn matches(&self, folded: &str) -> bool {
        self.matches_with(folded, One::Any)
    }

    /// Whether every text that `other` matches is matched by this pattern too. Says yes only when sure.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let bare = self.matches_with(other.body(), One::NotStar);
        bare && (!other.optional_tail || self.matches_with(&format!("{} *", other.body()), One::NotStar))
    }

    fn matches_with(&self, text: &str, one: One) -> bool {
        if glob(self.body(), text, one) {
            return true;
        }
        self.optional_tail && glob_with_tail(self.body(), text, one)
    }

    /// The literal text before the first wildcard, which any match must begin with.
    pub(crate) fn head(&self) -> &str {
        self.body().split(['*', '?']).next().unwrap_or_default()
    }

    /// The literal text after the last wildcard, which any match must end with.
    pub(crate) fn tail(&self) -> &str {
        if self.optional_tail { "" } else { self.body().rsplit(['*', '?']).next().unwrap_or_default() }
    }

    /// The whole pattern, if it holds no wildcard.
    pub(crate) fn literal(&self) -> Option<&str> {
        (!self.optional_tail && !self.body().contains(['*', '?'])).then_some(self.body())
    }
}

/// What `?` accepts.
#[derive(Clone, Copy)]
enum One {
    /// Any character: the text is a text.
    Any,
    /// Any character but a star: the text is itself a pattern, whose star is more than one character.
    NotStar,
}

impl One {
    fn accepts(self, wanted: char, found: char) -> bool {
        match (wanted, self) {
            ('?', Self::Any) => true,
            ('?', Self::NotStar) => found != '*',
            _ => wanted == found,
        }
    }
}

/// Matches `pattern` (its stars and question marks being the only special characters) against all of `text`.
fn glob(pattern: &str, text: &str, one: One) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(last) = pieces.next_back() else {
        return strip(first, text, one).is_some_and(str::is_empty);
    };
    let Some(rest) = strip(first, text, one) else { return false };
    // Taking the leftmost place for every piece leaves the most text to those after it.
    let Some(rest) = pieces.try_fold(rest, |rest, piece| skip_to(piece, rest, one)) else { return false };
    ends_with(last, rest, one)
}

/// Matches `pattern` followed by a space and anything.
fn glob_with_tail(pattern: &str, text: &str, one: One) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(last) = pieces.next_back() else {
        return strip(first, text, one).is_some_and(|rest| rest.starts_with(' '));
    };
    let Some(rest) = strip(first, text, one) else { return false };
    let Some(rest) = pieces.try_fold(rest, |rest, piece| skip_to(piece, rest, one)) else { return false };
    skip_to(&format!("{last} "), rest, one).is_some()
}

/// What follows `piece` at the start of `text`.
fn strip<'t>(piece: &str, text: &'t str, one: One) -> Option<&'t str> {
    if !piece.contains('?') {
        return text.strip_prefix(piece);
    }
    let mut rest = text.chars();
    piece
        .chars()
        .all(|wanted| rest.next().is_some_and(|found| one.accepts(wanted, found)))
        .then_some(rest.as_str())
}

/// What follows the first place of `piece` in `text`.
fn skip_to<'t>(piece: &str, text: &'t str, one: One) -> Option<&'t str> {
    if !piece.contains('?') {
        let at = text.find(piece)?;
        return text.get(at.checked_add(piece.len())?..);
    }
    let mut rest = text.chars();
    loop {
        if let Some(after) = strip(piece, rest.as_str(), one) {
            return Some(after);
        }
        rest.next()?;
    }
}

fn ends_with(piece: &str, text: &str, one: One) -> bool {
    if !piece.contains('?') {
        return text.ends_with(piece);
    }
    let mut rest = text.chars();
    piece.chars().rev().all(|wanted| rest.next_back().is_some_and(|found| one.accepts(wanted, found)))
}

/// A shell's pattern in the policy's grammar: what stands in brackets is one character, whichever; `[sS]`, one letter in both cases,
/// is that letter in lower case.
#[must_use]
pub fn without_brackets(pattern: &str) -> String {
    let mut out = String::new();
    let mut class: Option<String> = None;
    for character in pattern.chars() {
        match (character, &mut class) {
            ('[', None) => class = Some(String::new()),
            (']', Some(held)) => {
                // `[sS]`, as `-iname` is written, is one letter.
                let mut letters = held.chars();
                let letter = match (letters.next(), letters.next(), letters.next()) {
                    (Some(one), Some(other), None) if one.eq_ignore_ascii_case(&other) => {
                        one.to_ascii_lowercase()
                    }
                    _ => '?',
                };
                out.push(letter);
                class = None;
            }
            (other, Some(held)) => held.push(other),
            (other, None) => out.push(other),
        }
    }
    if class.is_some() {
        out.push('?');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_expands_only_at_the_start() {
        for (pattern, expanded) in [
            ("~", "/home/u"),
            ("~/x", "/home/u/x"),
            ("$HOME", "/home/u"),
            ("$HOME/x", "/home/u/x"),
            ("$HOMEX", "/home/uX"),
            ("~user/x", "~user/x"),
            ("a/~/x", "a/~/x"),
            ("cat ~/x", "cat ~/x"),
            ("${HOME}/x", "${HOME}/x"),
        ] {
            assert_eq!(expand_home(pattern.to_owned(), "/home/u"), expanded, "{pattern}");
        }
    }

    #[test]
    fn covering_is_sound() {
        let covers = |a: &str, b: &str| Pattern::new(a, false).covers(&Pattern::new(b, false));
        for (wide, narrow) in [
            ("*", "git *"),
            ("git *", "git *"),
            ("git *", "git status"),
            ("git *", "git"),
            ("git*", "git *"),
            ("*.env", "a/*.env"),
            ("a?c", "abc"),
            ("a?c", "a?c"),
            ("**", "*"),
        ] {
            assert!(covers(wide, narrow), "{wide} covers {narrow}");
        }
        for (wide, narrow) in [
            ("git *", "git*"),
            ("git *", "*"),
            ("a?c", "a*c"),
            ("?", "*"),
            ("git status", "git *"),
            ("git **", "git *"),
            ("*.env", "*.env.*"),
        ] {
            assert!(!covers(wide, narrow), "{wide} does not cover {narrow}");
        }
    }
}
