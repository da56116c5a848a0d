// What the providers refuse in the description of a tool: a stub that takes everything would prove
// nothing about the real ones.

/** The rules of each wire. Names are as long as a provider takes; keywords are those it rejects. */
const RULES = {
  anthropic: { name: /^[a-zA-Z0-9_-]{1,128}$/, topless: ["oneOf", "anyOf", "allOf"] },
  responses: { name: /^[a-zA-Z0-9_-]{1,64}$/, topless: ["oneOf", "anyOf", "allOf", "enum", "not"] },
  chat: { name: /^[a-zA-Z0-9_-]{1,64}$/, topless: ["oneOf", "anyOf", "allOf", "enum", "not"] },
  gemini: { name: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/, topless: ["oneOf", "anyOf", "allOf", "enum", "not"], strict: true },
};
const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];

/** What a provider would refuse of goxe's tools. */
export function violations(wire, tools) {
  const rules = RULES[wire];
  const bad = [];
  for (const { name, schema, description } of tools.filter(({ name }) => /goxe/.test(name))) {
    const complain = (where, what) => bad.push(`${name}${where}: ${what}`);
    if (!rules.name.test(name)) complain("", "a name that is refused");
    if (!description) complain("", "no description");
    if (schema?.type !== "object" || typeof schema.properties !== "object") complain("", "parameters that are no object");
    for (const word of rules.topless) if (word in (schema ?? {})) complain("", `${word} at the top`);
    walk(schema, "", rules, complain);
  }
  return bad;
}

function walk(schema, where, rules, complain) {
  if (typeof schema !== "object" || schema === null) return complain(where, "a schema that is no object");
  if ("$ref" in schema) complain(where, "$ref");
  for (const type of [schema.type ?? []].flat()) if (!TYPES.includes(type)) complain(where, `the type ${type}`);
  if (schema.type === "array" && typeof schema.items !== "object") complain(where, "an array without items");
  for (const word of schema.required ?? []) {
    if (!(word in (schema.properties ?? {}))) complain(where, `${word} is required and not described`);
  }
  if (rules.strict) {
    if (Array.isArray(schema.type)) complain(where, "a list of types");
    if ("enum" in schema && schema.type?.toLowerCase() !== "string") complain(where, "an enum of what is no string");
    if ((schema.enum ?? []).includes("")) complain(where, "an empty word in an enum");
    if (!schema.type && !schema.anyOf) complain(where, "neither type nor anyOf");
  }
  for (const [key, inner] of Object.entries(schema.properties ?? {})) walk(inner, `${where}.${key}`, rules, complain);
  if (schema.items) walk(schema.items, `${where}[]`, rules, complain);
  for (const inner of schema.anyOf ?? []) walk(inner, `${where}|`, rules, complain);
}
