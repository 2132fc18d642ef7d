# Runs cases, one line each (`number base64`) from standard input, and prints the tree after each of them.
#
# It is started in user, mount, process and network namespaces of its own, never as the machine's root. Two walls stand between a
# case and the real files: the root here is a fresh tmpfs whose only parts from outside are mounted read-only, and a case runs
# in a changed root inside it without any capability. Nothing is run before the first wall is verified.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
refuse() { echo "UNSAFE $*"; exit 3; }

mount --make-rprivate /
mount -t tmpfs -o size=96m,mode=755 oracle /tmp
cd /tmp
mkdir old case template dev proc

read_only() {
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$2"
}
# The folders with programs, and the devices that take or give bytes, below `$1`.
furnish() {
    local name
    for name in usr bin sbin lib lib32 lib64 libx32; do
        if [ -L "/$name" ]; then cp -P "/$name" "$1/"; elif [ -d "/$name" ]; then mkdir "$1/$name"; read_only "/$name" "$1/$name"; fi
    done
    mkdir -p "$1/dev" "$1/proc"
    for name in null zero full random urandom; do : > "$1/dev/$name"; read_only "/dev/$name" "$1/dev/$name"; done
}
furnish .
furnish case
mount -t proc -o ro,nosuid,nodev,noexec proc proc
mount --bind proc case/proc
mount -o remount,bind,ro,nosuid,nodev,noexec case/proc
mkdir -p template/etc/alternatives
for name in awk nawk; do if [ -L "/etc/alternatives/$name" ]; then cp -P "/etc/alternatives/$name" template/etc/alternatives/; fi; done
mkdir etc && cp -a template/etc/alternatives etc/
: > .sentinel
pivot_root . old
cd /
umount -l /old
rmdir /old

[ -e /.sentinel ] || refuse "the root is not the one that was made"
[ "$(stat -f -c %T /)" = tmpfs ] || refuse "the root is no tmpfs"
[ ! -e /old ] || refuse "the old root is still there"
[ "$(awk '$2 == 0 && $3 == 4294967295' /proc/self/uid_map)" = "" ] || refuse "this is no user namespace"
[ "$(awk '$1 == 0 { print $2 }' /proc/self/uid_map)" != 0 ] || refuse "root here is root outside"
while read -r _ _ _ _ place options rest; do
    kind=${rest#*- }; kind=${kind%% *}
    case "$place $kind" in "/ tmpfs") continue ;; esac
    case ",$options," in *,ro,*) ;; *) refuse "$place can be written" ;; esac
done < /proc/self/mountinfo
if touch /usr/.oracle 2>/dev/null; then refuse "/usr can be written"; fi

cd /template
for name in bin sbin lib lib32 lib64 libx32; do if [ -L "/$name" ]; then cp -P "/$name" .; fi; done
mkdir -p dev proc tmp mnt root boot opt/tool srv/www var/log var/lib/data etc/ssh etc/cron.d home/me/.ssh home/me/docs stub usr
mkdir -p p/src/inner p/dist/js p/build p/empty p/.git/refs p/work
chmod 1777 tmp
printf 'root:x:0:0:root:/root:/bin/bash\nme:x:1000:1000::/home/me:/bin/bash\n' > etc/passwd
printf 'root:*:1::::::\n' > etc/shadow
printf '127.0.0.1 localhost\n' > etc/hosts
printf 'me ALL=(ALL) ALL\n' > etc/sudoers
printf 'Port 22\n' > etc/ssh/sshd_config
printf '# nothing\n' > etc/cron.d/daily
printf 'alias l=ls\n' > home/me/.bashrc
printf 'key\n' > home/me/.ssh/id_rsa
printf 'notes\n' > home/me/notes.txt
printf 'a letter\n' > home/me/docs/letter.txt
printf 'kernel\n' > boot/vmlinuz
printf '<p>\n' > srv/www/index.html
printf 'line\n' > var/log/auth.log
printf 'rows\n' > var/lib/data/rows
printf 'tool\n' > opt/tool/tool
printf 'x\n' > tmp/x
printf 'some text\n' > p/README.md
printf 'b\na\n' > p/src/a.txt
printf 'second text\n' > p/src/b.txt
printf 'inner\n' > p/src/inner/c.txt
printf 'built\n' > p/dist/app.js
printf 'more\n' > p/dist/js/more.js
printf 'object\n' > p/build/main.o
printf '[core]\n' > p/.git/config
printf 'ref: refs/heads/main\n' > p/.git/HEAD
printf '#!/bin/sh\nwhile :; do case $1 in -u) shift 2 ;; --) shift; break ;; -*) shift ;; *) break ;; esac; done\nexec "$@"\n' > stub/sudo
cp stub/sudo stub/doas
chmod 600 etc/shadow home/me/.ssh/id_rsa
chmod 755 stub/sudo stub/doas
cd /

reset() {
    find /case -xdev -mindepth 1 -depth -delete 2>/dev/null || :
    cp -a /template/. /case/ 2>/dev/null || :
}
show() {
    # `find` takes what lies below a mounted device for a file, and reading `/dev/zero` never ends.
    (cd /case && find . -xdev -path ./dev -prune -o -printf '%y %m %P\t%l\n' &&
        find . -xdev -path ./dev -prune -o -type f -exec cksum {} +)
}
echo READY
reset
echo BEFORE
show
echo END
ulimit -t 10 -f 65536 -c 0
while read -r number code; do
    script=$(printf %s "$code" | base64 -d; printf x)
    answer=0
    unshare --pid --fork --kill-child timeout -k 1 5 chroot /case /usr/bin/setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \
        /usr/bin/env -i -C /p HOME=/home/me PATH=/stub:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
        /bin/bash --norc --noprofile -c "${script%x}" </dev/null >/dev/null 2>&1 || answer=$?
    [ -e /.sentinel ] || refuse "the sentinel is gone"
    echo "CASE $number $answer"
    show
    echo END
    reset
done
