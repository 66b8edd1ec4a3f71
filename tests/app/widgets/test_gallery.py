"""The gallery: samples, templates and recent files, by click, key and drag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.widgets.drops import offered
from app.widgets.gallery import WELLS, Gallery, Shelf
from app.widgets.pictures import Thumbnails
from fashionmirror_core import samples
from fashionmirror_core.motion import templates


@pytest.fixture
def gallery(qtbot: QtBot) -> Iterator[Gallery]:
    thumbnails = Thumbnails()
    widget = Gallery(thumbnails)
    qtbot.addWidget(widget)
    yield widget
    widget.close_threads()
    thumbnails.close()


@pytest.fixture
def shown(gallery: Gallery, qtbot: QtBot) -> Gallery:
    """The gallery on screen with its templates listed."""
    gallery.show()
    qtbot.waitUntil(lambda: gallery.shelves["motion"].count() > len(samples.motions()))
    return gallery


@pytest.fixture
def heard(gallery: Gallery) -> list[tuple[Any, ...]]:
    log: list[tuple[Any, ...]] = []
    gallery.used.connect(lambda *values: log.append(values))
    gallery.template_used.connect(lambda name: log.append((name,)))
    return log


def texts(shelf: Shelf) -> list[str]:
    return [shelf.item(row).text() for row in range(shelf.count())]


def tips(shelf: Shelf) -> list[str]:
    return [shelf.item(row).toolTip() for row in range(shelf.count())]


def test_nothing_is_read_before_it_is_seen(gallery: Gallery) -> None:
    assert [shelf.count() for shelf in gallery.shelves.values()] == [0, 0, 0]


def test_it_lists_the_samples_of_each_well(shown: Gallery) -> None:
    assert shown.shelves["person"].count() == len(samples.persons())
    assert shown.shelves["garment"].count() == len(samples.garments()) + len(samples.photographed())
    assert shown.shelves["motion"].count() == len(templates.NAMES) + len(samples.motions())


def test_a_template_says_what_it_is(shown: Gallery) -> None:
    shelf = shown.shelves["motion"]
    row = texts(shelf).index("walk\nThe runway walk towards the camera")
    assert templates.description("walk") in tips(shelf)[row]


def test_thumbnails_come_without_being_asked_twice(shown: Gallery, qtbot: QtBot) -> None:
    item = shown.shelves["garment"].item(0)
    waiting = item.icon().pixmap(80, 80).toImage()
    qtbot.waitUntil(lambda: item.icon().pixmap(80, 80).toImage() != waiting)


def test_a_thumbnail_that_another_widget_asked_for_is_shown_too(qtbot: QtBot) -> None:
    thumbnails = Thumbnails()
    path = samples.garments()[0]
    assert thumbnails.request(path) is None  # the well asks first; the shelf is only built while it is decoded
    thumbnails._pool.waitForDone()
    shelf = Shelf("garment", thumbnails)
    qtbot.addWidget(shelf)
    waiting = shelf._icon(None).pixmap(80, 80).toImage()
    shelf.show_sources([(path, "")])
    qtbot.waitUntil(lambda: shelf.item(0).icon().pixmap(80, 80).toImage() != waiting)
    thumbnails.close()


def test_a_click_uses_the_item(shown: Gallery, heard: list[Any], qtbot: QtBot) -> None:
    shelf = shown.shelves["person"]
    where = shelf.visualItemRect(shelf.item(0)).center()
    qtbot.mouseClick(shelf.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert heard == [("person", samples.persons()[0])]


def test_enter_uses_the_current_item(shown: Gallery, heard: list[Any], qtbot: QtBot) -> None:
    shelf = shown.shelves["motion"]
    shown.tabs.setCurrentIndex(WELLS.index("motion"))
    shelf.setCurrentRow(0)
    qtbot.keyClick(shelf, Qt.Key.Key_Return)
    assert heard == [(templates.NAMES[0],)]


def test_what_is_dragged_fits_its_own_well_only(shown: Gallery) -> None:
    for well in WELLS:
        shelf = shown.shelves[well]
        offer = offered(shelf.mimeData([shelf.item(shelf.count() - 1)]))
        assert [other for other in WELLS if offer.fits(other)] == [well]


def test_a_dragged_template_carries_its_name(shown: Gallery) -> None:
    shelf = shown.shelves["motion"]
    assert offered(shelf.mimeData([shelf.item(0)])).template == templates.NAMES[0]


def test_recent_files_come_first_once_and_only_if_they_are_there(shown: Gallery, tmp_path: Path) -> None:
    mine = tmp_path / "my-ana.png"
    assert QImage(8, 8, QImage.Format.Format_RGB32).save(str(mine))
    shown.set_recent("person", [mine, tmp_path / "gone.png", samples.persons()[0]])
    assert texts(shown.shelves["person"])[0] == "my ana"
    assert shown.shelves["person"].count() == 1 + len(samples.persons())
