// The bridge behind HTTP: supergateway, and in front of it the one duty of a local HTTP server that it
// leaves out. It answers requests that name another host, as a web page sends them after DNS rebinding;
// those are refused here. Everything else passes through byte for byte, both ways.

import { spawn } from "node:child_process";
import http from "node:http";
import { once } from "node:events";
import { createInterface } from "node:readline";

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

function isLocal(authority) {
  try {
    return LOCAL.has(new URL(`http://${authority}`).hostname);
  } catch {
    return false;
  }
}

function isAllowed({ host, origin }) {
  const from = origin?.replace(/^https?:\/\//, "");
  return isLocal(host ?? "") && (from === undefined || isLocal(from));
}

// A port that nobody listens on at this moment.
async function freePort() {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// Starts supergateway before a command; somebody else may take the port first, so there are three tries.
async function gateway(script, command) {
  for (let tries = 0; tries < 3; tries += 1) {
    const port = await freePort();
    const options = ["--stdio", command, "--outputTransport", "streamableHttp", "--stateful"];
    const child = spawn(process.execPath, [script, ...options, "--port", String(port)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr.resume();
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes(`Listening on port ${port}`)) {
        // It writes every message; what nobody reads would stop it.
        child.stdout.resume();
        return { child, port };
      }
    }
  }
  throw new Error("supergateway does not listen");
}

// Serves `command` at the URL that is returned, until `close` is called.
export async function serve(script, command) {
  const { child, port } = await gateway(script, command);
  const server = http.createServer((request, answer) => {
    if (!isAllowed(request.headers)) {
      const error = { code: -32000, message: "this host is not served" };
      answer.writeHead(403, { "content-type": "application/json" });
      answer.end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
      return;
    }
    const { method, url: path, headers } = request;
    const to = { host: "127.0.0.1", port, method, path, headers, agent: false };
    const onward = http.request(to);
    onward.on("response", (response) => {
      answer.writeHead(response.statusCode, response.headers);
      answer.flushHeaders();
      response.pipe(answer);
    });
    onward.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
    answer.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    server.close();
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { url: `http://127.0.0.1:${server.address().port}/mcp`, close };
}
