//! The Seatbelt profile against a small model of its language: of the rules that match, the last decides. Over generated
//! confinements it never allows what the confinement does not, and of what it does it keeps what it can.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic in a test's model is a failure of the test"
)]

use std::path::{Path, PathBuf};

use wardline_sandbox::seatbelt::{Session, profile, system_paths};
use wardline_sandbox::{Confinement, Forward, Quarantined};

/// A word, a string or a list of the language.
#[derive(Debug, Clone, PartialEq)]
enum Term {
    Word(String),
    Text(String),
    List(Vec<Self>),
}

fn parse(text: &str) -> Vec<Term> {
    let mut stack = vec![Vec::new()];
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '(' => stack.push(Vec::new()),
            ')' => {
                let list = stack.pop().unwrap();
                stack.last_mut().unwrap().push(Term::List(list));
            }
            '"' => {
                let mut string = String::new();
                while let Some(character) = rest.next().filter(|character| *character != '"') {
                    string.push(if character == '\\' { rest.next().unwrap() } else { character });
                }
                stack.last_mut().unwrap().push(Term::Text(string));
            }
            space if space.is_whitespace() => {}
            first => {
                let mut word = first.to_string();
                while let Some(more) = rest.next_if(|next| !next.is_whitespace() && !"()\"".contains(*next)) {
                    word.push(more);
                }
                stack.last_mut().unwrap().push(Term::Word(word));
            }
        }
    }
    assert_eq!(stack.len(), 1, "every parenthesis is closed");
    stack.pop().unwrap()
}

fn matches(filter: &Term, object: &str) -> bool {
    let Term::List(parts) = filter else { return false };
    match parts.as_slice() {
        [Term::Word(kind), Term::Text(path)] if kind == "literal" => object == path,
        [Term::Word(kind), Term::Text(path)] if kind == "subpath" => Path::new(object).starts_with(path),
        [Term::Word(side), Term::Word(_), address] if side == "remote" || side == "local" => match address {
            Term::Text(address) => object == address,
            inner => matches(inner, object),
        },
        _ => false,
    }
}

/// Whether the profile allows an operation on a path or an address.
fn allows(rules: &[Term], operation: &str, object: &str) -> bool {
    let mut allowed = true;
    for rule in rules {
        let Term::List(parts) = rule else { unreachable!("a rule is a list") };
        let Term::Word(decision) = &parts[0] else { unreachable!("a rule begins with a word") };
        if decision == "version" {
            continue;
        }
        let (operations, filters): (Vec<_>, Vec<_>) =
            parts[1..].iter().partition(|part| matches!(part, Term::Word(_)));
        let covers = |word: &&Term| match word {
            Term::Word(word) if word == "default" => true,
            Term::Word(word) => match word.strip_suffix('*') {
                Some(start) => operation.starts_with(start),
                None => word == operation,
            },
            _ => false,
        };
        if operations.iter().any(covers)
            && (filters.is_empty() || filters.iter().any(|one| matches(one, object)))
        {
            allowed = decision == "allow";
        }
    }
    allowed
}

fn session() -> Session {
    Session { private: "/private/var/wl/s1".into(), egress_port: Some(3128) }
}

fn full() -> Confinement {
    let mut confinement = Confinement::new("/Users/u/p", "/Users/u");
    confinement.read = system_paths();
    confinement.read.push("/Users/u/.gitconfig".into());
    confinement.write = vec!["/Users/u/.agent".into()];
    confinement.pinned = vec!["/Users/u/p/.git/hooks".into(), "/Users/u/p/.git/config".into()];
    confinement.masked = vec!["/Users/u/p/.env".into(), "/Users/u/p/sub/secret \"key\"".into()];
    confinement.quarantined =
        vec![Quarantined { path: "/Users/u/p/package.json".into(), staged: "/private/var/wl/q/1".into() }];
    confinement.egress = Some("/private/var/wl/s1/egress.sock".into());
    confinement.forwards = vec![Forward { port: 5432, socket: "/private/var/wl/s1/5432.sock".into() }];
    confinement.sockets = vec![("/private/var/wl/monitor.sock".into(), "/run/monitor.sock".into())];
    confinement.files =
        vec![("/private/var/wl/s1/settings.json".into(), "/Users/u/.agent/settings.json".into())];
    confinement
}

#[test]
fn the_profile_of_an_ordinary_session() {
    assert_eq!(profile(&full(), &session()).unwrap(), include_str!("seatbelt.golden.sb"));
}

#[test]
fn the_profile_says_what_the_confinement_says() {
    let rules = parse(&profile(&full(), &session()).unwrap());
    let table = [
        ("file-read-data", "/Users/u/p/src/a.rs", true),
        ("file-write-create", "/Users/u/p/new", true),
        ("process-exec", "/usr/bin/git", true),
        ("file-write-data", "/usr/bin/git", false),
        ("file-read-data", "/Users/u/.ssh/id_ed25519", false),
        ("file-read-data", "/Users/u", false),
        ("file-read-metadata", "/Users/u", true),
        ("file-read-data", "/Users/u/.gitconfig", true),
        ("file-write-data", "/Users/u/.gitconfig", false),
        ("file-read-data", "/Users/u/p/.env", false),
        ("file-link", "/Users/u/p/.env", false),
        ("file-read-metadata", "/Users/u/p/sub/secret \"key\"", false),
        ("file-read-data", "/Users/u/p/.git/config", true),
        ("file-write-data", "/Users/u/p/.git/config", false),
        ("file-write-create", "/Users/u/p/.git/hooks/pre-commit", false),
        ("file-write-unlink", "/Users/u/p/.git", false),
        ("file-write-unlink", "/Users/u/p/sub", false),
        ("file-write-unlink", "/Users/u/p", false),
        ("file-write-unlink", "/Users/u/p/src", true),
        ("file-write-data", "/Users/u/p/package.json", false),
        ("file-write-data", "/private/var/wl/s1/tmp/x", true),
        ("file-write-data", "/private/var/wl/s1/settings.json", false),
        ("file-write-setugid", "/Users/u/p/a", false),
        ("file-mknod", "/Users/u/p/a", false),
        ("network-outbound", "localhost:3128", true),
        ("network-outbound", "localhost:5432", true),
        ("network-outbound", "localhost:22", false),
        ("network-outbound", "example.com:443", false),
        ("network-outbound", "/private/var/wl/monitor.sock", true),
        ("network-outbound", "/var/run/docker.sock", false),
        ("mach-lookup", "com.apple.SecurityServer", false),
        ("process-info-pidinfo", "launchd", false),
    ];
    for (operation, object, expected) in table {
        assert_eq!(allows(&rules, operation, object), expected, "{operation} {object}");
    }
}

#[test]
fn nothing_that_is_not_asked_for_is_open() {
    let bare = Confinement::new("/w/p", "/w/home");
    let rules = parse(&profile(&bare, &session()).unwrap());
    let table = ["/etc/passwd", "/usr/bin/git", "/w/home/.ssh", "/w", "/"];
    for path in table {
        assert!(
            !allows(&rules, "file-read-data", path) && !allows(&rules, "file-write-data", path),
            "{path}"
        );
    }
    // A port that nobody serves is not opened for whoever takes it.
    assert!(!allows(&rules, "network-outbound", "localhost:3128"));
    for bad in ["/w/new\nline", "/w/tab\there"] {
        let mut confinement = bare.clone();
        confinement.read = vec![bad.into()];
        assert!(profile(&confinement, &session()).is_err(), "{bad:?}");
    }
    let mut quoting = bare;
    quoting.read = vec!["/w/a\") (allow default) (literal \"".into(), "/w/b\\".into()];
    let rules = parse(&profile(&quoting, &session()).unwrap());
    assert!(!allows(&rules, "file-read-data", "/etc/passwd"));
    assert!(allows(&rules, "file-read-data", "/w/b\\"));
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn path(&mut self, below: &str) -> PathBuf {
        let mut path = PathBuf::from(below);
        for _ in 0..=self.below(3) {
            path.push(["a", "b", "c"][usize::try_from(self.below(3)).unwrap()]);
        }
        path
    }

    fn paths(&mut self, below: &[&str]) -> Vec<PathBuf> {
        let root =
            |dice: &mut Self| below[usize::try_from(dice.below(below.len() as u64)).unwrap()].to_owned();
        (0..self.below(4))
            .map(|_| {
                let root = root(self);
                self.path(&root)
            })
            .collect()
    }
}

fn universe() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        ["/w", "/w/p", "/w/home", "/o", "/private/var/wl/s1"].map(PathBuf::from).to_vec();
    for root in ["/w/p", "/w/home", "/o", "/private/var/wl/s1"] {
        for first in ["a", "b", "c"] {
            let first = Path::new(root).join(first);
            for second in ["a", "b", "c"] {
                let second = first.join(second);
                all.extend(["a", "b", "c"].map(|third| second.join(third)));
                all.push(second);
            }
            all.push(first);
        }
    }
    all
}

#[test]
fn no_profile_is_wider_than_its_confinement() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let universe = universe();
    for _ in 0..150 {
        let mut asked = Confinement::new("/w/p", "/w/home");
        asked.read = dice.paths(&["/w/p", "/w/home", "/o"]);
        asked.write = dice.paths(&["/w/home", "/o"]);
        asked.pinned = dice.paths(&["/w/p", "/w/home", "/o"]);
        asked.masked = dice.paths(&["/w/p", "/w/home", "/o"]);
        let rules = parse(&profile(&asked, &session()).unwrap());
        let private = session().private;
        let project = Path::new("/w/p");
        for path in &universe {
            let under = |list: &[PathBuf]| list.iter().any(|root| path.starts_with(root));
            let written = under(&asked.write) || path.starts_with(project) || path.starts_with(&private);
            let masked = under(&asked.masked);
            let reads = (written || under(&asked.read)) && !masked;
            let writes = written && !masked && !under(&asked.pinned);
            let guards = asked.pinned.iter().chain(&asked.masked).any(|inner| inner.starts_with(path));
            let root = asked.write.contains(path) || path == project || *path == private;
            let name = path.to_str().unwrap();
            let table = [
                ("file-read-data", reads),
                ("process-exec", reads),
                ("file-write-data", writes),
                ("file-write-create", writes),
                ("file-link", writes),
                ("file-write-unlink", writes && !guards && !root),
                ("file-write-setugid", false),
            ];
            for (operation, expected) in table {
                assert_eq!(allows(&rules, operation, name), expected, "{operation} {name} under {asked:#?}");
            }
        }
        for address in ["localhost:3128", "localhost:80", "/w/p/a/socket", "10.0.0.1:443"] {
            assert!(!allows(&rules, "network-outbound", address), "{address}");
        }
    }
}
