//! What programs print: what they make themselves, what they pass on.

use crate::answer::{Command, Word};
use crate::canonical::basename;
use crate::effect::Source;

/// Programs that print what they read, changed perhaps. Sorted.
const READERS: &[&str] = &[
    ".", "awk", "base32", "base64", "basenc", "bat", "batcat", "brotli", "bunzip2", "bzcat", "bzip2", "cat",
    "cmp", "col", "column", "comm", "cp", "cpio", "csplit", "cut", "dd", "diff", "dos2unix", "egrep",
    "expand", "fgrep", "fmt", "fold", "gawk", "gpg", "gpg2", "grep", "gunzip", "gzip", "hd", "head",
    "hexdump", "iconv", "install", "join", "jq", "less", "link", "lz4", "lzma", "mawk", "more", "mv", "nawk",
    "nl", "od", "openssl", "paste", "perl", "pigz", "pr", "pv", "python", "python3", "rev", "rg", "rsync",
    "ruby", "sed", "shuf", "sort", "split", "sponge", "strings", "tac", "tail", "tar", "tee", "tr", "uniq",
    "unix2dos", "unlzma", "unxz", "unzip", "unzstd", "uudecode", "uuencode", "xxd", "xz", "xzcat", "yq",
    "zcat", "zgrep", "zip", "zless", "zstd", "zstdcat",
];

/// Programs that print their arguments. Sorted.
const SAYERS: &[&str] = &["echo", "print", "printf", "yes"];

/// Programs that print of what they look at, and whose output holds nothing of content. Sorted.
const QUIET: &[&str] = &[
    ":",
    "[",
    "[[",
    "b2sum",
    "basename",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "cksum",
    "command",
    "date",
    "dirname",
    "du",
    "env",
    "exit",
    "export",
    "false",
    "find",
    "kill",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mktemp",
    "popd",
    "printenv",
    "pushd",
    "pwd",
    "read",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "seq",
    "set",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shasum",
    "shred",
    "sleep",
    "stat",
    "test",
    "touch",
    "tree",
    "true",
    "truncate",
    "type",
    "unlink",
    "unset",
    "wait",
    "wc",
    "which",
];

/// Programs that tell of the machine and who uses it. Sorted.
const PROBES: &[&str] = &[
    "arch",
    "arp",
    "df",
    "dmesg",
    "dmidecode",
    "free",
    "getent",
    "groups",
    "hostname",
    "hostnamectl",
    "id",
    "ifconfig",
    "ip",
    "last",
    "lsblk",
    "lscpu",
    "lshw",
    "lsmod",
    "lsof",
    "lspci",
    "lsusb",
    "mount",
    "netstat",
    "nproc",
    "ps",
    "pstree",
    "route",
    "ss",
    "sw_vers",
    "sysctl",
    "systeminfo",
    "top",
    "uname",
    "uptime",
    "users",
    "vmstat",
    "w",
    "who",
    "whoami",
];

/// Programs that bring bytes from the network, if only to print them. Sorted.
const FETCHERS: &[&str] = &[
    "aria2c",
    "axel",
    "curl",
    "curlie",
    "fetch",
    "ftp",
    "http",
    "https",
    "links",
    "lwp-request",
    "lynx",
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "tftp",
    "w3m",
    "wget",
    "wget2",
    "xh",
];

fn among(table: &[&str], name: &str) -> bool {
    table.binary_search(&name).is_ok()
}

/// Does it print what it reads from files?
pub(super) fn reads(name: &str) -> bool {
    among(READERS, name)
        || !(among(QUIET, name)
            || among(SAYERS, name)
            || among(PROBES, name)
            || among(FETCHERS, name)
            || runs(name))
}

/// Shells print what their commands print, and these are listed themselves.
fn runs(name: &str) -> bool {
    crate::wrappers::is_shell(name)
        || crate::wrappers::options(name).is_some()
        || matches!(name, "eval" | "source" | "")
}

/// Does it print its arguments?
pub(super) fn says(name: &str) -> bool {
    among(SAYERS, name)
}

/// Does what it finds on its standard input come out again?
pub(super) fn passes_on(name: &str, reads_file: bool, command: &Command) -> bool {
    if among(QUIET, name) || among(SAYERS, name) || among(PROBES, name) || runs(name) {
        return false;
    }
    let dash = || command.arguments.iter().any(|word| word.value == "-" || word.value == "/dev/stdin");
    !among(READERS, name) || !reads_file || name == "tee" || dash()
}

/// What a command makes of its own.
pub(super) fn own(name: &str, command: &Command) -> Vec<Source> {
    let arguments = &command.arguments;
    let plain = || arguments.iter().filter(|word| !word.value.starts_with('-'));
    match name {
        "printenv" if plain().next().is_some() => {
            plain().map(|word| Source::Environment(word.value.clone())).collect()
        }
        "env" if plain().any(|word| !word.value.contains('=')) => Vec::new(),
        "env" | "printenv" => vec![Source::Environment(String::new())],
        "set" | "export" | "declare" | "typeset" if plain().next().is_none() => {
            vec![Source::Environment(String::new())]
        }
        "getent" if plain().any(|word| word.value == "shadow") => {
            vec![Source::Secret("/etc/shadow".to_owned())]
        }
        "" if command.program.is_none() && !command.arguments.is_empty() => vec![Source::Unknown],
        _ if among(PROBES, name) => vec![Source::System],
        _ if among(FETCHERS, name) => hosts(arguments).into_iter().map(Source::Network).collect(),
        _ if among(READERS, name) || among(QUIET, name) || says(name) || runs(name) => Vec::new(),
        "alias" | "jobs" | "history" | "unalias" | "trap" | "shopt" | "ulimit" | "umask" => Vec::new(),
        _ => vec![Source::Unknown],
    }
}

/// The hosts among the arguments of a program that fetches.
fn hosts(arguments: &[Word]) -> Vec<String> {
    let host = |word: &Word| {
        let (_, rest) = word.value.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        Some(host.split(':').next().unwrap_or_default().to_owned())
    };
    let found: Vec<String> = arguments.iter().filter_map(host).collect();
    if !found.is_empty() {
        return found;
    }
    let first = arguments.iter().find(|word| !word.value.starts_with('-') && word.value.contains('.'));
    let name = first.map(|word| word.value.split(['/', ':']).next().unwrap_or_default().to_owned());
    vec![name.unwrap_or_default()]
}

/// The names under which a fetcher saves what it gets, when it is not told one.
pub(super) fn saved(name: &str, command: &Command) -> Vec<String> {
    let arguments = &command.arguments;
    let short = |word: &&Word, letter: char| {
        word.value.starts_with('-') && !word.value.starts_with("--") && word.value.contains(letter)
    };
    let saves = match name {
        "curl" => arguments.iter().any(|word| short(&word, 'O') || word.value.starts_with("--remote-name")),
        "wget" | "wget2" => {
            !arguments.iter().any(|word| short(&word, 'O') || word.value.starts_with("--output-d"))
        }
        "aria2c" | "axel" => true,
        _ => false,
    };
    if !saves {
        return Vec::new();
    }
    let file = |word: &Word| {
        let path = word.value.split(['?', '#']).next().unwrap_or_default();
        let rest = path.split_once("://").map_or(path, |(_, rest)| rest);
        let name = basename(rest);
        (rest.contains('/') && !word.value.starts_with('-') && !name.is_empty()).then(|| name.to_owned())
    };
    arguments.iter().filter_map(file).collect()
}

/// Files that say what the machine is.
pub(super) fn tells_of_the_machine(path: &str) -> bool {
    matches!(
        path,
        "/etc/os-release"
            | "/etc/hostname"
            | "/etc/issue"
            | "/etc/machine-id"
            | "/etc/lsb-release"
            | "/usr/lib/os-release"
    ) || ((path.starts_with("/proc/") || path.starts_with("/sys/")) && !path.ends_with("/environ"))
}

#[cfg(test)]
mod tests {
    use super::{FETCHERS, PROBES, QUIET, READERS, SAYERS};

    #[test]
    fn tables_are_sorted() {
        for table in [FETCHERS, PROBES, QUIET, READERS, SAYERS] {
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]), "{table:?}");
        }
    }
}
