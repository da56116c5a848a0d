// Gemini's generateContent, as Gemini CLI speaks it.

import { send, stream } from "../stub.mjs";

export const name = "gemini";
/** Gemini CLI adds an argument of its own to every tool, and its models set it. */
export const EXTRA = { wait_for_previous: true };

export function kind(method, path) {
  if (/:(streamG|g)enerateContent$/.test(path)) return "turn";
  if (path.endsWith(":countTokens")) return "count";
  if (/\/models(\/[^/:]+)?$/.test(path)) return "models";
  return undefined;
}

export function aside(kind) {
  return kind === "count" ? { totalTokens: 1000 } : { models: [] };
}

export function read(body) {
  const results = new Map();
  const prompt = [];
  for (const { role, parts } of body.contents ?? []) {
    if (role === "model") continue;
    let last;
    for (const part of parts ?? []) {
      if (part.functionResponse) results.set(part.functionResponse.id, (last = result(part.functionResponse)));
      else if (part.text !== undefined) prompt.push(part.text);
      // Pictures stand inside of the response, or beside it.
      if (part.inlineData) last?.images.push(image(part.inlineData));
    }
  }
  const declared = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  const shape = ({ name, parameters, parametersJsonSchema, description }) => ({
    name, schema: parametersJsonSchema ?? lower(parameters), description, address: {},
  });
  return { prompt: prompt.join("\n"), results, tools: declared.map(shape) };
}

/** The types of Gemini's own schemas are written in capitals. */
function lower(schema) {
  if (Array.isArray(schema)) return schema.map(lower);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) =>
    [key, key === "type" && typeof value === "string" ? value.toLowerCase() : lower(value)]));
}

function result({ response, parts }) {
  const text = response?.output ?? response?.error ?? JSON.stringify(response);
  const images = (parts ?? []).filter((part) => part.inlineData).map((part) => image(part.inlineData));
  return { text: typeof text === "string" ? text : JSON.stringify(text), images };
}

function image({ mimeType, data }) {
  return { type: mimeType, bytes: Buffer.from(data, "base64") };
}

export function search() {
  return undefined;
}

export function answer(response, path, _body, { call, text }) {
  const part = call ? { functionCall: { id: call.id, name: call.name, args: call.arguments } } : { text };
  const whole = {
    candidates: [{ index: 0, content: { role: "model", parts: [part] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 50, totalTokenCount: 1050 },
  };
  if (path.endsWith(":generateContent")) return send(response, 200, whole);
  stream(response, [[null, whole]]);
}
