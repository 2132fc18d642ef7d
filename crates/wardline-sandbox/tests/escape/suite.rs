//! The attack suite behind a confinement that is written by hand: what the mechanisms stop by themselves, whoever writes
//! the manifest. Behind the manifest of a real session it runs as `wardline doctor --attack`.

use std::collections::BTreeMap;

use wardline_sandbox::attack::{Bait, Behind, Class, Judge, Outcome, Result as Seen, attack, probes};
use wardline_sandbox::{Confinement, system_paths};

use crate::run::Report;
use crate::world::Place;

/// What these mechanisms do not stop: a program in memory can do no more than one in the project.
const OPEN: [&str; 1] = ["memory-program"];

/// The bait's project with every trap pinned and every secret masked.
fn confinement(bait: &Bait, place: &Place) -> Confinement {
    let project = bait.project();
    let mut confinement = Confinement::new(&project, bait.home());
    confinement.read = system_paths();
    confinement.masked = [".env", "keys"].map(|name| project.join(name)).to_vec();
    confinement.pinned = vec![project.join("linked.txt")];
    for probe in probes().filter(|probe| matches!(probe.class, Class::Traps | Class::Guard)) {
        // The repository itself must stay writable: only what steers it is pinned.
        if let Judge::Planted(path) = probe.judge
            && let Some(inside) = path.strip_prefix("project/").filter(|inside| *inside != ".git")
        {
            confinement.pinned.push(project.join(inside));
        }
    }
    confinement.quarantine = Some(place.quarantine());
    let variables =
        [("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()), ("HOME", bait.home().display().to_string())];
    confinement.environment = variables.map(|(name, value)| (name.to_owned(), value)).into();
    confinement
}

/// Adds one case to the report for every door.
pub(crate) fn attack_it(report: &mut Report, place: &Place) {
    let part = report.filter().trim_start_matches("door: ").to_owned();
    if !probes().any(|probe| probe.id.contains(&part)) {
        return;
    }
    let bait = Bait::lay().unwrap();
    let confinement = confinement(&bait, place);
    let own = BTreeMap::from([("PATH".to_owned(), std::env::var("PATH").unwrap())]);
    let judge = |outcome: &Outcome| {
        report.case(&format!("door: {}", outcome.probe.id), || match &outcome.result {
            Seen::Stopped => Ok(()),
            Seen::Open(why) if OPEN.contains(&outcome.probe.id) => {
                Err(format!("SKIP open, and known to be: {why}"))
            }
            Seen::Open(why) => Err(format!("OPEN: {why}; {}", outcome.said)),
            Seen::Untried(why) => Err(format!("SKIP {why}")),
        });
    };
    attack(&bait, &Behind::Confinement(&confinement), &bait.environment(&own), &part, judge).unwrap();
}
