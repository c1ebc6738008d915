"""Fixtures that every test may ask for, and CI's rule that a skipped test is a failed one."""

import os
from collections.abc import Generator

import pytest
from databases import (  # noqa: F401
    database_url,
    migrated_file,
    postgresql_server,
    postgresql_url,
    sqlite_url,
    store,
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where `CRM_BOT_NO_SKIPS` is set, as in `.ci/run`, a test that was skipped has failed."""
    report = yield
    if report.skipped and os.environ.get("CRM_BOT_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be skipped here: {report.longrepr}"
    return report
