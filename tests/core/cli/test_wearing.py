"""Who wears what, and how: what the options of render, still and lookbook mean, and what they refuse."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fashionmirror_core import samples
from fashionmirror_core.cli import main as cli
from fashionmirror_core.cli.inputs import TakeAs, Turn
from fashionmirror_core.cli.wearing import Sewing, Wearing
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.options import GarmentOptions
from fashionmirror_core.cloth.tailoring import Cut, Tailoring
from fashionmirror_core.errors import InputError
from fashionmirror_core.vocabulary import SleeveChoice

PHOTO, TOP, SKIRT = samples.persons()[0], *(
    next(path for path in samples.garments() if path.stem == name) for name in ("tee-bloom", "skirt-navy")
)  # fmt: skip
COMMANDS = {
    "render": ("--person", PHOTO, "--garment", TOP, "--garment", SKIRT, "-o", "clip.mp4"),
    "still": ("--person", PHOTO, "--garment", TOP, "--garment", SKIRT, "-o", "still.png"),
    "lookbook": ("--persons", PHOTO.parent, "--garments", TOP.parent, "-o", "book"),
}


@pytest.fixture
def fashionmirror(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command that must be refused before the engine is loaded; what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_engine", lambda *_: pytest.fail("the engine was loaded"))

    def run(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["fashionmirror", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr().err
        assert ended.value.code == 2
        assert len(said.splitlines()) == 1
        assert not list(tmp_path.iterdir())
        return said

    return run


def test_nothing_said_leaves_everything_to_the_program() -> None:
    assert Sewing().each(2) == [GarmentOptions()] * 2
    assert Wearing(PHOTO, [TOP]).options(Sewing()) == [GarmentOptions()]


def test_one_value_is_for_all_garments_and_several_are_for_each() -> None:
    first, second = Sewing(fabric=["silk"], hem=["+5cm", "auto"], cut=["tank", "pencil"], tuck=True).each(2)
    assert first.tailoring == Tailoring(hem_by=0.05, fabric=FabricName.SILK, cut=Cut.TANK, tucked=True)
    assert second.tailoring == Tailoring(fabric=FabricName.SILK, cut=Cut.PENCIL, tucked=True)
    with pytest.raises(InputError, match="There are 3 garments and 2 --hem; give one for all or one for each"):
        Sewing(hem=["+5cm", "auto"]).each(3)
    with pytest.raises(InputError, match="There is 1 garment and 2 --fabric"):
        Sewing(fabric=["silk", "denim"]).each(1)


def test_a_sleeve_is_a_choice_or_a_length() -> None:
    short, longer = Sewing(sleeve=["short", "+3cm"]).each(2)
    assert (short.sleeves, short.tailoring) == (SleeveChoice.SHORT, Tailoring())
    assert (longer.sleeves, longer.tailoring) == (SleeveChoice.AUTO, Tailoring(sleeve_by=0.03))


def test_a_cut_of_another_category_is_refused() -> None:
    with pytest.raises(InputError, match="The cut pencil is none of the category upper; choose tee, "):
        Sewing(category=["upper"], cut=["pencil"]).each(1)
    with pytest.raises(InputError, match="The cut pencil is none of the category upper"):
        GarmentOptions(tailoring=Tailoring(cut=Cut.PENCIL)).read(TOP)


def test_pictures_of_backs_are_given_in_the_order_of_the_garments() -> None:
    worn = Wearing(PHOTO, [TOP, SKIRT], garment_back=["none", str(SKIRT)], turn_garment=[Turn.half], pick=[2])
    top, skirt = worn.options(Sewing())
    assert (top.back, top.turns, top.pick) == (None, 2, 2)
    assert (skirt.back, skirt.turns, skirt.pick) == (SKIRT, None, None)
    assert worn.pictures == [PHOTO, TOP, SKIRT, SKIRT]
    assert Wearing(PHOTO, [TOP, SKIRT], garment_back=[str(TOP)]).backs == [TOP, None]


@pytest.mark.parametrize("name", ["turn_garment", "pick", "garment_back"])
def test_choices_for_garments_that_are_not_given_are_refused(name: str) -> None:
    given: dict[str, Any] = {"turn_garment": [Turn.none] * 2, "pick": [1, 2], "garment_back": ["none", "none"]}
    with pytest.raises(InputError, match=f"There are more --{name.replace('_', '-')} than garments"):
        Wearing(PHOTO, [TOP], **{name: given[name]}).options(Sewing())


def test_a_picture_that_is_said_to_be_a_garment_is_trusted() -> None:
    assert Wearing(PHOTO, [TOP], take_as=TakeAs.garment).options(Sewing())[0].trusted


def test_a_back_belongs_to_its_garment() -> None:
    garment = GarmentOptions(back=TOP, trusted=True).read(TOP)
    assert garment.back is not None
    assert garment.back.category == garment.category == "upper"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--fabric", "wool"), "Unknown fabric 'wool'; use cotton, silk,"),
        (("--fit", "tight"), "Unknown fit 'tight'; use slim,"),
        (("--hem", "5cm"), "The hem '5cm' is no length; write it like +5cm"),
        (("--hem", "-90cm"), "A hem can't be changed by -90 cm"),
        (("--sleeve", "rolled"), "The sleeve 'rolled' is no length"),
        (("--cut", "kimono"), "Unknown cut 'kimono'"),
        (("--category", "hat"), "Unknown garment category 'hat'"),
        (("--fabric", "silk", "--fabric", "silk", "--fabric", "silk"), "--fabric"),
    ],
)
def test_what_cannot_be_sewn_is_told_before_the_engine_is_loaded(
    command: str, option: tuple[str, ...], says: str, fashionmirror: Callable[..., str]
) -> None:
    assert says in fashionmirror(command, *COMMANDS[command], *option)


@pytest.mark.parametrize("command", ["render", "still"])
def test_a_picture_of_a_back_that_is_not_there_is_named(command: str, fashionmirror: Callable[..., str]) -> None:
    assert "nope.jpg doesn't exist" in fashionmirror(command, *COMMANDS[command], "--garment-back", "nope.jpg")


@pytest.mark.parametrize("command", ["render", "still"])
def test_no_output_replaces_the_picture_of_a_back(
    command: str, tmp_path: Path, fashionmirror: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    back = tmp_path.parent / f"back-{command}.png"
    back.write_bytes(SKIRT.read_bytes())
    assert str(back) in fashionmirror(command, *COMMANDS[command], "--garment-back", back, "--output", back)
    assert back.read_bytes() == SKIRT.read_bytes()
