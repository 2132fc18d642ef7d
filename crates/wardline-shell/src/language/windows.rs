//! PowerShell: cmdlets and their aliases, one statement after another.

use super::given::Given;
use super::{Deed, Reading, format};
use crate::answer::{Certainty, Word};
use crate::effect::{EffectKind, Source};
use crate::expand::known;

/// Cmdlets that only compute or print. Sorted, in small letters.
const PURE: &[&str] = &[
    "$psversiontable",
    "convertfrom-json",
    "convertto-json",
    "echo",
    "exit",
    "foreach-object",
    "format-list",
    "format-table",
    "get-command",
    "get-date",
    "get-help",
    "get-host",
    "get-location",
    "get-random",
    "group-object",
    "join-path",
    "measure-object",
    "out-null",
    "out-string",
    "select-object",
    "select-string",
    "sort-object",
    "where-object",
    "write-error",
    "write-host",
    "write-output",
    "write-warning",
];

/// What is run, by the options of `pwsh`.
pub(super) fn given(arguments: &[Word]) -> Given {
    let mut given = Given::default();
    let mut words = arguments.iter().enumerate();
    while let Some((index, word)) = words.next() {
        let option = word.value.trim_start_matches(['-', '/']).to_ascii_lowercase();
        let rest = arguments.get(index + 1..).unwrap_or_default();
        let begins = |name: &str, least: usize| option.len() >= least && name.starts_with(&option);
        if !word.value.starts_with(['-', '/']) {
            given.file = Some(word.clone());
        } else if begins("command", 1) || option == "commandwithargs" || option == "cwa" {
            given.code = rest.first().map(|first| {
                let text: Vec<&str> = rest.iter().map(|word| word.value.as_str()).collect();
                Word {
                    certainty: first.certainty,
                    complete: rest.iter().all(|word| word.complete),
                    fed_by: rest.iter().flat_map(|word| word.fed_by.clone()).collect(),
                    ..known(&text.join(" "))
                }
            });
        } else if begins("encodedcommand", 1) || option == "ec" {
            given.code = rest.first().map(|first| {
                let bytes = format::base64(&first.value).unwrap_or_default();
                let text: String = bytes.into_iter().filter(|byte| *byte != 0).map(char::from).collect();
                Word { certainty: first.certainty, complete: first.complete, ..known(&text) }
            });
        } else if begins("file", 1) {
            given.file = rest.first().cloned();
        } else if begins("version", 1) || begins("help", 1) {
            given.only_tells = true;
        } else {
            let takes = [
                "executionpolicy",
                "ep",
                "ex",
                "workingdirectory",
                "wd",
                "windowstyle",
                "w",
                "inputformat",
                "outputformat",
                "configurationname",
            ]
            .contains(&option.as_str());
            if takes {
                words.next();
            }
            continue;
        }
        break;
    }
    given
}

/// Reads a script.
pub(super) fn code(text: &str, complete: bool) -> Reading {
    let mut reading = Reading { understood: true, ..Reading::default() };
    for statement in text.split([';', '\n', '{', '}', '(', ')']).take(4096) {
        let mut fetched = None;
        for stage in statement.split('|') {
            stage_of(stage, complete, &mut fetched, &mut reading);
        }
    }
    let lower = text.to_ascii_lowercase();
    let runs = ["iex", "invoke-expression"]
        .iter()
        .any(|name| lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == *name));
    let host = lower
        .split("http")
        .nth(1)
        .and_then(|rest| rest.split_once("://"))
        .map(|(_, rest)| super::acts::host_of(rest));
    let fetches = ["downloadstring", "invoke-webrequest", "iwr", "irm", "invoke-restmethod", "curl", "wget"]
        .iter()
        .any(|name| lower.contains(name));
    if runs && fetches {
        let source = Source::Network(host.unwrap_or_default());
        reading.deeds.push(Deed::Evaluates { source });
    } else if runs {
        reading.deeds.push(Deed::Hidden("it runs a text as code".to_owned()));
    }
    if lower.contains("net.sockets.tcpclient") {
        let host = text
            .split(['(', ')', '\'', '"', ','])
            .map(str::trim)
            .find(|part| part.contains('.') && part.starts_with(|c: char| c.is_ascii_digit()))
            .unwrap_or_default();
        reading.deeds.push(Deed::RemoteShell { host: host.to_owned() });
    }
    reading
}

fn stage_of(stage: &str, complete: bool, _fetched: &mut Option<String>, reading: &mut Reading) {
    let words = words(stage);
    let mut words = words.iter().skip_while(|word| matches!(word.as_str(), "&" | "."));
    let Some(first) = words.next() else { return };
    let rest: Vec<&String> = words.collect();
    let operands: Vec<String> = operands(&rest);
    let flag =
        |name: &str| rest.iter().any(|word| word.len() > 1 && name.starts_with(&word.to_ascii_lowercase()));
    let certainty = |path: &str| {
        if path.contains('$') && !path.to_ascii_lowercase().starts_with("$home") || !complete {
            Certainty::Opaque
        } else {
            Certainty::Proven
        }
    };
    let mut file = |kind: EffectKind, path: &str, recursive: bool| {
        let path = path.replace("$HOME", "~").replace("$home", "~").replace("$env:HOME", "~");
        let certainty = certainty(&path);
        reading.deeds.push(Deed::File {
            kind,
            path,
            recursive,
            sources: Vec::new(),
            detail: String::new(),
            certainty,
        });
    };
    match first.to_ascii_lowercase().as_str() {
        "remove-item" | "ri" | "rm" | "del" | "erase" | "rd" | "rmdir" => {
            operands.iter().for_each(|path| file(EffectKind::Delete, path, flag("-recurse")))
        }
        "clear-content" | "clc" => operands.iter().for_each(|path| file(EffectKind::Replace, path, false)),
        "set-content" | "sc" | "out-file" => {
            operands.iter().take(1).for_each(|path| file(EffectKind::Replace, path, false))
        }
        "add-content" | "ac" | "new-item" | "ni" | "mkdir" => {
            operands.iter().take(1).for_each(|path| file(EffectKind::Write, path, false))
        }
        "move-item" | "mv" | "mi" | "rename-item" | "copy-item" | "cp" | "copy" => {
            for (index, path) in operands.iter().enumerate().take(2) {
                let moves = first.to_ascii_lowercase().starts_with('m')
                    || first.to_ascii_lowercase().starts_with('r');
                let kind = if index == 1 {
                    EffectKind::Replace
                } else if moves {
                    EffectKind::Delete
                } else {
                    EffectKind::Read
                };
                file(kind, path, true);
            }
        }
        "get-content" | "gc" | "cat" | "type" => {
            operands.iter().for_each(|path| file(EffectKind::Read, path, false))
        }
        "get-childitem" | "gci" | "ls" | "dir" | "test-path" => {
            operands.iter().for_each(|path| file(EffectKind::List, path, false))
        }
        "invoke-webrequest" | "iwr" | "invoke-restmethod" | "irm" | "curl" | "wget" => {
            let host = operands
                .iter()
                .find(|word| word.contains("://"))
                .map(|address| super::acts::host_of(address))
                .unwrap_or_default();
            let sends = rest.iter().any(|word| {
                matches!(word.to_ascii_lowercase().as_str(), "-body" | "-infile" | "-form" | "post" | "put")
            });
            reading.deeds.push(Deed::Network { host, sends, sources: Vec::new() });
        }
        "start-process" | "saps" | "start" => {
            reading.deeds.push(Deed::Program { argv: operands, certainty: Certainty::Assumed })
        }
        "stop-computer" | "restart-computer" => reading.deeds.push(Deed::Program {
            argv: vec![
                if first.to_ascii_lowercase().starts_with('s') { "poweroff" } else { "reboot" }.to_owned(),
            ],
            certainty: Certainty::Proven,
        }),
        "iex" | "invoke-expression" => reading.understood = false,
        name if PURE.binary_search(&name).is_ok()
            || name.starts_with(['\'', '"'])
            || name.starts_with(|c: char| c.is_ascii_digit()) => {}
        name if name.starts_with('$') || name.contains('[') => reading.understood = false,
        _ => {
            reading.understood = false;
            let argv: Vec<String> =
                std::iter::once(first.clone()).chain(rest.iter().map(|word| (*word).clone())).collect();
            let known = first.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
                && !matches!(
                    first.as_str(),
                    "if" | "else" | "foreach" | "while" | "function" | "param" | "try" | "catch" | "return"
                );
            if known && (first.contains('/') || !first.contains('-')) {
                reading.deeds.push(Deed::Program { argv, certainty: Certainty::Assumed });
            }
        }
    }
}

/// The values of a cmdlet: what is no option, and what `-Path` and its likes name.
fn operands(words: &[&String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut skip = false;
    for word in words {
        let lower = word.to_ascii_lowercase();
        if skip {
            skip = false;
        } else if lower.starts_with('-') {
            skip = matches!(
                lower.as_str(),
                "-filter"
                    | "-include"
                    | "-exclude"
                    | "-erroraction"
                    | "-ea"
                    | "-value"
                    | "-method"
                    | "-body"
                    | "-outfile"
                    | "-encoding"
                    | "-itemtype"
                    | "-argumentlist"
            );
        } else {
            out.extend(word.split(',').filter(|part| !part.is_empty()).map(str::to_owned));
        }
    }
    out
}

/// Words with quotes removed.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.push(c),
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
            }
            None => word.push(c),
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}
