"""Secrets of every kind, made here by the forms that their issuers have written down.

They are put together when they are asked for, so that no other scanner finds them in this file.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Mapping

_LETTERS = string.ascii_letters
_ALNUM = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + "234567"
_URL64 = _ALNUM + "-_"
_BASE64 = _ALNUM + "+/"
_HEX = "0123456789abcdef"


def _made(letters: str, count: int, seed: int = 1) -> str:
    dice = random.Random(f"{letters}{count}{seed}")
    return "".join(dice.choice(letters) for _ in range(count))


def _pem(label: str) -> str:
    lines = "\n".join(_made(_BASE64, 64, seed) for seed in range(12))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def _url64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


_ACCOUNT = {
    "type": "service_account",
    "project_id": "p",
    "private_key_id": _made(_HEX, 40),
    "private_key": _pem("PRIVATE" + " KEY"),
    "client_email": "me@p.iam.gserviceaccount.com",
}
PASSWORD = "kX9#mQ2$vL5pWz8T"

TOKENS: Mapping[str, tuple[str, str]] = {
    "RSA key": ("private-key", _pem("RSA PRIVATE" + " KEY")),
    "OpenSSH key": ("private-key", _pem("OPENSSH PRIVATE" + " KEY")),
    "PKCS 8 key, in one line": (
        "private-key",
        _pem("PRIVATE" + " KEY").replace("\n", "\\n"),
    ),
    "encrypted key": (
        "private-key",
        _pem("RSA PRIVATE" + " KEY").replace(
            "-----\n",
            "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n",
            1,
        ),
    ),
    "Google service account": ("private-key", json.dumps(_ACCOUNT)),
    "Google API key": ("google-api-key", "AIza" + _made(_URL64, 35)),
    "Google user": ("google-oauth", f'"refresh_token": "1//{_made(_URL64, 60)}"'),
    "AWS access key": ("aws-access-key", "AKIA" + _made(_UPPER, 16)),
    "AWS secret key": ("aws-secret-key", f"aws_secret_access_key = {_made(_BASE64, 40)}"),
    "Azure storage": (
        "azure-storage-key",
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={_made(_BASE64, 86)}==;",
    ),
    "Azure signature": (
        "azure-signature",
        f"https://a.blob.core.windows.net/c?sv=2022&se=2027&sig={_made(_ALNUM, 43)}%3D",
    ),
    "Azure client": ("azure-client-secret", f"abc8Q~{_made(_ALNUM, 34)}"),
    "GitHub, classic": ("github-token", "ghp_" + _made(_ALNUM, 36)),
    "GitHub, fine-grained": (
        "github-token",
        f"github_pat_{_made(_ALNUM, 22)}_{_made(_ALNUM, 59)}",
    ),
    "GitLab": ("gitlab-token", "glpat-" + _made(_URL64, 20)),
    "Slack bot": ("slack-token", f"xoxb-123456789012-1234567890123-{_made(_ALNUM, 24)}"),
    "Slack webhook": (
        "slack-webhook",
        f"https://hooks.slack.com/services/T{_made(_UPPER, 8)}/B{_made(_UPPER, 8)}"
        f"/{_made(_ALNUM, 24)}",
    ),
    "Hugging Face": ("hugging-face-token", "hf_" + _made(_LETTERS, 34)),
    "OpenAI": (
        "openai-key",
        f"sk-proj-{_made(_URL64, 74)}T3BlbkFJ{_made(_URL64, 74)}",
    ),
    "OpenAI, older": ("openai-key", f"sk-{_made(_ALNUM, 20)}T3BlbkFJ{_made(_ALNUM, 20)}"),
    "Anthropic": ("anthropic-key", f"sk-ant-api03-{_made(_URL64, 93)}AA"),
    "PyPI": ("pypi-token", f"pypi-AgEIcHlwaS5vcmc{_made(_URL64, 130)}"),
    "npm": ("npm-token", "npm_" + _made(_ALNUM, 36)),
    "Databricks": ("databricks-token", "dapi" + _made(_HEX, 32)),
    "DigitalOcean": ("digitalocean-token", "dop_v1_" + _made(_HEX, 64)),
    "Stripe": ("stripe-key", "sk_live_" + _made(_ALNUM, 24)),
    "SendGrid": ("sendgrid-key", f"SG.{_made(_URL64, 22)}.{_made(_URL64, 43)}"),
    "Telegram": ("telegram-token", f"7654321098:AA{_made(_URL64, 33)}"),
    "Vault": ("vault-token", "hvs." + _made(_URL64, 95)),
    "JWT": (
        "jwt",
        f"{_url64({'alg': 'HS256', 'typ': 'JWT'})}.{_url64({'sub': 'u', 'iat': 1})}"
        f".{_made(_URL64, 43)}",
    ),
    "cosign's key": ("private-key", _pem("ENCRYPTED SIGSTORE PRIVATE" + " KEY")),
    "Google service account, in a text in JSON": ("private-key", json.dumps(json.dumps(_ACCOUNT))),
    "PuTTY's key": (
        "putty-key",
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 1\n"
        f"{_made(_BASE64, 64)}\nPrivate-Lines: 1\n{_made(_BASE64, 48)}\n",
    ),
    "age": ("age-key", "AGE-SECRET" + f"-KEY-1{_made('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}"),
    "kubeconfig": (
        "packed-private-key",
        f"client-key-data: {base64.b64encode(_pem('RSA PRIVATE' + ' KEY').encode()).decode()}",
    ),
    "kubeconfig, another key": (
        "packed-private-key",
        f"client-key-data: {base64.b64encode(_pem('EC PRIVATE' + ' KEY').encode()).decode()}",
    ),
    "kubeconfig, a third": (
        "packed-private-key",
        f"client-key-data: {base64.b64encode(_pem('OPENSSH PRIVATE' + ' KEY').encode()).decode()}",
    ),
    "Azure Service Bus": (
        "azure-storage-key",
        "Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=Root;"
        f"SharedAccessKey={_made(_BASE64, 43)}=",
    ),
    "Slack, a browser's": ("slack-token", f"xoxc-123456789012-1234567890123-{_made(_HEX, 64)}"),
    "Groq": ("groq-key", "gsk_" + _made(_ALNUM, 52)),
    "Replicate": ("replicate-token", "r8_" + _made(_ALNUM, 37)),
    "Weights & Biases": ("wandb-key", f"wandb.login(key='{_made(_HEX, 40)}')"),
    "Weights & Biases, newer": ("wandb-key", "wandb_v1_" + _made(_ALNUM, 77)),
    "Kaggle": ("kaggle-key", json.dumps({"username": "me", "key": _made(_HEX, 32)})),
    "URL of a repository": ("url-token", f"https://{_made(_ALNUM, 30)}@github.com/corp/models.git"),
    "a bearer's token": (
        "request-login",
        f"{{'Authorization': 'Bearer {_made(_ALNUM, 40)}'}}",
    ),
    "a basic login": (
        "request-login",
        f'{{"Authorization": "Basic {base64.b64encode(f"me:{PASSWORD}".encode()).decode()}"}}',
    ),
    "Discord": (
        "discord-webhook",
        f"https://discord.com/api/webhooks/123456789012345678/{_made(_URL64, 68)}",
    ),
    "Mailgun": ("mailgun-key", "key-" + _made(_HEX, 32)),
    "Artifactory": ("artifactory-key", "AKCp" + _made(_ALNUM, 69)),
    "Square": ("square-token", "sq0csp-" + _made(_URL64, 43)),
    "database URL": ("url-password", "postgresql://lading:q7Tz1xWv@db.internal:5432/models"),
    "index URL": ("url-password", f"https://build:{_made(_ALNUM, 20)}@pypi.corp.internal/simple"),
    "netrc": ("netrc-password", f"machine pypi.corp.internal\n  login me\n  password {PASSWORD}\n"),
    "registry login": (
        "docker-login",
        json.dumps({"auth": base64.b64encode(f"me:{PASSWORD}".encode()).decode()}),
    ),
}
"""By name: the kind that finds it, and a text that is one or has one in it."""

FILES: Mapping[str, tuple[str, str]] = {
    "settings.py": ("password", f'DB_PASSWORD = "{PASSWORD}"\n'),
    "typed.py": ("password", f'    api_key: str = "{_made(_ALNUM, 32)}"\n'),
    "call.py": ("password", f'connect(user="me", password="{PASSWORD}")\n'),
    "config.json": ("password", json.dumps({"client_secret": _made(_ALNUM, 32)})),
    "config.yaml": ("password", f"db:\n  password: {PASSWORD.replace('#', '%')}\n"),
    "app.ini": ("password", f"[db]\npassword = {PASSWORD.replace('#', '%')}\n"),
    "run.sh": ("password", f"export WANDB_API_KEY={_made(_HEX, 40)}\n"),
    "notebook.ipynb": (
        "password",
        json.dumps({"source": [f'token = "{_made(_ALNUM, 32)}"\n']}),
    ),
    "kubeconfig": ("password", f"  user:\n    token: {_made(_ALNUM, 40)}\n"),
    "profiles.yml": ("password", f"      password: {PASSWORD.replace('#', '%')}\n"),
    "terraform.tfstate": ("password", json.dumps({"attributes": {"password": PASSWORD}})),
    "compose.yaml": ("password", f"environment:\n  - DB_PASSWORD={PASSWORD.replace('#', '%')}\n"),
    "Dockerfile": ("password", f"ENV API_KEY={_made(_ALNUM, 32)}\n"),
    "application.properties": (
        "password",
        f"spring.datasource.password={PASSWORD.replace('#', '%')}\n",
    ),
    "clients.ipynb": (
        "aws-secret-key",
        json.dumps(
            {"source": [f"boto3.client('s3', aws_secret_access_key='{_made(_BASE64, 40)}')"]}
        ),
    ),
    "deploy/npmrc": ("npm-login", f"//registry.corp/:_authToken={_made(_ALNUM, 30)}\n"),
    "pypirc": ("password", f"[pypi]\nusername = me\npassword = {PASSWORD.replace('#', '%')}\n"),
    "credentials": (
        "aws-secret-key",
        f"[default]\naws_secret_access_key = {_made(_BASE64, 40)}\n",
    ),
}
"""By the file's name, where the name matters: the kind that finds it, and its text."""

INNOCENT: tuple[str, ...] = (
    'password = os.environ["DB_PASSWORD"]',
    "token = tokenizer.next_token()",
    'password = "${DB_PASSWORD}"',
    'password: "{{ db_password }}"',
    'api_key = "your-api-key-here"',
    'secret = "changeme123456"',
    'TOKEN = "<paste your token here>"',
    'token_url = "https://example.org/oauth/token"',
    'pad_token = "[PAD]"',
    'secret_name = "projects/p/secrets/db-password"',
    'tokenizer_class = "PreTrainedTokenizerFast"',
    "postgresql://user:password@localhost:5432/db",
    "https://user:pass@example.com/",
    "redis://:${REDIS_PASSWORD}@cache.internal:6379",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    'if line.startswith("-----BEGIN PRIVATE' + ' KEY-----"):',
    "-----BEGIN PUBLIC KEY-----\n" + "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" * 2,
    "-----BEGIN CERTIFICATE-----\n" + "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa",
    "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    '"commit": "4b825dc642cb6eb9a060e54bf8d69288fbee4904"',
    'key = "model.layers.0.self_attn.q_proj.weight"',
    "ghp_" + "x" * 36,
    "headers = {'Authorization': f'Bearer {token}'}",
    "Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE",
    "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1",
    "git+https://github.com/corp/a-repository-of-a-long-name@v1.2.3",
    "<!-- key-value pairs, key-word arguments -->",
    'max_new_tokens = "512"',
)
"""What people write every day."""
