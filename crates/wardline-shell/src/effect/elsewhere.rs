//! Commands that run in a container or on another machine: what they do to files is no effect here, unless the files are
//! shared with this machine, or another machine is laid waste.

use super::zone::within;
use super::{Call, Effect, EffectKind, Target, Zone};
use crate::answer::Word;
use crate::options::{Part, parts};
use crate::{paths, wrappers};

/// A directory of this machine, and where a container sees it.
pub(crate) type Shared = (String, String);

/// How the directory that the container starts in is named.
const HERE: &str = ".";

/// The directory of this machine that a container starts in, if it is shared.
pub(crate) fn start(shared: &[Shared]) -> Option<&str> {
    shared.iter().find(|(_, to)| to == HERE).map(|(from, _)| from.as_str())
}

/// Most directories of one container that are told apart.
const MOST_SHARED: usize = 16;

/// The directories that the options of a container share with it.
pub(crate) fn shared(arguments: &[Word], cwd: Option<&str>) -> Vec<Shared> {
    let mut out = Vec::new();
    let mut place = None;
    for part in parts(arguments, "-v:v --volume:v --mount:m -w:w --workdir:w", true) {
        let Part::Option { role: Some(role), value: Some(value), .. } = part else { continue };
        if role == 'w' {
            place = place.or(Some(value));
            continue;
        }
        let found = if role == 'v' { by_colon(&value.value) } else { by_key(&value.value) };
        let Some((from, to)) = found.filter(|_| value.complete && out.len() < MOST_SHARED) else { continue };
        let from = match (from, cwd) {
            (from, _) if from.starts_with('/') => paths::normalise(from),
            (from, Some(cwd)) if from.starts_with('.') => paths::join(cwd, from),
            _ => continue,
        };
        out.push((from, paths::normalise(to)));
    }
    let place = place.map(|place| brought(&place, &out)).filter(|place| is_shared(&place.value, &out));
    out.extend(place.map(|place| (paths::normalise(&place.value), HERE.to_owned())));
    out
}

/// `/src:/dst:ro`.
fn by_colon(value: &str) -> Option<(&str, &str)> {
    let (from, rest) = value.split_once(':')?;
    let to = rest.split(':').next().filter(|to| to.starts_with('/'))?;
    Some((from, to))
}

/// `type=bind,source=/src,target=/dst`.
fn by_key(value: &str) -> Option<(&str, &str)> {
    let find = |keys: &[&str]| {
        value.split(',').find_map(|part| part.split_once('=').filter(|(key, _)| keys.contains(key)))
    };
    let (_, kind) = find(&["type"])?;
    let (_, from) = find(&["source", "src"]).filter(|_| kind == "bind")?;
    let (_, to) = find(&["target", "dst", "destination"])?;
    Some((from, to))
}

/// The word as this machine names it, when it lies in a directory that is shared.
pub(crate) fn brought(word: &Word, shared: &[Shared]) -> Word {
    let found = shared.iter().filter(|(_, to)| within(&word.value, to)).max_by_key(|(_, to)| to.len());
    let Some((from, to)) = found.filter(|_| word.value.starts_with('/')) else { return word.clone() };
    let rest = word.value.strip_prefix(to.trim_end_matches('/')).unwrap_or_default();
    let value = format!("{}{rest}", from.trim_end_matches('/'));
    let value = if value.is_empty() { "/".to_owned() } else { value };
    let mut out = Word { value, ..word.clone() };
    out.trace.push(format!("`{to}` in the container is `{from}`"));
    out
}

/// Does a path of this machine lie in a directory that is shared?
pub(crate) fn is_shared(path: &str, shared: &[Shared]) -> bool {
    shared.iter().any(|(from, _)| within(path, from))
}

/// Of the effects of a command that runs elsewhere those that reach this machine; on a host, what lays it waste.
pub(super) fn reaching(call: &Call<'_>, effects: Vec<Effect>) -> Vec<Effect> {
    let host = !in_container(call);
    let one = |mut effect: Effect| {
        let Target::Path { path, zone, .. } = &effect.target else { return Some(effect) };
        if is_shared(path, &call.command.shared) {
            return Some(effect);
        }
        use EffectKind::{Delete, Format, Mode, Owner, Replace};
        let harms = matches!(effect.kind, Delete | Format | Mode | Owner | Replace)
            && (matches!(zone, Zone::System | Zone::Device) || effect.target.covers(call.context.home));
        if !(host && harms) {
            return None;
        }
        effect.detail = format!("{} `{path}` on another machine", effect.kind.as_str());
        effect.target = Target::Name(path.clone());
        effect.kind = EffectKind::Destroy;
        Some(effect)
    };
    effects.into_iter().filter_map(one).collect()
}

fn in_container(call: &Call<'_>) -> bool {
    let mut at = call.command.holder;
    while let Some(holder) = at.and_then(|at| call.commands.get(at)) {
        if holder.program.as_deref().is_some_and(wrappers::is_container) {
            return true;
        }
        at = holder.holder.filter(|next| Some(*next) < at);
    }
    false
}
