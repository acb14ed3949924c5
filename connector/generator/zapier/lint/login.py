"""Lint checks for authentication in Zapier apps: login fields, connection labels and secure URLs."""

import re
from collections.abc import Iterator

from connector.generator.zapier.lint.app import App, sources

CREDENTIAL = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)
LINK = re.compile(r"\[[^\]]+\]\(https://[^)/\s]+/[^)\s]+\)")
"""Matches a Markdown link to a page other than a site's start page, which does not explain credentials."""
OPEN_HOST = re.compile(r"https?://[^/'\"`\s]*(?:\$\{|\{\{)[^'\"`\s]*")


def d001_credentials_belong_to_the_login(app: App) -> Iterator[str]:
    """Check that no step has an input for credentials, which users must enter in login fields instead."""
    for path, field in app.inputs():
        if field.get("type") == "password" or CREDENTIAL.search(field["key"]):
            yield f"{path} asks for a credential. Move it to the login."


def d002_credentials_come_with_a_link(app: App) -> Iterator[str]:
    """Check that each password field's help text links to a page that explains where to find the value."""
    for field in app.login_fields():
        if field.get("type") == "password" and not LINK.search(field.get("helpText", "")):
            yield f"The help of the login's {field['key']} has no link to a page. Link to where it is found."


def d003_connection_label_names_the_account(app: App) -> Iterator[str]:
    """Check that the connection label contains a value from the account, such as its name, but no secret."""
    label = app.definition.get("authentication", {}).get("connectionLabel", "")
    secret = {one["key"] for one in app.login_fields() if one.get("type") == "password"}
    if "{{" not in label and not label.startswith("$func$"):
        yield f"The connection label {label!r} is the same for every account. Add a value of the account."
    for key in re.findall(r"{{\s*(?:bundle\.authData\.)?(\w+)\s*}}", label):
        if key in secret:
            yield f"The connection label shows the secret {key}. Remove it."


def d007_addresses_are_https(app: App) -> Iterator[str]:
    """Check that the app's code contains no URL that begins with `http://`."""
    for path, text in sources(app):
        for address in re.findall(r"http://[^\s'\"`)]*", text):
            yield f"{path} contains the address {address}. Use https."


def d026_hosts_are_not_typed_in(app: App) -> Iterator[str]:
    """Check that no host name is built from user input.

    Otherwise, a user could make the app send the credentials to any server.
    """
    for path, text in sources(app):
        for address in OPEN_HOST.findall(text):
            yield f"{path} builds a host from user input, {address}. Let users choose from fixed addresses."
    for field in app.login_fields():
        if "://" in field.get("inputFormat", "") and "choices" not in field:
            yield (
                f"The login's {field['key']} goes unchecked into the address {field['inputFormat']}. "
                "Add choices."
            )


def h001_secrets_are_masked(app: App) -> Iterator[str]:
    """Check that login fields for credentials have the type `password`, so that Zapier hides their values."""
    for field in app.login_fields():
        is_visible = field.get("type") != "password" or field.get("isNoSecret")
        if CREDENTIAL.search(field["key"]) and is_visible:
            yield f"The login's {field['key']} is visible while it is typed. Give it the type password."
