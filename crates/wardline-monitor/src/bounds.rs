//! How much a confined program may use: the sandbox's own limits, changed by a policy and by a person's word.

use wardline_policy::{LimitForce, PolicySet, parse_limit};
use wardline_sandbox::{Resource, ResourceLimits};

/// The limits of a session. A person's word on the command line stands above the configuration, and below nothing but
/// what the administrator says.
pub(crate) fn limits(policy: &PolicySet, said: &[(Resource, Option<u64>)]) -> ResourceLimits {
    let mut limits = ResourceLimits::default();
    let of = |force: LimitForce| {
        let stated = policy.limits().iter().filter(move |limit| limit.force == force);
        stated.filter_map(|limit| Some((Resource::named(&limit.name)?, limit.value)))
    };
    of(LimitForce::Sets).for_each(|(resource, value)| limits.set(resource, value));
    of(LimitForce::Tightens).for_each(|(resource, value)| limits.narrow(resource, value));
    said.iter().for_each(|(resource, value)| limits.set(*resource, *value));
    of(LimitForce::Ceiling).for_each(|(resource, value)| limits.narrow(resource, value));
    limits
}

/// A limit on the command line: `NAME=AMOUNT`.
///
/// # Errors
/// What is wrong with it, and what to write.
pub fn parse(text: &str) -> Result<(Resource, Option<u64>), String> {
    let (name, amount) = text.split_once('=').unwrap_or((text, ""));
    let value = parse_limit(name, amount)?;
    let resource = Resource::named(name).ok_or_else(|| format!("`{name}` is no limit"))?;
    Ok((resource, value))
}

#[cfg(test)]
mod tests {
    use wardline_policy::{LIMITS, Layer, LimitUnit, Options, Source, SourceKind};
    use wardline_sandbox::Unit;

    use super::*;

    #[test]
    fn policy_and_sandbox_know_the_same_limits() {
        let unit = |resource: Resource| match resource.unit() {
            Unit::Count => LimitUnit::Count,
            Unit::Bytes => LimitUnit::Bytes,
            Unit::Seconds => LimitUnit::Seconds,
        };
        let known: Vec<_> = Resource::all().map(|resource| (resource.word(), unit(resource))).collect();
        assert_eq!(known, LIMITS);
    }

    #[test]
    fn persons_set_repositories_tighten_and_administrators_bound() {
        let source = |layer, text: &str| Source {
            layer,
            file: "f".to_owned(),
            text: format!("{{\"limits\": {{{text}}}}}"),
            kind: SourceKind::Config,
            trusted: true,
        };
        type Said = &'static [(Resource, Option<u64>)];
        // What the user, the repository and the administrator write, what is said on the command line, what holds.
        let table: [(&str, &str, &str, Said, Option<u64>); 8] = [
            ("", "", "", &[], ResourceLimits::default().processes),
            (r#""processes": 4000"#, "", "", &[], Some(4000)),
            (r#""processes": null"#, "", "", &[], None),
            (r#""processes": 4000"#, r#""processes": 5000"#, "", &[], Some(4000)),
            ("", r#""processes": 9"#, "", &[], Some(9)),
            ("", r#""processes": null"#, "", &[], ResourceLimits::default().processes),
            ("", r#""processes": 9"#, "", &[(Resource::Processes, Some(70))], Some(70)),
            (r#""processes": 4000"#, "", r#""processes": 2000"#, &[(Resource::Processes, None)], Some(2000)),
        ];
        for (user, project, managed, said, expected) in table {
            let sources =
                [source(Layer::Managed, managed), source(Layer::User, user), source(Layer::Project, project)];
            let policy = PolicySet::build(&sources, &Options::default()).unwrap();
            assert_eq!(limits(&policy, said).processes, expected, "{user} {project} {managed} {said:?}");
        }
    }
}
