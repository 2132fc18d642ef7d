//! Containers that are given the machine they run on.

use super::given::Given;
use super::{name, note};
use crate::effect::{Call, EffectKind, Effects};

const ENGINE: &str = "-H:t --host:t -c:t --context:t --config:t -l:t --log-level:t --namespace:t -n:t --address:t --root:t --runroot:t --url:t --connection:t";
const RUN: &str = "-v:v --volume:v --mount:M -e:t --env:t --env-file:t -p:t --publish:t --name:t -w:t --workdir:t -u:t --user:t --network:h --net:h --pid:h --ipc:h --uts:h --userns:h --cgroupns:h --cap-add:c --cap-drop:t --security-opt:s --device:d --entrypoint:t -h:t --hostname:t -l:t --label:t -m:t --memory:t --cpus:t --restart:t --volumes-from:t --add-host:t --dns:t --gpus:t --platform:t --pull:t --runtime:t --shm-size:t --tmpfs:t --ulimit:t --log-driver:t --log-opt:t --link:t --group-add:t --cidfile:t --expose:t --stop-signal:t --health-cmd:t --network-alias:t --sysctl:t --cgroup-parent:t -a:t --attach:t -c:t --cpu-shares:t --memory-swap:t --init=t";

/// `docker run`, `podman create`, `nerdctl exec` … with rights over the machine.
pub(super) fn engine(call: &Call<'_>, out: &mut Effects<'_>) {
    let outer = Given::leading(call.arguments, ENGINE);
    let (at, command) = match outer.text(0) {
        "container" => (1, outer.text(1)),
        command => (0, command),
    };
    if !matches!(command, "run" | "create" | "exec") {
        return;
    }
    let given = Given::leading(outer.after(at), RUN);
    if given.has(&["--privileged"])
        && given.value(&["--privileged"]).is_none_or(|value| value.value != "false")
    {
        note(out, EffectKind::Escalate, name("container"), "--privileged");
    }
    for (role, value) in given.by_role("vMhcsd") {
        let text = value.value.as_str();
        let what = match role {
            'v' => mounted(text.split(':').next().unwrap_or_default()),
            'M' => text.split(',').find_map(|part| {
                part.strip_prefix("source=").or_else(|| part.strip_prefix("src=")).and_then(mounted)
            }),
            'c' => matches!(
                text.trim_start_matches("CAP_").to_ascii_uppercase().as_str(),
                "ALL" | "SYS_ADMIN" | "SYS_PTRACE" | "SYS_MODULE" | "SYS_RAWIO" | "DAC_READ_SEARCH" | "BPF"
            )
            .then_some("a right over the machine"),
            's' => text.contains("unconfined").then_some("without confinement"),
            'd' => ["/dev/sd", "/dev/nvme", "/dev/vd", "/dev/mem", "/dev/dm-", "/dev/mapper", "/dev/disk"]
                .iter()
                .any(|device| text.starts_with(device))
                .then_some("a device with data"),
            _ => None,
        };
        if let Some(what) = what {
            note(out, EffectKind::Escalate, name("container"), &format!("{what}: {text}"));
        }
    }
    if given.values(&["--pid", "--ipc", "--userns", "--uts"]).any(|value| value.value == "host") {
        note(out, EffectKind::Escalate, name("container"), "shares the machine's processes");
    }
}

/// Is it a directory of the machine that gives a container more than files of a project?
fn mounted(source: &str) -> Option<&'static str> {
    if crate::effect::network::is_engine_socket(source) {
        return Some("the container engine");
    }
    let whole = matches!(
        source.trim_end_matches('/'),
        "" | "/etc"
            | "/root"
            | "/home"
            | "/usr"
            | "/bin"
            | "/sbin"
            | "/lib"
            | "/boot"
            | "/var"
            | "/var/run"
            | "/run"
            | "/proc"
            | "/sys"
            | "/dev"
            | "/var/lib/docker"
            | "/var/lib/kubelet"
            | "/Users"
    );
    (whole && source.starts_with('/')).then_some("the machine's files")
}

/// `lxc`, `incus`: the same, in their words.
pub(super) fn lxc(call: &Call<'_>, out: &mut Effects<'_>) {
    for word in call.arguments {
        let text = word.value.as_str();
        let what = match text.split_once('=') {
            Some(("security.privileged" | "security.nesting", "true")) => Some("a privileged container"),
            Some(("source", source)) => mounted(source),
            _ => None,
        };
        if let Some(what) = what {
            note(out, EffectKind::Escalate, name("container"), &format!("{what}: {text}"));
        }
    }
}
