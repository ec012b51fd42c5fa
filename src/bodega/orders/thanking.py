"""What follows a payment, as one job: a job for each part would cost more than the part itself."""

from django_tasks import task

from bodega.jobs.retries import retrying
from bodega.lib.clock import utc_now
from bodega.orders import announcing, mails
from bodega.orders.letters import KINDS


@task
@retrying(attempts=mails.ATTEMPTS, longest=mails.LONGEST_WAIT)
def thank(order_id: int) -> None:
    """Tell open pages that the order is paid, then send the receipt unless it went out already.

    At least once, idempotent: pages that hear of it twice read the same row twice.
    """
    order = mails.order_of(order_id)
    announcing.tell(order)
    mails.deliver(order, KINDS["receipt"], now=utc_now())
