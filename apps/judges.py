"""The judges of an evaluation: which there are, the one that a suite uses, and the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homespun.settings import Settings

if TYPE_CHECKING:
    from apps.systems import Systems
    from evals.suite import Suite
    from evals.verdicts import Choice


def judged(
    settings: Settings, systems: Systems, suite: Suite[Any], address: str | None
) -> tuple[Suite[Any], Choice | None]:
    """Returns a suite with the judge that was asked for, and the choice of the verdict on that judge.

    Args:
        settings: say where verdicts are kept.
        systems: make the judge.
        suite: any; one that uses no judge is returned as it is, with None.
        address: of the judge; None is the suite's own.

    Raises:
        UsageError: if there is no such judge, or it can't be made of this argument.
    """
    from evals.judged import JudgedSuite
    from evals.suite import System
    from evals.verdicts import choose

    if not isinstance(suite, JudgedSuite):
        return suite, None
    if address is not None:
        system = systems.judge(address)
        suite = suite.with_judge(system.call)
    else:
        judge = suite.judge
        system = System(judge.name, judge, judge.fingerprint, about={"threshold": judge.threshold})
    return suite, choose(system, settings.folder.evals)


def offline_judges(settings: Settings, model: str | None = None) -> list[str]:
    """Returns the addresses of the judges that need nothing beside what is here."""
    from apps import compose

    addresses = {"chat": f"chat:{model or settings.model}", "cross": None}
    listed = [addresses.get(name, name) for name in compose.judges(settings).listed()]
    return [address for address in listed if address is not None]
