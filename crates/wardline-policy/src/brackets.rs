//! Finds the bracket that a text of JSON leaves open, so that a report can say which one: a parser only notices at the end
//! of the file, and by then the bracket left over is usually the first of all.

/// A bracket that is never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// Its offset in bytes.
    pub(crate) at: usize,
    pub(crate) bracket: char,
    /// The offset of the bracket that closes it although, by its indentation, it was meant for another.
    pub(crate) taken_by: Option<usize>,
}

/// The bracket that was most likely left open: one that is closed by a bracket indented less than it, else the innermost
/// at the end.
pub(crate) fn unclosed(text: &str) -> Option<Open> {
    let mut open: Vec<(Open, usize)> = Vec::new();
    let mut misfit = None;
    for Token { at, bracket, indent, first } in Tokens::of(text) {
        if matches!(bracket, '{' | '[') {
            open.push((Open { at, bracket, taken_by: None }, indent));
        } else if let Some((opened, opened_indent)) = open.pop()
            && first
            && indent < opened_indent
        {
            misfit = misfit.or(Some(Open { taken_by: Some(at), ..opened }));
        }
    }
    let last = open.pop().map(|(opened, _)| opened);
    last.and_then(|last| misfit.or(Some(last)))
}

/// A bracket outside of strings and comments.
struct Token {
    at: usize,
    bracket: char,
    /// How far its line is indented, and whether it is the first on it.
    indent: usize,
    first: bool,
}

struct Tokens<'t> {
    chars: std::iter::Peekable<std::str::CharIndices<'t>>,
    indent: usize,
    blank: bool,
}

impl<'t> Tokens<'t> {
    fn of(text: &'t str) -> Self {
        Self { chars: text.char_indices().peekable(), indent: 0, blank: true }
    }

    fn skip_string(&mut self) {
        while let Some((_, c)) = self.chars.next() {
            match c {
                '\\' => drop(self.chars.next()),
                '"' => return,
                _ => {}
            }
        }
    }

    fn skip_comment(&mut self) {
        match self.chars.peek() {
            // The line break itself is left for the count of the indentation.
            Some((_, '/')) => while self.chars.next_if(|(_, c)| *c != '\n').is_some() {},
            Some((_, '*')) => {
                let mut before = ' ';
                self.chars.next();
                for (_, c) in self.chars.by_ref() {
                    if (before, c) == ('*', '/') {
                        return;
                    }
                    before = c;
                }
            }
            _ => {}
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let (at, c) = self.chars.next()?;
            let first = self.blank;
            match c {
                '\n' => (self.indent, self.blank) = (0, true),
                c if c.is_whitespace() => {
                    self.indent = self.indent.saturating_add(usize::from(self.blank));
                    continue;
                }
                _ => self.blank = false,
            }
            match c {
                '"' => self.skip_string(),
                '/' => self.skip_comment(),
                '{' | '}' | '[' | ']' => return Some(Token { at, bracket: c, indent: self.indent, first }),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_left_open_is_found() {
        // The bracket left open stands after `#`; the one that closes it by mistake, after `!`.
        let table = [
            "#{",
            "{\"a\": #[",
            "#{ \"a\": {} ",
            "{\n  \"a\": #{\n    \"b\": 1\n",
            "{\n  \"a\": {\n    \"b\": #{\n      \"c\": 1\n  !},\n  \"d\": {}\n}\n",
            "{\n  \"a\": #[\n    1,\n!}\n",
            "{\n  \"a\": #{ // }\n    /* } \n } */ \"}\\\"}\": 1\n",
        ];
        for marked in table {
            let text = marked.replace(['#', '!'], "");
            let at = marked.find('#').unwrap();
            let found = unclosed(&text).unwrap();
            assert_eq!(found.at, at, "{marked}");
            assert_eq!(found.taken_by, marked.find('!').map(|at| at - 1), "{marked}");
        }
        for closed in ["", "{}", "[{\"a\": [1]}]", "\"{\"", "// {", "{\n    \"a\": [\n1\n]\n}"] {
            assert_eq!(unclosed(closed), None, "{closed}");
        }
    }
}
