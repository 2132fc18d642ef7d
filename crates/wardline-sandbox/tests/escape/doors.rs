//! The doors: one attack each, as the body of a Python function that returns when it got through and raises when it did
//! not. `W` is the root of the place, `PROJECT` the project, `SECRET` what must not be seen.

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
    door("ssh key", "read(HOME + '/.ssh/id_ed25519')"),
    door("cloud credentials", "read(HOME + '/.aws/credentials')"),
    door("sibling repository", "read(W + '/sibling/secret.txt')"),
    door("list the home", "need('.ssh' in os.listdir(HOME))"),
    door("stat beyond the project", "os.stat(W + '/sibling')"),
    door("shadow file", "open('/etc/shadow').read()"),
    door("root's home", "need(os.listdir('/root'))"),
    door("masked file", "read(PROJECT + '/.env')"),
    door("masked file in a directory", "read(PROJECT + '/secrets/key.pem')"),
    door("list a masked directory", "need(os.listdir(PROJECT + '/secrets'))"),
    door("masked file, renamed", "os.rename(PROJECT + '/.env', PROJECT + '/x'); read(PROJECT + '/x')"),
    door("masked file, linked", "os.link(PROJECT + '/.env', PROJECT + '/x'); read(PROJECT + '/x')"),
    door("masked file, mode changed", "os.chmod(PROJECT + '/.env', 0o666); read(PROJECT + '/.env')"),
    door(
        "masked file, unmounted",
        "need(LIBC.umount2((PROJECT + '/.env').encode(), 2) == 0); read(PROJECT + '/.env')",
    ),
    door("secret in the environment", "need('HOST_SECRET' in os.environ)"),
    door("inherited descriptor 9", "need(SECRET in os.read(9, 100).decode())"),
    door(
        "any inherited descriptor",
        "need([n for n in os.listdir('/proc/self/fd') if int(n) > 2 and os.path.exists('/proc/self/fd/' + n)])",
    ),
    door("root of process 1", "os.listdir('/proc/1/root/')"),
    door("environment of process 1", "need(len(open('/proc/1/environ','rb').read()) > 0)"),
    door("descriptors of process 1", "os.readlink('/proc/1/fd/' + os.listdir('/proc/1/fd')[0])"),
    door("memory of process 1", "open('/proc/1/mem','rb+')"),
    door("kernel memory", "open('/proc/kcore','rb').read(1)"),
    door("kernel log", "need(open('/proc/kmsg').read(1))"),
    door("kernel addresses", "need(open('/proc/kallsyms').read(1))"),
    door("key names", "need(open('/proc/keys').read(1))"),
    door("interrupts of the host, as they come", "need(open('/proc/interrupts').read(1))"),
    door("software interrupts of the host", "need(open('/proc/softirqs').read(1))"),
    door("devices of the host", "need(os.listdir('/sys'))"),
    // ---- writes
    door("write outside", "write(W + '/outside/planted')"),
    door("overwrite outside", "write(W + '/outside/target.txt')"),
    door("write through a symbolic link", "write(PROJECT + '/way-out/planted')"),
    door(
        "new symbolic link, then write",
        "os.symlink(W + '/outside', PROJECT + '/l'); write(PROJECT + '/l/planted')",
    ),
    door("hard link to the outside", "os.link(W + '/outside/target.txt', PROJECT + '/h')"),
    door(
        "hard link into the project",
        "os.link(HOME + '/.gitconfig', PROJECT + '/h'); write(PROJECT + '/h')",
    ),
    door("read-only file of the home", "write(HOME + '/.gitconfig')"),
    door("rename out of the project", "os.rename(PROJECT + '/source.txt', W + '/outside/planted')"),
    door("system directory", "write('/usr/planted')"),
    door("configuration directory", "write('/etc/planted')"),
    door("root directory", "write('/planted')"),
    door("device directory", "write('/dev/planted')"),
    door("core pattern", "write('/proc/sys/kernel/core_pattern', '|/bin/false')"),
    door("host name by sysctl", "write('/proc/sys/kernel/hostname')"),
    door("magic key", "write('/proc/sysrq-trigger', 'h')"),
    // ---- the project's traps
    door("git hook", "write(PROJECT + '/.git/hooks/pre-commit', '#!/bin/sh')"),
    door("git configuration", "write(PROJECT + '/.git/config')"),
    door(
        "git configuration by git",
        "subprocess.run(['git', 'config', 'core.fsmonitor', 'x'], cwd=PROJECT, check=True)",
    ),
    door(
        "git configuration, replaced",
        "write(PROJECT + '/.git/c'); os.rename(PROJECT + '/.git/c', PROJECT + '/.git/config')",
    ),
    door("git configuration, removed", "os.unlink(PROJECT + '/.git/config')"),
    door(
        "git configuration, exchanged",
        "write(PROJECT + '/.git/c'); syscall(316, -100, ctypes.c_char_p((PROJECT + '/.git/c').encode()), -100, \
         ctypes.c_char_p((PROJECT + '/.git/config').encode()), 2)",
    ),
    door("git directory, renamed", "os.rename(PROJECT + '/.git', PROJECT + '/.old')"),
    door("hook directory, renamed", "os.rename(PROJECT + '/.git/hooks', PROJECT + '/.git/old')"),
    door("hook directory, mode", "os.chmod(PROJECT + '/.git/hooks', 0o777)"),
    door("project, renamed", "os.rename(PROJECT, PROJECT + '2')"),
    door("nested git configuration", "write(PROJECT + '/deep/er/.git/config')"),
    door("nested, parent renamed", "os.rename(PROJECT + '/deep', PROJECT + '/shallow')"),
    door("pinned symbolic link, through it", "write(PROJECT + '/dotfiles')"),
    // ---- other processes
    door("see a host process", "need(os.path.exists('/proc/' + os.environ['BYSTANDER']))"),
    door("signal a host process", "os.kill(int(os.environ['BYSTANDER']), 9)"),
    door(
        "signal everybody",
        "pid = os.fork()\n    if pid == 0: os.setsid(); os.kill(-1, 0); os._exit(0)\n    need(False)",
    ),
    door("kill process 1", "os.kill(1, 9); time.sleep(0.05); need(False, 'still alive')"),
    door("attach to a process", "syscall(101, 16, 1, 0, 0)"),
    door("be traced", "syscall(101, 0, 0, 0, 0)"),
    door(
        "read a process's memory",
        "b = ctypes.create_string_buffer(8); v = (ctypes.c_ulong * 2)(ctypes.addressof(b), 8); \
         syscall(310, os.getpid(), ctypes.byref(v), 1, ctypes.byref(v), 1, 0)",
    ),
    door("take a process's descriptor", "fd = os.pidfd_open(os.getpid()); syscall(438, fd, 0, 0)"),
    door("shared memory of the host", "need(LIBC.shmat(int(os.environ['SHM']), None, 0) != -1)"),
    // ---- sockets
    door("abstract socket", "send(socket.AF_UNIX, '\\0' + os.environ['ABSTRACT'])"),
    door("pathname socket", "send(socket.AF_UNIX, W + '/outside/host.sock')"),
    door("pathname socket by link", "send(socket.AF_UNIX, PROJECT + '/way-out/host.sock')"),
    door("host loopback, version 4", "send(socket.AF_INET, ('127.0.0.1', int(os.environ['TCP4'])))"),
    door("host loopback, version 6", "send(socket.AF_INET6, ('::1', int(os.environ['TCP6'])))"),
    door("the network, datagram", "send(socket.AF_INET, ('10.255.255.254', 53), socket.SOCK_DGRAM)"),
    door(
        "host loopback, datagram to a listener",
        "send(socket.AF_INET, ('127.0.0.1', int(os.environ['UDP'])), socket.SOCK_DGRAM); time.sleep(0.05); \
         need(False, 'sent; the host knows')",
    ),
    door("metadata service", "send(socket.AF_INET, ('169.254.169.254', 80))"),
    door("name resolution", "socket.getaddrinfo('example.com', 80)"),
    door("netlink, kernel events", "socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)"),
    door("netlink, netfilter", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)"),
    door("netlink, audit", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)"),
    door("vsock", "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)"),
    door("kernel crypto", "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)"),
    door("packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
    door("raw socket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"),
    door("old packet socket", "socket.socket(socket.AF_INET, 10)"),
    // ---- the kernel
    door("io_uring", "syscall(425, 1, ctypes.create_string_buffer(256))"),
    door("userfaultfd", "syscall(323, 1)"),
    door(
        "add a key",
        "syscall(248, ctypes.c_char_p(b'user'), ctypes.c_char_p(b'n'), ctypes.c_char_p(b'p'), 1, -3)",
    ),
    door("ask for a key", "syscall(250, 0, -3, 0)"),
    door("bpf", "syscall(321, 0, ctypes.create_string_buffer(128), 128)"),
    door(
        "performance events",
        "b = ctypes.create_string_buffer(struct.pack('<IIQ', 1, 128, 0), 128); syscall(298, b, 0, -1, -1, 0)",
    ),
    door("unshare a user namespace", "syscall(272, 0x10000000)"),
    door("unshare a network", "syscall(272, 0x40000000)"),
    door(
        "user namespaces left to make, by setting",
        "need(int(open('/proc/sys/user/max_user_namespaces').read()) > 0)",
    ),
    door("clone into a user namespace", "need(syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0)"),
    door(
        "clone3 into a user namespace",
        "a = ctypes.create_string_buffer(struct.pack('<8Q', 0x10000000, 0, 0, 0, 17, 0, 0, 0), 88); syscall(435, a, 88)",
    ),
    door(
        "mount",
        "syscall(165, ctypes.c_char_p(b'x'), ctypes.c_char_p(b'/tmp'), ctypes.c_char_p(b'tmpfs'), 0, 0)",
    ),
    door("open a tree", "syscall(428, -100, ctypes.c_char_p(b'/'), 1)"),
    door("open a file system", "syscall(430, ctypes.c_char_p(b'tmpfs'), 0)"),
    door("enter a namespace", "fd = os.open('/proc/self/ns/user', 0); syscall(308, fd, 0)"),
    door("change the root", "os.chroot('/tmp')"),
    door("pivot the root", "syscall(155, ctypes.c_char_p(b'/'), ctypes.c_char_p(b'/tmp'))"),
    door(
        "handle of a file",
        "syscall(303, -100, ctypes.c_char_p(b'/usr'), ctypes.create_string_buffer(136), 0, 0)",
    ),
    door("address randomisation off", "syscall(135, 0x0040000)"),
    door(
        "make a device",
        "os.mknod(PROJECT + '/dev', 0o20666, os.makedev(1, 1)); open(PROJECT + '/dev', 'rb')",
    ),
    door("fuse device", "os.open('/dev/fuse', os.O_RDWR)"),
    door("kvm device", "os.open('/dev/kvm', os.O_RDWR)"),
    door("disks", "need([n for n in os.listdir('/dev') if n.startswith(('sd', 'vd', 'nvme', 'loop'))])"),
    door("cgroup files", "os.listdir('/sys/fs/cgroup')"),
    door("the x32 calls", "need(syscall(0x40000000 + 39) > 0)"),
    door(
        "any capability",
        "need([l for l in open('/proc/self/status') if l.startswith('Cap') and int(l.split()[1], 16)])",
    ),
    door(
        "new privileges",
        "need([l for l in open('/proc/self/status') if l.startswith('NoNewPrivs') and '1' not in l])",
    ),
    door("host name", "socket.sethostname('x')"),
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
