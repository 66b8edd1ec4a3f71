"""What a drop or a paste holds, and which well would take it.

``offered`` only looks (it runs on every drag that enters the window); ``received`` also writes pixels that came without a
file, a picture copied in a browser, into a cache folder, because a look refers to files.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QImageReader

from app.model import folders
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.budget import MAX_PIXELS
from fashionmirror_core.media.files import written_whole
from fashionmirror_core.media.suffixes import MOTIONS, PICTURES, VIDEOS

TEMPLATE_MIME = "application/x-fashionmirror-template"
"""A motion template's name, dragged from the gallery."""
MEANT_MIME = "application/x-fashionmirror-well"
"""The well that a file of the gallery belongs to: a photo of a person is no garment."""

PROJECTS = (".fmirror",)

_MAX_TEXT = 64 * 2**20  # a picture written into an address
_MAX_HTML = 2**20  # characters of a copied page that are looked through
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,", re.I)

translate = QCoreApplication.translate


class Kind(str, Enum):
    """What a file is, by its name alone."""

    picture = "picture"
    motion = "motion"
    video = "video"
    project = "project"


TAKES: dict[str, frozenset[Kind]] = {
    "person": frozenset({Kind.picture}),
    "garment": frozenset({Kind.picture}),
    "motion": frozenset({Kind.motion, Kind.video}),
    "window": frozenset(Kind),
}
"""What each well can be filled with; the window opens projects and restores the look of an exported clip, too."""


@dataclass(frozen=True)
class Offer:
    """What is over the window. files: local ones that exist, in the order given. pixels: a picture without a file.

    unknown: local files that are no input of any kind. template: a built-in motion's name. meant: the only well that it
    belongs to, "" for any. refusal: why nothing of it can be used, one line; "" otherwise.
    """

    files: tuple[Path, ...] = ()
    unknown: tuple[Path, ...] = ()
    pixels: bool = False
    template: str = ""
    meant: str = ""
    refusal: str = ""

    @property
    def empty(self) -> bool:
        return not (self.files or self.pixels or self.template)

    def files_for(self, well: str) -> tuple[Path, ...]:
        """Those that ``well`` takes: "person", "garment", "motion" or "window"."""
        if self.meant not in ("", well) and well != "window":
            return ()
        return tuple(path for path in self.files if kinds(path) & TAKES[well])

    def left_out(self, well: str) -> str:
        """Names of files that ``well`` doesn't take, in a line; "" if it takes all."""
        taken = self.files_for(well)
        names = [path.name for path in (*self.files, *self.unknown) if path not in taken]
        if not names:
            return ""
        shown = ", ".join(names[:5]) + (f" (+{len(names) - 5})" if len(names) > 5 else "")
        return translate("Drops", "Left out, because it can't be used here: {names}").format(names=shown)

    def fits(self, well: str) -> bool:
        """Whether a drop on ``well`` would do something."""
        if self.template:
            return well in ("motion", "window")
        return bool(self.files_for(well)) or (self.pixels and well != "motion")

    def objection(self, well: str) -> str:
        """Why ``well`` takes none of it, with what to do instead; "" if it does."""
        if self.fits(well):
            return ""
        if self.refusal:
            return self.refusal
        if well == "motion":
            return translate("Drops", "Motion takes a video, a motion file or a motion from the gallery.")
        if self.template:
            return translate("Drops", "This is a motion; drop it on Motion.")
        if self.meant:
            return translate("Drops", "This belongs to {well}; drop it there.").format(well=well_title(self.meant))
        kind = kinds(self.files[0]) if self.files else frozenset()
        if kind & TAKES["motion"]:
            return translate("Drops", "This is a motion; drop it on Motion.")
        return translate("Drops", "Drop a picture here: JPEG, PNG, WebP, TIFF, HEIC or AVIF.")


def well_title(well: str) -> str:
    """A well's name as designers read it."""
    return {
        "person": translate("Drops", "Person"),
        "garment": translate("Drops", "Garment"),
        "motion": translate("Drops", "Motion"),
    }[well]


def kinds(path: Path) -> frozenset[Kind]:
    """What a file may be used as, by its suffix; a GIF is a picture and a video, a folder holds OpenPose files."""
    suffix = path.suffix.lower()
    table = {Kind.picture: PICTURES, Kind.video: VIDEOS, Kind.motion: MOTIONS, Kind.project: PROJECTS}
    found = {kind for kind, suffixes in table.items() if suffix in suffixes}
    if not found and os.path.isdir(path):
        found = {Kind.motion}
    return frozenset(found)


def offered(mime: QMimeData) -> Offer:
    """What ``mime`` holds; nothing is decoded or written."""
    meant = _text(mime, MEANT_MIME)
    if template := _text(mime, TEMPLATE_MIME):
        return Offer(template=template, meant="motion")
    urls = mime.urls() if mime.hasUrls() else _urls_in_text(mime)
    local = tuple(dict.fromkeys(Path(url.toLocalFile()) for url in urls if url.isLocalFile()))
    there = [path for path in local if os.path.exists(path)]
    files = tuple(path for path in there if kinds(path))
    if files:
        unknown = tuple(path for path in there if not kinds(path))
        return Offer(files, unknown, meant=meant if meant in TAKES else "")
    if mime.hasImage() or _data_url(mime):
        return Offer(pixels=True)
    return Offer(refusal=_refusal(local, [url for url in urls if not url.isLocalFile()]))


def copied() -> QMimeData:
    """What is on the clipboard. Qt has no object for one that nobody has filled."""
    return QGuiApplication.clipboard().mimeData() or QMimeData()


def received(mime: QMimeData, folder: Path | None = None) -> Offer:
    """As ``offered``, but a picture without a file is written as PNG into ``folder`` and becomes the offer's file.

    folder: where pasted pictures are kept, by default among the studio's own files; in a folder of their own, which is
    named by the pixels: the same picture pasted twice is one file. Its name is what the page called it.
    """
    offer = offered(mime)
    if not offer.pixels:
        return offer
    image = _image(mime)
    if image.isNull():
        return Offer(refusal=translate("Drops", "The picture can't be read; save it in the browser and drop the file."))
    if image.width() * image.height() > MAX_PIXELS:
        return Offer(refusal=translate("Drops", "The picture is too large; save it smaller and drop the file."))
    try:
        return replace(offer, files=(_kept(image, folder or pasted_folder(), _called(mime)),), pixels=False)
    except InputError as error:
        return Offer(refusal=str(error))
    except OSError as error:
        reason = error.strerror or str(error)
        refusal = translate("Drops", "The picture can't be kept ({reason}); make room on the disk.")
        return Offer(refusal=refusal.format(reason=reason))


def pasted_folder() -> Path:
    """Where pictures that came without a file are kept: until a project holds them, this is the user's only copy."""
    return folders.state() / "pasted"


def file_filter(well: str) -> str:
    """The line of an open dialog for a well."""
    suffixes = PICTURES if well in ("person", "garment") else {*VIDEOS, *MOTIONS}
    patterns = " ".join(f"*{suffix}" for suffix in sorted(suffixes))
    if well in ("person", "garment"):
        return translate("Drops", "Pictures ({0});;All files (*)").format(patterns)
    return translate("Drops", "Videos and motions ({0});;All files (*)").format(patterns)


def _text(mime: QMimeData, form: str) -> str:
    return bytes(mime.data(form).data()).decode("utf-8", "replace") if mime.hasFormat(form) else ""


def _urls_in_text(mime: QMimeData) -> list[QUrl]:
    """A file or an address copied as text, one line of it."""
    if not mime.hasText():
        return []
    text = mime.text().strip().strip('"')
    if not text or "\n" in text or len(text) > 4096:
        return []
    if re.match(r"(https?|ftp|file)://", text, re.I):
        return [QUrl(text)]
    return [QUrl.fromLocalFile(text)] if Path(text).is_absolute() else []


def _data_url(mime: QMimeData) -> str:
    """The base64 of a picture that is its own address, as pages of small pictures have them; "" if there is none."""
    candidates = [url.toString() for url in mime.urls()] if mime.hasUrls() else []
    if mime.hasText():
        candidates.append(mime.text().strip())
    for text in candidates:
        if len(text) <= _MAX_TEXT and (head := _DATA_URL.match(text)):
            return text[head.end() :]
    return ""


def _image(mime: QMimeData) -> QImage:
    if mime.hasImage():
        image = mime.imageData()
        return image if isinstance(image, QImage) else QImage()
    try:
        data = base64.b64decode(_data_url(mime), validate=False)
    except (binascii.Error, ValueError):
        return QImage()
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()  # by the header: a bomb isn't decoded
    if size.isValid() and size.width() * size.height() > MAX_PIXELS:
        return QImage()
    return reader.read()


def _called(mime: QMimeData) -> str:
    """What a picture without a file is called: as on the page that it came from, or by when it came."""
    addresses = [url.path() for url in mime.urls()] if mime.hasUrls() else []
    if mime.hasHtml() and (source := re.search(r"<img[^>]*\ssrc=[\"']?([^\"'\s>]+)", mime.html()[:_MAX_HTML], re.I)):
        addresses.append(QUrl(source[1]).path())
    names = [re.sub(r"[^\w -]", " ", Path(address).stem).strip()[:48] for address in addresses]
    spoken = [name for name in names if re.search(r"[^\W\d_]{3}", name)]
    return spoken[0] if spoken else translate("Drops", "pasted {0}").format(datetime.now().strftime("%H.%M.%S"))


def _kept(image: QImage, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = image.convertToFormat(QImage.Format.Format_RGBA8888)  # rows without padding, whose bytes are anything
    digest = hashlib.sha256(f"{pixels.width()} x {pixels.height()}".encode())
    digest.update(pixels.constBits())
    own = folder / digest.hexdigest()[:16]
    own.mkdir(exist_ok=True)
    if there := sorted(own.glob("*.png")):
        return there[0]
    path = own / f"{name}.png"
    with written_whole(path) as partial:
        if not image.save(str(partial)):
            raise OSError("Qt gives no reason")
    return path


def _refusal(local: tuple[Path, ...], remote: list[QUrl]) -> str:
    if remote:
        text = translate("Drops", "Only the picture's address came from {place}; save the picture and drop the file.")
        return text.format(place=remote[0].host() or remote[0].scheme() or translate("Drops", "the web"))
    if local and not os.path.exists(local[0]):
        return translate("Drops", "{name} isn't there any more; choose the file again.").format(name=local[0].name)
    if local:
        return translate("Drops", "{name} is no picture, video, motion or project.").format(name=local[0].name)
    return translate("Drops", "There is no picture, video or motion in this.")
