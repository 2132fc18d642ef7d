//! What a script would do: the analysis of its text, with files looked at where the text alone does not say enough.
//!
//! The analysis is pure and asks for what it would like to read; here its wishes are met within limits, links are followed,
//! and effects that are refused become facts for the policy.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use wardline_policy::{Decision, Refusal};
use wardline_shell::{self as shell, Effect, EffectKind, Severity, Source, Target};

use crate::{World, paths, waivers};

/// Files read on behalf of one script.
const MAX_TEXTS: usize = 16;
/// Bytes read of one of them; a longer file counts as unknown.
const MAX_TEXT: u64 = 256 * 1024;
/// How often a script may name further scripts: a makefile that runs a script that runs a script.
const MAX_ROUNDS: usize = 3;
/// Effects whose paths are followed through links.
const MAX_FOLLOWED: usize = 512;

/// Reads `script` as it would run in `cwd`, looking into the scripts that it would run.
pub(crate) fn read(world: &World, cwd: &Path, script: &str) -> shell::Analysis {
    let (home, here) = (world.home.to_string_lossy(), cwd.to_string_lossy());
    let project = world.project.to_string_lossy();
    let mut texts = BTreeMap::new();
    let mut analysis = analyze(script, &here, &home, &project, &texts);
    for _ in 0..MAX_ROUNDS {
        let before = texts.len();
        for wanted in analysis.wanted.iter().take(MAX_TEXTS) {
            if texts.len() < MAX_TEXTS
                && !texts.contains_key(wanted)
                && let Some(text) = text_of(Path::new(wanted))
            {
                texts.insert(wanted.clone(), text);
            }
        }
        if texts.len() == before {
            break;
        }
        analysis = analyze(script, &here, &home, &project, &texts);
    }
    analysis
}

fn analyze(
    script: &str,
    cwd: &str,
    home: &str,
    project: &str,
    texts: &BTreeMap<String, String>,
) -> shell::Analysis {
    let context = shell::Context { cwd, home, project, texts: (!texts.is_empty()).then_some(texts) };
    shell::analyze(script, &context, &shell::Limits::default())
}

/// The text of a regular file of reasonable size; `None` leaves it unknown, which never loosens a verdict.
fn text_of(file: &Path) -> Option<String> {
    // Opening a fifo or a device could wait for ever.
    if paths::is_made_up(file) || !std::fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(MAX_TEXT + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= MAX_TEXT).then_some(text)
}

/// The effects that are stopped, with links followed and the person's exceptions applied.
pub(crate) fn refusals(world: &World, analysis: &shell::Analysis) -> Vec<Refusal> {
    let mut found: Vec<Refusal> = Vec::new();
    let mut add = |stopped: &shell::Refusal, command: Option<usize>| {
        if !found.iter().any(|known| known.rule == stopped.rule && known.identity == stopped.identity) {
            found.push(fact(stopped, command));
        }
    };
    let command_of = |effects: &[Effect], at: usize| effects.get(at).map(|effect| effect.command);
    for stopped in &analysis.refusals {
        add(stopped, command_of(&analysis.effects, stopped.effect));
    }
    let followed = through_links(world, &analysis.effects);
    if !followed.is_empty() {
        let (home, project) = (world.home.to_string_lossy(), world.project.to_string_lossy());
        let cwd = world.cwd.to_string_lossy();
        let ground = shell::Ground { home: &home, project: &project, cwd: &cwd };
        for stopped in shell::judge(&followed, &analysis.commands, &ground) {
            add(&stopped, command_of(&followed, stopped.effect));
        }
    }
    if !found.is_empty() {
        waivers::apply(world, &mut found);
    }
    found
}

/// All effects under the paths they really have; empty when no path leads elsewhere.
fn through_links(world: &World, effects: &[Effect]) -> Vec<Effect> {
    let (home, project) = (world.home.to_string_lossy(), world.project.to_string_lossy());
    let cwd = world.cwd.to_string_lossy();
    let ground = shell::Ground { home: &home, project: &project, cwd: &cwd };
    let mut any = false;
    let follow = |effect: &Effect| {
        let real = real_path(effect);
        any |= real.is_some();
        real.map_or_else(|| effect.clone(), |real| effect.at(&real, &ground))
    };
    let out: Vec<Effect> = effects.iter().take(MAX_FOLLOWED).map(follow).collect();
    if any { out } else { Vec::new() }
}

/// Where the path of an effect really leads, when that is not where its text says.
fn real_path(effect: &Effect) -> Option<String> {
    let Target::Path { path, .. } = &effect.target else { return None };
    if !path.starts_with('/') {
        return None;
    }
    // A pattern stays as it is; the directory before it is followed.
    let (literal, pattern) = match path.find(['*', '?', '[']) {
        Some(at) => path.split_at_checked(path.get(..at)?.rfind('/')?)?,
        None => (path.as_str(), ""),
    };
    // Removing a link removes the link, not what it leads to.
    let spares_link = matches!(effect.kind, EffectKind::Delete) && pattern.is_empty();
    let real = match (spares_link, Path::new(literal).parent().zip(Path::new(literal).file_name())) {
        (true, Some((parent, name))) => paths::resolve(parent)?.join(name),
        _ => paths::resolve(Path::new(literal))?,
    };
    let real = format!("{}{pattern}", real.to_string_lossy());
    (real != *path).then_some(real)
}

/// The files that an analysis puts bytes from the network into.
pub(crate) fn fetched(analysis: &shell::Analysis) -> Vec<String> {
    let from_network = |effect: &&Effect| {
        matches!(effect.kind, EffectKind::Write | EffectKind::Replace)
            && effect.sources.iter().any(|source| matches!(source, Source::Network(_)))
    };
    analysis.effects.iter().filter(from_network).filter_map(|effect| path_of(&effect.target)).collect()
}

/// The files that an analysis runs, with the commands that do.
pub(crate) fn run_files(analysis: &shell::Analysis) -> Vec<(String, usize)> {
    let mut out: Vec<(String, usize)> = Vec::new();
    for effect in &analysis.effects {
        let named = effect.sources.iter().filter_map(|source| match source {
            Source::File(path) => Some(path.clone()),
            _ => None,
        });
        match effect.kind {
            EffectKind::Execute => out.extend(path_of(&effect.target).map(|path| (path, effect.command))),
            EffectKind::Run => {
                out.extend(
                    path_of(&effect.target).into_iter().chain(named).map(|path| (path, effect.command)),
                );
            }
            _ => {}
        }
    }
    out.sort();
    out.dedup();
    out
}

fn path_of(target: &Target) -> Option<String> {
    match target {
        Target::Path { path, .. } => Some(path.clone()),
        _ => None,
    }
}

/// The question about running a file that came from the network earlier in the session.
pub(crate) fn runs_fetched(path: &str, command: usize) -> Refusal {
    Refusal {
        rule: "ask.code.fetched".to_owned(),
        decision: Decision::Ask,
        text: format!("runs `{path}`, which came from the network earlier in this session"),
        identity: format!("run {path} <- network"),
        command: Some(command),
        help: Some("read the file first, or ask the person to run it".to_owned()),
        attempts: 0,
        waiver: None,
    }
}

fn fact(stopped: &shell::Refusal, command: Option<usize>) -> Refusal {
    Refusal {
        rule: stopped.rule.to_owned(),
        decision: match stopped.severity {
            Severity::Ask => Decision::Ask,
            Severity::Refuse => Decision::Deny,
        },
        text: stopped.text.clone(),
        identity: stopped.identity.clone(),
        command,
        help: Some(match stopped.severity {
            Severity::Ask => {
                format!(
                    "{} A rule of the person's about this very command answers it for good.",
                    stopped.advice()
                )
            }
            Severity::Refuse => stopped.advice(),
        }),
        attempts: 0,
        waiver: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_wait_for_ever_is_not_read() {
        let dir = crate::scratch::Dir::new("script-texts");
        dir.write("plain.sh", "echo hi\n");
        let link =
            |target: &str, name: &str| std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();
        link("/proc/kmsg", "kernel");
        link("/dev/zero", "zero");
        link("circle", "circle");
        link("plain.sh", "alias.sh");
        let fifo = std::process::Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap();
        assert!(fifo.success());
        let table = [
            ("plain.sh", true),
            ("alias.sh", true),
            ("kernel", false),
            ("zero", false),
            ("circle", false),
            ("fifo", false),
            ("absent", false),
        ];
        for (name, read) in table {
            assert_eq!(text_of(&dir.path().join(name)).is_some(), read, "{name}");
        }
    }
}
