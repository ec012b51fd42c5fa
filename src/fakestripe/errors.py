"""Errors in Stripe's own words and shape (docs.stripe.com/api/errors)."""

from fakestripe import Json


class ApiError(Exception):
    """An answer other than 200: the HTTP status and the `error` object of the body."""

    def __init__(self, status: int, error: Json) -> None:
        super().__init__(error["message"])
        self.status = status
        self.error = error
        # What was done before the refusal stays: a declined card is on record.
        self.stands = False

    def body(self) -> Json:
        return {"error": self.error}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """400: the request cannot be carried out as written."""
    error: Json = {"message": message, "type": "invalid_request_error"}
    if param is not None:
        error["param"] = param
    if code is not None:
        error["code"] = code
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    return ApiError(400, error)


def no_such(thing: str, object_id: str, param: str = "id") -> ApiError:
    """404 `resource_missing`; `thing` is Stripe's word for it, such as `checkout.session`."""
    error = invalid(f"No such {thing}: '{object_id}'", param, "resource_missing")
    error.status = 404
    return error


def unauthorized(message: str) -> ApiError:
    return ApiError(401, {"message": message, "type": "invalid_request_error"})


def card_refused(error: Json) -> ApiError:
    """402: the bank said no. `error` is the intent's `last_payment_error`, with the intent."""
    refusal = ApiError(402, error)
    refusal.stands = True
    return refusal


def too_many() -> ApiError:
    """429: nothing was done, and nothing is kept under the request's idempotency key."""
    error = invalid(
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        code="rate_limit",
    )
    error.status = 429
    return error


def broken() -> ApiError:
    """500: what Stripe answers when something failed on its side."""
    return ApiError(
        500,
        {"message": "An unexpected error occurred (injected by fakestripe).", "type": "api_error"},
    )
