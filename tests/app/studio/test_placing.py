"""Files go where what they show belongs, whatever they were dropped on; nothing that came is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.model.state import GarmentInput, LookState, MotionInput, PersonInput
from app.studio.placing import Placement, Seen, placed
from fashionmirror_core.vocabulary import Category, CategoryChoice

ANA, BO, WALK, SHOE = Path("ana.jpg"), Path("bo.jpg"), Path("walk.mp4"), Path("shoe.jpg")
TEE, BLOUSE, SKIRT, DRESS = Path("tee.jpg"), Path("blouse.jpg"), Path("skirt.jpg"), Path("dress.jpg")
SEEN = {
    ANA: Seen("person"),
    BO: Seen("person"),
    TEE: Seen("garment", Category.UPPER),
    BLOUSE: Seen("garment", Category.UPPER),
    SKIRT: Seen("garment", Category.LOWER),
    DRESS: Seen("garment", Category.DRESS),
}


def look(*garments: Path, person: Path | None = ANA) -> LookState:
    return LookState(
        person=PersonInput(path=person) if person else None,
        garments=tuple(GarmentInput(path=path) for path in garments),
        motion=MotionInput(template="catwalk"),
    )


def put(state: LookState, *files: Path, aim: str = "", index: int = -1) -> Placement:
    return placed(state, files, SEEN, aim, index)


def worn(done: Placement) -> list[Path]:
    return [garment.path for garment in done.state.garments]


@pytest.mark.parametrize("aim", ["", "person", "garment"])
def test_a_person_goes_to_person_wherever_it_was_dropped(aim: str) -> None:
    done = put(look(TEE), BO, aim=aim)
    assert done.state.person == PersonInput(path=BO)
    assert worn(done) == [TEE]
    assert done.told == ([] if aim == "person" else ["bo.jpg shows a person and went to Person."])


@pytest.mark.parametrize("aim", ["", "person"])
def test_a_garment_never_becomes_the_person(aim: str) -> None:
    done = put(look(person=None), TEE, aim=aim)
    assert done.state.person is None
    assert worn(done) == [TEE]
    assert done.told == ["tee.jpg shows a garment and went to Garment."]


@pytest.mark.parametrize(
    ("worn_before", "new", "worn_after"),
    [
        ([TEE], BLOUSE, [BLOUSE]),
        ([TEE], SKIRT, [TEE, SKIRT]),
        ([TEE, SKIRT], BLOUSE, [BLOUSE, SKIRT]),
        ([TEE, SKIRT], DRESS, [DRESS]),
        ([DRESS], SKIRT, [SKIRT]),
    ],
)
def test_a_garment_takes_the_place_of_what_covers_the_same_part(
    worn_before: list[Path], new: Path, worn_after: list[Path]
) -> None:
    done = put(look(*worn_before), new, aim="garment")
    assert worn(done) == worn_after
    gone = [path for path in worn_before if path not in worn_after]
    assert bool(done.told) is bool(gone)
    assert all(path.name in done.told[0] for path in gone)


def test_the_garment_that_it_was_dropped_on_goes_without_a_word() -> None:
    done = put(look(TEE, SKIRT), BLOUSE, aim="garment", index=0)
    assert worn(done) == [BLOUSE, SKIRT]
    assert done.told == []
    assert worn(put(look(TEE, SKIRT), BLOUSE, aim="garment", index=1)) == [BLOUSE]


def test_what_the_user_called_it_counts() -> None:
    state = look(TEE)
    called = state.garments[0].model_copy(update={"category": CategoryChoice.LOWER})
    done = put(state.model_copy(update={"garments": (called,)}), BLOUSE)
    assert worn(done) == [TEE, BLOUSE]


def test_files_that_come_together_all_find_their_place() -> None:
    done = put(look(person=None), DRESS, WALK, ANA)
    assert (done.state.person, worn(done), done.state.motion) == (
        PersonInput(path=ANA),
        [DRESS],
        MotionInput(path=WALK),
    )
    assert done.wells == ["garment", "motion", "person"]


def test_what_has_no_place_is_named() -> None:
    done = put(look(person=None), ANA, TEE, BO, BLOUSE)
    assert (done.state.person, worn(done)) == (PersonInput(path=ANA), [TEE])
    assert any("bo.jpg is left out" in line for line in done.told)
    assert any("blouse.jpg is left out" in line for line in done.told)


@pytest.mark.parametrize(
    ("person", "aim", "well"), [(None, "", "person"), (ANA, "", "garment"), (ANA, "person", "person")]
)
def test_what_shows_neither_goes_where_it_was_meant_to(person: Path | None, aim: str, well: str) -> None:
    assert put(look(TEE, person=person), SHOE, aim=aim).wells == [well]


def test_another_person_loses_what_was_painted_on_the_first() -> None:
    state = look(TEE).model_copy(update={"joint_edits": {0: {}}, "in_point": 3})
    done = put(state, BO)
    assert done.state.joint_edits == {}
    assert done.state.in_point == 3
    assert put(state, WALK).state.in_point is None


def test_what_cannot_be_read_changes_nothing_unless_it_was_meant() -> None:
    bad = {Path("bad.jpg"): Seen(refusal="bad.jpg is no picture; use another.")}
    done = placed(look(TEE), [Path("bad.jpg")], bad)
    assert done.state == look(TEE)
    assert done.told == ["bad.jpg is no picture; use another."]
    assert placed(look(TEE), [Path("bad.jpg")], bad, "person").state.person == PersonInput(path=Path("bad.jpg"))


def test_what_takes_a_place_is_told_once() -> None:
    assert put(look(TEE), BLOUSE).told == ["blouse.jpg takes the place of tee.jpg."]
