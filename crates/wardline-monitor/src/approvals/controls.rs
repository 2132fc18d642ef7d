//! What a person sets while sessions run: the mode, a pause, and rules that hold for a session or for a while. Each lies in a file
//! of its own on the board and is read anew for every decision.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wardline_policy::{Decision, Preset};

use super::board::{Board, BoardError, now_ms};

/// Rules that a person may have given in this way at a time; more belong into a file.
const MOST_GRANTS: usize = 256;

/// How closely a person watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// What the policy allows happens.
    Autopilot,
    /// Every change and every command that does more than read waits for an answer.
    Supervised,
}

impl Mode {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Autopilot => "autopilot",
            Self::Supervised => "supervised",
        }
    }

    /// The mode that a policy begins with.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        if preset == Preset::Autopilot { Self::Autopilot } else { Self::Supervised }
    }

    /// The preset it comes to where `preset` was in force: one that only reads stays.
    #[must_use]
    pub fn over(self, preset: Preset) -> Preset {
        match (preset, self) {
            (Preset::Readonly, _) => Preset::Readonly,
            (_, Self::Autopilot) => Preset::Autopilot,
            (_, Self::Supervised) => Preset::Supervised,
        }
    }
}

/// A mode that a person switched to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The mode.
    pub mode: Mode,
    /// The session it is for; all of them when absent.
    pub session: Option<String>,
    /// Where it was switched.
    pub by: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

/// A session that may do nothing until a person lets it go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The session.
    pub session: String,
    /// Why.
    pub why: String,
    /// Since when, in milliseconds since 1970.
    pub at: u64,
}

/// Where a rule of a person's holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "for", content = "name")]
pub enum Scope {
    /// In one session.
    Session(String),
    /// In one workspace, by its path.
    Project(String),
    /// Everywhere.
    User,
}

/// A rule that answers questions for a session or for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The permission, such as `bash`.
    pub permission: String,
    /// The pattern, as it would stand in the configuration.
    pub pattern: String,
    /// What it says.
    pub decision: Decision,
    /// Where it holds.
    pub scope: Scope,
    /// When it ends, in milliseconds since 1970; with the session, or by hand, when absent.
    pub expires_at: Option<u64>,
    /// Where it was given.
    pub by: String,
}

impl Grant {
    /// Whether it holds for a session in a workspace at a time.
    #[must_use]
    pub fn holds(&self, session: &str, project: &Path, now: u64) -> bool {
        let here = match &self.scope {
            Scope::Session(name) => name == session,
            Scope::Project(path) => Path::new(path) == project,
            Scope::User => true,
        };
        here && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Board {
    /// Switches the mode of a session, or of all that have none of their own; `None` takes the switch back.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn switch(&self, session: Option<&str>, mode: Option<Mode>, by: &str) -> Result<(), BoardError> {
        let file = self.place("modes", session.unwrap_or_default());
        match mode {
            None => gone(&file),
            Some(mode) => {
                let session = session.map(str::to_owned);
                put(&file, &Switch { mode, session, by: by.to_owned(), at: now_ms() })
            }
        }
    }

    /// The mode that a person switched a session to; `None` leaves what its policy says.
    ///
    /// # Errors
    /// [`BoardError::Files`] when what was switched can't be read: the caller denies.
    pub fn mode(&self, session: &str) -> Result<Option<Mode>, BoardError> {
        let own: Option<Switch> = get(&self.place("modes", session))?;
        let all = || get::<Switch>(&self.place("modes", ""));
        Ok(own.map_or_else(all, |own| Ok(Some(own)))?.map(|switch| switch.mode))
    }

    /// Every switch.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn switches(&self) -> Result<Vec<Switch>, BoardError> {
        self.all("modes")
    }

    /// Pauses a session: everything that is put to the monitor is refused until [`Self::resume`].
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn pause(&self, session: &str, why: &str) -> Result<(), BoardError> {
        let pause = Pause { session: session.to_owned(), why: why.to_owned(), at: now_ms() };
        put(&self.place("paused", session), &pause)
    }

    /// Lets a session go on.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn resume(&self, session: &str) -> Result<(), BoardError> {
        gone(&self.place("paused", session))
    }

    /// Why a session is paused, if it is.
    ///
    /// # Errors
    /// [`BoardError::Files`] when it can't be told: the caller denies.
    pub fn paused(&self, session: &str) -> Result<Option<Pause>, BoardError> {
        get(&self.place("paused", session))
    }

    /// Every paused session.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn pauses(&self) -> Result<Vec<Pause>, BoardError> {
        self.all("paused")
    }

    /// Adds a rule that holds for a session or for a while.
    ///
    /// # Errors
    /// [`BoardError::TooMany`], [`BoardError::Files`].
    pub fn grant(&self, grant: &Grant) -> Result<(), BoardError> {
        let grants = self.grants()?;
        let now = now_ms();
        for ended in grants.iter().filter(|known| known.expires_at.is_some_and(|end| end <= now)) {
            self.revoke(ended)?;
        }
        if grants.len() >= MOST_GRANTS {
            return Err(BoardError::TooMany);
        }
        put(&self.place_of(grant), grant)
    }

    /// Takes a rule back.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn revoke(&self, grant: &Grant) -> Result<(), BoardError> {
        gone(&self.place_of(grant))
    }

    /// Every rule that was given in this way, those that have ended too.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn grants(&self) -> Result<Vec<Grant>, BoardError> {
        self.all("grants")
    }

    /// Forgets what was set for a session that is over.
    pub fn forget(&self, session: &str) {
        for kind in ["modes", "paused"] {
            gone(&self.place(kind, session)).ok();
        }
        let own = |grant: &&Grant| grant.scope == Scope::Session(session.to_owned());
        for grant in self.grants().unwrap_or_default().iter().filter(own) {
            self.revoke(grant).ok();
        }
    }

    fn place_of(&self, grant: &Grant) -> PathBuf {
        let what = serde_json::json!([grant.permission, grant.pattern, grant.scope]).to_string();
        self.place("grants", &what)
    }

    /// The file of a thing by its name; of the empty name, that of all.
    fn place(&self, kind: &str, name: &str) -> PathBuf {
        let digest = crate::trust::digest_of(name);
        let stem = if name.is_empty() { "all" } else { digest.get(..32).unwrap_or(&digest) };
        self.directory().join(kind).join(format!("{stem}.json"))
    }

    fn all<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>, BoardError> {
        let entries = match std::fs::read_dir(self.directory().join(kind)) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e.into()),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            files.extend(path.extension().is_some_and(|end| end == "json").then_some(path));
        }
        files.sort();
        let read: Result<Vec<Option<T>>, BoardError> = files.iter().map(|file| get(file)).collect();
        Ok(read?.into_iter().flatten().collect())
    }
}

fn put(file: &Path, value: &impl Serialize) -> Result<(), BoardError> {
    let bytes = serde_json::to_vec(value).map_err(std::io::Error::other)?;
    Ok(crate::trust::replace(file, &bytes)?)
}

fn get<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, BoardError> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(|e| {
            std::io::Error::other(format!(
                "{}: {e}; remove it, which takes back what it says",
                file.display()
            ))
        })?)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn gone(file: &Path) -> Result<(), BoardError> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_its_own_mode_keeps_it() {
        let dir = crate::scratch::Dir::new("controls");
        let board = Board::open(dir.path()).unwrap();
        let version = board.version();
        assert_eq!(board.mode("a").unwrap(), None);
        board.switch(None, Some(Mode::Supervised), "test").unwrap();
        assert_ne!(board.version(), version, "displays see it");
        board.switch(Some("a"), Some(Mode::Autopilot), "test").unwrap();
        assert_eq!(
            [board.mode("a").unwrap(), board.mode("b").unwrap()],
            [Some(Mode::Autopilot), Some(Mode::Supervised)]
        );
        board.forget("a");
        assert_eq!(board.mode("a").unwrap(), Some(Mode::Supervised));
        board.switch(None, None, "test").unwrap();
        assert_eq!(board.mode("a").unwrap(), None);
    }

    #[test]
    fn a_pause_lasts_until_it_is_lifted() {
        let dir = crate::scratch::Dir::new("controls-pause");
        let board = Board::open(dir.path()).unwrap();
        board.pause("a", "too many questions").unwrap();
        assert_eq!(board.paused("a").unwrap().unwrap().why, "too many questions");
        assert_eq!(board.paused("b").unwrap(), None);
        board.resume("a").unwrap();
        board.resume("a").unwrap();
        assert_eq!(board.pauses().unwrap(), []);
    }

    #[test]
    fn grants_hold_where_and_while_they_say() {
        let dir = crate::scratch::Dir::new("controls-grants");
        let board = Board::open(dir.path()).unwrap();
        let grant = |scope, expires_at| Grant {
            permission: "bash".to_owned(),
            pattern: "make *".to_owned(),
            decision: Decision::Allow,
            scope,
            expires_at,
            by: "test".to_owned(),
        };
        let table = [
            (Scope::Session("a".to_owned()), None, [true, false, false]),
            (Scope::Project("/p".to_owned()), Some(10), [true, true, false]),
            (Scope::User, Some(10), [true, true, false]),
            (Scope::User, None, [true, true, true]),
        ];
        for (scope, end, [here, elsewhere, later]) in table {
            let grant = grant(scope, end);
            board.grant(&grant).unwrap();
            assert!(board.grants().unwrap().contains(&grant));
            let holds = |session, now| grant.holds(session, Path::new("/p"), now);
            assert_eq!([holds("a", 9), holds("b", 9), holds("b", 10)], [here, elsewhere, later], "{grant:?}");
            board.revoke(&grant).unwrap();
        }
        board.grant(&grant(Scope::Session("a".to_owned()), None)).unwrap();
        board.forget("a");
        assert_eq!(board.grants().unwrap(), []);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let dir = crate::scratch::Dir::new("controls-damaged");
        let board = Board::open(dir.path()).unwrap();
        dir.write("approvals/modes/all.json", "{\"mode\":");
        assert!(board.mode("a").is_err());
    }
}
