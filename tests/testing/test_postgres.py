"""The PostgreSQL server that tests use."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from support.postgres import Postgres, installations, running_postgres


def test_each_database_is_new_and_empty(postgres: Postgres) -> None:
    tables = []
    for _ in range(2):
        engine = sa.create_engine(postgres.new_database())
        with engine.begin() as connection:
            tables.append(sa.inspect(connection).get_table_names())
            connection.exec_driver_sql("CREATE TABLE returns (id text)")
        engine.dispose()
    assert tables == [[], []]


def test_a_server_that_does_not_start_is_replaced_by_the_next(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "bin" / "initdb"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    with running_postgres([tmp_path / "broken", *installations()]) as server:
        assert "psycopg" in server.new_database()
        folder = server.sockets
    assert not folder.exists()


def test_without_a_server_the_error_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="No PostgreSQL starts on this machine"),
        running_postgres([tmp_path]),
    ):
        pass
