//! Programs that pass bytes between a connection and something else: netcat, socat, telnet, openssl, and the shell's own
//! `/dev/tcp`.

use super::host::of_name;
use super::http::{ENGINE_SOCKET, is_engine_socket};
use super::payload::{Payload, fetch, note, send};
use crate::answer::{Access, Command, Redirected, Word};
use crate::effect::system::given::{Given, only_asks};
use crate::effect::{Call, EffectKind, Effects, Target};
use crate::options::part_of;

const NETCAT: &str = "-e:x --exec:x -c:c --sh-exec:c --lua-exec:x -p:p --source-port:t -s:t --source:t -w:t --wait:t -q:t -i:t --idle-timeout:t -I:t -O:t -T:t -X:t -x:h --proxy:h --proxy-type:t --proxy-auth:t -V:t -M:t -m:t --max-conns:t -o:t --output:t -g:t -G:t --delay:t --allow:t --deny:t --allowfile:t --denyfile:t --ssl=t --ssl-cert:t --ssl-key:t --ssl-trustfile:t -P:t";

/// `nc`, `ncat`, `netcat`: connects or listens; `-e` ties a program to the connection.
pub(super) fn netcat(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, NETCAT);
    let mut operands: Vec<&Word> = given.operands().collect();
    if given.has(&["-U", "--unixsock"]) {
        let sockets: Vec<Word> = operands.iter().map(|word| (*word).clone()).collect();
        return unix(&sockets, out);
    }
    let listens = given.has(&["-l", "--listen", "-L"]);
    let command = given.value(&["-c", "--sh-exec"]).cloned();
    // With OpenBSD's netcat `-c` means TLS and takes no value: then what follows is the host.
    let tls = command.as_ref().filter(|_| given.has(&["-c"]) && !listens && operands.len() < 2).cloned();
    if let Some(host) = &tls {
        operands.insert(0, host);
    }
    let program = given.value(&["-e", "--exec", "--lua-exec"]).cloned();
    let program = program.or_else(|| command.filter(|_| tls.is_none()));
    let (host, port) = ends(&given, &operands, listens);
    if listens {
        note(out, EffectKind::Listen, Target::Name(port), call.name);
    }
    if let Some(program) = program {
        return note(out, EffectKind::RemoteShell, Target::Host(host), &program.value);
    }
    if given.has(&["-z"]) {
        return fetch(out, &host, "scan");
    }
    let mut payload = Payload::default();
    for word in operands.iter().take(1) {
        payload.open_parts(word);
    }
    payload.stdin();
    if !given.has(&["--recv-only"]) && (listens || !given.has(&["-d"])) {
        send(out, &host, call.name, &payload);
    }
    if !given.has(&["--send-only"]) {
        fetch(out, &host, call.name);
    }
}

/// The other end of a connection, and the port that is listened on.
fn ends(given: &Given<'_>, operands: &[&Word], listens: bool) -> (String, String) {
    if !listens {
        return (operands.first().map(|word| of_name(word)).unwrap_or_default(), String::new());
    }
    let port = given.value(&["-p"]).or_else(|| operands.last().copied());
    (String::new(), port.map(|word| word.value.clone()).unwrap_or_default())
}

fn unix(sockets: &[Word], out: &mut Effects<'_>) {
    for socket in sockets.iter().filter(|socket| is_engine_socket(&socket.value)) {
        let target = out.path(socket, false);
        note(out, EffectKind::Escalate, target, ENGINE_SOCKET);
    }
}

/// What one address of socat stands for.
enum End {
    Remote(String),
    Listens(String),
    Program(String),
    Socket(Word),
    File(Word),
    Input,
    Other,
}

const SOCAT: &str = "-b:t -t:t -T:t -lf:t -ly=t -lm=t -lp:t -L:t -W:t -r:t -R:t -s=t";

/// `socat address address`.
pub(super) fn socat(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, SOCAT);
    let addresses: Vec<Word> = given
        .operands()
        .filter(|word| word.value.len() > 1 || word.value == "-")
        .flat_map(|word| word.value.split("!!").map(|part| part_of(word, part)))
        .take(MOST_ENDS)
        .collect();
    let addresses = if addresses.len() < 2 && call.arguments.iter().any(|word| word.value == "-") {
        addresses.into_iter().chain([crate::expand::known("-")]).collect()
    } else {
        addresses
    };
    let ends: Vec<End> = addresses.iter().map(end).collect();
    let program =
        ends.iter().find_map(|end| if let End::Program(text) = end { Some(text.clone()) } else { None });
    let mut payload = Payload::default();
    for end in &ends {
        match end {
            End::File(file) => payload.named(file, out, false),
            End::Input => payload.stdin(),
            _ => {}
        }
    }
    let listens = ends.iter().any(|end| matches!(end, End::Listens(_)));
    let connects = ends.iter().any(|end| matches!(end, End::Remote(_)));
    for end in &ends {
        let host = match end {
            End::Remote(host) => host.clone(),
            End::Listens(port) => {
                note(out, EffectKind::Listen, Target::Name(port.clone()), "socat");
                String::new()
            }
            End::Socket(socket) => {
                unix(std::slice::from_ref(socket), out);
                continue;
            }
            _ => continue,
        };
        match &program {
            Some(program) => note(out, EffectKind::RemoteShell, Target::Host(host), program),
            None if listens && connects => note(out, EffectKind::Tunnel, Target::Host(host), "socat"),
            None => {
                send(out, &host, "socat", &payload);
                fetch(out, &host, "socat");
            }
        }
    }
}

fn end(address: &Word) -> End {
    let text = address.value.as_str();
    let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
    let first = rest.split(',').next().unwrap_or_default();
    let kind = kind.split(',').next().unwrap_or_default().to_ascii_uppercase();
    let network = ["TCP", "UDP", "SCTP", "DCCP", "OPENSSL", "SSL", "DTLS", "IP", "VSOCK", "UDPLITE"];
    match kind.as_str() {
        "EXEC" | "SYSTEM" | "SHELL" => End::Program(rest.to_owned()),
        "-" | "STDIO" | "STDIN" | "STDOUT" | "FD" | "0" | "1" => End::Input,
        "FILE" | "OPEN" | "GOPEN" | "CREATE" | "CREAT" => End::File(part_of(address, first)),
        _ if kind.starts_with("UNIX") || kind.starts_with("ABSTRACT") || kind == "LOCAL" => {
            End::Socket(part_of(address, first))
        }
        _ if kind.starts_with("SOCKS") || kind.starts_with("PROXY") => {
            let target = rest.split(':').nth(1).unwrap_or(first);
            End::Remote(of_name(&part_of(address, target)))
        }
        _ if network.iter().any(|name| kind.starts_with(name)) => {
            if kind.contains("LISTEN") || kind.ends_with("-L") || kind.contains("RECV") {
                End::Listens(first.to_owned())
            } else {
                let host = super::host::without_port(first);
                End::Remote(of_name(&part_of(address, host)))
            }
        }
        _ if text.starts_with(['/', '.']) => End::File(address.clone()),
        _ => End::Other,
    }
}

/// `telnet host port`.
pub(super) fn telnet(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::leading(call.arguments, "-b:t -e:t -l:t -n:t -S:t -X:t -k:t --escape:t");
    let Some(host) = given.operand(0) else { return };
    let name = super::host::of_url(host).name;
    let mut payload = Payload::input();
    payload.open_parts(host);
    send(out, &name, call.name, &payload);
    fetch(out, &name, call.name);
}

/// Options of `openssl s_client` and `s_server` that name hosts and ports.
const OPENSSL: &str = "-connect:t -host:t -port:t -proxy:t -bind:t -unix:t -accept:t -cert:t -key:t -CAfile:t -CApath:t -servername:t -starttls:t -verify:t -cipher:t -alpn:t -keylogfile:t -sess_out:t -sess_in:t -pass:t -www=t -WWW=t -HTTP=t -quiet=t";

pub(super) fn openssl(call: &Call<'_>, out: &mut Effects<'_>) {
    let Some((command, rest)) = call.arguments.split_first() else { return };
    let given = Given::read(rest, OPENSSL);
    match command.value.as_str() {
        "s_client" => {
            let named = given.value(&["-connect", "-host"]).or_else(|| given.operand(0)).cloned();
            let proxy = given.value(&["-proxy"]).cloned();
            for word in named.iter().chain(proxy.iter()) {
                let host = super::host::of_url(word).name;
                send(out, &host, "openssl", &Payload::input());
                fetch(out, &host, "openssl");
            }
        }
        "s_server" => {
            let port = given.value(&["-accept", "-port"]).map_or("4433", |port| port.value.as_str());
            note(out, EffectKind::Listen, Target::Name(port.to_owned()), "openssl");
            if given.has(&["-WWW", "-HTTP"]) {
                return;
            }
            send(out, "", "openssl", &Payload::input());
            fetch(out, "", "openssl");
        }
        _ => {}
    }
}

/// The host and port of `/dev/tcp/host/port`, which the shell opens as a connection.
pub(super) fn device(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/dev/tcp/").or_else(|| path.strip_prefix("/dev/udp/"))?;
    rest.rsplit_once('/').filter(|(host, _)| !host.is_empty())
}

/// Most connections of one command, and most ends of one relay, that are looked at: only the last of each descriptor counts.
const MOST_ENDS: usize = 16;

/// The redirects of a command that are connections: what it prints goes there, what it reads comes from there.
pub(super) fn redirects(call: &Call<'_>, out: &mut Effects<'_>) {
    let connections = connections(call.command);
    if connections.is_empty() {
        return;
    }
    let mut printed = Payload::default();
    if connections.iter().any(|(_, direction)| direction.writes) {
        prints(call, &mut printed, out);
    }
    for (word, direction) in connections {
        let Some((host, _)) = device(&word.value) else { continue };
        let host = of_name(&part_of(&word, host));
        if direction.reads {
            fetch(out, &host, "/dev/tcp");
        }
        if direction.writes {
            let mut payload = printed.clone();
            payload.open_parts(&word);
            send(out, &host, "/dev/tcp", &payload);
        }
    }
}

struct Direction {
    reads: bool,
    writes: bool,
}

fn connections(command: &Command) -> Vec<(Word, Direction)> {
    let one = |redirect: &Redirected| {
        let reads = matches!(redirect.operator, "<" | "<>" | "<&");
        let writes = matches!(redirect.operator, ">" | ">>" | ">|" | "<>" | "&>" | "&>>" | ">&");
        (redirect.target.clone(), Direction { reads, writes })
    };
    let opened = command.redirects.iter().rev().filter(|redirect| device(&redirect.target.value).is_some());
    opened.take(MOST_ENDS).map(one).collect()
}

/// What a command can be expected to print: its texts, the files it reads, and its input.
fn prints(call: &Call<'_>, payload: &mut Payload, out: &Effects<'_>) {
    if matches!(call.name, "echo" | "printf") {
        for word in call.arguments {
            payload.text(word);
        }
        return;
    }
    let reads = call.command.paths.iter().filter(|path| path.access == Access::Read);
    for path in reads.filter(|path| device(&path.text).is_none()) {
        payload.named(&crate::expand::known(&path.text), out, path.recursive);
    }
    if call.name != "exec" && !call.name.is_empty() {
        payload.stdin();
    }
}
