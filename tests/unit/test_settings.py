"""Settings: a wrong one stops with its name and the mend."""

import pytest

from core.errors import SettingError
from core.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "many"),
        ("DATA_DIR", "/tmp/with space"),
        ("DATA_DIR", "/etc/passwd"),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("SECRET_KEY", "short"),
        ("ADMIN_EMAIL", "nobody"),
        ("MAIL_FROM", "bad from"),
        ("MAIL_FROM", "a@example.com\r\nBcc: b@example.com"),
        ("PUBLIC_URL", "reports.example.com"),
        ("SMTP_HOST", "mail server"),
        ("SMTP_SECURITY", "ssl"),
        ("WORKERS", "0"),
        ("ROW_LIMIT_DEFAULT", "9999999999999999999999"),
        ("RETENTION_DAYS", "99999999999"),
        ("RATE_LIMITS", "maybe"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as caught:
        load_settings(_env_file=None)
    assert caught.value.user_message.startswith(f"{name}: ")
    assert "\n" not in caught.value.user_message


@pytest.mark.parametrize(
    ("given", "missing"), [({"ARTIFACT_STORE": "s3"}, "S3_BUCKET"), ({"SMTP_PASSWORD": "x"}, "SMTP_USER")]
)
def test_settings_that_need_each_other(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=missing):
        load_settings(_env_file=None)


#: As `secrets.token_urlsafe(32)` makes them.
GOOD_KEY = "y1Lr0nVd2pJmUuJb8cQe5Tz9wKxA4fGh3sRi7oNv6E"


def test_lists_and_empty_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_HOSTS", "10.0.0.1, mail.internal ,")
    monkeypatch.setenv("SMTP_HOST", "")
    settings = load_settings(_env_file=None)
    assert settings.allow_private_hosts == ("10.0.0.1", "mail.internal")
    assert settings.smtp_host is None
    assert GOOD_KEY not in repr(load_settings(_env_file=None, secret_key=GOOD_KEY))


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "x" * 64,
        "ab" * 40,
        "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
        "change-me-please-change-me-please-1234",
        "thisISaSECRET_1234thisISaSECRET_1234",
        "\2\1thisismyscretkey\1\2\\e\\y\\y\\h and some more",
        "your-secret-key-goes-here-1234567890",
        "0123456789abcdef0123456789abcdef",
        "super-secret-key-for-development-only",
    ],
)
def test_a_key_that_could_be_guessed_stops_the_start_and_is_not_told(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(SettingError, match="SECRET_KEY") as raised:
        load_settings(_env_file=None)
    assert key not in raised.value.user_message
