//! Variables whose value a shell runs: prompts, `PROMPT_COMMAND`, files that a shell starts with.

use std::ops::Range;

use crate::answer::{Certainty, Doubt, DoubtKind, Word};
use crate::expand::known;
use crate::walk::{Walker, clip};
use crate::wrappers::Inner;

/// Builtins and programs that take `NAME=value` and set it for a shell.
pub(crate) const SETTERS: &[&str] =
    &["declare", "doas", "env", "export", "local", "readonly", "sudo", "typeset"];

impl Walker {
    /// Follows the value of a variable that holds commands. `place` is the range of the command that sets it.
    pub(crate) fn held(&mut self, name: &str, value: &Word, place: &Range<usize>) {
        if name.starts_with("BASH_FUNC_") {
            return self.held_doubt(format!("`{name}` defines a function for the shells that are started"));
        }
        match name {
            "PROMPT_COMMAND" if !value.value.is_empty() => self.held_text(value, place),
            // These are expanded like the text of a here-document.
            "PS0" | "PS1" | "PS2" | "PS4" | "ENV" | "BASH_ENV" => {
                let escaped = name.starts_with("PS") && value.value.contains("\\0");
                if escaped || value.certainty == Certainty::Opaque {
                    self.held_doubt(format!("a shell expands `{name}`: `{}`", clip(&value.value)));
                } else if let Some(text) = self.start_up_text(name, value) {
                    self.held_text(&text, place);
                } else if name == "BASH_ENV" && !value.value.is_empty() {
                    self.held_doubt(format!("a shell that is started runs the file in `{name}`"));
                }
                if value.complete && (value.value.contains("$(") || value.value.contains('`')) {
                    let text = format!(": <<END_OF_PROMPT\n{}\nEND_OF_PROMPT\n", value.value);
                    let text = Word { certainty: value.certainty, ..known(&text) };
                    self.held_text(&text, place);
                }
            }
            _ => match crate::escapes::inner_of_environment(name, value) {
                Some(Inner::Text { text, .. }) => self.held_text(&text, place),
                Some(Inner::Hidden(why)) => self.held_doubt(why),
                _ => {}
            },
        }
    }

    /// The text of the file that a shell reads first, where an earlier command of the script wrote it.
    fn start_up_text(&self, name: &str, value: &Word) -> Option<Word> {
        let path = self.absolute(value).filter(|_| matches!(name, "BASH_ENV" | "ENV"))?;
        self.file_text(&path)
    }

    fn held_text(&mut self, text: &Word, place: &Range<usize>) {
        let mark = self.scope.mark();
        let _exit = self.shell_text(text, place, Certainty::Assumed);
        self.scope.rewind(mark);
    }

    fn held_doubt(&mut self, text: String) {
        if let Some(command) = self.commands.last_mut() {
            command.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
    }
}
