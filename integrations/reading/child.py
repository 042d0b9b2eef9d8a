"""The process behind `ChildReader`: imports once, then forks a process for each document, which may die without harm.

Started as `python -m integrations.reading.child LIMITS` with a Unix socket as standard input. Each message on it hands
over a connection: a line with the new process's id goes out as soon as it runs, the document comes in, the answer goes
out. It holds no secrets, opens no files and ends when the socket closes.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
import socket
import sys

from domain.errors import DETAIL_LIMIT, TooLarge, Unreadable
from domain.invoice import Invoice
from integrations.reading.answers import Answer, InvoiceRead, NotRead, TextRead
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits

OPEN_FILES = 64


def main() -> None:
    """Fork for every connection that is handed over, until no more can come."""
    limits = ReadingLimits.model_validate_json(sys.argv[1])
    logging.disable()
    gc.freeze()  # else the first collection in every fork copies the memory that all of them share
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=0) as orders:
        while handed := socket.recv_fds(orders, 1, 1)[1]:
            with socket.socket(fileno=handed[0]) as connection:
                if os.fork() == 0:
                    orders.close()
                    _serve(connection, limits)
                    os._exit(0)


def _serve(connection: socket.socket, limits: ReadingLimits) -> None:
    connection.sendall(b"%d\n" % os.getpid())
    _confine(limits)
    with connection.makefile("rb") as stream:
        content = stream.read(limits.file_bytes + 1)
    connection.sendall(_answer(content, limits))


def _confine(limits: ReadingLimits) -> None:
    """Let the kernel end this process when it takes too much; Python itself may be stuck in native code by then."""
    signal.alarm(limits.wall_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if sys.platform != "darwin":  # macOS accepts no limit on the address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))


def _answer(content: bytes, limits: ReadingLimits) -> bytes:
    try:
        read = read_document(content, limits)
        body = _json(InvoiceRead(invoice=read) if isinstance(read, Invoice) else TextRead(text=read))
        if len(body) > limits.answer_bytes:
            raise TooLarge(f"what it says fills {len(body)} bytes; at most {limits.answer_bytes} are carried on.")  # noqa: TRY301 - the same answer as for any other limit
    except TooLarge as error:
        return _json(NotRead(kind="too_large", detail=error.detail))
    except Unreadable as error:
        return _json(NotRead(kind="unreadable", detail=error.detail))
    except MemoryError:
        detail = f"reading it takes more than {limits.memory_bytes} bytes of memory."
        return _json(NotRead(kind="poison", detail=detail[:DETAIL_LIMIT]))
    return body


def _json(said: InvoiceRead | TextRead | NotRead) -> bytes:
    return Answer(said=said).model_dump_json().encode()


if __name__ == "__main__":
    main()
