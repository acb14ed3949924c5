"""The tables of the hub's database are created, migrated with their data, and refused if they are newer."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from support.each import each
from support.hub import TARGET, hub_at, merchant_of
from support.postgres import Postgres

from connector.errors import ConfigurationError
from connector.hub import migrations, tables
from connector.hub.migrations.procrastinate_tables import SETTING, install_or_upgrade
from connector.hub.store import Store

pytestmark = pytest.mark.anyio
NOT_OURS = ("procrastinate_", "alembic_version")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hub.sqlite3'}"
    made: str = request.getfixturevalue("postgres").new_database()
    return made


def differences(connection: sa.Connection) -> list[object]:
    ours = {"include_name": lambda name, _kind, _parents: not str(name).startswith(NOT_OURS)}
    found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=ours), tables.metadata)
    return found


def test_the_revisions_create_the_tables_of_the_program(url: str) -> None:
    with Store(url) as store, store.engine.begin() as connection:
        assert differences(connection) == []
        for table in each(tables.metadata.sorted_tables):
            assert sa.inspect(connection).has_table(table.name)
        # The comparison sees what is missing.
        connection.execute(sa.text("drop table calls"))
        assert differences(connection) != []


def test_a_database_is_opened_again_without_a_change(url: str) -> None:
    with Store(url) as store, store.engine.begin() as connection:
        connection.execute(sa.insert(tables.settings).values(name="kept", value="as it was"))
    with Store(url) as store, store.engine.begin() as connection:
        kept = sa.select(tables.settings.c.value).where(tables.settings.c.name == "kept")
        assert connection.execute(kept).scalar_one() == "as it was"


def make_old(connection: sa.Connection) -> None:
    """Change the tables to those of the first version, before Alembic was used; keep the rows."""
    for table in ("hooks", "hints", "circuits", "alarms"):
        connection.execute(sa.text(f"drop table {table}"))
    for table in ("lists", "pending", "deliveries"):
        connection.execute(sa.text(f"drop index {table}_of_a_lease"))
        connection.execute(sa.text(f"alter table {table} drop column lease"))
    for index in ("events_of_a_time", "events_of_a_connection", "deliveries_of_an_event"):
        connection.execute(sa.text(f"drop index {index}"))
    connection.execute(sa.text("drop table alembic_version"))
    version = sa.update(tables.settings).where(tables.settings.c.name == "version")
    connection.execute(version.values(value="1"))


async def test_an_older_database_is_migrated_with_its_data(url: str, tmp_path: Path) -> None:
    with merchant_of("returngo") as merchant:
        async with hub_at(merchant, tmp_path, database=url) as bench:
            connection = await bench.connect()
            subscription = await bench.subscribe("return_created")
            await bench.round()
            first = merchant.ask_for_return()
            await bench.round(3_600)
            assert bench.targets.received[0].body["data"]["id"] == first
            await bench.hub.store.run(make_old)
            key = bench.api.headers["authorization"]
        second = merchant.ask_for_return()
        merchant.advance(3_600)
        async with hub_at(merchant, tmp_path, database=url) as bench:
            assert bench.api.headers["authorization"] == key
            assert differences_of(bench.hub.store) == []
            await bench.round()
            [received] = bench.targets.received
            assert received.url == TARGET
            assert received.verified(subscription["secret"])["data"]["id"] == second
            shown = await bench.get(f"/connections/{connection['id']}")
            assert (shown["name"], shown["lists"][0]["problem"]) == ("shop", None)
            assert len((await bench.get("/events"))["events"]) == 2


def differences_of(store: Store) -> list[object]:
    with store.engine.begin() as connection:
        return differences(connection)


@pytest.mark.parametrize("stored_by", ["alembic", "a program from before Alembic"])
def test_a_newer_database_is_refused(url: str, stored_by: str) -> None:
    with Store(url) as store, store.engine.begin() as connection:
        if stored_by == "alembic":
            connection.execute(sa.text("update alembic_version set version_num = '9999'"))
        else:
            connection.execute(sa.text("drop table alembic_version"))
            connection.execute(sa.update(tables.settings).values(value="9999"))
    newest = r"has tables of version 9999, but this program supports versions up to \d{4}\. Start the version"
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=newest):
            Store(url)


def test_a_program_from_before_alembic_refuses_a_migrated_database(url: str) -> None:
    with Store(url) as store, store.engine.begin() as connection:
        version = sa.select(tables.settings.c.value).where(tables.settings.c.name == "version")
        assert connection.execute(version).scalar_one() != migrations.BEFORE_ALEMBIC


def test_a_migration_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stamp_and_fail(context: MigrationContext, scripts: ScriptDirectory, revision: str) -> None:
        stamp(context, scripts, revision)
        raise sa.exc.OperationalError("upgrade", {}, RuntimeError("the disk is full"))

    stamp = MigrationContext.stamp
    with monkeypatch.context() as patched:
        patched.setattr(MigrationContext, "stamp", stamp_and_fail)
        with pytest.raises(ConfigurationError, match="cannot be used: the disk is full"):
            Store(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    Store(url).close()


def test_processes_that_start_at_once_migrate_once(postgres: Postgres) -> None:
    url = postgres.new_database()
    with ThreadPoolExecutor(4) as threads:
        for store in each(list(threads.map(lambda _: Store(url), range(4)))):
            store.close()


def test_an_older_queue_is_upgraded_with_its_package(postgres: Postgres) -> None:
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    split = next(index for index, file in enumerate(files) if "retry_failed_job" in file.name)
    engine = sa.create_engine(postgres.new_database())
    with engine.begin() as connection:
        tables.settings.create(connection)
        connection.execute(sa.insert(tables.settings).values(name=SETTING, value=files[split - 1].name))
    for file in each(files[:split]):
        with engine.begin() as connection:
            connection.connection.driver_connection.execute(file.read_text("utf-8"))  # type: ignore[union-attr]
    newest = sa.text("select count(*) from pg_proc where proname = 'procrastinate_retry_job_v2'")
    applied = sa.select(tables.settings.c.value).where(tables.settings.c.name == SETTING)
    found = []
    for _ in range(2):
        with engine.begin() as connection:
            found.append((connection.execute(newest).scalar_one(), connection.execute(applied).scalar_one()))
        install_or_upgrade(engine)
    assert found == [(0, files[split - 1].name), (1, files[-1].name)]
    engine.dispose()
