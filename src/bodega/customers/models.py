"""People. So far those who work here; customers buy as guests."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class PersonManager(UserManager["User"]):
    """People log in with their e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]  # no user name
        if not email:
            raise ValueError("a person needs an e-mail address")
        user = self.model(email=email.lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Whoever logs in may type the address in any case."""
        return self.get(email=(username or "").lower())

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":  # type: ignore[override]  # no user name
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person with a login."""

    username = None  # type: ignore[assignment]  # removed: the e-mail address is the name
    email = models.EmailField("e-mail address", unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[PersonManager] = PersonManager()

    def save(self, *args: Any, **options: Any) -> None:
        """An address is kept in lower case, so that it is one person's whatever its case."""
        self.email = self.email.lower()
        super().save(*args, **options)

    def __str__(self) -> str:
        return self.get_full_name() or self.email
