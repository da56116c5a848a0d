// Anthropic Messages, as Claude Code speaks it.

import { send, stream } from "../stub.mjs";

export const name = "anthropic";

export function kind(method, path, body) {
  if (path.endsWith("/count_tokens")) return "count";
  if (path.endsWith("/v1/messages")) return "turn";
  if (path.endsWith("/v1/models") || /\/v1\/models\/[^/]+$/.test(path)) return "models";
  // A sign of life, and what an assistant asks of its own vendor.
  if (method === "HEAD" || path.startsWith("/api/")) return "other";
  return undefined;
}

export function aside(kind) {
  if (kind === "count") return { input_tokens: 1000 };
  if (kind === "models") return { data: [], has_more: false };
  return {};
}

export function read(body) {
  const results = new Map();
  const prompt = [];
  const loaded = new Set();
  for (const { role, content } of body.messages ?? []) {
    if (role !== "user") continue;
    for (const block of typeof content === "string" ? [{ type: "text", text: content }] : content) {
      if (block.type === "text") prompt.push(block.text);
      if (block.type === "tool_result") results.set(block.tool_use_id, result(block, loaded));
    }
  }
  const tools = (body.tools ?? []).filter((tool) => !tool.defer_loading || loaded.has(tool.name));
  const shape = ({ name, input_schema: schema, description }) => ({ name, schema, description, address: {} });
  return { prompt: prompt.join("\n"), results, tools: tools.map(shape), all: body.tools ?? [] };
}

function result(block, loaded) {
  const content = typeof block.content === "string" ? [{ type: "text", text: block.content }] : (block.content ?? []);
  for (const part of content) if (part.type === "tool_reference") loaded.add(part.tool_name);
  return {
    error: block.is_error === true,
    text: content.filter((part) => part.type === "text").map((part) => part.text).join("\n"),
    images: content
      .filter((part) => part.type === "image")
      .map(({ source }) => ({ type: source.media_type, bytes: Buffer.from(source.data, "base64") })),
  };
}

/** Claude Code's search of tools, which loads those that are deferred. */
export function search(turn, tool) {
  const search = turn.tools.find(({ name }) => name === "ToolSearch");
  return search && { name: search.name, arguments: { query: `select:mcp__goxe__${tool}`, max_results: 5 } };
}

export function answer(response, _path, body, { call, text }) {
  const block = call
    ? { type: "tool_use", id: call.id, name: call.name, input: call.arguments }
    : { type: "text", text };
  const reason = call ? "tool_use" : "end_turn";
  const usage = { input_tokens: 1000, output_tokens: 50 };
  const message = { id: `msg_${call?.id ?? "text"}`, type: "message", role: "assistant", model: body.model, usage };
  if (!body.stream) {
    return send(response, 200, { ...message, content: [block], stop_reason: reason, stop_sequence: null });
  }
  const start = call ? { ...block, input: {} } : { ...block, text: "" };
  const delta = call
    ? { type: "input_json_delta", partial_json: JSON.stringify(call.arguments) }
    : { type: "text_delta", text };
  const events = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null, stop_sequence: null } },
    { type: "content_block_start", index: 0, content_block: start },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  stream(response, events.map((event) => [event.type, event]));
}
