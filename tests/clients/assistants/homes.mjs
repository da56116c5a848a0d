// How each assistant is set up in a home of its own: goxe's own entry for it, a model on the loopback,
// nothing that asks, updates or reports.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import * as anthropic from "./wire/anthropic.mjs";

const PROMPT = "Build a small voxel house with goxe, and look at it.";

/** What an assistant needs: the wire it speaks, its program, where its settings lie, and its words. */
export const ASSISTANTS = {
  "claude-code": {
    wire: anthropic,
    program: "claude",
    settings: ".claude.json",
    merge: (entry) => entry,
    environment: (url) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: "none",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_ERROR_REPORTING: "1",
      DISABLE_TELEMETRY: "1",
    }),
    words: (mark) => ["-p", `${PROMPT} (${mark})`, "--allowedTools", "mcp__goxe", "--output-format", "stream-json", "--verbose"],
  },
};

/** Makes the home: goxe's entry where the assistant looks for it, beside what the stub needs. */
export function furnish(assistant, name, home, url, daemon) {
  const shown = spawnSync(daemon.goxe, ["mcp", "config", "--client", name, "--data", daemon.data], { env: daemon.env });
  if (shown.status !== 0) throw new Error(String(shown.stderr));
  const file = join(home, assistant.settings);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, assistant.merge(shown.stdout.toString(), url));
}
