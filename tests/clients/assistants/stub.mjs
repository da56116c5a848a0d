// A model on the loopback that replays a session: it speaks the wire of every provider the assistants
// know, answers each turn with the session's next call, and hands the session what came back of it.
//
// An assistant may send a turn twice (a retry): the answer is the one it had. What the stub cannot
// explain ends the session with everything it was sent.

import { createServer } from "node:http";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { violations } from "./schema.mjs";

/** The words that tell the session's own turns from an assistant's side requests (titles, summaries). */
export const MARK = "goxe-scripted-session";
/** What the model says at the end. */
export const DONE = "The session is complete.";
/** Calls that the assistant's own search of tools may take before a tool is there. */
const SEARCHES_MAX = 3;

export class Stub {
  /** `session` is an async generator: it yields {tool, arguments} and is given what came back. */
  constructor(wire, session, dump) {
    Object.assign(this, { wire, session, dump });
    /** The answers so far; the n-th belongs to a turn with n results. */
    this.answers = [];
    this.requests = [];
    this.searches = 0;
    this.outside = new Set();
    this.finished = false;
    this.failure = null;
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  async listen() {
    this.server = createServer((request, response) => void this.serve(request, response));
    // The assistants get this server as their proxy too: a request for anywhere else ends here.
    this.server.on("connect", (request, socket) => {
      this.outside.add(request.url);
      socket.on("error", () => {});
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async serve(request, response) {
    try {
      if (!request.url.startsWith("/")) {
        this.outside.add(new URL(request.url).host);
        return send(response, 403, {});
      }
      const body = await read(request);
      const path = request.url.split("?")[0];
      this.requests.push(`${request.method} ${path}`);
      const kind = this.wire.kind(request.method, path, body);
      if (kind === undefined) throw new Error(`nobody expected ${request.method} ${request.url}: ${short(body)}`);
      if (kind !== "turn") return send(response, 200, this.wire.aside(kind, body));
      this.keep(body);
      await this.turn(path, body, response);
    } catch (error) {
      this.fail(error);
      if (!response.headersSent) send(response, 400, { error: { type: "invalid_request_error", message: String(error) } });
      else response.destroy();
    }
  }

  async turn(path, body, response) {
    const turn = this.wire.read(body);
    const bad = violations(this.wire.name, turn.tools);
    if (bad.length > 0) throw new Error(`a provider refuses these tools: ${bad.join("; ")}`);
    if (!turn.prompt.includes(MARK) || turn.tools.length === 0) {
      return this.wire.answer(response, path, body, { text: "A voxel house" });
    }
    // One at a time: the session is one thread, and a retry may overlap the turn it repeats.
    this.turns = (this.turns ?? Promise.resolve()).then(() => this.next(turn));
    await this.wire.answer(response, path, body, await this.turns);
  }

  async next(turn) {
    const known = this.answers.findIndex((answer) => answer.call && !turn.results.has(answer.call.id));
    if (known >= 0) return this.answers[known];
    if (this.finished) return this.answers.at(-1);
    const last = this.answers.at(-1)?.call;
    const step = last?.aside ? this.pending : await this.advance(last && turn.results.get(last.id));
    const answer = step ? this.call(turn, step) : { text: DONE };
    this.answers.push(answer);
    return answer;
  }

  async advance(result) {
    const { value, done } = await this.session.next(result);
    this.pending = value;
    if (done) {
      this.finished = true;
      this.end();
      return undefined;
    }
    return value;
  }

  call(turn, step) {
    const id = `call_${String(this.answers.length).padStart(4, "0")}goxe`;
    const tool = turn.tools.find(({ name }) => isTool(name, step.tool));
    if (tool) {
      this.searches = 0;
      step.began?.();
      return { call: { id, name: tool.name, ...tool.address, arguments: { ...step.arguments, ...this.wire.EXTRA } } };
    }
    const search = this.wire.search(turn, step.tool);
    if (!search || ++this.searches > SEARCHES_MAX) {
      const names = turn.tools.map((tool) => tool.name).join(", ");
      throw new Error(`the assistant offers no tool ${step.tool}, only: ${names}`);
    }
    return { call: { id, ...search, aside: true } };
  }

  keep(body) {
    if (!this.dump) return;
    mkdirSync(this.dump, { recursive: true });
    const number = String(this.requests.length).padStart(4, "0");
    writeFileSync(join(this.dump, `${number}.json`), JSON.stringify(body, null, 1));
  }

  fail(error) {
    this.failure ??= error;
    this.end();
  }
}

/** Whether an assistant's name for a tool (mcp__goxe__project, goxe_project ...) is this tool of goxe. */
function isTool(name, tool) {
  return name === `goxe.${tool}` || new RegExp(`(^|_)goxe_+${tool}$`).test(name);
}

async function read(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString();
  return text === "" ? {} : JSON.parse(text);
}

/** Answers with JSON. */
export function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers with server-sent events: each is [name, data], or data alone without a name. */
export function stream(response, events) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const [name, data] of events) {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    response.write(`${name ? `event: ${name}\n` : ""}data: ${text}\n\n`);
  }
  response.end();
}

/** A value as text for an error, without its pictures. */
export function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/[A-Za-z0-9+/=]{400,}/g, "<base64>").slice(0, 2000);
}
