//! Tokens of known make (`ghp_…`, `AKIA…`) and the values of authorization headers.

use std::sync::LazyLock;

use crate::Span;

/// Which characters a token consists of after its prefix.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// Letters and digits.
    Plain,
    /// Also `_` and `-`.
    Dashed,
    /// Upper-case letters and digits, and nothing of a longer word after them.
    Upper,
    /// Also `.`, `_` and `-`.
    Dotted,
}

impl Body {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Plain => byte.is_ascii_alphanumeric(),
            Self::Dashed => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'),
        }
    }
}

/// Prefix, alphabet of the rest, shortest rest, name. A longer prefix stands before a shorter one that it begins with.
const MAKES: &[(&str, Body, usize, &str)] = &[
    ("AKIA", Body::Upper, 16, "aws-key"),
    ("ASIA", Body::Upper, 16, "aws-key"),
    ("ABIA", Body::Upper, 16, "aws-key"),
    ("ghp_", Body::Plain, 30, "github-token"),
    ("gho_", Body::Plain, 30, "github-token"),
    ("ghu_", Body::Plain, 30, "github-token"),
    ("ghs_", Body::Plain, 30, "github-token"),
    ("ghr_", Body::Plain, 30, "github-token"),
    ("github_pat_", Body::Dashed, 22, "github-token"),
    ("glpat-", Body::Dotted, 20, "gitlab-token"),
    ("gldt-", Body::Dashed, 20, "gitlab-token"),
    ("glrt-", Body::Dashed, 20, "gitlab-token"),
    ("sk-ant-", Body::Dashed, 16, "anthropic-key"),
    ("sk-proj-", Body::Dashed, 16, "api-key"),
    ("sk-or-v1-", Body::Dashed, 16, "api-key"),
    ("sk-", Body::Dashed, 20, "api-key"),
    ("sk_live_", Body::Plain, 16, "stripe-key"),
    ("sk_test_", Body::Plain, 16, "stripe-key"),
    ("rk_live_", Body::Plain, 16, "stripe-key"),
    ("whsec_", Body::Plain, 24, "webhook-secret"),
    ("xoxa-", Body::Dashed, 10, "slack-token"),
    ("xoxb-", Body::Dashed, 10, "slack-token"),
    ("xoxe-", Body::Dashed, 10, "slack-token"),
    ("xoxe.", Body::Dotted, 10, "slack-token"),
    ("xoxp-", Body::Dashed, 10, "slack-token"),
    ("xoxr-", Body::Dashed, 10, "slack-token"),
    ("xoxs-", Body::Dashed, 10, "slack-token"),
    ("xapp-", Body::Dashed, 10, "slack-token"),
    ("AIza", Body::Dashed, 35, "google-key"),
    ("ya29.", Body::Dashed, 20, "google-token"),
    ("GOCSPX-", Body::Dashed, 20, "google-secret"),
    ("npm_", Body::Plain, 30, "npm-token"),
    ("pypi-", Body::Dashed, 50, "pypi-token"),
    ("hf_", Body::Plain, 30, "huggingface-token"),
    ("xai-", Body::Plain, 30, "api-key"),
    ("gsk_", Body::Plain, 30, "api-key"),
    ("hvs.", Body::Dashed, 20, "vault-token"),
    ("dop_v1_", Body::Plain, 40, "digitalocean-token"),
    ("dckr_pat_", Body::Dashed, 20, "docker-token"),
    ("shpat_", Body::Plain, 30, "shopify-token"),
    ("lin_api_", Body::Plain, 30, "api-key"),
    ("tskey-", Body::Dashed, 20, "tailscale-key"),
    ("cio", Body::Plain, 32, "cargo-token"),
    ("SG.", Body::Dotted, 40, "sendgrid-key"),
    ("AGE-SECRET-KEY-1", Body::Upper, 50, "age-key"),
    ("ATATT3", Body::Dashed, 40, "atlassian-token"),
];

/// For each first byte of what is looked for, the second ones as bits: most places of a text are told apart by this one look.
static FIRST: LazyLock<[u128; 256]> = LazyLock::new(|| {
    let bit = |byte: u8| 1_u128.checked_shl(u32::from(byte)).unwrap_or(0);
    let makes = MAKES.iter().filter_map(|(prefix, ..)| prefix.as_bytes().first_chunk::<2>());
    let makes: Vec<(u8, u128)> = makes.map(|[first, second]| (*first, bit(*second))).collect();
    // A header's name is written in either case.
    let others = [(b'e', bit(b'y')), (b'B', u128::MAX), (b'b', u128::MAX)];
    let all = || makes.iter().chain(&others);
    std::array::from_fn(|byte| {
        let seconds = all().filter(|(first, _)| usize::from(*first) == byte);
        seconds.fold(0, |seconds, (_, second)| seconds | second)
    })
});

/// How far a token is looked at before it is decided; keeps the time linear however long the runs are.
const LOOK: usize = 512;

pub(crate) fn find(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let first = &*FIRST;
    let mut index = 0;
    let mut inside = false;
    while let Some(byte) = bytes.get(index) {
        let seconds = first.get(usize::from(*byte)).copied().unwrap_or(0);
        let may = seconds != 0
            && bytes
                .get(index + 1)
                .is_some_and(|next| seconds.checked_shr(u32::from(*next)).unwrap_or(0) & 1 == 1);
        if !inside
            && may
            && let Some((length, span)) = at(bytes, index)
        {
            index += length;
            spans.push(span);
            inside = true;
            continue;
        }
        inside = byte.is_ascii_alphanumeric();
        index += 1;
    }
}

/// The secret that the word beginning here is or announces, and how far to go on.
fn at(bytes: &[u8], index: usize) -> Option<(usize, Span)> {
    let rest = bytes.get(index..)?;
    match rest.first()? {
        b'e' if rest.starts_with(b"eyJ") => jwt(rest).map(|length| whole(index, length, "jwt")),
        b'B' | b'b' => header_value(rest).map(|(skip, length, kind)| {
            let range = index + skip..index + skip + length;
            (skip + length, Span { range, kind })
        }),
        _ => token(rest).map(|(length, kind)| whole(index, length, kind)),
    }
}

const fn whole(index: usize, length: usize, kind: &'static str) -> (usize, Span) {
    (length, Span { range: index..index + length, kind })
}

fn token(rest: &[u8]) -> Option<(usize, &'static str)> {
    let make = MAKES.iter().find(|(prefix, ..)| rest.starts_with(prefix.as_bytes()))?;
    let (prefix, body, least, kind) = *make;
    let tail = rest.get(prefix.len()..)?;
    let seen = run(tail.get(..LOOK).unwrap_or(tail), body);
    if seen < least || !plausible(prefix, tail.get(..seen)?, body) {
        return None;
    }
    let length = if seen == LOOK { run(tail, body) } else { seen };
    if body == Body::Upper && tail.get(length).is_some_and(|next| Body::Dashed.has(*next)) {
        return None;
    }
    Some((prefix.len() + length, kind))
}

/// Words such as `sk-learn-from-scratch` have the form of a token but no digit in any long part.
fn plausible(prefix: &str, tail: &[u8], body: Body) -> bool {
    if body == Body::Upper {
        return true;
    }
    if prefix == "sk-" {
        return tail.split(|byte| matches!(byte, b'-' | b'_')).any(|part| {
            part.len() >= 16
                && part.iter().any(u8::is_ascii_digit)
                && part.iter().any(u8::is_ascii_alphabetic)
        });
    }
    tail.iter().any(u8::is_ascii_digit) || (has_inner_capital(tail) && tail.len() >= 20)
}

/// Three runs of base64url with dots between, the first two of a header and a claim set.
fn jwt(rest: &[u8]) -> Option<usize> {
    // The runs are bounded by what HTTP servers accept as a header, and the search by the dots it needs.
    const LONGEST: usize = 16 * 1024;
    let rest = rest.get(..LONGEST).unwrap_or(rest);
    let first = run(rest.get(..LOOK * 2).unwrap_or(rest), Body::Dashed);
    if first < 10 || rest.get(first) != Some(&b'.') {
        return None;
    }
    let second = run(rest.get(first + 1..)?, Body::Dashed);
    let dot = first + 1 + second;
    if second < 10 || rest.get(dot) != Some(&b'.') {
        // An unsigned one, or one that was cut: still the claims of somebody.
        return (second >= 10 && rest.get(first + 1..)?.starts_with(b"eyJ")).then_some(dot);
    }
    Some(dot + 1 + run(rest.get(dot + 1..)?, Body::Dashed))
}

/// `Bearer X` and `Basic X`: how far X begins, its length, its name. Prose such as "basic authentication" stays.
fn header_value(rest: &[u8]) -> Option<(usize, usize, &'static str)> {
    let (skip, kind) = [(&b"bearer "[..], "bearer"), (&b"basic "[..], "basic-auth")]
        .into_iter()
        .find(|(word, _)| rest.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word)))
        .map(|(word, kind)| (word.len(), kind))?;
    let tail = rest.get(skip..)?;
    let spaces = tail.iter().take(8).take_while(|byte| **byte == b' ').count();
    let value = tail.get(spaces..)?;
    let in_value = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = value.iter().take_while(in_value).count();
    let value = value.get(..length)?;
    let random = value.iter().any(u8::is_ascii_digit)
        || value.ends_with(b"=")
        || (length >= 16 && has_inner_capital(value))
        || length >= 32;
    (length >= 8 && random).then_some((skip + spaces, length, kind))
}

/// An upper-case letter right after a lower-case one, as in random text and hardly in prose.
fn has_inner_capital(bytes: &[u8]) -> bool {
    bytes.iter().zip(bytes.iter().skip(1)).any(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase())
}

fn run(bytes: &[u8], body: Body) -> usize {
    bytes.iter().take_while(|byte| body.has(**byte)).count()
}
