//! Programs that let others in: servers of files, tunnels, shared terminals.

use super::payload::{Payload, note};
use crate::answer::Word;
use crate::effect::system::given::{Given, only_asks};
use crate::effect::{Call, EffectKind, Effects, Source, Target};
use crate::expand::known;

const SERVER: &str = "-p:p --port:p -b:t --bind:t -d:d --directory:d --dir:d --root:d --path:d -w:d -t:d -S:p -a:t --address:t -l:p --listen:p -h:d -c:t -m:t --host:t --addr:t --username:t --password:t --ssl-cert:t --ssl-key:t";

/// Servers of files, and languages whose interpreters bring one.
pub(super) fn files(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    let words = call.arguments;
    let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.value == text);
    let module = words.iter().position(|word| matches!(word.value.as_str(), "-m" | "-run"));
    let module = module.and_then(|at| words.get(at + 1).map(|word| (at + 2, word.value.as_str())));
    let from = match (call.name, module) {
        (
            "python" | "python2" | "python3",
            Some((
                at,
                "http.server" | "SimpleHTTPServer" | "CGIHTTPServer" | "RangeHTTPServer" | "pyftpdlib"
                | "uploadserver" | "updog" | "smtpd",
            )),
        ) => at,
        ("php", None) if words.iter().any(|word| word.value == "-S") => 0,
        ("ruby", _)
            if words.iter().any(|word| word.value == "-run")
                && words.iter().any(|word| word.value == "httpd") =>
        {
            words.iter().position(|word| word.value == "httpd").unwrap_or(0) + 1
        }
        ("httpd", _) if words.iter().any(|word| word.value.starts_with("-f") || word.value == "-h") => 0,
        ("npx" | "bunx" | "pnpx", _) => {
            match words.iter().position(|word| SERVERS.contains(&word.value.as_str())) {
                Some(at) => at + 1,
                None => return false,
            }
        }
        ("caddy", _) if is(0, "file-server") => 1,
        ("twistd" | "twistd3", _) => match words.iter().position(|word| word.value == "web") {
            Some(at) => at + 1,
            None => return false,
        },
        (name, _) if SERVERS.contains(&name) => 0,
        _ => return false,
    };
    let rest = words.get(from..).unwrap_or_default();
    if only_asks(rest) || rest.iter().any(|word| matches!(word.value.as_str(), "--help" | "--version")) {
        return true;
    }
    listen(call, rest, out);
    true
}

const SERVERS: &[&str] = &[
    "darkhttpd",
    "goshs",
    "http-server",
    "live-server",
    "miniserve",
    "serve",
    "simple-http-server",
    "thttpd",
    "updog",
    "webfsd",
    "woof",
];

fn listen(call: &Call<'_>, rest: &[Word], out: &mut Effects<'_>) {
    let given = Given::read(rest, SERVER);
    let numeric = |word: &&Word| word.value.parse::<u16>().is_ok();
    let port = given.by_role("p").map(|(_, port)| port).next().or_else(|| given.operands().find(numeric));
    let port =
        port.map_or_else(String::new, |port| port.value.rsplit(':').next().unwrap_or_default().to_owned());
    let served = given.by_role("d").map(|(_, directory)| directory.clone()).next();
    let operand = given.operands().find(|word| !numeric(word)).cloned();
    let served = served.or(operand).unwrap_or_else(|| known("."));
    let mut payload = Payload::default();
    payload.named(&served, out, true);
    let here = served.value == "." && served.complete;
    let directory = call.command.directory.clone().unwrap_or_else(|| call.context.cwd.to_owned());
    let effect = out.add(EffectKind::Listen, Target::Name(port));
    "serves files".clone_into(&mut effect.detail);
    payload.put(effect);
    if here {
        effect.sources = vec![Source::File(directory)];
    }
}

/// Ways in for others: tunnels from the public network, shared terminals, remote desktops.
pub(super) fn tunnels(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, "--url:U --port:p -p:p --to:U -s:t --subdomain:t --token:t -c:t");
    let (first, second) = (given.text(0), given.text(1));
    let opens = match call.name {
        "ngrok" => matches!(first, "http" | "tcp" | "tls" | "start" | "tunnel" | "service"),
        "cloudflared" => {
            matches!((first, second), ("tunnel", "run" | "") | ("access" | "proxy-dns", _))
                || (first == "tunnel" && given.has(&["--url"]))
                || given.has(&["--url"])
        }
        "frpc" | "frps" => !matches!(first, "verify" | "completion" | "status" | "help"),
        "bore" => first == "local" || first == "server",
        "chisel" => first == "client" || first == "server",
        "tailscale" => matches!(first, "funnel" | "serve") && !matches!(second, "status" | "reset"),
        "zrok" => first == "share",
        "inlets" | "inlets-pro" => !matches!(first, "version" | ""),
        "expose" => first == "share",
        "devtunnel" => first == "host",
        "code" | "code-insiders" | "cursor" => {
            first == "tunnel" && !matches!(second, "status" | "unregister" | "kill")
        }
        "upterm" => first == "host",
        _ => true,
    };
    if !opens {
        return;
    }
    let what =
        call.arguments.iter().map(|word| word.canonical.as_str()).take(8).collect::<Vec<_>>().join(" ");
    let kind = match call.name {
        "gotty" | "gs-netcat" | "shellinabox" | "shellinaboxd" | "teleconsole" | "tmate" | "ttyd"
        | "upterm" | "wetty" => EffectKind::RemoteShell,
        _ => EffectKind::Tunnel,
    };
    note(out, kind, Target::Host(String::new()), what.trim());
}

/// Servers that others may log in to or send to.
pub(super) fn listeners(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments)
        || call.arguments.iter().any(|word| matches!(word.value.as_str(), "-t" | "-T"))
    {
        return;
    }
    let given = Given::read(call.arguments, "-p:t --port:t -f:t -o:t");
    let port = given.value(&["-p", "--port"]).map(|port| port.value.clone()).unwrap_or_default();
    note(out, EffectKind::Listen, Target::Name(port), call.name);
}
