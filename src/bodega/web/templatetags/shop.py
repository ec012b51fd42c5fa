"""Template filters of the shop; built in, no `{% load %}` needed."""

from django import template

from bodega.lib.money import Money

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """`{{ 1250|money:"EUR" }}` → €12.50"""
    return str(Money(amount, currency))
