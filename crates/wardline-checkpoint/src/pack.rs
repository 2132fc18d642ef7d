//! Contents, many in one file: written once with one flush, never changed, checked against their digests whenever read.
//!
//! A pack is its magic, the contents one after the other, a table of (digest, offset, length), the table's length and the
//! digest of the table. It gets its name when it is whole and on disk.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{CheckpointError, at};
use crate::node::{Digest, digest};
use crate::wire::{Damaged, Reader, Writer};

const MAGIC: &[u8; 8] = b"wlpack1\n";
/// The table's length and its digest.
const FOOT: u64 = 40;

/// Where a content lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) pack: u64,
    offset: u64,
    pub(crate) length: u64,
}

/// Every content of a store.
#[derive(Debug, Default)]
pub(crate) struct Packs {
    directory: PathBuf,
    spots: HashMap<Digest, Spot>,
    highest: u64,
}

impl Packs {
    /// Reads the tables of all packs in a directory.
    pub(crate) fn load(directory: &Path) -> Result<Self, CheckpointError> {
        let mut packs = Self { directory: directory.to_path_buf(), ..Self::default() };
        for number in numbers(directory, "pack")? {
            let path = packs.path(number);
            for (digest, offset, length) in table(&path)? {
                packs.spots.insert(digest, Spot { pack: number, offset, length });
            }
            packs.highest = packs.highest.max(number);
        }
        Ok(packs)
    }

    pub(crate) fn path(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number:08}.pack"))
    }

    pub(crate) fn spots(&self) -> &HashMap<Digest, Spot> {
        &self.spots
    }

    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.spots.contains_key(digest)
    }

    /// A content, checked.
    pub(crate) fn read(&self, wanted: &Digest) -> Result<Arc<[u8]>, CheckpointError> {
        let path = self.spots.get(wanted).map_or_else(|| self.directory.clone(), |spot| self.path(spot.pack));
        let damaged = || CheckpointError::Damaged { path: path.clone() };
        let spot = self.spots.get(wanted).ok_or_else(damaged)?;
        let mut content = vec![0; usize::try_from(spot.length).map_err(|_| damaged())?];
        let file = File::open(&path).map_err(at("open", &path))?;
        file.read_exact_at(&mut content, spot.offset).map_err(at("read", &path))?;
        if digest(&content) == *wanted { Ok(content.into()) } else { Err(damaged()) }
    }

    /// Begins a pack.
    pub(crate) fn begin(&self) -> Result<Growing, CheckpointError> {
        let number = self.highest + 1;
        let path = self.path(number);
        let temporary = path.with_extension("new");
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&temporary);
        let file = file.map_err(at("make", &temporary))?;
        let mut out = BufWriter::with_capacity(1024 * 1024, file);
        out.write_all(MAGIC).map_err(at("write", &temporary))?;
        Ok(Growing { number, out, path, temporary, offset: 8, table: Vec::new() })
    }

    /// Takes a finished pack in.
    pub(crate) fn adopt(&mut self, pack: Packed) {
        self.highest = self.highest.max(pack.number);
        for (digest, offset, length) in pack.table {
            self.spots.insert(digest, Spot { pack: pack.number, offset, length });
        }
    }

    /// Forgets a pack that was removed, as far as nothing newer holds the same.
    pub(crate) fn forget(&mut self, number: u64) {
        self.spots.retain(|_, spot| spot.pack != number);
    }
}

/// A pack that is being written.
pub(crate) struct Growing {
    number: u64,
    out: BufWriter<File>,
    path: PathBuf,
    temporary: PathBuf,
    offset: u64,
    table: Vec<(Digest, u64, u64)>,
}

/// A pack that is on disk.
pub(crate) struct Packed {
    number: u64,
    table: Vec<(Digest, u64, u64)>,
}

impl Growing {
    pub(crate) fn add(&mut self, digest: Digest, content: &[u8]) -> Result<(), CheckpointError> {
        self.out.write_all(content).map_err(at("write", &self.temporary))?;
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.table.push((digest, self.offset, length));
        self.offset = self.offset.saturating_add(length);
        Ok(())
    }

    /// Writes the table, flushes everything to disk and gives the pack its name.
    pub(crate) fn finish(mut self) -> Result<Packed, CheckpointError> {
        let mut table = Writer::default();
        table.number(u64::try_from(self.table.len()).unwrap_or(0));
        for (digest, offset, length) in &self.table {
            table.raw(digest);
            table.number(*offset);
            table.number(*length);
        }
        let table = table.0;
        let length = u64::try_from(table.len()).unwrap_or(0);
        let written = self
            .out
            .write_all(&table)
            .and_then(|()| self.out.write_all(&length.to_le_bytes()))
            .and_then(|()| self.out.write_all(&digest(&table)))
            .and_then(|()| self.out.flush())
            .and_then(|()| self.out.get_ref().sync_data())
            .and_then(|()| std::fs::rename(&self.temporary, &self.path));
        written.map_err(at("write", &self.path))?;
        Ok(Packed { number: self.number, table: std::mem::take(&mut self.table) })
    }
}

impl Drop for Growing {
    /// What was not finished goes; after the end it has another name.
    fn drop(&mut self) {
        std::fs::remove_file(&self.temporary).ok();
    }
}

/// The table of one pack.
fn table(path: &Path) -> Result<Vec<(Digest, u64, u64)>, CheckpointError> {
    let damaged = || CheckpointError::Damaged { path: path.to_path_buf() };
    let bytes = read_table(path).map_err(at("read", path))?.ok_or_else(damaged)?;
    let mut reader = Reader(&bytes);
    let mut entries = || -> Result<Vec<_>, Damaged> {
        (0..reader.number()?).map(|_| Ok((reader.raw()?, reader.number()?, reader.number()?))).collect()
    };
    entries().map_err(|Damaged| damaged())
}

fn read_table(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let end = file.metadata()?.len();
    let mut foot = [0; 40];
    let Some(foot_at) = end.checked_sub(FOOT) else { return Ok(None) };
    file.read_exact_at(&mut foot, foot_at)?;
    let mut reader = Reader(&foot);
    let (Ok(length), Ok(expected)) = (reader.raw::<8>(), reader.raw::<32>()) else { return Ok(None) };
    let length = u64::from_le_bytes(length);
    let Some(begin) = foot_at.checked_sub(length) else { return Ok(None) };
    let mut table = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_exact_at(&mut table, begin)?;
    Ok((digest(&table) == expected).then_some(table))
}

/// The numbers of the files with this extension in a directory, ascending.
pub(crate) fn numbers(directory: &Path, extension: &str) -> Result<Vec<u64>, CheckpointError> {
    let entries = match std::fs::read_dir(directory) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(at("list", directory))?,
    };
    let mut numbers: Vec<u64> = entries
        .flatten()
        .filter_map(|entry| {
            let path = PathBuf::from(entry.file_name());
            path.extension()
                .is_some_and(|found| found == extension)
                .then(|| path.file_stem()?.to_str()?.parse().ok())?
        })
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}
