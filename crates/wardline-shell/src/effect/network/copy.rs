//! Programs that log in to another machine or copy files to and from one.

use super::host::{Parts, of_name, of_url};
use super::payload::{Payload, fetch, is_fed, note, send};
use crate::answer::{Input, Word};
use crate::effect::system::given::{Given, only_asks};
use crate::effect::{Call, EffectKind, Effects, Target};
use crate::options::part_of;

const SSH: &str = "-B:t -b:t -c:t -D:t -E:t -e:t -F:t -I:t -i:t -J:t -L:t -l:t -m:t -O:t -o:t -P:t -p:t -Q:t -R:t -S:t -W:t -w:t";
const AUTOSSH: &str = "-M:t -B:t -b:t -c:t -D:t -E:t -e:t -F:t -I:t -i:t -J:t -L:t -l:t -m:t -O:t -o:t -P:t -p:t -Q:t -R:t -S:t -W:t -w:t";

/// `ssh`, `autossh`, `mosh`: the command that they run elsewhere is followed like one of the script.
pub(super) fn ssh(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::leading(call.arguments, if call.name == "autossh" { AUTOSSH } else { SSH });
    if given.has(&["-Q", "-V", "-G"]) {
        return;
    }
    let Some(destination) = given.operand(0) else { return };
    let host = of_url(destination).name;
    let opens = |word: &&Word| {
        let (key, _) = word.value.split_once(['=', ' ']).unwrap_or((&word.value, ""));
        key.trim().eq_ignore_ascii_case("RemoteForward") || key.trim().eq_ignore_ascii_case("Tunnel")
    };
    let settings: Vec<Word> = given.values(&["-o"]).filter(opens).cloned().collect();
    let backward: Vec<Word> = given.values(&["-R", "-w"]).cloned().chain(settings).collect();
    for forward in &backward {
        note(out, EffectKind::Tunnel, Target::Host(host.clone()), &forward.value);
    }
    fetch(out, &host, "ssh");
    let mut payload = Payload::default();
    for word in given.after(0) {
        payload.open_parts(word);
    }
    if is_fed(call.command) {
        payload.stdin();
    }
    if !payload.is_empty() {
        send(out, &host, "ssh", &payload);
    }
}

/// `ssh-copy-id host`: a key of this machine opens the other from now on.
pub(super) fn ssh_copy_id(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, "-i:t -p:t -o:t -F:t -t:t");
    if given.has(&["-n", "-h"]) {
        return;
    }
    for destination in given.operands().filter(|word| !word.value.ends_with(".pub")) {
        let host = of_url(destination).name;
        fetch(out, &host, "ssh");
        note(out, EffectKind::Persist, Target::Host(host), "adds a key to authorized_keys");
    }
}

const SCP: &str = "-c:t -D:t -F:t -i:t -J:t -l:t -o:t -P:t -S:t -X:t";
const RSYNC: &str = "-e:t --rsh:t --exclude:t --include:t --exclude-from:t --include-from:t --files-from:T -f:t --filter:t --log-file:t --log-file-format:t --password-file:t --backup-dir:t --suffix:t --link-dest:t --copy-dest:t --compare-dest:t --partial-dir:t -T:t --temp-dir:t --rsync-path:t --bwlimit:t --chmod:t --chown:t --usermap:t --groupmap:t --timeout:t --contimeout:t --modify-window:t -B:t --block-size:t --max-size:t --min-size:t --max-delete:t --port:t --address:t --sockopts:t --out-format:t --info:t --debug:t --compress-level:t --zl:t --skip-compress:t -M:t --remote-option:t --iconv:t --stop-after:t --write-batch:t --read-batch:t --only-write-batch:t --checksum-choice:t --compress-choice:t --early-input:t --checksum=t --compress=t --partial=t --backup=t -@:t";

/// `scp`, `rsync`: the last operand is where the others go.
pub(super) fn copy(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, if call.name == "rsync" { RSYNC } else { SCP });
    if call.name == "rsync" && given.has(&["--daemon"]) {
        return note(out, EffectKind::Listen, Target::Name("873".to_owned()), "rsync --daemon");
    }
    let operands: Vec<&Word> = given.operands().collect();
    let sources = match operands.split_last() {
        // `rsync host::` and `rsync host:dir` list.
        Some((only, [])) => {
            if let Some(host) = remote(only) {
                fetch(out, &host, "list");
            }
            return;
        }
        Some((_, sources)) => sources,
        None => return,
    };
    let target = operands.last().and_then(|target| remote(target));
    let mut payload = Payload::default();
    let mut hosts = Vec::new();
    for source in sources {
        match remote(source) {
            Some(host) => hosts.push(host),
            None if target.is_some() => payload.named(source, out, true),
            None => {}
        }
    }
    for (_, list) in given.by_role("T") {
        if target.is_some() && !list.value.contains(':') {
            payload.file(list, out);
        }
    }
    for host in &hosts {
        fetch(out, host, "copy");
        if target.is_some() {
            payload.network(host);
        }
    }
    if let Some(host) = target {
        send(out, &host, "copy", &payload);
    }
}

/// The host of `[user@]host:path`, `host::module`, `rsync://host/…`; `None` for a local path.
pub(super) fn remote(word: &Word) -> Option<String> {
    if word.value.contains("://") {
        return Some(of_url(word).name);
    }
    let (before, _) = word.value.split_once(':')?;
    if before.contains('/') || before.is_empty() {
        return None;
    }
    let host = before.rsplit('@').next().unwrap_or_default();
    Some(of_name(&part_of(word, host.trim_start_matches('['))))
}

const TFTP: &str = "-l:t -r:t -b:t -B:t -m:t";
const FTP: &str = "-u:t -P:t -s:t -o:t -e:C -c:C -f:t -b:B -i:t -F:t -l:t -r:t -R:t -B:t -S:t -J:t -D:t -m:t";

/// `ftp`, `lftp`, `tftp`, `sftp`, `smbclient`, `ncftpput`: what they do stands in their commands.
pub(super) fn ftp(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, if call.name == "tftp" { TFTP } else { FTP });
    let mut operands = given.operands();
    let Some(first) = operands.next().cloned().or_else(|| address_in(&given)) else { return };
    let host = match remote(&first) {
        Some(host) if !first.value.contains("://") => host,
        _ => of_url(&Word { value: first.value.trim_start_matches('/').to_owned(), ..first.clone() }).name,
    };
    let rest: Vec<&Word> = operands.collect();
    let mut payload = Payload::default();
    match call.name {
        "ncftpput" => rest.iter().skip(1).for_each(|file| payload.named(file, out, true)),
        "tftp" if given.has(&["-p"]) => {
            given.values(&["-l"]).for_each(|file| payload.named(file, out, false))
        }
        _ => {}
    }
    for (_, commands) in given.by_role("C") {
        puts(commands, &commands.value, &mut payload, out);
    }
    // `tftp host -c put file`: the words after `-c` are the command.
    if let Some(at) = call.arguments.iter().position(|word| word.value == "-c") {
        let words: Vec<&str> = call.arguments.iter().skip(at + 1).map(|word| word.value.as_str()).collect();
        puts(&first, &words.join(" "), &mut payload, out);
    }
    if let Input::Text(text) = &call.command.input {
        puts(text, &text.value, &mut payload, out);
    } else if is_fed(call.command) || given.by_role("B").next().is_some() {
        payload.stdin();
    }
    fetch(out, &host, call.name);
    if !payload.is_empty() {
        send(out, &host, call.name, &payload);
    }
}

/// `lftp -e 'open host; …'` names its host in the commands.
fn address_in(given: &Given<'_>) -> Option<Word> {
    given.by_role("C").find_map(|(_, commands)| {
        let mut words = commands.value.split([' ', ';']).filter(|word| !word.is_empty());
        words.find(|word| *word == "open")?;
        let host = words.find(|word| !word.starts_with('-'))?;
        Some(part_of(commands, host))
    })
}

/// The files that `put`, `mput`, `send` and their like name in the commands of a file transfer.
fn puts(word: &Word, commands: &str, payload: &mut Payload, out: &Effects<'_>) {
    for command in commands.split(['\n', ';']) {
        let mut words = command.split_whitespace();
        let verb = words.next().unwrap_or_default();
        if matches!(verb, "put" | "mput" | "send" | "append" | "reput" | "mirror") {
            let reverse = verb != "mirror" || command.contains(" -R") || command.contains("--reverse");
            for file in words.filter(|word| !word.starts_with('-') && reverse) {
                payload.named(&part_of(word, file.trim_matches(['"', '\''])), out, true);
            }
        }
    }
}

const MAIL: &str = "-a:A -A:A --attach:A -s:S --subject:S -b:t -c:c -r:t -e:t -F:t -f:t -i:A -H:A -u:t -q:t -S:t --body:b --server:s --to:c --from:t --header:S --data:b --append:t";

/// Programs that send mail: the hosts are those of the recipients.
pub(super) fn mail(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, MAIL);
    let mut payload = Payload::input();
    for (role, value) in given.by_role("ASb") {
        match (role, value.value.strip_prefix('@')) {
            ('b', Some(file)) => payload.file(&part_of(value, file), out),
            ('A', file) if !value.value.contains(": ") => {
                payload.file(&part_of(value, file.unwrap_or(&value.value)), out);
            }
            _ => payload.open_parts(value),
        }
    }
    let mut hosts: Vec<String> = given
        .operands()
        .chain(given.by_role("c").map(|(_, word)| word))
        .flat_map(|word| word.value.split(','))
        .filter(|address| !address.is_empty())
        .map(|address| address.rsplit_once('@').map_or("", |(_, host)| host).trim_matches('>').to_owned())
        .collect();
    hosts.extend(given.by_role("s").map(|(_, word)| of_url(word).name));
    hosts.sort();
    hosts.dedup();
    // Without a recipient `mail` reads what came in; others take the recipients from the text.
    let reads = matches!(call.name, "mail" | "mailx" | "s-nail" | "mutt" | "neomutt");
    if hosts.is_empty() && (!reads || given.has(&["-t"])) && !call.arguments.is_empty() {
        hosts.push(String::new());
    }
    if hosts.len() > 16 {
        hosts = vec![String::new()];
    }
    for host in &hosts {
        send(out, host, "mail", &payload);
    }
}

/// `dig`, `ping` and the like: a name that is asked for travels to whoever answers for its domain.
pub(super) fn lookup(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, LOOKUP);
    let skip = match call.name {
        "getent" if !given.text(0).contains("hosts") => return,
        "resolvectl" | "systemd-resolve" if !matches!(given.text(0), "query" | "service" | "tlsa") => return,
        "getent" | "resolvectl" => 1,
        _ => 0,
    };
    let pattern =
        given.values(&["-p"]).next().filter(|_| call.name == "ping" || call.name == "ping6").cloned();
    for word in given.operands().skip(skip).filter(|word| !word.value.starts_with('+')) {
        let host = of_url(&part_of(word, word.value.trim_start_matches('@')));
        let holes = Parts::of(word).has_holes();
        if is_record_type(&word.value) {
            continue;
        }
        fetch(out, &host.name, "lookup");
        if holes && host.open_label {
            let mut payload = Payload::default();
            payload.text(word);
            send(out, &host.name, "host name", &payload);
        }
    }
    if let Some(pattern) = pattern.filter(|pattern| !pattern.literal) {
        let mut payload = Payload::default();
        payload.text(&pattern);
        let host = given.operand(0).map(|word| of_url(word).name).unwrap_or_default();
        send(out, &host, "packet", &payload);
    }
}

const LOOKUP: &str = "-b:t -c:t -f:t -k:t -p:t -q:t -t:t -y:t -i:t -I:t -l:t -m:t -M:t -Q:t -s:t -S:t -T:t -w:t -W:t -R:t -N:t --type:t --port:t --interface:t";

fn is_record_type(text: &str) -> bool {
    matches!(
        text.to_ascii_uppercase().as_str(),
        "A" | "AAAA"
            | "ANY"
            | "CNAME"
            | "MX"
            | "NS"
            | "PTR"
            | "SOA"
            | "SRV"
            | "TXT"
            | "CAA"
            | "IN"
            | "AXFR"
            | "DNSKEY"
            | "DS"
    )
}

/// `… | xargs -I{} curl host/{}`: what the pipe brings becomes part of an address.
pub(super) fn filled_in(call: &Call<'_>, out: &mut Effects<'_>) {
    let Some(holder) = call.holder().filter(|holder| holder.program.as_deref() == Some("xargs")) else {
        return;
    };
    let Input::Pipe(channel) = holder.input else { return };
    let marks = Given::leading(&holder.arguments, "-I:I -i=t -n:t -L:t -P:t -s:t -d:t -E:t -a:t");
    let mark = marks.value(&["-I"]).map_or("{}", |mark| mark.value.as_str());
    let filled = |word: &&Word| {
        !mark.is_empty() && word.value.contains(mark) && !word.value.contains(char::is_whitespace)
    };
    for word in call.arguments.iter().filter(filled).take(4) {
        let host = of_url(&part_of(word, &word.value.replace(mark, ""))).name;
        let host = host.trim_matches('.');
        if host.contains('.') {
            send(out, host, "address", &Payload::of_channel(channel));
        }
    }
}
