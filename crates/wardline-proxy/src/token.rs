//! The secret of a session: only a client that knows it may use the door.
//!
//! The door's socket is private to the session already; the token keeps out whoever else comes to reach the socket or the
//! loopback port that leads to it: another session, another user of a shared network.

use std::fmt;
use std::io::{self, Read as _};

/// The name that clients give beside the token, since both HTTP and SOCKS want a pair.
pub const USER: &str = "wardline";

/// A secret of 128 random bits. Neither printed nor compared in a time that depends on it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one from the system's source of randomness.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn fresh() -> io::Result<Self> {
        let mut bytes = [0; 16];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The secret itself, for the environment of the session's program and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether an HTTP credential (`Basic …`) is this token's.
    pub(crate) fn is_basic(&self, value: &[u8]) -> bool {
        let Some((scheme, code)) = value.iter().position(|byte| *byte == b' ').map(|at| value.split_at(at))
        else {
            return false;
        };
        let expected = base64(format!("{USER}:{}", self.0).as_bytes());
        scheme.eq_ignore_ascii_case(b"basic") && same(code.trim_ascii(), expected.as_bytes())
    }

    /// Whether a SOCKS name and password are this token's.
    pub(crate) fn is_pair(&self, user: &[u8], password: &[u8]) -> bool {
        same(password, self.0.as_bytes()) & same(user, USER.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What a client sends as `Proxy-Authorization` for a proxy of this form: `http://user:password@host:port`.
#[must_use]
pub fn authorization(proxy: &str) -> Option<String> {
    let (pair, _) = proxy.split_once("://")?.1.split_once('@')?;
    Some(format!("Basic {}", base64(pair.as_bytes())))
}

/// Equality in a time that depends on the lengths only.
fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    a.len() == b.len() && difference == 0
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS.get(bits >> (18 - 6 * place) & 63).copied().filter(|_| place <= chunk.len());
            text.push(char::from(letter.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_base64() {
        let table = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ];
        for (plain, coded) in table {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn only_the_token_is_the_token() {
        let token = Token::fresh().unwrap();
        let other = Token::fresh().unwrap();
        assert_ne!(token, other);
        assert_eq!(token.expose().len(), 32);
        assert!(!format!("{token:?}").contains(token.expose()));
        let basic =
            |user: &str, password: &str| format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
        let right = basic(USER, token.expose());
        assert!(token.is_basic(right.as_bytes()));
        assert!(token.is_basic(right.replace("Basic", "basic ").as_bytes()));
        for wrong in [
            String::new(),
            "Basic".to_owned(),
            "Basic ".to_owned(),
            right.replace("Basic", "Bearer"),
            format!("{right}A"),
            basic("x", token.expose()),
            basic(USER, other.expose()),
            basic(USER, ""),
            basic(USER, token.expose().strip_suffix(|_: char| true).unwrap()),
        ] {
            assert!(!token.is_basic(wrong.as_bytes()), "{wrong}");
        }
        let proxy = authorization(&format!("http://{USER}:{}@127.0.0.1:1", token.expose())).unwrap();
        assert!(token.is_basic(proxy.as_bytes()) && authorization("http://127.0.0.1:1").is_none());
        assert!(token.is_pair(USER.as_bytes(), token.expose().as_bytes()));
        assert!(!token.is_pair(b"", token.expose().as_bytes()) && !token.is_pair(USER.as_bytes(), b""));
    }
}
