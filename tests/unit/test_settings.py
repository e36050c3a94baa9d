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


def test_lists_and_empty_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_HOSTS", "10.0.0.1, mail.internal ,")
    monkeypatch.setenv("SMTP_HOST", "")
    settings = load_settings(_env_file=None)
    assert settings.allow_private_hosts == ("10.0.0.1", "mail.internal")
    assert settings.smtp_host is None
    assert "x" * 40 not in repr(load_settings(_env_file=None, secret_key="x" * 40))
