//! The law of what runs beside a session: whatever a manifest names and whoever asks says, nothing is given that the session has not.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use wardline_audit::Journal;
use wardline_policy::{Options, PolicySet};
use wardline_proxy::{Authority, Door, HostRule, Within};
use wardline_sandbox::{Confinement, Sight, View};

use super::narrowed::narrowed;
use super::{Request, Shared};
use crate::caps::laws::{PLACES, Public, at, confinement, everywhere, world};
use crate::egress::{Common, Outbound};
use crate::manifest::Manifest;
use crate::monitor::Monitor;
use crate::scratch::Dir;
use crate::session::Guard;
use crate::{Subject, World};

const HOSTS: [&str; 4] = ["a.test", "b.a.test", "c.test:8443", "d.test"];
const VARIABLES: [&str; 5] = ["TERM", "AGENT_KEY", "OTHER", "LD_PRELOAD", "HTTP_PROXY"];

fn names() -> impl Strategy<Value = Vec<&'static str>> {
    vec(prop::sample::select(PLACES.to_vec()), 0..3)
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    vec(prop::sample::select(of.to_vec()), 0..3)
}

fn rules(hosts: &[&str]) -> Vec<HostRule> {
    hosts.iter().map(|host| HostRule::parse(host, "r").unwrap()).collect()
}

/// A session bounded by `base`, in which nothing runs.
fn session(world: World, base: Confinement, hosts: Vec<HostRule>, within: Vec<Within>) -> Shared {
    let policy = PolicySet::build(&[], &Options::default()).unwrap();
    let journal = Journal::open(&world.journal()).unwrap();
    Shared {
        monitor: Arc::new(Monitor::with(world, policy, journal)),
        subject: Subject::local("s"),
        guard: Guard { variables: VARIABLES.map(str::to_owned).into(), ..Guard::default() },
        manifest: Manifest::seal(base, hosts).bounded(Vec::new(), within),
        ports: Vec::new(),
        answers: true,
        common: Common::new(&Outbound::default(), None, None),
        state: Mutex::default(),
        changed: Condvar::new(),
    }
}

fn reached(manifest: &Manifest, host: &str) -> bool {
    let mut door = Door::new(manifest.hosts().to_vec());
    door.within = manifest.within().to_vec();
    door.resolver = Arc::new(Public);
    door.admit(&Authority::parse(host, Some(443)).unwrap(), 443).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn nothing_beside_a_session_is_wider_than_the_session(
        base in confinement(),
        own in prop::sample::select(vec!["p/a.txt", "p/.env", "p/Makefile", "p/skill/server.py", "h/.ssh/key", "o/data/y"]),
        (read, write, execute) in (names(), names(), names()),
        (opened, bound, named) in (some(&HOSTS), some(&HOSTS), some(&HOSTS)),
        (set, wanted, given) in (some(&VARIABLES), some(&VARIABLES), some(&VARIABLES)),
        cwd in prop::sample::select(PLACES.to_vec()),
    ) {
        let dir = Dir::new("beside-law");
        let places = |list: &[&str]| list.iter().map(|name| at(name).to_string_lossy().into_owned()).collect::<Vec<_>>();
        let text = serde_json::json!({
            "files": {"read": places(&read), "write": places(&write), "execute": places(&execute)},
            "hosts": named, "environment": wanted,
        });
        let caps = dir.write("shown/c.jsonc", &text.to_string()).canonicalize().unwrap();
        let mut world = world();
        world.state = dir.path().join("state");
        world.environment.extend(set.iter().map(|name| ((*name).to_owned(), "session".to_owned())));
        let mut base = base;
        base.read.extend(["/usr".into(), "/bin".into(), "/lib".into(), "/lib64".into(), caps.parent().unwrap().to_owned()]);
        base.environment.extend(set.iter().map(|name| ((*name).to_owned(), "session".to_owned())));
        // A file of the agent's own that stands in for the host's.
        base.files = vec![(caps.clone(), at(own).canonicalize().unwrap())];
        let shown = View::of(&base);
        let within = Within { hosts: rules(&bound), because: "w".to_owned() };
        let shared = session(world, base.clone(), rules(&opened), vec![within]);
        let request = Request {
            argv: vec!["/bin/sh".to_owned()],
            cwd: at(cwd),
            caps: Some(caps),
            environment: given.iter().map(|name| ((*name).to_owned(), "asked".to_owned())).collect(),
        };
        let place = |name: &str| dir.path().join(name);
        let Ok(found) = narrowed(&shared, &request, &place, "own") else {
            return Ok(());
        };
        let inside = found.manifest.confinement();
        let view = View::of(inside);
        for path in everywhere() {
            let (was, is) = (shown.at(&path), view.at(&path));
            prop_assert!(is.is_within(was), "{}: {was:?} became {is:?}\n{base:?}\n{inside:?}", path.display());
        }
        prop_assert_eq!(view.at(&at(own).canonicalize().unwrap()), Sight::default(), "the agent's own");
        prop_assert!(inside.sockets.is_empty() && inside.beside.contains(&base.project));
        let door = |name: &str| name.to_ascii_lowercase().ends_with("_proxy") || name == "NODE_USE_ENV_PROXY";
        for (name, value) in inside.environment.iter().filter(|(name, _)| !door(name)) {
            let asked = value == "asked" && wanted.contains(&&**name) && *name != "LD_PRELOAD" && *name != "TERM";
            prop_assert!(asked || base.environment.get(name) == Some(value) || ["HOME", "TMPDIR", "WARDLINE"].contains(&&**name), "{name}");
        }
        prop_assert!(inside.environment.get("HTTP_PROXY").is_some_and(|value| value.contains(":own@")));
        for host in HOSTS {
            prop_assert!(!reached(&found.manifest, host) || reached(&shared.manifest, host) && named.contains(&host), "{host}");
        }
    }
}

/// What is shown is what was there when it was decided: a link that is put in the place of a directory afterwards leads nowhere.
#[test]
fn a_link_in_a_directory_that_others_work_in_is_not_followed() {
    let dir = Dir::new("beside-link");
    for name in ["p/out/x", "h/y", "elsewhere/z"] {
        dir.write(name, "x");
    }
    let root = dir.path().canonicalize().unwrap();
    let mut confinement = Confinement::new(root.join("p"), root.join("h"));
    (confinement.hollow, confinement.write) = (true, vec![root.join("p/out")]);
    let sees = |confinement: &Confinement, path: PathBuf| View::of(confinement).at(&path).write;
    assert!(sees(&confinement, root.join("p/out")));
    std::fs::rename(root.join("p/out"), root.join("p/o")).unwrap();
    std::os::unix::fs::symlink(root.join("elsewhere"), root.join("p/out")).unwrap();
    assert!(
        sees(&confinement, root.join("elsewhere")),
        "as for a confinement of its own, whose links are the person's"
    );
    confinement.beside = vec![root.join("p")];
    assert!(!sees(&confinement, root.join("elsewhere")) && !sees(&confinement, root.join("p/out")));
}
