//! Rules about single requests: method and path of plain HTTP, and of what is inside TLS where that is opened.

use crate::host::Authority;
use crate::rule::{Effect, HostRule};

/// Which requests may be made of a host. A host that such rules name takes those that one of them allows, and none that
/// one forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRule {
    /// The host. Its effect says whether these requests may be made ([`Effect::Allow`]) or not ([`Effect::Deny`]).
    pub host: HostRule,
    /// The methods, in capitals; none is all of them.
    pub methods: Vec<String>,
    /// Patterns of paths without their query, `*` for any text; none is all of them.
    pub paths: Vec<String>,
}

impl RequestRule {
    fn names(&self, authority: &Authority) -> bool {
        let port = self.host.port.is_none_or(|port| port == authority.port);
        // As tight as a rule can be: a name that slipped past would take any request.
        let tight = HostRule { effect: Effect::Deny, ..self.host.clone() };
        port && tight.pattern().is_ok_and(|pattern| pattern.matches(&authority.host, true))
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        (self.methods.is_empty() || self.methods.iter().any(|known| known == method))
            && (self.paths.is_empty() || self.paths.iter().any(|pattern| fits(pattern, path)))
    }
}

/// The rules that name a host.
pub(crate) fn about<'a>(rules: &'a [RequestRule], authority: &Authority) -> Vec<&'a RequestRule> {
    rules.iter().filter(|rule| rule.names(authority)).collect()
}

/// Judges one request of a host that `rules` name: why it may not be made, if it may not.
pub(crate) fn judge(rules: &[&RequestRule], method: &str, path: &str) -> Result<(), String> {
    let Some(first) = rules.first() else { return Ok(()) };
    if !is_plain(path) {
        return Err("its path has parts that servers read in different ways (`..`, `//`, `%2f` …)".to_owned());
    }
    let matching =
        |effect| rules.iter().find(|rule| rule.host.effect == effect && rule.matches(method, path));
    if let Some(rule) = matching(Effect::Deny) {
        return Err(format!("{} forbids {method} {path}", rule.host.because));
    }
    let only_forbids = rules.iter().all(|rule| rule.host.effect == Effect::Deny);
    if only_forbids || matching(Effect::Allow).is_some() {
        return Ok(());
    }
    Err(format!(
        "{} names the requests that may be made, and {method} {path} is none of them",
        first.host.because
    ))
}

/// Whether every server finds the same thing at this path.
fn is_plain(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let coded =
        ["%2e", "%2f", "%5c", "%25", "%00", "%0a", "%0d", ";"].iter().any(|code| lower.contains(code));
    let mut segments = path.split('/').skip(1).peekable();
    let mut odd = !path.starts_with('/');
    while let Some(segment) = segments.next() {
        odd |= matches!(segment, "." | "..") || (segment.is_empty() && segments.peek().is_some());
    }
    !coded && !odd
}

/// Whether a pattern with `*` for any text matches the whole of a path. Linear in their product.
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| path.strip_prefix(start)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(host: &str, effect: Effect, methods: &[&str], paths: &[&str]) -> RequestRule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let host = HostRule::with(host, "the rule", effect).unwrap();
        RequestRule { host, methods: owned(methods), paths: owned(paths) }
    }

    #[test]
    fn a_named_host_takes_what_is_allowed_and_not_forbidden() {
        let rules = [
            rule("a.test", Effect::Allow, &["GET", "HEAD"], &["/repos/*", "/"]),
            rule("a.test", Effect::Deny, &[], &["/repos/secret*"]),
            rule("b.test", Effect::Deny, &["DELETE"], &[]),
        ];
        let table = [
            ("a.test:80", "GET", "/repos/x", true),
            ("a.test:80", "HEAD", "/", true),
            ("a.test:80", "POST", "/repos/x", false),
            ("a.test:80", "get", "/repos/x", false),
            ("a.test:80", "GET", "/other", false),
            ("a.test:80", "GET", "/repos/secrets", false),
            ("a.test:80", "GET", "/repos/../other", false),
            ("a.test:80", "GET", "/repos/%2E%2e/other", false),
            ("a.test:80", "GET", "/repos//other", false),
            ("a.test:80", "GET", "/repos/a%2fb", false),
            ("a.test:80", "GET", "/repos/%252e", false),
            ("a.test:80", "GET", "/repos/./x", false),
            ("a.test:80", "GET", "/repos/..;/x", false),
            ("b.test:80", "GET", "/any", true),
            ("b.test:80", "DELETE", "/any", false),
            ("c.test:80", "DELETE", "/../any", true),
        ];
        for (host, method, path, allowed) in table {
            let authority = Authority::parse(host, None).unwrap();
            let judged = judge(&about(&rules, &authority), method, path);
            assert_eq!(judged.is_ok(), allowed, "{method} {host}{path}: {judged:?}");
        }
    }

    #[test]
    fn patterns_match_the_whole_path() {
        for (pattern, path, expected) in [
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a*", "/ab", true),
            ("/*/c", "/a/b/c", true),
            ("/*/c", "/a/b/d", false),
            ("/a*b*c", "/axbxc", true),
            ("/a*a", "/a", false),
            ("*", "/x", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} for {path}");
        }
    }
}
