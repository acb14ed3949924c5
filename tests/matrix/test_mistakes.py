"""Seeded mistakes in apps and connector: a scenario of the matrix or a lint check notices each."""

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from support.make.shop import APPS as MAKE_APPS
from support.matrix.adapter import Connect, Refused
from support.matrix.apps import MatrixApps
from support.matrix.make import make
from support.matrix.python import python
from support.matrix.scenarios import SCENARIOS
from support.matrix.zapier import zapier
from support.mistakes.make import MISTAKES as IN_MAKE
from support.mistakes.python import SLIPS
from support.mistakes.seeding import Mistake, Slip, copied
from support.mistakes.zapier import MISTAKES as IN_ZAPIER
from support.zapier import APPS as ZAPIER_APPS

from connector.generator.make.lint import lint as lint_make
from connector.generator.zapier.lint import lint as lint_zapier

PLAYS = {one.name: one for one in SCENARIOS}
MISTAKES = (*IN_ZAPIER, *IN_MAKE)
APPS = {"zapier": ZAPIER_APPS, "make": MAKE_APPS}
RUN = {"zapier": zapier, "make": make}
LINT = {"zapier": lint_zapier, "make": lint_make}


def named(one: Mistake | Slip) -> str:
    return one.name.replace(" ", "_")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one.app}-{named(one)}")
def test_mistake_in_an_app_is_noticed(apps: MatrixApps, tmp_path: Path, mistake: Mistake) -> None:
    folder = copied(APPS[mistake.app] / mistake.vendor, tmp_path)
    mistake.damage(folder)
    if mistake.noticed_by in PLAYS:
        url = apps.shops(mistake.vendor).proxy.url
        fails_scenario(apps, mistake, RUN[mistake.app](mistake.vendor, url, folder))
    else:
        assert mistake.noticed_by in {one.check for one in LINT[mistake.app](folder)}


@pytest.mark.parametrize("slip", SLIPS, ids=named)
def test_mistake_in_the_connector_is_noticed(
    apps: MatrixApps, monkeypatch: pytest.MonkeyPatch, slip: Slip
) -> None:
    slip.patch(monkeypatch)
    shops = apps.shops(slip.vendor)
    fails_scenario(apps, slip, python(slip.vendor, shops.proxy.url, slip.alter(shops.offer)))


def fails_scenario(
    apps: MatrixApps, mistake: Mistake | Slip, runtime: AbstractContextManager[Connect]
) -> None:
    """Fail unless the scenario fails; without the mistake it passes, as its cell in the matrix shows."""
    shops = apps.shops(mistake.vendor)
    shops.proxy.clear()
    shops.busy = None
    with runtime as connect:
        app = connect(shops.open())
        with pytest.raises((AssertionError, Refused, pytest.fail.Exception)):
            PLAYS[mistake.noticed_by].play(app, app.shop)
    shops.busy = None
    shops.proxy.broken.clear()
