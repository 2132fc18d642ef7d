//! Programs that speak HTTP and its like: what they fetch, and what they send along.

use super::host::of_url;
use super::payload::{Payload, fetch, is_fed, note, send};
use crate::answer::{Certainty, Word};
use crate::effect::system::given::{Given, only_asks};
use crate::effect::{Call, EffectKind, Effects, Target};
use crate::options::part_of;

/// With more hosts than these, what is sent goes to "a host" instead: the list of sources is not repeated for each.
const MOST_HOSTS: usize = 16;

/// Roles: `d` data or `@file`, `r` data as it stands, `e` `name@file` or data, `f` a form field, `F` a form text,
/// `T` a file, `U` an address, `K` a file of options, `H` a header, `u` credentials, `x` a host on the way,
/// `R` a host that answers for another, `q` a request method, `v` a variable, `t` anything else.
const CURL: &str = "-A:H --user-agent:H -b:H --cookie:H -c:t --cookie-jar:t -C:t --continue-at:t -d:d --data:d --data-ascii:d --data-binary:d --data-raw:r --data-urlencode:e --url-query:e --json:d -D:t --dump-header:t -e:H --referer:H -E:t --cert:t -F:f --form:f --form-string:F -H:H --header:H --proxy-header:H -K:K --config:K -m:t --max-time:t -o:t --output:t --output-dir:t -P:t --ftp-port:t -Q:F --quote:F -r:t --range:t -t:t --telnet-option:t -T:T --upload-file:T -u:u --user:u -U:u --proxy-user:u --oauth2-bearer:u -w:t --write-out:t -x:x --proxy:x --preproxy:x --proxy1.0:x --socks4:x --socks4a:x --socks5:x --socks5-hostname:x -X:q --request:q -y:t --speed-time:t -Y:t --speed-limit:t -z:t --time-cond:t --url:U --abstract-unix-socket:S --unix-socket:S --alt-svc:t --aws-sigv4:t --cacert:t --capath:t --cert-type:t --ciphers:t --connect-timeout:t --connect-to:R --resolve:R --doh-url:x --create-file-mode:t --crlfile:t --curves:t --delegation:t --dns-interface:t --dns-ipv4-addr:t --dns-ipv6-addr:t --dns-servers:x --egd-file:t --engine:t --etag-compare:t --etag-save:t --expect100-timeout:t --ftp-account:t --ftp-alternative-to-user:t --ftp-method:t --happy-eyeballs-timeout-ms:t --haproxy-clientip:t --hostpubmd5:t --hostpubsha256:t --hsts:t --interface:t --ipfs-gateway:x --keepalive-time:t --key:t --key-type:t --krb:t --libcurl:t --limit-rate:t --local-port:t --login-options:t --mail-auth:t --mail-from:t --mail-rcpt:t --max-filesize:t --max-redirs:t --netrc-file:t --noproxy:t --parallel-max:t --pass:t --pinnedpubkey:t --proto:t --proto-default:t --proto-redir:t --proxy-cacert:t --proxy-capath:t --proxy-cert:t --proxy-cert-type:t --proxy-ciphers:t --proxy-crlfile:t --proxy-key:t --proxy-key-type:t --proxy-pass:t --proxy-pinnedpubkey:t --proxy-service-name:t --proxy-tls13-ciphers:t --proxy-tlsauthtype:t --proxy-tlspassword:t --proxy-tlsuser:t --pubkey:t --random-file:t --rate:t --request-target:F --retry:t --retry-delay:t --retry-max-time:t --sasl-authzid:t --service-name:t --stderr:t --tftp-blksize:t --tls-max:t --tls13-ciphers:t --tlsauthtype:t --tlspassword:t --tlsuser:t --trace:t --trace-ascii:t --trace-config:t --head=t --netrc=t --parallel=t --crlf=t --variable:v --expand-data:r --expand-url:U --expand-header:H --vlan-priority:t";

pub(super) fn curl(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, CURL);
    let urls: Vec<&Word> = given.operands().chain(given.by_role("U").map(|(_, url)| url)).collect();
    if given.by_role("K").next().is_some() {
        let effect = out.add_sure(EffectKind::Fetch, Target::Host(String::new()), Certainty::Opaque);
        "options from a file".clone_into(&mut effect.detail);
    }
    docker_socket(&given, out);
    for (role, value) in given.by_role("xR") {
        let address = if role == 'R' { answering(&value.value) } else { value.value.as_str() };
        if !address.is_empty() && value.value != "none" {
            fetch(out, &of_url(&part_of(value, address)).name, "instead of the host that is named");
        }
    }
    let body = curl_body(&given, out);
    let mut headers = Payload::default();
    for (role, value) in given.by_role("Hu") {
        match value.value.strip_prefix('@').filter(|_| role == 'H') {
            Some(file) => headers.file(&part_of(value, file), out),
            None => headers.open_parts(value),
        }
    }
    let method = given.value(&["-X", "--request"]).map_or("", |word| word.value.as_str());
    let changes = !matches!(method.to_ascii_uppercase().as_str(), "" | "GET" | "HEAD" | "OPTIONS");
    let detail = if changes { method } else { "body" };
    let sends = (changes || !body.is_empty()).then_some((detail, &body));
    exchange(&urls, sends, &headers, out);
}

/// `--resolve host:port:address`, `--connect-to host:port:other:port`.
fn answering(value: &str) -> &str {
    value.splitn(3, ':').nth(2).unwrap_or_default()
}

fn docker_socket(given: &Given<'_>, out: &mut Effects<'_>) {
    let sockets: Vec<Word> = given.by_role("S").map(|(_, socket)| socket.clone()).collect();
    for socket in sockets.iter().filter(|socket| is_engine_socket(&socket.value)) {
        let target = out.path(socket, false);
        note(out, EffectKind::Escalate, target, ENGINE_SOCKET);
    }
}

/// What a container engine's socket is.
pub(crate) const ENGINE_SOCKET: &str = "a container engine, which runs as root";

/// Is it the socket of a program that does as root what it is told?
pub(crate) fn is_engine_socket(path: &str) -> bool {
    ["docker.sock", "containerd.sock", "crio.sock", "podman.sock"].iter().any(|name| path.ends_with(name))
}

fn curl_body(given: &Given<'_>, out: &Effects<'_>) -> Payload {
    let mut body = Payload::default();
    for (role, value) in given.by_role("drefFTv") {
        let text = value.value.as_str();
        match role {
            'T' => body.file(value, out),
            'd' => match text.strip_prefix('@') {
                Some(file) => body.file(&part_of(value, file), out),
                None => body.text(value),
            },
            'e' => match text.split_once('@') {
                Some((name, file)) if !name.contains(['=', '$', '`']) => {
                    body.file(&part_of(value, file), out)
                }
                _ => body.text(value),
            },
            'v' => match (text.strip_prefix('%'), text.split_once('@')) {
                (Some(name), _) => body.variable(name.split('=').next().unwrap_or_default()),
                (None, Some((name, file))) if !name.contains('=') => body.file(&part_of(value, file), out),
                _ => body.open_parts(value),
            },
            'f' => form_field(value, &mut body, out),
            _ => body.text(value),
        }
    }
    body
}

/// `name=@file;type=…`, `name=<file`, `name=text`.
fn form_field(value: &Word, body: &mut Payload, out: &Effects<'_>) {
    let content = value.value.split_once('=').map_or(value.value.as_str(), |(_, content)| content);
    let Some(files) = content.strip_prefix(['@', '<']) else { return body.text(value) };
    let names = files.split(';').next().unwrap_or_default();
    for name in names.split(',') {
        body.file(&part_of(value, name.trim_matches('"')), out);
    }
}

/// What goes to and comes from the hosts of `urls`.
fn exchange(urls: &[&Word], sends: Option<(&str, &Payload)>, headers: &Payload, out: &mut Effects<'_>) {
    let mut hosts: Vec<String> = Vec::new();
    for url in urls {
        let host = of_url(url);
        if host.scheme == "file" || url.value.is_empty() {
            continue;
        }
        fetch(out, &host.name, "");
        if host.open_label || host.open_rest {
            let mut payload = Payload::default();
            payload.open_parts(url);
            if !payload.is_empty() {
                send(out, &host.name, "address", &payload);
            }
        }
        hosts.push(host.name);
    }
    hosts.sort();
    hosts.dedup();
    if hosts.len() > MOST_HOSTS || (hosts.is_empty() && sends.is_some()) {
        hosts = vec![String::new()];
    }
    for host in &hosts {
        if let Some((detail, payload)) = sends {
            send(out, host, detail, payload);
        }
        if !headers.is_empty() {
            send(out, host, "header", headers);
        }
    }
}

/// Roles as for curl.
const WGET: &str = "-O:t --output-document:t -P:t --directory-prefix:t -o:t --output-file:t -a:t --append-output:t -i:K --input-file:K --post-file:T --body-file:T --post-data:r --body-data:r --method:q --header:H -U:H --user-agent:H --referer:H --user:u --password:u --http-user:u --http-password:u --ftp-user:u --ftp-password:u --proxy-user:u --proxy-password:u --load-cookies:C --save-cookies:t --config:K -t:t --tries:t -T:t --timeout:t --dns-timeout:t --connect-timeout:t --read-timeout:t -w:t --wait:t --waitretry:t -Q:t --quota:t --bind-address:t --limit-rate:t --restrict-file-names:t -B:U --base:U --certificate:t --certificate-type:t --private-key:t --private-key-type:t --ca-certificate:t --ca-directory:t --crl-file:t --pinnedpubkey:t --random-file:t --egd-file:t -A:t --accept:t -R:t --reject:t --accept-regex:t --reject-regex:t --regex-type:t -D:t --domains:t --exclude-domains:t --follow-tags:t --ignore-tags:t -I:t --include-directories:t -X:t --exclude-directories:t -l:t --level:t --cut-dirs:t --default-page:t -e:E --execute:E --progress:t --secure-protocol:t --ciphers:t --prefer-family:t --max-redirect:t --start-pos:t --remote-encoding:t --local-encoding:t --report-speed:t --rejected-log:t --use-askpass:t --compression:t --warc-file:t --warc-header:t --warc-max-size:t --warc-tempdir:t --warc-dedup:t --hsts-file:t --preferred-location:t";

pub(super) fn wget(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, WGET);
    let urls: Vec<&Word> = given.operands().collect();
    if given.by_role("K").next().is_some() {
        let effect = out.add_sure(EffectKind::Fetch, Target::Host(String::new()), Certainty::Opaque);
        "addresses or options from a file".clone_into(&mut effect.detail);
    }
    for (_, setting) in given.by_role("E") {
        if let Some((key, value)) = setting.value.split_once('=')
            && key.trim().ends_with("_proxy")
            && key.trim() != "use_proxy"
        {
            fetch(out, &of_url(&part_of(setting, value.trim())).name, "instead of the host that is named");
        }
    }
    let (mut body, mut headers) = (Payload::default(), Payload::default());
    for (role, value) in given.by_role("rTHuC") {
        match role {
            'C' => headers.file(value, out),
            'T' => body.file(value, out),
            'r' => body.text(value),
            _ => headers.open_parts(value),
        }
    }
    let method = given.value(&["--method"]).map_or("", |word| word.value.as_str());
    let changes = !matches!(method.to_ascii_uppercase().as_str(), "" | "GET" | "HEAD" | "OPTIONS");
    let detail = if changes { method } else { "body" };
    exchange(&urls, (changes || !body.is_empty()).then_some((detail, &body)), &headers, out);
}

const HTTPIE: &str = "-o:t --output:t -a:u --auth:u -A:t --auth-type:t -p:t --print:t -s:t --style:t --session:t --session-read-only:t --proxy:x --verify:t --cert:t --cert-key:t --timeout:t --max-redirects:t --raw:r --boundary:t --default-scheme:t --pretty:t --format-options:t --response-charset:t --response-mime:t --path-as-is=t";
const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn httpie(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, HTTPIE);
    let mut operands: Vec<&Word> = given.operands().collect();
    let named = operands.first().map(|first| first.value.to_ascii_uppercase());
    let method = named.filter(|first| METHODS.contains(&first.as_str()) && operands.len() > 1);
    if method.is_some() && !operands.is_empty() {
        operands.remove(0);
    }
    let Some((url, items)) = operands.split_first() else { return };
    let (mut body, mut headers) = (Payload::default(), Payload::default());
    for item in items {
        httpie_item(item, &mut body, &mut headers, out);
    }
    for (role, value) in given.by_role("ru") {
        if role == 'r' { body.text(value) } else { headers.open_parts(value) }
    }
    if is_fed(call.command) && !given.has(&["--ignore-stdin", "-I"]) {
        body.stdin();
    }
    let changes = method.as_deref().is_some_and(|method| !matches!(method, "GET" | "HEAD" | "OPTIONS"));
    let detail = method.as_deref().filter(|_| changes).unwrap_or("body");
    exchange(&[url], (changes || !body.is_empty()).then_some((detail, &body)), &headers, out);
}

/// `name=text`, `name:=json`, `name=@file`, `name:=@file`, `name@file`, `name==query`, `Name:header`, `@file`.
fn httpie_item(item: &Word, body: &mut Payload, headers: &mut Payload, out: &Effects<'_>) {
    let text = item.value.as_str();
    let Some(at) = text.find(['=', '@', ':']) else { return body.text(item) };
    let operator = text.get(at..).unwrap_or_default();
    let file = ["==@", ":=@", "=@", ":@", "@"].iter().find_map(|start| operator.strip_prefix(start));
    match file {
        Some(file) => body.file(&part_of(item, file.split(';').next().unwrap_or_default()), out),
        None if operator.starts_with("==") => headers.open_parts(item),
        None if operator.starts_with(':') && !operator.starts_with(":=") => headers.open_parts(item),
        None => body.text(item),
    }
}

const DOWNLOADERS: &str = "-o:t --out:t --output:t -d:t --dir:t -i:t --input-file:t -s:t --split:t -x:t --max-connection-per-server:t -j:t --max-concurrent-downloads:t -k:t -n:t --num-connections:t -S:t -U:t --header:t --user-agent:t --referer:t --http-user:t --http-passwd:t --all-proxy:t --load-cookies:t --save-session:t -m:t --max-tries:t -t:t --timeout:t -T:t -f:t --format:t -P:t --paths:t --cookies:t -l:t --log:t --max-overall-download-limit:t --seed-time:t --checksum:t --listen-port:t --on-download-complete:t -cfg:t -display_charset:t -width:t -cols:t";

/// Programs that only fetch what their operands name: aria2c, axel, lynx, w3m, yt-dlp.
pub(super) fn downloader(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, DOWNLOADERS);
    let local = |word: &Word| {
        matches!(call.name, "lynx" | "w3m" | "links" | "elinks" | "links2")
            && !word.value.contains("://")
            && (word.value.starts_with(['/', '.', '~']) || word.value.ends_with(".html"))
    };
    let mut urls: Vec<&Word> = given.operands().filter(|word| !local(word)).collect();
    // Values of options that are not listed look like operands.
    if urls.iter().any(|url| url.value.contains("://")) {
        urls.retain(|url| url.value.contains(['/', '.', ':', '$']));
    }
    if given.has(&["-i", "--input-file"]) {
        fetch(out, "", "addresses from a file");
    }
    let posts =
        call.arguments.iter().any(|word| matches!(word.value.as_str(), "-post_data" | "-post" | "-get_data"));
    let (body, none) = (Payload::input(), Payload::default());
    exchange(&urls, posts.then_some(("body", &body)), &none, out);
}
