//! How much a confined program may use: the limits, their names, units and defaults, and how one set narrows another.

use serde_json::{Map, Value};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What an amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

/// Something that a program can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// Processes and threads, together.
    Processes,
    /// Bytes of memory, of all processes together.
    Memory,
    /// Bytes of address space of each process.
    AddressSpace,
    /// Bytes that one file may grow to.
    FileSize,
    /// Open files of each process.
    OpenFiles,
    /// Seconds of processor time of each process.
    Cpu,
    /// Seconds by the clock on the wall.
    Time,
    /// Bytes in the private directories.
    Scratch,
    /// Bytes that may be added to a file system of the host.
    Disk,
    /// Bytes that stay free on every file system of the host that can be written.
    DiskReserve,
    /// Files that may be added to a file system of the host.
    Files,
    /// Terminals that may be made.
    Terminals,
}

/// One line about a resource.
struct About {
    resource: Resource,
    word: &'static str,
    unit: Unit,
    default: Option<u64>,
    text: &'static str,
}

const fn about(
    resource: Resource,
    word: &'static str,
    unit: Unit,
    default: Option<u64>,
    text: &'static str,
) -> About {
    About { resource, word, unit, default, text }
}

/// Wide enough for builds, test runs and agents; narrow enough that the host stays usable.
const TABLE: [About; 12] = [
    about(Resource::Processes, "processes", Unit::Count, Some(1024), "processes and threads"),
    about(Resource::Memory, "memory", Unit::Bytes, Some(8 * GIB), "memory of all processes together"),
    // Runtimes that reserve much and use little (node, Java, Go) need this unset.
    about(Resource::AddressSpace, "address_space", Unit::Bytes, None, "address space of each process"),
    about(Resource::FileSize, "file_size", Unit::Bytes, Some(4 * GIB), "the size of one file"),
    about(Resource::OpenFiles, "open_files", Unit::Count, Some(4096), "open files of each process"),
    about(Resource::Cpu, "cpu", Unit::Seconds, None, "processor time of each process"),
    about(Resource::Time, "time", Unit::Seconds, None, "time on the wall"),
    about(
        Resource::Scratch,
        "scratch",
        Unit::Bytes,
        Some(2 * GIB),
        "the private directories (/tmp, the home)",
    ),
    about(Resource::Disk, "disk", Unit::Bytes, Some(32 * GIB), "what is added to a disk"),
    about(Resource::DiskReserve, "disk_reserve", Unit::Bytes, Some(GIB), "what stays free on a disk"),
    about(Resource::Files, "files", Unit::Count, Some(2_000_000), "files that are added to a disk"),
    about(Resource::Terminals, "terminals", Unit::Count, Some(256), "terminals"),
];

impl Resource {
    /// Every resource, in the order in which it is shown.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|about| about.resource)
    }

    /// The resource of this name, as configuration files, flags and reports write it.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        TABLE.iter().find(|about| about.word == word).map(|about| about.resource)
    }

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.about().map_or("", |about| about.word)
    }

    /// What its amounts count.
    #[must_use]
    pub fn unit(self) -> Unit {
        self.about().map_or(Unit::Count, |about| about.unit)
    }

    /// What it is, for a person.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.about().map_or("", |about| about.text)
    }

    /// Whether a smaller amount leaves the program more. So it is with what has to stay free.
    #[must_use]
    pub fn is_reserve(self) -> bool {
        self == Self::DiskReserve
    }

    /// The stricter of two amounts; `None` is no limit.
    #[must_use]
    pub fn stricter(self, one: Option<u64>, other: Option<u64>) -> Option<u64> {
        match (one, other) {
            (Some(one), Some(other)) if self.is_reserve() => Some(one.max(other)),
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// An amount of it for a person: `4 GiB`, `1024`, `90 s`.
    #[must_use]
    pub fn amount(self, value: u64) -> String {
        match self.unit() {
            Unit::Count => value.to_string(),
            Unit::Seconds => format!("{value} s"),
            Unit::Bytes => bytes(value),
        }
    }

    fn about(self) -> Option<&'static About> {
        TABLE.iter().find(|about| about.resource == self)
    }
}

/// Bytes in the largest unit that leaves at least one, with one digit behind the point where that says more.
fn bytes(value: u64) -> String {
    let (unit, name) = match value {
        GIB.. => (GIB, "GiB"),
        MIB.. => (MIB, "MiB"),
        KIB.. => (KIB, "KiB"),
        _ => return format!("{value} bytes"),
    };
    let tenths = value / (unit / 10).max(1) % 10;
    match (value % unit, tenths) {
        (0, _) | (_, 0) => format!("{} {name}", value / unit),
        _ => format!("{}.{tenths} {name}", value / unit),
    }
}

/// How much a confined program may use. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceLimits {
    /// Processes and threads, together.
    pub processes: Option<u64>,
    /// Bytes of memory of all processes together: counted by a cgroup, or looked at now and then where none can be made.
    pub memory: Option<u64>,
    /// Bytes of address space of each process.
    pub address_space: Option<u64>,
    /// Bytes that one file may grow to.
    pub file_size: Option<u64>,
    /// Open files of each process.
    pub open_files: Option<u64>,
    /// Seconds of processor time of each process.
    pub cpu_seconds: Option<u64>,
    /// Seconds that the program may run by the clock on the wall.
    pub wall_seconds: Option<u64>,
    /// Bytes in all private directories (`/tmp`, the home, `/dev/shm` and the like) together.
    pub scratch: Option<u64>,
    /// Bytes by which the program may shrink the free space of a file system of the host.
    pub disk: Option<u64>,
    /// Bytes that stay free on every file system of the host that the program can write. Of a small one a twentieth, and
    /// of one that was nearly full at the start half of what was free.
    pub disk_reserve: Option<u64>,
    /// Files that may be added to a file system of the host.
    pub files: Option<u64>,
    /// Terminals that may be made inside.
    pub terminals: Option<u64>,
}

impl Default for ResourceLimits {
    fn default() -> Self {
        let mut limits = Self::none();
        for about in &TABLE {
            limits.set(about.resource, about.default);
        }
        limits
    }
}

impl ResourceLimits {
    /// No limits at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            processes: None,
            memory: None,
            address_space: None,
            file_size: None,
            open_files: None,
            cpu_seconds: None,
            wall_seconds: None,
            scratch: None,
            disk: None,
            disk_reserve: None,
            files: None,
            terminals: None,
        }
    }

    /// The limit of a resource.
    #[must_use]
    pub fn get(&self, resource: Resource) -> Option<u64> {
        *self.clone().field(resource)
    }

    /// Sets the limit of a resource; `None` is no limit.
    pub fn set(&mut self, resource: Resource, value: Option<u64>) {
        *self.field(resource) = value;
    }

    /// Takes the stricter of this limit and the one given.
    pub fn narrow(&mut self, resource: Resource, value: Option<u64>) {
        let field = self.field(resource);
        *field = resource.stricter(*field, value);
    }

    fn field(&mut self, resource: Resource) -> &mut Option<u64> {
        match resource {
            Resource::Processes => &mut self.processes,
            Resource::Memory => &mut self.memory,
            Resource::AddressSpace => &mut self.address_space,
            Resource::FileSize => &mut self.file_size,
            Resource::OpenFiles => &mut self.open_files,
            Resource::Cpu => &mut self.cpu_seconds,
            Resource::Time => &mut self.wall_seconds,
            Resource::Scratch => &mut self.scratch,
            Resource::Disk => &mut self.disk,
            Resource::DiskReserve => &mut self.disk_reserve,
            Resource::Files => &mut self.files,
            Resource::Terminals => &mut self.terminals,
        }
    }

    /// Every limit by its name.
    pub(crate) fn to_value(&self) -> Value {
        let entry = |resource: Resource| (resource.word().to_owned(), Value::from(self.get(resource)));
        Value::Object(Resource::all().map(entry).collect())
    }

    /// What [`Self::to_value`] wrote; `None` when a limit is missing, which is not the same as none.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let fields: &Map<String, Value> = value.as_object()?;
        let mut limits = Self::none();
        for resource in Resource::all() {
            let limit = match fields.get(resource.word())? {
                Value::Null => None,
                other => Some(other.as_u64()?),
            };
            limits.set(resource, limit);
        }
        Some(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_has_a_line_and_a_field_of_its_own() {
        let mut limits = ResourceLimits::none();
        for (number, resource) in (1..).zip(Resource::all()) {
            assert_eq!(Resource::named(resource.word()), Some(resource));
            limits.set(resource, Some(number));
        }
        for (number, resource) in (1..).zip(Resource::all()) {
            assert_eq!(limits.get(resource), Some(number), "{resource:?}");
        }
        assert_eq!(ResourceLimits::from_value(&limits.to_value()), Some(limits));
        assert_eq!(ResourceLimits::from_value(&serde_json::json!({"memory": 1})), None);
    }

    #[test]
    fn narrowing_never_widens() {
        let table = [
            (Resource::Memory, Some(8), Some(4), Some(4)),
            (Resource::Memory, Some(4), Some(8), Some(4)),
            (Resource::Memory, Some(4), None, Some(4)),
            (Resource::Memory, None, Some(8), Some(8)),
            (Resource::DiskReserve, Some(4), Some(8), Some(8)),
            (Resource::DiskReserve, Some(8), Some(4), Some(8)),
        ];
        for (resource, before, by, after) in table {
            let mut limits = ResourceLimits::none();
            limits.set(resource, before);
            limits.narrow(resource, by);
            assert_eq!(limits.get(resource), after, "{resource:?} {before:?} {by:?}");
        }
    }

    #[test]
    fn amounts_are_for_people() {
        let table = [
            (Resource::Processes, 1024, "1024"),
            (Resource::Time, 90, "90 s"),
            (Resource::Memory, 8 * GIB, "8 GiB"),
            (Resource::Memory, GIB + GIB / 2, "1.5 GiB"),
            (Resource::Memory, 100 * MIB + 1, "100 MiB"),
            (Resource::FileSize, 65536, "64 KiB"),
            (Resource::FileSize, 12, "12 bytes"),
        ];
        for (resource, value, text) in table {
            assert_eq!(resource.amount(value), text);
        }
    }
}
