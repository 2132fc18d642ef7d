//! What can lie at a place of a workspace, and how two states of a place are told apart.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::wire::{Damaged, Reader, Writer};

/// A path relative to the workspace, as bytes: names need not be UTF-8. Parts are separated by `/`.
pub type Place = Vec<u8>;

/// The SHA-256 of a content.
pub type Digest = [u8; 32];

/// The digest of a content.
#[must_use]
pub fn digest(content: &[u8]) -> Digest {
    Sha256::digest(content).into()
}

/// Why a content is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The file is larger than the limit for one file.
    TooLarge,
    /// The files before it have used up the limit for all.
    TooMuch,
    /// The files before it have used up the limit for results of builds and installed packages.
    Results,
    /// It belongs to a version control system, which keeps its own history.
    Repository,
    /// It is a socket, a pipe or a device.
    Special,
    /// Another file system is mounted there.
    Mounted,
    /// It could not be read.
    Unreadable,
    /// It lies deeper than the limit.
    TooDeep,
}

impl Why {
    const ALL: [Self; 8] = [
        Self::TooLarge,
        Self::TooMuch,
        Self::Results,
        Self::Repository,
        Self::Special,
        Self::Mounted,
        Self::Unreadable,
        Self::TooDeep,
    ];

    fn code(self) -> u64 {
        Self::ALL.iter().zip(0..).find(|(why, _)| **why == self).map_or(0, |(_, code)| code)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "larger than the limit for one file",
            Self::TooMuch => "the limit for all files was reached",
            Self::Results => "the limit for build results and installed packages was reached",
            Self::Repository => "a version control system's own files",
            Self::Special => "a socket, pipe or device",
            Self::Mounted => "another file system",
            Self::Unreadable => "could not be read",
            Self::TooDeep => "too deep",
        })
    }
}

/// What lies at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A directory.
    Directory {
        /// Its permission bits.
        mode: u32,
    },
    /// A file whose content is kept.
    File {
        /// Its permission bits.
        mode: u32,
        /// Its length in bytes.
        size: u64,
        /// Its content.
        digest: Digest,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as written.
        target: Vec<u8>,
    },
    /// Something that is there and whose content is not kept.
    Opaque {
        /// Why not.
        why: Why,
        /// Its length in bytes.
        size: u64,
        /// Tells two versions of it apart, as far as can be told without reading.
        mark: u64,
    },
}

impl Node {
    /// Whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        matches!(self, Self::Directory { .. })
    }

    /// The content of a file.
    #[must_use]
    pub fn content(&self) -> Option<Digest> {
        match self {
            Self::File { digest, .. } => Some(*digest),
            _ => None,
        }
    }

    pub(crate) fn write(node: Option<&Self>, out: &mut Writer) {
        match node {
            None => out.number(0),
            Some(Self::Directory { mode }) => {
                out.number(1);
                out.number(u64::from(*mode));
            }
            Some(Self::File { mode, size, digest }) => {
                out.number(2);
                out.number(u64::from(*mode));
                out.number(*size);
                out.raw(digest);
            }
            Some(Self::Link { target }) => {
                out.number(3);
                out.bytes(target);
            }
            Some(Self::Opaque { why, size, mark }) => {
                out.number(4);
                out.number(why.code());
                out.number(*size);
                out.number(*mark);
            }
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Damaged> {
        Ok(Some(match reader.number()? {
            0 => return Ok(None),
            1 => Self::Directory { mode: reader.small()? },
            2 => Self::File { mode: reader.small()?, size: reader.number()?, digest: reader.raw()? },
            3 => Self::Link { target: reader.bytes()?.to_vec() },
            4 => {
                let code = usize::try_from(reader.number()?).map_err(|_| Damaged)?;
                let why = *Why::ALL.get(code).ok_or(Damaged)?;
                Self::Opaque { why, size: reader.number()?, mark: reader.number()? }
            }
            _ => return Err(Damaged),
        }))
    }
}

/// What the file system says of a file without its being read. The same stamp means the same content, unless the file was
/// changed within the clock's grain of the look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) mode: u32,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
    /// Nanoseconds since 1970; no program can set it.
    pub(crate) changed: i64,
}

impl Stamp {
    pub(crate) fn of(stat: &rustix::fs::Stat) -> Self {
        let time = |seconds: i64, nanoseconds: u64| {
            seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(nanoseconds).unwrap_or(0))
        };
        Self {
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mode: stat.st_mode,
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// The permission bits.
    pub(crate) fn permissions(&self) -> u32 {
        self.mode & 0o7777
    }

    /// Whether `other` is the same file with the same content; a rename changes more than that.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.inode, self.size, self.modified) == (other.inode, other.size, other.modified)
    }

    /// A number that two versions of a file hardly share.
    pub(crate) fn mark(&self) -> u64 {
        let time = u64::from_le_bytes(self.modified.to_le_bytes());
        time.rotate_left(20) ^ self.inode.rotate_left(40) ^ self.size
    }

    /// Whether a change after `looked` (nanoseconds since 1970) might leave the stamp as it is. Kernels count time in ticks of
    /// up to 10 ms, and some file systems in whole seconds.
    pub(crate) fn is_fresh(&self, looked: i64) -> bool {
        const TICK: i64 = 20_000_000;
        const COARSE: i64 = 2_000_000_000;
        let grain = if self.changed % 1_000_000_000 == 0 { COARSE } else { TICK };
        self.changed.saturating_add(grain) >= looked
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.number(self.inode);
        out.number(self.size);
        out.number(u64::from(self.mode));
        out.signed(self.modified);
        out.signed(self.changed);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(Self {
            inode: reader.number()?,
            size: reader.number()?,
            mode: reader.small()?,
            modified: reader.signed()?,
            changed: reader.signed()?,
        })
    }
}

/// The directories above a place, the nearest first; the workspace itself is not among them.
pub(crate) fn above(place: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(place), |place| {
        let end = place.iter().rposition(|byte| *byte == b'/')?;
        place.get(..end)
    })
    .skip(1)
}

/// A place as its directory and its name.
pub(crate) fn split(place: &[u8]) -> (&[u8], &[u8]) {
    match place.iter().rposition(|byte| *byte == b'/') {
        Some(end) => (place.get(..end).unwrap_or_default(), place.get(end + 1..).unwrap_or_default()),
        None => (&[], place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_directories_above() {
        let all: Vec<&[u8]> = above(b"a/b/c").collect();
        assert_eq!(all, [b"a/b".as_slice(), b"a"]);
        assert_eq!(above(b"a").count(), 0);
        assert_eq!(split(b"a/b/c"), (b"a/b".as_slice(), b"c".as_slice()));
        assert_eq!(split(b"c"), (b"".as_slice(), b"c".as_slice()));
    }

    #[test]
    fn every_reason_has_its_own_code() {
        for (why, code) in Why::ALL.into_iter().zip(0..) {
            assert_eq!(why.code(), code, "{why}");
        }
    }
}
