"""The machine room: jobs, workers, outbox."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from bodega.backoffice.editing import ReadOnly, ShopAdmin
from bodega.jobs import repairing
from bodega.jobs.models import Job, Worker
from bodega.lib.clock import utc_now
from bodega.outbox.models import Message


@admin.register(Job)
class JobAdmin(ReadOnly, ShopAdmin):
    list_display = ("id", "name", "state", "attempts", "run_after", "finished_at", "last_error")
    list_filter = ("state", "queue_name", "task")
    search_fields = ("task", "key")
    readonly_fields = ("tracebacks",)
    exclude = ("errors", "worker_ids")
    actions = ("retry", "discard")

    @admin.display(description="task", ordering="task")
    def name(self, job: Job) -> str:
        return job.task.removeprefix("bodega.")

    @admin.display(description="last error")
    def last_error(self, job: Job) -> str:
        return job.errors[-1]["exception_class_path"].rpartition(".")[2] if job.errors else ""

    @admin.display(description="errors")
    def tracebacks(self, job: Job) -> str:
        texts = [error["traceback"] for error in job.errors]
        return format_html("<pre>{}</pre>", "\n\n".join(texts)) if texts else "none"

    @admin.action(description="Run failed jobs again", permissions=["repair"])
    def retry(self, request: HttpRequest, chosen: "QuerySet[Job]") -> None:
        count = repairing.retry(list(chosen.values_list("pk", flat=True)), utc_now())
        self.message_user(request, f"{count} jobs run again now; the others had not failed.")

    @admin.action(description="Discard failed and waiting jobs", permissions=["repair"])
    def discard(self, request: HttpRequest, chosen: "QuerySet[Job]") -> None:
        count = repairing.discard(list(chosen.values_list("pk", flat=True)), utc_now())
        self.message_user(request, f"{count} jobs were discarded; the others run or are done.")

    def has_repair_permission(self, request: HttpRequest) -> bool:
        """Whoever may change jobs, though nobody edits one by hand."""
        return request.user.has_perm("jobs.change_job")


@admin.register(Worker)
class WorkerAdmin(ReadOnly, ShopAdmin):
    list_display = (
        "id",
        "host",
        "pid",
        "release",
        "threads",
        "started_at",
        "is_alive",
        "heartbeat_at",
    )


@admin.register(Message)
class MessageAdmin(ReadOnly, ShopAdmin):
    list_display = ("id", "task", "created_at", "not_before", "dispatched_at", "error")
    list_filter = (("dispatched_at", admin.EmptyFieldListFilter), "task")
    search_fields = ("task", "key")
    actions = ("dispatch_again",)

    @admin.action(description="Try to dispatch again", permissions=["repair"])
    def dispatch_again(self, request: HttpRequest, chosen: "QuerySet[Message]") -> None:
        ids = list(chosen.values_list("pk", flat=True))
        stuck = Message.objects.filter(pk__in=ids, dispatched_at=None).exclude(error="")
        count = stuck.update(error="")
        self.message_user(request, f"{count} messages are tried again.")

    def has_repair_permission(self, request: HttpRequest) -> bool:
        """Whoever may change messages, though nobody edits one by hand."""
        return request.user.has_perm("outbox.change_message")
