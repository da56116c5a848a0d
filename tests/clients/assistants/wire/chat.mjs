// OpenAI chat completions, as OpenCode speaks it to a provider of its configuration.

import { send, stream } from "../stub.mjs";

export const name = "chat";

export function kind(method, path) {
  if (path.endsWith("/chat/completions")) return "turn";
  if (path.endsWith("/models")) return "models";
  return undefined;
}

export function aside() {
  return { object: "list", data: [] };
}

export function read(body) {
  const results = new Map();
  const prompt = [];
  let last;
  for (const { role, content, tool_call_id: id } of body.messages ?? []) {
    const parts = typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
    if (role === "tool") results.set(id, (last = { text: texts(parts), images: images(parts) }));
    if (role !== "user") continue;
    prompt.push(texts(parts));
    // A result of a tool is text alone on this wire; its pictures follow as the user's.
    last?.images.push(...images(parts));
  }
  const shape = ({ function: { name, parameters: schema, description } }) => ({ name, schema, description, address: {} });
  return { prompt: prompt.join("\n"), results, tools: (body.tools ?? []).map(shape) };
}

function texts(parts) {
  return parts.filter((part) => part.type === "text").map((part) => part.text).join("\n");
}

function images(parts) {
  return parts.filter((part) => part.type === "image_url").map((part) => {
    const [, type, data] = /^data:([^;]+);base64,(.*)$/s.exec(part.image_url.url) ?? [];
    return { type, bytes: Buffer.from(data ?? "", "base64") };
  });
}

export function search() {
  return undefined;
}

export function answer(response, _path, body, { call, text }) {
  const said = call
    ? { role: "assistant", content: null, tool_calls: [
        { index: 0, id: call.id, type: "function", function: { name: call.name, arguments: JSON.stringify(call.arguments) } },
      ] }
    : { role: "assistant", content: text };
  const reason = call ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 };
  const head = { id: `chat_${call?.id ?? "text"}`, created: 1, model: body.model };
  if (!body.stream) {
    const choices = [{ index: 0, message: said, finish_reason: reason }];
    return send(response, 200, { ...head, object: "chat.completion", choices, usage });
  }
  const chunk = (delta, finish, more) => ({
    ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }], ...more,
  });
  stream(response, [[null, chunk(said, null)], [null, chunk({}, reason, { usage })], [null, "[DONE]"]]);
}
