"""Mails as files, one per message."""

import email
from email.message import EmailMessage as ParsedMessage
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection

from bodega.orders.postbox import FolderBackend, file_name


def mail(message_id: str, body: str = "Hello") -> EmailMessage:
    return EmailMessage(
        "Hi", body, "a@example.com", ["b@example.com"], headers={"Message-ID": message_id}
    )


def test_a_message_becomes_a_file_that_mail_programs_open(tmp_path: Path) -> None:
    backend = FolderBackend(file_path=str(tmp_path / "new"))
    assert backend.send_messages([mail("<1@shop>", "Grüße")]) == 1
    (path,) = (tmp_path / "new").iterdir()
    assert path.suffix == ".eml"
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, ParsedMessage)
    assert parsed["Message-ID"] == "<1@shop>"
    assert parsed.get_content().strip() == "Grüße"


def test_the_same_message_replaces_itself_and_another_does_not(tmp_path: Path) -> None:
    backend = FolderBackend(file_path=str(tmp_path))
    backend.send_messages([mail("<1@shop>"), mail("<1@shop>", "again"), mail("<2@shop>")])
    assert len(list(tmp_path.iterdir())) == 2
    assert "again" in (tmp_path / file_name("<1@shop>")).read_text()


@pytest.mark.parametrize("message_id", ["<../../etc/x@y>", "<a/b@c>", "<" + "x" * 300 + "@y>", ""])
def test_no_message_id_leads_out_of_the_folder(message_id: str) -> None:
    name = file_name(message_id)
    assert "/" not in name
    assert not name.startswith("..") or name.endswith(".eml")
    assert len(name) < 100


def test_ids_that_look_alike_get_different_files() -> None:
    assert file_name("<a/b@c>") != file_name("<a-b@c>")


def test_django_finds_it_by_its_setting(tmp_path: Path) -> None:
    found = get_connection("bodega.orders.postbox.FolderBackend", file_path=str(tmp_path))
    assert isinstance(found, FolderBackend)
