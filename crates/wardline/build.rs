//! Links the binary so that it starts quickly: every hook call and every confined command pays for its start.
//!
//! Nothing here is needed for a working binary, so whatever the toolchain does not offer is left out.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| std::env::var(name).is_ok_and(|value| value == wanted);
    let native = std::env::var("HOST").ok() == std::env::var("TARGET").ok();
    if !(native && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")) {
        return;
    }
    // The unwinder of GCC becomes a part of the binary (its licence allows that for any program), which saves the search
    // for a shared library and its relocation.
    if said("cc", &["-print-file-name=libgcc_eh.a"]).is_some_and(|path| path.starts_with('/')) {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    // 30,000 addresses in tables of constants are adjusted at each start, as the binary has no fixed place. Packed they
    // take 8 kB to read instead of 0.7 MB. Older loaders refuse such a binary, so it is made only where it can be run;
    // releases are to be built on the oldest system that they are for.
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && reads_packed_relocations() {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    println!("cargo:rerun-if-changed=start.order");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("PROFILE", "release") && links_as_usual() {
        side_by_side();
    }
}

/// Lays what a start enters side by side: the kernel maps code around what is run, and scattered functions cost twice the
/// faults and 4 MB. `start.order` is made by `bench/layout.py`; what it names and nobody has any more is passed over.
fn side_by_side() {
    let (Ok(order), Some(out)) = (std::fs::read_to_string("start.order"), std::env::var_os("OUT_DIR")) else {
        return;
    };
    let plain = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.$?*".contains(c))
    };
    let mut script = String::from("SECTIONS {\n  .text.start : {\n");
    for name in order.lines().filter(plain) {
        let _ = writeln!(script, "    *(.text.{name} .text.unlikely.{name})");
    }
    script.push_str("  }\n} INSERT BEFORE .text;\n");
    let path = Path::new(&out).join("start.ld");
    if std::fs::write(&path, script).is_ok() {
        println!("cargo:rustc-link-arg-bins=-Wl,-T,{}", path.display());
    }
}

/// Whether the linker is the one that comes with the toolchain, or the system's: both add a script with `INSERT` to their own
/// layout. Others refuse it.
fn links_as_usual() -> bool {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    std::env::var_os("RUSTC_LINKER").is_none() && !flags.contains("fuse-ld") && !flags.contains("linker")
}

/// Whether this host's loader is of glibc 2.36 or newer.
fn reads_packed_relocations() -> bool {
    let version = said("getconf", &["GNU_LIBC_VERSION"]);
    let numbers = version.as_deref().and_then(|text| text.strip_prefix("glibc ")?.split_once('.'));
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    numbers.is_some_and(|(major, minor)| (number(major), number(minor)) >= (2, 36))
}

/// What a program prints, when it can be run.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
