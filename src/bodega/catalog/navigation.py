"""The category tree, in one query: the menu, the way up (breadcrumbs), the way down (listings)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from bodega.catalog.models import Category
from bodega.databases.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Node:
    """A category as pages show it."""

    pk: int
    parent_id: int | None
    name: str
    slug: str
    description: str
    seo_title: str
    seo_description: str

    def get_absolute_url(self) -> str:
        return f"/c/{self.slug}/"


@dataclass(frozen=True, slots=True)
class Branch:
    """A top category and what is directly below it."""

    category: Node
    children: tuple[Node, ...] = ()


class Tree:
    """All categories of the shop, as they hang together. Never changed: pages share it."""

    def __init__(self, categories: Iterable[Node]) -> None:
        self.by_id = {category.pk: category for category in categories}
        below: dict[int | None, list[Node]] = defaultdict(list)
        for category in self.by_id.values():
            below[category.parent_id].append(category)
        self.below = {pk: tuple(children) for pk, children in below.items()}

    @classmethod
    def load(cls) -> "Tree":
        """Read the tree: one query, in the merchant's order. Equal rows are the same tree."""
        return _tree(tuple(CATEGORIES.rows()))

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The two upper levels, for menus."""
        return tuple(Branch(top, self.children(top)) for top in self.below.get(None, ()))

    def find(self, slug: str) -> Node | None:
        """The category with this slug."""
        return next((found for found in self.by_id.values() if found.slug == slug), None)

    def children(self, category: Node) -> tuple[Node, ...]:
        """What is directly below."""
        return self.below.get(category.pk, ())

    def path(self, category_id: int | None) -> list[Node]:
        """From the top down to the category itself. A circle in the data ends where it closes."""
        found: list[Node] = []
        current = self.by_id.get(category_id or 0)
        while current and current not in found:
            found.insert(0, current)
            current = self.by_id.get(current.parent_id or 0)
        return found

    def ids_below(self, category: Node) -> list[int]:
        """The category and all of its descendants."""
        found, waiting = [], [category.pk]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.append(current)
                waiting.extend(child.pk for child in self.below.get(current, ()))
        return found


def top_categories() -> tuple[Branch, ...]:
    """The menu: top categories with what is directly below them, in one query."""
    return Tree.load().branches


CATEGORIES = Prepared(
    lambda: Category.objects.order_by("position", "name", "pk").values_list(*Node.__slots__)
)


@lru_cache(maxsize=2)
def _tree(rows: tuple[tuple[Any, ...], ...]) -> Tree:
    return Tree(Node(*row) for row in rows)
