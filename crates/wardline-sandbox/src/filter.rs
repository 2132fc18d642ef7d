//! The seccomp filter: which kernel doors are shut, and why each one is.
//!
//! The filter is a table. What it does not name is allowed, because an ordinary program may need anything ordinary;
//! what it names is refused with an error, not with death, so that a program with another way takes it. The exception
//! is a call in the ABI of another architecture, which no honest program here makes.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

/// When a call is refused: always, or by its arguments.
#[derive(Clone, Copy)]
enum When {
    Always,
    /// The low 32 bits of the argument equal the value.
    Is(u8, u64),
    /// Any of the bits is set in the argument.
    AnyBit(u8, &'static [i32]),
    /// One argument has this bit, and another has any of these.
    BitWithAny((u8, i32), (u8, &'static [i32])),
    /// The argument is none of the values.
    NoneOf(u8, &'static [i32]),
    /// One argument has a value under a mask, and another has not.
    With {
        this: (u8, u64, u64),
        but_not: Option<(u8, u64)>,
    },
}

struct Door {
    call: libc::c_long,
    when: When,
    because: &'static str,
}

const fn shut(call: libc::c_long, because: &'static str) -> Door {
    Door { call, when: When::Always, because }
}

const fn shut_when(call: libc::c_long, when: When, because: &'static str) -> Door {
    Door { call, when, because }
}

const NAMESPACE_FLAGS: &[i32] = &[
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWCGROUP,
];

/// For clone, the bit of the time namespace is part of a signal number.
const UNSHARE_FLAGS: &[i32] = &[
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWTIME,
];

/// Families with a use inside: the loopback, the egress bridge, and the list of network interfaces.
const FAMILIES: &[i32] = &[libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

const NETLINK: u64 = 16;
const TYPE_MASK: u64 = 0xf;
const RAW: u64 = 3;
const PACKET: u64 = 10;

/// Set-user-id and set-group-id, as bits of a file's mode.
const SET_ID: &[i32] = &[0o4000, 0o2000];

/// The flags with which an open makes a file, and so heeds its mode.
const CREATE: i32 = libc::O_CREAT;
const UNNAMED: i32 = libc::O_TMPFILE & !libc::O_DIRECTORY;

/// The same on every architecture.
const FCHMODAT2: libc::c_long = 452;
const OPEN_TREE_ATTR: libc::c_long = 467;

/// The requests by which a program changes what the keys of a console mean, from `linux/kd.h`.
const KDSKBENT: u64 = 0x4b47;
const KDSKBSENT: u64 = 0x4b49;
const KDSKBDIACR: u64 = 0x4b4b;
const KDSETKEYCODE: u64 = 0x4b4d;
const KDSKBDIACRUC: u64 = 0x4bfb;
const REMAPS: &str = "changes what the keys of the console mean";

/// The user is the same on the host, so a file that is set-user-id inside is so on the host, and its owner's rights
/// are anybody's. A directory cannot be told from a file here: there the bits are refused too.
const SET_ID_FILE: &str = "a set-user-id or set-group-id file outlives the sandbox and works on the host";

/// Process 1 counts what is used and ends what uses too much; the user is the same, so nothing else keeps it from being slowed down.
const STARVES: &str = "takes the processor from the process that keeps the limits";
/// The kind of `setpriority` that is about all processes of a user, from `sys/resource.h`.
const PRIO_USER: u64 = 2;

/// Refused with "not permitted".
const DOORS: &[Door] = &[
    // A ring runs operations in the kernel, where no filter sees them.
    shut(libc::SYS_io_uring_setup, "operations in a ring bypass this filter"),
    shut(libc::SYS_io_uring_enter, "operations in a ring bypass this filter"),
    shut(libc::SYS_io_uring_register, "operations in a ring bypass this filter"),
    // Kernel surface that serves kernel work, with a long record of holes.
    shut(libc::SYS_bpf, "loads code into the kernel"),
    shut(libc::SYS_perf_event_open, "large and often broken kernel surface"),
    shut(libc::SYS_userfaultfd, "holds the kernel at a chosen page fault; helps exploits"),
    shut(libc::SYS_lookup_dcookie, "kernel addresses"),
    shut(libc::SYS_fanotify_init, "watches whole file systems"),
    shut(libc::SYS_fanotify_mark, "watches whole file systems"),
    shut(libc::SYS_open_by_handle_at, "opens files by number, past every path rule"),
    shut(libc::SYS_name_to_handle_at, "gives the numbers for open_by_handle_at"),
    shut(libc::SYS_vmsplice, "page cache tricks; ordinary programs do without"),
    // Keys belong to the user, not to a namespace.
    shut(libc::SYS_add_key, "the key ring is shared with the host"),
    shut(libc::SYS_request_key, "the key ring is shared with the host"),
    shut(libc::SYS_keyctl, "the key ring is shared with the host"),
    // Reaching into other processes.
    shut(libc::SYS_ptrace, "controls another process"),
    shut(libc::SYS_process_vm_readv, "reads another process"),
    shut(libc::SYS_process_vm_writev, "writes another process"),
    shut(libc::SYS_process_madvise, "acts on another process"),
    shut(libc::SYS_process_mrelease, "acts on another process"),
    shut(libc::SYS_move_pages, "acts on another process, and tells where memory lies"),
    shut(libc::SYS_migrate_pages, "acts on another process"),
    shut_when(
        libc::SYS_prlimit64,
        When::NoneOf(0, &[0]),
        "limits another process, such as the one that keeps the limits",
    ),
    shut_when(libc::SYS_sched_setscheduler, When::Is(0, 1), STARVES),
    shut_when(libc::SYS_sched_setparam, When::Is(0, 1), STARVES),
    shut_when(libc::SYS_sched_setattr, When::Is(0, 1), STARVES),
    shut_when(libc::SYS_sched_setaffinity, When::Is(0, 1), STARVES),
    shut_when(libc::SYS_setpriority, When::Is(1, 1), STARVES),
    shut_when(libc::SYS_setpriority, When::Is(0, PRIO_USER), STARVES),
    shut_when(libc::SYS_ioprio_set, When::Is(1, 1), STARVES),
    shut(libc::SYS_pidfd_getfd, "takes descriptors from another process"),
    shut(libc::SYS_kcmp, "compares kernel pointers of processes"),
    // Changing what the file rules were made for.
    shut(libc::SYS_mount, "changes the file view"),
    shut(libc::SYS_umount2, "uncovers what is masked"),
    shut(libc::SYS_pivot_root, "changes the file view"),
    shut(libc::SYS_chroot, "changes the file view"),
    shut(libc::SYS_move_mount, "changes the file view"),
    shut(libc::SYS_open_tree, "changes the file view"),
    shut(OPEN_TREE_ATTR, "changes the file view"),
    shut(libc::SYS_fsopen, "changes the file view"),
    shut(libc::SYS_fsconfig, "changes the file view"),
    shut(libc::SYS_fsmount, "changes the file view"),
    shut(libc::SYS_fspick, "changes the file view"),
    shut(libc::SYS_mount_setattr, "changes the file view"),
    shut(libc::SYS_quotactl, "administers file systems"),
    shut(libc::SYS_quotactl_fd, "administers file systems"),
    // Namespaces hand out capabilities, and with them kernel surface.
    shut_when(libc::SYS_unshare, When::AnyBit(0, UNSHARE_FLAGS), "new namespaces bring capabilities"),
    shut(libc::SYS_setns, "enters other namespaces"),
    shut_when(libc::SYS_clone, When::AnyBit(0, NAMESPACE_FLAGS), "new namespaces bring capabilities"),
    // Administration of the machine.
    shut(libc::SYS_kexec_load, "replaces the kernel"),
    shut(libc::SYS_kexec_file_load, "replaces the kernel"),
    shut(libc::SYS_init_module, "loads code into the kernel"),
    shut(libc::SYS_finit_module, "loads code into the kernel"),
    shut(libc::SYS_delete_module, "unloads code from the kernel"),
    shut(libc::SYS_swapon, "administers the machine"),
    shut(libc::SYS_swapoff, "administers the machine"),
    shut(libc::SYS_reboot, "administers the machine"),
    shut(libc::SYS_acct, "administers the machine"),
    shut(libc::SYS_syslog, "reads the kernel's log"),
    shut(libc::SYS_settimeofday, "administers the machine"),
    shut(libc::SYS_clock_settime, "administers the machine"),
    shut(libc::SYS_clock_adjtime, "administers the machine"),
    shut(libc::SYS_adjtimex, "administers the machine"),
    shut(libc::SYS_sethostname, "administers the machine"),
    shut(libc::SYS_setdomainname, "administers the machine"),
    shut(libc::SYS_vhangup, "administers the terminal"),
    shut(libc::SYS_nfsservctl, "administers the machine"),
    // Weakening a program's own protection. 0xffffffff only asks, 0 is the ordinary personality.
    shut_when(libc::SYS_personality, When::NoneOf(0, &[0, -1]), "turns address randomisation off"),
    // Sockets that no network namespace or file rule bounds, or that forge packets.
    shut_when(
        libc::SYS_socket,
        When::NoneOf(0, FAMILIES),
        "vsock, alg, bluetooth, packet and others pass every namespace",
    ),
    shut_when(libc::SYS_socketpair, When::NoneOf(0, FAMILIES), "as for socket"),
    shut_when(
        libc::SYS_socket,
        When::With { this: (0, u64::MAX, NETLINK), but_not: Some((2, 0)) },
        "of netlink only the interface list (route, protocol 0), which name resolvers and node ask for",
    ),
    shut_when(
        libc::SYS_socket,
        When::With { this: (1, TYPE_MASK, PACKET), but_not: None },
        "packet sockets forge traffic",
    ),
    shut_when(
        libc::SYS_socket,
        When::With { this: (1, TYPE_MASK, RAW), but_not: Some((0, NETLINK)) },
        "raw sockets forge traffic",
    ),
    // Files that lend their owner's rights. Of openat2, which has its mode in memory, see `ABSENT`.
    shut_when(libc::SYS_fchmod, When::AnyBit(1, SET_ID), SET_ID_FILE),
    shut_when(libc::SYS_fchmodat, When::AnyBit(2, SET_ID), SET_ID_FILE),
    shut_when(FCHMODAT2, When::AnyBit(2, SET_ID), SET_ID_FILE),
    shut_when(libc::SYS_mknodat, When::AnyBit(2, SET_ID), SET_ID_FILE),
    shut_when(libc::SYS_openat, When::BitWithAny((2, CREATE), (3, SET_ID)), SET_ID_FILE),
    shut_when(libc::SYS_openat, When::BitWithAny((2, UNNAMED), (3, SET_ID)), SET_ID_FILE),
    #[cfg(target_arch = "x86_64")]
    shut_when(libc::SYS_chmod, When::AnyBit(1, SET_ID), SET_ID_FILE),
    #[cfg(target_arch = "x86_64")]
    shut_when(libc::SYS_mknod, When::AnyBit(1, SET_ID), SET_ID_FILE),
    #[cfg(target_arch = "x86_64")]
    shut_when(libc::SYS_creat, When::AnyBit(1, SET_ID), SET_ID_FILE),
    #[cfg(target_arch = "x86_64")]
    shut_when(libc::SYS_open, When::BitWithAny((1, CREATE), (2, SET_ID)), SET_ID_FILE),
    #[cfg(target_arch = "x86_64")]
    shut_when(libc::SYS_open, When::BitWithAny((1, UNNAMED), (2, SET_ID)), SET_ID_FILE),
    // Typing into the terminal of the person who started us.
    shut_when(libc::SYS_ioctl, When::Is(1, libc::TIOCSTI), "puts characters into the terminal's input"),
    shut_when(libc::SYS_ioctl, When::Is(1, libc::TIOCLINUX), "pastes into the console"),
    shut_when(libc::SYS_ioctl, When::Is(1, libc::TIOCSETD), "loads line disciplines into the kernel"),
    shut_when(libc::SYS_ioctl, When::Is(1, libc::TIOCCONS), "takes the console's messages"),
    // A remapped key types for the person, on every console and after the session.
    shut_when(libc::SYS_ioctl, When::Is(1, KDSKBENT), REMAPS),
    shut_when(libc::SYS_ioctl, When::Is(1, KDSKBSENT), REMAPS),
    shut_when(libc::SYS_ioctl, When::Is(1, KDSKBDIACR), REMAPS),
    shut_when(libc::SYS_ioctl, When::Is(1, KDSKBDIACRUC), REMAPS),
    shut_when(libc::SYS_ioctl, When::Is(1, KDSETKEYCODE), REMAPS),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_modify_ldt, "old and rarely tested processor state"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_iopl, "hardware ports"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_ioperm, "hardware ports"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_remap_file_pages, "obsolete"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_uselib, "obsolete loader"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_ustat, "obsolete"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS_sysfs, "obsolete"),
    #[cfg(target_arch = "x86_64")]
    shut(libc::SYS__sysctl, "obsolete"),
];

/// Refused with "no such call": programs then use the older call, whose arguments a filter can read. The new one's are
/// in memory, where a filter cannot see that a new namespace or a set-user-id file is asked for.
const ABSENT: &[Door] = &[
    shut(libc::SYS_clone3, "its flags are in memory, out of the filter's sight"),
    shut(
        libc::SYS_openat2,
        "the mode of a new file is in memory, out of the filter's sight; openat does the same",
    ),
];

/// Shut as well when there is no network namespace to hold sockets back.
const NO_NETWORK: &[Door] = &[shut(
    libc::SYS_socket,
    "without an own network, host sockets and the network stay out of reach this way",
)];

/// `TIOC*` request numbers are compared in 32 bits, as the kernel does: it ignores the upper half.
const ARGUMENT: SeccompCmpArgLen = SeccompCmpArgLen::Dword;

/// A kernel call that a confined program is refused, always or with certain arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedCall {
    /// The number of the call on this architecture.
    pub call: i64,
    /// Whether it is refused whatever its arguments.
    pub always: bool,
    /// Why.
    pub because: &'static str,
}

/// Every kernel call that a confined program is refused, with the reason.
#[must_use]
pub fn refused_calls() -> Vec<RefusedCall> {
    let refused = |door: &Door| RefusedCall {
        call: door.call,
        always: matches!(door.when, When::Always),
        because: door.because,
    };
    ABSENT.iter().chain(DOORS).map(refused).collect()
}

/// The filter program for this machine. `closed` shuts sockets altogether.
///
/// # Errors
/// In words, when the machine's architecture is unknown.
pub(crate) fn program(closed: bool) -> Result<BpfProgram, String> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let doors = DOORS.iter().chain(if closed { NO_NETWORK } else { &[] });
    let mut program = compile(doors, libc::EPERM, architecture)?;
    // The jumps of the compiled part are relative, so these go in front.
    if cfg!(target_arch = "x86_64") {
        program.splice(0..0, refuse_from(X32, JUMP_IF_AT_LEAST, libc::EPERM));
    }
    for door in ABSENT {
        let absent = u32::try_from(door.call).map_err(|error| error.to_string())?;
        program.splice(0..0, refuse_from(absent, JUMP_IF_EQUAL, libc::ENOSYS));
    }
    Ok(program)
}

fn compile<'a>(
    doors: impl Iterator<Item = &'a Door>,
    errno: i32,
    architecture: TargetArch,
) -> Result<BpfProgram, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut always = Vec::new();
    for door in doors {
        if matches!(door.when, When::Always) {
            always.push(door.call);
        }
        let known = rules.entry(door.call).or_default();
        known.extend(door.when.rules().map_err(|error| error.to_string())?);
    }
    // An empty list of rules means "whatever the arguments".
    for call in always {
        rules.insert(call, Vec::new());
    }
    let refusal = SeccompAction::Errno(errno.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refusal, architecture)
        .and_then(BpfProgram::try_from)
        .map_err(|error| error.to_string())
}

impl When {
    /// The rules, any of which refuses; none at all for a call that is always refused.
    fn rules(self) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
        let condition = |index, operator, value| SeccompCondition::new(index, ARGUMENT, operator, value);
        let bits = |value: i32| u64::from(value.cast_unsigned());
        let one = |conditions| Ok(vec![SeccompRule::new(conditions)?]);
        match self {
            Self::Always => Ok(Vec::new()),
            Self::Is(index, value) => one(vec![condition(index, SeccompCmpOp::Eq, value)?]),
            Self::AnyBit(index, flags) => flags
                .iter()
                .map(|flag| {
                    let flag = bits(*flag);
                    SeccompRule::new(vec![condition(index, SeccompCmpOp::MaskedEq(flag), flag)?])
                })
                .collect(),
            Self::BitWithAny((index, bit), (other, flags)) => {
                let has = |index, bit| condition(index, SeccompCmpOp::MaskedEq(bit), bit);
                let both =
                    |flag: &i32| SeccompRule::new(vec![has(index, bits(bit))?, has(other, bits(*flag))?]);
                flags.iter().map(both).collect()
            }
            Self::NoneOf(index, values) => {
                let not = |value: &i32| condition(index, SeccompCmpOp::Ne, bits(*value));
                one(values.iter().map(not).collect::<Result<_, _>>()?)
            }
            Self::With { this: (index, mask, value), but_not } => {
                let mut all = vec![condition(index, SeccompCmpOp::MaskedEq(mask), value)?];
                if let Some((index, value)) = but_not {
                    all.push(condition(index, SeccompCmpOp::Ne, value)?);
                }
                one(all)
            }
        }
    }
}

/// Calls with bit 30 set are x86-64's own numbers once more, under the x32 ABI: without this they would pass the
/// filter by another name.
const X32: u32 = 0x4000_0000;

const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;

/// Refuses a call whose number passes the comparison. It runs before the check of the architecture, which can only
/// refuse more: a number that is refused here by mistake belongs to a foreign call, and those are fatal.
fn refuse_from(number: u32, comparison: u16, errno: i32) -> [sock_filter; 3] {
    const LOAD_NUMBER: u16 = 0x20;
    const RETURN: u16 = 0x06;
    const REFUSE: u32 = 0x0005_0000;
    [
        sock_filter { code: LOAD_NUMBER, jt: 0, jf: 0, k: 0 },
        sock_filter { code: comparison, jt: 0, jf: 1, k: number },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: REFUSE | errno.unsigned_abs() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter answers to a call, worked out as the kernel would: the instructions of classic BPF that filters
    /// consist of, over the call's number, architecture and arguments.
    fn answer(program: &[sock_filter], architecture: u32, call: i64, arguments: [u64; 6]) -> u32 {
        let mut data = Vec::new();
        data.extend_from_slice(&u32::try_from(call).unwrap().to_ne_bytes());
        data.extend_from_slice(&architecture.to_ne_bytes());
        data.extend_from_slice(&0_u64.to_ne_bytes());
        arguments.iter().for_each(|argument| data.extend_from_slice(&argument.to_ne_bytes()));
        let (mut at, mut accumulator) = (0, 0_u32);
        loop {
            let one = &program[at];
            let jump = |taken: bool| usize::from(if taken { one.jt } else { one.jf });
            at += 1;
            match one.code {
                0x20 => {
                    let from = one.k as usize;
                    accumulator = u32::from_ne_bytes(data[from..from + 4].try_into().unwrap());
                }
                0x54 => accumulator &= one.k,
                0x05 => at += one.k as usize,
                0x15 => at += jump(accumulator == one.k),
                0x25 => at += jump(accumulator > one.k),
                0x35 => at += jump(accumulator >= one.k),
                0x45 => at += jump(accumulator & one.k != 0),
                0x06 => return one.k,
                code => panic!("the interpreter does not know {code:#x}"),
            }
        }
    }

    const ALLOWED: u32 = 0x7fff_0000;
    const EPERM: u32 = 0x0005_0001;
    const ENOSYS: u32 = 0x0005_0000 | 38;
    const NATIVE: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };

    #[test]
    fn every_call_that_is_shut_is_refused_whatever_its_arguments() {
        let program = program(false).unwrap();
        for door in refused_calls().into_iter().filter(|door| door.always) {
            let absent = ABSENT.iter().any(|absent| absent.call == door.call);
            for arguments in [[0; 6], [1; 6], [u64::MAX; 6]] {
                let expected = if absent { ENOSYS } else { EPERM };
                assert_eq!(answer(&program, NATIVE, door.call, arguments), expected, "call {}", door.call);
            }
        }
    }

    #[test]
    fn a_call_is_refused_by_its_arguments_and_by_nothing_else() {
        let user = 0x1000_0000;
        let table: &[(i64, [u64; 6], u32)] = &[
            // Namespaces, by each way in; threads and forks go on.
            (libc::SYS_unshare, [user, 0, 0, 0, 0, 0], EPERM),
            (libc::SYS_unshare, [0x80, 0, 0, 0, 0, 0], EPERM),
            (libc::SYS_unshare, [0x400, 0, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_clone, [user | 17, 0, 0, 0, 0, 0], EPERM),
            (libc::SYS_clone, [0x2_0000 | 17, 0, 0, 0, 0, 0], EPERM),
            (libc::SYS_clone, [0x3d_0f00, 0, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_clone, [17, 0, 0, 0, 0, 0], ALLOWED),
            // Sockets: four families, of netlink one protocol, no raw ones. The upper half of an argument is ignored by
            // the kernel, so by us.
            (libc::SYS_socket, [1, 1, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_socket, [2, 2, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_socket, [10, 1 | 0o2_004_000, 6, 0, 0, 0], ALLOWED),
            (libc::SYS_socket, [16, 3, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_socket, [16, 3, 9, 0, 0, 0], EPERM),
            (libc::SYS_socket, [2, 3, 1, 0, 0, 0], EPERM),
            (libc::SYS_socket, [2, 10, 0, 0, 0, 0], EPERM),
            (libc::SYS_socket, [17, 3, 0, 0, 0, 0], EPERM),
            (libc::SYS_socket, [38, 5, 0, 0, 0, 0], EPERM),
            (libc::SYS_socket, [40, 1, 0, 0, 0, 0], EPERM),
            (libc::SYS_socket, [0x1_0000_0028, 1, 0, 0, 0, 0], EPERM),
            (libc::SYS_socketpair, [40, 1, 0, 0, 0, 0], EPERM),
            (libc::SYS_socketpair, [1, 1, 0, 0, 0, 0], ALLOWED),
            // The terminal and the console.
            (libc::SYS_ioctl, [0, 0x5412, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0xffff_ffff_0000_5412, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x541c, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x541d, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x5423, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x4b49, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x4bfb, 0, 0, 0, 0], EPERM),
            (libc::SYS_ioctl, [0, 0x5413, 0, 0, 0, 0], ALLOWED),
            // A program may ask for its personality, and have the ordinary one.
            (libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_personality, [0, 0, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_personality, [0x4_0000, 0, 0, 0, 0, 0], EPERM),
            // Files that lend their owner's rights; the mode of an open that makes nothing means nothing.
            (libc::SYS_fchmodat, [0, 0, 0o4755, 0, 0, 0], EPERM),
            (libc::SYS_fchmodat, [0, 0, 0o755, 0, 0, 0], ALLOWED),
            (libc::SYS_openat, [0, 0, 0o100, 0o2755, 0, 0], EPERM),
            (libc::SYS_openat, [0, 0, 0, 0o2755, 0, 0], ALLOWED),
            // Limits are a program's own to set, and process 1 is left alone by whatever name.
            (libc::SYS_prlimit64, [0, 7, 1, 0, 0, 0], ALLOWED),
            (libc::SYS_prlimit64, [1, 7, 1, 0, 0, 0], EPERM),
            (libc::SYS_prlimit64, [7, 7, 0x1_0000_0000, 0, 0, 0], EPERM),
            (libc::SYS_prlimit64, [0x1_0000_0001, 7, 1, 0, 0, 0], EPERM),
            (libc::SYS_sched_setscheduler, [1, 5, 0, 0, 0, 0], EPERM),
            (libc::SYS_sched_setscheduler, [0, 5, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_sched_setaffinity, [1, 8, 0, 0, 0, 0], EPERM),
            (libc::SYS_sched_setaffinity, [12, 8, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_setpriority, [0, 1, 19, 0, 0, 0], EPERM),
            (libc::SYS_setpriority, [2, 0, 19, 0, 0, 0], EPERM),
            (libc::SYS_setpriority, [0, 0, 19, 0, 0, 0], ALLOWED),
            (libc::SYS_ioprio_set, [1, 1, 0, 0, 0, 0], EPERM),
            // What ordinary programs need, and what a program may do to bound itself further.
            (libc::SYS_seccomp, [1, 0, 0, 0, 0, 0], ALLOWED),
            (libc::SYS_landlock_create_ruleset, [0; 6], ALLOWED),
            (libc::SYS_landlock_restrict_self, [0; 6], ALLOWED),
            (libc::SYS_memfd_create, [0; 6], ALLOWED),
            (libc::SYS_set_mempolicy, [0; 6], ALLOWED),
            (libc::SYS_pidfd_open, [0; 6], ALLOWED),
            (libc::SYS_execve, [0; 6], ALLOWED),
        ];
        let program = program(false).unwrap();
        for (call, arguments, expected) in table {
            assert_eq!(answer(&program, NATIVE, *call, *arguments), *expected, "call {call} {arguments:x?}");
        }
    }

    #[test]
    fn calls_of_another_kind_do_not_pass_by_another_name() {
        const KILLED: u32 = 0x8000_0000;
        const I386: u32 = 0x4000_0003;
        let program = program(false).unwrap();
        for call in [0, 20, libc::SYS_read, libc::SYS_mount] {
            assert!([KILLED, EPERM].contains(&answer(&program, I386, call, [0; 6])), "i386 {call}");
            if cfg!(target_arch = "x86_64") {
                assert_eq!(answer(&program, NATIVE, call | i64::from(X32), [0; 6]), EPERM, "x32 {call}");
            }
        }
    }

    #[test]
    fn without_a_network_namespace_no_socket_is_made() {
        let program = program(true).unwrap();
        for family in 0..50 {
            assert_eq!(
                answer(&program, NATIVE, libc::SYS_socket, [family, 1, 0, 0, 0, 0]),
                EPERM,
                "{family}"
            );
        }
        assert_eq!(answer(&program, NATIVE, libc::SYS_socketpair, [1, 1, 0, 0, 0, 0]), ALLOWED);
    }

    #[test]
    fn every_door_has_a_reason_of_its_own_words() {
        for door in DOORS.iter().chain(ABSENT).chain(NO_NETWORK) {
            assert!(door.because.len() > 7, "call {}", door.call);
        }
    }

    #[test]
    fn no_call_is_shut_twice_without_need() {
        let mut always: Vec<_> =
            DOORS.iter().filter(|door| matches!(door.when, When::Always)).map(|door| door.call).collect();
        let before = always.len();
        always.sort_unstable();
        always.dedup();
        assert_eq!(always.len(), before);
        let shadowed = DOORS
            .iter()
            .filter(|door| !matches!(door.when, When::Always))
            .filter(|door| always.binary_search(&door.call).is_ok());
        assert_eq!(shadowed.count(), 0);
    }

    #[test]
    fn the_program_fits_into_the_kernel() {
        const MOST: usize = 4096;
        for closed in [false, true] {
            assert!(program(closed).unwrap().len() < MOST);
        }
    }
}
