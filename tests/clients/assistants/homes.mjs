// How each assistant is set up in a home of its own: goxe's own entry for it, a model on the loopback,
// nothing that asks, updates or reports.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import * as anthropic from "./wire/anthropic.mjs";
import * as chat from "./wire/chat.mjs";
import * as gemini from "./wire/gemini.mjs";
import * as responses from "./wire/responses.mjs";

const PROMPT = "Build a small voxel house with goxe, and look at it.";

/** Codex asks before it runs a tool that changes something, and nobody is there to answer. */
const CONSENT = 'mcp_servers.goxe.default_tools_approval_mode="approve"';

/** What an assistant needs: the wire it speaks, its program, where its settings lie, and its words. */
export const ASSISTANTS = {
  "claude-code": {
    wire: anthropic,
    program: "claude",
    settings: ".claude.json",
    own: () => undefined,
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
  codex: {
    wire: responses,
    program: "codex",
    settings: ".codex/config.toml",
    own: (url) => `# For tests alone.
model = "scripted"
model_provider = "stub"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.stub]
name = "Stub"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "STUB_KEY"
`,
    environment: () => ({ STUB_KEY: "none" }),
    words: (mark) => ["exec", "--json", "--skip-git-repo-check", "-c", CONSENT, `${PROMPT} (${mark})`],
  },
  opencode: {
    wire: chat,
    program: "opencode",
    settings: ".config/opencode/opencode.json",
    own: (url) => JSON.stringify({
      $schema: "https://opencode.ai/config.json",
      autoupdate: false,
      share: "disabled",
      model: "stub/scripted",
      small_model: "stub/scripted",
      provider: {
        stub: {
          npm: "@ai-sdk/openai-compatible",
          name: "Stub",
          options: { baseURL: `${url}/v1`, apiKey: "none" },
          models: {
            scripted: {
              name: "Scripted", tool_call: true, attachment: true,
              modalities: { input: ["text", "image"], output: ["text"] },
              limit: { context: 200_000, output: 8_000 },
            },
          },
        },
      },
    }),
    environment: () => ({
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
    }),
    words: (mark) => ["run", "--format", "json", `${PROMPT} (${mark})`],
  },
  "gemini-cli": {
    wire: gemini,
    program: "gemini",
    settings: ".gemini/settings.json",
    own: () => JSON.stringify({
      general: { disableAutoUpdate: true, disableUpdateNag: true },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
      telemetry: { enabled: false },
    }),
    environment: (url) => ({ GEMINI_API_KEY: "none", GOOGLE_GEMINI_BASE_URL: url }),
    words: (mark) => [
      "--prompt", `${PROMPT} (${mark})`, "--allowed-mcp-server-names", "goxe", "--approval-mode", "yolo",
      "--output-format", "stream-json", "--model", "gemini-2.5-pro",
    ],
  },
};

/** Makes the home: what the stub needs, and beside it goxe's entry, as `goxe mcp config` writes it. */
export function furnish(assistant, name, home, url, daemon) {
  const file = join(home, assistant.settings);
  const own = assistant.own(url);
  if (own) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, own);
  }
  const config = ["mcp", "config", "--client", name];
  daemon.commandAt(home, ...config, "--write");
  const written = readFileSync(file, "utf8");
  const printed = daemon.commandAt(home, ...config);
  if (file.endsWith(".toml")) {
    for (const line of `${own}${printed}`.split("\n")) assert(written.includes(line), `${line} is not in\n${written}`);
  } else {
    // An assistant keeps more than its settings in its file.
    const wanted = { ...JSON.parse(own ?? "{}"), ...JSON.parse(printed) };
    const found = JSON.parse(written);
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key]])), wanted);
  }
}
