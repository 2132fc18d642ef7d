//! The screen as data: events go in, pictures come out.

use proptest::prelude::*;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::text::Span;
use wardline_monitor::approvals::{Edit, Pause, Question, SubCommand, Why};
use wardline_monitor::manage::Hold;
use wardline_monitor::policy::Decision;

use super::model::{Deed, Event, Frozen, GUARD, Key, Model, Page};
use super::sheet::{Item, MARGIN, Tone};
use super::view;

fn question(number: u8, action: &str) -> Question {
    let why = Why {
        rule: "bash \"*\" ask".to_owned(),
        decision: Decision::Ask,
        text: "it is asked".to_owned(),
        matched: action.to_owned(),
        file: "built-in".to_owned(),
        line: 0,
        help: None,
    };
    let command = SubCommand {
        literal: action.to_owned(),
        canonical: action.to_owned(),
        decision: Decision::Ask,
        reasons: vec![why.clone()],
    };
    Question {
        id: format!("{number:032x}"),
        session: format!("run-{number}"),
        host: "claude".to_owned(),
        agent: "code".to_owned(),
        project: "/p".to_owned(),
        cwd: "/p".to_owned(),
        permission: "bash".to_owned(),
        tool: "Bash".to_owned(),
        action: action.to_owned(),
        confined: true,
        reasons: vec![why],
        commands: vec![command],
        paths: Vec::new(),
        hosts: vec!["example.com".to_owned()],
        effects: Vec::new(),
        doubts: Vec::new(),
        edits: Vec::new(),
        proposals: vec!["make".to_owned(), "make *".to_owned()],
        bound: Vec::new(),
        policy: "aa".to_owned(),
        digest_of_action: "bb".to_owned(),
        asker: "1-1".to_owned(),
        above: Vec::new(),
        terminal: 0,
        asked_at: 1_000,
        expires_at: 61_000,
    }
}

/// A state on a screen, as somebody sits before it.
struct Desk {
    model: Model,
    backend: TestBackend,
    last: Option<Buffer>,
    now: u64,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let now = 10_000;
        let backend = TestBackend::new(columns, rows);
        Self { model: Model::new((columns, rows), false, now), backend, last: None, now }
    }

    fn with(columns: u16, rows: u16, questions: &[Question]) -> Self {
        let mut desk = Self::new(columns, rows);
        desk.take(Event::Board(questions.to_vec(), Vec::new()));
        desk
    }

    /// An event, and what the screen is after it.
    fn take(&mut self, event: Event) -> Option<Deed> {
        let deed = self.model.update(self.now, event);
        assert!(view::paint(&mut self.backend, &self.model, &mut self.last).unwrap());
        self.model.update(self.now, Event::Drawn);
        deed
    }

    /// A key, `after` so many milliseconds.
    fn key(&mut self, after: u64, key: Key) -> Option<Deed> {
        self.now += after;
        self.take(Event::Key(key))
    }

    fn letter(&mut self, letter: char) -> Option<Deed> {
        self.key(GUARD, Key::Letter(letter))
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.backend.resize(columns, rows);
        assert!(
            !view::paint(&mut self.backend, &self.model, &mut self.last).unwrap(),
            "not yet laid out for it"
        );
        self.take(Event::Resized((columns, rows)));
    }

    /// What is on the screen, a row a line; a character that is twice as wide stands for its two cells.
    fn rows(&self) -> Vec<String> {
        let buffer = self.backend.buffer();
        let row = |y| {
            let mut out = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer.cell((x, y)).unwrap().symbol();
                out.push_str(symbol);
                x += u16::try_from(Span::raw(symbol).width().max(1)).unwrap();
            }
            out
        };
        (0..buffer.area.height).map(row).collect()
    }

    fn text(&self) -> String {
        self.rows().iter().map(|row| format!("{}\n", row.trim_end())).collect()
    }

    /// Every row of the text, scrolled through page by page from its top.
    fn scrolled(&mut self) -> Vec<String> {
        self.take(Event::Key(Key::Home));
        let layout = self.model.layout().unwrap();
        let (from, count) = (usize::from(layout.list) + 2, usize::from(layout.text));
        let mut all: Vec<String> = Vec::new();
        loop {
            let known = all.len() - self.model.scroll;
            let shown = self.rows().into_iter().skip(from).take(count);
            all.extend(shown.skip(known));
            let before = self.model.scroll;
            self.take(Event::Key(Key::PageDown));
            if self.model.scroll == before {
                all.truncate(self.model.sheet.rows.len());
                return all;
            }
        }
    }
}

const WIDE: &str = "\
wardline approve: 2 questions wait
>   9s  run-1  claude  bash
    9s  run-2  claude  bash
── 00000000 1-16 of 16 ─────────────────────────────────────────────────────────
who     claude wants bash (Bash)
      1 make all
      2   && echo \\u{1b}[2J done
ask     make all
      |   && echo \\u{1b}[2J done
        [bash \"*\" ask] (built-in)
because it is asked
        [bash \"*\" ask] (built-in)
host    example.com
in      /p
session run-1
agent   code
bounds  inside the sandbox
rule 1  bash: { \"make\": \"allow\" } would answer it for good
rule 2  bash: { \"make *\": \"allow\" } would answer it for good
";

const NARROW: &str = "\
wardline approve: 2 questions wait
>   9s  run-1  claude  bash
── 00000000 1-5 of 19, more below ──────
who     claude wants bash (Bash)
      1 make all
      2   && echo \\u{1b}[2J done
ask     make all
      |   && echo \\u{1b}[2J done

r run d deny m rules s stop ? help
";

#[test]
fn the_whole_question_is_on_the_screen_or_below_it() {
    let two = [question(1, "make all\n  && echo \u{1b}[2J done"), question(2, "ls")];
    let wide = Desk::with(80, 24, &two);
    assert!(wide.text().starts_with(WIDE), "{}", wide.text());
    assert!(wide.text().contains("digest  "), "{}", wide.text());
    let mut desk = Desk::with(40, 10, &two);
    assert_eq!(desk.text(), NARROW);
    // A window that grows and shrinks shows the same.
    desk.resize(80, 24);
    assert_eq!(desk.text(), wide.text());
    desk.resize(19, 5);
    assert_eq!(desk.rows().first().unwrap().trim(), "window too small");
    assert_eq!(desk.letter('r'), None);
    desk.resize(40, 10);
    assert_eq!(desk.text(), NARROW);
}

#[test]
fn keys_do_what_they_say_to_what_is_shown() {
    let (one, two) = (question(1, "one"), question(2, "two"));
    let about = |question: &Question| (question.id.clone(), question.digest());
    let allow = |question| {
        let (id, digest) = about(question);
        Some(Deed::Allow { id, digest })
    };
    let deny = |question| {
        let (id, digest) = about(question);
        Some(Deed::Deny { id, digest })
    };
    use Key::Letter;
    let table: Vec<(&[Key], Option<Deed>, &str)> = vec![
        (&[Letter('r')], allow(&one), ""),
        (&[Letter('d')], deny(&one), ""),
        (&[Key::Down, Letter('r')], allow(&two), ""),
        (&[Key::Down, Key::Down, Key::Up, Letter('d')], deny(&one), ""),
        (&[Letter('q')], Some(Deed::Quit), ""),
        (&[Key::Interrupt], Some(Deed::Quit), ""),
        (&[Letter('s')], Some(Deed::Freeze("run-1".to_owned())), ""),
        (&[Letter('?')], None, "run what is shown, this once"),
        (&[Letter('?'), Key::Escape, Letter('r')], allow(&one), ""),
        (&[Letter('m')], None, "> [ ]   bash: { \"make\""),
        (&[Letter('m'), Key::Enter], None, "choose a rule first"),
        (&[Letter('m'), Key::Escape], None, "who     claude"),
        (&[Letter('x'), Key::Enter, Key::Escape, Key::Home], None, "who     claude"),
    ];
    for (keys, expected, seen) in table {
        let mut desk = Desk::with(80, 24, &[one.clone(), two.clone()]);
        desk.key(0, Key::End);
        let deeds: Vec<Option<Deed>> = keys.iter().map(|key| desk.key(GUARD, *key)).collect();
        assert_eq!(deeds.last().unwrap(), &expected, "{keys:?}");
        let text = desk.text();
        assert!(text.contains(seen), "{keys:?}: {text}");
    }
}

/// A yes is about what was on the screen when the key was pressed, was there for a moment and read to its end.
#[test]
fn a_key_that_decides_counts_for_what_the_person_saw() {
    let (one, two) = (question(1, "one"), question(2, "two"));
    let both = [one.clone(), two.clone()];
    let yes = |question: &Question| Deed::Allow { id: question.id.clone(), digest: question.digest() };

    let mut desk = Desk::with(80, 24, &both);
    assert_eq!(desk.key(GUARD - 1, Key::Letter('r')), None, "it has just come into view");
    assert!(desk.text().contains("too soon"), "{}", desk.text());
    assert_eq!(desk.key(GUARD - 1, Key::Letter('r')), None, "a key that is held down");
    assert_eq!(desk.letter('r'), Some(yes(&one)));
    // The next one comes into view under the finger.
    desk.model.settled("question", &one.id);
    desk.take(Event::Board(vec![two.clone()], Vec::new()));
    assert_eq!(desk.key(0, Key::Letter('r')), None);
    assert_eq!(desk.letter('r'), Some(yes(&two)));

    // Answered elsewhere: what was shown stays, marked, and no key is about the next one.
    let mut desk = Desk::with(80, 24, &both);
    desk.take(Event::Board(vec![two.clone()], Vec::new()));
    assert!(desk.text().contains("answered elsewhere") && desk.text().contains("1 one"), "{}", desk.text());
    assert_eq!(desk.letter('r'), None);
    assert!(desk.text().contains("1 two"), "{}", desk.text());
    assert_eq!(desk.key(1, Key::Letter('r')), None);
    assert_eq!(desk.letter('r'), Some(yes(&two)));

    // Another question under the same name is another question.
    let mut desk = Desk::with(80, 24, &both);
    let swapped = Question { action: "swapped".to_owned(), ..one.clone() };
    desk.take(Event::Board(vec![swapped, two], Vec::new()));
    assert!(desk.text().contains("1 one"), "{}", desk.text());
    assert_eq!(desk.letter('r'), None);

    // Long: its end has to be on the screen before a yes, not before a no.
    let long = question(3, &"x".repeat(10_000));
    let mut desk = Desk::with(80, 24, std::slice::from_ref(&long));
    assert_eq!(desk.letter('r'), None);
    assert!(desk.text().contains("read it to its end first"), "{}", desk.text());
    assert!(matches!(desk.letter('d'), Some(Deed::Deny { .. })));
    desk.scrolled();
    assert_eq!(desk.letter('r'), Some(yes(&long)));

    // After the shell had the terminal it counts from anew.
    desk.now += GUARD;
    desk.take(Event::Away);
    assert_eq!(desk.key(1, Key::Letter('r')), None);
}

#[test]
fn rules_are_put_together_looked_at_and_left() {
    let one = question(1, "make");
    let mut desk = Desk::with(80, 24, std::slice::from_ref(&one));
    for key in ['m', ' ', 'j', ' ', 'j', ' ', 'j', ' '].map(Key::Letter) {
        assert_eq!(desk.key(1, key), None);
    }
    let text = desk.text();
    for shown in ["[x]     bash: { \"make\"", "[x]     bash: { \"make *\"", "in this project", "for 1h"] {
        assert!(text.contains(shown), "{text}");
    }
    let asked = desk.key(1, Key::Enter);
    let Some(Deed::Prepare { patterns, hold, until, .. }) = asked else { panic!("{asked:?}") };
    assert_eq!((patterns, hold, until), (one.proposals.clone(), Hold::Project, "1h"));
    desk.take(Event::Prepared(Err("these alone do not answer the question".to_owned())));
    assert!(desk.text().contains("these alone"), "{}", desk.text());
    desk.key(1, Key::Enter);
    let lines = (0..100).map(|number| Item::new("", format!("would {number}"), Tone::Plain)).collect();
    desk.take(Event::Prepared(Ok(lines)));
    assert_eq!(desk.letter('y'), None, "not read to its end");
    assert_eq!(desk.scrolled().len(), 100);
    let given = desk.letter('y');
    assert_eq!(given, Some(Deed::Give { id: one.id.clone(), digest: one.digest() }));
    // A question that is over takes its rules along.
    desk.key(1, Key::Letter('m'));
    desk.take(Event::Board(Vec::new(), Vec::new()));
    assert!(matches!(desk.model.page, Page::Question));
}

#[test]
fn a_session_is_frozen_and_ended_or_let_go_on() {
    for (letter, expected) in [
        ('e', Some(Deed::End("run-1".to_owned()))),
        ('c', Some(Deed::Thaw("run-1".to_owned()))),
        ('q', None),
        ('f', None),
    ] {
        let mut desk = Desk::with(40, 10, &[question(1, "make")]);
        assert_eq!(desk.letter('s'), Some(Deed::Freeze("run-1".to_owned())));
        let items = vec![Item::new("", "runs 3 processes", Tone::Plain)];
        desk.take(Event::Frozen(Ok(Frozen { session: "run-1".to_owned(), items })));
        assert!(desk.text().contains("runs 3 processes"), "{}", desk.text());
        assert_eq!(desk.key(0, Key::Letter(letter)), None, "too soon, or nothing");
        if letter != 'f' {
            assert_eq!(desk.letter(letter), expected);
        }
    }
    let mut desk = Desk::new(40, 10);
    let pause = Pause { session: "flood".to_owned(), why: "too many questions".to_owned(), at: 0 };
    desk.take(Event::Board(Vec::new(), vec![pause]));
    assert!(desk.text().contains("too many questions"), "{}", desk.text());
    assert_eq!(desk.letter('c'), Some(Deed::LetGoOn("flood".to_owned())));
}

/// Says to the test below that it is the program that panics.
const PANICS: &str = "WARDLINE_TEST_PANICS";

#[test]
fn panics_on_a_screen() {
    if std::env::var_os(PANICS).is_some() {
        let _screen = super::tty::Screen::enter().unwrap();
        panic!("on purpose");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    use std::io::Read as _;
    let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
    let ours = rustix::pty::openpt(flags).unwrap();
    rustix::pty::grantpt(&ours).unwrap();
    rustix::pty::unlockpt(&ours).unwrap();
    let name = rustix::pty::ptsname(&ours, Vec::new()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
    let theirs = rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).unwrap();
    let modes = || format!("{:?}", rustix::termios::tcgetattr(&ours).unwrap());
    let before = modes();
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "commands::approve::screen::tests::panics_on_a_screen", "--nocapture"]);
    command.env(PANICS, "1").env("TERM", "xterm");
    wardline_sys::attempt::seat_at(&mut command, theirs.try_clone().unwrap());
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
    assert!(!command.status().unwrap().success());
    assert_eq!(modes(), before);
    let mut said = vec![0; 1 << 16];
    let count = std::fs::File::from(ours).read(&mut said).unwrap();
    let said = String::from_utf8_lossy(said.get(..count).unwrap()).into_owned();
    let at = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text:?} is not in {said:?}"));
    assert!(at("\u{1b}[?1049h") < at("\u{1b}[?1049l") && at("\u{1b}[?1049l") < at("on purpose"), "{said:?}");
}

/// The text of a picture: what a reader who knows the escapes reads.
fn read_back(shown: &str) -> String {
    let mut out = String::new();
    let mut rest = shown;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\u{") {
            let (code, after) = after.split_once('}').unwrap();
            out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = after;
        } else {
            out.push(c);
            rest = rest.strip_prefix(c).unwrap();
        }
    }
    out
}

/// The lines that rows of a screen stand for, with the words in their margins.
fn lines(rows: &[String]) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for row in rows {
        let (margin, text) = row.split_at(row.char_indices().nth(MARGIN).unwrap().0);
        match (margin.trim(), out.last_mut()) {
            // What goes on in the next row filled this one.
            ("·", Some((_, line))) => line.push_str(text),
            (word, _) => out.push((word.to_owned(), text.to_owned())),
        }
    }
    out.into_iter().map(|(word, text)| (word, read_back(text.trim_end()))).collect()
}

fn hostile() -> impl Strategy<Value = String> {
    let odd = [
        "\u{1b}[2J",
        "\u{1b}]0;t\u{7}",
        "\u{202e}",
        "\u{200d}",
        "\\u{9}",
        "\\",
        "u{",
        "\t",
        "  \n",
        "世界",
        "👍🏻",
        "🇩🇪",
        "क\u{93f}",
        "\u{941}",
        "\u{e33}",
        "한",
        "\u{1112}\u{1161}",
        " because ",
        "      1 ",
        "·",
        "\u{600}a",
        "\u{fe0f}",
    ];
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ \\\\u{}\n0-9a-f]{0,12}",
        " {0,30}",
        prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// Whoever scrolls through has seen everything: the action and the difference can be read back from the rows of the screen, so two that
    /// differ never look alike.
    #[test]
    fn what_is_scrolled_through_can_be_read_back(
        action in hostile(), other in hostile(), columns in 20_u16..90, rows in 6_u16..30,
    ) {
        let mut asked = question(1, &action);
        asked.commands.clear();
        let patch: String = other.split('\n').map(|line| format!("+{line}\n")).collect();
        asked.edits = vec![Edit { path: "/p/f".to_owned(), patch, unknown: None }];
        let mut desk = Desk::with(columns, rows, &[asked]);
        let shown = desk.scrolled();
        prop_assert_eq!(shown.len(), desk.model.sheet.rows.len());
        let shown = lines(&shown);
        let after_who = shown.iter().skip(1);
        let numbered = |(word, _): &&(String, String)| word.parse::<usize>().is_ok();
        let read: Vec<&str> = after_who.take_while(numbered).map(|(_, line)| line.as_str()).collect();
        prop_assert_eq!(read.join("\n"), action);
        let edit = shown.iter().position(|(word, _)| word == "edit").unwrap();
        let patch: Vec<&str> =
            shown.iter().skip(edit + 1).take_while(|(word, _)| word.is_empty()).map(|(_, line)| line.as_str()).collect();
        let other: Vec<String> = other.split('\n').map(|line| format!("+{line}")).collect();
        prop_assert_eq!(patch, other);
    }
}
