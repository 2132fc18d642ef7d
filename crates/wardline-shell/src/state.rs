//! What builtins change in the shell that runs them: the directory, variables, options, aliases.

use std::rc::Rc;

use crate::answer::{Doubt, DoubtKind, Word};
use crate::paths;
use crate::scope::Places;
use crate::walk::{Exit, Walker, clip};

/// Longest path of a directory that is followed further, in bytes: each path that a later command touches repeats it.
const LONGEST_PLACE: usize = 1024;

impl Walker {
    /// What a builtin changes in the shell.
    pub(crate) fn effects(&mut self, name: &str, arguments: &[Word]) -> Exit {
        match name {
            "cd" | "chdir" | "pushd" => return self.change_directory(name, arguments),
            "popd" => {
                let target = self.scope.previous.take().unwrap_or_else(Places::unknown);
                return self.go(target);
            }
            "exit" | "return" | "break" | "continue" => {
                return Exit { success: Places::nowhere(), failure: Places::nowhere() };
            }
            "export" | "declare" | "typeset" | "local" | "readonly" => self.declare(name, arguments),
            "read" => self.read(arguments),
            "mapfile" | "readarray" => self.mapfile(arguments),
            "let" => arguments.iter().for_each(|word| self.calculate(&word.value)),
            "unset" | "getopts" => {
                for word in arguments.iter().filter(|word| !word.value.starts_with('-')) {
                    self.scope.set(&word.value, None);
                }
            }
            "printf" => self.printf_into(arguments),
            "set" => self.set(arguments),
            // `hash -p FILE NAME`: from now on NAME runs FILE.
            "hash" => {
                for triple in arguments.windows(3) {
                    let [flag, file, name] = triple else { continue };
                    if flag.value.ends_with('p') && flag.value.starts_with('-') {
                        self.scope.alias(&name.value, &file.canonical);
                    }
                }
            }
            "shift" => {
                let count = arguments.first().map_or(Some(1), |word| word.value.parse::<usize>().ok());
                let words = self.scope.positional.take().zip(count);
                self.scope.positional =
                    words.map(|(words, count)| Rc::from(words.get(count..).unwrap_or_default()));
            }
            "alias" => {
                for word in arguments {
                    if let Some((alias, text)) = word.value.split_once('=') {
                        self.scope.alias(alias, text);
                    }
                }
            }
            _ => {}
        }
        Exit::both(&self.scope.places)
    }

    fn set(&mut self, arguments: &[Word]) {
        let mut index = 0;
        while let Some(word) = arguments.get(index) {
            if word.value == "--" {
                index += 1;
                self.scope.set_positional(arguments.get(index..).unwrap_or_default());
                return;
            }
            if !word.value.starts_with(['-', '+']) {
                self.scope.set_positional(arguments.get(index..).unwrap_or_default());
                return;
            }
            let letters = !word.value.starts_with("--") && word.value.starts_with('-');
            let named = arguments.get(index + 1).is_some_and(|next| next.value == "errexit");
            let unset = arguments.get(index + 1).is_some_and(|next| next.value == "nounset");
            self.scope.nounset |=
                letters && (word.value.contains('u') || (word.value.contains('o') && unset));
            self.errexit |= letters && (word.value.contains('e') || (word.value.contains('o') && named));
            index += 1 + usize::from(word.value.contains('o'));
        }
    }

    fn change_directory(&mut self, name: &str, arguments: &[Word]) -> Exit {
        let operands: Vec<&Word> =
            arguments.iter().filter(|word| !word.value.starts_with('-') || word.value == "-").collect();
        let target = match operands.as_slice() {
            [] if name == "pushd" => Places::unknown(),
            [] => Places::one(&paths::normalise(&self.scope.home)),
            [word] if word.value == "-" => self.scope.previous.clone().unwrap_or_else(Places::unknown),
            [word] => self.moved(word),
            _ => Places::unknown(),
        };
        if target.is_unknown() {
            let written = operands.first().map_or(name, |word| word.written.as_str());
            let text =
                format!("`{name}` goes to a directory that is only known when it runs: `{}`", clip(written));
            let doubt = Doubt { kind: DoubtKind::Unresolved, text };
            self.commands.last_mut().into_iter().for_each(|command| command.doubts.push(doubt.clone()));
        }
        self.go(target)
    }

    fn go(&mut self, target: Places) -> Exit {
        let before = std::mem::replace(&mut self.scope.places, target.clone());
        self.scope.previous = Some(before.clone());
        Exit { success: target, failure: before }
    }

    /// Where `word` leads from here.
    pub(crate) fn moved(&self, word: &Word) -> Places {
        if !word.complete || word.glob || word.value.is_empty() {
            return Places::unknown();
        }
        if word.value.len() > LONGEST_PLACE {
            return Places::unknown();
        }
        if word.value.starts_with('/') {
            return Places::one(&paths::normalise(&word.value));
        }
        let from = &self.scope.places;
        if from.is_unknown() {
            return Places::unknown();
        }
        let targets: Vec<String> = from.known().iter().map(|place| paths::join(place, &word.value)).collect();
        if targets.iter().any(|target| target.len() > LONGEST_PLACE) {
            return Places::unknown();
        }
        let targets = targets.iter().map(|target| Places::one(target));
        targets.reduce(|one, other| one.join(&other)).unwrap_or_else(Places::unknown)
    }
}
