import pytest

from fakestripe.addresses import is_absolute


@pytest.mark.parametrize(
    "url", ["https://shop.test", "http://127.0.0.1:8000/hook?a=1", "http://[::1]/"]
)
def test_an_address_that_can_be_visited_is_taken(url: str) -> None:
    assert is_absolute(url)


@pytest.mark.parametrize(
    "url",
    ["", "shop.test", "/thanks", "https://", "ftp://shop.test", "javascript:alert(1)", "http://[",
     "http://shop.test:99999", "http://shop.test:0"],
)  # fmt: skip
def test_one_that_cannot_is_not(url: str) -> None:
    assert not is_absolute(url)
