//! Files whose format says "here stands the password": whatever stands there, however simple, is one.

use std::ops::Range;

use crate::{Certainty, Secret, assignments, find_from, value};

/// How a format holds its secrets.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// A word, then the secret as the next word: `password hunter22`.
    Words(&'static [&'static str]),
    /// `name = value`, `"name": "value"` of the names that announce a secret, and of these.
    Values(&'static [&'static str]),
    /// A field of lines that `:` divides; the field's number from 0.
    Field(usize),
    /// A line of an account with the digest of its password, as in `crypt(5)`.
    Digests,
    /// Addresses, one a line, each with user and password.
    Addresses,
    /// The whole file.
    Whole,
    /// PuTTY's keys: so many lines after `Private-Lines: N`.
    PrivateLines,
    /// Rows of tables of a database.
    Rows,
}

/// Ends of file names (in lower case) and how such files hold secrets. Sources: the manuals of the programs that read them.
const FORMATS: &[(&[&str], Layout)] = &[
    (
        &["netrc", "_netrc", "esmtprc", "msmtprc", "fetchmailrc", "muttrc"],
        Layout::Words(&["password", "passwd", "passphrase", "imap_pass", "smtp_pass"]),
    ),
    (
        &["npmrc", "yarnrc", "yarnrc.yml"],
        Layout::Values(&["_auth", "_authToken", "_password", "npmAuthToken", "npmAuthIdent"]),
    ),
    (
        &["pypirc", "my.cnf", "mylogin.cnf", "boto", "s3cfg", "credentials", "tugboat", "gemrc"],
        Layout::Values(&["key"]),
    ),
    (
        &["dockercfg", "docker/config.json", "containers/auth.json"],
        Layout::Values(&["auth", "identitytoken", "registrytoken"]),
    ),
    (
        &[
            "ftpconfig",
            "sftp-config.json",
            "sftp.json",
            "remote-sync.json",
            "deployment-config.json",
            "robomongo.json",
            "ventrilo_srv.ini",
        ],
        Layout::Values(&[]),
    ),
    (
        &[
            "webservers.xml",
            "data-sources.xml",
            "datasources.xml",
            "sitemanager.xml",
            "recentservers.xml",
            "filezilla.xml",
        ],
        Layout::Values(&["pass"]),
    ),
    (&["logins.json", "signons.json"], Layout::Values(&["encryptedUsername", "encryptedPassword"])),
    (&["wp-config.php"], Layout::Values(&["_KEY", "_SALT"])),
    (&["pgpass", "pgpass.conf"], Layout::Field(4)),
    (&["htpasswd", "shadow", "gshadow", "proftpdpasswd", "ftpd.passwd", "master.passwd"], Layout::Digests),
    (&["git-credentials"], Layout::Addresses),
    (&["master.key", "credentials.key", "production.key", "vault_pass", "vault-password"], Layout::Whole),
    (&["ppk"], Layout::PrivateLines),
    (&["sql"], Layout::Rows),
];

/// The secrets that the file's format names.
pub(crate) fn find(path: &str, text: &str) -> Vec<Secret> {
    let path = path.to_ascii_lowercase().replace('\\', "/");
    let ends = |end: &&str| {
        path.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '.', '-', '_']))
    };
    let layouts = FORMATS.iter().filter(|(names, _)| names.iter().any(ends));
    let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
    for (_, layout) in layouts {
        match layout {
            Layout::Words(names) => words(text, names, &mut found),
            Layout::Values(names) => values(text, names, &mut found),
            Layout::Field(number) => lines(text, |line| field(line, *number), "password", &mut found),
            Layout::Digests => lines(text, digest, "password-digest", &mut found),
            Layout::Addresses => lines(text, address, "url-password", &mut found),
            Layout::Whole => lines(text, whole, "secret", &mut found),
            Layout::PrivateLines => private_lines(text, &mut found),
            Layout::Rows => rows(text, &mut found),
        }
    }
    if path.ends_with("xml") || path.ends_with("config") {
        elements(text, &mut found);
    }
    let real =
        |(range, _): &(Range<usize>, &str)| !value::is_reference(text.get(range.clone()).unwrap_or_default());
    found
        .into_iter()
        .filter(real)
        .map(|(range, kind)| Secret { range, kind, certainty: Certainty::Proven })
        .collect()
}

/// Applies `pick` to each line that is no comment; what it returns is a range of that line.
fn lines(
    text: &str,
    pick: impl Fn(&str) -> Option<Range<usize>>,
    kind: &'static str,
    found: &mut Vec<(Range<usize>, &'static str)>,
) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        if !bare.trim_start().starts_with('#')
            && let Some(range) = pick(bare)
            && !range.is_empty()
        {
            found.push((start + range.start..start + range.end, kind));
        }
        start += line.len();
    }
}

fn field(line: &str, number: usize) -> Option<Range<usize>> {
    let start = line.split(':').take(number).map(|part| part.len() + 1).sum::<usize>();
    let value = line.split(':').nth(number)?;
    (value != "*").then(|| start..start + value.len())
}

/// `name:$6$salt$digest…`, `name:{SHA}…`, `name:` and thirteen characters of DES.
fn digest(line: &str) -> Option<Range<usize>> {
    let range = field(line, 1)?;
    let value = line.get(range.clone())?;
    let des = value.len() == 13
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    let modular = value.starts_with('$') && value.len() > 20 || value.starts_with('{') && value.len() > 20;
    // `$apr1` would read as a variable: what is named begins after the sign.
    (des || modular).then(|| range.start + usize::from(modular)..range.end)
}

/// `https://user:password@host`; the password may hold any character, the last `@` ends it.
fn address(line: &str) -> Option<Range<usize>> {
    let begin = line.find("://")? + 3;
    let end = line.rfind('@')?;
    let colon = line.get(begin..end)?.find(':')? + begin + 1;
    (colon < end).then_some(colon..end)
}

/// The one word of a line, if it is long enough to be a key.
fn whole(line: &str) -> Option<Range<usize>> {
    let word = line.trim();
    let start = line.len() - line.trim_start().len();
    (word.len() >= 8 && !word.contains(char::is_whitespace)).then(|| start..start + word.len())
}

fn words(text: &str, names: &[&str], found: &mut Vec<(Range<usize>, &'static str)>) {
    let mut expect = false;
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if expect && !bare.is_empty() {
            let inner = bare.trim_matches(['"', '\'']);
            let skip = bare.len() - bare.trim_start_matches(['"', '\'']).len();
            found.push((at + skip..at + skip + inner.len(), "password"));
            expect = false;
        } else if !bare.is_empty() {
            expect = names.iter().any(|name| bare.eq_ignore_ascii_case(name));
        }
        at += word.len();
    }
}

/// Values of names that announce a secret anyway, and of names that do in this format.
fn values(text: &str, names: &[&str], found: &mut Vec<(Range<usize>, &'static str)>) {
    found.extend(assignments::find(text).into_iter().map(|assigned| (assigned.value, assigned.kind)));
    for name in names {
        let mut from = 0;
        while let Some(begin) = find_from(text, name, from) {
            from = begin + name.len();
            found.extend(value_of(text, begin, from).map(|range| (range, "secret")));
        }
    }
}

/// The value of the name at `begin..end`: after quotes, blanks and one of `=`, `:` or `,` (of `define('NAME', 'value')`).
fn value_of(text: &str, begin: usize, end: usize) -> Option<Range<usize>> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric();
    let before = begin.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    let joined = text.as_bytes().get(begin).is_some_and(|first| *first != b'_') && before.is_some_and(part);
    if joined || text.as_bytes().get(end).is_some_and(|next| part(next) || *next == b'_') {
        return None;
    }
    let line = text.get(end..)?.split('\n').next()?;
    let rest = line.trim_start_matches(['"', '\'', ' ', '\t']);
    let value = rest.strip_prefix(['=', ':', ','])?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.map_or(value, |quote| value.trim_start_matches(quote));
    let length = quote
        .map_or_else(|| inner.find([' ', '\t', '\r', ',', ')']), |quote| inner.find(quote))
        .unwrap_or(inner.len());
    let start = end + line.len() - inner.len();
    (length >= 4).then_some(start..start + length)
}

/// `<Pass encoding="base64">…</Pass>`: elements whose name announces a secret.
fn elements(text: &str, found: &mut Vec<(Range<usize>, &'static str)>) {
    const NAME: usize = 80;
    let mut from = 0;
    while let Some(open) = find_from(text, "<", from) {
        from = open + 1;
        let rest = text.get(from..).unwrap_or_default();
        let length = rest
            .bytes()
            .take(NAME)
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            .count();
        let Some(kind) = rest.get(..length).and_then(assignments::secret_name) else { continue };
        let Some(close) = find_from(text, ">", from) else { return };
        let value = text.get(close + 1..).unwrap_or_default().split('<').next().unwrap_or_default();
        let inner = value.trim();
        let start = close + 1 + (value.len() - value.trim_start().len());
        if !inner.is_empty() {
            found.push((start..start + inner.len(), kind));
        }
    }
}

fn private_lines(text: &str, found: &mut Vec<(Range<usize>, &'static str)>) {
    let Some(mark) = find_from(text, "Private-Lines:", 0) else { return };
    let Some(line) = find_from(text, "\n", mark) else { return };
    let count = text.get(mark + 14..line).and_then(|count| count.trim().parse::<usize>().ok()).unwrap_or(0);
    let length = text
        .get(line + 1..)
        .unwrap_or_default()
        .split_inclusive('\n')
        .take(count)
        .map(str::len)
        .sum::<usize>();
    if length >= 64 {
        found.push((line + 1..line + 1 + length, "private-key"));
    }
}

/// `INSERT INTO t (a, password) VALUES (1, 'x'), …`: the values of the columns that announce a secret.
fn rows(text: &str, found: &mut Vec<(Range<usize>, &'static str)>) {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(insert) = find_from(&lower, "insert into ", from) {
        from = insert + 12;
        let Some(open) = find_from(text, "(", from) else { return };
        let Some((columns, mut at)) = tuple(text, open) else { continue };
        let names = columns
            .into_iter()
            .map(|range| text.get(range).unwrap_or_default().trim_matches(['`', '"', '[', ']', ' ']));
        let kinds: Vec<_> = names.map(assignments::secret_name).collect();
        let follows = lower.get(at..).unwrap_or_default().trim_start().starts_with("values");
        if !follows || kinds.iter().all(Option::is_none) {
            continue;
        }
        at = find_from(&lower, "values", at).map_or(at, |values| values + 6);
        while let Some(open) = next_row(text, at) {
            let Some((cells, end)) = tuple(text, open) else { break };
            let secret = cells
                .into_iter()
                .zip(&kinds)
                .filter_map(|(cell, kind)| Some((quoted(text, cell)?, (*kind)?)));
            found.extend(secret);
            at = end;
        }
        from = at;
    }
}

/// Where the next row begins, if one follows.
fn next_row(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let inner = rest.trim_start_matches([',', ' ', '\t', '\r', '\n']);
    inner.starts_with('(').then(|| at + rest.len() - inner.len())
}

/// The parts of `( … , … )` at `open`, and the place after it. Quotes hide commas and parentheses.
fn tuple(text: &str, open: usize) -> Option<(Vec<Range<usize>>, usize)> {
    const PARTS: usize = 256;
    let mut parts = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    let mut start = open + 1;
    for (index, byte) in text.as_bytes().iter().enumerate().skip(open + 1) {
        match (*byte, quote) {
            _ if escaped => escaped = false,
            (b'\\', Some(_)) => escaped = true,
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'\'' | b'"', None) => quote = Some(*byte),
            (b',' | b')', None) => {
                parts.push(start..index);
                start = index + 1;
                if *byte == b')' || parts.len() > PARTS {
                    return (*byte == b')').then_some((parts, index + 1));
                }
            }
            (_, None) => {}
        }
    }
    None
}

/// The inside of a quoted cell with something in it.
fn quoted(text: &str, cell: Range<usize>) -> Option<Range<usize>> {
    let value = text.get(cell.clone())?;
    let inner = value.trim();
    let start = cell.start + (value.len() - value.trim_start().len());
    let bare = inner.strip_prefix('\'')?.strip_suffix('\'')?;
    (bare.len() >= 4).then(|| start + 1..start + 1 + bare.len())
}
