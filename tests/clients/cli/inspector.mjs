// The Inspector's command line, in every era it can negotiate: lists, calls, portability of the schemas,
// and 2,000 calls by 8 callers at once.

import assert from "node:assert/strict";

import { GUIDE, build, inPlace, json, ok, refuses, wrong } from "./place.mjs";

const REQUESTS = 2000;
const LISTS = { "resources/list": "resources", "resources/templates/list": "resourceTemplates", "prompts/list": "prompts" };
const ERAS = { legacy: (version) => version < "2026-07-28", auto: (version) => version >= "2026-07-28", modern: (version) => version >= "2026-07-28" };

await inPlace(async ({ server, run }) => {
  for (const [era, fits] of Object.entries(ERAS)) {
    const inspect = (method, ...words) =>
      run("inspector", ["--cli", ...server, "--protocol-era", era, "--method", method, ...words, "--format", "json", "-q"]);
    const call = (tool, args) => {
      const pairs = Object.entries(args).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
      return inspect("tools/call", "--tool-name", tool, ...(pairs.length ? ["--tool-arg", ...pairs] : []));
    };

    const { tools } = json(inspect("tools/list", "--strict")).result;
    assert(tools.length >= 10);
    ok(`${era}: lists ${tools.length} tools whose schemas are portable`);
    for (const [method, member] of Object.entries(LISTS)) {
      assert(json(inspect(method)).result[member].length > 0, method);
    }
    ok(`${era}: lists resources, templates and prompts`);
    const { contents } = json(inspect("resources/read", "--uri", GUIDE)).result;
    assert.match(contents[0].text, /^# /);
    const { messages } = json(inspect("prompts/get", "--prompt-name", "build_model", "--prompt-args", "goal=a lighthouse")).result;
    assert.match(messages[0].content.text, /lighthouse/);
    ok(`${era}: reads a resource and gets a prompt`);

    const spoken = await build((tool, args) => json(call(tool, args)).result, era);
    assert(fits(spoken), `${era}: ${spoken}`);
    const refused = call("voxels_edit", wrong(era));
    assert.notEqual(refused.status, 0);
    refuses(JSON.parse(refused.text).result.content[0].text);
    assert.equal(call("nothing", {}).status, 5, "a tool that is not there");

    const load = ["--load", "--load-concurrency", "8", "--load-requests", String(REQUESTS)];
    const { result } = json(inspect("tools/call", "--tool-name", "project_info", "--tool-arg", `project=${era}`, ...load));
    assert.deepEqual([result.ok, result.errors, result.toolErrors, result.errorRate], [REQUESTS, 0, 0, 0], JSON.stringify(result));
    ok(`${era}: ${REQUESTS} calls by 8 callers, error rate 0, median ${result.latencyMs.p50} ms`);
  }
});
