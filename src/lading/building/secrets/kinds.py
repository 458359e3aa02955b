"""What is searched for: credentials whose form their issuers have written down, and assignments.

Sources: GitHub's "About authentication to GitHub", GitLab's "Token overview", Slack's "Token
types", AWS's "Understanding unique ID prefixes", PyPI's and npm's pages on tokens, Google's "Create
and manage service account keys", Microsoft's "Shared access signature", RFC 7468 (PEM), RFC 7519
(JWT), RFC 3986 section 3.2.1 (userinfo), and the pages of the other issuers named below.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from lading.building.secrets import judging


@dataclass(frozen=True)
class Kind:
    """A kind of credential. `name` is how `allow_secrets` calls it, `what` what people do."""

    name: str
    what: str
    words: tuple[bytes, ...]
    """One of them is in every match. Looked for first: it takes a ninth of the time."""
    pattern: str
    """Its group `secret` is what is judged; the whole match where there is none."""
    exact: bool = True
    """Whether it is so unlike anything else that files of bytes are searched for it as well."""
    judge: Callable[[str], bool] = judging.is_random
    """Whether what matched may be one at all."""
    shown: int = 4
    """How many characters of it, all of them fixed by its form, may be shown."""

    @property
    def expression(self) -> re.Pattern[bytes]:
        return _compiled(self.pattern)


@lru_cache
def _compiled(pattern: str) -> re.Pattern[bytes]:
    # Compiled where a word was found: all of them together take 3 ms.
    return re.compile(pattern.encode())


def _words(*words: str) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)


_BASE64 = r"[A-Za-z0-9+/]"
_URL64 = r"[A-Za-z0-9_-]"
# A line break as it is, or as JSON and source code write it; between, quotation marks and a plus.
_BREAK = r"(?:\s|\\r|\\n|[\"',+])"

KINDS: tuple[Kind, ...] = (
    Kind(
        "private-key",
        "a private key",
        _words("PRIVATE KEY"),
        rf"-----BEGIN (?:[A-Z0-9]+ ){{0,2}}PRIVATE KEY(?: BLOCK)?-----{_BREAK}+"
        rf"(?:[A-Za-z-]+: [^\n\\]{{1,80}}{_BREAK}+){{0,4}}(?P<secret>{_BASE64}{{24,}})",
        shown=0,
    ),
    Kind(
        "aws-access-key",
        "an AWS access key",
        _words("AKIA", "ASIA"),
        r"(?<![A-Za-z0-9/+=])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9/+=])",
    ),
    Kind(
        "aws-secret-key",
        "an AWS secret key",
        _words("ecret", "ECRET"),
        rf"(?i:aws[\w.-]{{0,20}}secret[\w.-]{{0,20}}|secret_?access_?key)\\?[\"']?\s{{0,3}}[:=]"
        rf"\s{{0,3}}\\?[\"']?(?P<secret>{_BASE64}{{40}})(?!{_BASE64})",
        exact=False,
        shown=0,
    ),
    Kind(
        "azure-storage-key",
        "a key of an Azure storage account",
        _words("AccountKey="),
        rf"AccountKey=(?P<secret>{_BASE64}{{86}}==)",
        shown=0,
    ),
    Kind(
        "azure-signature",
        "a signed Azure URL",
        _words("sig="),
        r"[?&;]sig=(?P<secret>[A-Za-z0-9%+/]{43,64}(?:%3[Dd]|=))",
        exact=False,
        shown=0,
    ),
    Kind(
        "azure-client-secret",
        "an Azure client secret",
        _words("Q~"),
        r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~.-])",
        exact=False,
        shown=0,
    ),
    Kind(
        "google-api-key",
        "a Google API key",
        _words("AIza"),
        rf"(?<!{_URL64})AIza{_URL64}{{35}}(?!{_URL64})",
    ),
    Kind(
        "google-oauth",
        "a Google OAuth secret",
        _words("GOCSPX-", '"1//', "ya29."),
        rf"GOCSPX-{_URL64}{{28}}|(?<=\")1//{_URL64}{{40,}}|(?<![\w.])ya29\.{_URL64}{{60,}}",
        exact=False,
    ),
    Kind(
        "github-token",
        "a GitHub token",
        _words("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59})(?!\w)",
    ),
    Kind(
        "gitlab-token",
        "a GitLab token",
        _words("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "gloas-", "glft-", "glagent-"),
        r"(?<![\w-])gl(?:pat|dt|rt|ptt|cbt|oas|ft|agent)-(?P<tail>[\w.-]{20,})",
    ),
    Kind(
        "slack-token",
        "a Slack token",
        _words("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"),
        r"(?<![\w-])(?:xox[abeoprs]-(?:[0-9]+-)+[0-9A-Za-z-]{20,}"
        r"|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[0-9a-f]{32,})",
    ),
    Kind(
        "slack-webhook",
        "a Slack webhook",
        _words("hooks.slack.com/"),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/T?[A-Z0-9]{8,}/[A-Z0-9]{8,}/"
        r"(?P<secret>[A-Za-z0-9]{20,})",
        shown=0,
    ),
    Kind(
        "hugging-face-token",
        "a Hugging Face token",
        _words("hf_", "api_org_"),
        r"(?<!\w)(?:hf_|api_org_)[A-Za-z]{34}(?!\w)",
        shown=3,
    ),
    Kind(
        "openai-key",
        "an OpenAI key",
        _words("T3BlbkFJ"),
        rf"(?<!{_URL64})sk-{_URL64}{{20,}}T3BlbkFJ{_URL64}{{20,}}",
        shown=3,
    ),
    Kind(
        "anthropic-key",
        "an Anthropic key",
        _words("sk-ant-"),
        rf"(?<!{_URL64})sk-ant-(?:api|admin|oat)[0-9]{{2}}-{_URL64}{{80,}}",
        shown=7,
    ),
    Kind(
        "pypi-token",
        "a PyPI token",
        _words("pypi-AgE"),
        rf"(?<!{_URL64})pypi-AgE{_URL64}{{50,}}",
        shown=5,
    ),
    Kind("npm-token", "an npm token", _words("npm_"), r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    Kind(
        "npm-login",
        "an npm login",
        _words("_authToken", "_password", "_auth"),
        r"(?m)^[^\s=#;]*:?_(?:authToken|password|auth)\s{0,3}=\s{0,3}(?P<secret>[^\s$]{8,})\s*$",
        exact=False,
        judge=judging.is_a_value,
        shown=0,
    ),
    Kind(
        "docker-login",
        "a login to a registry",
        _words('"auth"', "dckr_"),
        rf"\"auth\"\s*:\s*\"(?P<secret>{_BASE64}{{8,}}={{0,2}})\"|(?<!\w)dckr_[po]at_{_URL64}{{27,}}",
        exact=False,
        judge=judging.is_a_login,
        shown=0,
    ),
    Kind(
        "databricks-token",
        "a Databricks token",
        _words("dapi"),
        r"(?<!\w)dapi[0-9a-f]{32}(?:-[0-9])?(?!\w)",
    ),
    Kind(
        "digitalocean-token",
        "a DigitalOcean token",
        _words("_v1_"),
        r"(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)",
    ),
    Kind(
        "stripe-key",
        "a Stripe key",
        _words("k_live_"),
        r"(?<!\w)[sr]k_live_[0-9A-Za-z]{20,}(?!\w)",
        shown=8,
    ),
    Kind(
        "sendgrid-key",
        "a SendGrid key",
        _words("SG."),
        rf"(?<![\w.])SG\.{_URL64}{{22}}\.{_URL64}{{43}}(?!{_URL64})",
        shown=3,
    ),
    Kind(
        "telegram-token",
        "a token of a Telegram bot",
        _words(":AA"),
        rf"(?<!\w)[0-9]{{8,10}}:(?P<secret>AA{_URL64}{{33}})(?!{_URL64})",
        exact=False,
        shown=0,
    ),
    Kind(
        "vault-token",
        "a Vault token",
        _words("hvs.", "hvb."),
        rf"(?<![\w.])hv[sb]\.{_URL64}{{90,}}",
    ),
    Kind(
        "jwt",
        "a JSON Web Token",
        _words("eyJ"),
        rf"(?<!{_URL64})eyJ{_URL64}{{10,}}\.eyJ{_URL64}{{10,}}\.{_URL64}{{20,}}",
        exact=False,
        judge=judging.is_a_jwt,
        shown=0,
    ),
    Kind(
        "url-password",
        "a URL with a password",
        _words("://"),
        r"(?<![\w+.-])[a-zA-Z][a-zA-Z0-9+.-]{1,30}://"
        r"(?P<secret>[^\s:/?#@\"'<>`\[\](){}]{0,80}:[^\s/?#@\"'<>`]{3,120}@"
        r"[A-Za-z0-9_.-]+)",
        exact=False,
        judge=judging.is_a_url_login,
        shown=0,
    ),
    Kind(
        "netrc-password",
        "a password as in .netrc",
        _words("machine", "default"),
        r"(?:\bmachine\s+\S+|\bdefault)\s+login\s+\S+\s+(?:account\s+\S+\s+)?"
        r"password\s+(?P<secret>\S+)",
        exact=False,
        judge=judging.is_a_value,
        shown=0,
    ),
)
