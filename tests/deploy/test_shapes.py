import pytest

from tests.deploy.shapes import strange

SHAPE = {
    "name": str,
    "ports": [(int, str)],
    "how": {"often": int, "state": {"on", "off"}},
    "env": {"*": str},
}
GOOD = {"name": "x", "ports": [80, "443"], "how": {"often": 1, "state": "on"}, "env": {"A": "b"}}


def test_what_fits_is_not_strange() -> None:
    assert strange(GOOD, SHAPE) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"nmae": "x"}, "nmae is not known"),
        ({"name": 1}, "name must be str"),
        ({"ports": "80"}, "ports must be a list"),
        ({"ports": [1.5]}, "ports[0] must be int"),
        ({"how": {"often": True}}, "how.often must be int"),
        ({"how": {"state": "maybe"}}, "how.state must be one of ['off', 'on']"),
        ({"how": "often"}, "how must be a mapping"),
        ({"env": {"A": None}}, "env.A must be str"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], sentence: str) -> None:
    assert strange({**GOOD, **change}, SHAPE) == [sentence]
