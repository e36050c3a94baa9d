"""Tokens that nobody gave out: altered, cut, signed with other keys, and made up."""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jwt

_ALPHABET = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """Tokens that are good, and the secret of the session of another person."""

    session: str
    bearer: str
    api_token: str


def forged(real: Real, count: int, *, seed: int = 1) -> Iterator[str]:
    """Yield `count` tokens, none of them good."""
    rng = random.Random(seed)
    makers = (_made_up, _one_character, _cut, _longer, _other_key, _unsigned, _swapped_payload, _strange_spelling)
    good = {real.session, real.bearer, real.api_token}
    for number in range(count):
        token = makers[number % len(makers)](real, rng)
        while token in good:
            token = makers[number % len(makers)](real, rng)
        yield token


Maker = Callable[[Real, random.Random], str]


def _any(real: Real, rng: random.Random) -> str:
    return rng.choice((real.session, real.bearer, real.api_token))


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(_ALPHABET, k=count))


def _made_up(_real: Real, rng: random.Random) -> str:
    plain = _letters(rng, 43)
    return rng.choice((plain, f"bsp_{plain}", f"{_letters(rng, 36)}.{_letters(rng, 90)}.{plain}"))


def _one_character(real: Real, rng: random.Random) -> str:
    token = _any(real, rng)
    at = rng.randrange(len(token))
    return token[:at] + rng.choice(_ALPHABET + ".=+/ \t\n\0é") + token[at + 1 :]


def _cut(real: Real, rng: random.Random) -> str:
    token = _any(real, rng)
    at = rng.randrange(len(token))
    return token[:at] if rng.random() < 0.5 else token[at + 1 :]


def _longer(real: Real, rng: random.Random) -> str:
    token, more = _any(real, rng), rng.choice(("=", ".", " ", "\0", "%00", "'", _letters(rng, 3)))
    return token + more if rng.random() < 0.5 else more + token


def _claims(real: Real, rng: random.Random) -> dict[str, object]:
    return {"sid": rng.choice((real.session, _letters(rng, 43))), "iat": 1, "exp": 4_000_000_000}


def _other_key(real: Real, rng: random.Random) -> str:
    algorithm = rng.choice(("HS256", "HS384", "HS512"))
    return jwt.encode(_claims(real, rng), _letters(rng, 64), algorithm=algorithm)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(real: Real, rng: random.Random) -> str:
    header = {"alg": rng.choice(("none", "None", "NONE", "RS256", "HS256", "ES256", "")), "typ": "JWT"}
    if rng.random() < 0.5:
        header |= {"kid": rng.choice(("../../dev/null", "' OR 1=1 --")), "jku": "http://127.0.0.1:9/keys"}
    signature = rng.choice(("", _letters(rng, 43)))
    return f"{_part(header)}.{_part(_claims(real, rng))}.{signature}"


def _swapped_payload(real: Real, rng: random.Random) -> str:
    header, _, signature = real.bearer.split(".")
    return f"{header}.{_part(_claims(real, rng))}.{signature}"


def _strange_spelling(real: Real, rng: random.Random) -> str:
    """Other characters that a lenient decoder reads as the same bytes."""
    token = _any(real, rng)
    if rng.random() < 0.5:
        at = rng.randrange(len(token) + 1)
        return token[:at] + rng.choice("\n\r !*") + token[at:]
    return token.swapcase() if rng.random() < 0.5 else token[:-1] + rng.choice(_ALPHABET)
