import pytest
import stripe
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import untyped


def make(client: StripeClient, count: int) -> list[str]:
    return [client.v1.customers.create({"email": f"{n % 2}@example.com"}).id for n in range(count)]


def test_a_list_is_newest_first_and_ten_long(client: StripeClient) -> None:
    made = make(client, 12)
    page = client.v1.customers.list()
    assert [customer.id for customer in page.data] == made[:1:-1]
    assert page.has_more
    assert page.url == "/v1/customers"


def test_the_sdk_walks_through_all_pages_both_ways(client: StripeClient) -> None:
    made = make(client, 7)
    forwards = client.v1.customers.list({"limit": 3}).auto_paging_iter()
    assert [customer.id for customer in forwards] == made[::-1]
    older = client.v1.customers.list({"limit": 2, "ending_before": made[0]})
    assert [customer.id for customer in older.data] == [made[2], made[1]]
    assert older.has_more
    assert sorted(one.id for one in older.auto_paging_iter()) == sorted(made[1:])


def test_the_last_page_knows_that_it_is(client: StripeClient) -> None:
    make(client, 3)
    assert not client.v1.customers.list({"limit": 3}).has_more
    assert client.v1.customers.list({"limit": 2}).has_more


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_is_one_to_a_hundred(client: StripeClient, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.customers.list({"limit": limit})
    assert caught.value.param == "limit"


def test_a_cursor_must_exist_and_there_is_one_at_most(client: StripeClient) -> None:
    (made,) = make(client, 1)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.list({"starting_after": "cus_none"})
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        client.v1.customers.list({"starting_after": made, "ending_before": made})


def test_filters_narrow_a_list(client: StripeClient) -> None:
    made = make(client, 4)
    found = client.v1.customers.list({"email": "1@example.com"})
    assert [customer.id for customer in found.data] == [made[3], made[1]]


def test_created_is_a_moment_or_a_range(client: StripeClient, fake: Handle) -> None:
    (early,) = make(client, 1)
    fake.advance(100)
    (late,) = make(client, 1)
    then = client.v1.customers.retrieve(early).created

    def found(created: object) -> list[str]:
        page = client.v1.customers.list(untyped(created=created))
        return [customer.id for customer in page.data]

    assert found({"gte": then}) == [late, early]
    assert found({"gt": then}) == [late]
    assert found({"lte": then + 50}) == [early]
    assert found({"gte": then, "lt": then}) == []
    assert found(then) == [early]
