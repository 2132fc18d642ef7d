//! How many questions a session may put: a person who is asked too often stops reading. Pure; the times are passed in.

/// Questions within [`WINDOW`] from which on it is a flood.
pub const MOST: usize = 30;
/// The time that is looked back over, in milliseconds.
pub const WINDOW: u64 = 60_000;
/// Questions that may be open at a time.
pub const MOST_OPEN: usize = 16;

/// Adds a question at `now` to the times of those before; true when it is one too many. The list stays short.
#[must_use]
pub fn flooded(times: &mut Vec<u64>, now: u64) -> bool {
    // A clock that was put back forgets nothing.
    times.retain(|then| now.saturating_sub(*then) < WINDOW);
    if times.len() >= MOST {
        times.clear();
        return true;
    }
    times.push(now);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_seen_and_a_steady_flow_is_not() {
        let mut times = Vec::new();
        let burst = (0..100).filter(|at| flooded(&mut times, 1_000_000 + at)).count();
        assert_eq!(burst, 3, "each time after {MOST}");
        let mut times = Vec::new();
        let slow = WINDOW / MOST as u64 + 1;
        assert_eq!((0..10_000).filter(|at| flooded(&mut times, at * slow)).count(), 0);
        assert!(times.len() <= MOST);
    }
}
