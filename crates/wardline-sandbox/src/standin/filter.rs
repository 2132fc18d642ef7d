//! The filter that hands calls over: those that rename, remove or newly create. Everything else goes on unseen.
//!
//! It comes after the filter that shuts doors, and the stricter of the two answers counts, so nothing that is shut
//! there is opened here. Calls of another architecture are fatal there.

use std::io;

use wardline_sys::notify::Instruction;

const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;

const ALLOW: u32 = 0x7fff_0000;
const HAND_OVER: u32 = 0x7fc0_0000;

/// Where the number of the call and the low half of an argument stand.
const NUMBER: u32 = 0;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

const NEW: u32 = (libc::O_CREAT | libc::O_EXCL).cast_unsigned();
const DIRECTORY: u32 = libc::AT_REMOVEDIR.cast_unsigned();

/// An argument that under a mask has a value.
type When = (u32, u32, u32);

/// When a call is handed over: always, or by an argument.
const CALLS: &[(libc::c_long, Option<When>)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_rename, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_unlink, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Some((1, NEW, NEW))),
    (libc::SYS_renameat, None),
    (libc::SYS_renameat2, None),
    (libc::SYS_unlinkat, Some((2, DIRECTORY, 0))),
    (libc::SYS_openat, Some((2, NEW, NEW))),
];

/// The program of the filter.
pub(super) fn program() -> io::Result<Vec<Instruction>> {
    let step = |code, jump_true, jump_false, operand| Instruction { code, jump_true, jump_false, operand };
    let mut program = vec![step(LOAD, 0, 0, NUMBER)];
    for (call, when) in CALLS {
        let number = u32::try_from(*call).map_err(io::Error::other)?;
        match *when {
            None => {
                program.extend([step(JUMP_IF_EQUAL, 0, 1, number), step(RETURN, 0, 0, HAND_OVER)]);
            }
            Some((index, mask, value)) => program.extend([
                step(JUMP_IF_EQUAL, 0, 5, number),
                step(LOAD, 0, 0, argument(index)),
                step(AND, 0, 0, mask),
                step(JUMP_IF_EQUAL, 0, 1, value),
                step(RETURN, 0, 0, HAND_OVER),
                step(RETURN, 0, 0, ALLOW),
            ]),
        }
    }
    program.push(step(RETURN, 0, 0, ALLOW));
    Ok(program)
}
