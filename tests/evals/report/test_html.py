import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from evals.compare import Difference
from evals.report import html
from evals.report.payload import embed, payload
from evals.result import Answered, Asked, Estimate, Record, Report, SuiteResult, SystemResult

Whole = tuple[Report, list[Record]]
HOSTILE = [
    "</script><script>hurt()</script>",
    "<!--<script>",
    "<img src=x onerror=hurt()>",
    "]]>\u2028\u2029",
    '"><svg onload="hurt()">',
    "{{ 7*7 }}{% raw %}",
    "\ud800 lone",
]


class Reader(HTMLParser):
    """Notes tags, attributes and what stands in scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        self.inside.setdefault(tag, [])

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style"):
            self.inside[self._open].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(whole: Whole, difference: Difference) -> str:
    return html.render(*whole, difference)


def hostile(text: str) -> tuple[Report, list[Record]]:
    """A report and a record of which every part that comes from outside is `text`."""
    clean = text.encode("utf-8", "replace").decode()
    system = SystemResult(
        name=clean,
        fingerprint=clean,
        about={clean: clean},
        estimates=[Estimate(measure=clean, value=0.5, n=1, groups=1, note=clean, about=clean)],
        slices={clean: {clean: [Estimate(measure=clean, value=0.5, n=1, groups=1)]}},
        failures=1,
        samples=[],
    )
    suite = SuiteResult(
        suite=clean, version=1, about=clean, data=clean, digest=clean, seed=0, limit=None, system=system,
        baselines=[system],
    )  # fmt: skip
    record = Record(
        suite=clean,
        system=clean,
        sample=Asked(id=clean, input={clean: clean}, target=clean, group=clean, tags={clean: clean}),
        digest="d",
        output=Answered(answer=text, passages=[clean], trace={"support": clean, clean: [clean]}),
        error=clean,
        scores={clean: 1.0},
    )
    return Report(versions={clean: clean}, suites=[suite], skipped={clean: clean}), [record]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_outside_becomes_markup(text: str) -> None:
    report, records = hostile(text)
    read = Reader(html.render(report, records))
    assert [tag.get("type") for tag in read.named("script")] == ["application/json", None]
    assert not read.named("img")
    assert not [name for _, attributes in read.tags for name in attributes if name.startswith("on")]
    data = json.loads(read.inside["script"][0])
    assert data["records"][0]["answer"] == text


def test_the_page_fetches_nothing(page: str) -> None:
    read = Reader(page)
    assert {tag for tag, _ in read.tags}.isdisjoint({"link", "img", "iframe", "object", "embed", "base"})
    assert not [tag for tag, attributes in read.tags if "src" in attributes or "style" in attributes]
    assert all((tag.get("href") or "#").startswith("#") for tag in read.named("a"))
    assert "url(" not in "".join(read.inside["style"])
    assert "@import" not in "".join(read.inside["style"])


def test_the_policy_allows_the_pages_own_script_and_style_only(page: str) -> None:
    policy = next(tag["content"] or "" for tag in Reader(page).named("meta") if "http-equiv" in tag)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("script", "style"):
        (text,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        signed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{signed}'" in policy


def test_every_suite_has_its_section_table_and_verdict(page: str, whole: Whole) -> None:
    for place, result in enumerate(whole[0].suites):
        assert f'<section id="suite-{place}"' in page
        assert result.suite.replace("_", " ") in page
    assert '<td class="num strong">61.7 %</td>' in page
    assert page.count("AUROC 76.2 (74.1–78.3)") == 2
    assert "Model home can&#39;t call tools." in page
    assert "not defined: applies to none of the samples" in page
    assert "1 of 3 tested figures got significantly worse" in page


def test_references_within_the_page_lead_somewhere(page: str) -> None:
    read = Reader(page)
    ids = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    wanted = {(tag.get("href") or "")[1:] for tag in read.named("a")}
    wanted |= {
        attributes["aria-labelledby"] for _, attributes in read.tags if "aria-labelledby" in attributes
    }
    assert wanted <= ids
    assert len(ids) == sum("id" in attributes for _, attributes in read.tags)


def test_a_judge_of_probabilities_gets_a_reliability_diagram(page: str) -> None:
    assert page.count('class="draw square"') == 1


def test_without_records_there_is_no_browser(whole: Whole) -> None:
    page = html.render(whole[0], [])
    assert 'id="samples"' not in page
    assert "application/json" not in page
    assert html.render(Report(suites=[]), []).count("No suite has a headline figure.") == 1


def test_the_same_report_gives_the_same_page(whole: Whole, page: str, difference: Difference) -> None:
    assert html.render(*whole, difference) == page


@pytest.mark.parametrize("text", HOSTILE)
def test_embedded_json_has_no_markup_and_reads_back(text: str) -> None:
    made = embed({"a": [text]})
    assert made.isascii()
    assert not set(made) & set("<>&")
    assert json.loads(made) == {"a": [text]}


def test_a_question_is_written_once_for_all_systems(whole: Whole) -> None:
    report, records = whole
    data = payload(report, records)
    assert len(data["records"]) == len(records)
    assert len(data["samples"]) == len({(record.suite, record.digest) for record in records})
    for record, made in zip(records, data["records"], strict=True):
        assert data["samples"][made["s"]]["id"] == record.sample.id


def test_records_are_marked_right_wrong_or_neither(whole: Whole) -> None:
    report, records = whole
    made = payload(report, records)["records"]
    marks = {(one.suite, one.sample.id): row["wrong"] for one, row in zip(records, made, strict=True)}
    failed = next(record for record in records if record.error)
    assert marks[failed.suite, failed.sample.id] is None
    for record, row in zip(records, made, strict=True):
        if record.suite == "judge":
            assert row["wrong"] is (record.scores["right"] == 0)
        if record.suite == "answers":
            assert row["wrong"] is True


def test_a_suite_from_elsewhere_is_marked_by_its_measures_names() -> None:
    system = SystemResult(
        name="m",
        fingerprint="f",
        estimates=[
            Estimate(measure="harm", value=0.5, n=2, groups=2, primary=True, better="lower"),
        ],
        samples=[],
    )
    suite = SuiteResult(
        suite="from_a_plugin",
        version=1,
        about="",
        data="built-in",
        digest="",
        seed=0,
        limit=None,
        system=system,
    )
    records = [
        Record(
            suite="from_a_plugin",
            system="m",
            sample=Asked(id=str(harm)),
            digest=str(harm),
            scores={"harm": harm},
        )
        for harm in (0.0, 1.0, None)
    ]
    made = payload(Report(suites=[suite]), records)["records"]
    assert [one["wrong"] for one in made] == [False, True, None]


def test_samples_that_moved_against_the_baseline_can_be_found(whole: Whole, difference: Difference) -> None:
    moved = payload(*whole, difference)["moved"]
    assert len(moved["chat_memory"]["lost"]) == 14
    assert moved["chat_memory"]["won"] == ["dialogue-000"]
    assert "answers" not in moved
