"""What the core remarks, in the user's language.

The core speaks English; its sentences are recognised by their templates and put together again from the translated ones.
A sentence that isn't in the table is shown as it is.
"""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QCoreApplication

TEMPLATES = (
    # Of a photo of a person.
    "No person was found; take a photo of one whole person, standing, seen from the front.",
    "The photo was reduced from {0} to {1} x {2} pixels; nothing to do.",
    "The photo lies on its side; {0}.",
    "The person lies on the side or stands on the head; {0}.",
    "The head is cut off; take a photo of the whole person, from head to feet.",
    "The hips are cut off; take a photo from the head to the hips at least, better to the feet.",
    "The person is too small in the picture: {0} pixels tall, at least {1} are needed; {2}.",
    "The person is too small in the picture; crop the picture to the person.",
    "The legs are hidden; take a photo of the whole person, from head to feet.",
    "The person is seen from the side; a photo from the front works better.",
    "The person seems to be seen from behind; a photo from the front works better.",
    "The top of the head is cut off; leave some room above the head.",
    "An arm or hand is hidden; let both arms hang free of the body.",
    "The person seems to sit or crouch; a standing person works better.",
    "Several people are in the photo: the largest is dressed; a photo of one person is safer.",
    "The person can't be told from the background; take a photo before a plainer one.",
    "The feet touch the picture's edge or are cut a little; leave some room below them.",
    "The photo ends above the feet: the person moves in place, and the picture's edge cuts what hangs below it; a photo "
    "from head to feet shows the whole look.",
    "The matte shows no person; use a photo with one whole person.",
    "Shoulders or hips are not in the picture; use a photo that shows the whole person.",
    "The person seems to be a child; bodies are fitted as grown-ups', so expect a wrong look.",
    "{0} doesn't fit a body in this pose; a photo with arms and legs in view works better.",
    "{0} don't fit a body in this pose; a photo with arms and legs in view works better.",
    "This picture shows a garment and no person; give it as the garment, and a photo of a person as the person.",
    # Of a picture of a garment.
    "No garment found, the picture looks like background only; use a picture of one garment with room around it.",
    "The garment fills the whole picture; use a picture with background on every side, or one with alpha.",
    "The cut-out is doubtful: the garment hardly differs from its background; look at it.",
    "The cut-out is doubtful: it is a plain rectangle, with no garment to be seen in it; look at it.",
    "The garment is cut off by the picture's border; use a picture that shows all of it.",
    "This looks like no top, skirt, trousers or dress, but like a shoe, a hat or something else; use a picture of a "
    "garment, or choose its category if it is one.",
    "It is doubtful whether this is a top, skirt, trousers or dress; look at it.",
    "This looks like no garment; it is worn because its category was chosen.",
    "Somebody wears the garment in this picture; use a picture of the garment alone, or paint only the garment into the "
    "cut-out.",
    "The garment was turned upright, by {0} degrees clockwise; turn it on if that is wrong.",
    "It isn't clear which way up the garment lies; turn it if it is shown wrongly.",
    "Several garments are in the picture: {0} is worn, {1} of {2}; pick another, crop the picture to one, or paint the "
    "others out of the cut-out.",
    "Several garments are in the picture: what is cut out is worn; crop the picture to one, or paint the others out of "
    "the cut-out.",
    "This looks like a jumpsuit: it is worn without its legs; use pictures of a top and of trousers instead.",
    "The category is doubtful: looks like {0}, perhaps {1}; choose it if it is wrong.",
    "The garment picture is too small; use one of at least 200 pixels on its longer side.",
    "The garment's shoulders, sides and hem can't be told apart; use a picture of the whole garment, spread out and seen "
    "from the front.",
    "No sleeves are seen. If the garment has some, they lie against it: use a picture with the sleeves apart from the "
    "body, or paint the gap between them into the cut-out.",
    "A sleeve is folded over the body: it is laid out beside it, and what it hides is taken from the other side.",
    "A sleeve isn't seen: it is taken from the other side.",
    "The front is of the category {0}, the back of {1}; give two pictures of one garment, or choose the category.",
    "The back's picture: {0}",
    "It looks like another kind of garment than the front; use a picture of the same one.",
    "The picture's transparency is only a frame (a stray pixel, round corners, a shadow, a vignette): the outline is found "
    "by the colours instead.",
    "A haze of {0} % around the cut-out was removed; nothing to do.",
    "The cut-out is see-through all over ({0} % opaque): it is taken as opaque; use an opaque one if it looks wrong.",
    "The picture is fully transparent; use one that shows a person or a garment.",
    # Of cloth on a person.
    "The cut {0} is none of the category {1}; choose {2}, or another category.",
    "It is stretched by up to {0}: it is cut too small for this body; choose a looser fit or another cut.",
    "{0} of its cloth lies inside the body: choose a looser fit or another cut.",
    "It slides down by {0} cm: nothing holds it up; choose another cut, or a slimmer fit.",
    "It doesn't come to rest: look at the clip; choose a heavier fabric or another cut.",
    "The top has one shoulder in its picture; it is cut with two.",
    "No sleeves are seen: they are cut from the trunk's cloth.",
    "Without shoulders in its picture it gets no sleeves; use another picture for them.",
    "The trousers lie folded; both legs are made from what is seen of one.",
    "One leg is longer than the other in the picture; the longer one is taken for both.",
    "The crotch is lower in the picture than on the body; it is taken further up.",
    "It is cut a little wider than its picture says: it would be too tight on this body.",
    "The cut-out has no cloth between its waist and its hem; paint it anew, or use another picture.",
    "The garment can't be put on this body; check its kind and its landmarks, or choose another cut.",
    # Of motions and videos.
    "The video has more than {0} frames; the rest isn't read.",
    "More than one person is seen in the video: one is followed; a video of one is safer.",
    "{0}: no person was found in any frame; take a video that shows a whole person, or crop it to the person if there is "
    "one.",
    "{0} of {1} frames show somebody else, or another view ({2}): the poses there are interpolated; a video of one person "
    "without cuts is safer.",
    "{0} of {1} frames show no person ({2}); their poses are interpolated.",
    "Unseen for more than {0} s and guessed: {1}.",
    "The feet are out of the picture most of the time, the legs are guessed; a whole person works better.",
    "The legs are never seen and are guessed; a motion of a whole person works better.",
    "The person is only {0} pixels tall in a picture of {1} x {2}; crop the video around the person.",
    "The first frame is the skeleton's pose at rest; it is left out.",
    "The motion is a single frame; the person stands still.",
    "The motion lay on its side; it was turned upright.",
    "The motion stood on its head; it was turned upright.",
    "The video is cut off: {0} frames were read; copy or export it again for the rest.",
    "The video is damaged: {0} frames were read, some may be wrong; copy or export it again.",
    "{0} has no frame that can be decoded; convert it to MP4 and try again.",
    "{0} is not a video that can be read; use {1}.",
    # Of files.
    "{0} is not a picture that can be read; use {1}.",
    "{0} is too large ({1} x {2}); scale it down to at most {3}.",
    "{0} is empty (0 bytes); copy or download it again.",
    "{0} doesn't exist; check the path.",
    "{0} may not be read; change its permissions.",
    "{0} is damaged or cut short; save or copy the picture again.",
    "The picture is an animation; its first frame is used.",
    "The picture is an animation; frame {0} is used, the first that shows something.",
)
PARTS = (
    "turn the picture upright and try again", "crop the picture to the person", "take a larger picture, from closer",
    "the left one", "the right one", "the upper one", "the lower one", "the middle one", "upper", "lower", "dress",
    "the left arm", "the right arm", "the left leg", "the right leg",
)  # fmt: skip
"""Words that stand in a template's places."""
_CONTEXT = "Remarks"
_PLACE = re.compile(r"\{(\d)\}")


def shown(remark: str) -> str:
    """A remark of the core in the user's language; as it is where the language or the remark isn't known."""
    for template in TEMPLATES:
        translated = QCoreApplication.translate(_CONTEXT, template)
        if translated != template and (found := _pattern(template).fullmatch(remark)):
            return translated.format(*(_part(text) for text in found.groups()))
    return remark


def _part(text: str) -> str:
    """A word, a list of words, another remark, or what has no language."""
    words = [word[:1].lower() + word[1:] for word in re.split(", | and ", text)]
    if all(word in PARTS for word in words):
        return QCoreApplication.translate(_CONTEXT, ", ").join(QCoreApplication.translate(_CONTEXT, w) for w in words)
    return QCoreApplication.translate(_CONTEXT, text) if text in PARTS else shown(text)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What the template makes, its places as groups in the order of their numbers."""
    pieces = _PLACE.split(template)
    assert pieces[1::2] == [str(number) for number in range(len(pieces) // 2)], template
    return re.compile("(.+?)".join(map(re.escape, pieces[::2])), re.DOTALL)
