//! Checks of shell scripts, and of the commands in Dockerfiles and workflows.
//!
//! Values are followed through variables in the order of the text: no function is entered, and a loop is walked once. What comes
//! from outside and is run as code blocks; the rest warns.

mod commands;
mod habits;
mod reader;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    commands::{Named, fetches, interprets, named},
    reader::{Command, Part, Pipeline, Script, Word},
};
use super::Report;
use crate::{
    finding::{Severity, Step},
    span::Span,
};

/// Where commands stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a script of their own, which may run anywhere.
    Script,
    /// In the building of an image, or in a step of a workflow: nobody else is on that machine.
    Build,
}

/// A value that is not the script's own.
#[derive(Debug, Clone)]
struct Taint {
    /// Somebody else says it; otherwise who runs the script, or a file, does.
    strong: bool,
    steps: Vec<Step>,
}

/// Checks the commands between two offsets of a text. `known` are variables that have a value.
pub(super) fn check(report: &mut Report<'_>, range: Span, place: Place, known: &[String]) {
    let text = report.text;
    check_masked(report, text, range, place, known);
}

/// The same over another text of the same length, in which what is no shell is covered.
pub(super) fn check_masked(report: &mut Report<'_>, text: &str, range: Span, place: Place, known: &[String]) {
    let (script, problem) = reader::read(text, range.start as usize, range.end as usize);
    let mut walk = Walk {
        place,
        tainted: BTreeMap::new(),
        values: known.iter().map(|name| (name.clone(), "?".to_owned())).collect(),
        guarded: BTreeSet::new(),
        from_file: BTreeSet::new(),
        strict: text.lines().next().is_some_and(|line| {
            line.starts_with("#!") && line.split_once(" -").is_some_and(|(_, letters)| letters.contains('u'))
        }),
        report,
    };
    if let Some((span, what)) = problem {
        walk.report.gap(span, what);
    }
    walk.script(&script);
}

struct Walk<'r, 't> {
    report: &'r mut Report<'t>,
    place: Place,
    tainted: BTreeMap<String, Taint>,
    /// Variables that the script sets, with what is known of their text.
    values: BTreeMap<String, String>,
    /// Variables that are compared with something before they are used.
    guarded: BTreeSet<String>,
    /// Where loops begin that read a file.
    from_file: BTreeSet<u32>,
    /// Whether a variable without a value ends the script.
    strict: bool,
}

/// Variables that a server or a pipeline fills with what others say.
fn is_foreign(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "QUERY_STRING",
        "REQUEST_URI",
        "PATH_INFO",
        "SSH_ORIGINAL_COMMAND",
        "GITHUB_HEAD_REF",
        "CI_COMMIT_MESSAGE",
        "CI_COMMIT_TITLE",
        "CI_COMMIT_REF_NAME",
        "CI_MERGE_REQUEST_TITLE",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
        "CHANGE_TITLE",
        "CHANGE_BRANCH",
    ];
    // What a CGI program gets of a request's head.
    let head = name.strip_prefix("HTTP_").is_some_and(|rest| !rest.is_empty() && !rest.ends_with("PROXY"));
    head || NAMES.contains(&name)
}

impl Walk<'_, '_> {
    fn step(&self, span: Span, note: String) -> Step {
        Step { path: self.report.path.to_owned(), span, note }
    }

    fn script(&mut self, script: &Script) {
        self.mark_loops(script);
        for pipeline in &script.pipelines {
            self.pipeline(pipeline);
        }
    }

    /// Finds the loops that read from a file: who wrote it is not known.
    fn mark_loops(&mut self, script: &Script) {
        let mut open: Vec<Option<u32>> = Vec::new();
        for command in script.pipelines.iter().flatten() {
            match command.words.first().and_then(Word::literal).as_deref() {
                Some("while" | "until") => open.push(Some(command.span.start)),
                Some("for" | "select") => open.push(None),
                Some("done") => {
                    let begin = open.pop().flatten();
                    let file = command
                        .redirects
                        .iter()
                        .any(|(sign, word)| sign == "<" && fetches_in(word).is_none());
                    self.from_file.extend(begin.filter(|_| file));
                }
                _ => {}
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for command in pipeline {
            let words = command.words.iter().chain(command.redirects.iter().map(|(_, word)| word));
            for word in words.chain(command.assigned.iter().map(|(_, word)| word)) {
                for part in &word.parts {
                    if let Part::Commands { script } = part {
                        script.pipelines.iter().for_each(|inner| self.pipeline(inner));
                    }
                }
            }
        }
        self.remote(pipeline);
        let mut loops = None;
        for (number, command) in pipeline.iter().enumerate() {
            if let Some(call) = named(command) {
                self.guards(&call);
                self.reads(&call, pipeline.get(..number).unwrap_or_default(), loops);
                self.runs(&call);
                habits::check(self, &call);
                if matches!(call.name.as_str(), "while" | "until") {
                    loops = Some(command.span.start);
                }
            }
            self.assigns(command);
        }
    }

    /// What comes over the network and is run at once.
    fn remote(&mut self, pipeline: &Pipeline) {
        let calls: Vec<Option<Named<'_>>> = pipeline.iter().map(named).collect();
        let mut from: Option<(&Command, bool)> = None;
        for (command, call) in pipeline.iter().zip(&calls) {
            let Some(call) = call else { continue };
            if let Some(is_safe) = fetches(call, &self.values) {
                from = Some((command, is_safe));
            } else if let Some((fetch, is_safe)) = from
                && interprets(call).is_some_and(|code| code.is_none())
            {
                self.remote_code(fetch.span, command.span, is_safe);
            }
        }
        for call in calls.iter().flatten() {
            let code = match interprets(call) {
                // `bash <(curl …)` and `bash <<< "$(curl …)"` give the code too.
                Some(code) => code.or_else(|| call.words.first().copied()),
                None if call.is(&["eval", "source", "."]) => call.words.first().copied(),
                None => continue,
            };
            let given = code.into_iter().chain(call.command.redirects.iter().map(|(_, word)| word));
            for word in given {
                if let Some((fetch, is_safe)) =
                    fetches_in(word).map(|(span, call)| (span, fetches(&call, &self.values).unwrap_or(true)))
                {
                    self.remote_code(fetch, word.span, is_safe);
                }
            }
        }
    }

    fn remote_code(&mut self, fetch: Span, run: Span, is_safe: bool) {
        let steps = vec![
            self.step(fetch, "comes over the network".to_owned()),
            self.step(run, "and is run as it comes".to_owned()),
        ];
        let id = if is_safe { "shell.remote-code" } else { "shell.remote-code-in-the-clear" };
        self.report.found(id, run, steps, None);
    }

    /// A comparison with something else than nothing: what is used afterwards may have been looked at.
    fn guards(&mut self, call: &Named<'_>) {
        let compares = call.is(&["case", "expr"])
            || call.is(&["[", "[[", "test"])
                && call.words.iter().any(|word| {
                    matches!(
                        word.literal().as_deref(),
                        Some("=" | "==" | "=~" | "!=" | "-eq" | "-lt" | "-gt" | "-le" | "-ge")
                    )
                })
            || call.is(&["grep", "egrep"]) && call.command.redirects.iter().any(|(sign, _)| sign == "<<<");
        if compares {
            let words = call.words.iter().copied().chain(call.command.redirects.iter().map(|(_, word)| word));
            self.guarded.extend(words.flat_map(Word::variables).map(|(name, ..)| name.to_owned()));
        }
        if call.is(&["set"]) {
            self.strict |= call.words.iter().any(|word| {
                let text = word.text();
                text == "nounset" || text.starts_with('-') && text.contains('u')
            });
        }
        // `[ -n "$X" ]` says that there is something, which is all that a deletion has to know.
        if call.is(&["[", "[[", "test", ":"]) {
            for (name, ..) in call.words.iter().flat_map(|word| word.variables()) {
                self.values.entry(name.to_owned()).or_insert_with(|| "?".to_owned());
            }
        }
    }

    /// `read name`: what comes in.
    fn reads(&mut self, call: &Named<'_>, before: &[Command], loops: Option<u32>) {
        if !call.is(&["read", "mapfile", "readarray"]) {
            return;
        }
        let file = loops.is_some_and(|start| self.from_file.contains(&start))
            || call
                .command
                .redirects
                .iter()
                .any(|(sign, word)| sign.starts_with('<') && self.origin(word, true).is_none());
        let from_others = before.iter().filter_map(named).any(|call| fetches(&call, &self.values).is_some());
        let own = !before.iter().filter_map(named).all(|call| call.is(&["while", "until"])) && !from_others;
        let mut names: Vec<String> = Vec::new();
        let mut skip = false;
        for word in &call.words {
            let text = word.text();
            if std::mem::take(&mut skip) {
                continue;
            }
            if text.starts_with('-') {
                skip = text.ends_with(['p', 't', 'n', 'd', 'u', 'i', 'N', 'a']) && !text.ends_with("-a");
                continue;
            }
            names.push(text);
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        for name in names {
            let steps = vec![self.step(call.command.span, format!("`{name}` is read from what comes in"))];
            self.tainted.insert(name.clone(), Taint { strong: !(file || own), steps });
            self.guarded.remove(&name);
            self.values.insert(name, "?".to_owned());
        }
    }

    /// Where a value comes from, if it is not the script's own.
    fn origin(&self, word: &Word, in_function: bool) -> Option<Taint> {
        let mut best: Option<Taint> = None;
        for part in &word.parts {
            let taint = match part {
                Part::Variable { name, rest, .. } => self.variable(name, rest, word.span, in_function),
                Part::Commands { script } => self.printed(script, in_function),
                Part::Text(_) | Part::Number => None,
            };
            if let Some(taint) = taint
                && best.as_ref().is_none_or(|known| taint.strong && !known.strong)
            {
                best = Some(taint);
            }
        }
        best
    }

    fn variable(&self, name: &str, rest: &str, span: Span, in_function: bool) -> Option<Taint> {
        // Quoted for a shell, or without what is not listed.
        let is_cleaned = rest == "@Q"
            || rest.starts_with("//[^")
            || rest.starts_with("//[!")
            || rest.starts_with("//[[:^");
        if is_cleaned {
            return None;
        }
        if let Some(taint) = self.tainted.get(name) {
            return Some(Taint { strong: taint.strong && !self.guarded.contains(name), ..taint.clone() });
        }
        if is_foreign(name) && !self.values.contains_key(name) {
            let steps = vec![self.step(span, format!("`${name}` is what somebody else says"))];
            return Some(Taint { strong: !self.guarded.contains(name), steps });
        }
        let is_argument = !in_function
            && (matches!(name, "@" | "*") || name.starts_with(|c: char| ('1'..='9').contains(&c)));
        (is_argument && self.place == Place::Script).then(|| {
            let steps = vec![self.step(span, format!("`${name}` is an argument of the script"))];
            Taint { strong: false, steps }
        })
    }

    /// Where what a substitution prints comes from.
    fn printed(&self, script: &Script, in_function: bool) -> Option<Taint> {
        let pipeline = script.pipelines.last()?;
        if pipeline.last().and_then(named).is_some_and(|call| commands::cleans(&call)) {
            return None;
        }
        for command in pipeline {
            let Some(call) = named(command) else { continue };
            if fetches(&call, &self.values).is_some() || call.is(&["nc", "ncat", "netcat"]) {
                let steps = vec![self.step(command.span, "comes over the network".to_owned())];
                return Some(Taint { strong: true, steps });
            }
            if !commands::prints_its_words(&call) {
                continue;
            }
            let words = call.words.iter().copied().chain(command.redirects.iter().map(|(_, word)| word));
            if let Some(taint) = words.into_iter().find_map(|word| self.origin(word, in_function)) {
                return Some(taint);
            }
        }
        None
    }

    fn assigns(&mut self, command: &Command) {
        let mut all: Vec<(String, Word)> = command.assigned.clone();
        // `export X=…`, `local x=…`.
        if let Some(call) =
            named(command).filter(|call| call.is(&["export", "local", "declare", "readonly", "typeset"]))
        {
            for word in &call.words {
                let mut value = (*word).clone();
                let Some(Part::Text(first)) = value.parts.first_mut() else { continue };
                let Some((name, rest)) = first.split_once('=') else { continue };
                let name = name.to_owned();
                *first = rest.to_owned();
                all.push((name, value));
            }
        }
        for (name, value) in all {
            match self.origin(&value, command.in_function) {
                Some(mut taint) => {
                    taint.steps.push(self.step(value.span, format!("assigned to `{name}`")));
                    self.tainted.insert(name.clone(), taint);
                }
                None => drop(self.tainted.remove(&name)),
            }
            self.guarded.remove(&name);
            let literal = value.literal().unwrap_or_else(|| "?".to_owned());
            if literal.is_empty() {
                self.values.remove(&name);
            } else {
                self.values.insert(name, literal);
            }
        }
    }

    /// What runs its words as code, or gives them to what does.
    fn runs(&mut self, call: &Named<'_>) {
        let function = call.command.in_function;
        let (id, words): (&'static str, Vec<&Word>) = if call.is(&["eval"]) {
            ("shell.code-injection", call.words.clone())
        } else if call.is(&["source", "."]) {
            ("shell.code-injection", call.words.iter().take(1).copied().collect())
        } else if let Some(Some(code)) = interprets(call) {
            ("shell.code-injection", vec![code])
        } else if let Some(statement) = commands::statement(call) {
            ("shell.sql-injection", vec![statement])
        } else {
            (
                "shell.code-injection",
                call.program.into_iter().filter(|word| word.literal().is_none()).collect(),
            )
        };
        for word in words {
            // `eval "$(ssh-agent)"` and the like run what a program of here prints; what comes over the network is told by itself.
            if fetches_in(word).is_some() {
                continue;
            }
            let Some(mut taint) = self.origin(word, function) else { continue };
            // A path that is given is a command's business as a whole.
            let names = call.program.is_some_and(|program| program.span == word.span);
            if !taint.strong && (names || call.is(&["source", "."])) {
                continue;
            }
            let note = if id == "shell.sql-injection" { "put into a statement" } else { "run as code" };
            taint.steps.push(self.step(word.span, note.to_owned()));
            let severity = (!taint.strong).then_some(Severity::Warning);
            self.report.found(id, word.span, taint.steps, severity);
        }
    }
}

/// The command in a word's substitutions whose answer comes over the network and is the last to be printed.
fn fetches_in(word: &Word) -> Option<(Span, Named<'_>)> {
    word.parts.iter().find_map(|part| {
        let Part::Commands { script } = part else { return None };
        let pipeline = script.pipelines.last()?;
        let last = pipeline.last().and_then(named)?;
        if commands::cleans(&last) {
            return None;
        }
        pipeline
            .iter()
            .filter_map(|command| Some((command.span, named(command)?)))
            .find(|(_, call)| fetches(call, &BTreeMap::new()).is_some())
    })
}
