//! Effects of programs that change the running machine: what runs later, who may do what, what is watched, what runs at all.
//!
//! One row per program and function; a program may have several rows. What does not depend on the program (variables, kernel
//! files, histories) is looked at for every command.

mod containers;
mod environment;
mod evasion;
pub(crate) mod given;
mod persist;
mod places;
mod processes;
mod rights;
mod services;

use super::{Call, EffectKind, Effects, Target, zone};
use crate::answer::Certainty;

type Reader = fn(&Call<'_>, &mut Effects<'_>);

/// Sorted by name.
static PROGRAMS: &[(&str, Reader)] = &[
    ("aa-complain", evasion::protections),
    ("aa-disable", evasion::protections),
    ("aa-remove-unknown", evasion::protections),
    ("aa-teardown", evasion::protections),
    ("addgroup", rights::accounts),
    ("adduser", rights::accounts),
    ("alternatives", persist::other),
    ("apparmor_parser", evasion::protections),
    ("arptables", evasion::packet_filter),
    ("at", persist::at),
    ("atrm", persist::atrm),
    ("auditctl", evasion::protections),
    ("authconfig", persist::other),
    ("authselect", persist::other),
    ("batch", persist::at),
    ("chattr", evasion::chattr),
    ("chkconfig", persist::other),
    ("chmod", rights::chmod),
    ("chpasswd", rights::passwords),
    ("chronyc", services::settings),
    ("chroot", rights::isolation),
    ("chsh", persist::other),
    ("crontab", persist::crontab),
    ("csrutil", evasion::protections),
    ("date", services::settings),
    ("delgroup", rights::remove_account),
    ("deluser", rights::remove_account),
    ("dhclient", services::network),
    ("dhcpcd", services::network),
    ("dmesg", evasion::protections),
    ("doas", rights::become_other),
    ("docker", containers::engine),
    ("ebtables", evasion::packet_filter),
    ("ethtool", services::network),
    ("fail2ban-client", evasion::protections),
    ("fallocate", processes::fallocate),
    ("firewall-cmd", evasion::protections),
    ("fuser", processes::others),
    ("fusermount", rights::mount),
    ("fusermount3", rights::mount),
    ("gcore", rights::debugger),
    ("gdb", rights::debugger),
    ("gosu", rights::become_other),
    ("gpasswd", rights::accounts),
    ("groupadd", rights::accounts),
    ("groupdel", rights::remove_account),
    ("groupmems", rights::accounts),
    ("groupmod", rights::accounts),
    ("halt", services::power),
    ("history", evasion::shell_history),
    ("hostname", services::settings),
    ("hostnamectl", services::settings),
    ("hwclock", services::settings),
    ("ifconfig", services::network),
    ("ifdown", services::network),
    ("ifup", services::network),
    ("incrontab", persist::other),
    ("incus", containers::lxc),
    ("init", services::power),
    ("initctl", services::service),
    ("insmod", rights::isolation),
    ("insserv", persist::other),
    ("install", rights::chmod),
    ("invoke-rc.d", services::service),
    ("ip", services::network),
    ("ip6tables", evasion::packet_filter),
    ("ip6tables-restore", evasion::packet_filter),
    ("ipmitool", services::power),
    ("iptables", evasion::packet_filter),
    ("iptables-restore", evasion::packet_filter),
    ("iw", services::network),
    ("iwconfig", services::network),
    ("journalctl", evasion::protections),
    ("kexec", rights::isolation),
    ("kill", processes::kill),
    ("killall", processes::by_name),
    ("killall5", processes::others),
    ("launchctl", persist::other),
    ("lldb", rights::debugger),
    ("localectl", services::settings),
    ("log", evasion::protections),
    ("loginctl", persist::other),
    ("loginctl", services::power),
    ("ltrace", rights::debugger),
    ("lxc", containers::lxc),
    ("mdatp", evasion::protections),
    ("mkdir", rights::chmod),
    ("modprobe", rights::isolation),
    ("mount", rights::mount),
    ("nerdctl", containers::engine),
    ("networkctl", services::network),
    ("newusers", rights::accounts),
    ("nft", evasion::nft),
    ("nmcli", services::network),
    ("nsenter", rights::isolation),
    ("ntpdate", services::settings),
    ("pam-auth-update", persist::other),
    ("passwd", rights::passwords),
    ("pfctl", evasion::protections),
    ("pkexec", rights::become_other),
    ("pkill", processes::by_name),
    ("pm2", persist::other),
    ("podman", containers::engine),
    ("poweroff", services::power),
    ("rc-service", services::service),
    ("rc-update", persist::other),
    ("rdate", services::settings),
    ("reboot", services::power),
    ("reptyr", rights::debugger),
    ("resolvectl", services::network),
    ("rev", processes::endless),
    ("rfkill", services::network),
    ("rmmod", rights::isolation),
    ("route", services::network),
    ("rtcwake", services::power),
    ("run0", rights::become_other),
    ("runuser", rights::become_other),
    ("semanage", evasion::protections),
    ("service", services::service),
    ("set", evasion::shell_history),
    ("setcap", rights::setcap),
    ("setenforce", evasion::protections),
    ("setpriv", rights::become_other),
    ("setsebool", evasion::protections),
    ("shuf", processes::endless),
    ("shutdown", services::power),
    ("skill", processes::by_name),
    ("slay", processes::by_name),
    ("sntp", services::settings),
    ("sort", processes::endless),
    ("spctl", evasion::protections),
    ("strace", rights::debugger),
    ("stress", processes::stress),
    ("stress-ng", processes::stress),
    ("su", rights::become_other),
    ("su-exec", rights::become_other),
    ("sudo", rights::become_other),
    ("sudoedit", rights::passwords),
    ("supervisorctl", services::service),
    ("sv", services::service),
    ("swapoff", services::settings),
    ("swapon", services::settings),
    ("sysctl", rights::sysctl),
    ("systemctl", services::systemctl),
    ("systemd-run", persist::systemd_run),
    ("tac", processes::endless),
    ("tail", processes::endless),
    ("tc", services::network),
    ("telinit", services::power),
    ("timedatectl", services::settings),
    ("tmux", processes::others),
    ("touch", evasion::touch),
    ("tuned-adm", services::settings),
    ("ufw", evasion::ufw),
    ("umount", rights::mount),
    ("unshare", rights::isolation),
    ("update-alternatives", persist::other),
    ("update-rc.d", persist::other),
    ("useradd", rights::accounts),
    ("userdel", rights::remove_account),
    ("usermod", rights::accounts),
    ("vigr", rights::passwords),
    ("vipw", rights::passwords),
    ("visudo", rights::passwords),
    ("wardline", evasion::protections),
    ("wevtutil", evasion::protections),
    ("wg-quick", services::network),
    ("xfce4-session-logout", services::power),
    ("xkill", processes::others),
];

/// Programs that do much else besides: what has no effect here is not thereby known. Sorted.
const PARTLY_KNOWN: &[&str] = &["docker", "incus", "log", "lxc", "nerdctl", "pm2", "podman"];

/// The effects of a program that this file knows; false when it knows nothing of it. Assignments, kernel files and histories
/// are looked at whatever the program is, and for statements without one.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    environment::effects(call, out);
    rights::kernel_files(call, out);
    evasion::histories(call, out);
    services::init_script(call, out);
    let from = PROGRAMS.partition_point(|(name, _)| *name < call.name);
    let rows = PROGRAMS.get(from..).unwrap_or_default().iter().take_while(|(name, _)| *name == call.name);
    let mut known = false;
    for (name, reader) in rows {
        reader(call, out);
        known = !PARTLY_KNOWN.contains(name);
    }
    known
}

/// A target that is named by a word.
fn name(text: &str) -> Target {
    Target::Name(text.to_owned())
}

/// A target that is an absolute path.
fn place(call: &Call<'_>, path: &str, glob: bool, recursive: bool) -> Target {
    Target::Path { path: path.to_owned(), zone: zone::of(path, call.ground), glob, recursive }
}

/// Adds an effect with a detail.
fn note(out: &mut Effects<'_>, kind: EffectKind, target: Target, detail: &str) {
    note_sure(out, kind, target, detail, Certainty::Proven);
}

fn note_sure(out: &mut Effects<'_>, kind: EffectKind, target: Target, detail: &str, certainty: Certainty) {
    detail.clone_into(&mut out.add_sure(kind, target, certainty).detail);
}

#[cfg(test)]
mod tests {
    use super::PROGRAMS;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for pair in PROGRAMS.windows(2) {
            assert!(pair[0].0 <= pair[1].0, "{} comes after {}", pair[0].0, pair[1].0);
        }
    }
}
