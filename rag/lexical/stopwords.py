"""English words that say nothing of what a text is about."""

from __future__ import annotations

_WORDS = """
a an the this that these those such
i me my mine myself we our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
who whom whose which what when where why how
am is are was were be been being do does did done has have had having
will would shall should can could must ought
and or but nor so if then than because while whether though although
of at by for with about into onto to from in on upon as
not no there here eg ie etc
"""

STOPWORDS = frozenset(_WORDS.split())
"""Function words, in lower case. "us" and "may" aren't among them: a country and a month are written so."""
