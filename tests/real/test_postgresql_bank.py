"""The change of an account, its history and its contacts, on PostgreSQL."""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from integrations.sandbox import Database, MasterData, put_on_file
from tests.books import ON_FILE
from tests.unit.test_bank_details import (
    CONTACT,
    test_a_change_whose_answer_is_lost_is_found_by_its_key,
    test_a_contact_is_never_forgotten_and_the_newest_counts,
    test_a_note_leaves_only_for_an_address_that_was_on_file_for_this_supplier,
    test_an_account_that_another_supplier_has_is_seen_however_it_is_written,
    test_of_changes_that_race_one_wins,
    test_the_account_is_replaced_once_and_the_old_one_kept,
    test_the_books_refuse_a_change_that_does_not_fit,
)

pytestmark = pytest.mark.real

__all__ = [
    "test_a_change_whose_answer_is_lost_is_found_by_its_key",
    "test_a_contact_is_never_forgotten_and_the_newest_counts",
    "test_a_note_leaves_only_for_an_address_that_was_on_file_for_this_supplier",
    "test_an_account_that_another_supplier_has_is_seen_however_it_is_written",
    "test_of_changes_that_race_one_wins",
    "test_the_account_is_replaced_once_and_the_old_one_kept",
    "test_the_books_refuse_a_change_that_does_not_fit",
]


@pytest.fixture
async def database(postgresql: str) -> AsyncGenerator[Database]:
    database = Database(postgresql)
    async with database.effect() as transaction:
        await transaction.execute(text("DROP SCHEMA public CASCADE"))
        await transaction.execute(text("CREATE SCHEMA public"))
    await database.prepare()
    await put_on_file(database, ON_FILE)
    await put_on_file(database, MasterData(contacts=(CONTACT,)))
    yield database
    await database.close()
