"""Stage I of the paper: the co-attention mask network, from top to bottom as in its figure.

    person 192 x 144: picture, matte, poses -> human encoder   -> labels (M_r follows from them and the garment's kind)
    person 384 x 288: the same              -> parser          -> labels, closely: both say together what is what
    garment 256 x 256: picture, alpha       -> clothes encoder -> tokens at 1/16 (``garment_encoder``, trained before)
    both, and the joints of each            -> co-attention S  -> which place of the garment each place of the person wears
    attended features                       -> M_c^s
    M_c^t carried along F, poses t and t+1, clothes -> multi-frame branch: M_c^{t+1}

The person is seen once, a garment once; ``CoAttentionMasks`` joins a pair, ``MultiFrameMasks`` runs once a frame. A part
that has learned nothing says so (``idle``) and isn't run.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashionmirror_core.networks.blocks import (
    Conv,
    Down,
    ResidualBlock,
    StageNetwork,
    Up,
    adjust_mask,
    check_stage,
    is_zero,
    resize,
    warp,
    zero_conv,
)
from fashionmirror_core.networks.efficientnet import LEVELS, MEAN, STD, Lite, Merge
from fashionmirror_core.networks.garment_encoder import TOKEN_CHANNELS, TOKENS
from fashionmirror_core.networks.pose_maps import JOINTS, pose_maps
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.vocabulary import Category, Label

HEIGHT = 192  # rows in which the person is looked at, whatever the stage's size ...
PARSED_HEIGHT = 384  # ... and looked at closely, for the labels
WIDTH = 96  # channels of the decoders
FINE = 32  # ... at half the size
CLOTH = 64  # pixels, height and width of the square in which the garment's alpha is looked up
KEYS = 64  # channels in which person and garment are compared
SUMMARY = 64  # channels of what the multi-frame branch is told about the clothes
NO_CLOTH = -1e4  # the score of a token without cloth
STRIDE = 8  # rows of the person to a place of the co-attention
SHARPEST = 20.0  # 1 / tau, at a gain of one
NOWHERE = 4.0  # how much more "nothing" scores where the bones lead to no cloth at all than where to nothing else
WAVES = 4  # octaves in which the network is told a place
SHIFT = 0.1  # of the garment's square: by how much a place moves for a one of the network's
FROZEN = ("stem.", "stages.0.", "stages.1.")
"""The encoder's first layers, edges and colours, which stay as ImageNet has taught them."""


# ------------------------------------------------------------------------------------------------- the human encoder


class Human(NamedTuple):
    """A person as a human encoder of 192 rows sees them. labels: (N, 11, 96, w) logits of ``Label``. eighth, quarter: (N,
    96, ...) features at 1/8 and 1/4 of 192 rows; half: (N, 32, ...). joints: (N, 25, 3), pixels of the 192 rows.
    """

    labels: Tensor
    eighth: Tensor
    quarter: Tensor
    half: Tensor
    joints: Tensor


class HumanEncoder(Lite):
    """The person without the background, and the pose -> the label of each pixel. Its normalisation's statistics are
    ImageNet's in training, too: those of rendered people are not those of photos.

    size: 0 or 2, of the Lite. height: rows in which the person is looked at. The co-attention's has 0 and 192; 2 and 384 are
    the parser's, whose labels alone are asked for.
    """

    def __init__(self, size: int = 0, height: int = HEIGHT) -> None:
        super().__init__(size)
        self.height = height
        self.pose = nn.Conv2d(1 + JOINTS, self.channels[2], 3, padding=1, bias=False)
        nn.init.normal_(self.pose.weight, std=0.05)
        self.lateral = nn.Conv2d(self.channels[7], WIDTH, 1)
        self.up16 = Merge(WIDTH, self.channels[5], WIDTH)
        self.up8 = Merge(WIDTH, self.channels[3], WIDTH)
        self.up4 = Merge(WIDTH, self.channels[2], WIDTH)
        self.up2 = Merge(WIDTH, self.channels[1], FINE)
        self.labels = zero_conv(FINE, len(Label))

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: the parser is the analytic one."""
        return is_zero(self.labels)

    def train(self, mode: bool = True) -> HumanEncoder:
        super().train(mode)
        for module in (self.stem, self.stages):
            module.eval()
        return self

    def forward(self, image: Tensor, matte: Tensor, joints: Tensor) -> Human:
        """image: (N, 3, H, W), RGB in [0, 1]. matte: (N, 1, H, W). joints: (N, 25, 3), x and y in pixels of the image."""
        height, width = check_stage(image)
        size = (self.height, round(self.height / height * width / 16) * 16)
        alpha = resize(matte, size)
        person = resize((image - MEAN) * matte, size) + MEAN  # the background is grey: zero, once normalised
        scale = torch.tensor((size[1] / width, size[0] / height), device=joints.device)
        placed = torch.cat(((joints[..., :2] + 0.5) * scale - 0.5, joints[..., 2:]), dim=-1)
        poses = torch.cat((pose_maps(placed, *size, stride=4), F.avg_pool2d(alpha, 4)), dim=1)
        one, two, three, five, seven = self._levels(person.contiguous(memory_format=torch.channels_last), poses)
        eighth = self.up8(self.up16(F.relu6(self.lateral(seven)), five), three)
        quarter = self.up4(eighth, two)
        half = self.up2(quarter, one)
        return Human(self.labels(half).float(), eighth, quarter, half, placed)

    def _levels(self, person: Tensor, poses: Tensor) -> list[Tensor]:
        x, found = F.relu6(self.stem((person - MEAN) / STD)), []
        for number, stage in enumerate(self.stages, start=1):
            x = stage(x)
            if number == 2:
                x = x + self.pose(poses)
            if number in LEVELS:
                found.append(x)
        return found


# ------------------------------------------------------------------------------------- co-attention and the single frame


class Clothes(NamedTuple):
    """A garment as the co-attention sees it. tokens: (N, 193, 16, 16), ``GarmentEncoder.tokens``. joints: (N, 25, 3), where
    its wearer's would be (``garment.wearer``), x and y in [0, 1] of its square. cloth: (N, 1, 64, 64), its alpha.
    """

    tokens: Tensor
    joints: Tensor
    cloth: Tensor


class Pair(NamedTuple):
    """A person and a garment, joined. scores: S, (N, places, tokens + 1), the last is the "nothing" token; row by row,
    places at 1/8 of 192 rows, tokens at 1/16 of the garment's square. clothing: logits of M_c^s, (N, 1, 96, w). summary:
    (N, 64, 16, 16), the clothes and the person that attend to them, for the multi-frame branch.
    """

    scores: Tensor
    clothing: Tensor
    summary: Tensor

    @property
    def attention(self) -> Tensor:
        """(N, places, tokens + 1), rows sum to one: where on the garment each place of the person looks."""
        return self.scores.softmax(2)


class CoAttention(nn.Module):
    """S = norm(W_h f_h)^T norm(W_c f_c) / tau + the bones' say, softmaxed one way and the other. Tokens without cloth take
    no part.

    The bones' say, a Gaussian about the place to which the bones lead, is all there is at the start.
    """

    def __init__(self) -> None:
        super().__init__()
        self.human = nn.Conv2d(WIDTH, KEYS, 1)
        self.clothes = nn.Conv2d(TOKEN_CHANNELS, KEYS, 1)
        self.place = nn.Parameter(torch.empty(1, KEYS, TOKENS, TOKENS).normal_(std=0.5))
        self.nothing = nn.Parameter(torch.empty(KEYS).normal_())
        self.gain = nn.Parameter(torch.zeros(1))  # 1 / tau, as a share of the sharpest
        self.log_sigma = nn.Parameter(torch.zeros(1))  # of the Gaussian, in tokens

    def forward(self, human: Tensor, clothes: Tensor, places: Tensor, cover: Tensor) -> Tensor:
        """places: (N, h, w, 2), where the bones lead, in [0, 1] of the square. cover: (N, 1, h, w), whether on cloth."""
        query = F.normalize(self.human(human).flatten(2).float(), dim=1)
        keys = (self.clothes(clothes) + self.place).flatten(2).float()
        nothing = self.nothing.expand(len(keys), -1).unsqueeze(2)
        key = F.normalize(torch.cat((keys, nothing), dim=2), dim=1)
        scores = SHARPEST * self.gain * (query.transpose(1, 2) @ key)
        steps = (torch.arange(TOKENS, device=human.device) + 0.5) / TOKENS
        centres = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1).view(1, 1, -1, 2)
        away = (places.flatten(1, 2).unsqueeze(2) - centres).square().sum(3) * TOKENS**2
        say = -away / (2 * (2 * self.log_sigma).exp())
        scores = scores + torch.cat((say, NOWHERE * (0.5 - cover).flatten(1).unsqueeze(2)), dim=2)
        bare = F.pad(clothes[:, -1].flatten(1) < 0.02, (0, 1))
        return scores.masked_fill(bare.unsqueeze(1), NO_CLOTH)


class CoAttentionMasks(StageNetwork):
    """The single-frame branch. The bones of person and garment say what lies where; the network moves what they say (zero at
    the start), compares what it sees there, and draws M_c^s.

    attends: False is the ablation whose encoders never meet: the garment is its mean.
    """

    def __init__(self, attends: bool = True) -> None:
        super().__init__()
        self.attends = attends
        self.kind = nn.Linear(len(Category), WIDTH)
        self.mean = nn.Linear(TOKEN_CHANNELS, WIDTH)
        self.layout = nn.Linear(2 * 2 * JOINTS, WIDTH)
        self.lie = nn.Conv2d(TOKEN_CHANNELS + 4 * WAVES + 2, WIDTH, 1)
        self.before = ResidualBlock(WIDTH, normalised=True)
        self.towards = ResidualBlock(WIDTH, normalised=True)
        self.shift = zero_conv(WIDTH, 2)
        self.coattention = CoAttention()
        self.value = nn.Conv2d(TOKEN_CHANNELS, WIDTH, 1)
        self.join = Conv(2 * WIDTH + 1, WIDTH, kernel=1, normalised=True)
        self.after = ResidualBlock(WIDTH, normalised=True)
        self.skip_quarter, self.skip_half = nn.Conv2d(WIDTH, 64, 1), nn.Conv2d(FINE, FINE, 1)
        self.cover = nn.Conv2d(2, FINE, 3, padding=1)
        self.to_quarter, self.to_half = Up(WIDTH, 64, normalised=True), Up(64, FINE, normalised=True)
        self.head = zero_conv(FINE, 1)
        self.summary = nn.Conv2d(2 * WIDTH, SUMMARY, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: neither masks nor attention mean anything."""
        return is_zero(self.head)

    def forward(self, person: Human, clothes: Clothes, category: Tensor) -> Pair:
        """category: (N, 3), one-hot in the order of ``Category``."""
        tokens = clothes.tokens
        inside = tokens[:, -1:]
        mean = (tokens * inside).sum((2, 3)) / inside.sum((2, 3)).clamp_min(1e-3)
        worn = self.kind(category) + self.mean(mean)
        coarse, fine = ((x.shape[2], x.shape[3]) for x in (person.eighth, person.half))
        places = places_by_bones(clothes.joints, person.joints, fine, HEIGHT)
        at = F.avg_pool2d(places.permute(0, 3, 1, 2), STRIDE // 2).permute(0, 2, 3, 1)
        f_h = person.eighth + worn[:, :, None, None]
        if self.attends:
            f_h = f_h + self._by_bones(person, clothes, at)
        f_h = self.before(f_h)
        f_c = self.value(tokens)
        shift = self.shift(self.towards(f_h)).float() * SHIFT
        at = at + shift.permute(0, 2, 3, 1)
        scores = self.coattention(f_h, tokens, at, _sampled(clothes.cloth, at))
        seen = scores.softmax(2)[..., :-1]
        if self.attends:
            a_h = f_c.flatten(2) @ seen.transpose(1, 2).to(f_c.dtype)
            share = seen.sum(2)
        else:
            a_h = f_c.mean((2, 3)).unsqueeze(2).expand(-1, -1, seen.shape[1])
            share = torch.zeros_like(seen[..., 0])
        a_c = f_h.flatten(2) @ scores[..., :-1].softmax(1).to(f_h.dtype)
        x = torch.cat((f_h, a_h.unflatten(2, coarse), share.view(len(f_h), 1, *coarse).to(f_h.dtype)), 1)
        x = self.after(self.join(x))
        x = self.to_quarter(x, self.skip_quarter(person.quarter))
        skip = self.skip_half(person.half)
        if self.attends:
            moved = places + resize(shift, fine).permute(0, 2, 3, 1)
            skip = skip + self.cover(torch.cat([_sampled(clothes.cloth, where) for where in (places, moved)], 1))
        x = self.to_half(x, skip)
        summary = self.summary(torch.cat((f_c, a_c.unflatten(2, f_c.shape[2:])), 1))
        return Pair(scores, self.head(x).float(), summary.float())

    def _by_bones(self, person: Human, clothes: Clothes, at: Tensor) -> Tensor:
        """(N, 96, h, w): what of the garment lies where its bones lead, and how both skeletons stand."""
        trunk = person.joints[:, [Joint.NECK, Joint.MID_HIP], :2]
        length = (trunk[:, 0] - trunk[:, 1]).norm(dim=1).clamp_min(1.0).view(-1, 1, 1)
        standing = ((person.joints[..., :2] - trunk[:, 1:]) / length).clamp(-4, 4)
        layout = self.layout(torch.cat((standing, clothes.joints[..., :2].clamp(-2, 3)), 2).flatten(1))
        waves = torch.cat([torch.cat(((2**k * at).sin(), (2**k * at).cos()), 3) for k in range(WAVES)], 3)
        inside = torch.cat((at.clamp(-1, 2), waves), 3).permute(0, 3, 1, 2)
        lie = self.lie(torch.cat((_sampled(clothes.tokens, at), inside), 1))
        return lie + layout[:, :, None, None]


def _sampled(picture: Tensor, places: Tensor) -> Tensor:
    """(N, C, H, W) of the garment's square at places (N, h, w, 2) in [0, 1] of it -> (N, C, h, w); zero beyond it."""
    return F.grid_sample(picture, 2 * places - 1, align_corners=False)


def token_targets(places: Tensor, cover: Tensor) -> Tensor:
    """What S should be. places: (N, h, w, 2), where in the garment's square each place of the person looks, x and y in
    [0, 1]; cover: (N, h, w), how much of the place is cloth. Returns (N, h * w, tokens + 1), rows sum to one: each place is
    shared between its four nearest tokens, what is bare looks at nothing.
    """
    cells = (places * TOKENS - 0.5).clamp(0, TOKENS - 1).flatten(1, 2)
    steps = torch.arange(TOKENS, device=places.device, dtype=cells.dtype)
    across, down = ((1 - (cells[..., axis, None] - steps).abs()).clamp_min(0) for axis in (0, 1))
    near = (down.unsqueeze(3) * across.unsqueeze(2)).flatten(2)
    share = cover.flatten(1).unsqueeze(2)
    return torch.cat((near * share, 1 - share), dim=2)


def token_places(attention: Tensor) -> Tensor:
    """(N, places, tokens + 1) -> (N, places, 2): x and y in [0, 1] of the garment's square, the mean of the tokens
    around the likeliest.
    """
    weight = attention[..., :-1].unflatten(2, (TOKENS, TOKENS))
    peak = attention[..., :-1].argmax(2)
    steps = torch.arange(TOKENS, device=attention.device)
    rows = (steps - (peak // TOKENS).unsqueeze(-1)).abs() <= 1
    columns = (steps - (peak % TOKENS).unsqueeze(-1)).abs() <= 1
    local = weight * rows.unsqueeze(3) * columns.unsqueeze(2)
    total = local.sum((2, 3)).clamp_min(1e-9)
    x = (local.sum(2) * steps).sum(2) / total
    y = (local.sum(3) * steps).sum(2) / total
    return (torch.stack((x, y), -1) + 0.5) / TOKENS


# ------------------------------------------------------------------------------------------------ the multi-frame branch

_TRUNK = (
    (Joint.NECK, Joint.MID_HIP), (Joint.R_SHOULDER, Joint.R_HIP), (Joint.L_SHOULDER, Joint.L_HIP),
)  # fmt: skip
_LIMBS = (
    (Joint.R_SHOULDER, Joint.R_ELBOW), (Joint.R_ELBOW, Joint.R_WRIST), (Joint.L_SHOULDER, Joint.L_ELBOW),
    (Joint.L_ELBOW, Joint.L_WRIST), (Joint.R_HIP, Joint.R_KNEE), (Joint.R_KNEE, Joint.R_ANKLE),
    (Joint.L_HIP, Joint.L_KNEE), (Joint.L_KNEE, Joint.L_ANKLE), (Joint.NOSE, Joint.NECK),
)  # fmt: skip
_BONES = (*_TRUNK, *_LIMBS)
REACH = 0.03  # of the height: how fast a bone's say falls off beside it


def bone_flow(joints: Tensor, following: Tensor, height: int, width: int) -> Tensor:
    """F between two poses, from bones alone: (N, 2, height, width), pixels, from the next frame back to this one.

    joints, following: (N, 25, 3), pixels of such a frame. Each pixel goes along with the bones beside it, which turn and
    stretch.
    """
    starts, ends = (torch.tensor([bone[k] for bone in _BONES], device=joints.device) for k in (0, 1))
    from_start, to_start = following[:, starts, :2], joints[:, starts, :2]
    from_bone, to_bone = following[:, ends, :2] - from_start, joints[:, ends, :2] - to_start
    y, x = torch.meshgrid(
        torch.arange(height, device=joints.device, dtype=torch.float32),
        torch.arange(width, device=joints.device, dtype=torch.float32),
        indexing="ij",
    )
    grid = torch.stack((x, y), -1).view(1, 1, -1, 2)
    apart = grid - from_start.unsqueeze(2)
    length = from_bone.square().sum(-1).clamp_min(4.0)
    along = (apart * from_bone.unsqueeze(2)).sum(-1) / length.unsqueeze(-1)
    unit = from_bone / length.sqrt().unsqueeze(-1)
    aside = apart[..., 0] * -unit[:, :, None, 1] + apart[..., 1] * unit[:, :, None, 0]
    nearest = apart - along.clamp(0, 1).unsqueeze(-1) * from_bone.unsqueeze(2)
    say = -nearest.square().sum(-1) / (2 * (REACH * height) ** 2)
    known = torch.minimum(following[:, starts, 2], following[:, ends, 2])
    share = (say + known.clamp_min(1e-3).log().unsqueeze(-1)).softmax(1)
    to_unit = F.normalize(to_bone, dim=-1)
    beside = torch.stack((-to_unit[..., 1], to_unit[..., 0]), -1)
    within = along.clamp(0, 1)  # a bone stretches, what lies beyond its ends doesn't
    beyond = (along - within) * length.sqrt().unsqueeze(-1)
    landing = to_start.unsqueeze(2) + within.unsqueeze(-1) * to_bone.unsqueeze(2)
    landing = landing + beyond.unsqueeze(-1) * to_unit.unsqueeze(2) + aside.unsqueeze(-1) * beside.unsqueeze(2)
    flow = ((landing - grid) * share.unsqueeze(-1)).sum(1)
    return flow.transpose(1, 2).unflatten(2, (height, width))


def places_by_bones(lying: Tensor, joints: Tensor, size: tuple[int, int], height: int) -> Tensor:
    """Where in the garment's square each place of the person looks if cloth goes along with the bones beside it.

    lying: (N, 25, 3), the wearer's joints in the garment's picture (``garment.wearer``), x and y in [0, 1] of its square.
    joints: (N, 25, 3), the person's, in pixels of a picture of ``height`` rows. Returns (N, h, w, 2), x and y of the
    square, for a picture of ``size`` (h, w) of the same person.
    """
    scale = size[0] / height
    person = torch.cat(((joints[..., :2] + 0.5) * scale - 0.5, joints[..., 2:]), -1)
    trunk = [(points[:, Joint.NECK, :2] - points[:, Joint.MID_HIP, :2]).norm(dim=-1) for points in (person, lying)]
    pixels = (trunk[0] / trunk[1].clamp_min(1e-3)).view(-1, 1, 1).clamp_min(1.0)  # of the person, a side of the square
    there = torch.cat((lying[..., :2] * pixels, lying[..., 2:]), -1)
    flow = bone_flow(there, person, *size)
    y, x = torch.meshgrid(
        torch.arange(size[0], device=joints.device, dtype=torch.float32),
        torch.arange(size[1], device=joints.device, dtype=torch.float32),
        indexing="ij",
    )
    return (torch.stack((x, y), -1) + flow.permute(0, 2, 3, 1)) / pixels.unsqueeze(-1)


class CrossAttention(nn.Module):
    """Places of one feature map gather from another's tokens; zero effect at the start."""

    def __init__(self, channels: int, context: int, projected: int = 48) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, projected, 1)
        self.key_value = nn.Conv2d(context, 2 * projected, 1)
        self.leave = nn.Conv2d(projected, channels, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x: (N, C, h, w); context: (N, D, h', w') -> (N, C, h, w)."""
        key, value = self.key_value(context).flatten(2).chunk(2, dim=1)
        query = self.query(x).flatten(2).transpose(1, 2)
        scores = (query @ key).float() / key.shape[1] ** 0.5
        gathered = value @ scores.softmax(dim=2).transpose(1, 2).to(value.dtype)
        return x + self.leave(gathered.unflatten(2, x.shape[-2:]))


class MultiFrameMasks(StageNetwork):
    """M_c of frame t, carried to t + 1 along F, is corrected by both poses and the clothes.

    It looks at half of 192 rows and below; the correction is zero at the start.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (16, 32, 64, 96)) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = widths
        self.stem = Conv(1, half)
        self.pose = Conv(2 * JOINTS, quarter)
        self.to_quarter, self.at_quarter = Down(half, quarter), ResidualBlock(quarter)
        self.to_eighth, self.at_eighth = Down(quarter, eighth), ResidualBlock(eighth)
        self.to_sixteenth, self.at_sixteenth = Down(eighth, sixteenth), ResidualBlock(sixteenth)
        self.look_at_clothes = CrossAttention(sixteenth, SUMMARY)
        self.up_eighth, self.up_quarter, self.up_half = Up(sixteenth, eighth), Up(eighth, quarter), Up(quarter, half)
        self.head = zero_conv(half, 1)

    @property
    def idle(self) -> bool:
        """Whether it has learned nothing: M_c^{t+1} is what the bones carry."""
        return is_zero(self.head)

    def forward(self, mask: Tensor, joints: Tensor, following: Tensor, clothes: Tensor) -> tuple[Tensor, Tensor]:
        """mask: M_c^t, (N, 1, 192, w) in [0, 1]. joints, following: (N, 25, 3) of t and t + 1, pixels of the mask. clothes:
        ``Pair.summary``. Returns M_c^{t+1} (N, 1, 192, w) in [0, 1], and its logits.
        """
        height, width = check_stage(mask)
        carried = warp(mask, bone_flow(joints, following, height, width))
        half = self.stem(self.cast(resize(carried, (height // 2, width // 2))))
        poses = [pose_maps(points, height, width, stride=4) for points in (joints, following)]
        quarter = self.at_quarter(self.to_quarter(half) + self.pose(self.cast(torch.cat(poses, dim=1))))
        eighth = self.at_eighth(self.to_eighth(quarter))
        coarse = self.look_at_clothes(self.at_sixteenth(self.to_sixteenth(eighth)), self.cast(clothes))
        x = self.up_half(self.up_quarter(self.up_eighth(coarse, eighth), quarter), half)
        return adjust_mask(carried, resize(self.head(x).float(), (height, width)))
