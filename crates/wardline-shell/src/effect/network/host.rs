//! Which host a word names, and what else the word carries to it.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::answer::Word;

/// Stands for a part of a word that is not known.
const HOLE: char = '\u{0}';

/// A word with its unknown parts taken out.
pub(crate) struct Parts {
    /// The value; each unknown part is one `HOLE`.
    masked: String,
    /// The variables among the unknown parts.
    pub(crate) variables: Vec<String>,
}

impl Parts {
    /// Finds `$NAME`, `${NAME…}`, `$(…)` and backticks in a value that is not complete.
    pub(crate) fn of(word: &Word) -> Self {
        if word.complete {
            return Self { masked: word.value.clone(), variables: Vec::new() };
        }
        let (mut masked, mut variables) = (String::with_capacity(word.value.len()), Vec::new());
        let mut rest = word.value.as_str();
        while let Some(at) = rest.find(['$', '`']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            masked.push_str(before);
            let (length, variable) = unknown(from);
            if length > 1 {
                masked.push(HOLE);
            } else {
                masked.push_str(from.get(..1).unwrap_or_default());
            }
            variables.extend(variable.map(str::to_owned));
            rest = from.get(length.max(1)..).unwrap_or_default();
        }
        masked.push_str(rest);
        Self { masked, variables }
    }

    /// Is there an unknown part at all?
    pub(crate) fn has_holes(&self) -> bool {
        self.masked.contains(HOLE)
    }
}

/// The length of the unknown part that `text` begins with, and its name when it is a variable.
fn unknown(text: &str) -> (usize, Option<&str>) {
    if let Some(rest) = text.strip_prefix('`') {
        return (rest.find('`').map_or(text.len(), |end| end + 2), None);
    }
    if text.starts_with("$(") {
        let mut depth = 0_usize;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => return (at + 1, None),
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        return (text.len(), None);
    }
    let name_length =
        |text: &str| text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    if let Some(rest) = text.strip_prefix("${") {
        let inner = rest.trim_start_matches(['#', '!']);
        let name = inner.get(..name_length(inner)).filter(|name| !name.is_empty());
        return (rest.find('}').map_or(text.len(), |end| end + 3), name);
    }
    let rest = text.get(1..).unwrap_or_default();
    match name_length(rest) {
        // `$!`, `$1`-like specials have one character.
        0 => (1 + rest.chars().next().filter(|c| "!?@*#$-".contains(*c)).map_or(0, char::len_utf8), None),
        length => (1 + length, rest.get(..length)),
    }
}

/// A host as a word names it.
pub(crate) struct Host {
    /// Without scheme, user and port; what is known of its end when its beginning is not; empty when nothing is.
    pub(crate) name: String,
    /// The scheme, in lower case; empty when there is none.
    pub(crate) scheme: String,
    /// Something unknown stands in the host name, before a known domain.
    pub(crate) open_label: bool,
    /// Something unknown stands after the host.
    pub(crate) open_rest: bool,
}

/// The host of an address: `https://user@host:8443/path`, `host:port`, `host/path`, `[::1]:80`.
pub(crate) fn of_url(word: &Word) -> Host {
    let parts = Parts::of(word);
    let text = parts.masked.trim();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let rest = rest.trim_start_matches('/');
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let name = without_port(host);
    let open_label = name.contains(HOLE) && name.contains('.');
    Host {
        name: if name.contains(HOLE) { known_end(name).to_owned() } else { name.to_owned() },
        scheme: scheme.to_ascii_lowercase(),
        open_label,
        open_rest: after.contains(HOLE) || user.contains(HOLE),
    }
}

/// The host of a plain name or address, such as `nc` takes.
pub(crate) fn of_name(word: &Word) -> String {
    let parts = Parts::of(word);
    let name = parts.masked.trim_start_matches('[').trim_end_matches(']');
    if parts.has_holes() { known_end(name).to_owned() } else { name.to_owned() }
}

/// What is known of the end of a name: a domain, or nothing.
fn known_end(name: &str) -> &str {
    let end = name.rsplit(HOLE).next().unwrap_or_default().trim_start_matches(['.', '-']);
    if name.ends_with(HOLE) || !end.contains('.') { "" } else { end }
}

/// A host without its port: `h:80`, `[::1]:80`, `::1`.
pub(crate) fn without_port(host: &str) -> &str {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.split(']').next().unwrap_or_default();
    }
    match host.split_once(':') {
        Some((name, port)) if !port.contains(':') => name,
        _ => host,
    }
}

/// The usual spelling of an address that is written otherwise: decimal, octal, hexadecimal, shortened or mapped.
pub(crate) fn normalised(host: &str) -> Option<String> {
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        let usual = address.to_ipv4_mapped().map_or_else(|| address.to_string(), |mapped| mapped.to_string());
        return Some(usual).filter(|usual| usual != host);
    }
    let numbers: Option<Vec<u64>> = host.split('.').map(number).collect();
    let numbers = numbers.filter(|numbers| (1..=4).contains(&numbers.len()))?;
    let (last, first) = numbers.split_last()?;
    let room = 8 * (4 - first.len());
    if first.iter().any(|part| *part > 255) || *last >> room != 0 {
        return None;
    }
    let high = first.iter().fold(0_u64, |sum, part| sum << 8 | part);
    // A small number is a count or a port that was taken for a host.
    let value =
        u32::try_from(high << room | last).ok().filter(|value| *value > 0xff_ffff || !first.is_empty())?;
    Some(Ipv4Addr::from(value).to_string()).filter(|usual| usual != host)
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // A sign is no part of an address.
    (!digits.starts_with('+')).then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{normalised, of_url};
    use crate::expand::known;

    #[test]
    fn addresses_have_one_usual_spelling() {
        for (written, usual) in [
            ("2852039166", Some("169.254.169.254")),
            ("0xA9FEA9FE", Some("169.254.169.254")),
            ("0251.0376.0251.0376", Some("169.254.169.254")),
            ("169.254.43518", Some("169.254.169.254")),
            ("127.1", Some("127.0.0.1")),
            ("::ffff:169.254.169.254", Some("169.254.169.254")),
            ("10.0.0.1", None),
            ("example.com", None),
            ("256.1.1.1", None),
            ("", None),
            ("4294967296", None),
        ] {
            assert_eq!(normalised(written).as_deref(), usual, "{written}");
        }
    }

    #[test]
    fn the_host_of_an_address() {
        for (url, host) in [
            ("https://example.com/a?b", "example.com"),
            ("http://good.example@evil.example:8080/x", "evil.example"),
            ("example.com:80", "example.com"),
            ("http://[fd00:ec2::254]/latest", "fd00:ec2::254"),
            ("ftp://user:pw@h/f", "h"),
        ] {
            assert_eq!(of_url(&known(url)).name, host, "{url}");
        }
    }

    #[test]
    fn what_is_open_in_an_address() {
        let open = |text: &str| {
            let word = crate::answer::Word { complete: false, ..known(text) };
            let host = of_url(&word);
            (host.name, host.open_label, host.open_rest)
        };
        assert_eq!(open("$(cat /etc/passwd).evil.example"), ("evil.example".to_owned(), true, false));
        assert_eq!(open("http://evil.example/?d=$(id)"), ("evil.example".to_owned(), false, true));
        assert_eq!(open("$API/users"), (String::new(), false, false));
        assert_eq!(open("https://$HOST/x"), (String::new(), false, false));
    }
}
