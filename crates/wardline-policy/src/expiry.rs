//! Rules that hold for a while. There is no clock here: whoever builds the policy says what time it is.
//!
//! A rule whose end has come is no rule. Without a time, doubt tightens: rules with an end that allow do not hold, those that ask or
//! deny do, so that nothing is allowed which is not allowed at any time. The bounds of a session are made from that: they stay as
//! they were when it began.

use crate::config::Settings;
use crate::decision::Decision;
use crate::rule::{Effect, Entry, Permission, Place};

const DAY: u64 = 24 * 60 * 60;

/// The end of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expiry {
    /// As it is written.
    pub(crate) text: String,
    /// In seconds since 1970; the rule holds before it.
    pub(crate) at: u64,
}

impl Expiry {
    /// Reads `2026-12-31T18:00:00Z`, or `2026-12-31` for the end of that day; in UTC.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time.strip_suffix('Z')?)),
            None => (text, None),
        };
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let begins = days(year, month, day)?.checked_mul(DAY)?;
        let at = match time {
            None => begins.checked_add(DAY)?,
            Some(time) => {
                let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
                if hour > 23 || minute > 59 || second > 59 {
                    return None;
                }
                begins.checked_add(hour * 3600 + minute * 60 + second)?
            }
        };
        Some(Self { text: text.to_owned(), at })
    }
}

/// Three numbers with so many digits each.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let parts: Vec<&str> = text.split(between).collect();
    let [a, b, c] = <[&str; 3]>::try_from(parts).ok()?;
    let read = |part: &str, digits: usize| {
        let good = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| part.parse().ok()).flatten()
    };
    let [first, second, third] = digits;
    Some([read(a, first)?, read(b, second)?, read(c, third)?])
}

/// The days from 1970 to a date of the Gregorian calendar; `None` for one that does not exist.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => return None,
    };
    if year < 1970 || day == 0 || day > length {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = BEFORE.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    Some(years + before + u64::from(month > 2 && leap(year)) + day - 1)
}

/// What the ends of rules come to at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    /// The rules that do not hold: in words, where they stand, their end.
    pub(crate) over: Vec<(String, Place, Expiry)>,
    /// The first end that is still to come.
    pub(crate) next: Option<u64>,
    /// Whether a rule that allows has one.
    pub(crate) allows: bool,
}

impl Ends {
    /// Takes away the rules of a file that do not hold at `now`.
    pub(crate) fn take(&mut self, settings: &mut Settings, now: Option<u64>) {
        self.sift(&mut settings.permission, now);
        settings.agents.iter_mut().for_each(|agent| self.sift(&mut agent.permission, now));
        settings.profiles.iter_mut().for_each(|profile| self.sift(&mut profile.permission, now));
    }

    fn sift(&mut self, permission: &mut Permission, now: Option<u64>) {
        match permission {
            Permission::Absent | Permission::Scalar(_) => {}
            Permission::List(all) => {
                all.retain(|line| self.holds(&line.permission, &line.pattern, &line.effect, now));
            }
            Permission::Map(entries) => {
                for (name, entry) in entries.iter_mut() {
                    if let Entry::Map(patterns) = entry {
                        patterns.retain(|(pattern, effect)| {
                            effect.as_ref().is_none_or(|effect| self.holds(name, pattern, effect, now))
                        });
                    }
                }
                entries.retain(|(name, entry)| match entry {
                    Entry::Scalar(effect) => self.holds(name, "*", effect, now),
                    Entry::Null | Entry::Map(_) => true,
                });
            }
        }
    }

    fn holds(&mut self, permission: &str, pattern: &str, effect: &Effect, now: Option<u64>) -> bool {
        let Some(expiry) = effect.note.as_ref().and_then(|note| note.expires.as_ref()) else { return true };
        let allows = effect.decision == Decision::Allow;
        let holds = now.map_or(!allows, |now| now < expiry.at);
        if holds {
            self.next = Some(self.next.map_or(expiry.at, |next| next.min(expiry.at)));
            self.allows |= allows;
        } else {
            let words = format!("{permission} \"{pattern}\" {}", effect.decision);
            self.over.push((words, effect.place.clone(), expiry.clone()));
        }
        holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_strictly() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01", Some(DAY)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2026-11-21T19:30:01Z", Some(1_795_289_401)),
            ("2026-11-21", Some(1_795_305_600)),
            ("2100-02-28", Some(4_107_542_400)),
            ("2026-02-29", None),
            ("2100-02-29", None),
            ("1969-12-31", None),
            ("2026-13-01", None),
            ("2026-00-10", None),
            ("2026-11-31", None),
            ("2026-11-21T24:00:00Z", None),
            ("2026-11-21T19:30:01", None),
            ("2026-11-21T19:30Z", None),
            ("2026-11-21 19:30:01Z", None),
            ("26-11-21", None),
            ("+026-11-21", None),
            ("tomorrow", None),
            ("", None),
        ];
        for (text, at) in table {
            assert_eq!(Expiry::parse(text).map(|it| it.at), at, "{text}");
        }
    }

    /// Each day follows the one before, over 400 years.
    #[test]
    fn no_day_is_left_out_and_none_counts_twice() {
        let mut next = 0;
        for year in 1970..2370 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(number) = days(year, month, day) {
                        assert_eq!(number, next, "{year}-{month}-{day}");
                        next += 1;
                    }
                }
            }
        }
        assert_eq!(next, 146_097);
    }
}
