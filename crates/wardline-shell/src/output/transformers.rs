//! Programs that change a constant text on its way through a pipe.

/// Longest text that is changed, in bytes.
const LONGEST: usize = 64 * 1024;

/// Does a program print what it reads, changed?
pub(crate) fn reads(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

const NAMES: &[&str] = &[
    "awk", "base32", "base64", "basenc", "cat", "cut", "gawk", "head", "mawk", "openssl", "paste", "rev",
    "sed", "sort", "tac", "tail", "tee", "tr", "uniq", "xxd",
];

/// What `name` prints with these arguments when it reads `input`; `None` when that can't be told.
pub(crate) fn of(name: &str, values: &[&str], input: &str) -> Option<String> {
    if input.len() > LONGEST {
        return None;
    }
    match (name, values) {
        ("cat", [] | ["-"]) => Some(input.to_owned()),
        ("tee", _) => Some(input.to_owned()),
        ("base64", values) => base64(values, input),
        ("basenc", values) if values.contains(&"--base64") => {
            let rest: Vec<&str> = values.iter().copied().filter(|value| *value != "--base64").collect();
            base64(&rest, input)
        }
        ("openssl", ["base64" | "enc", rest @ ..]) => {
            let decodes = rest.contains(&"-d");
            let plain = rest.iter().all(|value| matches!(*value, "-d" | "-A" | "-a" | "-base64"));
            if !plain {
                return None;
            }
            if decodes { decoded64(input) } else { Some(encoded64(input.as_bytes())) }
        }
        ("base32", ["-d" | "--decode" | "-di" | "-D"]) => {
            decoded(input, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        }
        ("xxd", values)
            if values
                .iter()
                .all(|value| matches!(*value, "-r" | "-p" | "-ps" | "-r -p" | "-rp" | "-plain")) =>
        {
            match values.iter().any(|value| value.contains('r')) {
                true => hexadecimal(input),
                false => Some(input.bytes().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n"),
            }
        }
        ("rev", []) => Some(by_line(input, |line| line.chars().rev().collect())),
        ("tac", []) => {
            let mut lines: Vec<&str> = input.lines().collect();
            lines.reverse();
            Some(lines.join("\n") + "\n")
        }
        ("sort", []) => {
            let mut lines: Vec<&str> = input.lines().collect();
            lines.sort_unstable();
            Some(lines.join("\n") + "\n")
        }
        ("uniq", []) => {
            let mut lines: Vec<&str> = input.lines().collect();
            lines.dedup();
            Some(lines.join("\n") + "\n")
        }
        ("paste", values) => pasted(values, input),
        ("tr", values) => translated(values, input),
        ("cut", values) => cut(values, input),
        ("head" | "tail", values) => ends(name, values, input),
        ("sed", values) => substituted(values, input),
        ("awk" | "gawk" | "mawk", values) => columns(values, input),
        _ => None,
    }
}

fn by_line(input: &str, change: impl Fn(&str) -> String) -> String {
    let mut out: String = input.lines().map(|line| change(line) + "\n").collect();
    if !input.ends_with('\n') {
        out.pop();
    }
    out
}

fn base64(values: &[&str], input: &str) -> Option<String> {
    match values {
        ["-d" | "--decode" | "-D" | "-di" | "-id", ..] => decoded64(input),
        [] | ["-w0" | "-w" | "--wrap=0", ..] => Some(encoded64(input.as_bytes())),
        ["-i" | "--ignore-garbage", "-d" | "--decode"] => decoded64(input),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text that base64 stands for.
fn decoded64(input: &str) -> Option<String> {
    decoded(input, 6, ALPHABET)
}

/// Puts together the bits that the letters of an alphabet stand for.
fn decoded(input: &str, bits: u32, alphabet: &[u8]) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut held, mut count) = (0_u32, 0_u32);
    for letter in input.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        if letter == b'=' {
            break;
        }
        let value = alphabet.iter().position(|own| *own == letter)?;
        held = (held << bits) | u32::try_from(value).ok()?;
        count += bits;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((held >> count) & 0xff).ok()?);
            held &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

fn encoded64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut held = 0_u32;
        for at in 0..3 {
            held = (held << 8) | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for at in 0..4_u32 {
            let index = usize::try_from((held >> (18 - 6 * at)) & 63).unwrap_or(0);
            let used = usize::try_from(at).unwrap_or(0) <= chunk.len();
            out.push(if used { char::from(ALPHABET.get(index).copied().unwrap_or(b'=')) } else { '=' });
        }
    }
    out + "\n"
}

fn hexadecimal(input: &str) -> Option<String> {
    let digits: Vec<u8> = input.bytes().filter(u8::is_ascii_hexdigit).collect();
    let mut bytes = Vec::new();
    for pair in digits.chunks(2) {
        bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn pasted(values: &[&str], input: &str) -> Option<String> {
    let lines: Vec<&str> = input.lines().collect();
    match values {
        ["-s", "-d" | "--delimiters", with]
        | ["-sd", with]
        | ["-sd", with, "-"]
        | ["-s", "-d", with, "-"] => Some(lines.join(with) + "\n"),
        [one] if one.starts_with("-sd") => Some(lines.join(one.get(3..)?) + "\n"),
        _ => None,
    }
}

/// The characters of a set of `tr`.
fn set(text: &str) -> Option<Vec<char>> {
    let text = unescaped(text)?;
    let named = [
        ("[:lower:]", "abcdefghijklmnopqrstuvwxyz"),
        ("[:upper:]", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ("[:digit:]", "0123456789"),
        ("[:space:]", " \t\n\r"),
        ("[:blank:]", " \t"),
    ];
    if let Some((_, members)) = named.iter().find(|(name, _)| *name == text) {
        return Some(members.chars().collect());
    }
    let characters: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&first) = characters.get(at) {
        match (characters.get(at + 1), characters.get(at + 2)) {
            (Some('-'), Some(&last)) if first <= last && u32::from(last) - u32::from(first) < 256 => {
                out.extend(first..=last);
                at += 3;
            }
            _ => {
                out.push(first);
                at += 1;
            }
        }
    }
    (out.len() < 512).then_some(out)
}

fn translated(values: &[&str], input: &str) -> Option<String> {
    match values {
        ["-d", from] => {
            let from = set(from)?;
            Some(input.chars().filter(|character| !from.contains(character)).collect())
        }
        ["-s", _] => None,
        [from, to] if !from.starts_with('-') || from.len() == 1 => {
            let (from, to) = (set(from)?, set(to)?);
            let last = to.last().copied()?;
            let change = |character: char| match from.iter().rposition(|own| *own == character) {
                Some(at) => to.get(at).copied().unwrap_or(last),
                None => character,
            };
            Some(input.chars().map(change).collect())
        }
        _ => None,
    }
}

/// The positions of `1,3-5,7-`, from zero, among `length`.
fn picked(list: &str, length: usize) -> Option<Vec<usize>> {
    let mut out = Vec::new();
    for part in list.split(',') {
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (
                if from.is_empty() { 1 } else { from.parse::<usize>().ok()? },
                if to.is_empty() { length } else { to.parse().ok()? },
            ),
            None => (part.parse().ok()?, part.parse().ok()?),
        };
        out.extend((from.max(1)..=to.min(length)).map(|at| at - 1));
    }
    out.sort_unstable();
    out.dedup();
    Some(out)
}

fn cut(values: &[&str], input: &str) -> Option<String> {
    let (mut delimiter, mut fields, mut characters) = ("\t", None, None);
    let mut rest = values.iter();
    while let Some(value) = rest.next() {
        let (flag, attached) = value.split_at_checked(2)?;
        let argument = if attached.is_empty() { rest.next().copied()? } else { attached };
        match flag {
            "-d" => delimiter = argument,
            "-f" => fields = Some(argument),
            "-c" | "-b" => characters = Some(argument),
            _ => return None,
        }
    }
    let mut out = String::new();
    for line in input.lines() {
        if let Some(list) = characters {
            let all: Vec<char> = line.chars().collect();
            out.extend(picked(list, all.len())?.iter().filter_map(|at| all.get(*at)));
        } else {
            let all: Vec<&str> = line.split(delimiter).collect();
            let parts: Vec<&str> =
                picked(fields?, all.len())?.iter().filter_map(|at| all.get(*at)).copied().collect();
            out.push_str(&if all.len() == 1 { line.to_owned() } else { parts.join(delimiter) });
        }
        out.push('\n');
    }
    Some(out)
}

fn ends(name: &str, values: &[&str], input: &str) -> Option<String> {
    let (unit, count) = match values {
        [] => ('n', "10"),
        [flag @ ("-n" | "-c"), count] => (flag.chars().nth(1)?, *count),
        [one] if one.starts_with("-n") || one.starts_with("-c") => (one.chars().nth(1)?, one.get(2..)?),
        [one] => ('n', one.strip_prefix('-')?),
        _ => return None,
    };
    let from_start = name == "tail" && count.starts_with('+');
    let all_but = name == "head" && count.starts_with('-');
    let number: usize = count.trim_start_matches(['+', '-']).parse().ok()?;
    let parts: Vec<String> = match unit {
        'n' => input.split_inclusive('\n').map(str::to_owned).collect(),
        _ => input.chars().map(String::from).collect(),
    };
    let range = match (name, from_start, all_but) {
        ("head", _, true) => 0..parts.len().saturating_sub(number),
        ("head", ..) => 0..number.min(parts.len()),
        (_, true, _) => number.saturating_sub(1).min(parts.len())..parts.len(),
        _ => parts.len().saturating_sub(number)..parts.len(),
    };
    Some(parts.get(range)?.concat())
}

/// `s/a/b/` with a text that is no pattern, several of them, and `-n '2p'`.
fn substituted(values: &[&str], input: &str) -> Option<String> {
    let scripts: Vec<&str> = match values {
        ["-n", line] => {
            let number: usize = line.strip_suffix('p')?.parse().ok()?;
            return Some(format!("{}\n", input.lines().nth(number.checked_sub(1)?)?));
        }
        ["-e", rest @ ..] => rest.iter().copied().filter(|value| *value != "-e").collect(),
        ["-E" | "-r", script] | [script] => vec![script],
        _ => return None,
    };
    let mut text = input.to_owned();
    for script in scripts.iter().flat_map(|script| script.split(';')) {
        let mut characters = script.trim().strip_prefix('s')?.chars();
        let mark = characters.next().filter(|c| !c.is_alphanumeric() && *c != '\\')?;
        let parts: Vec<&str> = characters.as_str().split(mark).collect();
        let [from, to, flags] = parts.as_slice() else { return None };
        let (start, end) = (from.starts_with('^'), from.ends_with('$'));
        let from = from.trim_start_matches('^').trim_end_matches('$');
        if from.contains(['*', '[', '\\', '.', '+', '?', '(', '|', '^', '$', '{'])
            || to.contains(['&', '\\'])
            || !matches!(*flags, "" | "g")
        {
            return None;
        }
        text = by_line(&text, |line| match (start, end) {
            (true, _) => {
                line.strip_prefix(from).map_or_else(|| line.to_owned(), |rest| format!("{to}{rest}"))
            }
            (_, true) => {
                line.strip_suffix(from).map_or_else(|| line.to_owned(), |rest| format!("{rest}{to}"))
            }
            _ if from.is_empty() => line.to_owned(),
            _ if *flags == "g" => line.replace(from, to),
            _ => line.replacen(from, to, 1),
        });
        if text.len() > LONGEST {
            return None;
        }
    }
    Some(text)
}

/// `awk '{print $2, $1}'`.
fn columns(values: &[&str], input: &str) -> Option<String> {
    let (separator, script) = match values {
        [script] => (None, script),
        ["-F", separator, script] => (Some(*separator), script),
        [flag, script] => (Some(flag.strip_prefix("-F")?), script),
        _ => return None,
    };
    let body = script.trim().strip_prefix('{')?.strip_suffix('}')?.trim().trim_end_matches(';');
    let list = body.strip_prefix("print")?.trim();
    let mut out = String::new();
    for line in input.lines() {
        let fields: Vec<&str> = match separator {
            Some(separator) if separator != " " => line.split(separator).collect(),
            _ => line.split_whitespace().collect(),
        };
        let one = |item: &str| {
            let item = item.trim();
            if let Some(text) = item.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                return (!text.contains(['"', '\\'])).then(|| text.to_owned());
            }
            let number: usize = match item.strip_prefix('$')? {
                "NF" => fields.len(),
                number => number.parse().ok()?,
            };
            match number.checked_sub(1) {
                None => Some(line.to_owned()),
                Some(at) => Some(fields.get(at).copied().unwrap_or_default().to_owned()),
            }
        };
        let line: Option<Vec<String>> =
            if list.is_empty() { Some(vec![line.to_owned()]) } else { list.split(',').map(one).collect() };
        out.push_str(&line?.join(" "));
        out.push('\n');
    }
    Some(out)
}

/// Decodes the escapes of `echo -e`, `printf` and `tr`; `None` when a byte is no text.
pub(crate) fn unescaped(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut out: Vec<u8> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.extend(character.to_string().bytes());
            continue;
        }
        let Some(letter) = characters.next() else {
            out.push(b'\\');
            break;
        };
        let mut number = |start: &str, radix: u32, most: usize| {
            let mut digits = start.to_owned();
            while let Some(digit) = characters.peek().filter(|c| c.is_digit(radix)).copied() {
                if digits.len() >= most {
                    break;
                }
                digits.push(digit);
                characters.next();
            }
            u32::from_str_radix(&digits, radix).ok()
        };
        match letter {
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'r' => out.push(b'\r'),
            'a' => out.push(7),
            'b' => out.push(8),
            'e' | 'E' => out.push(27),
            'f' => out.push(12),
            'v' => out.push(11),
            '\\' => out.push(b'\\'),
            '"' | '\'' => out.push(u8::try_from(letter).ok()?),
            'x' => out.push(u8::try_from(number("", 16, 2)?).ok()?),
            'u' => out.extend(char::from_u32(number("", 16, 4)?)?.to_string().bytes()),
            'U' => out.extend(char::from_u32(number("", 16, 8)?)?.to_string().bytes()),
            '0'..='7' => {
                let most = if letter == '0' { 4 } else { 3 };
                out.push(u8::try_from(number(&letter.to_string(), 8, most)? & 0xff).ok()?);
            }
            'c' => break,
            other => out.extend(format!("\\{other}").bytes()),
        }
    }
    String::from_utf8(out).ok()
}

/// Most rounds of a format that has more arguments than places.
const MOST_ROUNDS: usize = 256;

/// What `printf` makes of a format and its arguments.
pub(crate) fn printf(format: &str, arguments: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut rest = arguments.iter();
    for _ in 0..MOST_ROUNDS {
        let before = rest.len();
        out.push_str(&round(format, &mut rest)?);
        if rest.len() == 0 || rest.len() == before {
            return (out.len() <= LONGEST).then_some(out);
        }
    }
    None
}

fn round<'v>(format: &str, arguments: &mut impl Iterator<Item = &'v &'v str>) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&unescaped(rest.get(..at)?)?);
        let after = rest.get(at + 1..)?;
        let length =
            after.find(|c: char| !(c.is_ascii_digit() || "-+ #.".contains(c))).unwrap_or(after.len());
        let (flags, tail) = after.split_at_checked(length)?;
        let letter = tail.chars().next()?;
        rest = tail.get(letter.len_utf8()..)?;
        if letter == '%' {
            out.push('%');
            continue;
        }
        let argument = arguments.next().copied().unwrap_or_default();
        let text = match letter {
            's' => argument.to_owned(),
            'b' => unescaped(argument)?,
            'q' => crate::canonical::quote(argument),
            'c' => argument.chars().take(1).collect(),
            'd' | 'i' | 'u' => number(argument)?.to_string(),
            'x' => format!("{:x}", number(argument)?),
            'X' => format!("{:X}", number(argument)?),
            'o' => format!("{:o}", number(argument)?),
            _ => return None,
        };
        out.push_str(&padded(&text, flags, letter)?);
    }
    out.push_str(&unescaped(rest)?);
    Some(out)
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    // `'a` is the code of the character.
    if let Some(character) = text.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next()) {
        return Some(i64::from(u32::from(character)));
    }
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None if text.len() > 1 && text.starts_with('0') => i64::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

fn padded(text: &str, flags: &str, letter: char) -> Option<String> {
    if flags.is_empty() {
        return Some(text.to_owned());
    }
    let (width, precision) =
        flags.split_once('.').map_or((flags, None), |(width, precision)| (width, Some(precision)));
    let zero = width.starts_with('0') && letter != 's';
    let left = width.contains('-');
    let width: usize = match width.trim_start_matches(['-', '+', ' ', '#', '0']) {
        "" => 0,
        digits => digits.parse().ok().filter(|width| *width <= 1024)?,
    };
    let text = match precision
        .map(|precision| if precision.is_empty() { Ok(0) } else { precision.parse::<usize>() })
    {
        Some(Ok(precision)) if letter == 's' => text.chars().take(precision).collect(),
        Some(Ok(precision)) => format!("{}{text}", "0".repeat(precision.min(64).saturating_sub(text.len()))),
        Some(Err(_)) => return None,
        None => text.to_owned(),
    };
    let fill = width.saturating_sub(text.chars().count());
    let padding = if zero && !left { "0" } else { " " }.repeat(fill);
    Some(if left { format!("{text}{padding}") } else { format!("{padding}{text}") })
}

#[cfg(test)]
mod tests {
    use super::{NAMES, of, printf};

    #[test]
    fn the_table_is_sorted() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn texts_change_as_the_programs_change_them() {
        for (name, values, input, expected) in [
            ("base64", &["-d"][..], "cm0gLXJmIC8=\n", "rm -rf /"),
            ("base64", &[], "rm", "cm0=\n"),
            ("base32", &["-d"], "OJWSALLSMYQC6===", "rm -rf /"),
            ("xxd", &["-r", "-p"], "726d202d7266202f", "rm -rf /"),
            ("rev", &[], "/ fr- mr\n", "rm -rf /\n"),
            ("tr", &["a-z", "b-za"], "ql", "rm"),
            ("tr", &["-d", "x"], "rxm", "rm"),
            ("tr", &["A-Z", "a-z"], "RM", "rm"),
            ("cut", &["-d:", "-f2"], "a:rm:b", "rm\n"),
            ("cut", &["-c", "1-2"], "rmxx", "rm\n"),
            ("head", &["-n1"], "a\nb\n", "a\n"),
            ("head", &["-c", "2"], "rmx", "rm"),
            ("tail", &["-1"], "a\nb\n", "b\n"),
            ("tail", &["-n", "+2"], "a\nb\nc\n", "b\nc\n"),
            ("sed", &["s/X/m/"], "rX", "rm"),
            ("sed", &["s/^x//;s/y/z/g"], "xyy", "zz"),
            ("tac", &[], "a\nb\n", "b\na\n"),
            ("awk", &["{print $2}"], "a rm", "rm\n"),
            ("awk", &["-F:", "{print $1, $2}"], "rm:x", "rm x\n"),
            ("paste", &["-sd", " "], "rm\nx\n", "rm x\n"),
        ] {
            assert_eq!(of(name, values, input).as_deref(), Some(expected), "{name} {values:?}");
        }
    }

    #[test]
    fn formats_are_filled() {
        for (format, arguments, expected) in [
            ("%s", &["rm"][..], "rm"),
            ("%s %s\n", &["a", "b", "c", "d"], "a b\nc d\n"),
            ("\\x72\\155", &[], "rm"),
            ("%b", &["\\x72m"], "rm"),
            ("%03d", &["7"], "007"),
            ("%c%c", &["rx", "mx"], "rm"),
            ("%.2s", &["rmx"], "rm"),
            ("%d%%", &["5"], "5%"),
            ("%s", &[], ""),
        ] {
            assert_eq!(printf(format, arguments).as_deref(), Some(expected), "{format}");
        }
    }
}
