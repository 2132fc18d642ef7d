//! What a person sees and may do while questions come and go: a state, and what an event makes of it. Pure; time is passed in.
//!
//! A yes is about what was on the screen when the key was pressed. So the question that is shown is held by value, and not exchanged when
//! the board changes: it stays, marked as over, until the person goes on. A key that lets something happen counts only when what it is
//! about has been on the screen for a moment, was read to its end, and no such key came just before.

use wardline_monitor::approvals::{Mode, Pause, Question};
use wardline_monitor::manage::Hold;

use super::sheet::{Item, Sheet, Tone, items, wrapped};
use super::view::Layout;

/// How long something has to be on the screen, and keys that decide have to rest, before one counts, in milliseconds.
pub(super) const GUARD: u64 = 400;
/// Ends of rules that can be chosen.
const ENDS: [&str; 5] = ["", "1h", "8h", "1d", "7d"];

/// A key, as far as it has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Interrupt,
    Letter(char),
}

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Key(Key),
    Resized((u16, u16)),
    /// Time went by.
    Tick,
    /// What is open and what is paused now.
    Board(Vec<Question>, Vec<Pause>),
    /// The state is on the screen.
    Drawn,
    /// The screen was somebody else's meanwhile.
    Away,
    /// What came of what was to be done.
    Said(String),
    /// Rules as they would be left, or why they cannot be.
    Prepared(Result<Vec<Item>, String>),
    /// A session is frozen and does this, or why it is not.
    Frozen(Result<Frozen, String>),
    /// A session that was frozen is ended, or goes on.
    Unfrozen(String),
}

/// A session that stands still.
#[derive(Debug, Clone)]
pub(super) struct Frozen {
    pub(super) session: String,
    pub(super) items: Vec<Item>,
}

/// Something to be done, by whoever has hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Quit,
    Allow {
        id: String,
        digest: String,
    },
    Deny {
        id: String,
        digest: String,
    },
    Prepare {
        question: Box<Question>,
        patterns: Vec<String>,
        hold: Hold,
        until: &'static str,
    },
    /// Leave the rules that were prepared, and answer the question with a yes.
    Give {
        id: String,
        digest: String,
    },
    LetGoOn(String),
    Switch(String, Mode),
    Freeze(String),
    End(String),
    Thaw(String),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Question(Box<Question>),
    Pause(Pause),
}

impl Entry {
    fn name(&self) -> (&str, &str) {
        match self {
            Self::Question(question) => ("question", &question.id),
            Self::Pause(pause) => ("pause", &pause.session),
        }
    }

    fn session(&self) -> &str {
        match self {
            Self::Question(question) => &question.session,
            Self::Pause(pause) => &pause.session,
        }
    }
}

/// What the lower part of the screen is about.
#[derive(Debug, Clone)]
pub(super) enum Page {
    Question,
    Help,
    Rules(Editor),
    Preview(Preview),
    Stop(Frozen),
}

/// Rules that a person puts together.
#[derive(Debug, Clone)]
pub(super) struct Editor {
    marked: Vec<bool>,
    hold: Hold,
    end: usize,
    /// The line that keys are about: a rule, then where they hold, then until when.
    at: usize,
}

/// Rules as they would be left.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    editor: Editor,
    items: Vec<Item>,
}

/// Everything that is known.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) now: u64,
    pub(super) colour: bool,
    pub(super) page: Page,
    pub(super) sheet: Sheet,
    pub(super) scroll: usize,
    /// What was said last.
    pub(super) say: String,
    size: (u16, u16),
    /// What is open and paused, as the board has it.
    entries: Vec<Entry>,
    /// What is shown, as it was when it came into view, and whether it is still on the board.
    shown: Option<(Entry, bool)>,
    /// Whether the last row of the page has been on the screen.
    read: bool,
    /// Since when the page has been on the screen.
    drawn: Option<u64>,
    /// When a key that decides was pressed last.
    pressed: u64,
}

impl Model {
    pub(super) fn new(size: (u16, u16), colour: bool, now: u64) -> Self {
        Self {
            now,
            colour,
            page: Page::Question,
            sheet: Sheet::default(),
            scroll: 0,
            say: String::new(),
            size,
            entries: Vec::new(),
            shown: None,
            read: false,
            drawn: None,
            pressed: 0,
        }
    }

    pub(super) fn layout(&self) -> Option<Layout> {
        Layout::of(self.size, self.entries.len(), self.said().len())
    }

    /// Columns and rows of the screen that it is laid out for.
    pub(super) fn size(&self) -> (u16, u16) {
        self.size
    }

    /// What was said last, in rows.
    pub(super) fn said(&self) -> Vec<String> {
        wrapped(&self.say, usize::from(self.size.0))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn is_chosen(&self, entry: &Entry) -> bool {
        self.shown.as_ref().is_some_and(|(shown, _)| shown == entry)
    }

    pub(super) fn on_pause(&self) -> bool {
        matches!(self.shown, Some((Entry::Pause(_), _)))
    }

    /// How many questions wait, and how many sessions are paused.
    pub(super) fn counts(&self) -> (usize, usize) {
        let questions = self.entries.iter().filter(|it| matches!(it, Entry::Question(_))).count();
        (questions, self.entries.len() - questions)
    }

    /// What is shown, by its name.
    pub(super) fn name(&self) -> String {
        match &self.shown {
            None => "nothing".to_owned(),
            Some((_, false)) => "over".to_owned(),
            Some((Entry::Question(question), true)) => question.id.chars().take(8).collect(),
            Some((Entry::Pause(_), true)) => "paused".to_owned(),
        }
    }

    /// Takes an event; gives what is to be done.
    pub(super) fn update(&mut self, now: u64, event: Event) -> Option<Deed> {
        self.now = now;
        match event {
            Event::Key(key) => return self.key(key),
            Event::Resized(size) => {
                self.size = size;
                self.lay_out();
            }
            Event::Tick => {}
            Event::Board(questions, pauses) => self.board(questions, pauses),
            Event::Drawn => {
                self.drawn.get_or_insert(now);
                self.look();
            }
            Event::Away => self.drawn = None,
            Event::Said(text) => self.say = text,
            Event::Prepared(Ok(items)) => {
                if let Page::Rules(editor) = &self.page {
                    self.say.clear();
                    self.turn(Page::Preview(Preview { editor: editor.clone(), items }));
                }
            }
            Event::Frozen(Ok(frozen)) => {
                self.say.clear();
                self.turn(Page::Stop(frozen));
            }
            Event::Prepared(Err(why)) | Event::Frozen(Err(why)) => self.say = why,
            Event::Unfrozen(text) => {
                self.say = text;
                self.turn(Page::Question);
            }
        }
        None
    }

    /// Goes to a page, from its top; nothing on it has been seen.
    fn turn(&mut self, page: Page) {
        self.page = page;
        self.scroll = 0;
        self.read = false;
        self.drawn = None;
        self.lay_out();
    }

    fn board(&mut self, questions: Vec<Question>, pauses: Vec<Pause>) {
        let questions = questions.into_iter().map(|question| Entry::Question(Box::new(question)));
        self.entries = questions.chain(pauses.into_iter().map(Entry::Pause)).collect();
        match &mut self.shown {
            None => self.choose(self.entries.first().cloned()),
            Some((entry, open)) => {
                let still = self.entries.contains(entry);
                if *open && !still {
                    *open = false;
                    "it was answered elsewhere, or its time is over; any key goes on"
                        .clone_into(&mut self.say);
                    if matches!(self.page, Page::Rules(_) | Page::Preview(_)) {
                        self.turn(Page::Question);
                    }
                }
            }
        }
        self.clamp();
    }

    fn choose(&mut self, entry: Option<Entry>) {
        self.shown = entry.map(|entry| (entry, true));
        self.turn(Page::Question);
    }

    fn lay_out(&mut self) {
        let shown = match (&self.page, &self.shown) {
            (Page::Help, _) => help(),
            (Page::Rules(editor), Some((Entry::Question(question), _))) => editor.items(question),
            (Page::Preview(preview), _) => preview.items.clone(),
            (Page::Stop(frozen), _) => frozen.items.clone(),
            (_, Some((Entry::Question(question), _))) => items(question),
            (_, Some((Entry::Pause(pause), _))) => vec![
                Item::new("session", &*pause.session, Tone::Bold),
                Item::new("paused", &*pause.why, Tone::Doubt),
                Item::new("", "everything that it asks for is refused until it may go on", Tone::Dim),
            ],
            (_, None) => vec![Item::new("", "questions are shown here as they come", Tone::Dim)],
        };
        self.sheet = Sheet::of(&shown, usize::from(self.size.0));
        self.clamp();
    }

    /// Keeps what is on the screen within the text, and the line that keys are about in sight.
    fn clamp(&mut self) {
        let rows = self.rows();
        if let Some((from, to)) = self.sheet.focus {
            self.scroll = self.scroll.clamp(to.saturating_sub(rows).min(from), from);
        }
        self.scroll = self.scroll.min(self.sheet.rows.len().saturating_sub(rows));
    }

    fn rows(&self) -> usize {
        self.layout().map_or(0, |layout| usize::from(layout.text))
    }

    /// Notes whether the end is in sight.
    fn look(&mut self) {
        let rows = self.rows();
        self.read |= rows > 0 && self.scroll + rows >= self.sheet.rows.len();
    }

    fn key(&mut self, key: Key) -> Option<Deed> {
        let small = self.layout().is_none();
        match key {
            Key::Interrupt => return Some(Deed::Quit),
            Key::Letter('q') if !matches!(self.page, Page::Stop(_)) => return Some(Deed::Quit),
            _ if small => return None,
            Key::Letter(' ') if matches!(self.page, Page::Rules(_)) => return self.key_on_rules(key),
            Key::PageDown | Key::Letter(' ') => self.scroll_by(self.rows().saturating_sub(1).max(1), true),
            Key::PageUp | Key::Letter('b') => self.scroll_by(self.rows().saturating_sub(1).max(1), false),
            Key::Letter('J') => self.scroll_by(1, true),
            Key::Letter('K') => self.scroll_by(1, false),
            Key::Home | Key::Letter('g') => self.scroll = 0,
            Key::End | Key::Letter('G') => self.scroll_by(usize::MAX / 2, true),
            _ => {
                self.say.clear();
                return match &self.page {
                    Page::Question => self.key_on_question(key),
                    Page::Help => {
                        self.turn(Page::Question);
                        None
                    }
                    Page::Rules(_) => self.key_on_rules(key),
                    Page::Preview(_) => self.key_on_preview(key),
                    Page::Stop(_) => self.key_on_stop(key),
                };
            }
        }
        None
    }

    fn scroll_by(&mut self, rows: usize, down: bool) {
        let most = self.sheet.rows.len().saturating_sub(self.rows());
        self.scroll = if down { (self.scroll + rows).min(most) } else { self.scroll.saturating_sub(rows) };
    }

    /// Whether a key that decides counts; says why not. `whole`: only what was read to its end may be said yes to.
    fn may_decide(&mut self, whole: bool) -> bool {
        let since = self.drawn.map(|drawn| drawn.max(self.pressed));
        self.pressed = self.now;
        let rested = since.is_some_and(|since| self.now >= since.saturating_add(GUARD));
        self.say = match (rested, whole && !self.read) {
            (false, _) => "that came too soon to be about this; press it again".to_owned(),
            (true, true) => "read it to its end first: PgDn, or G".to_owned(),
            (true, false) => return true,
        };
        false
    }

    fn key_on_question(&mut self, key: Key) -> Option<Deed> {
        let over = matches!(self.shown, Some((_, false)));
        match key {
            Key::Letter('?') => self.turn(Page::Help),
            _ if over => self.choose(self.entries.first().cloned()),
            Key::Down | Key::Letter('j') => self.step(true),
            Key::Up | Key::Letter('k') => self.step(false),
            Key::Letter(letter) => {
                let shown = self.shown.as_ref().map(|(entry, _)| entry.clone())?;
                return self.letter(letter, shown);
            }
            _ => {}
        }
        None
    }

    /// A letter about what is shown.
    fn letter(&mut self, letter: char, shown: Entry) -> Option<Deed> {
        let session = shown.session().to_owned();
        match (letter, shown) {
            ('r', Entry::Question(question)) if self.may_decide(true) => {
                Some(Deed::Allow { digest: question.digest(), id: question.id })
            }
            ('d', Entry::Question(question)) if self.may_decide(false) => {
                Some(Deed::Deny { digest: question.digest(), id: question.id })
            }
            ('m', Entry::Question(question)) => {
                if question.proposals.is_empty() {
                    "no rule can answer this one".clone_into(&mut self.say);
                } else {
                    self.turn(Page::Rules(Editor::of(&question)));
                }
                None
            }
            ('c', Entry::Pause(_)) if self.may_decide(false) => Some(Deed::LetGoOn(session)),
            ('s', _) if self.may_decide(false) => Some(Deed::Freeze(session)),
            ('v', _) if self.may_decide(false) => Some(Deed::Switch(session, Mode::Supervised)),
            ('A', _) if self.may_decide(false) => Some(Deed::Switch(session, Mode::Autopilot)),
            _ => None,
        }
    }

    fn step(&mut self, down: bool) {
        let at = self.entries.iter().position(|entry| self.is_chosen(entry)).unwrap_or(0);
        let to = if down { at + 1 } else { at.saturating_sub(1) };
        if let Some(entry) = self.entries.get(to).filter(|_| to != at) {
            self.choose(Some(entry.clone()));
        }
    }

    fn key_on_rules(&mut self, key: Key) -> Option<Deed> {
        let Page::Rules(editor) = &mut self.page else { return None };
        match key {
            Key::Escape => self.turn(Page::Question),
            Key::Enter => {
                let Some((Entry::Question(question), true)) = &self.shown else { return None };
                let patterns = editor.patterns(question);
                if patterns.is_empty() {
                    "choose a rule first".clone_into(&mut self.say);
                    return None;
                }
                let until = ENDS.get(editor.end).copied().unwrap_or_default();
                "looking at what else they would let through".clone_into(&mut self.say);
                return Some(Deed::Prepare {
                    question: question.clone(),
                    patterns,
                    hold: editor.hold,
                    until,
                });
            }
            key => {
                editor.key(key);
                self.lay_out();
            }
        }
        None
    }

    fn key_on_preview(&mut self, key: Key) -> Option<Deed> {
        let Page::Preview(preview) = &self.page else { return None };
        match key {
            Key::Escape => self.turn(Page::Rules(preview.editor.clone())),
            Key::Letter('y') if self.may_decide(true) => {
                let Some((Entry::Question(question), true)) = &self.shown else { return None };
                let deed = Deed::Give { digest: question.digest(), id: question.id.clone() };
                self.turn(Page::Question);
                return Some(deed);
            }
            _ => {}
        }
        None
    }

    fn key_on_stop(&mut self, key: Key) -> Option<Deed> {
        let Page::Stop(frozen) = &self.page else { return None };
        let session = frozen.session.clone();
        match key {
            Key::Letter('e') if self.may_decide(false) => Some(Deed::End(session)),
            Key::Letter('c') if self.may_decide(false) => Some(Deed::Thaw(session)),
            Key::Letter('f') => {
                self.turn(Page::Question);
                "it stays frozen; `wardline stop --resume` lets it go on".clone_into(&mut self.say);
                None
            }
            _ => None,
        }
    }

    /// What a person's own word made of a question or a pause: it is over, and the next one comes into view.
    pub(super) fn settled(&mut self, kind: &str, name: &str) {
        let about = |entry: &Entry| entry.name() == (kind, name);
        self.entries.retain(|entry| !about(entry));
        if self.shown.as_ref().is_some_and(|(entry, _)| about(entry)) {
            self.choose(self.entries.first().cloned());
        }
    }
}

impl Editor {
    fn of(question: &Question) -> Self {
        Self { marked: vec![false; question.proposals.len()], hold: Hold::Session, end: 0, at: 0 }
    }

    fn patterns(&self, question: &Question) -> Vec<String> {
        let marked = question.proposals.iter().zip(&self.marked).filter(|(_, marked)| **marked);
        marked.map(|(pattern, _)| pattern.clone()).collect()
    }

    fn key(&mut self, key: Key) {
        let last = self.marked.len() + 1;
        match key {
            Key::Down | Key::Letter('j') => self.at = (self.at + 1).min(last),
            Key::Up | Key::Letter('k') => self.at = self.at.saturating_sub(1),
            Key::Letter(' ') => match self.marked.get_mut(self.at) {
                Some(marked) => *marked = !*marked,
                None if self.at == last => self.end = (self.end + 1) % ENDS.len(),
                None => {
                    let at = Hold::ALL.iter().position(|hold| *hold == self.hold).unwrap_or(0);
                    self.hold = Hold::ALL.get(at + 1).copied().unwrap_or(Hold::Session);
                }
            },
            _ => {}
        }
    }

    fn items(&self, question: &Question) -> Vec<Item> {
        let mut all = vec![Item::new(
            "",
            "each is proven to match; together they have to answer the question",
            Tone::Dim,
        )];
        for (pattern, marked) in question.proposals.iter().zip(&self.marked) {
            let label = if *marked { "[x]" } else { "[ ]" };
            let text = format!("{}: {{ {pattern:?}: \"allow\" }}", question.permission);
            all.push(Item::new(label, text, Tone::Plain));
        }
        let hold = match self.hold {
            Hold::Session => "in the session that asks",
            Hold::Project => "in this project",
            Hold::User => "in all projects",
        };
        all.push(Item::new("hold", hold, Tone::Plain));
        let end = match (ENDS.get(self.end).copied().unwrap_or_default(), self.hold) {
            ("", Hold::Session) => "until the session ends, a day at most".to_owned(),
            ("", _) => "for good".to_owned(),
            (end, _) => format!("for {end}"),
        };
        all.push(Item::new("until", end, Tone::Plain));
        if let Some(item) = all.get_mut(self.at + 1) {
            item.focus = true;
            item.label = format!("> {}", item.label);
        }
        all
    }
}

fn help() -> Vec<Item> {
    let line = |label: &str, text: &str| Item::new(label, text, Tone::Plain);
    vec![
        line("r", "run what is shown, this once; only after its end was on the screen"),
        line("d", "deny it"),
        line(
            "m",
            "manage rules: leave rules that answer it from now on, after a look at what else they would let through",
        ),
        line("s", "freeze the session and see what it does; then end it or let it go on"),
        line(
            "v / A",
            "watch the session closely: every change and command waits / back to what the policy allows",
        ),
        line("c", "let a paused session go on"),
        line("up k", "the question before"),
        line("down j", "the next question"),
        line(
            "PgDn",
            "read on (also Space); PgUp or b back, J and K by a row, g and G to the top and the end",
        ),
        line("Ctrl-Z", "to the shell; `fg` comes back"),
        line("q", "quit; questions that wait go on waiting for their time"),
        line(
            "",
            "An answer is about exactly what is shown. A key that decides counts when what it is about has been on the screen for a moment, and \
                  nothing that is pasted counts. \\u{..} stands for a character that would not be seen; `·` goes on with a line that is too long, \
                  a number begins one.",
        ),
    ]
}
