//! Code given to shells and interpreters: where it comes from, and what its text says that it does.

use super::{Call, EffectKind, Effects, Source, Target};
use crate::answer::{Certainty, Input, Word};
use crate::expand::known;
use crate::language::{self, Deed, Given};
use crate::wrappers;

/// Ends of file names that are no script of any language: data, pictures, archives, prose. Sorted.
const DATA: &[&str] = &[
    "conf", "csv", "doc", "gif", "gz", "html", "ini", "jpeg", "jpg", "json", "jsonl", "lock", "log", "md",
    "pdf", "png", "rst", "sql", "svg", "tar", "toml", "tsv", "txt", "xml", "yaml", "yml", "zip",
];

/// The effects of a program that this file knows; false when it knows nothing of it.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    if let Some((language, text)) = &call.command.code {
        let rest = language::given(call.name, call.arguments).map_or_else(Vec::new, |given| given.rest);
        does(call, language, text, &rest, out);
    }
    match call.name {
        "eval" => evaluated(call, out),
        "source" | "." => sourced(call, out),
        name if wrappers::is_shell(name) => shell(call, out),
        name => match language::given(name, call.arguments) {
            Some(given) => interpreter(call, &given, out),
            None => return false,
        },
    }
    true
}

/// An interpreter gets this word as code.
fn given_code(out: &mut Effects<'_>, language: &str, word: &Word) {
    let effect = out.add_sure(EffectKind::Run, Target::Nothing, Certainty::Proven);
    language.clone_into(&mut effect.detail);
    effect.fed_by.extend(word.fed_by.iter().copied());
    effect.trace.clone_from(&word.trace);
    if word.fed_by.is_empty() {
        effect.sources.push(if word.complete { Source::Literal } else { Source::Unknown });
    }
}

fn evaluated(call: &Call<'_>, out: &mut Effects<'_>) {
    for word in call.arguments.iter().filter(|word| !word.fed_by.is_empty() || !word.complete).take(16) {
        given_code(out, "shell", word);
    }
    if out.count() == 0 && !call.arguments.is_empty() {
        given_code(out, "shell", &known(""));
    }
}

fn sourced(call: &Call<'_>, out: &mut Effects<'_>) {
    if let Some(file) = call.arguments.iter().find(|word| word.value != "--") {
        script(out, "shell", file);
    }
}

/// `sh -c text`, `sh file`, `sh` alone.
fn shell(call: &Call<'_>, out: &mut Effects<'_>) {
    let (mut index, mut code, mut input) = (0, false, false);
    while let Some(word) = call.arguments.get(index) {
        let value = word.value.as_str();
        if value == "--" || value == "-" {
            index += 1;
            break;
        }
        if !value.starts_with(['-', '+']) {
            break;
        }
        index += 1;
        if matches!(value, "--version" | "--help") {
            return;
        }
        match value.strip_prefix("--") {
            Some(long) => index += usize::from(matches!(long, "rcfile" | "init-file")),
            None => {
                code |= value.contains('c') && value.starts_with('-');
                input |= value.contains('s') && value.starts_with('-');
                index += value.bytes().filter(|byte| matches!(byte, b'o' | b'O')).count();
            }
        }
    }
    match call.arguments.get(index) {
        Some(text) if code => given_code(out, "shell", text),
        Some(file) if !input && !is_input(file) => script(out, "shell", file),
        _ => reads_input(call, out, "shell"),
    }
}

fn is_input(word: &Word) -> bool {
    matches!(word.value.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

/// It runs what comes on standard input.
fn reads_input(call: &Call<'_>, out: &mut Effects<'_>, language: &str) {
    // At a terminal nothing is given to it.
    if matches!(call.command.input, Input::Inherited)
        && !call.command.parallel
        && call.command.holder.is_none()
    {
        return;
    }
    let effect = out.add(EffectKind::Run, Target::Nothing);
    language.clone_into(&mut effect.detail);
    Effects::takes_stdin(effect);
}

/// It runs a file.
fn script(out: &mut Effects<'_>, language: &str, file: &Word) {
    let name = file.value.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let data = DATA.binary_search(&extension.as_str()).is_ok();
    let target = if file.fed_by.is_empty() { out.path(file, false) } else { Target::Nothing };
    let effect = out.add_sure(EffectKind::Run, target, file.certainty);
    effect.detail = if data { format!("{language}, from a data file") } else { language.to_owned() };
    effect.fed_by.extend(file.fed_by.iter().copied());
    effect.trace.clone_from(&file.trace);
    if file.fed_by.is_empty() {
        let path = match &effect.target {
            Target::Path { path, .. } => path.clone(),
            _ => file.value.clone(),
        };
        effect.sources.push(if path.contains("://") {
            Source::Network(host(&path))
        } else {
            Source::File(path)
        });
    }
}

/// The host of an address, as `deno run https://…` takes it.
fn host(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', ':']).next().unwrap_or_default().to_owned()
}

fn interpreter(call: &Call<'_>, given: &Given, out: &mut Effects<'_>) {
    let language = call.name;
    if let Some(code) = &given.code {
        // Code that stands in the script does what it says, which its deeds tell.
        if !code.fed_by.is_empty() || !code.complete {
            given_code(out, language, code);
        } else {
            let effect = out.add(EffectKind::Run, Target::Nothing);
            language.clone_into(&mut effect.detail);
            effect.sources.push(Source::Literal);
        }
        does(call, language, code, &given.rest, out);
    }
    if let Some(file) = &given.file {
        if file.value.contains("://") {
            let effect = out.add(EffectKind::Run, Target::Nothing);
            language.clone_into(&mut effect.detail);
            effect.sources.push(Source::Network(host(&file.value)));
        } else {
            script(out, language, file);
        }
    }
    if let Some(module) = &given.module {
        self::module(call, module, out);
    }
    if given.in_place {
        edited(given, out);
    }
    if given.input {
        reads_input(call, out, language);
    }
}

/// `perl -i`: the files are changed.
fn edited(given: &Given, out: &mut Effects<'_>) {
    for file in given.rest.iter().filter(|word| !word.value.starts_with('-')).take(64) {
        out.on(EffectKind::Write, file, false, "in place");
    }
}

/// `python -m pytest`: a module is run by its name. What serves files is told by `network`.
fn module(call: &Call<'_>, module: &Word, out: &mut Effects<'_>) {
    if SERVERS.contains(&module.value.as_str()) {
        return;
    }
    let effect = out.add_sure(EffectKind::Run, Target::Name(module.value.clone()), module.certainty);
    effect.detail = format!("{} module", call.name);
    effect.sources.push(if module.complete { Source::Literal } else { Source::Unknown });
}

/// Modules of Python that serve files.
const SERVERS: &[&str] = &[
    "CGIHTTPServer",
    "RangeHTTPServer",
    "SimpleHTTPServer",
    "http.server",
    "pyftpdlib",
    "smtpd",
    "updog",
    "uploadserver",
];

/// The effects of code, by its deeds.
fn does(call: &Call<'_>, language: &str, code: &Word, rest: &[Word], out: &mut Effects<'_>) {
    for deed in language::read(language, code, rest).deeds {
        one(call, deed, out);
    }
}

fn one(call: &Call<'_>, deed: Deed, out: &mut Effects<'_>) {
    match deed {
        // These are commands of their own.
        Deed::Shell { .. } | Deed::Program { .. } => {}
        Deed::File { kind, path, recursive, sources, detail, certainty } => {
            let written = path.clone();
            let path = at_home(call, path);
            let word = Word {
                complete: certainty != Certainty::Opaque,
                certainty,
                glob: path.contains(['*', '?', '[']),
                ..known(&path)
            };
            for (target, sure) in out.paths(&word, recursive) {
                let effect = out.add_sure(kind, target, sure.max(certainty));
                effect.detail.clone_from(&detail);
                effect.sources.clone_from(&sources);
                effect.trace.push(format!("the {} code names `{written}`", call.name));
            }
        }
        Deed::Network { host, sends, sources } => {
            let kind = if sends { EffectKind::Send } else { EffectKind::Fetch };
            let effect = out.add(kind, Target::Host(host));
            effect.sources = sources.into_iter().map(|source| placed(call, source)).collect();
        }
        Deed::Listens => {
            out.add(EffectKind::Listen, Target::Nothing);
        }
        Deed::RemoteShell { host } => {
            out.add(EffectKind::RemoteShell, Target::Host(host));
        }
        Deed::Evaluates { source } => {
            let effect = out.add(EffectKind::Run, Target::Nothing);
            call.name.clone_into(&mut effect.detail);
            effect.sources.push(placed(call, source));
        }
        Deed::Signals { target } => {
            out.add(EffectKind::Signal, Target::Name(target));
        }
        Deed::Exhausts => {
            out.add(EffectKind::Exhaust, Target::Nothing).detail = "processes without end".to_owned();
        }
        Deed::Hidden(why) => {
            let effect = out.add_sure(EffectKind::Run, Target::Nothing, Certainty::Opaque);
            call.name.clone_into(&mut effect.detail);
            effect.sources.push(Source::Unknown);
            effect.trace.push(why);
        }
    }
}

/// Files among sources by their whole path, secrets as such.
fn placed(call: &Call<'_>, source: Source) -> Source {
    match source {
        Source::File(path) => {
            let path = at_home(call, path);
            let path = if path.starts_with('/') {
                path
            } else {
                super::zone::resolve(&path, call.command.directory.as_deref().unwrap_or(call.context.cwd))
            };
            if super::files::secret::is(&path) { Source::Secret(path) } else { Source::File(path) }
        }
        other => other,
    }
}

fn at_home(call: &Call<'_>, path: String) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", call.context.home),
        _ => path,
    }
}
