//! Which stream each command reads and prints to: pipelines, redirects of compound commands, substitutions.

use std::ops::Range;
use std::rc::Rc;

use crate::answer::{Certainty, Doubt, DoubtKind, Input, Word};
use crate::expand::single;
use crate::syntax::{self, List, Node, Operation, Parameter, Piece};
use crate::walk::{Exit, Walker};

impl Walker {
    /// The stages of a pipeline, each in a subshell, each reading what the one before prints.
    pub(crate) fn stages(&mut self, stages: &[Node]) {
        let outer = (self.input.clone(), self.output, self.sink);
        self.parallel += 1;
        for (index, stage) in stages.iter().enumerate() {
            let mark = self.scope.mark();
            let last = index + 1 == stages.len();
            let channel = (!last).then(|| self.scope.streams.open(self.branches));
            (self.output, self.sink) = if last { (outer.1, outer.2) } else { (channel, channel) };
            let _exit = self.node(stage);
            self.scope.rewind(mark);
            if let Some(channel) = channel {
                self.input = Input::Pipe(channel);
            }
        }
        self.parallel -= 1;
        (self.input, self.output, self.sink) = outer;
    }

    /// A compound command with redirects: all commands in it read and print as they say.
    pub(crate) fn redirected(&mut self, node: &Node) -> Exit {
        let from = self.commands.len();
        let id = self.new_id();
        let outer = (self.input.clone(), self.output, self.sink, self.tap.take());
        self.visit_redirects(&node.redirects, id);
        let visited = self.commands.len() - from;
        let plan = self.plumbing(&node.redirects);
        self.input = self.input_of(&node.redirects);
        // What goes to a file goes there through the command that stands for the redirect.
        let file = plan.to_file.then(|| self.scope.streams.open(self.branches));
        let channel = self.tap.or(file).or(plan.prints);
        (self.output, self.sink) = (channel, channel);
        let exit = self.compound(node);
        self.put_last(from, visited);
        (self.input, self.output, self.sink, self.tap) = outer;
        self.compound_redirects(node, from, id, file);
        exit
    }

    /// Walks the substitutions inside a word, each in a subshell of its own.
    pub(crate) fn visit(&mut self, word: &syntax::Word) {
        for piece in &word.pieces {
            match piece {
                Piece::Text(_) | Piece::Quoted(_) => {}
                Piece::Parameter(parameter) => self.visit_parameter(parameter),
                Piece::Arithmetic { inside, .. } => self.visit(inside),
                Piece::Command { list, span, .. } => {
                    self.substituted(span, |walker| walker.nested(list));
                }
                Piece::Process { list, span } => self.process(list, span),
                Piece::Backtick { text, span, .. } => {
                    let (place, certainty) = (self.place(span), self.frame.certainty);
                    let derived = self.frame.derived;
                    self.substituted(span, |walker| walker.text(text, Some(place), derived, certainty));
                }
            }
        }
    }

    fn visit_parameter(&mut self, parameter: &Parameter) {
        let Parameter { name, operand, operation, subscript, .. } = parameter;
        if *operation == Operation::Other && operand.constant().is_some_and(|text| text.ends_with("@P")) {
            let text = format!("`${{{name}@P}}` runs what the variable holds");
            self.doubts.push(Doubt { kind: DoubtKind::Dynamic, text });
        }
        subscript.iter().for_each(|subscript| self.visit(subscript));
        self.visit(operand);
        match operation {
            Operation::Assign if self.scope.get(name).is_none() => {
                let value = self.value(operand);
                self.scope.bind(name, Word { certainty: Certainty::Opaque, ..value }, None);
            }
            Operation::Demand => self.scope.fill(name),
            _ => {}
        }
    }

    /// Follows a substitution, whose output is a stream of its own.
    fn substituted(&mut self, span: &Range<usize>, follow: impl FnOnce(&mut Self) -> Exit) {
        let mark = self.scope.mark();
        let channel = self.scope.streams.open(self.branches);
        let outer = (self.output, self.sink);
        (self.output, self.sink) = (Some(channel), Some(channel));
        let _exit = follow(self);
        (self.output, self.sink) = outer;
        self.scope.rewind(mark);
        self.scope.streams.tie(self.frame.script.serial, span.start, channel);
    }

    /// `<( … )` is a stream that can be read like a file, `>( … )` reads what the command prints.
    fn process(&mut self, list: &List, span: &Range<usize>) {
        let script = Rc::clone(&self.frame.script);
        self.parallel += 1;
        if script.text.get(span.start..).is_some_and(|text| text.starts_with('>')) {
            let channel = self.tap.unwrap_or_else(|| self.scope.streams.open(self.branches));
            self.tap = Some(channel);
            let mark = self.scope.mark();
            let outer = std::mem::replace(&mut self.input, Input::Pipe(channel));
            let _exit = self.nested(list);
            self.input = outer;
            self.scope.rewind(mark);
        } else {
            self.substituted(span, |walker| walker.nested(list));
        }
        self.parallel -= 1;
    }

    /// The value of a word that is not split.
    pub(crate) fn value(&self, word: &syntax::Word) -> Word {
        single(word, &self.frame.script, &self.scope)
    }
}
