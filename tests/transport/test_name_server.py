"""Records of a real name server over UDP."""

import socket
import threading
from contextlib import contextmanager

import dns.message
import dns.rrset
import pytest

from node.discovery.naming import Naptr
from node.transport.name_server import NameServer


@contextmanager
def name_server(records):
    """Answers NAPTR questions from a table."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))

    def serve():
        while True:
            octets, whom = listening.recvfrom(4096)
            if not octets:
                return
            question = dns.message.from_wire(octets)
            answer, name = dns.message.make_response(question), question.question[0].name
            found = records.get(name.to_text(omit_final_dot=True).lower())
            if found is None:
                answer.set_rcode(3)
            else:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "NAPTR", *found))
            listening.sendto(answer.to_wire(), whom)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield NameServer(*listening.getsockname())
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", listening.getsockname())
        thread.join()
        listening.close()


def test_records_are_read_and_a_name_that_is_not_there_has_none():
    with name_server({"a.example": ['100 10 "U" "meta:SMP" "!.*!https://p.example!" .']}) as server:
        assert server.naptr("A.example") == [Naptr(100, 10, "U", "meta:SMP", "!.*!https://p.example!")]
        assert server.naptr("b.example") == []


def test_silence_is_an_error(monkeypatch):
    monkeypatch.setattr("node.transport.name_server._SECONDS", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match=r"a\.example: "):
            NameServer(*silent.getsockname()).naptr("a.example")
