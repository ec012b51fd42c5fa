"""The category tree, in one query: the menu, the way up (breadcrumbs), the way down (listings)."""

from collections import defaultdict
from dataclasses import dataclass, field

from bodega.catalog.models import Category
from bodega.databases.prepared import Prepared

CATEGORIES = Prepared(lambda: Category.objects.order_by("position", "name", "pk"))


@dataclass(frozen=True)
class Branch:
    """A top category and what is directly below it."""

    category: Category
    children: list[Category] = field(default_factory=list)


class Tree:
    """All categories of the shop, as they hang together."""

    def __init__(self, categories: list[Category]) -> None:
        self.by_id = {category.pk: category for category in categories}
        self.below: dict[int | None, list[Category]] = defaultdict(list)
        for category in categories:
            self.below[category.parent_id].append(category)

    @classmethod
    def load(cls) -> "Tree":
        """Read the tree: one query, in the merchant's order."""
        return cls(CATEGORIES.rows())

    @property
    def branches(self) -> list[Branch]:
        """The two upper levels, for menus."""
        return [Branch(top, self.below[top.pk]) for top in self.below[None]]

    def find(self, slug: str) -> Category | None:
        """The category with this slug."""
        return next((found for found in self.by_id.values() if found.slug == slug), None)

    def children(self, category: Category) -> list[Category]:
        """What is directly below."""
        return self.below[category.pk]

    def path(self, category_id: int | None) -> list[Category]:
        """From the top down to the category itself. A circle in the data ends where it closes."""
        found: list[Category] = []
        current = self.by_id.get(category_id or 0)
        while current and current not in found:
            found.insert(0, current)
            current = self.by_id.get(current.parent_id or 0)
        return found

    def ids_below(self, category: Category) -> list[int]:
        """The category and all of its descendants."""
        found, waiting = [], [category.pk]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.append(current)
                waiting.extend(child.pk for child in self.below[current])
        return found


def top_categories() -> list[Branch]:
    """The menu: top categories with what is directly below them, in one query."""
    return Tree.load().branches
