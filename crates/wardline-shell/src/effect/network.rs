//! Effects of programs that speak to other machines: what they fetch, send, open and listen to.
//!
//! One row per program says which function reads its arguments; each family of programs has a file of its own.

mod copy;
mod host;
mod http;
mod payload;
mod serve;
mod socket;
mod ties;
mod transfer;

pub(crate) use http::{ENGINE_SOCKET, is_engine_socket};
pub(crate) use ties::find as ties;

use super::{Call, Effects};

type Reader = fn(&Call<'_>, &mut Effects<'_>);

/// Sorted by name.
static PROGRAMS: &[(&str, Reader)] = &[
    ("GET", http::downloader),
    ("aria2c", http::downloader),
    ("autossh", copy::ssh),
    ("aws", transfer::storage),
    ("axel", http::downloader),
    ("az", transfer::storage),
    ("azcopy", transfer::storage),
    ("b2", transfer::storage),
    ("bore", serve::tunnels),
    ("chisel", serve::tunnels),
    ("cloudflared", serve::tunnels),
    ("code", serve::tunnels),
    ("code-insiders", serve::tunnels),
    ("croc", transfer::shows),
    ("curl", http::curl),
    ("curlie", http::curl),
    ("cursor", serve::tunnels),
    ("delv", copy::lookup),
    ("devtunnel", serve::tunnels),
    ("dig", copy::lookup),
    ("dnsmasq", serve::listeners),
    ("doggo", copy::lookup),
    ("dpaste", transfer::shows),
    ("drill", copy::lookup),
    ("dropbear", serve::listeners),
    ("elinks", http::downloader),
    ("expose", serve::tunnels),
    ("ffsend", transfer::shows),
    ("fpaste", transfer::shows),
    ("fping", copy::lookup),
    ("frpc", serve::tunnels),
    ("frps", serve::tunnels),
    ("ftp", copy::ftp),
    ("gcloud", transfer::storage),
    ("getent", copy::lookup),
    ("gh", transfer::shows),
    ("gist", transfer::shows),
    ("glab", transfer::shows),
    ("gotty", serve::tunnels),
    ("gs-netcat", serve::tunnels),
    ("gsutil", transfer::storage),
    ("haste", transfer::shows),
    ("hastebin", transfer::shows),
    ("host", copy::lookup),
    ("http", http::httpie),
    ("https", http::httpie),
    ("in.tftpd", serve::listeners),
    ("inlets", serve::tunnels),
    ("inlets-pro", serve::tunnels),
    ("ix", transfer::shows),
    ("kdig", copy::lookup),
    ("lftp", copy::ftp),
    ("links", http::downloader),
    ("links2", http::downloader),
    ("localtunnel", serve::tunnels),
    ("loclx", serve::tunnels),
    ("lt", serve::tunnels),
    ("lwp-request", http::downloader),
    ("lynx", http::downloader),
    ("magic-wormhole", transfer::shows),
    ("mail", copy::mail),
    ("mailx", copy::mail),
    ("mc", transfer::storage),
    ("mcli", transfer::storage),
    ("mosh", copy::ssh),
    ("mpack", copy::mail),
    ("msmtp", copy::mail),
    ("mtr", copy::lookup),
    ("mutt", copy::mail),
    ("nc", socket::netcat),
    ("nc.openbsd", socket::netcat),
    ("nc.traditional", socket::netcat),
    ("ncat", socket::netcat),
    ("ncftpget", copy::ftp),
    ("ncftpput", copy::ftp),
    ("neomutt", copy::mail),
    ("netcat", socket::netcat),
    ("ngrok", serve::tunnels),
    ("nopaste", transfer::shows),
    ("nslookup", copy::lookup),
    ("onionshare", transfer::shows),
    ("onionshare-cli", transfer::shows),
    ("openssl", socket::openssl),
    ("pastebinit", transfer::shows),
    ("ping", copy::lookup),
    ("ping6", copy::lookup),
    ("pwncat", socket::netcat),
    ("qrcp", transfer::shows),
    ("rclone", transfer::storage),
    ("resolvectl", copy::lookup),
    ("rsync", copy::copy),
    ("s-nail", copy::mail),
    ("s3cmd", transfer::storage),
    ("s4cmd", transfer::storage),
    ("scp", copy::copy),
    ("sendmail", copy::mail),
    ("sftp", copy::ftp),
    ("shellinabox", serve::tunnels),
    ("shellinaboxd", serve::tunnels),
    ("smbclient", copy::ftp),
    ("socat", socket::socat),
    ("ssh", copy::ssh),
    ("ssh-copy-id", copy::ssh_copy_id),
    ("sshd", serve::listeners),
    ("ssmtp", copy::mail),
    ("swaks", copy::mail),
    ("systemd-resolve", copy::lookup),
    ("tailscale", serve::tunnels),
    ("teleconsole", serve::tunnels),
    ("telnet", socket::telnet),
    ("telnetd", serve::listeners),
    ("tftp", copy::ftp),
    ("tmate", serve::tunnels),
    ("tracepath", copy::lookup),
    ("traceroute", copy::lookup),
    ("transfer", transfer::shows),
    ("transferwee", transfer::shows),
    ("ttyd", serve::tunnels),
    ("upterm", serve::tunnels),
    ("vncserver", serve::listeners),
    ("vsftpd", serve::listeners),
    ("w3m", http::downloader),
    ("websocat", socket::telnet),
    ("wetty", serve::tunnels),
    ("wget", http::wget),
    ("wget2", http::wget),
    ("wgetpaste", transfer::shows),
    ("whois", copy::lookup),
    ("wormhole", transfer::shows),
    ("x11vnc", serve::listeners),
    ("xh", http::httpie),
    ("xhs", http::httpie),
    ("youtube-dl", http::downloader),
    ("yt-dlp", http::downloader),
    ("zrok", serve::tunnels),
    ("ztcp", socket::telnet),
];

/// Programs that do much else besides: what has no effect here is not thereby known.
const PARTLY_KNOWN: &[&str] = &[
    "aws",
    "az",
    "b2",
    "code",
    "code-insiders",
    "cursor",
    "gcloud",
    "gh",
    "glab",
    "mc",
    "mcli",
    "openssl",
    "rclone",
    "tailscale",
    "transfer",
];

/// The effects of a program that this file knows; false when it knows nothing of it. Redirects that are connections are
/// looked at whatever the program is, and for statements without one.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    socket::redirects(call, out);
    // Scripts of services are named like programs.
    if call.command.program.as_deref().is_some_and(|program| program.starts_with("/etc/")) {
        return false;
    }
    if serve::files(call, out) {
        return true;
    }
    let row =
        PROGRAMS.binary_search_by(|(name, _)| (*name).cmp(call.name)).ok().and_then(|at| PROGRAMS.get(at));
    let Some((name, reader)) = row else { return false };
    let before = out.count();
    reader(call, out);
    copy::filled_in(call, out);
    !PARTLY_KNOWN.contains(name) || out.count() > before
}

#[cfg(test)]
mod tests {
    use super::PROGRAMS;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        for pair in PROGRAMS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} comes after {}", pair[0].0, pair[1].0);
        }
    }
}
