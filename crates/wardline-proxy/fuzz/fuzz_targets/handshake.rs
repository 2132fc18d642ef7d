//! Feeds arbitrary bytes to `wardline_proxy::fuzzing::handshake`, which checks what must hold for all of them. Run it with
//! `cargo fuzz run handshake` from the crate's folder.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wardline_proxy::fuzzing::handshake(bytes));
