//! Doors besides those of `wardline_sandbox::attack`: one attack each, as the body of a Python function that returns when
//! it got through and raises when it did not. `W` is the root of the place, `PROJECT` the project, `SECRET` what must not be seen.

use wardline_sandbox::Confinement;

/// One attack.
pub(crate) struct Door {
    pub(crate) name: &'static str,
    pub(crate) attack: &'static str,
    /// Programs of the host without which the door cannot be tried.
    pub(crate) needs: &'static [&'static str],
    /// A change of the confinement for this door.
    pub(crate) with: fn(&mut Confinement),
}

const fn door(name: &'static str, attack: &'static str) -> Door {
    Door { name, attack, needs: &[], with: |_| {} }
}

const fn door_with(name: &'static str, with: fn(&mut Confinement), attack: &'static str) -> Door {
    Door { name, attack, needs: &[], with }
}

/// What every attack may use. It says `START` before, and `OPEN` or `SHUT` after.
pub(crate) const PRELUDE: &str = r#"
import ctypes, errno, os, signal, socket, struct, subprocess, sys, time
W, PROJECT, HOME = os.environ['W'], os.environ['PROJECT'], os.environ['HOME']
SECRET = os.environ['SECRET_WORD']
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
def syscall(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def need(truth, why='no'):
    if not truth:
        raise Exception(why)
def read(path):
    with open(path) as file:
        need(SECRET in file.read(), 'read, but without the secret')
def write(path, text='planted'):
    with open(path, 'w') as file:
        file.write(text)
def send(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        if kind == socket.SOCK_DGRAM:
            s.sendto(b'x', address)
        else:
            s.connect(address)
            need(SECRET.encode() in s.recv(64), 'connected, but not to the host')
"#;

pub(crate) const DOORS: &[Door] = &[
    // ---- secrets
    door("stat beyond the project", "os.stat(W + '/sibling')"),
    door("shadow file", "open('/etc/shadow').read()"),
    door("root's home", "need(os.listdir('/root'))"),
    door("list a masked directory", "need(os.listdir(PROJECT + '/secrets'))"),
    door(
        "any inherited descriptor",
        "need([n for n in os.listdir('/proc/self/fd') if int(n) > 2 and os.path.exists('/proc/self/fd/' + n)])",
    ),
    door("environment of process 1", "need(len(open('/proc/1/environ','rb').read()) > 0)"),
    door("descriptors of process 1", "os.readlink('/proc/1/fd/' + os.listdir('/proc/1/fd')[0])"),
    door("memory of process 1", "open('/proc/1/mem','rb+')"),
    door("interrupts of the host, as they come", "need(open('/proc/interrupts').read(1))"),
    door("software interrupts of the host", "need(open('/proc/softirqs').read(1))"),
    door("devices of the host", "need(os.listdir('/sys'))"),
    // ---- writes
    door(
        "hard link into the project",
        "os.link(HOME + '/.gitconfig', PROJECT + '/h'); write(PROJECT + '/h')",
    ),
    door("read-only file of the home", "write(HOME + '/.gitconfig')"),
    door("root directory", "write('/planted')"),
    door("host name by sysctl", "write('/proc/sys/kernel/hostname')"),
    // ---- the project's traps
    door(
        "git configuration, replaced",
        "write(PROJECT + '/.git/c'); os.rename(PROJECT + '/.git/c', PROJECT + '/.git/config')",
    ),
    door(
        "git configuration, exchanged",
        "write(PROJECT + '/.git/c'); syscall(316, -100, ctypes.c_char_p((PROJECT + '/.git/c').encode()), -100, \
         ctypes.c_char_p((PROJECT + '/.git/config').encode()), 2)",
    ),
    door("pinned symbolic link, through it", "write(PROJECT + '/dotfiles')"),
    // ---- other processes
    door(
        "signal everybody",
        "pid = os.fork()\n    if pid == 0: os.setsid(); os.kill(-1, 0); os._exit(0)\n    need(False)",
    ),
    door("kill process 1", "os.kill(1, 9); time.sleep(0.05); need(False, 'still alive')"),
    door("attach to a process", "syscall(101, 16, 1, 0, 0)"),
    door(
        "read a process's memory",
        "b = ctypes.create_string_buffer(8); v = (ctypes.c_ulong * 2)(ctypes.addressof(b), 8); \
         syscall(310, os.getpid(), ctypes.byref(v), 1, ctypes.byref(v), 1, 0)",
    ),
    door("take a process's descriptor", "fd = os.pidfd_open(os.getpid()); syscall(438, fd, 0, 0)"),
    // ---- sockets
    door("the network, datagram", "send(socket.AF_INET, ('10.255.255.254', 53), socket.SOCK_DGRAM)"),
    door("metadata service", "send(socket.AF_INET, ('169.254.169.254', 80))"),
    door("name resolution", "socket.getaddrinfo('example.com', 80)"),
    door("old packet socket", "socket.socket(socket.AF_INET, 10)"),
    // ---- the kernel
    door(
        "user namespaces left to make, by setting",
        "need(int(open('/proc/sys/user/max_user_namespaces').read()) > 0)",
    ),
    door(
        "mount",
        "syscall(165, ctypes.c_char_p(b'x'), ctypes.c_char_p(b'/tmp'), ctypes.c_char_p(b'tmpfs'), 0, 0)",
    ),
    door("cgroup files", "os.listdir('/sys/fs/cgroup')"),
    Door {
        needs: &["gcc"],
        ..door(
            "calls of the 32-bit kind",
            "write('/tmp/a.c', 'int main(void){int r;__asm__ volatile(\"int $0x80\":\"=a\"(r):\"a\"(20));return r<=0;}')\n    \
             need(subprocess.run(['gcc', '-o', '/tmp/a', '/tmp/a.c']).returncode == 0, 'no compiler')\n    \
             need(subprocess.run(['/tmp/a']).returncode == 0, 'killed')",
        )
    },
    // ---- set-user-id and set-group-id files, which would outlive the sandbox
    door("setid: chmod 4755", "os.chmod(PROJECT + '/source.txt', 0o4755)"),
    door(
        "setid: chmod g+s",
        "need(subprocess.run(['chmod', 'g+s', PROJECT + '/source.txt']).returncode == 0)",
    ),
    door("setid: chmod g+s of a directory", "os.mkdir(PROJECT + '/d')\n    os.chmod(PROJECT + '/d', 0o2755)"),
    door("setid: fchmod", "os.fchmod(os.open(PROJECT + '/source.txt', os.O_RDWR), 0o6755)"),
    door("setid: fchmodat", "os.chmod('source.txt', 0o4755, dir_fd=os.open(PROJECT, os.O_RDONLY))"),
    door("setid: fchmodat2", "syscall(452, -100, (PROJECT + '/source.txt').encode(), 0o4755, 0)"),
    door(
        "setid: install -m 4755",
        "subprocess.run(['install', '-m', '4755', '/bin/sh', PROJECT + '/suid'])\n    \
         need(os.stat(PROJECT + '/suid').st_mode & 0o6000)",
    ),
    door(
        "setid: open",
        "need(os.fstat(os.open(PROJECT + '/s', os.O_CREAT | os.O_RDWR, 0o4755)).st_mode & 0o6000)",
    ),
    door(
        "setid: the open call",
        "os.uname().machine == 'x86_64' or need(False)\n    \
         syscall(2, (PROJECT + '/s').encode(), os.O_CREAT | os.O_RDWR, 0o2755)",
    ),
    door(
        "setid: creat",
        "os.uname().machine == 'x86_64' or need(False)\n    syscall(85, (PROJECT + '/s').encode(), 0o4755)",
    ),
    door("setid: a file without a name", "os.open(PROJECT, os.O_TMPFILE | os.O_RDWR, 0o4755)"),
    door("setid: mknod", "os.mknod(PROJECT + '/s', 0o104755)"),
    door(
        "setid: openat2",
        "how = struct.pack('QQQ', os.O_CREAT | os.O_RDWR, 0o4755, 0)\n    \
         syscall(437, -100, (PROJECT + '/s').encode(), how, 24)",
    ),
    door(
        "setid: mkdir",
        "os.umask(0)\n    os.mkdir(PROJECT + '/s', 0o6777)\n    need(os.stat(PROJECT + '/s').st_mode & 0o6000)",
    ),
    Door {
        needs: &["tar"],
        ..door(
            "setid: from an archive",
            "import io, tarfile\n    info = tarfile.TarInfo('s')\n    info.mode = 0o6755\n    \
             tarfile.open('/tmp/t.tar', 'w').addfile(info, io.BytesIO())\n    \
             subprocess.run(['tar', '-xpf', '/tmp/t.tar', '-C', PROJECT])\n    \
             need(os.stat(PROJECT + '/s').st_mode & 0o6000)",
        )
    },
    // ---- exhaustion
    door_with(
        "fork bomb",
        |confinement| confinement.limits.processes = Some(40),
        "made = 0\n    for _ in range(200):\n        pid = os.fork()\n        if pid == 0: time.sleep(5); os._exit(0)\n        \
         made += 1\n    need(made > 100)",
    ),
    door_with(
        "memory",
        |confinement| confinement.limits.memory = Some(128 << 20),
        "b = bytearray(512 << 20)\n    for i in range(0, len(b), 4096): b[i] = 1",
    ),
    door_with(
        "file size",
        |confinement| confinement.limits.file_size = Some(1 << 20),
        "write(PROJECT + '/big', 'x' * (2 << 20))",
    ),
    door_with(
        "scratch space",
        |confinement| confinement.limits.scratch = Some(1 << 20),
        "write('/tmp/big', 'x' * (2 << 20))",
    ),
    door_with(
        "open files",
        |confinement| confinement.limits.open_files = Some(32),
        "kept = [os.open('/dev/null', 0) for _ in range(64)]",
    ),
    door_with("time on the wall", |confinement| confinement.limits.wall_seconds = Some(1), "time.sleep(5)"),
    door_with(
        "processor time",
        |confinement| confinement.limits.cpu_seconds = Some(1),
        "end = time.process_time() + 3\n    while time.process_time() < end: pass",
    ),
];
