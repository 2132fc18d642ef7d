// Wardline's plugin for opencode and Kilo: asks `wardline hook plugin` before every tool and blocks on anything but a
// clear yes.
//
// Throwing in "tool.execute.before" is how these agents are told no. A missing program, a crash, a late or unreadable
// answer throw too: nothing runs undecided. No dependencies; `wardline init` writes this file and replaces it.

import { spawnSync } from "node:child_process"

// The program's absolute path, written in on installation.
const PROGRAM = "@WARDLINE@"
// Wardline answers long before this; a hung process must not hang the agent.
const DEADLINE_MS = 600_000
// Answers are one short line.
const MOST_BYTES = 1 << 20

const program = () => (PROGRAM.startsWith("@") ? process.env.WARDLINE_BIN : PROGRAM)

const refusal = (reason) => new Error(reason.startsWith("wardline") ? reason : `wardline: ${reason}`)

const parsed = (text) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// The answer to one event, or an error that says why there is none.
const ask = (event) => {
  const path = program()
  if (!path) throw refusal("the program's path is not set, so this is refused; run `wardline init`")
  const run = spawnSync(path, ["hook", "plugin"], {
    input: JSON.stringify(event),
    encoding: "utf8",
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
    maxBuffer: MOST_BYTES,
    windowsHide: true,
  })
  const answer = parsed(run.stdout)
  const told = answer !== null && typeof answer === "object" && typeof answer.decision === "string"
  if (run.error || run.status !== 0 || !told) {
    const why = told && answer.reason ? String(answer.reason) : `no decision from ${path}, so this is refused`
    throw refusal(why)
  }
  return answer
}

export const Wardline = async ({ directory, worktree }) => {
  // Calls that the policy allowed: the agent need not ask the person about them again.
  const allowed = new Set()
  // Which agent a session runs as.
  const agents = new Map()
  const key = (input) => `${input.sessionID} ${input.callID}`

  const envelope = (name, input, args) => ({
    hook_event_name: name,
    wardline_plugin: 1,
    session_id: input.sessionID,
    call_id: input.callID,
    agent_type: agents.get(input.sessionID),
    cwd: directory || worktree,
    tool_name: input.tool,
    tool_input: args ?? {},
  })

  return {
    "chat.message": async (input) => {
      if (input?.sessionID && input.agent) agents.set(input.sessionID, String(input.agent))
    },

    "tool.execute.before": async (input, output) => {
      const answer = ask(envelope("tool.execute.before", input, output.args))
      if (answer.decision === "allow") allowed.add(key(input))
      else if (answer.decision !== "none") throw refusal(String(answer.reason || "refused; `wardline log` tells why"))
    },

    "tool.execute.after": async (input, output) => {
      allowed.delete(key(input))
      const event = envelope("tool.execute.after", input, input.args)
      const exit = output?.metadata?.exit
      event.tool_output = { bytes: String(output?.output ?? "").length }
      if (Number.isInteger(exit)) event.tool_output.exit_code = exit
      try {
        ask(event)
      } catch {
        // The tool has run; what cannot be recorded now stops the next one.
      }
    },

    "permission.ask": async (input, output) => {
      if (output.status === "ask" && allowed.has(key(input))) output.status = "allow"
    },
  }
}
