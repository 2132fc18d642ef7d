//! The commands of a `bash` request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::decide::{Case, Grounds};
use crate::decision::{CommandVerdict, Decision};
use crate::evaluate::{Kind, opinions};
use crate::explain;
use crate::request::CommandFact;

/// Every command has to pass; a script without any is not understood, however harmless it looks.
pub(crate) fn judge<'c>(case: &Case<'c>, grounds: &mut Grounds<'c>) {
    // The rules say the same about each of many like commands, so they are asked once.
    let mut judged = HashMap::new();
    for (number, command) in case.facts.commands.iter().enumerate() {
        let CommandFact { literal, canonical, forms, directory_change, harmless, .. } = command;
        match judged.entry((literal, canonical, forms, directory_change, harmless)) {
            Entry::Occupied(first) => grounds.repeat_command(number, *first.get()),
            Entry::Vacant(place) => {
                place.insert(number);
                judge_command(case, number, command, grounds);
            }
        }
    }
    if case.facts.commands.is_empty() {
        for target in &case.request.targets {
            case.ask_rules("bash", target, Kind::Direct, grounds);
        }
        grounds.add(explain::no_commands());
    }
}

fn judge_command<'c>(case: &Case<'c>, number: usize, command: &CommandFact, grounds: &mut Grounds<'c>) {
    let CommandFact { literal, canonical, .. } = command;
    if case.policy.kilo && command.directory_change {
        let reason = explain::directory_change(literal);
        grounds.add(reason.clone());
        grounds.add_command(number, verdict(literal, canonical, vec![reason]));
        return;
    }
    let mut spellings = vec![(literal, Kind::Direct), (canonical, Kind::Direct)];
    spellings.extend(command.forms.iter().map(|form| (form, Kind::Form)));
    let mut reasons = Vec::new();
    for (at, (text, kind)) in spellings.iter().enumerate() {
        if spellings.iter().take(at).any(|(earlier, _)| earlier == text) {
            continue;
        }
        let mut question = case.question("bash", text, *kind);
        question.circumstances.harmless = command.harmless;
        for opinion in opinions(case.stack, &question) {
            grounds.add_opinion(case, &question, &opinion);
            reasons.push(explain::opinion(case, &question, &opinion));
        }
    }
    grounds.add_command(number, verdict(literal, canonical, reasons));
}

fn verdict(literal: &str, canonical: &str, mut reasons: Vec<crate::decision::Reason>) -> CommandVerdict {
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.decision));
    CommandVerdict {
        literal: literal.to_owned(),
        canonical: canonical.to_owned(),
        decision: reasons.first().map_or(Decision::Ask, |reason| reason.decision),
        reasons,
    }
}
