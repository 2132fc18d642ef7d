//! The pieces of a program's text, the names that each gives to others, and the names that it speaks of.
//!
//! A piece is what stands at the left edge with all that is indented below it: a function, a class, an assignment, an import. Names
//! are words; which of several things one means is not asked, so that too much counts rather than too little.

use std::collections::BTreeSet;

/// Words that are of a language and name nothing.
const KEYWORDS: &[&str] = &[
    "abstract",
    "and",
    "as",
    "async",
    "await",
    "boolean",
    "class",
    "const",
    "continue",
    "declare",
    "def",
    "default",
    "del",
    "elif",
    "else",
    "enum",
    "except",
    "export",
    "exports",
    "extends",
    "false",
    "final",
    "finally",
    "for",
    "from",
    "func",
    "function",
    "global",
    "if",
    "implements",
    "import",
    "in",
    "int",
    "interface",
    "is",
    "let",
    "module",
    "namespace",
    "new",
    "nil",
    "None",
    "not",
    "null",
    "or",
    "package",
    "pass",
    "private",
    "protected",
    "public",
    "raise",
    "require",
    "return",
    "self",
    "static",
    "string",
    "struct",
    "super",
    "this",
    "throw",
    "true",
    "True",
    "False",
    "try",
    "type",
    "undefined",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// A piece of a program.
#[derive(Debug)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
}

/// The names that a change may have given another meaning.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The names.
    pub(super) known: BTreeSet<String>,
    /// Whether what a module is as a whole is among them: what it exports without a name.
    pub(super) whole: bool,
}

/// The pieces of a text, in their order.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut start, mut at, mut joined) = (0, 0, true);
    for line in text.split_inclusive('\n') {
        if begins(line) && !joined {
            found.push(Piece { text: text.get(start..at).unwrap_or_default() });
            start = at;
        }
        // A decorator and a remark belong to what they stand before.
        joined = line.starts_with(['@', '#']) || line.starts_with("//") || line.trim().is_empty() && joined;
        at += line.len();
    }
    found.push(Piece { text: text.get(start..).unwrap_or_default() });
    found
}

/// Whether a line stands at the left edge and ends nothing that began before it.
fn begins(line: &str) -> bool {
    let goes_on = ["else", "elif", "except", "finally", "catch", "case ", "default:"];
    line.starts_with(|c: char| !c.is_whitespace() && !matches!(c, ')' | ']' | '}'))
        && !goes_on.iter().any(|word| line.starts_with(word))
}

/// The words of a text that may be names.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    any_words(text).filter(|word| !KEYWORDS.contains(word))
}

/// The words of a text, those of the language too.
fn any_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$')))
}

impl Piece<'_> {
    fn code(&self) -> &str {
        let mut rest = self.text;
        while let Some(line) = rest.split_inclusive('\n').next() {
            if !(line.starts_with(['@', '#']) || line.starts_with("//") || line.trim().is_empty()) {
                break;
            }
            rest = rest.get(line.len()..).unwrap_or_default();
        }
        rest
    }

    /// Whether it brings names in from elsewhere.
    pub(super) fn is_import(&self) -> bool {
        let code = self.code();
        let beginning = code.lines().next().unwrap_or_default();
        ["import ", "import{", "from ", "export * ", "export {"].iter().any(|word| code.starts_with(word))
            || beginning.contains("require(")
            || beginning.contains("import(")
    }

    /// Puts the names that it gives to others among `names`.
    pub(super) fn give(&self, names: &mut Names) {
        let code = self.code();
        if code.is_empty() || code.starts_with("package ") {
            return;
        }
        let header = code.lines().next().unwrap_or_default();
        let default = ["module.exports =", "module.exports=", "exports =", "export default", "export ="];
        if default.iter().any(|word| header.starts_with(word)) {
            names.whole = true;
        }
        let before = names.known.len();
        if self.is_import() {
            names.known.extend(words(code).map(str::to_owned));
        } else if is_block(header) {
            code.lines().for_each(|line| given(line, names));
        } else {
            given(header, names);
        }
        let open = header.trim_end().ends_with(['{', '(', '['])
            && defined(header).is_none()
            && !header.contains('=');
        if open || names.known.len() == before && words(header).next().is_none() {
            names.known.extend(words(code).map(str::to_owned));
        }
    }

    /// Whether it speaks of one of the names.
    pub(super) fn speaks_of(&self, names: &BTreeSet<String>) -> bool {
        any_words(self.text).any(|word| names.contains(word))
    }
}

/// Whether what follows may define names for the file, though it is indented.
fn is_block(header: &str) -> bool {
    ["if", "try", "with", "for", "while", "switch", "else"]
        .iter()
        .any(|word| header.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', ':', '(', '{'])))
}

/// Puts the names that a line gives among `names`: what it defines, gives a value, or calls something of.
fn given(line: &str, names: &mut Names) {
    let line = line.trim();
    let import = ["import ", "from "].iter().any(|word| line.starts_with(word));
    match (import, defined(line), line.split_once('=')) {
        (true, ..) => names.known.extend(words(line).map(str::to_owned)),
        (_, Some(name), _) => drop(names.known.insert(name.to_owned())),
        (.., Some((left, _))) if !left.contains('(') => names.known.extend(words(left).map(str::to_owned)),
        _ => {
            let called = line.split('(').next().unwrap_or_default();
            names.known.extend(words(called).map(str::to_owned));
        }
    }
}

/// The name that a line defines: `async def find(…`, `export class Store {`, `func (s *Store) Find(…`.
fn defined(header: &str) -> Option<&str> {
    let before = header.split(['=', '{', '\n']).next().unwrap_or_default();
    let mut rest = before;
    let mut keyword = false;
    loop {
        rest = rest.trim_start();
        if keyword && rest.starts_with('(') {
            // The receiver of a method of Go: its type is what others name.
            let receiver = rest.split(')').next().unwrap_or_default();
            return words(receiver).last();
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty())?;
        if !KEYWORDS.contains(&word) {
            return keyword.then_some(word);
        }
        keyword |=
            matches!(word, "def" | "class" | "function" | "func" | "interface" | "enum" | "struct" | "type");
        rest = rest.get(end..).unwrap_or_default().trim_start_matches('*');
    }
}

/// The names that a change of a file from `before` to `after` gives another meaning: of the pieces that are not in both, and of those
/// that speak of them.
pub(super) fn changed(before: &str, after: &str) -> Names {
    let (old, new) = (pieces(before), pieces(after));
    let texts = |pieces: &[Piece<'_>]| {
        pieces.iter().map(|piece| piece.text.trim().to_owned()).collect::<BTreeSet<_>>()
    };
    let (had, has) = (texts(&old), texts(&new));
    let mut names = Names::default();
    for piece in old.iter().filter(|piece| !has.contains(piece.text.trim())) {
        piece.give(&mut names);
    }
    for piece in new.iter().filter(|piece| !had.contains(piece.text.trim())) {
        piece.give(&mut names);
    }
    spread(&new, &mut names);
    names
}

/// Adds what the pieces give that speak of one of the names, until nothing comes any more.
pub(super) fn spread(pieces: &[Piece<'_>], names: &mut Names) {
    let mut left: Vec<&Piece<'_>> = pieces.iter().collect();
    loop {
        let (speaking, silent): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|piece| piece.speaks_of(&names.known));
        if speaking.is_empty() {
            return;
        }
        for piece in speaking {
            piece.give(names);
        }
        left = silent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(before: &str, after: &str) -> (Vec<String>, bool) {
        let names = changed(before, after);
        (names.known.into_iter().collect(), names.whole)
    }

    #[test]
    fn a_change_has_the_names_of_what_it_is_in_and_of_what_speaks_of_that() {
        let rows: [(&str, &str, &[&str], bool); 9] = [
            (
                "def a(x):\n    return x\n\n\ndef b():\n    return 1\n",
                "def a(x):\n    return y\n\n\ndef b():\n    return 1\n",
                &["a"],
                false,
            ),
            (
                "def a():\n    pass\n\nclass B(C):\n    def m(self):\n        a()\n",
                "def a():\n    return 2\n\nclass B(C):\n    def m(self):\n        a()\n",
                &["B", "a"],
                false,
            ),
            (
                "export const a = (x) => {\n  return x;\n};\nexport async function b() {\n  return a(1);\n}\nlet c;\n",
                "export const a = (x) => {\n  return y;\n};\nexport async function b() {\n  return a(1);\n}\nlet c;\n",
                &["a", "b"],
                false,
            ),
            ("module.exports = (x) => x;\n", "module.exports = (x) => y;\n", &["module", "exports"], true),
            (
                "func (s *Store) Find(n string) {\n\treturn n\n}\n",
                "func (s *Store) Find(n string) {\n\treturn m\n}\n",
                &["Store"],
                false,
            ),
            (
                "@app.route('/')\ndef a():\n    pass\n",
                "@app.route('/x')\ndef a():\n    pass\n",
                &["a"],
                false,
            ),
            (
                "from a import b as c\nX: int = 1\n",
                "from a import d as c\nX: int = 1\n",
                &["a", "b", "c", "d"],
                false,
            ),
            ("def a():\n    pass\n", "", &["a"], false),
            ("def a():\n    pass\n", "\n\ndef a():\n    pass\n", &[], false),
        ];
        for (before, after, known, whole) in rows {
            let (found, is_whole) = names(before, after);
            let known: Vec<&str> = known.iter().copied().filter(|name| !KEYWORDS.contains(name)).collect();
            assert_eq!(
                (found, is_whole),
                (known.iter().map(|name| (*name).to_owned()).collect(), whole),
                "{after}"
            );
        }
    }
}
