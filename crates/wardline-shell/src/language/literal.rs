//! Text literals, patterns and variables of each language: quotes, escapes, and what is filled in.

use super::Family;
use super::token::{Cutter, Piece, Token};

/// The literal or variable that the rest begins with, which is then taken.
pub(crate) fn read(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    match cutter.family {
        Family::Python => python(cutter),
        Family::Script => script(cutter, first),
        Family::Perl => perl(cutter, first),
        Family::Ruby => ruby(cutter, first),
        Family::Php => php(cutter, first),
        Family::Lua => lua(cutter, first),
        Family::R | Family::Julia | Family::Groovy | Family::Awk => other(cutter, first),
        Family::Tcl | Family::PowerShell => None,
    }
}

fn python(cutter: &mut Cutter<'_>) -> Option<Token> {
    let at = window(cutter.rest, 3).find(['\'', '"'])?;
    let prefix = cutter.rest.get(..at)?.to_ascii_lowercase();
    if !prefix.chars().all(|c| "rbfut".contains(c)) {
        return None;
    }
    cutter.rest = cutter.rest.get(at..)?;
    let quote = cutter.peek()?;
    let triple = quote.to_string().repeat(3);
    let text = if cutter.eat(&triple) { until(cutter, &triple) } else { quoted(cutter, quote) };
    Some(Token::Text(if prefix.contains('f') {
        fields(&text, prefix.contains('r'))
    } else if prefix.contains('r') {
        vec![Piece::Text(text)]
    } else {
        vec![Piece::Text(unescape(&text))]
    }))
}

fn script(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    match first {
        '\'' | '"' => Some(Token::Text(vec![Piece::Text(unescape(&quoted(cutter, first)))])),
        '`' => Some(Token::Text(pieces(Family::Script, &quoted(cutter, first)))),
        '/' if cutter.before_pattern() => Some(pattern(cutter)),
        '$' => variable(cutter),
        _ => None,
    }
}

fn perl(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    match first {
        '\'' => Some(Token::Text(vec![Piece::Text(single(&quoted(cutter, first)))])),
        '"' => Some(Token::Text(pieces(Family::Perl, &quoted(cutter, first)))),
        '`' => Some(Token::Shell(pieces(Family::Perl, &quoted(cutter, first)))),
        '/' if cutter.before_pattern() || (cutter.patterns && cutter.after_name()) => Some(pattern(cutter)),
        '<' if cutter.rest.starts_with("<<") => document(cutter),
        '<' if cutter.before_value() || cutter.after_name() => angle(cutter),
        '$' | '@' => variable(cutter),
        '%' if cutter.before_value() || cutter.after_name() => variable(cutter),
        _ if first.is_ascii_alphabetic() => generic(cutter),
        _ => None,
    }
}

fn ruby(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    let value = cutter.before_value() || cutter.after_name();
    match first {
        '\'' => Some(Token::Text(vec![Piece::Text(single(&quoted(cutter, first)))])),
        '"' => Some(Token::Text(pieces(Family::Ruby, &quoted(cutter, first)))),
        '`' => Some(Token::Shell(pieces(Family::Ruby, &quoted(cutter, first)))),
        '/' if cutter.before_pattern()
            || (cutter.patterns && cutter.after_name() && !cutter.rest.starts_with("/ ")) =>
        {
            Some(pattern(cutter))
        }
        '<' if cutter.rest.starts_with("<<") => document(cutter),
        '%' if value => percent(cutter),
        '$' | '@' => variable(cutter),
        ':' if value && cutter.rest.chars().nth(1).is_some_and(|c| c.is_alphabetic() || c == '_') => {
            cutter.eat(":");
            let name = cutter.take_while(|c| c.is_alphanumeric() || c == '_');
            Some(Token::Text(vec![Piece::Text(name)]))
        }
        _ => None,
    }
}

fn php(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    match first {
        '\'' => Some(Token::Text(vec![Piece::Text(single(&quoted(cutter, first)))])),
        '"' => Some(Token::Text(pieces(Family::Php, &quoted(cutter, first)))),
        '`' => Some(Token::Shell(pieces(Family::Php, &quoted(cutter, first)))),
        '<' if cutter.rest.starts_with("<<<") => document(cutter),
        '$' => variable(cutter),
        _ => None,
    }
}

fn lua(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    match first {
        '\'' | '"' => Some(Token::Text(vec![Piece::Text(unescape(&quoted(cutter, first)))])),
        '[' => {
            let level = cutter.rest.get(1..)?.find(|c| c != '=')?;
            let marks = "=".repeat(level);
            let text = cutter.rest.get(1..)?.strip_prefix(marks.as_str())?.strip_prefix('[')?;
            cutter.rest = text;
            Some(Token::Text(vec![Piece::Text(until(cutter, &format!("]{marks}]")))]))
        }
        _ => None,
    }
}

fn other(cutter: &mut Cutter<'_>, first: char) -> Option<Token> {
    let family = cutter.family;
    match first {
        '"' if cutter.eat("\"\"\"") => Some(Token::Text(pieces(family, &until(cutter, "\"\"\"")))),
        '\'' if family == Family::Groovy && cutter.eat("'''") => {
            Some(Token::Text(pieces(Family::R, &until(cutter, "'''"))))
        }
        '"' => Some(Token::Text(pieces(family, &quoted(cutter, first)))),
        '\'' if family != Family::Awk => {
            Some(Token::Text(vec![Piece::Text(unescape(&quoted(cutter, first)))]))
        }
        '`' if family == Family::Julia => Some(Token::Shell(pieces(family, &quoted(cutter, first)))),
        '`' if family == Family::R => Some(Token::Name(quoted(cutter, first))),
        '/' if family == Family::Awk && cutter.before_pattern() => Some(pattern(cutter)),
        '$' if family == Family::Groovy => variable(cutter),
        _ => None,
    }
}

/// The text up to `end`, which is taken too.
fn until(cutter: &mut Cutter<'_>, end: &str) -> String {
    let (text, rest) = cutter.rest.split_once(end).unwrap_or_else(|| {
        let all = cutter.rest;
        (all, "")
    });
    let closed = text.len() < cutter.rest.len();
    let text = text.to_owned();
    cutter.rest = rest;
    if !closed {
        cutter.strange();
    }
    text
}

/// What stands between quotes, escapes untouched.
fn quoted(cutter: &mut Cutter<'_>, quote: char) -> String {
    cutter.rest = cutter.rest.strip_prefix(quote).unwrap_or(cutter.rest);
    delimited(cutter, quote, quote)
}

/// The text up to the closing mark; brackets of the same kind are counted, what a backslash stands before is passed.
fn delimited(cutter: &mut Cutter<'_>, open: char, close: char) -> String {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, c) in cutter.rest.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == close && depth == 0 {
            let text = cutter.rest.get(..at).unwrap_or_default().to_owned();
            cutter.rest = cutter.rest.get(at + c.len_utf8()..).unwrap_or_default();
            return text;
        } else if c == close {
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    let text = cutter.rest.to_owned();
    cutter.rest = "";
    cutter.strange();
    text
}

fn partner(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        other => other,
    }
}

/// `/…/flags`. A class in brackets may hold the delimiter.
fn pattern(cutter: &mut Cutter<'_>) -> Token {
    let (mut escaped, mut class) = (false, false);
    let mut end = None;
    for (at, c) in cutter.rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => break,
            '[' => class = true,
            ']' => class = false,
            '/' if !class => {
                end = Some(at);
                break;
            }
            _ => {}
        }
    }
    cutter.rest = match end {
        Some(end) => cutter.rest.get(end + 1..).unwrap_or_default(),
        // No pattern after all: a division, or an unclosed one. Looking again at each slash would not stay linear.
        None => {
            cutter.patterns = false;
            cutter.rest.get(1..).unwrap_or_default()
        }
    };
    cutter.take_while(|c| c.is_ascii_alphabetic());
    Token::Pattern(None)
}

/// `q()`, `qq{}`, `qw//`, `qx`, `m##`, `s///e`, `tr///`, `y///` of Perl.
fn generic(cutter: &mut Cutter<'_>) -> Option<Token> {
    let end = cutter.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let word = cutter.rest.get(..end)?.to_owned();
    if !matches!(word.as_str(), "q" | "qq" | "qw" | "qx" | "qr" | "m" | "s" | "tr" | "y") {
        return None;
    }
    let after = cutter.rest.get(end..)?;
    let spaced = after.trim_start();
    let open = spaced.chars().next()?;
    let plain = matches!(open, ',' | ';' | ')')
        || spaced.starts_with("=>")
        || (open == '=' && spaced.len() < after.len());
    let key = spaced.starts_with('}') || cutter.after(&["->", "::"]);
    if plain || key || open.is_alphanumeric() || open == '_' || (open == '#' && spaced.len() < after.len()) {
        return None;
    }
    cutter.rest = spaced.strip_prefix(open)?;
    let close = partner(open);
    let text = delimited(cutter, open, close);
    Some(match word.as_str() {
        "q" => Token::Text(vec![Piece::Text(single(&text))]),
        "qq" => Token::Text(pieces(Family::Perl, &text)),
        "qw" => Token::Words(text.split_whitespace().map(str::to_owned).collect()),
        "qx" if open == '\'' => Token::Shell(vec![Piece::Text(text)]),
        "qx" => Token::Shell(pieces(Family::Perl, &text)),
        "s" | "tr" | "y" => {
            if open != close {
                cutter.take_while(char::is_whitespace);
                let next = cutter.peek()?;
                cutter.rest = cutter.rest.strip_prefix(next)?;
                let with = delimited(cutter, next, partner(next));
                return Some(substitution(cutter, &word, with));
            }
            let with = delimited(cutter, close, close);
            substitution(cutter, &word, with)
        }
        _ => {
            cutter.take_while(|c| c.is_ascii_alphabetic());
            // `(?{…})` runs code.
            Token::Pattern(text.split_once("(?{").map(|(_, code)| code.to_owned()))
        }
    })
}

/// The replacement is code with the flag `e`, and a text with variables without it.
fn substitution(cutter: &mut Cutter<'_>, word: &str, with: String) -> Token {
    let flags = cutter.take_while(|c| c.is_ascii_alphabetic());
    let interpolated = with.contains("@{") || with.contains("${");
    match word {
        "s" if flags.contains('e') => Token::Pattern(Some(with)),
        "s" if interpolated => Token::Pattern(Some(format!("\"{}\"", with.replace('"', "\\\"")))),
        _ => Token::Pattern(None),
    }
}

/// `%w[]`, `%q()`, `%x{}`, `%()` of Ruby.
fn percent(cutter: &mut Cutter<'_>) -> Option<Token> {
    let after = cutter.rest.strip_prefix('%')?;
    let kind = after.chars().next().filter(char::is_ascii_alphabetic);
    let body = after.get(kind.map_or(0, char::len_utf8)..)?;
    let open = body.chars().next().filter(|c| "([{<|!/".contains(*c))?;
    cutter.rest = body.strip_prefix(open)?;
    let text = delimited(cutter, open, partner(open));
    Some(match kind {
        Some('w' | 'W' | 'i' | 'I') => Token::Words(text.split_whitespace().map(str::to_owned).collect()),
        Some('q') => Token::Text(vec![Piece::Text(text)]),
        Some('x') => Token::Shell(pieces(Family::Ruby, &text)),
        Some('r') => {
            cutter.take_while(|c| c.is_ascii_alphabetic());
            Token::Pattern(None)
        }
        _ => Token::Text(pieces(Family::Ruby, &text)),
    })
}

/// `<<EOF`, `<<~'EOF'`, `<<<"EOF"`: the text comes after the line.
fn document(cutter: &mut Cutter<'_>) -> Option<Token> {
    if !cutter.before_value() && !cutter.after_name() {
        return None;
    }
    let marks = window(cutter.rest, 6).find(|c: char| !"<~- ".contains(c)).unwrap_or(6);
    let after = cutter.rest.get(marks..)?;
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
    let named = quote.map_or(after, |quote| after.strip_prefix(quote).unwrap_or(after));
    let end = named.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(named.len());
    let name = named
        .get(..end)
        .filter(|name| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()))?;
    let rest = named.get(end..)?;
    let (name, rest) =
        (name.to_owned(), quote.map_or(rest, |quote| rest.strip_prefix(quote).unwrap_or(rest)));
    cutter.rest = rest;
    cutter.expect_document(name, quote == Some('\''));
    Some(Token::Text(Vec::new()))
}

/// `<STDIN>`, `<$file>`, `<*.txt>` of Perl.
fn angle(cutter: &mut Cutter<'_>) -> Option<Token> {
    let inside = window(cutter.rest.strip_prefix('<')?, 256).split_once('>')?.0;
    let rest = cutter.rest.get(inside.len() + 2..)?;
    if inside.contains([' ', '\n', ';', '<', '(']) {
        return None;
    }
    let handle = inside.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    let token = if handle {
        Token::Name("<>".to_owned())
    } else {
        Token::Text(vec![Piece::Code(format!("glob(q\u{1}{inside}\u{1})"))])
    };
    cutter.rest = rest;
    Some(token)
}

/// `$x`, `@x`, `%x`, `$_`, `${x}`, `$ENV`, `@$x`.
fn variable(cutter: &mut Cutter<'_>) -> Option<Token> {
    let mark = cutter.peek()?;
    let after = cutter.rest.strip_prefix(mark)?;
    // `@$x`, `$$x`, `@{$x}`: the list or text that a reference leads to.
    let inner =
        if mark != '$' || after.starts_with("$_") || after.starts_with(|c: char| c == '$' && after.len() > 1)
        {
            after.strip_prefix(['$', '@']).unwrap_or(after)
        } else {
            after
        };
    let braced = inner.strip_prefix('{').and_then(|rest| {
        let name = window(rest, 256).split_once('}')?.0;
        Some((name, rest.get(name.len() + 1..)?))
    });
    if let Some((name, rest)) = braced.filter(|(name, _)| !name.is_empty() && name.chars().all(word)) {
        let name = format!("{mark}{name}");
        cutter.rest = rest;
        return Some(Token::Name(name));
    }
    let inner = inner.strip_prefix('#').filter(|rest| rest.starts_with(word)).unwrap_or(inner);
    let mut end = inner.find(|c: char| !word(c)).unwrap_or(inner.len());
    while cutter.family == Family::Perl && inner.get(end..).is_some_and(|rest| rest.starts_with("::")) {
        let more = inner.get(end + 2..).unwrap_or_default();
        end += 2 + more.find(|c: char| !word(c)).unwrap_or(more.len());
    }
    if end == 0 {
        let punctuation = inner.chars().next().filter(|c| "!/\\,;.&0@$\"`'+^".contains(*c));
        let special = punctuation.filter(|_| cutter.family == Family::Perl && mark == '$')?;
        cutter.rest = inner.strip_prefix(special)?;
        return Some(Token::Name(format!("${special}")));
    }
    let name = format!("{mark}{}", inner.get(..end)?);
    cutter.rest = inner.get(end..)?;
    Some(Token::Name(name))
}

/// The first bytes of a text, so that looking ahead costs the same however long it is.
fn window(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Escapes of a single-quoted text of Perl, Ruby and PHP: the backslash and the quote.
fn single(text: &str) -> String {
    if text.contains('\\') { text.replace("\\'", "'").replace("\\\\", "\\") } else { text.to_owned() }
}

/// The fields of an f-string.
fn fields(text: &str, raw: bool) -> Vec<Piece> {
    let decode = |text: &str| if raw { text.to_owned() } else { unescape(text) };
    let (mut out, mut rest, mut plain) = (Vec::new(), text, String::new());
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        plain.push_str(before);
        if let Some(more) = after.strip_prefix("{{").or_else(|| after.strip_prefix("}}")) {
            plain.push_str(after.get(..1).unwrap_or_default());
            rest = more;
            continue;
        }
        let (code, more) = balanced(after.get(1..).unwrap_or_default(), '{', '}');
        out.push(Piece::Text(decode(&std::mem::take(&mut plain))));
        let end = code.find("!r").or_else(|| code.find("!s")).unwrap_or(code.len());
        out.push(Piece::Code(code.get(..end).unwrap_or(code).trim_end_matches('=').to_owned()));
        rest = more;
    }
    plain.push_str(rest);
    out.push(Piece::Text(decode(&plain)));
    out
}

/// What stands before the bracket that closes, and what after it.
fn balanced(text: &str, open: char, close: char) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == close && depth == 0 {
            return (text.get(..at).unwrap_or_default(), text.get(at + c.len_utf8()..).unwrap_or_default());
        }
        if c == close {
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    (text, "")
}

/// The pieces of a text in which variables are filled in and escapes are decoded.
pub(crate) fn pieces(family: Family, text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let (mut plain, mut from) = (0, 0);
    while let Some(at) =
        text.get(from..).and_then(|rest| rest.find(['$', '@', '#', '{', '\\'])).map(|at| from + at)
    {
        let rest = text.get(at..).unwrap_or_default();
        let step =
            rest.chars().take(if rest.starts_with('\\') { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
        match filled(family, rest) {
            Some((code, length)) => {
                out.push(Piece::Text(unescape(text.get(plain..at).unwrap_or_default())));
                out.push(Piece::Code(code));
                from = at + length;
                plain = from;
            }
            None => from = at + step.max(1),
        }
    }
    out.push(Piece::Text(unescape(text.get(plain..).unwrap_or_default())));
    out
}

/// The expression that `rest` begins with, and its length.
fn filled(family: Family, rest: &str) -> Option<(String, usize)> {
    let bracket = |prefix: &str, open, close| {
        let inside = rest.strip_prefix(prefix)?;
        let (code, _) = balanced(inside, open, close);
        Some((code.to_owned(), (prefix.len() + code.len() + 1).min(rest.len())))
    };
    match family {
        Family::Script => bracket("${", '{', '}'),
        Family::Ruby => bracket("#{", '{', '}'),
        Family::Groovy => bracket("${", '{', '}').or_else(|| plain_variable(rest, false)),
        Family::Julia => bracket("$(", '(', ')').or_else(|| plain_variable(rest, false)),
        Family::Php if rest.starts_with("{$") => bracket("{", '{', '}'),
        Family::Php => bracket("${", '{', '}')
            .map(|(name, length)| (format!("${name}"), length))
            .or_else(|| plain_variable(rest, true)),
        Family::Perl if rest.starts_with("@{[") => {
            bracket("@{[", '[', ']').map(|(code, length)| (code, (length + 1).min(rest.len())))
        }
        Family::Perl if rest.starts_with("${\\") => bracket("${\\", '{', '}'),
        Family::Perl => bracket("${", '{', '}')
            .map(|(name, length)| (format!("${name}"), length))
            .or_else(|| plain_variable(rest, true)),
        _ => None,
    }
}

/// `$x`, `$x[0]`, `$x{a}`, `$x->{a}`, `@x`.
fn plain_variable(rest: &str, marked: bool) -> Option<(String, usize)> {
    let mark = rest.chars().next().filter(|c| *c == '$' || (marked && *c == '@'))?;
    let name = rest.get(1..)?;
    let mut end = 1 + name.find(|c: char| !word(c)).unwrap_or(name.len());
    if end == 1 || (mark == '@' && !rest.get(1..2)?.chars().all(|c| c.is_ascii_alphabetic())) {
        return None;
    }
    for (open, close) in [("->{", '}'), ("->[", ']'), ("{", '}'), ("[", ']')] {
        let inside = rest.get(end..).and_then(|rest| rest.strip_prefix(open));
        let subscript = inside.and_then(|inside| window(inside, 64).find(close));
        if let Some(length) = subscript.filter(|_| marked) {
            end += open.len() + length + 1;
        }
    }
    let code = rest.get(..end)?;
    Some((if marked { code } else { code.get(1..)? }.to_owned(), end))
}

/// Decodes the escapes that nearly all languages share.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        out.push_str(plain);
        let Some(c) = after.chars().next() else {
            rest = "";
            break;
        };
        let more = after.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            'x' if more.starts_with('{') => coded(&mut out, more, 1, 8),
            'x' => coded(&mut out, more, 0, 2),
            'u' if more.starts_with('{') => coded(&mut out, more, 1, 8),
            'u' => coded(&mut out, more, 0, 4),
            'U' => coded(&mut out, more, 0, 8),
            '0'..='7' => octal(&mut out, after),
            'n' => also(&mut out, '\n', more),
            't' => also(&mut out, '\t', more),
            'r' => also(&mut out, '\r', more),
            'e' => also(&mut out, '\u{1b}', more),
            'a' | 'b' | 'f' | 'v' => also(&mut out, ' ', more),
            '\n' => more,
            other => also(&mut out, other, more),
        };
    }
    out.push_str(rest);
    out
}

fn also<'a>(out: &mut String, c: char, rest: &'a str) -> &'a str {
    out.push(c);
    rest
}

/// A character by its number in base 16, after `skip` characters; a closing brace is passed.
fn coded<'a>(out: &mut String, rest: &'a str, skip: usize, most: usize) -> &'a str {
    let body = rest.get(skip..).unwrap_or_default();
    let end = body.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(body.len()).min(most);
    let number = u32::from_str_radix(body.get(..end).unwrap_or_default(), 16).ok();
    out.extend(number.and_then(char::from_u32));
    let after = body.get(end..).unwrap_or_default();
    if skip > 0 { after.strip_prefix('}').unwrap_or(after) } else { after }
}

fn octal<'a>(out: &mut String, rest: &'a str) -> &'a str {
    let end = rest.find(|c: char| !matches!(c, '0'..='7')).unwrap_or(rest.len()).min(3);
    let number = u32::from_str_radix(rest.get(..end).unwrap_or_default(), 8).ok();
    out.extend(number.and_then(char::from_u32));
    rest.get(end..).unwrap_or_default()
}
