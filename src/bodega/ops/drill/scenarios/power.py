"""The power fails. The longer form, with more modes and more cuts, is `bodega drill powercut`."""

import random

from bodega.ops.drill.evidence import Evidence
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.powercut.drill import outcomes
from bodega.ops.drill.powercut.recording import Recorder
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.stage import Stage

ORDERS, CUTS = 60, 30


@scenario(Loses.ALWAYS, Outcome.HELD)
def power_fails(stage: Stage) -> Evidence:
    """The power fails at a random moment, synchronous=NORMAL (30 cuts, the worst is shown)."""
    with Recorder(stage.room("recording"), stage.database) as recorder:
        writers = [stage.agent(name, environment=recorder.environment) for name in ("one", "other")]
        for writer in writers:
            writer.ask("commit_into", log=str(recorder.acknowledged), count=ORDERS)
        for writer in writers:
            writer.hear()
        recording = recorder.recording()
    cuts = outcomes(recording, random.Random(1), CUTS)  # noqa: S311 - a model's weather
    return max(cuts, key=lambda evidence: (evidence.integrity != "ok", evidence.lost))
