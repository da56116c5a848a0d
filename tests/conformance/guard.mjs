// The one duty of a local HTTP server that the stdio-to-HTTP proxy leaves out: it answers requests that
// name another host, as a web page does after DNS rebinding. This stands in front of it and refuses
// those; everything else passes through byte for byte, both ways.
//
//   node guard.mjs PROXY_PORT        prints the port it listens on

import http from "node:http";

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);
const to = Number(process.argv[2]);

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

const server = http.createServer((request, answer) => {
  if (!isAllowed(request.headers)) {
    answer.writeHead(403, { "content-type": "application/json" });
    answer.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"this host is not served"}}');
    return;
  }
  const { method, url: path, headers } = request;
  const onward = http.request({ host: "127.0.0.1", port: to, method, path, headers, agent: false });
  onward.on("response", (response) => {
    answer.writeHead(response.statusCode, response.headers);
    answer.flushHeaders();
    response.pipe(answer);
  });
  onward.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.on("close", () => onward.destroy());
  request.pipe(onward);
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
