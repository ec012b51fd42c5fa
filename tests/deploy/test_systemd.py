import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bodega.databases.exits import Exit
from tests.deploy.directives import read, unknown
from tests.deploy.files import DRAIN_SECONDS, LATE_SECONDS, merchants, ours

UNITS = {
    "myshop.service": ours("systemd/myshop.service"),
    "myshop.socket": ours("systemd/myshop.socket"),
    "prints.service": merchants("deploy/systemd/prints.service"),
    "prints.socket": merchants("deploy/systemd/prints.socket"),
}


@pytest.mark.parametrize("name", UNITS)
def test_systemd_knows_every_directive(name: str) -> None:
    assert unknown(read(UNITS[name])) == []


def test_a_wrong_directive_is_found() -> None:
    text = UNITS["myshop.service"].replace("TimeoutStopSec", "TimeoutStop")
    assert unknown(read(text)) == ["[Service] TimeoutStop"]
    with pytest.raises(ValueError, match="Restart always"):
        read(text.replace("Restart=always", "Restart always"))


def complaints(folder: Path, units: dict[str, str]) -> str:
    """What systemd itself says of units, where it is installed; else what our list says."""
    folder.mkdir()
    program = folder / "bodega"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, text in units.items():
        text = re.sub(r"(?<=ExecStart=)\S+", str(program), text)
        (folder / name).write_text(text)
    if not shutil.which("systemd-analyze"):
        return "\n".join(each for text in units.values() for each in unknown(read(text)))
    words = ["systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in units)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return "\n".join(
        line for line in done.stderr.splitlines() if str(folder) in line or "shop" in line
    )


def test_systemd_has_nothing_to_say(tmp_path: Path) -> None:
    good = {name: text for name, text in UNITS.items() if name.startswith("myshop")}
    assert complaints(tmp_path / "good", good) == ""
    wrong = {**good, "myshop.service": good["myshop.service"].replace("OOMPolicy", "OOMPolice")}
    assert "OOMPolice" in complaints(tmp_path / "wrong", wrong)


def test_the_service_takes_the_socket_and_has_time_to_drain() -> None:
    service, socket = read(UNITS["myshop.service"]), read(UNITS["myshop.socket"])
    assert service["Unit"]["Requires"] == "myshop.socket"
    assert socket["Socket"]["ListenStream"] == "127.0.0.1:8000", "Caddy alone reaches it"
    assert service["Service"]["Type"] == "notify"
    assert int(service["Service"]["TimeoutStopSec"]) > DRAIN_SECONDS + LATE_SECONDS
    assert service["Service"]["KillMode"] == "mixed", "SIGTERM to the supervisor alone"


def test_it_writes_its_volume_its_backups_and_nothing_else() -> None:
    service = read(UNITS["prints.service"])["Service"]
    assert service["Environment"] == f"BODEGA_VOLUME=/var/lib/{service['StateDirectory']}"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == "-/var/backups/prints"
    assert "BODEGA_BACKUP_DIR=/var/backups/prints" in merchants("secrets.env.example")
    assert "ProcSubset" not in service, "it looks at /proc/locks"


def test_it_is_not_started_again_when_somebody_must_look_first() -> None:
    codes = set(
        map(int, read(UNITS["myshop.service"])["Service"]["RestartPreventExitStatus"].split())
    )
    assert codes == {int(each) for each in Exit} - {Exit.NO_LOCKS, Exit.UNSEEN_PEER}
