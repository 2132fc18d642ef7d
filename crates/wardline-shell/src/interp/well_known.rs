//! Programs that a pattern in place of a name may stand for.

use crate::interp::patterns::matches_text;

/// Where they are looked for.
const DIRECTORIES: &[&str] = &["/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"];

/// Those that do the most harm come first.
const NAMES: &[&str] = &[
    "rm",
    "dd",
    "shred",
    "mkfs",
    "mkfs.ext4",
    "wipefs",
    "blkdiscard",
    "mkswap",
    "sgdisk",
    "sfdisk",
    "fdisk",
    "gdisk",
    "parted",
    "cryptsetup",
    "hdparm",
    "mdadm",
    "lvremove",
    "vgremove",
    "pvremove",
    "losetup",
    "bash",
    "sh",
    "dash",
    "zsh",
    "sudo",
    "su",
    "curl",
    "wget",
    "nc",
    "ncat",
    "socat",
    "ssh",
    "scp",
    "rsync",
    "chmod",
    "chown",
    "mv",
    "cp",
    "ln",
    "tee",
    "truncate",
    "unlink",
    "install",
    "split",
    "sort",
    "gzip",
    "patch",
    "chattr",
    "setfacl",
    "setcap",
    "nsenter",
    "unshare",
    "chroot",
    "nohup",
    "timeout",
    "watch",
    "script",
    "telnet",
    "ftp",
    "sftp",
    "dig",
    "vim",
    "ed",
    "make",
    "npm",
    "pip",
    "journalctl",
    "history",
    "auditctl",
    "setenforce",
    "ufw",
    "nft",
    "swapoff",
    "sysctl",
    "modprobe",
    "userdel",
    "groupdel",
    "chpasswd",
    "psql",
    "mysql",
    "redis-cli",
    "kubectl",
    "terraform",
    "aws",
    "find",
    "xargs",
    "env",
    "python3",
    "python",
    "perl",
    "ruby",
    "node",
    "php",
    "awk",
    "sed",
    "tar",
    "git",
    "docker",
    "kill",
    "killall",
    "pkill",
    "crontab",
    "at",
    "systemctl",
    "shutdown",
    "reboot",
    "halt",
    "poweroff",
    "mount",
    "umount",
    "insmod",
    "iptables",
    "useradd",
    "usermod",
    "passwd",
    "visudo",
    "base64",
    "openssl",
    "cat",
    "less",
    "head",
    "tail",
    "cut",
    "ls",
    "echo",
    "printf",
    "id",
    "whoami",
    "uname",
    "ps",
    "touch",
    "mkdir",
    "rmdir",
    "busybox",
];

/// The first of them that a pattern with a directory matches, as a path.
pub(crate) fn matching(pattern: &str) -> Option<String> {
    let (directory, name) = pattern.rsplit_once('/')?;
    let parts = directory.split('/').count();
    let place = DIRECTORIES.iter().find(|place| {
        place.split('/').count() == parts
            && place.split('/').zip(directory.split('/')).all(|(own, wanted)| matches_text(wanted, own))
    })?;
    let name = NAMES.iter().find(|own| matches_text(name, own))?;
    Some(format!("{place}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn patterns_stand_for_the_worst_they_match() {
        for (pattern, expected) in [
            ("/bin/r?", Some("/bin/rm")),
            ("/???/rm", Some("/bin/rm")),
            ("/bin/r[m]", Some("/bin/rm")),
            ("/u*/bin/cu*", Some("/usr/bin/curl")),
            ("/home/x/r?", None),
            ("/bin/zzz?", None),
        ] {
            assert_eq!(matching(pattern).as_deref(), expected, "{pattern}");
        }
    }
}
