"""What is searched for: credentials whose form their issuers have written down, and assignments.

Sources: GitHub's "About authentication to GitHub", GitLab's "Token overview", Slack's "Token
types", AWS's "Understanding unique ID prefixes", PyPI's and npm's pages on tokens, Google's "Create
and manage service account keys", Microsoft's "Shared access signature", RFC 7468 (PEM), RFC 7519
(JWT), RFC 3986 section 3.2.1 (userinfo), and the pages of the other issuers named below.
"""

from __future__ import annotations

from lading.building.secrets import judging, model_services
from lading.building.secrets.kind import BASE64, URL64, Kind, words

# A line break as it is, or as JSON and source code write it; between, quotation marks and a plus.
_BREAK = r"(?:\s|\\{1,4}[rn]|[\"',+])"
# "PRIVATE KEY" in base64, by its place in the three bytes that four characters are.
_PACKED = "(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)"

KINDS: tuple[Kind, ...] = (
    Kind(
        "private-key",
        "a private key",
        words("PRIVATE KEY"),
        rf"-----BEGIN (?:[A-Z0-9]+ ){{0,2}}PRIVATE KEY(?: BLOCK)?-----{_BREAK}+"
        rf"(?:[A-Za-z-]+: [^\n\\]{{1,80}}{_BREAK}+){{0,4}}(?P<secret>{BASE64}{{24,}})",
        shown=0,
    ),
    Kind(
        "putty-key",
        "a private key of PuTTY",
        words("Private-Lines:"),
        rf"PuTTY-User-Key-File-[23]:[^\0]{{1,2000}}?Private-Lines: [0-9]+\r?\n"
        rf"(?P<secret>{BASE64}{{24,}})",
        shown=0,
    ),
    Kind(
        "age-key",
        "a private key of age",
        words("AGE-SECRET-KEY-1"),
        r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        shown=0,
    ),
    Kind(
        "packed-private-key",
        "a private key in base64",
        words("LS0tLS1CRUdJTi"),
        rf"LS0tLS1CRUdJTi{BASE64}{{0,30}}{_PACKED}{BASE64}{{60,}}",
        shown=0,
    ),
    Kind(
        "aws-access-key",
        "an AWS access key",
        words("AKIA", "ASIA", "ABIA", "ACCA"),
        r"(?<![A-Za-z0-9/+=])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9/+=])",
    ),
    Kind(
        "aws-secret-key",
        "an AWS secret key",
        words("ecret", "ECRET"),
        rf"(?i:aws[\w.-]{{0,20}}secret[\w.-]{{0,20}}|secret_?access_?key)\\?[\"']?\s{{0,3}}[:=]"
        rf"\s{{0,3}}\\?[\"']?(?P<secret>{BASE64}{{40}})(?!{BASE64})",
        exact=False,
        shown=0,
    ),
    Kind(
        "azure-storage-key",
        "a key of Azure",
        words("AccountKey=", "SharedAccessKey="),
        rf"(?:Account|SharedAccess)Key=(?P<secret>{BASE64}{{86}}==|{BASE64}{{43}}=)",
        shown=0,
    ),
    Kind(
        "azure-signature",
        "a signed Azure URL",
        words("sig="),
        r"[?&;]sig=(?P<secret>[A-Za-z0-9%+/]{43,64}(?:%3[Dd]|=))",
        exact=False,
        shown=0,
    ),
    Kind(
        "azure-client-secret",
        "an Azure client secret",
        words("Q~"),
        r"(?<![\w~.-])[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}(?![\w~.-])",
        exact=False,
        shown=0,
    ),
    Kind(
        "google-api-key",
        "a Google API key",
        words("AIza"),
        rf"(?<!{URL64})AIza{URL64}{{35}}(?!{URL64})",
    ),
    Kind(
        "google-oauth",
        "a Google OAuth secret",
        words("GOCSPX-", '"1//', "ya29."),
        rf"GOCSPX-{URL64}{{28}}|(?<=\")1//{URL64}{{40,}}|(?<![\w.])ya29\.{URL64}{{60,}}",
        exact=False,
    ),
    Kind(
        "github-token",
        "a GitHub token",
        words("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{59})(?!\w)",
    ),
    Kind(
        "gitlab-token",
        "a GitLab token",
        words("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "gloas-", "glft-", "glagent-"),
        r"(?<![\w-])gl(?:pat|dt|rt|ptt|cbt|oas|ft|agent)-(?P<tail>[\w.-]{20,})",
    ),
    Kind(
        "slack-token",
        "a Slack token",
        words("xoxa-", "xoxb-", "xoxc-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"),
        r"(?<![\w-])(?:xox[abceoprs]-(?:[0-9]+-)+[0-9A-Za-z-]{20,}"
        r"|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[0-9a-f]{32,})",
    ),
    Kind(
        "slack-webhook",
        "a Slack webhook",
        words("hooks.slack.com/"),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/\w{8,}/\w{8,}/(?P<secret>\w{20,})",
        shown=0,
    ),
    *model_services.KINDS,
    Kind(
        "pypi-token",
        "a PyPI token",
        words("pypi-AgE"),
        rf"(?<!{URL64})pypi-AgE{URL64}{{50,}}",
        shown=5,
    ),
    Kind("npm-token", "an npm token", words("npm_"), r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"),
    Kind(
        "npm-login",
        "an npm login",
        words("_authToken", "_password", "_auth"),
        r"(?m)^[^\s=#;]*:?_(?:authToken|password|auth)\s{0,3}=\s{0,3}(?P<secret>[^\s$]{8,})\s*$",
        exact=False,
        judge=judging.is_a_value,
        shown=0,
    ),
    Kind(
        "docker-login",
        "a login to a registry",
        words('"auth"', "dckr_"),
        rf"\"auth\"\s*:\s*\"(?P<secret>{BASE64}{{8,}}={{0,2}})\"|(?<!\w)dckr_[po]at_{URL64}{{27,}}",
        exact=False,
        judge=judging.is_a_login,
        shown=0,
    ),
    Kind(
        "digitalocean-token",
        "a DigitalOcean token",
        words("_v1_"),
        r"(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)",
    ),
    Kind(
        "stripe-key",
        "a Stripe key",
        words("k_live_"),
        r"(?<!\w)[sr]k_live_[0-9A-Za-z]{20,}(?!\w)",
        shown=8,
    ),
    Kind(
        "sendgrid-key",
        "a SendGrid key",
        words("SG."),
        rf"(?<![\w.])SG\.{URL64}{{22}}\.{URL64}{{43}}(?!{URL64})",
        shown=3,
    ),
    Kind(
        "telegram-token",
        "a token of a Telegram bot",
        words(":AA"),
        rf"(?<!\w)[0-9]{{8,10}}:(?P<secret>AA{URL64}{{33}})(?!{URL64})",
        exact=False,
        shown=0,
    ),
    Kind(
        "vault-token",
        "a Vault token",
        words("hvs.", "hvb."),
        rf"(?<![\w.])hv[sb]\.{URL64}{{90,}}",
    ),
    Kind(
        "jwt",
        "a JSON Web Token",
        words("eyJ"),
        rf"(?<!{URL64})eyJ{URL64}{{10,}}\.eyJ{URL64}{{10,}}\.{URL64}{{20,}}",
        exact=False,
        judge=judging.is_a_jwt,
        shown=0,
    ),
    Kind(
        "url-password",
        "a URL with a password",
        words("://"),
        r"(?<![\w+.-])[a-zA-Z][a-zA-Z0-9+.-]{1,30}://"
        r"(?P<secret>[^\s:/?#@\"'<>`\[\](){}]{0,80}:[^\s/?#@\"'<>`]{3,120}@"
        r"[A-Za-z0-9_.-]+)",
        exact=False,
        judge=judging.is_a_url_login,
        shown=0,
    ),
    Kind(
        "url-token",
        "a URL with a token",
        words("://"),
        r"https?://(?P<secret>[A-Za-z0-9_-]{20,}@[A-Za-z0-9_.-]+)",
        exact=False,
        judge=judging.is_a_url_token,
        shown=0,
    ),
    Kind(
        "request-login",
        "a login of a request",
        words("earer ", "asic "),
        r"(?i:authorization)\\?[\"']?\s{0,3}[:=,]\s{0,3}\\?[\"']?"
        r"(?:Bearer (?P<secret>[\w.~+/-]{20,}=*)|Basic (?P<login>[A-Za-z0-9+/]{8,}={0,2}))",
        exact=False,
        judge=judging.is_an_authorization,
        shown=0,
    ),
    Kind(
        "discord-webhook",
        "a webhook of Discord",
        words("/api/webhooks/"),
        rf"discord(?:app)?\.com/api/webhooks/[0-9]{{15,20}}/(?P<secret>{URL64}{{60,}})",
        shown=0,
    ),
    Kind(
        "mailgun-key",
        "a Mailgun key",
        words("key-"),
        r"(?<![\w-])key-[0-9a-f]{32}(?!\w)",
    ),
    Kind(
        "artifactory-key",
        "an Artifactory key",
        words("AKCp"),
        r"(?<![A-Za-z0-9+/])AKCp[A-Za-z0-9]{60,80}(?![A-Za-z0-9+/])",
    ),
    Kind(
        "square-token",
        "a Square token",
        words("sq0"),
        rf"(?<!\w)sq0(?:csp|atp)-{URL64}{{22,43}}(?!{URL64})",
    ),
    Kind(
        "netrc-password",
        "a password as in .netrc",
        words("machine", "default"),
        r"(?:\bmachine\s+\S+|\bdefault)\s+login\s+\S+\s+(?:account\s+\S+\s+)?"
        r"password\s+(?P<secret>\S+)",
        exact=False,
        judge=judging.is_a_value,
        shown=0,
    ),
)
