"""Asks MCP servers over stdio what a user would notice, while the engine behind them is absent.

    probe.py [--json] NAME=TOOL=ARGUMENTS=COMMAND ...

For each: time to the answer of `initialize`, whether `server/discover` of 2026-07-28 is answered,
tools and bytes of `tools/list`, memory then, one tool call and its time, time to exit after the end
of its input and after SIGTERM, lines on standard output that are no JSON-RPC, processes left over.
Only Python's standard library and /proc.
"""

import json
import os
import queue
import shlex
import signal
import statistics
import subprocess
import sys
import threading
import time

ROUNDS = 5
ANSWER_S = 60
CALL_S = 45
EXIT_S = 10
WORDS_MAX = 90
LEGACY = "2025-11-25"
MODERN = "2026-07-28"
CLIENT = {"name": "probe", "version": "1"}


class Server:
    """One server process, in a session of its own so that what it leaves behind is found."""

    def __init__(self, command):
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.messages = queue.Queue()
        self.noise = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            try:
                message = json.loads(line)
                assert message["jsonrpc"] == "2.0"
            except (ValueError, KeyError, TypeError, AssertionError):
                self.noise += 1
                continue
            self.messages.put(message)
        self.messages.put(None)

    def send(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def ask(self, number, method, params, seconds=ANSWER_S):
        """The answer and the milliseconds it took; None when there was none in time."""
        begin = time.monotonic()
        try:
            self.send({"id": number, "method": method, "params": params})
            while True:
                left = seconds - (time.monotonic() - begin)
                message = self.messages.get(timeout=max(left, 0.001))
                if message is None:
                    return None, None
                if message.get("id") == number and ("result" in message or "error" in message):
                    return message, (time.monotonic() - begin) * 1000
        except (queue.Empty, BrokenPipeError):
            return None, None

    def initialize(self):
        params = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": CLIENT}
        answer, _ = self.ask(1, "initialize", params)
        took = (time.monotonic() - self.begin) * 1000
        if answer is None or "result" not in answer:
            return None
        self.send({"method": "notifications/initialized"})
        return took

    def session(self):
        """Every process of its session."""
        own = os.getsid(self.process.pid) if self.process.poll() is None else self.process.pid
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.getsid(int(pid)) == own:
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def pss_mib(self):
        total = 0
        for pid in self.session():
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    total += sum(int(row.split()[1]) for row in file if row.startswith("Pss:"))
            except OSError:
                pass
        return total / 1024

    def leave(self, how):
        """Milliseconds until it is gone; None when it had to be killed."""
        begin = time.monotonic()
        took = None
        how()
        try:
            self.process.wait(EXIT_S)
            took = (time.monotonic() - begin) * 1000
        except subprocess.TimeoutExpired:
            pass
        left = [pid for pid in self.session() if pid != self.process.pid]
        for pid in [self.process.pid, *left]:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.process.wait()
        return took, len(left)


def handshake_ms(command):
    times = []
    for _ in range(ROUNDS):
        server = Server(command)
        times.append(server.initialize())
        server.leave(server.process.kill)
    return statistics.median(times) if all(times) else None


def is_modern(command):
    server = Server(command)
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    answer, _ = server.ask(1, "server/discover", {"_meta": meta}, 10)
    server.leave(server.process.kill)
    return bool(answer and "result" in answer)


def words_of(answer):
    """The first line that a model would read, or what came instead."""
    if answer is None:
        return "no answer"
    if "error" in answer:
        return f"protocol error: {answer['error'].get('message', '')}"
    result = answer["result"]
    text = next((c["text"] for c in result.get("content", []) if c.get("type") == "text"), "")
    words = ("error: " if result.get("isError") else "ok: ") + " ".join(text.split())
    return words if len(words) <= WORDS_MAX else words[:WORDS_MAX] + " ..."


def probe(tool, arguments, command):
    seen = {"handshake_ms": handshake_ms(command), "modern": is_modern(command)}
    server = Server(command)
    server.initialize()
    answer, _ = server.ask(2, "tools/list", {})
    tools = answer["result"]["tools"] if answer and "result" in answer else []
    seen["tools"] = len(tools)
    seen["list_bytes"] = len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False).encode())
    seen["pss_mib"] = server.pss_mib()
    answer, seen["call_ms"] = server.ask(
        3, "tools/call", {"name": tool, "arguments": arguments}, CALL_S
    )
    seen["call"] = words_of(answer)
    seen["eof_ms"], seen["left"] = server.leave(server.process.stdin.close)
    seen["noise"] = server.noise
    server = Server(command)
    server.initialize()
    seen["term_ms"], left = server.leave(server.process.terminate)
    seen["left"] += left
    return seen


def cell(value):
    if value is None:
        return "never"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value >= 10 else f"{value:.1f}"
    return str(value).replace("|", "\\|")


def main(arguments):
    as_json = arguments[:1] == ["--json"]
    results = {}
    for entry in arguments[1:] if as_json else arguments:
        name, tool, call, command = entry.split("=", 3)
        results[name] = probe(tool, json.loads(call), shlex.split(command))
    if as_json:
        print(json.dumps(results, indent=2))
        return
    columns = list(next(iter(results.values())))
    print("| server | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, seen in results.items():
        print(f"| {name} | " + " | ".join(cell(seen[column]) for column in columns) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
