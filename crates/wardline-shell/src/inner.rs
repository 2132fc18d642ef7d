//! Follows the commands inside other commands: wrapped words, strings that a shell runs, aliases, input that is run.

use std::ops::Range;
use std::rc::Rc;

use crate::answer::{Access, Certainty, Command, Doubt, DoubtKind, Word};
use crate::build::{Input, Invocation};
use crate::options::{self, Part};
use crate::paths::{self, Found, Touch};
use crate::programs;
use crate::special;
use crate::syntax::Span;
use crate::walk::{Exit, Walker, clip};
use crate::wrappers::{self, Inner, Peeled};

/// Most starting points of a `find` whose `{}` is filled in.
const MOST_ROOTS: usize = 8;

/// A command that runs others, as it was invoked.
pub(crate) struct Outer<'a> {
    pub(crate) peeled: &'a Peeled,
    pub(crate) arguments: &'a [Word],
    pub(crate) spans: &'a [Span],
    pub(crate) span: &'a Span,
    pub(crate) input: &'a Input,
    pub(crate) certainty: Certainty,
}

impl Walker {
    /// Reads what an alias stands for, together with the arguments.
    pub(crate) fn aliased(
        &mut self,
        name: &str,
        text: &str,
        place: &Range<usize>,
        certainty: Certainty,
    ) -> Exit {
        // Inside its own text an alias is the program of that name: `alias ls='ls -l'`.
        self.aliases.push(name.to_owned());
        let exit = self.text(text, Some(place.clone()), true, certainty);
        self.aliases.pop();
        exit
    }

    /// Follows the commands inside a wrapper. The exit is that of the last one, when it runs in the shell itself.
    pub(crate) fn peeled(&mut self, outer: &Outer<'_>) -> Option<Exit> {
        let peeled = outer.peeled;
        if peeled.inner.is_empty() {
            return None;
        }
        let mark = self.scope.mark();
        if let Some(directory) = &peeled.directory {
            self.scope.places = self.moved(directory);
        }
        let mut exit = None;
        for inner in &peeled.inner {
            match inner {
                Inner::Hidden(why) => {
                    self.doubt_last(why.clone());
                    self.scope.blur_all();
                }
                Inner::Text { text, certainty } => {
                    let place = self.place(outer.span);
                    exit = Some(self.shell_text(text, &place, outer.certainty.max(*certainty)));
                }
                Inner::Words { from, to, certainty } => {
                    let certainty = outer.certainty.max(*certainty);
                    exit = Some(self.inner_words(outer, *from..*to, certainty));
                }
            }
        }
        if !peeled.same_shell {
            self.scope.rewind(mark);
            return None;
        }
        exit
    }

    fn inner_words(&mut self, outer: &Outer<'_>, range: Range<usize>, certainty: Certainty) -> Exit {
        let words = outer.arguments.get(range.clone()).unwrap_or_default();
        let filled = words.iter().any(|word| word.value.contains("{}"));
        let roots = outer.peeled.roots.iter().take(if filled { MOST_ROOTS } else { 0 });
        let mut exit = Exit::both(&self.scope.places);
        let mut any = false;
        for root in roots {
            let marks: usize = words.iter().map(|word| word.value.matches("{}").count()).sum();
            if !self.scope.afford(marks.saturating_mul(root.value.len() + 64)) {
                break;
            }
            any = true;
            // Whatever `find` finds lies below where it starts.
            let below = format!("{}/**", root.value.trim_end_matches('/'));
            let fill = |word: &Word| match word.value.contains("{}") {
                true => Word {
                    value: word.value.replace("{}", &below),
                    certainty: word.certainty.max(Certainty::Assumed).max(root.certainty),
                    complete: word.complete && root.complete,
                    glob: true,
                    ..word.clone()
                },
                false => word.clone(),
            };
            exit = self.inner_command(outer, words.iter().map(fill).collect(), &range, certainty);
        }
        if any { exit } else { self.inner_command(outer, words.to_vec(), &range, certainty) }
    }

    fn inner_command(
        &mut self,
        outer: &Outer<'_>,
        words: Vec<Word>,
        range: &Range<usize>,
        certainty: Certainty,
    ) -> Exit {
        // The first span is the wrapper's own name.
        let spans = outer.spans.get(range.start + 1..range.end + 1).unwrap_or_default().to_vec();
        let script = Rc::clone(&self.frame.script);
        let (span, literal) = match (spans.first(), spans.last()) {
            (Some(first), Some(last)) => {
                let span = first.start..last.end;
                (span.clone(), script.text.get(span).unwrap_or_default().to_owned())
            }
            _ => (
                outer.span.clone(),
                words.iter().map(|word| word.written.as_str()).collect::<Vec<_>>().join(" "),
            ),
        };
        let mut doubts = Vec::new();
        if outer.peeled.more_arguments {
            let text = format!("`{}` gets arguments from its input", clip(&literal));
            doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
        let input = if outer.peeled.more_arguments { Input::Other } else { outer.input.clone() };
        let (assignments, paths) = (Vec::new(), Vec::new());
        let inner = Invocation {
            words,
            spans,
            assignments,
            paths,
            doubts,
            input,
            span,
            literal,
            derived: true,
            certainty,
        };
        self.invoke(inner, Vec::new())
    }

    /// Reads a string that a shell will run.
    pub(crate) fn shell_text(&mut self, text: &Word, place: &Range<usize>, certainty: Certainty) -> Exit {
        if text.certainty == Certainty::Opaque || text.glob {
            self.doubt_last(format!("a shell runs `{}`, which is only known in part", clip(&text.value)));
        }
        self.text(&text.value, Some(place.clone()), true, certainty.max(text.certainty))
    }

    fn doubt_last(&mut self, text: String) {
        if let Some(command) = self.commands.last_mut() {
            command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
    }

    /// What `git cat-file --batch` prints: the objects that its input names.
    pub(crate) fn objects(&self, name: &str, arguments: &[Word], input: &Input, command: &mut Command) {
        if !special::prints_objects(name, arguments) {
            return;
        }
        let text = match input {
            Input::Text(text) => Some(text),
            Input::Pipe => self.fed.as_ref(),
            Input::Other => None,
        };
        let mut found = Found::new(&self.scope.places);
        if let Some(text) = text {
            special::named_objects(&text.value, &mut found);
        }
        if text.is_none_or(|text| !text.complete || text.certainty == Certainty::Opaque) {
            found.doubt(
                DoubtKind::Dynamic,
                "`git cat-file` prints the objects that its input names".to_owned(),
            );
        }
        command.paths.extend(found.paths);
        command.doubts.extend(found.doubts);
    }

    /// Doubts about programs that run what they read.
    pub(crate) fn input_doubts(&self, name: &str, input: &Input, peeled: &Peeled, command: &mut Command) {
        if !peeled.reads_input {
            return;
        }
        match input {
            Input::Pipe => {
                let text = format!("`{name}` runs what it reads from the pipe");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Text(text) if !wrappers::is_shell(name) => {
                let mut found = Found::new(&self.scope.places);
                paths::embedded(text, &format!("input of `{name}`"), &mut found);
                command.paths.extend(found.paths);
                command.doubts.extend(found.doubts);
            }
            Input::Text(_) => {}
            // A redirect from a file, or the terminal: an agent has none, so nothing is run.
            Input::Other if command.paths.iter().any(|path| path.because == "redirect <") => {
                let text = format!("`{name}` runs the commands in a file");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Other => {}
        }
    }
}

/// The paths among a wrapper's own options.
pub(crate) fn wrapper_paths(name: &str, options: &'static str, arguments: &[Word], found: &mut Found<'_>) {
    let row = programs::Program { name: "", operands: "t*", options, recursive: "" };
    // Only the wrapper's own options: the rest belongs to the command inside.
    let own = options::parts(arguments, options, name == "su" || name == "script");
    let end = own.iter().find_map(|part| if let Part::Operand(at) = part { Some(*at) } else { None });
    let leading = arguments.get(..end.unwrap_or(arguments.len())).unwrap_or_default();
    paths::known(&row, name, leading, false, found);
    if name == "sudo" && leading.iter().any(|word| matches!(word.value.as_str(), "-e" | "--edit")) {
        for file in arguments.get(leading.len()..).unwrap_or_default() {
            found.touch(file, Touch::sure(Access::Write, "edited by `sudo -e`"));
        }
    }
    if let (true, Some(target)) =
        (matches!(name, "flock" | "script" | "chroot"), end.and_then(|at| arguments.get(at)))
    {
        let access = if name == "chroot" { Access::List } else { Access::Write };
        found.touch(target, Touch::sure(access, &format!("argument of `{name}`")));
    }
}
