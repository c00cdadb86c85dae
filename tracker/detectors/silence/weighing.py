"""The silence of a ship weighed: a transmitter switched off, against everything else that silences a ship.

Bayes' rule in odds, with each other explanation beside the one looked for::

    odds(ordinary) = sum over explanations of  prior / prior(off)  x  P(evidence | explanation) / P(evidence | off)
    p_ordinary     = odds / (1 + odds)

A transmitter switched off stays silent however long, well heard till the last report, whoever else is heard: its likelihoods are near
one, so each term below is the odds of one other explanation. No term is a limit: one that is large is outweighed by nothing, for
the sum is as large; several small ones add up.

``earshot``
    Nobody could hear her there: the probability of silence on the ways that she may have gone (``models.reception``), with
    reception lowered by what is heard of her less than of others, and by ``reception_caution``. Prior odds 1.
``chance``
    Her reports come irregularly, and this is one more long pause. The longer it is, against her longest of late, the rarer it is by chance,
    and more steeply than its length. Her longest is taken as at least ``PAUSE_BEATS`` of her mean interval: at rest none is noted, and a ship at
    anchor of whose reports every fourth is heard pauses for an hour now and then.
``stranger``
    She is hardly known: after ``n`` reports the next pause is the longest yet with probability ``1 / (n + 1)`` (rule of succession).
``weak``
    A weak or failing transmitter, or one going out of its own earshot. It fades: its last reports come rarer than its own usual, by more than its
    irregularity explains, and it is heard worse than others in the same places. Reports lost at random (slots that collide; 8 to 25 % is
    everyday) make a steady share below one and irregular intervals, and no trend.
``far_off``
    A weak transmitter that a receiver far away heard by night (ducting): the receivers near her hear the strong ones, never her, and in the morning the far one hears none of them. Where hardly
    anybody is heard since, the same may be true of a strong one.
``alone``
    Something that silences all ships there, such as the weather; each other one heard meanwhile is heard all the same with one chance in five.
``together``
    A receiver: three ships fallen silent together are a receiver (a share of ``(k + 1) / (n + 1)`` of its ships at random, against one ship in a hundred
    by itself); two may meet.
``alongside``
    Reduced power beside another ship: tankers cut their transmitters to 1 W while they lie together (Intertanko to IMO MEPC), and both are heard
    now and then only. Where the ship beside her is heard so, her own silence tells nothing.
``berth``
    A ship as slow as ships that berth or anchor, near a port: quays, sheds and other hulls hide it, and many switch off in a berth.
``habit``
    A feed that loses ships in good coverage by itself, such as an archive cut into trips: which of two kinds of feed this is, by what it lost so
    far (a Poisson count), times the share of silences that are its own in the one kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

PAUSE_BEATS: Final = 2.5
"""Her longest pause is taken as at least so many of her mean intervals: of fifteen that come by chance the longest is 2.7 on average."""
_TAIL: Final = 1.28
_TAIL_POWER: Final = 3.0
"""Odds of a pause ``x`` times her longest are ``_TAIL * x ** -_TAIL_POWER``: 0.02 at four times her longest of late, or ten reports missing.
Ours. Of ships under way 114 of 67,990 intervals at Vernon outgrew the longest of the three hours before, 38 fourfold; near Hiddensee 57 and
13 of 14,869; most of these began at berths and at the edge of what is heard, which the other terms weigh."""
_STRANGER: Final = 0.5
"""Rule of succession with Jeffreys' prior."""
_WEAK: Final = (0.02, 0.1)
"""Prior odds of a transmitter about to be lost, class A (12.5 W) and class B (2 W; ITU-R M.1371-5 annex 7)."""
_MEAN_SHARE_LOST: Final = 0.1
"""What a sound transmitter loses of its reports beyond what others do, as a mean of an exponential: half lose 7 % or more, one in twelve 25 %."""
_LATEST_RATE: Final = 0.15
"""Rate of the running mean of her latest intervals (``memory``); its variance is ``rate / (2 - rate)`` of that of one interval."""
_JITTER: Final = 0.15
"""Spread of intervals of which none is lost, as a share of their mean: windows of 40 to 60 s of an aggregator."""
_FLUKE: Final = 0.2
"""Chance that another ship near her way is heard although something silences her ship by place or time, and prior odds of that."""
_RECEIVER: Final = 0.05
_LOST_ALONE: Final = 0.01
_TOGETHER_MAY_MEET: Final = 1
_CUT: Final = 0.2
"""Prior probability of a feed that loses ships by itself."""
_HABITS: Final = (0.001, 0.008)
"""Losses for good in good coverage per stay, of a receiver network and of a feed cut into trips (US coast archive)."""
_HABITS_RETURN: Final = (0.004, 0.06)
"""Losses heard again under way per stay, of a network and of satellite passes."""
ALONGSIDE: Final = 1.0
"""Odds of reduced power where the ship beside her is at it: even."""
_FAR_OFF: Final = (0.1, 1.0)
"""Odds of a night's far receiver, class A and class B, where she was last heard by one that hears nobody near her way since: even for class B (ours). A duct over the sea lasts
some hours and carries 2 W far beyond the 20 or 30 km at which a coast station hears them (ITU-R P.452, P.834)."""
_PLACE_IS_HEARD: Final = 3
"""Where so many others are heard, a nearer receiver hears the place and would hear a class A transmitter, too."""
BERTH: Final = 1.0
"""Odds of a berth for a ship that slow near a port, till it is heard elsewhere: even."""
_LARGE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Odds:
    """Odds of each other explanation against a transmitter switched off."""

    earshot: float
    chance: float
    stranger: float
    weak: float
    far_off: float
    alone: float
    together: float
    alongside: float
    berth: float
    habit: float

    @property
    def p_ordinary(self) -> float:
        """Posterior probability that it was not switched off."""
        total = sum(getattr(self, one.name) for one in fields(self))
        return total / (1.0 + total)

    @property
    def decisive(self) -> str:
        """The likeliest of the other explanations."""
        return max((one.name for one in fields(self)), key=lambda name: float(getattr(self, name)))

    def without(self, *names: str) -> float:
        """The posterior where some explanations are left out."""
        total = sum(getattr(self, one.name) for one in fields(self) if one.name not in names)
        return total / (1.0 + total)


def chance(silent_s: float, longest_s: float, mean_s: float) -> float:
    """Odds of one more pause of a ship whose longest of late and mean interval are these."""
    if silent_s <= 0.0:
        return _LARGE
    longest_s = max(longest_s, PAUSE_BEATS * mean_s)
    return _TAIL * float(min(longest_s / silent_s, 10.0) ** _TAIL_POWER)


def stranger(reports: int) -> float:
    """Odds that a ship heard so many times has longer pauses than any seen yet."""
    return _STRANGER / (reports + 1.0)


def weak(trend: float, share: float, lost: float, *, class_b: bool) -> float:
    """Odds of a transmitter about to be lost.

    ``trend`` is her usual interval over her latest (1 at most), ``share`` what is heard of her against others in the same places (1 at
    most), ``lost`` the share of her own reports that do not come.
    """
    spread = math.sqrt(_LATEST_RATE / (2.0 - _LATEST_RATE) * (min(max(lost, 0.0), 0.6) + _JITTER**2))
    if trend >= 1.0:
        fades = 0.2  # one in ten of those that fade, one in two of those that do not
    else:
        off = min((1.0 / trend - 1.0) / spread, 6.0)
        fades = max(1.3 * spread * math.sqrt(2.0 * math.pi) * math.exp(off * off / 2.0), 0.2)
    faint = 1.25 * _MEAN_SHARE_LOST * math.exp((1.0 - share) / _MEAN_SHARE_LOST)
    return min(_WEAK[class_b] * fades * faint, _LARGE)


def far_off(heard: int, *, class_b: bool) -> float:
    """Odds of a receiver far away, where so many others are heard near her way since and none of them by the one that heard her last."""
    return _FAR_OFF[class_b] if class_b or heard < _PLACE_IS_HEARD else 0.0


def alone(heard: int) -> float:
    """Odds that nobody could be heard there and then, where so many others were."""
    return _FLUKE ** (heard + 1)


def together(lost: int, heard: int) -> float:
    """Odds of a receiver, where so many others fell silent with her and so many are heard."""
    others = lost - _TOGETHER_MAY_MEET
    if others <= 0:
        return 0.0
    n = others + heard
    by_itself = math.comb(n, others) * _LOST_ALONE**others * (1.0 - _LOST_ALONE) ** heard
    return min(_RECEIVER / (n + 1.0) / by_itself, _LARGE)


def habit(counted: float, stays: float, *, heard_again: bool) -> float:
    """Odds of a feed that loses ships by itself, after so many losses in good coverage in so many stays."""
    clean, cut = _HABITS_RETURN if heard_again else _HABITS
    log_odds = math.log(_CUT / (1.0 - _CUT)) + counted * math.log(cut / clean) - (cut - clean) * stays
    p_cut = 1.0 / (1.0 + math.exp(-min(max(log_odds, -700.0), 700.0)))
    own = p_cut * (1.0 - clean / cut)
    return own / (1.0 - own)
