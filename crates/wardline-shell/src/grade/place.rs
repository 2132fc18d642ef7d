//! Where a word of a command leads: inside the project, or among the files that the analysis names anyway.

use crate::Context;
use crate::answer::{Command, Word};
use crate::names;
use crate::paths::{join, normalise};

use super::scan;

/// Directories for temporary files.
const TEMPORARY: &[&str] = &["/tmp/", "/var/tmp/"];

/// Most paths of one command that are looked through for each of its words, so that the work stays linear.
const MOST_PATHS: usize = 256;

/// One command's place in the world.
pub(super) struct Ground<'a> {
    command: &'a Command,
    project: &'a str,
    /// The directory it runs in, where it can be only one.
    directory: Option<&'a str>,
}

impl<'a> Ground<'a> {
    /// `moves`: some command of the script changes the directory.
    pub(super) fn new(command: &'a Command, context: &Context<'a>, moves: bool) -> Self {
        let project = if context.project.is_empty() { context.cwd } else { context.project };
        let start = (!moves).then_some(context.cwd);
        Self { command, project, directory: command.directory.as_deref().or(start) }
    }

    /// Does the command run inside the project?
    pub(super) fn in_project(&self) -> bool {
        self.directory.is_some_and(|directory| within(directory, self.project))
    }

    /// Does the word name a path inside the project, whatever it stands for?
    pub(super) fn is_inside(&self, word: &Word) -> bool {
        self.path(word).is_some_and(|path| within(&path, self.project))
    }

    /// May a command write where the word says? What lies in hidden directories decides how tools behave.
    pub(super) fn may_write(&self, word: &Word) -> bool {
        let Some(path) = self.path(word) else { return false };
        let Some(inside) = path.strip_prefix(self.project) else {
            return TEMPORARY.iter().any(|place| path.starts_with(place));
        };
        within(&path, self.project) && !inside.split('/').any(names::is_guarded)
    }

    /// Is what the word names judged apart, because it is inside the project or among the command's paths?
    pub(super) fn is_covered(&self, word: &Word) -> bool {
        let paths = &self.command.paths;
        let listed = || paths.len() <= MOST_PATHS && paths.iter().any(|path| path.written == word.value);
        word.value == "-" || self.is_inside(word) || listed()
    }

    fn path(&self, word: &Word) -> Option<String> {
        let value = word.value.as_str();
        if !scan::is_known(word) || value.starts_with('~') {
            return None;
        }
        if value.starts_with('/') {
            return Some(normalise(value));
        }
        self.directory.map(|directory| join(directory, value))
    }
}

/// Is `path` the place `root` or below it? Both are normalised.
pub(super) fn within(path: &str, root: &str) -> bool {
    root.len() > 1 && path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Device files that keep nothing of what is written.
pub(super) fn is_sink(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
}

/// A descriptor after `>&`: `1`, `-`, `2-`.
pub(super) fn is_descriptor(text: &str) -> bool {
    text == "-" || text.strip_suffix('-').unwrap_or(text).parse::<u16>().is_ok()
}
