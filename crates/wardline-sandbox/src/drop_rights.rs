//! Giving up rights for good: capabilities, the gain from set-user-id programs, kernel calls.

use std::io;

use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, remove_capability_from_bounding_set,
    set_capabilities,
};

use crate::filter;

/// Empties every capability set and sets no_new_privs, for this process and all that come from it.
///
/// A process that may, also closes the ways by which an exec as user 0 would bring capabilities back. One that may not
/// has no capabilities to bring back.
pub(crate) fn all() -> io::Result<()> {
    if rustix::thread::capabilities(None)?.effective.contains(CapabilitySet::SETPCAP) {
        for bit in 0..64 {
            let capability = CapabilitySet::from_bits_retain(1 << bit);
            match remove_capability_from_bounding_set(capability) {
                Ok(()) => {}
                // Past the last one that this kernel knows.
                Err(rustix::io::Errno::INVAL) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let bits = CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED;
        rustix::thread::set_capabilities_secure_bits(bits)?;
    }
    rustix::thread::clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(rustix::thread::set_no_new_privs(true)?)
}

/// Installs the seccomp filter on this thread and all that come from it, and says how many instructions it has.
pub(crate) fn filter(closed: bool) -> io::Result<usize> {
    let program = filter::program(closed).map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(program.len())
}
