"""The machine room: jobs, workers, outbox."""

from django.contrib import admin
from django.utils.html import format_html

from bodega.backoffice.editing import ReadOnly, ShopAdmin
from bodega.jobs.models import Job, Worker
from bodega.outbox.models import Message


@admin.register(Job)
class JobAdmin(ReadOnly, ShopAdmin):
    list_display = ("id", "name", "state", "attempts", "run_after", "finished_at", "last_error")
    list_filter = ("state", "queue_name", "task")
    search_fields = ("task", "key")
    readonly_fields = ("tracebacks",)
    exclude = ("errors", "worker_ids")

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
