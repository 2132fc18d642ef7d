//! Effects of programs that pack and unpack.

use super::files::Given;
use super::{Call, EffectKind, Effects};
use crate::answer::{Access, Word};
use crate::expand::known;
use crate::options::part_of;
use crate::special::TAR;

/// The effects of an archiver; false when `name` is none.
pub(crate) fn effects(name: &str, call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    match name {
        "7z" | "7za" | "7zr" => seven(call, out),
        "bunzip2" | "bzip2" | "gunzip" | "gzip" | "pigz" | "unxz" | "xz" | "lzma" | "unlzma" => {
            squeezed(call, out)
        }
        "zstd" | "unzstd" => squeezed(call, out),
        "cpio" => cpio(call, out),
        "split" => {
            pieces("-l:t -b:t -n:t -a:t -C:t -d=t -t:t --filter:c --additional-suffix:t", "x", call, out)
        }
        "csplit" => pieces("-f:w -n:t -b:t --prefix:w --suffix-format:t --digits:t", "xx", call, out),
        "tar" | "bsdtar" => tar(call, out),
        "unrar" | "rar" => unrar(call, out),
        "unzip" => unzip(call, out),
        "zip" => zip(call, out),
        _ => return false,
    }
    true
}

/// What an archive holds is not known: everything in the directory may be written.
fn extracts(directory: Option<&Word>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    let here = known(".");
    out.on(EffectKind::Write, directory.unwrap_or(&here), true, "extracted");
}

fn seven(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    let given = Given::new(call, "");
    let operands = given.operands();
    let directory =
        call.arguments.iter().find_map(|word| word.value.strip_prefix("-o").map(|path| part_of(word, path)));
    match operands.first().map(|word| word.value.as_str()) {
        Some("x" | "e") => extracts(directory.as_ref(), out),
        Some("a" | "u" | "d" | "rn") => {
            if let Some(archive) = operands.get(1) {
                out.on(EffectKind::Replace, archive, false, "");
            }
            if given.has(&["-sdel"]) {
                for word in operands.iter().skip(2) {
                    out.on(EffectKind::Delete, word, true, "packed");
                }
            }
        }
        _ => {}
    }
}

/// The file gives way to one with another ending: nothing is lost.
fn squeezed(call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Delete);
    let given = Given::new(call, "-S:t -T:t -o:w");
    if given.has(&["-k", "--keep", "-c", "--stdout", "-t", "--test", "-l", "--list", "-o"]) {
        return;
    }
    if call.name.contains("zstd") && !given.has(&["--rm"]) {
        return;
    }
    let recursive = given.has(&["-r", "--recursive"]);
    let ending = match call.name {
        "bunzip2" | "bzip2" => ".bz2",
        "unxz" | "xz" => ".xz",
        "lzma" | "unlzma" => ".lzma",
        "zstd" | "unzstd" => ".zst",
        _ => ".gz",
    };
    let unpacks = call.name.starts_with("un")
        || matches!(call.name, "gunzip" | "bunzip2")
        || given.has(&["-d", "--decompress", "--uncompress"]);
    for word in given.operands() {
        out.on(EffectKind::Delete, word, recursive, "packed or unpacked in its place");
        let other = match word.value.strip_suffix(ending) {
            Some(plain) if unpacks => plain.to_owned(),
            _ => format!("{}{ending}", word.value),
        };
        if word.complete {
            out.on(EffectKind::Write, &part_of(word, &other), recursive, "");
        }
    }
}

/// A file is cut into pieces whose names begin alike.
fn pieces(options: &'static str, usual: &str, call: &Call<'_>, out: &mut Effects<'_>) {
    out.told(Access::Write);
    let given = Given::new(call, options);
    let operands = given.operands();
    let prefix = match call.name {
        "csplit" => given.value(&["-f", "--prefix"]).cloned(),
        _ => operands.get(1).map(|word| (*word).clone()),
    };
    let prefix = prefix.unwrap_or_else(|| known(usual));
    let mut all = part_of(&prefix, &format!("{}*", prefix.value));
    all.glob = true;
    out.on(EffectKind::Replace, &all, false, "");
}

fn cpio(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-D:l --directory:l -F:r --file:r -O:w -I:r -H:t -E:r -C:t -R:t");
    if given.has(&["-i", "--extract"]) && !given.has(&["-t", "--list", "--to-stdout"]) {
        extracts(given.value(&["-D", "--directory"]), out);
    } else if given.has(&["-p", "--pass-through"]) {
        let operands = given.operands();
        extracts(operands.last().copied(), out);
    } else if let Some(archive) = given.value(&["-O", "-F", "--file"]) {
        out.on(EffectKind::Replace, archive, false, "");
    }
}

/// Packing with `--remove-files` deletes; what extracting and packing write, the table of paths says.
fn tar(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, TAR);
    if given.has(&["--remove-files", "--recursive-unlink"]) {
        // `tar czf a.tgz d`: a bundle of flags without a dash is followed by the values of those that take one.
        let bundle = call.arguments.first().filter(|word| !word.value.starts_with('-'));
        let values = |word: &Word| 1 + word.value.chars().filter(|flag| "fCTXbgI".contains(*flag)).count();
        for word in given.operands().into_iter().skip(bundle.map_or(0, values)) {
            out.on(EffectKind::Delete, word, true, "packed");
        }
    }
}

fn unrar(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "");
    let operands = given.operands();
    if operands.first().is_some_and(|word| matches!(word.value.as_str(), "x" | "e")) {
        let last = operands.last().filter(|word| operands.len() > 2 && word.value.ends_with('/'));
        extracts(last.copied(), out);
    }
}

fn unzip(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-d:w -x=t -P:t");
    out.told(Access::Write);
    if !given.has(&["-l", "-t", "-p", "-v", "-z", "-Z", "-c"]) {
        extracts(given.value(&["-d"]), out);
    }
}

fn zip(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::new(call, "-i:t -x:t -P:t -TT:c -b:w -n:t -t:t -s:t");
    if given.has(&["-m", "--move"]) {
        for word in given.operands().into_iter().skip(1) {
            out.on(EffectKind::Delete, word, true, "packed");
        }
    }
}
