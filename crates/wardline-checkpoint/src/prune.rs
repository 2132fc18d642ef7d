//! Lets the oldest checkpoints go, so that a store stays within its limits.

use std::collections::BTreeSet;

use crate::error::{CheckpointError, at};
use crate::node::Digest;
use crate::pack::numbers;
use crate::record::{self, Record};
use crate::store::Store;

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Checkpoints that are gone.
    pub checkpoints: usize,
    /// Bytes that the disk has again.
    pub bytes: u64,
}

impl Store {
    /// Lets checkpoints go until the store is within its limits, or all but the newest `keep` when that is said. The newest
    /// always stays.
    ///
    /// # Errors
    /// [`CheckpointError`]; what is left is whole.
    pub fn prune(&mut self, keep: Option<usize>) -> Result<Pruned, CheckpointError> {
        let before = self.bytes();
        let all = numbers(&self.log(), "cp")?;
        let mut kept = keep.unwrap_or(self.limits.checkpoints).max(1);
        let mut gone = self.drop_before(&all, kept)?;
        while keep.is_none() && kept > 1 && self.bytes() > self.limits.store {
            kept = (kept.min(all.len()) / 2).max(1);
            gone += self.drop_before(&numbers(&self.log(), "cp")?, kept)?;
        }
        Ok(Pruned { checkpoints: gone, bytes: before.saturating_sub(self.bytes()) })
    }

    /// Whether the store is over a limit.
    ///
    /// # Errors
    /// [`CheckpointError`] when the store cannot be listed.
    pub fn is_over(&self) -> Result<bool, CheckpointError> {
        Ok(numbers(&self.log(), "cp")?.len() > self.limits.checkpoints || self.bytes() > self.limits.store)
    }

    /// Lets all but the last `keep` checkpoints of `all` go.
    fn drop_before(&mut self, all: &[u64], keep: usize) -> Result<usize, CheckpointError> {
        let Some((gone, kept)) = all.len().checked_sub(keep).and_then(|at| all.split_at_checked(at)) else {
            return Ok(0);
        };
        let Some(first) = kept.first().filter(|_| !gone.is_empty()) else { return Ok(0) };
        // The tree that the first of the kept ones stands on comes before what it was made of goes.
        let tree = self.tree_at(*first)?;
        record::keep(&self.tree_path(*first), &record::write_tree(&tree))?;
        let mut live: BTreeSet<Digest> = tree.iter().filter_map(|(_, node)| node.content()).collect();
        for number in kept {
            let record = Record::load(&self.record_path(*number))?;
            live.extend(record.changes.iter().filter_map(|(_, node)| node.as_ref()?.content()));
        }
        for number in gone {
            let path = self.record_path(*number);
            std::fs::remove_file(&path).map_err(at("remove", &path))?;
            std::fs::remove_file(self.tree_path(*number)).ok();
        }
        self.drop_contents(&live)?;
        Ok(gone.len())
    }

    /// Removes packs of which less than half is live; what is live of them is kept in a new one.
    fn drop_contents(&self, live: &BTreeSet<Digest>) -> Result<(), CheckpointError> {
        let mut removed = Vec::new();
        let packed = {
            let packs = self.packs()?;
            let mut growing = None;
            for number in numbers(&self.log(), "pack")? {
                let spots: Vec<_> = packs.spots().iter().filter(|(_, spot)| spot.pack == number).collect();
                let size = packs.path(number).metadata().map_or(0, |found| found.len());
                let living: u64 = spots
                    .iter()
                    .filter(|(digest, _)| live.contains(*digest))
                    .map(|(_, spot)| spot.length)
                    .sum();
                if living.saturating_mul(2) > size {
                    continue;
                }
                for (digest, _) in spots.iter().filter(|(digest, _)| live.contains(*digest)) {
                    let content = packs.read(digest)?;
                    let pack = match &mut growing {
                        Some(pack) => pack,
                        none => none.insert(packs.begin()?),
                    };
                    pack.add(**digest, &content)?;
                }
                removed.push(number);
            }
            growing.map(crate::pack::Growing::finish).transpose()?
        };
        record::flush_names(&self.log().join("pack")).map_err(at("flush", &self.log()))?;
        self.change_packs(|packs| {
            removed.iter().for_each(|number| packs.forget(*number));
            if let Some(packed) = packed {
                packs.adopt(packed);
            }
        });
        for number in removed {
            let path = self.log().join(format!("{number:08}.pack"));
            std::fs::remove_file(&path).map_err(at("remove", &path))?;
        }
        Ok(())
    }
}
