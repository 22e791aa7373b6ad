"""A small server on this machine that answers as the robots of 企业微信 and 钉钉 do, and notes what it was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class ChatServer:
    """`status`, `headers` and `body` are its next answers; `taken` has the query and the JSON of each request."""

    def __init__(self, url: str):
        self.url = url
        self.status, self.headers = 200, {}
        self.body: bytes = json.dumps({"errcode": 0, "errmsg": "ok"}).encode()
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []

    @property
    def texts(self) -> list[str]:
        return [data["text"]["content"] for _query, data in self.taken]


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            content = self.rfile.read(int(self.headers["Content-Length"]))
            chat.taken.append((query, json.loads(content)))
            self.send_response(chat.status)
            for name, value in chat.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(chat.body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat = ChatServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
