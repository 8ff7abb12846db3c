"""Words after which a full stop needn't end a sentence, and words that start one. English, lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    "dr mr mrs ms mx messrs prof st mt ft gen sen rep gov pres capt cpt cmdr lt col maj sgt cpl pvt adm "
    "rev hon fr supt insp det atty amb sec vs v viz cf ca approx e.g i.e eg ie resp incl esp al assoc "
    "dept est univ mme mlle sra srta ing"
)
"""A stop after one of these never ends a sentence that goes on."""

NUMBERED = _words("no nos nr fig figs eq eqs vol vols p pp ch chap sec sect art ref refs op para pt tab n°")
"""Only abbreviations when a number follows."""

OPEN = _words(
    "inc ltd co corp plc llc gmbh bros jr sr esq etc ave blvd rd hwy bldg u.s u.k u.n e.u d.c a.m p.m "
    "am pm ph.d b.c a.d b.c.e c.e m.d b.a m.a m.sc b.sc ll.b d.phil p.s jan feb mar apr jun jul aug sep "
    "sept oct nov dec mon tue tues wed thu thur thurs fri sat sun min max hr hrs sq ft in lb lbs oz kg "
    "km cm mm ed eds trans ibid dist mfg natl intl govt tel ext misc cont repr"
)
"""Abbreviations that may end a sentence: it does where a word of STARTERS follows."""

WORDS = _words("in am sun mon sat wed mar min max no art sec fig ref ext")
"""Words in their own right too: abbreviations only before a small letter or a digit."""

FREE = _words("etc a.m p.m am pm")
"""Of OPEN, those after which any capital starts a sentence, but for the words of HOURS."""

HOURS = _words(
    "monday tuesday wednesday thursday friday saturday sunday et est edt ct cst cdt mt mst mdt pt pst "
    "pdt gmt utc bst cet cest eastern central mountain pacific local"
)

SHOUTS = _words("yahoo jeopardy oklahoma mamma")
"""Names that end in "!"."""

STARTERS = _words(
    "the a an this that these those he she it they we you i his her its their our my your in on at by "
    "for from with without after before during when while if as although though however but and so yet "
    "or nor because since then there here what who where why how which not no yes some many most "
    "several all both each every other another also moreover furthermore meanwhile thus therefore hence "
    "once until under over between among despite unlike according to of today yesterday tomorrow now "
    "later still even such please let did does do is are was were can could would should nobody "
    "everyone nothing everything it's he's she's they're we're i'm that's there's don't didn't isn't"
)
