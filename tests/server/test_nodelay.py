import socket

from geo.server.nodelay import set_nodelay


def test_what_a_listening_socket_accepts_sends_at_once():
    with socket.socket(socket.AF_INET) as listening, socket.socket(socket.AF_INET) as calling:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert set_nodelay() >= 1
        calling.connect(listening.getsockname())
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
