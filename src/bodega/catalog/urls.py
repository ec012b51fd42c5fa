"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from bodega.catalog import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("c/<slug:slug>/", views.category, name="category"),
    path("collections/<slug:slug>/", views.collection, name="collection"),
    path("p/<slug:slug>/", views.product, name="product"),
    path("search/", views.find, name="search"),
    path("search/suggestions/", views.suggestions, name="suggestions"),
    path("sitemap.xml", views.site_map, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
]
