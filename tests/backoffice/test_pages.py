"""Every page of the back office opens, for lists, forms and the one who may not see them."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from bodega.backoffice.navigation import MENU
from bodega.catalog.models import Variant
from bodega.customers.models import User
from bodega.orders.models import Order

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_every_list_opens(office: Client, order: Order) -> None:
    assert len(admin.site._registry) > 20
    for model in admin.site._registry:
        answer = office.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"),
            follow=True,
        )
        assert answer.status_code == 200, model


def test_every_add_form_opens_or_is_forbidden(office: Client) -> None:
    seen = set()
    for model in admin.site._registry:
        answer = office.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"))
        assert answer.status_code in (200, 403), model
        seen.add(answer.status_code)
    assert seen == {200, 403}


def test_every_list_can_be_searched(office: Client, order: Order) -> None:
    for model, model_admin in admin.site._registry.items():
        if model_admin.search_fields:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            assert office.get(url, {"q": "ö'\"%"}).status_code == 200, model


def test_the_menu_leads_somewhere(office: Client) -> None:
    for entries in MENU.values():
        for _, _, page in entries:
            url = f"/backoffice/{page.replace('_', '/', 1)}/"
            assert office.get(url, follow=True).status_code == 200, url


def test_the_menu_shows_only_what_one_may_see(client: Client, db: None) -> None:
    client.force_login(
        User.objects.create_user("packer@example.com", "a long enough one", is_staff=True)
    )
    page = client.get("/backoffice/").content.decode()
    assert "/backoffice/orders/order/" not in page


def test_strangers_are_sent_to_the_login(client: Client, order: Order) -> None:
    answer = client.get(f"/backoffice/orders/order/{order.pk}/change/")
    assert answer.status_code == 302
    assert "/backoffice/login/" in answer["Location"]


def test_a_product_with_its_variants_opens(office: Client, variant: Variant) -> None:
    page = office.get(f"/backoffice/catalog/product/{variant.product_id}/change/").content.decode()
    assert "DAWN-A3" in page
    assert "29.50" in page  # not 2950: people type money, not minor units
