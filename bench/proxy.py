#!/usr/bin/env python3
"""Measures what the egress door costs, against direct loopback in the same run.

    bench/proxy.py [--seconds N]

Inside `wardline exec` one client asks a server on this machine through the door (bridge, Unix socket, door, TCP), and the same
client on the host asks it directly; rounds are interleaved. It prints

  first byte    median time from connecting to the first byte of the answer, of a plain HTTP request and of a tunnel that is
                opened anew, and what the door adds
  throughput    bytes a second of one long download and one long upload in a tunnel, against a direct connection and against a
                bare copy: the same kinds of sockets in a row (TCP, Unix, TCP), passed on by a loop that looks at nothing

Build first: cargo build --release. On a machine with other work the figures are of its scheduler: there, as root,
`chrt -f 10 bench/proxy.py --rounds 3 --seconds 0.5` measures the door.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import ratios

CLIENT = r"""
import base64, json, os, socket, struct, sys, time
mode, rounds, seconds, host, port = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5])
proxy = os.environ.get("HTTP_PROXY") if mode == "door" else None
auth = ""
if proxy:
    pair = proxy.split("//")[1].split("@")[0]
    auth = "Proxy-Authorization: Basic " + base64.b64encode(pair.encode()).decode() + "\r\n"

def vector(data):
    return struct.pack(">H", len(data)) + data

def hello():
    extensions = struct.pack(">H", 43) + vector(b"\x02\x03\x04")
    body = b"\x03\x03" + b"\x07" * 32 + b"\x00" + vector(b"\x13\x01") + b"\x01\x00" + vector(extensions)
    return b"\x16\x03\x01" + vector(b"\x01" + struct.pack(">I", len(body))[1:] + body)

def connect():
    s = socket.create_connection(("127.0.0.1", 3128) if proxy else (host, port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s

def read_head(s):
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(65536)
        if not more:
            raise SystemExit("the connection ended within the head: " + repr(data))
        data += more
    return data.split(b"\r\n\r\n", 1)

def tunnel():
    s = connect()
    if proxy:
        s.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{auth}\r\n".encode())
        head, _ = read_head(s)
        if b" 200 " not in head:
            raise SystemExit(head.decode())
    return s

def plain():
    begin = time.perf_counter()
    s = connect()
    target = f"http://{host}:{port}/" if proxy else "/"
    s.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n{auth}\r\n".encode())
    s.recv(1)
    took = time.perf_counter() - begin
    while s.recv(65536):
        pass
    s.close()
    return took

def opened():
    begin = time.perf_counter()
    s = tunnel()
    s.sendall(hello() + b"E")
    s.recv(1)
    took = time.perf_counter() - begin
    s.close()
    return took

def flood(command):
    s = tunnel()
    s.sendall(hello() + command)
    buffer, total, begin = bytearray(1 << 20), 0, time.perf_counter()
    end = begin + seconds
    if command == b"D":
        while time.perf_counter() < end:
            count = s.recv_into(buffer)
            if not count:
                break
            total += count
    else:
        while time.perf_counter() < end:
            s.sendall(buffer)
            total += len(buffer)
    s.close()
    return total / (time.perf_counter() - begin)

plain(), opened()
print(json.dumps({
    "plain": [plain() for _ in range(rounds)],
    "tunnel": [opened() for _ in range(rounds)],
    "download": flood(b"D"),
    "upload": flood(b"U"),
}))
"""


def serve(listener):
    """Answers HTTP at once; after a TLS hello one byte says what to do: E answer, D send without end, U take."""
    payload = bytes(1 << 20)
    while True:
        stream, _ = listener.accept()
        threading.Thread(target=attend, args=(stream, payload), daemon=True).start()


def attend(stream, payload):
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        data = stream.recv(4096)
        if data[:1] == b"G":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        else:
            need = 5 + int.from_bytes(data[3:5], "big") + 1
            while len(data) < need:
                data += stream.recv(4096)
            command = data[need - 1 : need]
            if command == b"E":
                stream.sendall(b"E")
            buffer = bytearray(1 << 20)
            while command == b"D":
                stream.sendall(payload)
            while command == b"U" and stream.recv_into(buffer):
                pass
    except OSError:
        pass
    stream.close()


def pump(source, sink):
    buffer = bytearray(1 << 17)
    view = memoryview(buffer)
    try:
        while count := source.recv_into(buffer):
            sink.sendall(view[:count])
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def bare(path, target):
    """The same sockets in a row as between a program inside and a host, without a check: TCP, Unix, TCP."""
    front, middle = socket.socket(), socket.socket(socket.AF_UNIX)
    front.bind(("127.0.0.1", 0))
    front.listen(64)
    middle.bind(path)
    middle.listen(64)

    def lead(listener, dial):
        while True:
            client, _ = listener.accept()
            host = dial()
            for pair in ((client, host), (host, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    def unix():
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(path)
        return stream

    threading.Thread(target=lead, args=(front, unix), daemon=True).start()
    threading.Thread(target=lead, args=(middle, lambda: socket.create_connection(target)), daemon=True).start()
    return front.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each copy lasts")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds")
    parser.add_argument("--requests", type=int, default=100, help="requests of each kind in a round")
    options = parser.parse_args()
    if not os.path.exists(ratios.WARDLINE):
        sys.exit(f"{ratios.WARDLINE} is not there: cargo build --release")
    # The server and the bare copy are processes of their own, so that no interpreter holds two of them up.
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.2", 0))
    listener.listen(128)
    target = listener.getsockname()
    server = os.fork()
    if server == 0:
        serve(listener)
    figures = {"direct": [], "bare": [], "door": []}
    with tempfile.TemporaryDirectory(dir="/var/tmp") as home:
        read, write = os.pipe()
        copier = os.fork()
        if copier == 0:
            os.write(write, str(bare(os.path.join(home, "bare.sock"), target)).encode())
            time.sleep(1e6)
        bare_port = int(os.read(read, 16))
        project = os.path.join(home, "project")
        os.makedirs(project)
        with open(os.path.join(project, "client.py"), "w", encoding="utf-8") as file:
            file.write(CLIENT)
        env = {"HOME": home, "PATH": os.environ["PATH"], "USER": "bench"}
        try:
            for _ in range(options.rounds):
                for mode, address in (("direct", target), ("bare", ("127.0.0.1", bare_port)), ("door", target)):
                    words = [mode, str(options.requests), str(options.seconds), address[0], str(address[1])]
                    argv = ["python3", "client.py", *words]
                    if mode == "door":
                        argv = [ratios.WARDLINE, "exec", "--allow-host", f"{target[0]}:{target[1]}", "--", *argv]
                    done = subprocess.run(argv, cwd=project, env=env, capture_output=True, text=True, check=False)
                    if done.returncode != 0:
                        sys.exit(f"{mode}: {done.stderr}{done.stdout}")
                    figures[mode].append(json.loads(done.stdout.splitlines()[-1]))
        finally:
            for pid in (server, copier):
                os.kill(pid, 9)
                os.waitpid(pid, 0)
    report(figures)


def report(figures):
    print(f"{'first byte, median ms':<24}{'direct':>10}{'door':>10}{'added':>10}{'ratio':>8}")
    for kind in ("plain", "tunnel"):
        direct, door = (
            1000 * statistics.median(t for row in figures[mode] for t in row[kind]) for mode in ("direct", "door")
        )
        print(f"{kind:<24}{direct:>10.3f}{door:>10.3f}{door - direct:>10.3f}{door / direct:>8.1f}")
    print(f"\n{'GB/s, median':<24}{'direct':>10}{'bare':>10}{'door':>10}{'of bare':>10}")
    for kind in ("download", "upload"):
        direct, bare_copy, door = (
            statistics.median(row[kind] for row in figures[mode]) / 1e9 for mode in ("direct", "bare", "door")
        )
        print(f"{kind:<24}{direct:>10.2f}{bare_copy:>10.2f}{door:>10.2f}{100 * door / bare_copy:>9.0f}%")


if __name__ == "__main__":
    main()
