import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fimble_indexer.files.secrets import REDACTED, is_secret_file, redact

# Made up, in the shape of the real ones; joined here so that no scanner takes this file for a leak.
SECRETS = {
    "aws id": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp" + "_0a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r",
    "slack": "xoxb" + "-123456789012-1234567890123-abcdefghijklmnopqrstuvwx",
    "stripe": "sk" + "_live_4eC39HqLyjWDarjtT1zdp7dc",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "anthropic": "sk-ant" + "-api03-A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0",
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "random": "q3Xz9LmPv7Rk2TnWc8Yb4HsJd6FgA1eu",
    "hexadecimal": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize(
    "line", ['x = "{}"', "value: '{}'", 'call("{}", 1)', '{{"a": "{}"}}', "+TOKEN = `{}`", 'headers["Auth"] = "{}"']
)
def test_token_is_replaced_wherever_it_stands(kind: str, line: str) -> None:
    secret = SECRETS[kind]

    redacted = redact(f"before\n{line.format(secret)}\nafter")

    assert secret not in redacted
    assert secret[-12:] not in redacted
    assert REDACTED in redacted
    assert redacted.startswith("before\n")
    assert redacted.endswith("\nafter")


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('password = "hunter2!"', "hunter2!"),
        ("PASSWORD: str = 'correcthorse'", "correcthorse"),
        ('db.connect(user="me", password="s3cr3tpass")', "s3cr3tpass"),
        ('{"api_key": "abcd1234efgh"}', "abcd1234efgh"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "wJalrXUtnFEMI"),
        ("export API_TOKEN=abc123def456ghi789", "abc123def456"),
        ("  password: Tr0ub4dor&3", "Tr0ub4dor"),
        ('String clientSecret = "9sdf8sd7f6";', "9sdf8sd7f6"),
        ('$dbPassword = "p4ssw0rd99";', "p4ssw0rd99"),
        ('apiKey := "k3y-0123-4567"', "k3y-0123-4567"),
        ("url = 'postgres://user:s3cr3tpw9@host/db'", "s3cr3tpw9"),
        ("Authorization: Bearer abcdef0123456789abcdef01", "abcdef0123456789"),
    ],
)
def test_value_under_a_telling_name_is_replaced(line: str, secret: str) -> None:
    assert secret in line
    assert secret not in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "password = self.get_password()",
        "password = request.form['password']",
        'PASSWORD_FIELD = "email_address"',
        'password = "{password}"',
        'password = os.environ["DB_PASSWORD"]',
        'label = "Enter your password"',
        'token = "identifier"',
        "token: Token2 = lexer.next_token2()",
        'tokens = ["a", "b"]',
        "secret_key = settings.SECRET_KEY",
        'key = "name"',
        "for key, value in items: pass",
        "def test_token_is_replaced_wherever_it_stands_1234(): pass",
        "https://example.com/a/very/long/path/with/numbers/12345678901234567890",
        'ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"',
        'uuid = "123e4567-e89b-12d3-a456-426614174000"',
    ],
)
def test_ordinary_code_stays(line: str) -> None:
    assert redact(line) == line


KEY_BODY = "MIIEpAIBAAKCAQEA04up8hoqzS1APIB0RhjXyObwHQnOzhAk5Bd7mhkSbPkyhP1"


@pytest.mark.parametrize(
    "text",
    [
        f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}\nabcd=\n-----END RSA PRIVATE KEY-----\nrest",
        f'key = "-----BEGIN PRIVATE KEY-----\\n{KEY_BODY}\\n-----END PRIVATE KEY-----"\nrest',
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY_BODY}\n{KEY_BODY}\n\nrest of the file",
    ],
)
def test_private_key_is_replaced(text: str) -> None:
    redacted = redact(text)

    assert KEY_BODY[:16] not in redacted
    assert "abcd=" not in redacted
    assert "rest" in redacted
    assert redacted.count("\n") == text.count("\n")


def test_code_about_private_keys_stays() -> None:
    code = 'BEGIN = "-----BEGIN PRIVATE KEY-----"\nEND = "-----END PRIVATE KEY-----"\ndef parse(): pass\n'

    assert redact(code) == code


@given(st.text(alphabet=st.sampled_from("aB1=:\"' \n\r{token}password-://@İ"), max_size=200))
def test_lines_keep_their_number_and_twice_is_once(text: str) -> None:
    once = redact(text)

    assert once.count("\n") == text.count("\n")
    assert redact(once) == once


def test_speed_suffices_for_indexing() -> None:
    redact('password = "hunter2!"')  # loads the detectors
    text = 'def connect(user, password, token=None):\n    return pool.get("name", key=user.identifier_1234567)\n' * 5000

    started = time.process_time()
    redact(text)

    assert time.process_time() - started < 1.0  # 10,000 of the dearest lines


@pytest.mark.parametrize(
    "path",
    [".env", "a/.env.production", "server.pem", "ID_RSA", "id_ed25519", ".aws/credentials", "x/.ssh/config", ".npmrc",
     "config/secrets.yml", "terraform.tfstate", "keys/app.p12"],
)  # fmt: skip
def test_secret_files(path: str) -> None:
    assert is_secret_file(path)


@pytest.mark.parametrize(
    "path", [".env.example", "id_rsa.pub", "secrets.py", "src/keys.py", "environment.ts", "a.key.md"]
)
def test_files_without_secrets(path: str) -> None:
    assert not is_secret_file(path)


def test_secret_is_found_among_many_other_lines() -> None:
    plain = "".join(f'token_{number} = make_token("some/long/path/to/a/file/{number}.py")\n' for number in range(200))
    text = plain + f"x = {SECRETS['github']}\n" + plain + f"y = {SECRETS['stripe']}\n" + plain

    assert redact(text) == plain + f"x = {REDACTED}\n" + plain + f"y = {REDACTED}\n" + plain


@given(st.text(alphabet='ab1"=:.-_ \npasswordkeyAKIA/@', max_size=200))
def test_lines_are_redacted_one_by_one(text: str) -> None:
    lines = text.split("\n")

    assert redact(text) == "\n".join(redact(line) for line in lines)
