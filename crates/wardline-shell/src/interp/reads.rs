//! Builtins that set variables from what they are given: `read`, `mapfile`, `printf -v`, `let`, `declare`.

use crate::answer::{Certainty, Input, Word};
use crate::expand::known;
use crate::interp::arithmetic;
use crate::interp::parameters::number_text;
use crate::options::{Part, part_of, parts};
use crate::output::transformers;
use crate::scope::nothing_known;
use crate::walk::Walker;

const READ: &str = "-a:t -d:t -i:t -n:t -N:t -p:t -t:t -u:t";
const MAPFILE: &str = "-d:t -n:t -O:t -s:t -u:t -C:t -c:t";

impl Walker {
    /// `read`: the first line of its input, split among the names.
    pub(crate) fn read(&mut self, arguments: &[Word]) {
        let input = self.reading();
        let line =
            self.text_of(&input).map(|text| part_of(&text, text.value.lines().next().unwrap_or_default()));
        let line = line.or_else(|| match input {
            Input::Pipe(channel) => Some(Word { fed_by: vec![channel], ..nothing_known() }),
            Input::Text(text) => Some(Word { fed_by: text.fed_by.clone(), ..nothing_known() }),
            _ => None,
        });
        let separators = self.separators.take();
        self.read_into(arguments, line.as_ref(), separators.as_deref());
    }

    /// Standard input of the command that is followed.
    fn reading(&self) -> Input {
        self.commands.last().map_or(Input::Inherited, |command| command.input.clone())
    }

    /// Splits a line among the names that `read` is given.
    pub(crate) fn read_into(&mut self, arguments: &[Word], line: Option<&Word>, separators: Option<&str>) {
        let split = parts(arguments, READ, false);
        let array = split.iter().find_map(|part| match part {
            Part::Option { name, value, .. } if name == "-a" => value.as_ref().map(|word| word.value.clone()),
            _ => None,
        });
        let mut names: Vec<String> = split
            .iter()
            .filter_map(|part| if let Part::Operand(at) = part { arguments.get(*at) } else { None })
            .map(|word| word.value.clone())
            .collect();
        let Some(line) = line.filter(|line| line.complete) else {
            let word =
                Word { fed_by: line.map(|line| line.fed_by.clone()).unwrap_or_default(), ..nothing_known() };
            let names = if names.is_empty() { vec!["REPLY".to_owned()] } else { names };
            names.iter().chain(&array).for_each(|name| self.scope.bind(name, word.clone(), None));
            return;
        };
        let own = crate::interp::parameters::variable("IFS", &self.scope).value;
        let separators = separators.unwrap_or(&own).to_owned();
        let separator = |c: char| separators.contains(c);
        if let Some(array) = array {
            let fields = line.value.split(separator).filter(|field| !field.is_empty());
            let elements =
                fields.enumerate().map(|(at, field)| (at.to_string(), part_of(line, field))).collect();
            return self.scope.bind(&array, nothing_known(), Some(elements));
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let blank = |c: char| separators.contains(c) && c.is_whitespace();
        let mut rest = line.value.trim_matches(blank);
        let last = names.len() - 1;
        for (at, name) in names.iter().enumerate() {
            let (field, after) = match rest.find(separator).filter(|_| at < last) {
                Some(end) => {
                    let (field, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    let mut characters = after.chars();
                    characters.next();
                    (field, characters.as_str().trim_start_matches(blank))
                }
                None => (rest, ""),
            };
            self.scope.bind(name, part_of(line, field), None);
            rest = after;
        }
    }

    /// `mapfile -t a`: an element for each line.
    pub(crate) fn mapfile(&mut self, arguments: &[Word]) {
        let input = self.reading();
        let text = self.text_of(&input);
        let split = parts(arguments, MAPFILE, false);
        let name = split.iter().find_map(|part| match part {
            Part::Operand(at) => arguments.get(*at).map(|word| word.value.clone()),
            Part::Option { .. } => None,
        });
        let elements = text.as_ref().filter(|text| text.complete).map(|text| {
            let lines = text.value.lines().enumerate();
            lines.map(|(at, line)| (at.to_string(), part_of(text, line))).collect()
        });
        let fed_by = match input {
            Input::Pipe(channel) => vec![channel],
            _ => Vec::new(),
        };
        let value = Word { fed_by, ..nothing_known() };
        self.scope.bind(name.as_deref().unwrap_or("MAPFILE"), value, elements);
    }

    /// `printf -v x format …`.
    pub(crate) fn printf_into(&mut self, arguments: &[Word]) {
        let [flag, name, format, rest @ ..] = arguments else { return };
        if flag.value != "-v" {
            return;
        }
        let values: Vec<&str> = rest.iter().map(|word| word.value.as_str()).collect();
        let complete = format.complete && rest.iter().all(|word| word.complete);
        let text = Some(()).filter(|()| complete).and_then(|()| transformers::printf(&format.value, &values));
        let certainty = rest.iter().map(|word| word.certainty).max().unwrap_or(Certainty::Proven);
        let mut word = text.map_or_else(nothing_known, |text| Word { certainty, ..known(&text) });
        rest.iter().for_each(|from| word.carry(from));
        self.scope.bind(&name.value, word, None);
    }

    /// `let x=1+2`, `((x = 3))`.
    pub(crate) fn calculate(&mut self, expression: &str) {
        for part in expression.split(',') {
            let Some((name, value)) = part.split_once('=').filter(|(_, value)| !value.starts_with('='))
            else {
                let name = part.trim().trim_matches(['+', '-']);
                if part.contains("++") || part.contains("--") {
                    self.scope.set(name, None);
                }
                continue;
            };
            let name = name.trim();
            let plain = name.trim_end_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>']);
            if !crate::wrappers::is_assignment(&format!("{plain}=")) {
                continue;
            }
            let number = Some(value)
                .filter(|_| plain == name)
                .and_then(|value| arithmetic::evaluate(value, &|name| number_text(name, &self.scope)));
            self.scope.set(plain, number.map(|number| known(&number.to_string())));
        }
    }

    /// `declare`, `export`, `local` and their like.
    pub(crate) fn declare(&mut self, name: &str, arguments: &[Word]) {
        let flags: String = arguments
            .iter()
            .filter(|word| word.value.starts_with('-'))
            .map(|word| word.value.as_str())
            .collect();
        let reference = name != "export" && flags.contains('n');
        for word in arguments.iter().filter(|word| !word.value.starts_with(['-', '+'])) {
            let (variable, value) = match word.value.split_once('=') {
                Some((variable, value)) => (variable, Some(value)),
                None => (word.value.as_str(), None),
            };
            if !crate::wrappers::is_assignment(&format!("{}=", variable.trim_end_matches('+'))) {
                continue;
            }
            let local = name == "local" || (name != "export" && name != "readonly" && !flags.contains('g'));
            if let Some(locals) = self.locals.last_mut().filter(|_| local) {
                locals.push((variable.to_owned(), self.scope.get(variable).cloned()));
            }
            match value {
                Some(target) if reference && word.complete => self.scope.refer(variable, target),
                Some(value) if word.complete && !variable.ends_with('+') => {
                    self.scope.bind(variable, part_of(word, value), None);
                }
                Some(_) => {
                    let mut unknown = nothing_known();
                    unknown.carry(word);
                    self.scope.bind(variable.trim_end_matches('+'), unknown, None);
                }
                None if local && !self.locals.is_empty() => {
                    self.scope.bind(variable, known(""), None);
                }
                None => {}
            }
        }
        for bound in std::mem::take(&mut self.declared) {
            self.scope.bind(&bound.name, bound.value, bound.elements);
        }
    }
}
