//! Programs that copy files to a storage service or show them to the public: `aws s3`, `rclone`, `gh gist`, `croc`.

use super::payload::{Payload, fetch, is_fed, send};
use crate::answer::Word;
use crate::effect::system::given::{Given, only_asks};
use crate::effect::{Call, Effects};

const STORAGE: &str = "--acl:t --cache-control:t --content-type:t --endpoint-url:t --exclude:t --expires:t --grants:t --include:t --metadata:t --page-size:t --profile:t --region:t --source-region:t --sse:t --sse-kms-key-id:t --storage-class:t --bucket:t --key:t --body:T --output:t --config:t --filter:t --filter-from:t --transfers:t --bwlimit:t --max-age:t --min-age:t --log-file:t --password:t --account-name:t --account-key:t --container-name:t --name:t --file:T --source:T --destination:t --pattern:t --connection-string:t --sas-token:t --share-name:t --path:t --type:t -o:t -h:t";
const AZURE: &str = "-n:t -c:t -f:T -s:T -d:t -o:t --account-name:t --account-key:t --container-name:t --name:t --file:T --source:T --destination:t --pattern:t --connection-string:t --sas-token:t --share-name:t --path:t --type:t";

/// Copies between this machine and a store; the last operand is where the others go.
pub(super) fn storage(call: &Call<'_>, out: &mut Effects<'_>) {
    let given = Given::read(call.arguments, if call.name == "az" { AZURE } else { STORAGE });
    let words: Vec<&Word> = given.operands().collect();
    let verbs: Vec<&str> = words.iter().take(3).map(|word| word.value.as_str()).collect();
    let Some(skip) = verb(call.name, &verbs) else { return };
    if verbs.contains(&"rcat") || call.name == "az" || verbs.contains(&"s3api") || call.name == "b2" {
        return uploads(call, &given, &words, skip, out);
    }
    let Some((target, sources)) = words.get(skip..).and_then(<[&Word]>::split_last) else { return };
    let mut payload = Payload::default();
    for source in sources {
        match store(source) {
            Some(host) => fetch(out, &host, call.name),
            None if source.value == "-" => payload.stdin(),
            None => payload.named(source, out, true),
        }
    }
    if let Some(host) = store(target) {
        for source in sources {
            if let Some(host) = store(source) {
                payload.network(&host);
            }
        }
        send(out, &host, call.name, &payload);
    } else if call.name == "s3cmd" && verbs.contains(&"get") && sources.is_empty() {
        fetch(out, "", call.name);
    }
}

/// How many operands say what to do, when it is a copy.
fn verb(program: &str, verbs: &[&str]) -> Option<usize> {
    match (program, verbs) {
        ("aws", ["s3", "cp" | "mv" | "sync", ..]) => Some(2),
        ("aws", ["s3api", "put-object" | "upload-part", ..]) => Some(2),
        ("gsutil", ["cp" | "mv" | "rsync", ..]) => Some(1),
        ("gcloud", ["storage", "cp" | "mv" | "rsync", ..]) => Some(2),
        ("az", ["storage", "blob" | "file" | "fs", ..]) => Some(3),
        ("azcopy", ["copy" | "cp" | "sync", ..]) => Some(1),
        ("rclone", ["copy" | "copyto" | "move" | "moveto" | "sync" | "bisync" | "rcat", ..]) => Some(1),
        ("s3cmd" | "s4cmd", ["put" | "get" | "sync" | "mv" | "cp", ..]) => Some(1),
        ("mc" | "mcli", ["cp" | "mv" | "mirror", ..]) => Some(1),
        ("b2", ["upload-file" | "upload_file" | "sync", ..]) => Some(1),
        ("b2", ["file", "upload", ..]) => Some(2),
        _ => None,
    }
}

/// Uploads whose file is named by an option or by one operand.
fn uploads(call: &Call<'_>, given: &Given<'_>, words: &[&Word], skip: usize, out: &mut Effects<'_>) {
    let mut payload = Payload::default();
    let wanted = words.get(2).map_or("", |word| word.value.as_str());
    if call.name == "az" && !wanted.starts_with("upload") {
        if wanted.starts_with("download") {
            fetch(out, "", "az");
        }
        return;
    }
    for (_, file) in given.by_role("T") {
        payload.named(file, out, true);
    }
    if call.name == "b2" {
        words.get(skip + 1).into_iter().for_each(|file| payload.named(file, out, true));
    }
    if call.name == "rclone" {
        payload.stdin();
    }
    let target = given
        .value(&["--bucket", "-c", "--container-name", "--account-name"])
        .or_else(|| words.get(skip).copied());
    let host = target.map(|word| store(word).unwrap_or_else(|| word.value.clone())).unwrap_or_default();
    send(out, &host, call.name, &payload);
}

/// The store that `s3://bucket/key`, `remote:path` or `https://account/…` names; `None` for a local path.
fn store(word: &Word) -> Option<String> {
    super::copy::remote(word)
}

const SHOWS: &str = "-f:t -d:t --desc:t --filename:t -i:T -t:t -a:t -b:t -e:t --text:r --code:t --relay:t --pass:t -p:t --description:t -m:t -n:t -o:t -l:t -u:t -P:t";

/// Programs that hand a file to somebody else under an address or a code.
pub(super) fn shows(call: &Call<'_>, out: &mut Effects<'_>) {
    if only_asks(call.arguments) {
        return;
    }
    let given = Given::read(call.arguments, SHOWS);
    let (host, skip) = match (call.name, given.text(0), given.text(1)) {
        ("gh", "gist", "create" | "edit") => ("gist.github.com", 2),
        ("glab", "snippet", "create") => ("gitlab.com", 2),
        ("gist", _, _) => ("gist.github.com", 0),
        ("pastebinit", _, _) => ("pastebin.com", 0),
        ("wgetpaste" | "nopaste" | "ix" | "hastebin" | "haste" | "fpaste" | "dpaste" | "0x0", _, _) => {
            ("", 0)
        }
        ("croc" | "wormhole" | "magic-wormhole", "send" | "tx", _) => ("", 1),
        ("ffsend", "upload" | "up" | "u", _) => ("", 1),
        ("transfer" | "transferwee" | "qrcp" | "onionshare-cli" | "onionshare", _, _) => ("", 0),
        _ => return,
    };
    let mut payload = Payload::default();
    for (role, value) in given.by_role("Tr") {
        if role == 'T' { payload.file(value, out) } else { payload.text(value) }
    }
    for file in given.operands().skip(skip) {
        payload.file(file, out);
    }
    if payload.is_empty() || is_fed(call.command) {
        payload.stdin();
    }
    send(out, host, call.name, &payload);
}
