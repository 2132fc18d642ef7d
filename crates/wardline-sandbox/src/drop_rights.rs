//! Giving up rights for good: capabilities, the gain from set-user-id programs, kernel calls.

use std::io;

use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, remove_capability_from_bounding_set,
    set_capabilities,
};

use crate::filter;

/// Empties every capability set and sets no_new_privs, for this process and all that come from it.
///
/// With `owner`, the process owns its user namespace and so may, and must, close the ways by which an exec as user 0
/// would bring capabilities back.
pub(crate) fn all(owner: bool) -> io::Result<()> {
    if owner {
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

/// Installs the seccomp filters on this thread and all that come from it, and says how many.
pub(crate) fn filter(closed: bool) -> io::Result<usize> {
    let programs = filter::programs(closed).map_err(io::Error::other)?;
    for program in &programs {
        seccompiler::apply_filter(program).map_err(|error| io::Error::other(error.to_string()))?;
    }
    Ok(programs.len())
}
