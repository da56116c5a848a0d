// OpenAI Responses, as Codex speaks it.

import { send, stream } from "../stub.mjs";

export const name = "responses";

export function kind(method, path) {
  if (path.endsWith("/responses")) return "turn";
  if (path.endsWith("/models")) return "models";
  return undefined;
}

export function aside() {
  return { object: "list", data: [], models: [] };
}

export function read(body) {
  const results = new Map();
  const prompt = [];
  for (const item of typeof body.input === "string" ? [] : (body.input ?? [])) {
    if (item.type === "message" && item.role === "user") {
      for (const part of item.content) if (part.text) prompt.push(part.text);
    }
    if (item.type === "function_call_output") results.set(item.call_id, result(item.output));
  }
  return { prompt: prompt.join("\n"), results, tools: (body.tools ?? []).flatMap(functions) };
}

/** The functions of one entry of the tools: itself, or what a namespace holds. */
function functions(tool) {
  if (tool.type === "namespace") {
    return (tool.tools ?? []).flatMap(functions).map((inner) => ({
      ...inner,
      name: `${tool.name}__${inner.name}`,
      address: { name: inner.name, namespace: tool.name },
    }));
  }
  if (tool.type !== "function") return [];
  return [{ name: tool.name, schema: tool.parameters, description: tool.description, address: { name: tool.name } }];
}

function result(output) {
  const parts = typeof output === "string" ? [{ type: "input_text", text: output }] : output;
  const images = parts.filter((part) => part.type === "input_image").map((part) => {
    const [, type, data] = /^data:([^;]+);base64,(.*)$/s.exec(part.image_url) ?? [];
    return { type, bytes: Buffer.from(data ?? "", "base64") };
  });
  return { text: parts.map((part) => part.text ?? "").join("\n"), images };
}

export function search() {
  return undefined;
}

export function answer(response, _path, body, { call, text }) {
  const id = `resp_${call?.id ?? "text"}`;
  const item = call
    ? {
        type: "function_call", id: `fc_${call.id}`, call_id: call.id, status: "completed",
        name: call.name, ...(call.namespace && { namespace: call.namespace }), arguments: JSON.stringify(call.arguments),
      }
    : { type: "message", id: "msg_text", role: "assistant", status: "completed", content: [{ type: "output_text", text, annotations: [] }] };
  const usage = {
    input_tokens: 1000, input_tokens_details: { cached_tokens: 0 },
    output_tokens: 50, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 1050,
  };
  const whole = { id, object: "response", status: "completed", model: body.model, output: [item], usage };
  if (!body.stream) return send(response, 200, whole);
  const events = [
    { type: "response.created", response: { ...whole, status: "in_progress", output: [], usage: null } },
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: whole },
  ];
  stream(response, events.map((event) => [event.type, event]));
}
