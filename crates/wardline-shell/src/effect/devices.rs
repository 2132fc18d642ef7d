//! Effects on disks, partitions, volumes and firmware.

use super::{Call, Effect, EffectKind, Effects, Target, Zone};
use crate::answer::{Certainty, Word};
use crate::options::{Part, parts};

/// What must be among the arguments for a program to destroy anything.
enum When {
    Always,
    /// One of these words or options.
    With(&'static [&'static str]),
    /// None of these.
    Without(&'static [&'static str]),
}
use When::{Always, With, Without};

struct Tool {
    name: &'static str,
    when: When,
    /// Its operands name devices or image files; else they name volumes and pools.
    paths: bool,
    options: &'static str,
}

const fn tool(name: &'static str, when: When, options: &'static str) -> Tool {
    Tool { name, when, paths: true, options }
}

const fn volume(name: &'static str, when: When, options: &'static str) -> Tool {
    Tool { name, when, paths: false, options }
}

const LIST: &[&str] = &[
    "-l",
    "--list",
    "-d",
    "--dump",
    "-p",
    "--print",
    "-s",
    "-V",
    "--version",
    "--help",
    "-h",
    "-J",
    "--verify",
    "-n",
    "--no-act",
    "-v",
    "-i",
    "--info",
    "-b",
    "--backup",
    "-F",
];

/// Sorted by name. `mkfs` with any ending counts as `mkfs`.
static TOOLS: &[Tool] = &[
    tool("badblocks", With(&["-w"]), "-b:t -c:t -d:t -e:t -i:t -o:t -p:t -t:t"),
    tool(
        "blkdiscard",
        Without(&["-h", "--help", "-V", "--version"]),
        "-o:t --offset:t -l:t --length:t -p:t --step:t",
    ),
    tool("cfdisk", Without(&["-h", "--help", "-r", "--read-only"]), ""),
    tool(
        "cryptsetup",
        With(&["luksFormat", "erase", "luksErase", "reencrypt", "luksKillSlot", "luksRemoveKey", "format"]),
        "-c:t --cipher:t -s:t --key-size:t -h:t --hash:t --key-file:r -d:r --type:t --label:t -i:t --iter-time:t --pbkdf:t",
    ),
    tool("dc3dd", Always, ""),
    tool("dcfldd", Always, ""),
    tool("ddrescue", Without(&["--help", "-h"]), "-b:t -r:t -c:t"),
    tool("fdisk", Without(LIST), "-C:t -H:t -S:t -b:t -t:t"),
    volume("flashrom", With(&["-w", "--write", "-E", "--erase"]), "-p:t --programmer:t -c:t -l:t -i:t"),
    tool("gdisk", Without(LIST), ""),
    tool(
        "grub-install",
        Without(&["--help", "--version"]),
        "--target:t --efi-directory:t --boot-directory:t --bootloader-id:t",
    ),
    tool(
        "hdparm",
        With(&[
            "--security-erase",
            "--security-erase-enhanced",
            "--trim-sector-ranges",
            "--write-sector",
            "--make-bad-sector",
            "--repair-sector",
            "--dco-restore",
            "--fwdownload",
            "--security-set-pass",
        ]),
        "--security-erase:t --security-erase-enhanced:t --security-set-pass:t --user-master:t --write-sector:t --make-bad-sector:t --repair-sector:t --trim-sector-ranges:t",
    ),
    volume("lvreduce", Always, "-L:t --size:t -l:t"),
    volume("lvremove", Without(&["-t", "--test"]), "-S:t"),
    tool("mdadm", With(&["--zero-superblock", "--create", "-C"]), "-l:t -n:t --level:t --raid-devices:t"),
    tool("mke2fs", Without(&["-n", "-V"]), "-t:t -b:t -L:t -m:t -N:t -O:t -E:t -T:t -U:t -i:t -I:t -j=t"),
    tool(
        "mkfs",
        Without(&["-N", "-V", "--version", "--help"]),
        "-t:t --type:t -b:t -L:t -m:t -n:t -O:t -E:t -F=t -i:t -I:t -s:t -S:t -U:t -R:t -d:t --label:t",
    ),
    tool("mkntfs", Without(&["-n"]), "-L:t -s:t -c:t"),
    tool("mkswap", Without(&["--help"]), "-L:t --label:t -U:t -p:t"),
    volume(
        "nvme",
        With(&["format", "sanitize", "delete-ns", "write-zeroes", "write-uncor", "fw-download"]),
        "-n:t -s:t -l:t --ses:t",
    ),
    tool("nwipe", Always, "-m:t --method:t"),
    tool(
        "parted",
        With(&["mklabel", "mktable", "mkpart", "rm", "resizepart", "set", "rescue", "mkpartfs"]),
        "-a:t --align:t",
    ),
    tool("pvcreate", Without(&["-t", "--test"]), "-u:t"),
    tool("pvremove", Without(&["-t", "--test"]), ""),
    tool("scrub", Always, "-p:t"),
    tool("sfdisk", Without(LIST), "-N:t --label:t -X:t"),
    tool(
        "sgdisk",
        With(&[
            "-Z",
            "--zap-all",
            "-z",
            "--zap",
            "-o",
            "--clear",
            "-d",
            "--delete",
            "-n",
            "--new",
            "-G",
            "-g",
            "-R",
            "--replicate",
            "-t",
            "--typecode",
            "-l",
            "--load-backup",
        ]),
        "-d:t --delete:t -n:t --new:t -t:t --typecode:t -c:t -R:t -l:t -a:t -A:t -u:t",
    ),
    volume("vgreduce", Always, ""),
    volume("vgremove", Without(&["-t", "--test"]), ""),
    tool("wipefs", With(&["-a", "--all", "-o", "--offset"]), "-o:t --offset:t -t:t --types:t"),
    volume("zfs", With(&["destroy", "rollback"]), ""),
    volume("zpool", With(&["destroy", "labelclear", "create", "offline"]), "-o:t -O:t -m:t -R:t"),
];

/// The effects of a program that this file knows; false when it knows nothing of it.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    if call.name == "efibootmgr" {
        if call.arguments.iter().any(|word| {
            matches!(word.value.as_str(), "-B" | "--delete-bootnum" | "-O" | "--delete-bootorder")
        }) {
            out.add(EffectKind::Format, Target::Name("boot entries".to_owned()));
        }
        return true;
    }
    let name = if call.name.starts_with("mkfs.") || call.name == "mkdosfs" { "mkfs" } else { call.name };
    let Some(tool) = TOOLS.binary_search_by(|tool| tool.name.cmp(name)).ok().and_then(|at| TOOLS.get(at))
    else {
        return false;
    };
    let parts = parts(call.arguments, tool.options, true);
    if !acts(&tool.when, call.arguments, &parts) {
        return true;
    }
    let before = out.count();
    for part in &parts {
        if let Part::Operand(at) = part
            && let Some(word) = call.arguments.get(*at)
        {
            operand(call, tool, word, out);
        }
    }
    if out.count() == before {
        out.add_sure(EffectKind::Format, Target::Name(String::new()), Certainty::Assumed);
    }
    true
}

fn acts(when: &When, arguments: &[Word], parts: &[Part]) -> bool {
    let given = |names: &[&str]| {
        arguments.iter().any(|word| names.contains(&word.value.as_str()))
            || parts
                .iter()
                .any(|part| matches!(part, Part::Option { name, .. } if names.contains(&name.as_str())))
    };
    match when {
        Always => true,
        With(names) => given(names),
        Without(names) => !given(names),
    }
}

/// A device is formatted; an image file is only replaced.
fn operand(call: &Call<'_>, tool: &Tool, word: &Word, out: &mut Effects<'_>) {
    let value = word.value.as_str();
    let plain = matches!(&tool.when, With(names) if names.contains(&value));
    if plain || value.is_empty() {
        return;
    }
    if !tool.paths && !value.starts_with('/') {
        out.add_sure(EffectKind::Format, Target::Name(value.to_owned()), word.certainty).detail =
            call.name.to_owned();
        return;
    }
    let word = match value.split_once('=') {
        Some(("of" | "wipe" | "hof" | "ofs", file)) => crate::options::part_of(word, file),
        Some(_) if tool.name.ends_with("dd") => return,
        _ => word.clone(),
    };
    for (target, certainty) in out.paths(&word, false) {
        let Target::Path { zone, path, .. } = &target else { continue };
        let kind = match zone {
            Zone::Device | Zone::Unknown => EffectKind::Format,
            // A number, a size, a name: no file that is there.
            _ if !word.value.contains(['/', '.']) => continue,
            Zone::Sink | Zone::Kernel => continue,
            _ if path.starts_with("/dev/") => EffectKind::Format,
            _ => EffectKind::Replace,
        };
        out.add_sure(kind, target, certainty).detail = call.name.to_owned();
    }
}

/// Whatever writes into a device formats it.
pub(crate) fn raw(effects: &mut Vec<Effect>) {
    let writes = |effect: &&Effect| {
        matches!(effect.kind, EffectKind::Write | EffectKind::Replace)
            && matches!(effect.target, Target::Path { zone: Zone::Device, .. })
    };
    let formats: Vec<Effect> = effects
        .iter()
        .filter(writes)
        .map(|effect| Effect { kind: EffectKind::Format, ..effect.clone() })
        .collect();
    for format in formats {
        if !effects.iter().any(|effect| effect.kind == EffectKind::Format && effect.target == format.target) {
            effects.push(format);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TOOLS;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for pair in TOOLS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
        }
    }
}
