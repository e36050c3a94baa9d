"""The outbound guard, with a resolver of the test's own: no name is looked up."""

import socket

import pytest

from core.errors import InvalidAddress
from core.net import guard_host


class Resolver:
    """Answers each name with the addresses it was given and counts the questions."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.asked: list[str] = []

    def __call__(self, name: str, port: int, **_hints: object) -> list[tuple[object, ...]]:
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.names[name]]


def test_a_public_host_is_resolved_once_and_answers_its_address() -> None:
    resolver = Resolver(hooks_example_com=["93.184.215.14", "2606:2800:21f::1"])
    assert guard_host("Hooks.Example.com.", 443, allowed=(), resolve=resolver) == "93.184.215.14"
    assert resolver.asked == ["hooks.example.com"]


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "[2606:4700::1111]"])
def test_public_addresses_need_no_resolver(host: str) -> None:
    assert guard_host(host, 443, allowed=(), resolve=Resolver()) == host.strip("[]")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254",
        "fec0::1",
        "ff02::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "100::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_refused_written_out_and_behind_a_name(address: str) -> None:
    with pytest.raises(InvalidAddress, match="private network"):
        guard_host(address, 80, allowed=(), resolve=Resolver())
    for answers in ([address], ["8.8.8.8", address]):
        with pytest.raises(InvalidAddress, match="private network"):
            guard_host("rebind.example.com", 80, allowed=(), resolve=Resolver(rebind_example_com=answers))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.01", "134744072",
        "\uff11\uff12\uff17.1", "1.2.3.4.5",
        "", " ", ".", "a b", "exa mple.com", "user@example.com", "example.com/path", "example.com:80",
        "http://example.com",
        "example.com\r\nHost: x", "example.com\x00", "-a.example.com",
        "fe80::1%eth0", "[::1]:80", "a" * 64 + ".com", "..",
    ],
)  # fmt: skip
def test_what_is_not_a_host_name(host: str) -> None:
    resolver = Resolver()
    with pytest.raises(InvalidAddress):
        guard_host(host, 80, allowed=(), resolve=resolver)
    assert resolver.asked == []


def test_full_width_digits_are_the_address_they_stand_for() -> None:
    with pytest.raises(InvalidAddress, match="private network"):
        guard_host("\uff11\uff12\uff17.\uff10.\uff10.\uff11", 80, allowed=(), resolve=Resolver())


@pytest.mark.parametrize("host", ["metadata.google.internal", "METADATA.GOOGLE.INTERNAL.", "metadata"])
def test_metadata_names_are_refused_without_a_question(host: str) -> None:
    resolver = Resolver(metadata_google_internal=["8.8.8.8"], metadata=["8.8.8.8"])
    with pytest.raises(InvalidAddress, match="private network"):
        guard_host(host, 80, allowed=(), resolve=resolver)
    assert resolver.asked == []


def test_allowed_hosts_may_lie_inside() -> None:
    resolver = Resolver(db_internal=["10.0.0.5"], other_internal=["10.0.0.6"])
    assert guard_host("DB.internal", 5432, allowed=("db.internal",), resolve=resolver) == "10.0.0.5"
    assert guard_host("db.internal", 5432, allowed=("10.0.0.5",), resolve=resolver) == "10.0.0.5"
    assert guard_host("127.0.0.1", 9000, allowed=("127.0.0.1",), resolve=resolver) == "127.0.0.1"
    assert guard_host("[::1]", 9000, allowed=("[::1]",), resolve=resolver) == "::1"
    with pytest.raises(InvalidAddress, match="ALLOW_PRIVATE_HOSTS"):
        guard_host("other.internal", 5432, allowed=("db.internal", "internal"), resolve=resolver)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_ports(port: int) -> None:
    with pytest.raises(InvalidAddress, match="not a port"):
        guard_host("8.8.8.8", port, allowed=())


def test_a_name_nobody_knows() -> None:
    with pytest.raises(InvalidAddress, match="was not found"):
        guard_host("nowhere.example", 80, allowed=(), resolve=Resolver())
    with pytest.raises(InvalidAddress, match="was not found"):
        guard_host("empty.example", 80, allowed=(), resolve=Resolver(empty_example=[]))
