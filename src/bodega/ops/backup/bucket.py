"""Backups in a bucket: Amazon S3, or any store that speaks its language.

Credentials, region and the address of another store (`AWS_ENDPOINT_URL`) are boto3's own business, see
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html. A key appears only when
all of its bytes have arrived, so nothing half-written is ever seen.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from bodega.ops.backup.stores import Missing, StoreError

AT_ONCE = 1000  # keys that one request may delete


class Bucket:
    """A `Store` below a prefix of a bucket."""

    def __init__(self, name: str, prefix: str = "") -> None:
        if not name:
            raise StoreError("'s3://' needs a bucket: s3://bucket/prefix.")
        self.name = name
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def where(self) -> str:
        return f"s3://{self.name}/{self._prefix}".rstrip("/")

    def keys(self, prefix: str) -> list[str]:
        with self._understood():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=self._prefix + prefix
            )
            found = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in found)

    def put(self, key: str, source: Path) -> None:
        with self._understood():
            self._client.upload_file(str(source), self.name, self._prefix + key)

    def get(self, key: str, target: Path) -> None:
        with self._understood():
            self._client.download_file(self.name, self._prefix + key, str(target))

    def delete(self, keys: Iterable[str]) -> None:
        remaining = iter(keys)
        with self._understood():
            while batch := list(islice(remaining, AT_ONCE)):
                objects = [{"Key": self._prefix + key} for key in batch]
                told = self._client.delete_objects(Bucket=self.name, Delete={"Objects": objects})
                for refused in told.get("Errors", ()):
                    raise StoreError(
                        f"{self.where}: {refused['Key']} cannot be deleted: {refused['Message']}."
                    )

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3
        except ImportError as error:
            raise StoreError(
                "Backups into a bucket need boto3. Install it: pip install 'bodega[s3]'"
            ) from error
        return boto3.client("s3")

    @contextmanager
    def _understood(self) -> Iterator[None]:
        _ = self._client  # first: says what to install
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._translated(error) from error
        except (BotoCoreError, Boto3Error) as error:
            raise StoreError(f"{self.where} cannot be used: {error}") from error

    def _translated(self, error: Any) -> StoreError:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"404", "NoSuchKey"}:
            return Missing(f"{self.where} has no such file ({error.operation_name}).")
        hint = {
            "NoSuchBucket": "Create the bucket first, or correct its name.",
            "AccessDenied": "The key pair may not do this: it needs to list, read, write and delete.",
            "403": "The key pair may not do this: it needs to list, read, write and delete.",
            "InvalidAccessKeyId": "Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            "SignatureDoesNotMatch": "Look at AWS_SECRET_ACCESS_KEY.",
        }.get(code, "Is the store up, and AWS_ENDPOINT_URL right?")
        return StoreError(f"{self.where} said no: {error}. {hint}")
