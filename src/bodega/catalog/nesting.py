"""Rows of a child table as one column of the parent's query: a product with its pictures in one query.

`prefetch_related` needs a query per table and a page of the catalogue may do six in all. The only
expression here that databases spell differently; the Postgres spelling stands beside SQLite's.
"""

from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class Nested(Subquery):
    """`Nested(Image.objects.filter(product=OuterRef("pk")), alt="alt")` → `[{"alt": …}, …]`.

    Rows come in the order of the queryset. Columns that hold JSON come as text on SQLite: see `parsed`.
    """

    template = "(SELECT JSON_GROUP_ARRAY(JSON(nested.row)) FROM (%(subquery)s) nested)"
    postgres = "(SELECT COALESCE(JSONB_AGG(nested.row), '[]') FROM (%(subquery)s) nested)"

    def __init__(self, rows: QuerySet[Any], **columns: Any) -> None:
        super().__init__(rows.values(row=JSONObject(**columns)), output_field=JSONField())

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.postgres)
