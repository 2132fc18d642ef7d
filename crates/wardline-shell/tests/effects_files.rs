//! What commands do to files and devices. An effect a line: what `Effect::line` says, `?` before it when it is assumed, `??`
//! when it is not known.

mod support;

use support::effects;

/// What only looks is left out, and what has tests elsewhere.
#[track_caller]
fn changes(script: &str, expected: &[&str]) {
    let others = ["read", "list", "destroy", "escalate", "evade", "send", "service"];
    let kind =
        |line: &str| line.trim_start_matches(['?', ' ']).split(' ').next().unwrap_or_default().to_owned();
    let seen: Vec<String> = effects(script)
        .into_iter()
        .map(|line| line.split(" <- ").next().unwrap_or_default().to_owned())
        .filter(|line| !others.contains(&kind(line).as_str()))
        .collect();
    assert_eq!(seen, expected, "{script:?}");
}

#[track_caller]
fn all(rows: &[(&str, &[&str])]) {
    for (script, expected) in rows {
        changes(script, expected);
    }
}

#[test]
fn deleting() {
    all(&[
        ("rm -rf /etc", &["delete /etc recursive"]),
        ("rm --recu --forc /etc", &["delete /etc recursive"]),
        ("rm /etc -rf", &["delete /etc recursive"]),
        ("rm -- -rf", &["delete /p/-rf"]),
        ("rm a b", &["delete /p/a", "delete /p/b"]),
        ("rm a a ./a", &["delete /p/a"]),
        ("unlink /etc/passwd", &["delete /etc/passwd"]),
        ("rmdir x", &["delete /p/x"]),
        ("shred -u f", &["replace /p/f", "delete /p/f"]),
        ("rm -rf /proc/self/root/etc", &["delete /etc recursive"]),
        ("rm -rf /tmp/../home/me", &["delete /home/me recursive"]),
        ("rm -rf //etc/./", &["delete /etc recursive"]),
        ("rm -rf /*", &["? delete /* recursive"]),
        ("mv x /tmp", &["delete /p/x recursive", "write /tmp recursive", "? replace /tmp/x"]),
        ("mv a b", &["delete /p/a recursive", "replace /p/b", "? write /p/b/a"]),
        ("trash-put x", &["write /p/x recursive"]),
        ("rsync -a --delete /tmp/e/ /", &["write / recursive", "delete / recursive"]),
        ("rsync -an --delete /tmp/e/ /", &[]),
        ("rsync -a a/ b", &["write /p/b recursive"]),
        ("rsync -a --remove-source-files a/ h:b", &["delete /p/a recursive"]),
        ("tar czf a.tgz --remove-files d", &["delete /p/d recursive", "replace /p/a.tgz"]),
        ("zip -rm a.zip d", &["delete /p/d recursive", "replace /p/a.zip"]),
    ]);
}

#[test]
fn variables_that_may_be_empty() {
    all(&[
        ("rm -rf \"$X/\"", &["? delete / recursive", "?? delete $X/ recursive"]),
        ("rm -rf \"$X/bin\"", &["? delete /bin recursive", "?? delete $X/bin recursive"]),
        ("rm -rf $X/*", &["? delete /* recursive", "?? delete $X/* recursive"]),
        ("rm -rf \"$X/$Y\"", &["?? delete / recursive", "?? delete $X/$Y recursive"]),
        ("rm -rf \"$X\"", &["?? delete $X recursive"]),
        ("rm -rf \"${X:?}/\"", &["?? delete ${X:?}/ recursive"]),
        ("chmod -R 777 \"$X/\"", &["? mode / 777 recursive", "?? mode $X/ 777 recursive"]),
    ]);
}

#[test]
fn finding() {
    all(&[
        ("find / -delete", &["? delete / recursive"]),
        ("find ~ -type f -delete", &["? delete /home/me recursive"]),
        ("find . -name '*.pyc' -delete", &["? delete /p/**/*.pyc"]),
        ("find . -name '*' -delete", &["? delete /p recursive"]),
        ("find . ! -name '*.c' -delete", &["? delete /p recursive"]),
        ("find . -name a -o -name b -delete", &["? delete /p/**/a", "? delete /p/**/b"]),
        ("find . -name a -o -type f -delete", &["? delete /p recursive"]),
        ("find . -maxdepth 1 -name '*.o' -delete", &["? delete /p/*.o"]),
        ("find . -path '*/node_modules/*' -delete", &["? delete /p/**/node_modules/*"]),
        ("find . -type d -empty -delete", &["? write /p/**/*(-empty)"]),
        ("find / -empty -delete", &["? delete / recursive"]),
        ("find . -mtime +7 -delete", &["? delete /p/**/*(-mtime +7)"]),
        ("find ~ -mtime +7 -delete", &["? delete /home/me recursive"]),
        ("find ~/.cache -mmin +120 -delete", &["? delete /home/me/.cache/**/*(-mmin +120)"]),
        ("find . -type d -empty -exec rmdir {} +", &["? write /p/**/*(-empty)"]),
        ("find . -name '*.rs'", &[]),
    ]);
}

#[test]
fn writing() {
    all(&[
        ("> f", &["replace /p/f"]),
        (": > f", &["replace /p/f"]),
        ("echo a >> f", &["write /p/f"]),
        ("echo a >| f", &["replace /p/f"]),
        ("echo a &> f", &["replace /p/f"]),
        ("echo a 2>&1", &[]),
        ("cat /dev/null > /etc/passwd", &["replace /etc/passwd"]),
        ("cp /dev/null /etc/passwd", &["replace /etc/passwd", "? write /etc/passwd/null"]),
        ("cp a /etc/", &["write /etc", "? replace /etc/a"]),
        ("echo a | tee f", &["replace /p/f"]),
        ("echo a | tee -a f", &["write /p/f"]),
        ("truncate -s 0 f", &["replace /p/f"]),
        ("truncate -s +1M f", &["write /p/f"]),
        ("sed -i s/a/b/ f", &["write /p/f"]),
        ("touch f", &["write /p/f"]),
        ("touch -d yesterday f", &["write /p/f"]),
        ("mkdir -p a/b", &["write /p/a/b"]),
        ("dd if=a of=b", &["replace /p/b"]),
        ("ln -s /etc/passwd x", &["link /etc/passwd x", "write /p/x"]),
        ("ln -sf ../x d/y", &["link /p/x d/y", "replace /p/d/y"]),
        ("tar xf a.tar -C /", &["write / recursive"]),
        ("unzip a.zip", &["write /p recursive"]),
        ("unzip -l a.zip", &[]),
        ("gzip -k a", &[]),
        ("gzip a", &["delete /p/a", "write /p/a.gz"]),
        ("gunzip a.gz", &["delete /p/a.gz", "write /p/a"]),
        ("split -l 1 a part-", &["replace /p/part-*"]),
        ("csplit -f out a 3", &["replace /p/out*"]),
        (
            "ln -sfn /etc way && rm -f way/passwd",
            &["link /etc way", "replace /p/way", "delete /p/way/passwd", "delete /etc/passwd"],
        ),
    ]);
}

#[test]
fn modes_and_owners() {
    all(&[
        ("chmod -R 777 /", &["mode / 777 recursive"]),
        ("chmod 777 / -R", &["mode / 777 recursive"]),
        ("chmod --recur 777 /", &["mode / 777 recursive"]),
        ("chmod +x a", &["mode /p/a +x"]),
        ("chmod -x a", &["mode /p/a -x"]),
        ("chmod u+s a", &["mode /p/a u+s"]),
        ("chown -R me:me /etc", &["owner /etc me:me recursive"]),
        ("chgrp x f", &["owner /p/f x"]),
        ("chattr +i f", &["mode /p/f +i"]),
        ("setfacl -R -m u:x:rwx d", &["mode /p/d u:x:rwx recursive"]),
    ]);
}

#[test]
fn filling_disks() {
    all(&[
        ("yes > f", &["exhaust /p/f", "replace /p/f"]),
        ("cat /dev/zero > f", &["exhaust /p/f", "replace /p/f"]),
        ("cat /dev/zero | tee f", &["replace /p/f", "exhaust /p/f"]),
        ("cat /dev/zero | head -c 9 > f", &["replace /p/f"]),
        ("yes | rm -i f", &["delete /p/f"]),
        ("yes > /dev/null", &["replace /dev/null"]),
        ("dd if=/dev/zero of=f", &["exhaust /p/f", "replace /p/f"]),
        ("dd if=/dev/zero of=f bs=1M count=10", &["replace /p/f"]),
        ("dd if=/dev/zero of=f bs=1G count=9999", &["exhaust /p/f", "replace /p/f"]),
        ("dd if=/dev/zero of=/dev/null", &["replace /dev/null"]),
        ("fallocate -l 100T f", &["write /p/f", "exhaust /p/f"]),
        ("fallocate -l 1G f", &["write /p/f"]),
    ]);
}

#[test]
fn devices() {
    all(&[
        ("dd if=/dev/zero of=/dev/sda", &["replace /dev/sda", "format /dev/sda"]),
        ("echo a > /dev/nvme0n1", &["replace /dev/nvme0n1", "format /dev/nvme0n1"]),
        ("cp x /dev/sda", &["replace /dev/sda", "format /dev/sda"]),
        ("cat x | tee /dev/sda", &["replace /dev/sda", "format /dev/sda"]),
        ("shred /dev/sda", &["replace /dev/sda", "format /dev/sda"]),
        ("mkfs.ext4 /dev/sda1", &["format /dev/sda1"]),
        ("mkfs -t ext4 /dev/sda1", &["format /dev/sda1"]),
        ("mkfs.ext4 disk.img", &["replace /p/disk.img"]),
        ("dd of=disk.img if=x", &["replace /p/disk.img"]),
        ("wipefs -a /dev/sda", &["format /dev/sda"]),
        ("wipefs /dev/sda", &[]),
        ("blkdiscard -f /dev/sda", &["format /dev/sda"]),
        ("sgdisk --zap-all /dev/sda", &["format /dev/sda"]),
        ("sgdisk -p /dev/sda", &[]),
        ("fdisk -l", &[]),
        ("parted -s /dev/sda mklabel gpt", &["format /dev/sda"]),
        ("parted /dev/sda print", &[]),
        ("cryptsetup luksFormat /dev/sda", &["format /dev/sda"]),
        ("hdparm --user-master u --security-erase p /dev/sda", &["format /dev/sda"]),
        ("hdparm -I /dev/sda", &[]),
        ("lvremove -f vg/lv", &["format vg/lv"]),
        ("zpool destroy tank", &["format tank"]),
        ("zpool status", &[]),
        ("echo a > /dev/null 2> /dev/tty", &["replace /dev/null", "replace /dev/tty"]),
    ]);
}

#[test]
fn programs_of_which_nothing_is_known() {
    all(&[
        ("frobnicate", &["unknown frobnicate"]),
        ("./x", &["execute /p/x"]),
        ("cd x", &[]),
        ("true", &[]),
        (":", &[]),
        ("echo rm -rf /", &[]),
    ]);
}
