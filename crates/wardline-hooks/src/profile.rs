//! What each known agent needs to run at all: its own directories, its variables, the hosts of its model.

use crate::install::AgentKind;

/// An agent's needs inside the sandbox. Paths are relative to the home directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The agent.
    pub agent: AgentKind,
    /// Files and directories it writes (state, sessions, its own login).
    pub write: &'static [&'static str],
    /// Files and directories it only reads.
    pub read: &'static [&'static str],
    /// Inside `write`, but read-only: what decides what the agent may do next time.
    pub pinned: &'static [&'static str],
    /// Variables to pass on; a trailing `*` stands for any rest.
    pub variables: &'static [&'static str],
    /// Hosts of the model's API: reachable by default, and nothing else.
    pub model_hosts: &'static [&'static str],
    /// Hosts that only a login or the renewal of one needs; reachable when the person says so.
    pub login_hosts: &'static [&'static str],
}

/// The needs of an agent.
#[must_use]
pub fn profile(agent: AgentKind) -> &'static Profile {
    match agent {
        AgentKind::Claude => &CLAUDE,
        AgentKind::Codex => &CODEX,
        AgentKind::Gemini => &GEMINI,
        AgentKind::Cursor => &CURSOR,
        AgentKind::Kiro => &KIRO,
        AgentKind::Opencode => &OPENCODE,
        AgentKind::Kilo => &KILO,
    }
}

const CLAUDE: Profile = Profile {
    agent: AgentKind::Claude,
    write: &[".claude", ".claude.json"],
    read: &[],
    pinned: &[
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".claude/hooks",
        ".claude/plugins",
        ".claude/agents",
        ".claude/commands",
        ".claude/skills",
        ".claude/CLAUDE.md",
    ],
    variables: &[
        "ANTHROPIC_*",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
        "CLAUDE_CODE_EFFORT_LEVEL",
        "CLAUDE_CODE_SUBAGENT_MODEL",
        "MAX_THINKING_TOKENS",
        "BASH_DEFAULT_TIMEOUT_MS",
        "BASH_MAX_TIMEOUT_MS",
        "API_TIMEOUT_MS",
    ],
    model_hosts: &["api.anthropic.com"],
    login_hosts: &["platform.claude.com", "console.anthropic.com", "claude.ai"],
};

const CODEX: Profile = Profile {
    agent: AgentKind::Codex,
    write: &[".codex"],
    read: &[],
    pinned: &[
        ".codex/config.toml",
        ".codex/hooks.json",
        ".codex/rules",
        ".codex/AGENTS.md",
        ".codex/skills",
        ".codex/prompts",
    ],
    variables: &["OPENAI_*", "CODEX_API_KEY", "CODEX_HOME"],
    model_hosts: &["api.openai.com", "chatgpt.com"],
    login_hosts: &["auth.openai.com"],
};

const GEMINI: Profile = Profile {
    agent: AgentKind::Gemini,
    write: &[".gemini"],
    read: &[".config/gcloud/application_default_credentials.json"],
    pinned: &[
        ".gemini/settings.json",
        ".gemini/policies",
        ".gemini/trustedFolders.json",
        ".gemini/trusted_hooks.json",
        ".gemini/extensions",
        ".gemini/commands",
        ".gemini/GEMINI.md",
    ],
    variables: &[
        "GEMINI_API_KEY",
        "GEMINI_MODEL",
        "GOOGLE_API_KEY",
        "GOOGLE_GEMINI_BASE_URL",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_LOCATION",
        "GOOGLE_GENAI_USE_VERTEXAI",
        "GOOGLE_GENAI_USE_GCA",
        "GEMINI_CLI_TRUST_WORKSPACE",
    ],
    model_hosts: &["generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com"],
    login_hosts: &["oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"],
};

const CURSOR: Profile = Profile {
    agent: AgentKind::Cursor,
    write: &[".cursor", ".config/cursor"],
    read: &[".local/share/cursor-agent"],
    pinned: &[
        ".cursor/hooks.json",
        ".cursor/hooks",
        ".cursor/cli-config.json",
        ".cursor/mcp.json",
        ".cursor/rules",
    ],
    variables: &["CURSOR_API_KEY"],
    model_hosts: &["api2.cursor.sh", "api3.cursor.sh", "agent.api5.cursor.sh", "agentn.api5.cursor.sh"],
    login_hosts: &["cursor.com", "authenticator.cursor.sh"],
};

const KIRO: Profile = Profile {
    agent: AgentKind::Kiro,
    write: &[".kiro", ".local/share/kiro-cli", ".aws/sso/cache"],
    read: &[],
    pinned: &[".kiro/agents", ".kiro/hooks", ".kiro/settings", ".kiro/steering"],
    variables: &["KIRO_API_KEY", "KIRO_LOG_LEVEL"],
    model_hosts: &["q.us-east-1.amazonaws.com", "codewhisperer.us-east-1.amazonaws.com"],
    login_hosts: &["oidc.us-east-1.amazonaws.com", "prod.us-east-1.auth.desktop.kiro.dev"],
};

/// Keys of the providers that opencode and Kilo speak to themselves.
const PROVIDER_KEYS: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "GEMINI_API_KEY",
    "GOOGLE_GENERATIVE_AI_API_KEY",
    "OPENROUTER_API_KEY",
    "OPENCODE_API_KEY",
    "KILO_API_KEY",
    "KILOCODE_TOKEN",
    "OPENCODE_MODELS_PATH",
    "OPENCODE_DISABLE_MODELS_FETCH",
    "KILO_DISABLE_MODELS_FETCH",
];

const OPENCODE: Profile = Profile {
    agent: AgentKind::Opencode,
    write: &[".local/share/opencode", ".local/state/opencode", ".cache/opencode"],
    // Item by item: the directory itself stays private, because the program writes into it at every start.
    read: &[
        ".config/opencode/config.json",
        ".config/opencode/opencode.json",
        ".config/opencode/opencode.jsonc",
        ".config/opencode/tui.json",
        ".config/opencode/AGENTS.md",
        ".config/opencode/agent",
        ".config/opencode/agents",
        ".config/opencode/command",
        ".config/opencode/commands",
        ".config/opencode/mode",
        ".config/opencode/modes",
        ".config/opencode/plugin",
        ".config/opencode/plugins",
        ".config/opencode/skill",
        ".config/opencode/skills",
        ".config/opencode/tool",
        ".config/opencode/tools",
        ".config/opencode/themes",
    ],
    pinned: &[],
    variables: PROVIDER_KEYS,
    model_hosts: &[
        "api.anthropic.com",
        "api.openai.com",
        "generativelanguage.googleapis.com",
        "openrouter.ai",
        "opencode.ai",
    ],
    login_hosts: &["models.dev", "console.anthropic.com", "auth.openai.com"],
};

const KILO: Profile = Profile {
    agent: AgentKind::Kilo,
    write: &[".local/share/kilo", ".local/state/kilo", ".cache/kilo"],
    read: &[
        ".config/kilo/config.json",
        ".config/kilo/opencode.json",
        ".config/kilo/opencode.jsonc",
        ".config/kilo/tui.json",
        ".config/kilo/AGENTS.md",
        ".config/kilo/agent",
        ".config/kilo/agents",
        ".config/kilo/command",
        ".config/kilo/commands",
        ".config/kilo/mode",
        ".config/kilo/modes",
        ".config/kilo/plugin",
        ".config/kilo/plugins",
        ".config/kilo/skill",
        ".config/kilo/skills",
        ".config/kilo/tool",
        ".config/kilo/tools",
        ".config/kilo/themes",
        ".config/kilo/kilo.json",
        ".config/kilo/kilo.jsonc",
        ".kilo",
        ".kilocode",
    ],
    pinned: &[],
    variables: PROVIDER_KEYS,
    model_hosts: &["api.kilo.ai", "openrouter.ai", "api.anthropic.com", "api.openai.com"],
    login_hosts: &["kilo.ai", "app.kilo.ai", "models.dev"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_narrow() {
        for agent in AgentKind::ALL {
            let profile = profile(agent);
            assert_eq!(profile.agent, agent);
            for path in profile.write.iter().chain(profile.read).chain(profile.pinned) {
                assert!(!path.is_empty() && !path.starts_with(['/', '~']) && !path.contains(".."), "{path}");
                assert!(
                    ![".ssh", ".aws", ".config", ".local", ".gnupg"].contains(path),
                    "{path} is too wide"
                );
            }
            for pinned in profile.pinned {
                assert!(profile.write.iter().any(|dir| pinned.starts_with(&format!("{dir}/"))), "{pinned}");
            }
            assert!(profile.model_hosts.iter().chain(profile.login_hosts).all(|host| !host.contains('*')));
            assert!(!profile.variables.contains(&"*"));
        }
    }
}
