"""How it came that nothing was lost with Bodega's guards."""

from enum import StrEnum


class Outcome(StrEnum):
    """The words of the report's last column."""

    HELD = "held"  # nothing to guard against: correct by itself
    PREVENTED = "prevented"  # the fault could not be done
    REFUSED = "refused"  # at boot, with a sentence; the running one keeps serving
    STOPPED = "stopped"  # before anything in danger was acknowledged
    SALVAGED = "salvaged"  # stopped, and the salvaged log brought back what was acknowledged before
