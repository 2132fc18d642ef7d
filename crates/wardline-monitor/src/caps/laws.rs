//! The law of narrowing: whatever a manifest names, nothing is given that was not, and nothing that it does not name.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::prelude::*;
use wardline_policy::{Layer, NamedPort, Options, Origin, PolicySet};
use wardline_proxy::{Authority, Door, Effect, HostRule};
use wardline_sandbox::{Confinement, Resource, Sight, View};

use super::narrow::files;
use super::{Bounds, CapsFile, narrow, started};
use crate::World;
use crate::scratch::Dir;

/// Places that policies and manifests name, and that are looked at. `p` is the project, `h` the home.
pub(crate) const PLACES: [&str; 20] = [
    "p",
    "p/a.txt",
    "p/.env",
    "p/src",
    "p/src/lib.txt",
    "p/src/deep/x",
    "p/.git/hooks",
    "p/Makefile",
    "p/skill",
    "p/skill/server.py",
    "p/to-src",
    "p/to-src/deep",
    "h",
    "h/.ssh/key",
    "h/tools/bin",
    "h/tools/bin/x",
    "o",
    "o/data",
    "o/data/y",
    "",
];

pub(crate) fn tree() -> &'static Path {
    static TREE: OnceLock<(Dir, PathBuf)> = OnceLock::new();
    let (_, root) = TREE.get_or_init(|| {
        let dir = Dir::new("caps-laws");
        for file in [
            "p/a.txt",
            "p/.env",
            "p/src/lib.txt",
            "p/src/deep/x",
            "p/.git/hooks/h",
            "p/Makefile",
            "p/skill/server.py",
            "h/.ssh/key",
            "h/tools/bin/x",
            "o/data/y",
        ] {
            dir.write(file, "x");
        }
        std::os::unix::fs::symlink("src", dir.path().join("p/to-src")).unwrap();
        let root = dir.path().canonicalize().unwrap();
        (dir, root)
    });
    root
}

pub(crate) fn at(name: &str) -> PathBuf {
    tree().join(name)
}

fn some(most: usize) -> impl Strategy<Value = Vec<PathBuf>> {
    let place = prop::sample::select(PLACES.to_vec());
    vec(place.prop_map(at), 0..most)
}

pub(crate) fn confinement() -> impl Strategy<Value = Confinement> {
    (some(4), some(3), some(4), some(3), any::<bool>(), some(2)).prop_map(
        |(read, write, pinned, masked, hollow, no_execute)| {
            let mut confinement = Confinement::new(at("p"), at("h"));
            confinement.read = read;
            confinement.write = write;
            confinement.pinned = pinned;
            confinement.masked = masked;
            confinement.hollow = hollow;
            confinement.no_execute = no_execute;
            confinement
        },
    )
}

fn sight() -> impl Strategy<Value = Sight> {
    (any::<bool>(), any::<bool>()).prop_map(|(write, execute)| Sight { read: true, write, execute })
}

/// Everywhere something could be seen.
pub(crate) fn everywhere() -> Vec<PathBuf> {
    let canonical = |name: &&str| at(name).canonicalize().unwrap();
    let known = PLACES.iter().map(canonical);
    // A name beside each, for what is granted by the directory.
    known.flat_map(|path| [path.join("sibling"), path]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn no_file_is_given_that_was_not_or_that_is_not_named(
        confinement in confinement(),
        lists in vec(vec((prop::sample::select(PLACES.to_vec()).prop_map(at), sight()), 0..4), 1..3),
    ) {
        let before = View::of(&confinement);
        let mut narrowed = confinement.clone();
        for grants in &lists {
            files(&mut narrowed, grants);
        }
        let after = View::of(&narrowed);
        for path in everywhere() {
            let (was, is) = (before.at(&path), after.at(&path));
            prop_assert!(is.is_within(was), "{}: {was:?} became {is:?} by {lists:?}\n{narrowed:?}", path.display());
            for grants in &lists {
                let named = grants.iter().filter(|(root, _)| path.starts_with(root.canonicalize().unwrap()));
                let most = named.fold(Sight::default(), |most, (_, sight)| Sight {
                    read: true,
                    write: most.write || sight.write,
                    execute: most.execute || sight.execute,
                });
                prop_assert!(is.is_within(most), "{}: {is:?}, and {grants:?} is named\n{narrowed:?}", path.display());
            }
        }
    }

    #[test]
    fn what_is_named_and_was_given_whole_is_still_given(
        name in prop::sample::select(vec!["p/src", "p/skill", "p/a.txt", "p"]),
        sight in sight(),
    ) {
        let confinement = Confinement::new(at("p"), at("h"));
        let mut narrowed = confinement.clone();
        files(&mut narrowed, &[(at(name), sight)]);
        prop_assert_eq!(View::of(&narrowed).at(&at(name)), sight);
    }

    #[test]
    fn no_host_variable_port_or_limit_is_given_that_was_not(
        rules in vec((host(), effect()), 0..5),
        lists in vec(vec(allowed(), 0..3), 1..3),
        asked in authority(),
        named in vec(prop::sample::select(vec!["HOME", "TERM", "TOKEN", "LD_PRELOAD"]), 0..3),
        limits in vec((prop::sample::select(vec!["memory", "processes", "disk_reserve", "time"]), 1..1_u64 << 40), 0..3),
        forwards in vec(prop::sample::select(vec!["db", "8080", "web"]), 0..3),
    ) {
        let rules: Vec<HostRule> = rules.iter().filter_map(|(host, effect)| HostRule::with(host, "r", *effect).ok()).collect();
        let world = world();
        let program = started(&world, Path::new("/bin/sh"), &["sh".into()]);
        let policy = PolicySet::build(&[], &Options::default()).unwrap();
        let mut confinement = Confinement::new(at("p"), at("h"));
        for name in ["HOME", "TERM", "LD_PRELOAD", "OTHER"] {
            confinement.environment.insert(name.to_owned(), name.to_lowercase());
        }
        let mut ports = vec![port("db", 5432), port("", 8080), port("cache", 6379)];
        let before = (confinement.clone(), ports.clone());
        let manifests: Vec<CapsFile> = lists.iter().map(|hosts| manifest(hosts, &named, &limits, &forwards)).collect();
        let bounds = Bounds { policy: &policy, world: &world, started: &program, hosts: &rules, fetch: true };
        let (_, within) = narrow(&bounds, &manifests, &mut confinement, &mut ports);

        prop_assert!(confinement.environment.iter().all(|(name, value)| before.0.environment.get(name) == Some(value)));
        prop_assert!(confinement.environment.keys().all(|name| name == "HOME" || named.contains(&name.as_str())));
        prop_assert!(ports.iter().all(|port| before.1.contains(port)));
        prop_assert!(ports.iter().all(|port| forwards.iter().any(|name| *name == port.name || *name == port.port.to_string())));
        for resource in Resource::all() {
            let (was, is) = (before.0.limits.get(resource), confinement.limits.get(resource));
            prop_assert_eq!(resource.stricter(was, is), is, "{:?}", resource);
        }
        // A name that resolves to nothing but the documentation's network would be refused for that.
        let reached = |door: &Door| door.admit(&asked, 443).is_ok();
        let mut narrowed = Door::new(rules.clone());
        narrowed.within = within;
        let mut wide = Door::new(rules);
        for door in [&mut narrowed, &mut wide] {
            door.resolver = std::sync::Arc::new(Public);
        }
        let alone = |hosts: &Vec<String>| {
            let mut door = Door::new(hosts.iter().map(|host| HostRule::parse(host, "c").unwrap()).collect());
            door.resolver = std::sync::Arc::new(Public);
            reached(&door)
        };
        prop_assert_eq!(reached(&narrowed), reached(&wide) && lists.iter().all(alone));
    }
}

pub(crate) struct Public;

impl wardline_proxy::Resolver for Public {
    fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        Ok(vec![std::net::IpAddr::from([8, 8, 8, 8])])
    }
}

fn host() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a.test", "b.a.test", "*.a.test", "*.b.a.test", "c.test", "*"]);
    let port = prop::sample::select(vec!["", ":443", ":80", ":8443"]);
    (name, port).prop_map(|(name, port)| format!("{name}{port}"))
}

fn allowed() -> impl Strategy<Value = String> {
    host().prop_filter("a manifest names no wildcard alone", |host| !host.starts_with("*:") && host != "*")
}

fn authority() -> impl Strategy<Value = Authority> {
    let name = prop::sample::select(vec!["a.test", "b.a.test", "x.b.a.test", "c.test", "d.test"]);
    let port = prop::sample::select(vec![443, 80, 8443]);
    (name, port).prop_map(|(name, port)| Authority::parse(&format!("{name}:{port}"), None).unwrap())
}

fn effect() -> impl Strategy<Value = Effect> {
    prop::sample::select(vec![Effect::Allow, Effect::Allow, Effect::Deny, Effect::Ask, Effect::Confirm])
}

fn port(name: &str, port: u16) -> NamedPort {
    NamedPort {
        name: name.to_owned(),
        port,
        origin: Origin { layer: Layer::User, file: "f".to_owned(), line: 1 },
    }
}

pub(crate) fn world() -> World {
    let environment = [("HOME".to_owned(), at("h").to_string_lossy().into_owned())];
    World::new(environment.into(), &at("p"), "/w".into()).unwrap()
}

fn manifest(hosts: &[String], environment: &[&str], limits: &[(&str, u64)], forwards: &[&str]) -> CapsFile {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let limits: serde_json::Map<_, _> =
        limits.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let text = serde_json::json!({
        "hosts": hosts, "environment": environment, "limits": limits, "forwards": forwards, "secrets": ["TOKEN"],
    });
    let path = at("o").join(format!("{}.jsonc", NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&path, text.to_string()).unwrap();
    let read = CapsFile::load(&world(), &path).unwrap();
    std::fs::remove_file(path).unwrap();
    read
}
