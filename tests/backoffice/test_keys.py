"""API keys in the back office."""

import re

import pytest
from django.test import Client

from bodega.customers import keys
from bodega.customers.models import ApiKey, User
from bodega.lib.clock import utc_now

pytestmark = pytest.mark.django_db
ADD = "/backoffice/customers/apikey/add/"
LIST = "/backoffice/customers/apikey/"


def test_a_key_is_shown_once_and_works(office: Client) -> None:
    answer = office.post(ADD, {"name": "warehouse", "may_write": "on"})
    secret = re.search(r"bdg_[\w-]{40,}", answer.content.decode())
    assert secret
    assert "no-store" in answer["Cache-Control"]
    key = keys.find(secret.group(), now=utc_now())
    assert key is not None
    assert (key.name, key.may_write, key.created_by) == ("warehouse", True, "owner@example.com")
    page = office.get(LIST).content.decode()
    assert key.prefix in page
    assert secret.group() not in page


def test_a_key_needs_a_name(office: Client) -> None:
    assert "This field is required" in office.post(ADD, {"name": ""}).content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_in_the_list(office: Client) -> None:
    key, secret = keys.make("warehouse", may_write=True, actor="ada", now=utc_now())
    office.post(LIST, {"action": "revoke", "_selected_action": [str(key.pk)]})
    assert keys.find(secret, now=utc_now()) is None


def test_who_may_not_make_keys_cannot(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("packer@example.com", "long enough", is_staff=True))
    assert client.post(ADD, {"name": "warehouse"}).status_code == 403
    assert not ApiKey.objects.exists()
