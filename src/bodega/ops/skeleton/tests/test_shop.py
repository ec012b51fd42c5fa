"""Does the shop still stand with what is ours? `bin/test` asks, on a volume that is thrown away."""

import re
import unittest
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent


def setUpModule() -> None:
    """Django with this folder's settings and a scratch volume with the tables of Bodega."""
    from bodega import testing  # noqa: F401 - first: the scratch volume, and nothing of the real one
    from bodega.lib.folder import enter

    enter(str(FOLDER))
    import os

    import django
    from django.core.management import call_command

    os.environ["DJANGO_SETTINGS_MODULE"] = "bodega.settings"
    django.setup()
    for alias in ("default", "queue"):
        call_command("migrate", database=alias, verbosity=0)


class Shop(unittest.TestCase):
    """Tests of your own go here, or into files beside this one."""

    def get(self, path: str) -> Any:
        from django.test import Client

        return Client().get(path)

    def test_the_front_page_wears_our_theme(self) -> None:
        page = self.get("/")
        assert page.status_code == 200
        assert re.search(r'href="/static/theme[^"]*\.css"', page.content.decode())

    def test_every_template_of_ours_compiles(self) -> None:
        from django.template.loader import get_template

        for path in sorted((FOLDER / "templates").rglob("*.*")):
            name = str(path.relative_to(FOLDER / "templates"))
            with self.subTest(name):
                found: Any = get_template(name)
                assert Path(found.origin.name) == path

    def test_what_our_styles_set_is_something_the_shop_knows(self) -> None:
        from django.contrib.staticfiles import finders

        theirs = Path(str(finders.find("bodega.css"))).read_text()
        known = set(re.findall(r"(--[\w-]+):", theirs))
        ours = set(re.findall(r"^\s*(--[\w-]+):", (FOLDER / "static/theme.css").read_text(), re.M))
        assert ours - known == set()


if __name__ == "__main__":
    unittest.main()
