//! What was shown to a person and waits for their second click. Each is good once, for a while, and for exactly what was shown.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::secret::Secret;

/// How long a second click may take.
const LASTS: Duration = Duration::from_secs(10 * 60);
/// What may wait at a time; of more, the oldest goes.
const MOST: usize = 32;

/// What waits, each under a name that nobody can guess.
#[derive(Debug)]
pub(crate) struct Pending<T>(Mutex<Vec<(Secret, Instant, T)>>);

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pending<T> {
    /// Keeps something until it is taken; its name.
    pub(crate) fn keep(&self, thing: T) -> io::Result<String> {
        let name = Secret::fresh()?;
        let text = name.expose().to_owned();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push((name, Instant::now(), thing));
        Ok(text)
    }

    /// Takes what has this name, once.
    pub(crate) fn take(&self, name: &str) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(_, since, _)| since.elapsed() < LASTS);
        let at = all.iter().position(|(known, ..)| known.is(name))?;
        Some(all.remove(at).2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_taken_once_and_by_its_name() {
        let pending = Pending::default();
        let names: Vec<String> = (0..=MOST).map(|number| pending.keep(number).unwrap()).collect();
        assert_eq!(pending.take(&names[0]), None, "the oldest made room");
        assert_eq!(
            (pending.take("x"), pending.take(&names[5]), pending.take(&names[5])),
            (None, Some(5), None)
        );
    }
}
