//! The table of doors, by class.

mod files;
mod kernel;
mod network;
mod processes;
mod traps;

use super::Probe;

pub(super) use files::STRAYS;

/// Every probe, in the order of a report.
pub fn probes() -> impl Iterator<Item = &'static Probe> {
    [files::PROBES, traps::PROBES, network::PROBES, processes::PROBES, kernel::PROBES].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::attack::Judge;

    #[test]
    fn the_table_is_large_and_its_names_are_unique() {
        let ids: BTreeSet<_> = probes().map(|probe| probe.id).collect();
        assert_eq!(ids.len(), probes().count());
        assert!(ids.len() >= 90, "{}", ids.len());
        assert!(probes().all(|probe| (1..=86).contains(&probe.vector) && !probe.tries.is_empty()));
    }

    #[test]
    fn critical_doors_are_judged_by_effects() {
        for probe in probes().filter(|probe| probe.critical) {
            assert_ne!(probe.judge, Judge::Answer, "{}: the actor alone says that it is open", probe.id);
        }
    }
}
