//! Turns the paths that a command touches, and its redirects, into effects.

use std::collections::HashMap;

use super::is_directory_name;
use crate::answer::{Access, Certainty, TouchedPath, Word};
use crate::effect::{Call, EffectKind, Effects, Target, Zone, careful, zone};
use crate::names;

/// Programs that replace the files they write. Sorted.
const REPLACING: &[&str] = &[
    "base64", "convert", "cp", "csplit", "curl", "dd", "ffmpeg", "gcc", "iconv", "install", "link", "mv",
    "scp", "shred", "shuf", "sort", "split", "sponge", "tar", "tee", "truncate", "uniq", "wget", "xxd",
    "zip",
];

/// Kinds that say more of a path than that it is written.
const STRONGER: &[EffectKind] = &[
    EffectKind::Replace,
    EffectKind::Mode,
    EffectKind::Owner,
    EffectKind::Link,
    EffectKind::Format,
    EffectKind::Write,
];

/// Adds an effect for each path that the command touches, unless the program's own effects tell more of it.
pub(crate) fn touched(call: &Call<'_>, out: &mut Effects<'_>) {
    let told = out.told.clone();
    let stronger = stronger(out);
    let words = storied(call, out);
    for path in call.command.paths.iter().chain(&call.command.foreign) {
        let redirect = path.because.starts_with("redirect ");
        if skipped(path, redirect) || (!redirect && told.contains(&path.access)) {
            continue;
        }
        let kind = kind(call, path, redirect);
        let weaker = matches!(kind, EffectKind::Write | EffectKind::Replace);
        if weaker && !redirect && stronger.binary_search(&path.text).is_ok() {
            continue;
        }
        one(call, path, kind, words.get(path.written.as_str()).copied(), out);
    }
}

/// The paths that effects of the program name already, sorted.
fn stronger(out: &Effects<'_>) -> Vec<String> {
    let all = out.out.iter().chain(out.last.as_ref()).filter(|effect| STRONGER.contains(&effect.kind));
    let mut paths: Vec<String> = all
        .filter_map(
            |effect| if let Target::Path { path, .. } = &effect.target { Some(path.clone()) } else { None },
        )
        .collect();
    paths.sort();
    paths
}

/// The value of a variable is no effect, and what stands below `/dev/tcp` is no file.
fn skipped(path: &TouchedPath, redirect: bool) -> bool {
    let inside_device = path.because.starts_with("target of") && path.text.starts_with("/dev/");
    // A stream that is read like a file is followed by `flow`.
    let stream = path.text.starts_with("<(") || path.text.starts_with(">(");
    path.because.starts_with("value of `")
        || stream
        || inside_device
        || (redirect && (path.text.starts_with("/dev/tcp/") || path.text.starts_with("/dev/udp/")))
}

fn kind(call: &Call<'_>, path: &TouchedPath, redirect: bool) -> EffectKind {
    match path.access {
        Access::Read => EffectKind::Read,
        Access::List => EffectKind::List,
        Access::Delete => EffectKind::Delete,
        Access::Execute => EffectKind::Execute,
        Access::Write if redirect => match path.because.as_str() {
            "redirect >>" | "redirect &>>" | "redirect <>" => EffectKind::Write,
            _ => EffectKind::Replace,
        },
        Access::Write if path.because.starts_with("target of") => {
            let parent = path.text.rsplit_once('/').map_or("", |(parent, _)| parent);
            if is_directory(parent, call) { EffectKind::Replace } else { EffectKind::Write }
        }
        Access::Write if is_directory(&path.text, call) || is_directory_name(&path.written) => {
            EffectKind::Write
        }
        Access::Write if matches!(call.name, "mv" | "zip") => EffectKind::Replace,
        Access::Write if path.recursive => EffectKind::Write,
        Access::Write if REPLACING.binary_search(&call.name).is_ok() => EffectKind::Replace,
        Access::Write => EffectKind::Write,
    }
}

/// Paths that are directories on every machine.
fn is_directory(path: &str, call: &Call<'_>) -> bool {
    let ground = call.ground;
    let top = path.trim_start_matches('/');
    top.is_empty()
        || names::is_system(top)
        || matches!(
            top,
            "tmp"
                | "home"
                | "etc/cron.d"
                | "etc/init.d"
                | "usr/bin"
                | "usr/lib"
                | "usr/local/bin"
                | "var/tmp"
        )
        || [ground.home, ground.project, ground.cwd].iter().any(|place| zone::within(place, path))
}

fn one(call: &Call<'_>, path: &TouchedPath, kind: EffectKind, word: Option<&Word>, out: &mut Effects<'_>) {
    if path.text.ends_with("/**") && path.because.starts_with("target of") {
        // The names of what `find` finds are not known; the directory is an effect of its own.
        return;
    }
    if let Some(word) = word.filter(|word| out.found(word).is_some()) {
        // Only what is empty goes.
        let kind = if call.name == "rmdir" { EffectKind::Write } else { kind };
        for (target, certainty) in out.paths(word, path.recursive) {
            out.add_sure(kind, target, certainty.max(path.certainty));
        }
        return;
    }
    let text = if path.joined.starts_with('/') { &path.joined } else { &path.text };
    let known = text.starts_with('/') && path.certainty != Certainty::Opaque || is_whole(path);
    let (resolved, zone) = if known && text.starts_with('/') {
        let resolved = zone::resolve(text, call.ground.cwd);
        let zone = zone::of(&resolved, call.ground);
        (resolved, zone)
    } else {
        (path.written.clone(), Zone::Unknown)
    };
    if let Some((careful, certainty)) = word.and_then(careful) {
        let resolved = zone::resolve(&careful, call.ground.cwd);
        let zone = zone::of(&resolved, call.ground);
        let target = Target::Path { path: resolved, zone, glob: path.glob, recursive: path.recursive };
        let effect = out.add_sure(kind, target, certainty);
        effect.trace.push(format!("the variable that `{}` begins with may be empty", path.written));
    }
    let recursive = path.recursive && kind != EffectKind::Replace;
    let target = Target::Path { path: resolved, zone, glob: path.glob, recursive };
    let effect = out.add_sure(kind, target, path.certainty);
    effect.trace = word.map(|word| word.trace.clone()).unwrap_or_default();
    effect.takes_input = matches!(kind, EffectKind::Write | EffectKind::Replace);
}

/// One of several values that it may have, but all of it.
fn is_whole(path: &TouchedPath) -> bool {
    path.text.starts_with('/') && !path.text.contains('$')
}

/// The words of a command that have a story, by their values: most have none.
fn storied<'a>(call: &'a Call<'_>, out: &Effects<'_>) -> HashMap<&'a str, &'a Word> {
    let redirects = call.command.redirects.iter().map(|redirect| &redirect.target);
    let words = call.arguments.iter().chain(redirects);
    let told = words
        .filter(|word| word.open_prefix.is_some() || !word.trace.is_empty() || out.found(word).is_some());
    told.map(|word| (word.value.as_str(), word)).collect()
}
