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


class ApiKey(models.Model):
    """A program's way in. Only a hash of its secret is kept: reading the database opens nothing."""

    name = models.CharField(max_length=80, help_text="What it is for: “warehouse”, “accounting”.")
    prefix = models.CharField(max_length=12, help_text="How its secret begins, to tell keys apart.")
    secret_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256, hexadecimal.")
    may_write = models.BooleanField(
        "may refund", default=False, help_text="Without it the key only reads."
    )
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
