//! Secrets that the page is guarded by.

use std::fmt;
use std::io::{self, Read as _};

/// 256 random bits in hexadecimal. Neither printed nor compared in a time that depends on it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// A new one from the system's source of randomness.
    pub(crate) fn fresh() -> io::Result<Self> {
        let mut bytes = [0_u8; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The secret itself, for the one who shall know it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the secret.
    pub(crate) fn is(&self, text: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), text.as_bytes());
        own.len() == other.len() && own.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_random_and_hidden() {
        let (one, two) = (Secret::fresh().unwrap(), Secret::fresh().unwrap());
        assert_eq!(one.expose().len(), 64);
        assert_ne!(one, two);
        assert!(
            one.is(one.expose())
                && !one.is(two.expose())
                && !one.is("")
                && !one.is(one.expose().get(1..).unwrap())
        );
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
