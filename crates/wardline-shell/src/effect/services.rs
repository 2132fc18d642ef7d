//! Data that would be dropped, and infrastructure that would be destroyed.
//!
//! `rules` lists for each client the subcommands that do so; `statements` reads what database clients are given.

mod rules;
mod statements;

use super::{Call, EffectKind, Effects, Target};
use crate::answer::{Certainty, Command, Input, Word};
use crate::options::{Part, parts};

use rules::Client;
use statements::Loss;

/// Most effects of one command.
const MOST_FOUND: usize = 64;
/// How many operands are looked at for a verb that may stand anywhere.
const VERB_WITHIN: usize = 6;

/// The effects of clients of databases, clouds, clusters and containers.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    let mut known = false;
    let mut name = call.name;
    let mut arguments = call.arguments;
    // `npx prisma …`, `bundle exec rails …`, `python manage.py …`: what is run is what counts.
    while let Some(inner) = runner(name, arguments) {
        let Some((first, rest)) = inner.split_first() else { break };
        name = first.value.rsplit('/').next().unwrap_or_default();
        arguments = rest;
    }
    if let Some(client) = rules::client(name) {
        known = true;
        by_rules(client, arguments, out);
    }
    if let Some(options) = statements::options(name) {
        known = true;
        data(call, name, options, arguments, out);
    }
    known
}

/// The words of a command that these words start, where they do so in a way that `wrappers` does not follow.
fn runner<'w>(name: &str, arguments: &'w [Word]) -> Option<&'w [Word]> {
    let first = arguments.first().map(|word| word.value.as_str());
    let operand = arguments.iter().position(|word| !word.value.starts_with('-'))?;
    match (name, first?) {
        ("npx" | "bunx" | "pnpx", _) => arguments.get(operand..),
        ("pnpm" | "yarn", "exec" | "dlx") => arguments.get(1..),
        ("yarn" | "pnpm", "prisma" | "sequelize" | "knex" | "typeorm" | "cdk" | "wrangler" | "vercel") => {
            Some(arguments)
        }
        ("python" | "python3" | "php", _) => {
            let script = arguments.get(operand)?.value.rsplit('/').next().unwrap_or_default();
            matches!(script, "manage.py" | "artisan" | "console").then(|| arguments.get(operand..))?
        }
        _ => None,
    }
}

fn by_rules(client: &Client, arguments: &[Word], out: &mut Effects<'_>) {
    let idle = |word: &Word| {
        let text = word.value.as_str();
        matches!(text, "--help" | "--dryrun" | "--dry_run" | "--what-if")
            || text.strip_prefix("--dry-run").is_some_and(|rest| rest != "=none" && rest != "=false")
    };
    if arguments.iter().any(idle) {
        return;
    }
    let split = parts(arguments, client.options, true);
    let operands: Vec<&str> = split
        .iter()
        .filter_map(|part| match part {
            Part::Operand(at) => arguments.get(*at).map(|word| word.value.as_str()),
            Part::Option { .. } => None,
        })
        .take(MOST_FOUND)
        .collect();
    let found = client.rules.iter().find_map(|rule| {
        let end = matched(rule.path, &operands)?;
        let flagged = rule.flags.is_empty()
            || rule.flags.split(' ').any(|flag| arguments.iter().any(|word| is_flag(&word.value, flag)));
        flagged.then_some((rule, end))
    });
    let Some((rule, end)) = found else { return };
    let name = operands.get(end..).unwrap_or_default().join(" ");
    let detail = operands.get(..end).unwrap_or_default().join(" ");
    let certainty = if rule.perhaps { Certainty::Assumed } else { Certainty::Proven };
    let effect = out.add_sure(rule.kind, Target::Name(name), certainty);
    effect.detail = detail;
}

/// Is it the flag, alone, with a value, or among other letters?
pub(super) fn is_flag(text: &str, flag: &str) -> bool {
    if text == flag || text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')) {
        return !text.ends_with("=false");
    }
    let single = |text: &str| text.starts_with('-') && !text.starts_with("--");
    flag.len() == 2
        && single(flag)
        && single(text)
        && flag.chars().nth(1).is_some_and(|letter| text.contains(letter))
        && text.len() <= 5
}

/// How many operands a rule takes up, when it matches. Its words are alternatives between bars, a star at the end stands for
/// any ending; a rule that begins with `**` finds its verb anywhere near the beginning.
pub(super) fn matched(path: &str, operands: &[&str]) -> Option<usize> {
    let is = |pattern: &str, word: &str| {
        pattern.split('|').any(|one| match one.split_once('*') {
            Some((start, end)) => {
                word.len() >= start.len() + end.len() && word.starts_with(start) && word.ends_with(end)
            }
            None => one == word,
        })
    };
    if let Some(verb) = path.strip_prefix("** ") {
        return operands.iter().take(VERB_WITHIN).position(|word| is(verb, word)).map(|at| at + 1);
    }
    let mut count = 0;
    for pattern in path.split(' ').filter(|pattern| !pattern.is_empty()) {
        let word = operands.get(count)?;
        if !is(pattern, word) {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// The losses in what a database client is given: options, operands, its input.
fn data(call: &Call<'_>, name: &str, options: &str, arguments: &[Word], out: &mut Effects<'_>) {
    let split = parts(arguments, options, true);
    let mut texts: Vec<&Word> = Vec::new();
    let mut operands = 0;
    for part in split.iter().take(MOST_FOUND * 4) {
        match part {
            Part::Option { role: Some('q'), value: Some(value), .. } => texts.push(value),
            Part::Operand(at) => {
                operands += 1;
                let taken = statements::in_operands(name).is_some_and(|from| operands > from);
                texts.extend(arguments.get(*at).filter(|_| taken));
            }
            Part::Option { .. } => {}
        }
    }
    let mut losses: Vec<Loss> = Vec::new();
    if statements::is_line(name) {
        let line: Vec<&str> = texts.iter().map(|word| word.value.as_str()).collect();
        losses.extend(statements::losses(name, &line.join(" ")));
    } else {
        for text in &texts {
            losses.extend(statements::losses(name, &text.value));
        }
    }
    let opaque = texts.iter().any(|text| !text.complete);
    if texts.is_empty() {
        losses.extend(printed(call).iter().flat_map(|text| statements::losses(name, text)));
    }
    for loss in losses.into_iter().take(MOST_FOUND) {
        let certainty = if opaque { Certainty::Assumed } else { Certainty::Proven };
        out.add_sure(EffectKind::Drop, Target::Name(loss.name), certainty).detail = loss.how;
    }
}

/// The texts on the command's standard input, as far as the script holds them.
fn printed(call: &Call<'_>) -> Vec<String> {
    let channel = match &call.command.input {
        Input::Text(text) => return vec![text.value.clone()],
        Input::Pipe(channel) => *channel,
        _ => return Vec::new(),
    };
    let printers = call.streams.printers(channel).iter().filter_map(|at| call.commands.get(*at));
    let text = |command: &Command| match (command.program.as_deref(), &command.input) {
        (Some("echo" | "printf"), _) => {
            let words: Vec<&str> = command.arguments.iter().map(|word| word.value.as_str()).collect();
            let flags =
                words.iter().take_while(|word| matches!(**word, "-e" | "-n" | "-ne" | "-en" | "--")).count();
            Some(words.get(flags..).unwrap_or_default().join(" ").replace("\\n", "\n"))
        }
        (Some("cat" | "tee"), Input::Text(text)) => Some(text.value.clone()),
        _ => None,
    };
    printers.take(MOST_FOUND).filter_map(text).collect()
}
