from pathlib import Path

import pytest

from bodega.ops.founding import CannotFound, files_for, found

PROGRAMS = {
    *(f"bin/{name}" for name in ("setup", "bodega", "dev", "test", "templates", "update")),
    *("deploy/kamal/hooks/pre-deploy", "deploy/kamal/hooks/post-deploy", "deploy/systemd/prints"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("founding") / "prints"
    found(made, "prints.example")
    return made


def test_everything_that_a_shop_is_deployed_with_is_in_it(folder: Path) -> None:
    places = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {
        *("README.md", ".gitignore", "shop.env", "secrets.env", "secrets.env.example"),
        *("templates/parts/theme.html", "static/theme.css", "tests/test_shop.py"),
        *("deploy/Dockerfile", "deploy/Dockerfile.dockerignore", "deploy/compose.yaml"),
        *("deploy/kamal/deploy.yml", "deploy/kamal/secrets", ".github/workflows/deploy.yml"),
        *("deploy/systemd/prints.service", "deploy/systemd/prints.socket"),
        "deploy/caddy/Caddyfile",
        *PROGRAMS,
    } == places


def test_the_shops_name_and_address_stand_wherever_they_must(folder: Path) -> None:
    for path in filter(Path.is_file, folder.rglob("*")):
        text = path.read_text()
        assert "myshop" not in text, path
        assert "shop.example" not in text.replace("prints.example", ""), path
    assert "BODEGA_URL=https://prints.example" in (folder / "shop.env").read_text()
    assert "/srv/prints/current" in (folder / "deploy/systemd/prints.service").read_text()


def test_programs_can_be_started_and_secrets_read_by_their_owner_only(folder: Path) -> None:
    modes = {
        str(path.relative_to(folder)): path.stat().st_mode & 0o777
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert {place for place, mode in modes.items() if mode == 0o755} == PROGRAMS
    assert modes["secrets.env"] == 0o600


def test_git_never_sees_the_secrets_nor_the_volume(folder: Path) -> None:
    ignored = (folder / ".gitignore").read_text().split()
    assert {"secrets.env", "storage/", ".venv/"} <= set(ignored)


@pytest.mark.parametrize("name", ["Prints", "p", "1st", "prints-", "my_shop", "x" * 33])
def test_a_name_that_tools_would_refuse_is_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotFound, match="cannot name a shop"):
        found(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "host", ["https://prints.example", "prints", "a b.example", "prints.example/"]
)
def test_an_address_is_no_host_name(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotFound, match="is no host name"):
        found(tmp_path / "prints", host)


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "prints").mkdir()
    (tmp_path / "prints" / "note").write_text("mine")
    with pytest.raises(CannotFound, match="not empty"):
        found(tmp_path / "prints")
    assert [path.name for path in (tmp_path / "prints").iterdir()] == ["note"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotFound, match="cannot be written"):
        found(tmp_path / "file" / "prints")


def test_a_name_within_another_word_is_not_mistaken() -> None:
    texts = [written.text for written in files_for("shop", "shop.example.org")]
    assert not any("shop.example.org.org" in text for text in texts)
