//! The journal as the page shows it: read once, then only what is new.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use wardline_monitor::audit::{self, Entry, Follow, Kind, Start};

/// Rows that are kept for the page; earlier ones are in `wardline log`.
const MOST: usize = 20_000;

/// A row of the journal.
#[derive(Debug)]
pub(crate) struct Row {
    /// As it was read, without the raw line.
    pub(crate) entry: Entry,
    /// Whether it does something that no earlier session in the same project did.
    pub(crate) new: bool,
    /// The project of its session, when that is known.
    pub(crate) project: Option<String>,
}

impl Row {
    /// A text of the body.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.entry.body.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A number of the body.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.entry.body.get(key).and_then(Value::as_u64)
    }

    /// A list of the body.
    pub(crate) fn list(&self, key: &str) -> &[Value] {
        self.entry.body.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// What it is about, as a person would say it: the targets of a call, or what else the row holds.
    pub(crate) fn target(&self) -> String {
        let targets: Vec<&str> = self.list("targets").iter().filter_map(Value::as_str).collect();
        targets.join("\n")
    }
}

/// The journal.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    follow: Follow,
    /// What is kept, the oldest first.
    pub(crate) rows: VecDeque<Arc<Row>>,
    /// How many earlier ones are not kept.
    pub(crate) dropped: u64,
    /// Rows that are damaged.
    pub(crate) damaged: u64,
    /// The project of each session that said so.
    projects: HashMap<String, String>,
    /// What was done in a project, and the session that did it first.
    seen: HashMap<String, String>,
}

impl Log {
    pub(crate) fn of(path: &Path) -> Self {
        // Stopped from the beginning, so that it gives what is there and waits for nothing.
        let stop = Arc::new(AtomicBool::new(true));
        Self {
            path: path.to_owned(),
            follow: audit::follow(path, Start::Beginning, stop),
            rows: VecDeque::new(),
            dropped: 0,
            damaged: 0,
            projects: HashMap::new(),
            seen: HashMap::new(),
        }
    }

    /// Reads what was written since the last time.
    pub(crate) fn catch_up(&mut self) {
        while let Some(entry) = self.follow.next() {
            match entry {
                Ok(entry) => self.take(entry),
                Err(audit::JournalError::Corrupt { .. }) => self.damaged += 1,
                // It was cut or cannot be read: what is known of it is void, and it is tried anew next time.
                Err(_) => {
                    *self = Self::of(&self.path.clone());
                    return;
                }
            }
        }
    }

    fn take(&mut self, mut entry: Entry) {
        entry.raw = String::new();
        let text = |key: &str| entry.body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Kind::SessionStart, Some(project)) = (entry.kind, text("project")) {
            self.projects.insert(entry.session.clone(), project.to_owned());
        }
        let project = self.projects.get(&entry.session).cloned().or_else(|| text("cwd").map(str::to_owned));
        let mut new = false;
        for deed in deeds(&entry) {
            let deed = format!("{}\0{deed}", project.as_deref().unwrap_or_default());
            let first = self.seen.entry(deed).or_insert_with(|| entry.session.clone());
            new |= *first == entry.session;
        }
        self.rows.push_back(Arc::new(Row { entry, new, project }));
        if self.rows.len() > MOST {
            self.rows.pop_front();
            self.dropped += 1;
        }
    }
}

/// What a row does, in a form that is the same for the same kind of work: the program and its verb, the directory, the host.
fn deeds(entry: &Entry) -> Vec<String> {
    let text = |key: &str| entry.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let list =
        |key: &str| entry.body.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let targets = || list("targets").iter().filter_map(Value::as_str);
    match (entry.kind, text("permission")) {
        (Kind::Egress, _) => vec![format!("host {}", text("host"))],
        (Kind::Intent, "bash") => {
            let commands: Vec<&str> =
                list("commands").iter().filter_map(|command| command.get("literal")?.as_str()).collect();
            if commands.is_empty() {
                targets().map(verb).collect()
            } else {
                commands.into_iter().map(verb).collect()
            }
        }
        (Kind::Intent, permission) => {
            targets().map(|target| format!("{permission} {}", above(target))).collect()
        }
        _ => Vec::new(),
    }
}

/// The program of a command, and its verb when it has one.
fn verb(command: &str) -> String {
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default();
    let plain =
        |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
    format!("{program} {}", words.next().filter(plain).unwrap_or_default())
}

/// The directory of a path or the host of an address; anything else as it is.
fn above(target: &str) -> &str {
    let from = target.find("://").map_or(0, |at| at + 3);
    let first = target.get(from..).and_then(|rest| rest.find('/')).map(|at| at + from);
    let end = if from > 0 { first } else { target.rfind('/') };
    end.and_then(|end| target.get(..end)).unwrap_or(if from > 0 { target } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_kind_of_work_has_one_name() {
        let table = [
            (json!({"permission": "bash", "targets": ["git status"]}), "git status"),
            (
                json!({"permission": "bash", "targets": ["x"], "commands": [{"literal": "git push origin"}]}),
                "git push",
            ),
            (json!({"permission": "bash", "targets": ["ls -la src"]}), "ls "),
            (json!({"permission": "edit", "targets": ["src/a/b.rs"]}), "edit src/a"),
            (json!({"permission": "edit", "targets": ["b.rs"]}), "edit ."),
            (
                json!({"permission": "webfetch", "targets": ["https://a.example/x/y"]}),
                "webfetch https://a.example",
            ),
            (
                json!({"permission": "webfetch", "targets": ["https://a.example"]}),
                "webfetch https://a.example",
            ),
        ];
        for (body, expected) in table {
            let Value::Object(body) = body else { unreachable!() };
            let entry = Entry {
                seq: 1,
                time: String::new(),
                session: String::new(),
                kind: Kind::Intent,
                call: None,
                body,
                prev: String::new(),
                hash: String::new(),
                raw: String::new(),
            };
            assert_eq!(deeds(&entry), [expected]);
        }
    }
}
