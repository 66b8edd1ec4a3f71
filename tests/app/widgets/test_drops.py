"""What a drop holds: files by what they can be used as, pixels without a file, and reasons for the rest."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from app.widgets.drops import (
    MEANT_MIME,
    TAKES,
    TEMPLATE_MIME,
    Kind,
    Offer,
    copied,
    file_filter,
    kinds,
    offered,
    received,
)


def mime_of(*paths: Path | str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl(p) if isinstance(p, str) else QUrl.fromLocalFile(str(p)) for p in paths])
    return mime


def touched(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(b"")
    return path


def picture(width: int = 6, height: int = 4, color: str = "#c03050") -> QImage:
    image = QImage(width, height, QImage.Format.Format_ARGB32)
    image.fill(QColor(color))
    return image


@pytest.mark.parametrize(
    ("name", "wells"),
    [
        ("ana.JPG", {"person", "garment", "window"}),
        ("dress.webp", {"person", "garment", "window"}),
        ("phone.heic", {"person", "garment", "window"}),
        ("walk.mp4", {"motion", "window"}),
        ("walk.motion.json", {"motion", "window"}),
        ("spin.gif", {"person", "garment", "motion", "window"}),
        ("scan.JFIF", {"person", "garment", "window"}),
        ("old.jpe", {"person", "garment", "window"}),
        ("camera.mts", {"motion", "window"}),
        ("tape.mpg", {"motion", "window"}),
        ("screen.wmv", {"motion", "window"}),
        ("spring.fmirror", {"window"}),
    ],
)
def test_a_file_goes_into_the_wells_that_can_use_it(tmp_path: Path, name: str, wells: set[str]) -> None:
    offer = offered(mime_of(touched(tmp_path, name)))
    assert {well for well in TAKES if offer.fits(well)} == wells
    assert all(offer.objection(well) == "" for well in wells)
    assert all(offer.objection(well) for well in set(TAKES) - wells)


def test_a_folder_of_joints_is_a_motion(tmp_path: Path) -> None:
    assert kinds(tmp_path) == {Kind.motion}
    assert offered(mime_of(tmp_path)).files_for("motion") == (tmp_path,)


def test_of_a_mixed_drop_each_well_takes_its_own_once(tmp_path: Path) -> None:
    photo, walk, text = (touched(tmp_path, name) for name in ("ana.jpg", "walk.mp4", "notes.txt"))
    offer = offered(mime_of(photo, walk, text, photo))
    assert offer.files_for("person") == (photo,)
    assert "walk.mp4, notes.txt" in offer.left_out("person")
    assert "notes.txt" in offer.left_out("window")
    assert "walk.mp4" not in offer.left_out("window")
    assert offered(mime_of(photo)).left_out("person") == ""
    assert offer.files_for("motion") == (walk,)
    assert offer.files_for("window") == (photo, walk)


def test_what_the_gallery_offers_belongs_to_its_well_only(tmp_path: Path) -> None:
    mime = mime_of(touched(tmp_path, "ana.jpg"))
    mime.setData(MEANT_MIME, QByteArray(b"person"))
    offer = offered(mime)
    assert offer.fits("person")
    assert not offer.fits("garment")
    assert "Person" in offer.objection("garment")


def test_a_template_goes_to_motion_only() -> None:
    mime = QMimeData()
    mime.setData(TEMPLATE_MIME, QByteArray(b"catwalk"))
    offer = offered(mime)
    assert offer.template == "catwalk"
    assert [well for well in TAKES if offer.fits(well)] == ["motion", "window"]
    assert "Motion" in offer.objection("person")


def test_an_address_without_a_picture_is_refused_and_names_the_site() -> None:
    offer = offered(mime_of("https://shop.example/dress.jpg"))
    assert offer.empty
    assert "shop.example" in offer.refusal
    assert "save" in offer.refusal


@pytest.mark.parametrize("name", ["notes.txt", "tool.exe", "noname"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    offer = offered(mime_of(touched(tmp_path, name)))
    assert offer.empty
    assert name in offer.refusal


def test_a_file_that_is_gone_is_refused_as_gone(tmp_path: Path) -> None:
    assert "isn't there" in offered(mime_of(tmp_path / "gone.jpg")).refusal


def test_nothing_at_all_is_refused() -> None:
    assert offered(QMimeData()).refusal


def test_looking_writes_nothing_and_taking_keeps_the_pixels(tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setImageData(picture())
    folder = tmp_path / "pasted"
    assert offered(mime).pixels
    assert not folder.exists()
    offer = received(mime, folder)
    (path,) = offer.files_for("garment")
    kept = QImage(str(path))
    assert (kept.width(), kept.height()) == (6, 4)
    assert kept.pixelColor(0, 0) == QColor("#c03050")
    assert [p for p in folder.rglob("*") if p.is_file()] == [path]
    assert path.name.startswith("pasted ")


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<img alt="x" src="https://shop.example/img/Linen-dress_02.jpg?w=300">', "Linen-dress_02"),
        ('<img src="https://shop.example/8f3a/0012.webp">', "pasted"),
        ("<p>no picture</p>", "pasted"),
    ],
)
def test_a_pasted_picture_is_called_what_its_page_calls_it(tmp_path: Path, html: str, name: str) -> None:
    mime = QMimeData()
    mime.setImageData(picture())
    mime.setHtml(html)
    (path,) = received(mime, tmp_path).files
    assert path.stem.partition(" ")[0] == name


def test_the_same_picture_pasted_twice_is_one_file_and_another_one_is_another(tmp_path: Path) -> None:
    paths = []
    opaque = picture(7).convertToFormat(QImage.Format.Format_RGB888)  # rows are padded
    for image in (opaque, QImage(opaque.copy()), picture(7, color="#102030")):
        mime = QMimeData()
        mime.setImageData(image)
        paths += received(mime, tmp_path).files
    assert paths[0] == paths[1] != paths[2]


def test_pixels_win_over_the_address_that_a_browser_gives_with_them(tmp_path: Path) -> None:
    mime = mime_of("https://shop.example/dress.jpg")
    mime.setImageData(picture())
    assert received(mime, tmp_path).files


def test_a_picture_written_into_its_address_is_taken(tmp_path: Path) -> None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture().save(buffer, "PNG")
    mime = QMimeData()
    mime.setText("data:image/png;base64," + base64.b64encode(buffer.data().data()).decode())
    assert QImage(str(received(mime, tmp_path).files[0])).width() == 6


@pytest.mark.parametrize("text", ["data:image/png;base64,AAAA", "data:image/png;base64,!!!"])
def test_a_damaged_address_is_refused(tmp_path: Path, text: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    offer = received(mime, tmp_path)
    assert offer.empty
    assert offer.refusal
    assert not list(tmp_path.iterdir())


def test_a_path_copied_as_text_is_a_file(tmp_path: Path) -> None:
    photo = touched(tmp_path, "ana.jpg")
    mime = QMimeData()
    mime.setText(f'"{photo}"\n')
    assert offered(mime).files == (photo,)


def test_prose_is_no_file() -> None:
    mime = QMimeData()
    mime.setText("a dress, please")
    assert offered(mime).empty


def test_where_nothing_can_be_kept_it_says_so(tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setImageData(picture())
    offer = received(mime, touched(tmp_path, "a file, no folder"))
    assert offer.empty
    assert "can't be kept" in offer.refusal


def test_the_open_dialog_lists_what_the_well_takes() -> None:
    assert "*.jpg" in file_filter("person")
    assert "*.mp4" not in file_filter("garment")
    assert "*.mp4" in file_filter("motion")


def test_an_empty_offer_fits_nowhere() -> None:
    assert not any(Offer().fits(well) for well in TAKES)


def test_a_clipboard_that_nobody_filled_holds_nothing(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt then has no object for what is on it."""

    class Clipboard:
        def mimeData(self) -> None:
            return None

    monkeypatch.setattr(QGuiApplication, "clipboard", Clipboard)
    assert received(copied()).empty
