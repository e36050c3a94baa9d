"""Whether the installation's key could be guessed; keys of examples end up in production (Superset, CVE-2023-27524)."""

_LEAST_KEY = 32
#: A random key of 32 characters has some twenty different ones.
_LEAST_DIFFERENT = 12
#: What keys in examples and instructions are made of, in letters and digits: they end up in production.
_PLACEHOLDERS = (
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "yoursecret",
    "yourkey",
    "thisisasecret",
    "thisismysecret",
    "thisismyscret",
    "mysecretkey",
    "secretkeyhere",
    "supersecret",
    "defaultsecret",
    "insecure",
    "nondevsecret",
    "complexrandomsecret",
    "0123456789abcdef",
    "abcdefghijkl",
)


def why_weak(key: str) -> str | None:
    """What makes a key one that could be guessed, if anything."""
    letters = "".join(character for character in key.lower() if character.isalnum())
    if len(key) < _LEAST_KEY:
        return f"it needs at least {_LEAST_KEY} characters"
    if len(set(key)) < _LEAST_DIFFERENT:
        return f"it needs at least {_LEAST_DIFFERENT} different characters"
    if any(words in letters for words in _PLACEHOLDERS):
        return "it is the placeholder of an example"
    return None
