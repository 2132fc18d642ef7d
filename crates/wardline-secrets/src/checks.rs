//! What can be proved about a token without asking anybody: checksums and structure.

/// The alphabet of GitHub's checksums: digits, upper case, lower case.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a look at the token itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// The checksum or structure is right: made by who it says.
    Right,
    /// It is wrong: a made-up or cut token.
    Wrong,
    /// Tokens of this make prove nothing by themselves.
    None,
}

/// Whether a token of known make holds what its maker puts in.
///
/// GitHub's classic tokens end in six characters of CRC-32 over the thirty before them, in base 62 (GitHub's
/// engineering blog, "Behind GitHub's new authentication token formats", 2021); npm's granular tokens follow it.
pub(crate) fn check(kind: &str, token: &str) -> Check {
    match kind {
        "github-token" if token.get(3..4) == Some("_") && token.len() == 40 => crc(token),
        "npm-token" if token.len() == 40 => crc(token),
        "jwt" => jwt(token),
        "aws-key" => aws(token),
        _ => Check::None,
    }
}

fn crc(token: &str) -> Check {
    let Some((random, sum)) = token.get(4..34).zip(token.get(34..)) else { return Check::Wrong };
    let right = base62(crc32(random.as_bytes()));
    if right.as_bytes() == sum.as_bytes() { Check::Right } else { Check::Wrong }
}

/// Six characters, most significant first.
fn base62(mut number: u32) -> String {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.get((number % 62) as usize).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

/// CRC-32 of IEEE 802.3, bit by bit: thirty bytes are not worth a table.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (0_u32.wrapping_sub(sum & 1)));
        }
    }
    !sum
}

/// RFC 7519: the first part is the base64url of a JSON object that names an algorithm.
fn jwt(token: &str) -> Check {
    let Some(header) = token.split('.').next().and_then(decode) else { return Check::Wrong };
    match serde_json::from_slice::<serde_json::Value>(&header) {
        Ok(value) if value.get("alg").is_some_and(serde_json::Value::is_string) => Check::Right,
        Ok(_) | Err(_) => Check::Wrong,
    }
}

/// An access key id is base 32 after its prefix (A–Z, 2–7). The ids of the documentation say so themselves.
fn aws(token: &str) -> Check {
    let body = token.get(4..).unwrap_or_default();
    if body.ends_with("EXAMPLE") {
        return Check::Wrong;
    }
    let base32 = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
    if body.len() == 16 && body.bytes().all(base32) { Check::None } else { Check::Wrong }
}

/// Base 64, plain or for URLs, with or without its padding.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut held = 0_u32;
    let mut bits = 0;
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xFF).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the check value of CRC-32/ISO-HDLC");
        assert_eq!(base62(61), "00000z");
        assert_eq!(decode("aGVsbG8="), Some(b"hello".to_vec()));
        assert_eq!(decode("aGV sbG8="), None);
    }

    #[test]
    fn a_token_proves_itself_or_not() {
        let random = "16C7e42F292c6912E7710c838347Ae";
        let good = format!("ghp_{random}{}", base62(crc32(random.as_bytes())));
        let bad = format!("ghp_{random}000000");
        let rows = [
            ("github-token", good.as_str(), Check::Right),
            ("github-token", bad.as_str(), Check::Wrong),
            ("github-token", "github_pat_11ABCDEFG0abcdefghijkl_mnopqrst", Check::None),
            ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123", Check::Right),
            ("jwt", "eyJhbGciOi.eyJzdWIiOiIxMjM0In0.abc", Check::Wrong),
            ("aws-key", "AKIAIOSFODNN7EXAMPLE", Check::Wrong),
            ("aws-key", "AKIAQ3EGP7XNXX5YZ2AB", Check::None),
            ("slack-token", "xoxb-1", Check::None),
        ];
        for (kind, token, expected) in rows {
            assert_eq!(check(kind, token), expected, "{token}");
        }
    }
}
