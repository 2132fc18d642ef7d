//! Links the binary so that it starts quickly: every hook call and every confined command pays for its start.
//!
//! Nothing here is needed for a working binary, so whatever the toolchain does not offer is left out.

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
    // 40,000 addresses in tables of constants are adjusted at each start, as the binary has no fixed place. Packed they
    // take 12 kB to read instead of 1 MB. Older loaders refuse such a binary, so it is made only where it can be run;
    // releases are to be built on the oldest system that they are for.
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && reads_packed_relocations() {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
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
