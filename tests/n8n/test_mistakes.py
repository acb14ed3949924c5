"""Seeded mistakes in the built packages: a scenario of the matrix notices each, in n8n's own engine."""

import shutil
from pathlib import Path

import pytest
from support.matrix.adapter import Refused
from support.matrix.apps import MatrixApps
from support.matrix.n8n import n8n
from support.matrix.scenarios import SCENARIOS
from support.mistakes.n8n import MISTAKES
from support.mistakes.seeding import Mistake
from support.n8n import BUILT

PLAYS = {one.name: one for one in SCENARIOS}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.name.replace(" ", "_"))
def test_mistake_in_a_package_is_noticed(apps: MatrixApps, tmp_path: Path, mistake: Mistake) -> None:
    folder = tmp_path / mistake.vendor
    shutil.copytree(BUILT / mistake.vendor, folder, symlinks=True)
    mistake.damage(folder)
    shops = apps.shops(mistake.vendor)
    shops.proxy.clear()
    shops.busy = None
    with n8n(mistake.vendor, shops.proxy.url, folder) as connect:
        app = connect(shops.open())
        with pytest.raises((AssertionError, Refused, pytest.fail.Exception)):
            PLAYS[mistake.noticed_by].play(app, app.shop)
    shops.busy = None
    shops.proxy.broken.clear()
