//! `wardline check bash … --explain`: the commands of a script as a tree, what each would do, how that was found out, what
//! is stopped and what to do instead.

use wardline_monitor::policy::{CommandVerdict, Decision, Refusal};
use wardline_monitor::shell::{Analysis, Effect, Grade, Source};
use wardline_monitor::{Checked, explain, visible};

use crate::term::Style;

/// Deepest indentation; a script that nests further is not read better for it.
const DEEPEST: usize = 8;
/// Effects shown of one command.
const MAX_EFFECTS: usize = 24;

/// Prints the tree. Nothing for what is no script.
pub(super) fn print(checked: &Checked) {
    let Some(analysis) = &checked.analysis else { return };
    let style = Style::of_stdout();
    println!("\n{}", style.bold("what it would do"));
    for (index, command) in analysis.commands.iter().enumerate() {
        let indent = "  ".repeat(1 + depth(analysis, index).min(DEEPEST));
        let verdict = checked.verdict.commands.get(index);
        let decision = verdict.map_or_else(String::new, |verdict: &CommandVerdict| {
            format!("{} ", style.decision(verdict.decision))
        });
        let shown = if command.canonical.is_empty() { &command.literal } else { &command.canonical };
        println!("{indent}{decision}{} {}", visible(shown), style.dim(grade(command.grade)));
        let effects = analysis.effects.iter().filter(|effect| effect.command == index);
        for effect in effects.clone().take(MAX_EFFECTS) {
            print_effect(style, &indent, effect);
        }
        let more = effects.skip(MAX_EFFECTS).count();
        if more > 0 {
            println!("{indent}  … and {more} more effects");
        }
        for refusal in checked.facts.refusals.iter().filter(|refusal| refusal.command == Some(index)) {
            print_refusal(style, &indent, refusal, analysis);
        }
    }
    for refusal in checked.facts.refusals.iter().filter(|refusal| refusal.command.is_none()) {
        print_refusal(style, "  ", refusal, analysis);
    }
}

/// How many commands a command stands inside.
fn depth(analysis: &Analysis, mut index: usize) -> usize {
    let mut depth = 0;
    while let Some(holder) = analysis.commands.get(index).and_then(|command| command.holder) {
        // Holders come before what they hold; anything else would be a circle.
        if holder >= index || depth >= DEEPEST {
            break;
        }
        (index, depth) = (holder, depth + 1);
    }
    depth
}

fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Looks => "(only looks)",
        Grade::Edits => "(edits the files named)",
        Grade::Builds => "(builds or tests the project)",
        _ => "",
    }
}

fn print_effect(style: Style, indent: &str, effect: &Effect) {
    let from: Vec<String> = effect
        .sources
        .iter()
        .filter(|source| !matches!(source, Source::Literal))
        .map(explain::source)
        .collect();
    let from = if from.is_empty() { String::new() } else { format!(" ← {}", from.join(", ")) };
    let sure = explain::certainty(effect.certainty);
    println!("{indent}  - {}{} {}", visible(&effect.line()), visible(&from), style.dim(&format!("({sure})")));
    for step in &effect.trace {
        println!("{indent}      {}", style.dim(&format!("because {}", visible(step))));
    }
}

fn print_refusal(style: Style, indent: &str, refusal: &Refusal, analysis: &Analysis) {
    let word = match (&refusal.waiver, refusal.decision) {
        (Some(_), _) => style.dim("waived"),
        (None, Decision::Deny) => style.decision_word("deny"),
        (None, _) => style.decision_word("ask"),
    };
    println!("{indent}  ! {word} {}", visible(&refusal.text));
    if let Some(rule) = wardline_monitor::shell::rule(&refusal.rule) {
        let attack = rule.attack.map_or_else(String::new, |id| format!(", ATT&CK {id}"));
        println!("{indent}      {}", style.dim(&format!("{}{attack}: {}", rule.id, rule.reason)));
    }
    println!("{indent}      {}", style.dim(&format!("effect: {}", visible(&refusal.identity))));
    let same = analysis
        .refusals
        .iter()
        .find(|stopped| stopped.rule == refusal.rule && stopped.identity == refusal.identity);
    if let Some(alternative) = same.and_then(|stopped| stopped.alternative.as_ref()) {
        let argv: Vec<String> = alternative.argv.iter().map(|word| quoted(word)).collect();
        println!(
            "{indent}      instead: {} {}",
            argv.join(" "),
            style.dim(&format!("({})", alternative.does))
        );
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", visible(word).replace('\'', r"'\''"))
    }
}

/// Rules that would answer the question for good.
pub(super) fn print_proposals(proposals: &[String]) {
    if proposals.is_empty() {
        return;
    }
    let style = Style::of_stdout();
    println!("\n{}", style.bold("to be asked no more, add one of these under permission.bash"));
    for pattern in proposals {
        println!("  {pattern:?}: \"allow\"");
    }
}
