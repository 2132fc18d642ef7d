//! Files that the script writes with known text, or whose text the caller supplies, and what happens when they are run.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::answer::{Certainty, DoubtKind, Word};
use crate::answer::{Channel, Input};
use crate::canonical::basename;
use crate::expand::known;
use crate::interp::recipes;
use crate::options::part_of;
use crate::paths;
use crate::walk::{Exit, Walker};
use crate::wrappers::{self, Peeled};

/// Longest text of a file that is followed, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most files whose text is kept.
const MOST_FILES: usize = 256;

/// What is known of the files that a script may run.
#[derive(Debug, Default)]
pub(crate) struct Relay {
    /// Texts by absolute path; `None` for a file that was written with something that can't be told.
    written: BTreeMap<String, Option<Word>>,
    /// Texts that the caller supplies.
    supplied: BTreeMap<String, String>,
    /// Files that are being followed.
    active: Vec<String>,
}

impl Relay {
    pub(crate) fn new(texts: Option<&BTreeMap<String, String>>) -> Self {
        Self { supplied: texts.cloned().unwrap_or_default(), ..Self::default() }
    }
}

/// Arguments of a shell among which a start-up file is looked for.
const MOST_OPTIONS: usize = 32;

/// A file that a command runs.
struct Run<'a> {
    file: &'a Word,
    arguments: &'a [Word],
    same_shell: bool,
}

impl Walker {
    /// The absolute path of a file, where it is known.
    pub(crate) fn absolute(&self, file: &Word) -> Option<String> {
        if !file.complete || file.glob || file.value.is_empty() {
            return None;
        }
        if file.value.starts_with('/') {
            return Some(paths::normalise(&file.value));
        }
        self.scope.places.single().map(|place| paths::join(place, &file.value))
    }

    /// A file gets this text; `None`: one that can't be told.
    pub(crate) fn write_file(&mut self, file: &Word, text: Option<&Word>, append: bool) {
        let Some(path) = self.absolute(file) else { return };
        if path.starts_with("/dev/") || self.relay.written.len() >= MOST_FILES {
            return;
        }
        let before = if append { self.file_text(&path) } else { Some(known("")) };
        let text = before.zip(text.filter(|text| text.complete)).map(|(before, text)| {
            let certainty = before.certainty.max(text.certainty).max(Certainty::Assumed);
            let mut word = Word { certainty, ..known(&format!("{}{}", before.value, text.value)) };
            word.carry(&before);
            word.carry(text);
            word
        });
        let text = text.filter(|text| text.value.len() <= LONGEST && self.scope.afford(text.value.len()));
        self.relay.written.insert(path, text);
    }

    /// The text of the file at this path.
    pub(crate) fn file_text(&self, path: &str) -> Option<Word> {
        match self.relay.written.get(path) {
            Some(text) => text.clone(),
            None => {
                self.relay.supplied.get(path).filter(|text| text.len() <= LONGEST).map(|text| known(text))
            }
        }
    }

    /// Notes what a command leaves in files: by its redirects, `tee`, `cp`, `mv` and `ln`.
    pub(crate) fn leaves(
        &mut self,
        name: &str,
        arguments: &[Word],
        input: &Input,
        text: Option<&Word>,
        files: &[(Word, bool)],
    ) {
        for (file, append) in files {
            self.write_file(file, text, *append);
        }
        let operands: Vec<&Word> =
            arguments.iter().filter(|word| !word.value.starts_with('-') && word.complete).collect();
        match (name, operands.as_slice()) {
            ("tee", files) => {
                let text = self.text_of(input);
                let append = arguments.iter().any(|word| matches!(word.value.as_str(), "-a" | "--append"));
                for file in files.iter().copied().cloned().collect::<Vec<_>>() {
                    self.write_file(&file, text.as_ref(), append);
                }
            }
            ("cp" | "mv" | "ln" | "install", [from, to]) => {
                let Some(path) = self.absolute(from) else { return };
                let text = self.script_text(from, input);
                if text.is_none() && !self.relay.written.contains_key(&path) {
                    return;
                }
                let into = to.value.ends_with('/') || to.value == ".";
                let to = if into {
                    part_of(to, &format!("{}/{}", to.value.trim_end_matches('/'), basename(&from.value)))
                } else {
                    (*to).clone()
                };
                self.write_file(&to, text.as_ref(), false);
            }
            ("rm", files) => {
                for path in files.iter().filter_map(|file| self.absolute(file)).collect::<Vec<_>>() {
                    self.relay.written.remove(&path);
                }
            }
            _ => {}
        }
    }

    /// The text that a script is read from: a file, a stream, standard input.
    fn script_text(&self, file: &Word, input: &Input) -> Option<Word> {
        if matches!(file.value.as_str(), "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0" | "-") {
            return self.text_of(input);
        }
        let number = ["/dev/fd/", "/proc/self/fd/"].iter().find_map(|start| file.value.strip_prefix(start));
        if let Some(input) = number.and_then(|number| self.descriptors.get(&number.parse().ok()?)) {
            return self.text_of(input);
        }
        if let ([channel], true) = (file.fed_by.as_slice(), file.written.starts_with("<(")) {
            return self.scope.streams.text(Channel(channel.0));
        }
        self.absolute(file).and_then(|path| self.file_text(&path))
    }

    /// Follows the file that a shell reads when it starts: `bash --rcfile x`.
    pub(crate) fn follow_start_up(&mut self, name: &str, arguments: &[Word], place: &Range<usize>) {
        if !wrappers::is_shell(name) {
            return;
        }
        for pair in arguments.windows(2).take(MOST_OPTIONS) {
            let [option, file] = pair else { continue };
            if !matches!(option.value.as_str(), "--rcfile" | "--init-file") {
                continue;
            }
            match (self.script_text(file, &Input::Inherited), self.absolute(file)) {
                (Some(text), path) => {
                    let key = path.unwrap_or_else(|| file.value.clone());
                    self.follow(&key, &text, &[], false, name, place);
                }
                (None, path) => {
                    self.wanted.extend(path.filter(|path| self.may_want(path)));
                    let text = format!("`{name}` runs the commands in a file: `{}`", file.written);
                    self.doubt_last(text);
                }
            }
        }
    }

    /// Follows the script that a command names: `sh x`, `. x`, `./x`. Says how it ends when it was followed.
    pub(crate) fn follow_script(
        &mut self,
        name: &str,
        program: &Word,
        arguments: &[Word],
        peeled: &Peeled,
        input: &Input,
        place: &Range<usize>,
    ) -> Option<Exit> {
        let run = if let Some(at) = peeled.script {
            Run {
                file: arguments.get(at)?,
                arguments: arguments.get(at + 1..).unwrap_or_default(),
                same_shell: matches!(name, "source" | "."),
            }
        } else if program.complete
            && program.value.contains('/')
            && peeled.inner.is_empty()
            && !wrappers::is_shell(name)
        {
            Run { file: program, arguments, same_shell: false }
        } else {
            return None;
        };
        let path = self.absolute(run.file);
        let text = self.script_text(run.file, input);
        let Some(text) = text else {
            if let Some(path) = path.filter(|path| self.may_want(path)) {
                self.wanted.insert(path);
            }
            if peeled.script.is_some() && (run.same_shell || !run.file.complete) {
                self.doubt_last(format!("`{name}` runs the commands in a file: `{}`", run.file.written));
                if run.same_shell {
                    self.scope.blur_all();
                }
            }
            return None;
        };
        let key =
            path.unwrap_or_else(|| format!("<({})", run.file.fed_by.first().map_or(0, |channel| channel.0)));
        Some(self.follow(&key, &text, run.arguments, run.same_shell, name, place))
    }

    /// Follows the code that an interpreter gets through its input or in a file of known text.
    pub(crate) fn interpreted(
        &mut self,
        name: &str,
        arguments: &[Word],
        input: &Input,
        place: &Range<usize>,
        certainty: Certainty,
    ) {
        let Some(given) = crate::language::given(name, arguments) else { return };
        let text = match &given.file {
            Some(file) => self.script_text(file, input),
            None if given.input => self.text_of(input),
            None => None,
        };
        if let Some(text) = text.filter(|text| !text.value.is_empty()) {
            self.interprets(name, &text, &given.rest, place, certainty.max(text.certainty));
        }
    }

    /// Code of another language is run by the command that is followed.
    fn interprets(
        &mut self,
        language: &str,
        text: &Word,
        arguments: &[Word],
        place: &Range<usize>,
        certainty: Certainty,
    ) {
        let runs = self.holder.and_then(|id| self.ids.iter().rposition(|own| *own == id));
        if let Some(command) = runs.and_then(|at| self.commands.get_mut(at)) {
            command.code = Some((language.to_owned(), text.clone()));
        }
        let inner = wrappers::deeds(language, text, arguments);
        self.inner_of(&Peeled { inner, ..Peeled::default() }, place, certainty);
    }

    fn follow(
        &mut self,
        key: &str,
        text: &Word,
        arguments: &[Word],
        same_shell: bool,
        name: &str,
        place: &Range<usize>,
    ) -> Exit {
        let exit = Exit::both(&self.scope.places);
        if self.relay.active.iter().any(|active| active == key) {
            // A script that runs itself; beside itself, without end.
            if self.parallel > 0 {
                self.exhausts(key);
            }
            return exit;
        }
        let mark = self.scope.mark();
        let first = text.value.lines().next().unwrap_or_default();
        let shebang =
            first.strip_prefix("#!").map(str::trim).filter(|_| !same_shell && !wrappers::is_shell(name));
        let interpreter = shebang.map(|line| {
            let mut words =
                line.split_whitespace().map(basename).filter(|word| !word.starts_with('-') && *word != "env");
            words.next().unwrap_or("sh").to_owned()
        });
        if let Some(language) = interpreter.filter(|language| !wrappers::is_shell(language)) {
            self.interprets(&language, text, arguments, place, Certainty::Assumed);
            return exit;
        }
        self.relay.active.push(key.to_owned());
        let outer = if arguments.is_empty() && same_shell {
            self.scope.positional.clone()
        } else {
            self.scope.set_positional(arguments)
        };
        let commands = self.fuel.allow_commands(u32::MAX);
        let ended = self.shell_text(text, place, Certainty::Assumed);
        self.fuel.allow_commands(commands);
        self.relay.active.pop();
        if same_shell {
            self.scope.positional = outer;
            return ended;
        }
        self.scope.rewind(mark);
        exit
    }

    /// What a build tool runs for its arguments: recipes of a makefile, scripts of a package.
    pub(crate) fn follow_targets(
        &mut self,
        name: &str,
        arguments: &[Word],
        input: &Input,
        place: &Range<usize>,
    ) {
        let lines = match name {
            "make" | "gmake" => self.recipes(arguments, input),
            "npm" | "pnpm" | "yarn" | "bun" => self.package_scripts(name, arguments),
            _ => return,
        };
        let commands = self.fuel.allow_commands(u32::MAX);
        for line in lines {
            let mark = self.scope.mark();
            let _exit = self.shell_text(&line, place, Certainty::Assumed);
            self.scope.rewind(mark);
        }
        self.fuel.allow_commands(commands);
    }

    fn recipes(&mut self, arguments: &[Word], input: &Input) -> Vec<Word> {
        let mut file = None;
        let mut directory = None;
        let mut targets = Vec::new();
        let mut settings = Vec::new();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            match word.value.as_str() {
                "-f" | "--file" | "--makefile" => file = rest.next().cloned(),
                "-C" | "--directory" => directory = rest.next().cloned(),
                "-j" | "-l" | "-o" | "-W" | "-I" => {}
                value if value.starts_with("-f") && value.len() > 2 => {
                    file = Some(part_of(word, value.get(2..).unwrap_or_default()))
                }
                value if value.starts_with("-C") && value.len() > 2 => {
                    directory = Some(part_of(word, value.get(2..).unwrap_or_default()))
                }
                value if value.starts_with("--file=") => {
                    file = Some(part_of(word, value.get(7..).unwrap_or_default()))
                }
                value if value.starts_with('-') => {}
                value if value.contains('=') => settings.push(value.to_owned()),
                value => targets.push(value.to_owned()),
            }
        }
        if let Some(directory) = &directory {
            self.scope.places = self.moved(directory);
        }
        let text = match &file {
            Some(file) => self.wanted_text(file, input),
            None => ["GNUmakefile", "makefile", "Makefile"]
                .iter()
                .find_map(|name| self.absolute(&known(name)).and_then(|path| self.file_text(&path)))
                .or_else(|| self.wanted_text(&known("Makefile"), input)),
        };
        let Some(text) = text else { return Vec::new() };
        let text = self.with_includes(text);
        let lines = recipes::of(&text.value, &targets, &settings);
        lines.iter().map(|line| part_of(&text, line)).collect()
    }

    /// A makefile with what it reads besides, where that is known.
    fn with_includes(&mut self, mut text: Word) -> Word {
        for name in recipes::includes(&text.value) {
            let known_name = !name.contains(['$', '*', '?', '%']);
            let more = Some(known(&name))
                .filter(|_| known_name)
                .and_then(|file| self.wanted_text(&file, &Input::Inherited));
            match more.filter(|more| text.value.len() + more.value.len() <= LONGEST) {
                Some(more) => {
                    text.value.push('\n');
                    text.value.push_str(&more.value);
                    text.certainty = text.certainty.max(more.certainty);
                }
                None => self.doubt_last(format!("`make` reads `{name}` as well")),
            }
        }
        text
    }

    /// Would the text of a file say more? Not of a program of the system, nor of a file that the script makes.
    fn may_want(&self, path: &str) -> bool {
        let made = self.relay.written.contains_key(path) || path.contains("/fresh.0000000000");
        let system = ["/dev/", "/proc/", "/bin/", "/usr/", "/sbin/", "/lib"];
        !made && !system.iter().any(|start| path.starts_with(start))
    }

    fn wanted_text(&mut self, file: &Word, input: &Input) -> Option<Word> {
        let text = self.script_text(file, input);
        if text.is_none() {
            let path = self.absolute(file).filter(|path| self.may_want(path));
            self.wanted.extend(path);
        }
        text
    }

    fn package_scripts(&mut self, name: &str, arguments: &[Word]) -> Vec<Word> {
        let mut operands =
            arguments.iter().map(|word| word.value.as_str()).filter(|value| !value.starts_with('-'));
        let script = match (operands.next(), operands.next()) {
            (Some("run" | "run-script"), Some(script)) => script,
            (Some(verb @ ("test" | "start" | "stop" | "restart")), _) => verb,
            (Some("t"), _) if name == "npm" => "test",
            (Some("install" | "ci" | "i"), None) => "install",
            (Some(script), _)
                if matches!(name, "yarn" | "pnpm" | "bun")
                    && !matches!(script, "add" | "exec" | "dlx" | "x") =>
            {
                script
            }
            _ => return Vec::new(),
        };
        let Some(text) = self.wanted_text(&known("package.json"), &Input::Inherited) else {
            return Vec::new();
        };
        let scripts = recipes::package_scripts(&text.value);
        let names = [format!("pre{script}"), script.to_owned(), format!("post{script}")];
        let found = names.iter().filter_map(|name| scripts.iter().find(|(own, _)| own == name));
        found.map(|(_, line)| part_of(&text, line)).collect()
    }

    /// Notes on the last command that something can't be told.
    pub(crate) fn doubt_last(&mut self, text: String) {
        if let Some(command) = self.commands.last_mut() {
            command.doubts.push(crate::answer::Doubt { kind: DoubtKind::Dynamic, text });
        }
    }
}
