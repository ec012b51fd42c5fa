"""The audit's report: for people, for programs, and as the shop remembers it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from bodega.ops.audit.gaps import Gap
from bodega.ops.audit.questions import Answer, Question, plain, spoken
from bodega.ops.audit.sums import Sums
from bodega.ops.doctor.findings import Level
from bodega.ops.doctor.report import LOOKS


@dataclass(frozen=True)
class Audit:
    """Everything one run found. `gaps`: every missing order id, explained or not."""

    at: datetime
    answers: Sequence[Answer]
    gaps: Sequence[Gap]
    sums: Sequence[Sums]
    seconds: float

    @property
    def findings(self) -> list[Answer]:
        """The questions whose answer is not "yes"."""
        return [answer for answer in self.answers if answer.level is not Level.OK]

    @property
    def level(self) -> Level:
        return max((answer.level for answer in self.answers), default=Level.OK)

    @property
    def sentence(self) -> str:
        """One for all."""
        asked = f"{len(self.answers)} questions in {self.seconds:.1f} s"
        if not self.findings:
            return f"No finding: {asked}."
        rows = sum(answer.count for answer in self.findings)
        named = ", ".join(answer.question.id for answer in self.findings[:5])
        more = f" and {len(self.findings) - 5} more" if len(self.findings) > 5 else ""
        found = "1 finding" if len(self.findings) == 1 else f"{len(self.findings)} findings"
        return f"{found} ({rows:,} rows): {named}{more}. {asked}."


def show(audit: Audit, console: Console, *, is_brief: bool = False) -> None:
    """A line for each question; what is wrong, why it matters and what to do below those that found."""
    width = max((len(answer.question.id) for answer in audit.answers), default=0)
    for answer in audit.answers:
        if answer.level is not Level.OK or not is_brief:
            _line(answer, width, console)
        if answer.level is not Level.OK:
            _details(answer, console)
    _explain(audit.gaps, console)
    for each in audit.sums:
        console.print(_sum(each), soft_wrap=True)
    console.print(audit.sentence, soft_wrap=True)


def _line(answer: Answer, width: int, console: Console) -> None:
    id_ = f"[dim]{answer.question.id:<{width}}[/]"
    count = f"[bold]{answer.count:,} ×[/] " if answer.count else ""
    told = "no: " if answer.count else ""
    sentence = f"{LOOKS[answer.level]}  {id_}  {count}{told}{escape(answer.question.asks)}"
    console.print(sentence, soft_wrap=True)


def _details(answer: Answer, console: Console) -> None:
    lines = [answer.question.sentence(row) for row in answer.rows]
    if answer.error:
        lines = [f"This could not be asked: {answer.error}"]
    for line in lines:
        console.print(f"        {escape(line)}", soft_wrap=True)
    if answer.count > len(answer.rows):
        told = f"        … and {answer.count - len(answer.rows):,} more (--most shows more)"
        console.print(told, soft_wrap=True)
    if answer.count:
        console.print(f"        [dim]why[/] {escape(answer.question.why)}", soft_wrap=True)
        console.print(f"        [dim]→[/]   {escape(answer.question.hint)}", soft_wrap=True)


def _explain(gaps: Sequence[Gap], console: Console) -> None:
    if gaps:
        console.print("Missing order ids:")
    for gap in gaps[:20]:
        console.print(f"  {gap.ids}: [bold]{gap.fate}[/] — {escape(gap.told)}", soft_wrap=True)
    if len(gaps) > 20:
        fates = Counter(str(gap.fate) for gap in gaps[20:])
        rest = ", ".join(f"{count} {fate}" for fate, count in fates.items())
        console.print(f"  … and more: {rest} (--json shows all)", soft_wrap=True)


def _sum(each: Sums) -> str:
    total, charged = spoken(each.total, each.currency), spoken(each.charged, each.currency)
    balance = spoken(each.balance, each.currency)
    return (
        f"{each.paid:,} of {each.orders:,} orders are paid: {total}; "
        f"charged: {charged}, after refunds and disputes: {balance}."
    )


def as_json(audit: Audit) -> dict[str, Any]:
    """The same for programs: every question, every gap, sums in minor units."""
    return {
        "level": audit.level.word,
        "at": audit.at.isoformat(),
        "seconds": round(audit.seconds, 2),
        "sentence": audit.sentence,
        "answers": [_answer(answer) for answer in audit.answers],
        "gaps": [asdict(gap) for gap in audit.gaps],
        "sums": [asdict(each) for each in audit.sums],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "id": question.id,
        "level": answer.level.word,
        "asks": question.asks,
        "count": answer.count,
        "rows": [plain(row) for row in answer.rows],
        "sentences": [question.sentence(row) for row in answer.rows],
        "error": answer.error,
        "why": question.why,
        "hint": question.hint,
    }


def listing(questions: Sequence[Question]) -> str:
    """Every question there is, a line each."""
    width = max(len(question.id) for question in questions)
    return "\n".join(f"{question.id:<{width}}  {question.asks}" for question in questions)
