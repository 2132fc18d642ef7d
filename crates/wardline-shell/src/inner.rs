//! Follows the commands inside other commands: wrapped words, strings that a shell runs, aliases, input that is run.

use std::ops::Range;
use std::rc::Rc;

use crate::answer::{Access, Certainty, Command, Doubt, DoubtKind, Input, Word};
use crate::build::Invocation;
use crate::language;
use crate::options::{self, Part};
use crate::paths::{self, Found, Touch};
use crate::programs;
use crate::scope::Places;
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
        for (at, inner) in peeled.inner.iter().enumerate() {
            let here = self.elsewhere;
            self.elsewhere |= peeled.elsewhere == Some(at);
            match inner {
                Inner::Hidden(why) => {
                    self.doubt_last(why.clone());
                    self.scope.blur_all();
                }
                Inner::Text { text, certainty } => {
                    let place = self.place(outer.span);
                    exit = Some(self.shell_text(text, &place, outer.certainty.max(*certainty)));
                }
                Inner::Known { words, certainty } => {
                    let certainty = outer.certainty.max(*certainty);
                    exit = Some(self.inner_command(outer, words.clone(), &(0..0), certainty));
                }
                Inner::Words { from, to, certainty } => {
                    let certainty = outer.certainty.max(*certainty);
                    exit = Some(self.inner_words(outer, *from..*to, certainty));
                }
            }
            self.elsewhere = here;
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
            let start = root.value.trim_end_matches('/');
            let below = match &outer.peeled.names {
                Some(names) => format!("{start}/{names}"),
                None => format!("{start}/**"),
            };
            let glob = below.contains(['*', '?', '[']);
            let fill = |word: &Word| match word.value.contains("{}") {
                true => Word {
                    value: word.value.replace("{}", &below),
                    certainty: word.certainty.max(Certainty::Assumed).max(root.certainty),
                    complete: word.complete && root.complete,
                    glob: glob || word.glob,
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
        let spans = outer.spans.get(range.start + 1..range.end + 1).filter(|_| !range.is_empty());
        let spans = spans.unwrap_or_default().to_vec();
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
        let input = if outer.peeled.more_arguments { Input::Inherited } else { outer.input.clone() };
        let (prints, redirects, id) = (self.output, Vec::new(), self.new_id());
        let (assignments, paths) = (Vec::new(), Vec::new());
        let inner = Invocation {
            words,
            spans,
            assignments,
            paths,
            doubts,
            input,
            prints,
            redirects,
            id,
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
        if !text.complete && is_one_expansion(&text.value) {
            // Nothing of what is run is known; what is expanded was followed where it stands.
            return Exit::both(&Places::unknown());
        }
        self.text(&text.value, Some(place.clone()), true, certainty.max(text.certainty))
    }

    /// Follows commands that a text of another language runs.
    pub(crate) fn inner_of(&mut self, peeled: &Peeled, place: &Range<usize>, certainty: Certainty) {
        let input = self.input.clone();
        let outer = Outer { peeled, arguments: &[], spans: &[], span: place, input: &input, certainty };
        // The place is one in the whole script already.
        let within = self.frame.within.replace(place.clone());
        let _exit = self.peeled(&outer);
        self.frame.within = within;
    }

    /// What `git cat-file --batch` prints: the objects that its input names.
    pub(crate) fn objects(&self, name: &str, arguments: &[Word], input: &Input, command: &mut Command) {
        if !special::prints_objects(name, arguments) {
            return;
        }
        let piped;
        let text = match input {
            Input::Text(text) => Some(text.as_ref()),
            Input::Pipe(channel) => {
                piped = self.scope.streams.text(*channel);
                piped.as_ref()
            }
            Input::File(_) | Input::Inherited => None,
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
            Input::Pipe(_) if self.text_of(input).is_some() && wrappers::is_shell(name) => {}
            Input::Pipe(_) if self.text_of(input).is_some_and(|text| language::understood(name, &text)) => {}
            Input::Pipe(_) => {
                let text = format!("`{name}` runs what it reads from the pipe");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Text(text) if !wrappers::is_shell(name) => {
                let mut found = Found::new(&self.scope.places);
                paths::embedded(name, text, &format!("input of `{name}`"), &mut found);
                command.paths.extend(found.paths);
                command.doubts.extend(found.doubts);
            }
            Input::Text(_) => {}
            // A redirect from a file, or the terminal: an agent has none, so nothing is run.
            Input::File(_) => {
                let text = format!("`{name}` runs the commands in a file");
                command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
            }
            Input::Inherited => {}
        }
    }
}

/// Is the text `$x` or `$( … )` and nothing else?
fn is_one_expansion(text: &str) -> bool {
    let text = text.trim().trim_matches('"');
    let Some(rest) = text.strip_prefix('$') else {
        return text.starts_with('`') && text.ends_with('`') && text.matches('`').count() == 2;
    };
    if !rest.starts_with(['(', '{']) {
        return !rest.is_empty() && rest.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    }
    let mut depth = 0_u32;
    for (at, character) in rest.char_indices() {
        match character {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1 == rest.len();
        }
    }
    false
}

/// Most arguments that are appended from a constant input.
const MOST_GIVEN: usize = 64;

/// `xargs` with a constant input: its words are arguments of the command inside.
pub(crate) fn given(peeled: &mut Peeled, arguments: &[Word], text: &Word) {
    let Some(Inner::Words { from, to, .. }) = peeled.inner.first() else { return };
    let (from, to) = (*from, *to);
    let own = arguments.get(..from).unwrap_or_default();
    let flag =
        |wanted: &[&str]| own.iter().position(|word| wanted.iter().any(|flag| word.value.starts_with(flag)));
    let by_line = flag(&["-I", "-i", "--replace", "-L", "-d", "--delimiter"]).is_some();
    let mark = flag(&["-I", "-i", "--replace"]).map(|at| {
        let flag = own.get(at).map_or("", |word| word.value.as_str());
        let next = own.get(at + 1).map(|word| word.value.clone()).unwrap_or_default();
        let attached = |name: &str| flag.strip_prefix(name).filter(|mark| !mark.is_empty());
        match (flag, attached("-I").or_else(|| attached("-i")).or_else(|| attached("--replace="))) {
            ("-I", _) => next,
            (_, Some(mark)) => mark.to_owned(),
            _ => "{}".to_owned(),
        }
    });
    let values: Vec<&str> = if text.value.contains('\0') {
        text.value.split('\0').filter(|value| !value.is_empty()).collect()
    } else if by_line {
        text.value.lines().filter(|line| !line.is_empty()).collect()
    } else {
        text.value.split_whitespace().collect()
    };
    if values.len() > MOST_GIVEN {
        return;
    }
    let words: Vec<Word> =
        values.iter().map(|value| options::part_of(text, value.trim_matches(['"', '\'']))).collect();
    peeled.more_arguments = false;
    let command: Vec<Word> = arguments.get(from..to).unwrap_or_default().to_vec();
    let certainty = Certainty::Assumed;
    peeled.inner = match mark {
        Some(mark) if !mark.is_empty() && mark.len() + 64 > command.len() => words
            .iter()
            .map(|value| {
                let fill = |word: &Word| {
                    let mut filled = options::part_of(word, &word.value.replace(&mark, &value.value));
                    filled.certainty = filled.certainty.max(value.certainty);
                    filled.glob |= value.glob;
                    filled.carry(value);
                    filled
                };
                Inner::Known { words: command.iter().map(fill).collect(), certainty }
            })
            .collect(),
        _ => vec![Inner::Known { words: command.into_iter().chain(words).collect(), certainty }],
    };
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
