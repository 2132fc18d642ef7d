//! Which profiles hold: what the command line names, what the person says about this repository, what the administrator
//! says about it. A repository itself has no say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::{Profile, RepositoryLine, Settings};
use crate::decision::{Layer, Origin};
use crate::policy::{Options, Source};
use crate::problem::Problem;
use crate::wildcard::{Pattern, expand_home, fold};

/// A profile in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileChoice {
    /// Its name.
    pub name: String,
    /// Where it was chosen: a line of `repositories`, or the command line.
    pub origin: Origin,
}

/// One line of `repositories`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryProfile {
    /// The roots it names, home expanded.
    pub pattern: String,
    /// The profile that holds in them, or that none does.
    pub profile: Option<String>,
    /// Where it is written.
    pub origin: Origin,
    /// Column of the pattern, from 1.
    pub column: u32,
}

impl RepositoryLine {
    pub(crate) fn resolved(&self, home: &str) -> RepositoryProfile {
        RepositoryProfile {
            pattern: expand_home(self.pattern.clone(), home),
            profile: self.profile.clone(),
            origin: self.place.origin(),
            column: self.column,
        }
    }

    /// The pattern as it is matched, and the one for everything below.
    ///
    /// A line holds below the root that it names too: else a repository made inside of another would shed its profile.
    pub(crate) fn patterns(&self, home: &str, windows: bool) -> [Pattern; 2] {
        let pattern = expand_home(self.pattern.clone(), home);
        let root = pattern.trim_end_matches('/');
        [Pattern::new(root, windows), Pattern::new(format!("{root}/*"), windows)]
    }

    fn names(&self, options: &Options) -> bool {
        let patterns = self.patterns(&options.home, options.windows);
        let roots = options.project.iter().map(|root| fold(root, options.windows));
        roots.into_iter().any(|root| patterns.iter().any(|pattern| pattern.matches(&root)))
    }
}

/// The profiles in force, by who chose them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    /// By the command line, else by the person's own file. Counts in every file that defines the profile.
    own: Option<ProfileChoice>,
    /// By the administrator. Counts in the managed files whatever else is chosen, as a ceiling must.
    managed: Option<ProfileChoice>,
}

impl Chosen {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ProfileChoice> {
        self.managed.iter().chain(&self.own)
    }

    /// Who chose, and what; enough to tell two policies of the same sources apart.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let (own, managed) = (self.own.as_ref(), self.managed.as_ref());
        let own = own.map(|choice| ("own profile", choice.name.as_str()));
        let managed = managed.map(|choice| ("managed profile", choice.name.as_str()));
        own.into_iter().chain(managed)
    }

    /// The profiles of a file that count.
    pub(crate) fn profiles<'s>(
        &self,
        layer: Layer,
        settings: &'s Settings,
    ) -> impl Iterator<Item = &'s Profile> {
        let managed = self.managed.as_ref().filter(|_| layer == Layer::Managed);
        let names: Vec<&str> =
            self.own.as_ref().into_iter().chain(managed).map(|choice| choice.name.as_str()).collect();
        settings.profiles.iter().filter(move |profile| names.contains(&profile.name.as_str()))
    }
}

/// Chooses the profiles for a repository.
///
/// # Errors
///
/// A name that stands for no profile: rules that were meant to hold would be missing.
pub(crate) fn choose(read: &[(&Source, Settings)], options: &Options) -> Result<Chosen, Vec<Problem>> {
    let line = |layer: Layer| {
        let sources = read.iter().filter(move |(source, _)| source.layer == layer);
        sources.flat_map(|(_, settings)| &settings.repositories).rfind(|line| line.names(options))
    };
    let of_line = |layer: Layer| -> Result<Option<ProfileChoice>, Vec<Problem>> {
        let Some(RepositoryLine { profile: Some(name), place, column, .. }) = line(layer) else {
            return Ok(None);
        };
        let origin = place.origin();
        let (file, line, column) = (origin.file.clone(), origin.line, *column);
        let problem = |text, help| Problem { file: file.clone(), line, column, text, help };
        let files = read.iter().map(|(source, settings)| (source.layer, settings));
        known(name, &definable(files, layer), problem)?;
        Ok(Some(ProfileChoice { name: name.clone(), origin }))
    };
    let managed = of_line(Layer::Managed)?;
    let own = match &options.profile {
        Some(name) => Some(of_command_line(name, read)?),
        None => of_line(Layer::User)?,
    };
    Ok(Chosen { own, managed })
}

fn of_command_line(name: &str, read: &[(&Source, Settings)]) -> Result<ProfileChoice, Vec<Problem>> {
    let file = "command line";
    let problem = |text, help| Problem { file: file.to_owned(), line: 0, column: 0, text, help };
    let all = read.iter().flat_map(|(_, settings)| &settings.profiles);
    known(name, &all.map(|profile| profile.name.as_str()).collect(), problem)?;
    Ok(ProfileChoice {
        name: name.to_owned(),
        origin: Origin { layer: Layer::User, file: file.to_owned(), line: 0 },
    })
}

/// The profiles that a line of this layer may name. A definition in the repository does not count: it would make good a
/// misspelt name, with whatever rules the repository likes.
pub(crate) fn definable<'s>(
    files: impl Iterator<Item = (Layer, &'s Settings)>,
    layer: Layer,
) -> BTreeSet<&'s str> {
    files
        .filter(|(defined, _)| *defined == Layer::Managed || *defined == layer)
        .flat_map(|(_, settings)| &settings.profiles)
        .map(|profile| profile.name.as_str())
        .collect()
}

fn known(
    name: &str,
    known: &BTreeSet<&str>,
    problem: impl Fn(String, String) -> Problem,
) -> Result<(), Vec<Problem>> {
    if known.contains(name) {
        return Ok(());
    }
    Err(vec![problem(format!("there is no profile `{name}`"), way_out(known))])
}

/// What to do about a name that stands for no profile.
pub(crate) fn way_out(known: &BTreeSet<&str>) -> String {
    if known.is_empty() {
        return "define it under `profiles` in ~/.config/wardline/config.jsonc".to_owned();
    }
    format!("known profiles: {}", known.iter().copied().collect::<Vec<_>>().join(", "))
}
