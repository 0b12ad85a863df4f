"""The request file: every fault has a sentence with its place, and what is written reads back the same."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.quota_requests import gate
from tailwise.domain.errors import RequestError
from tailwise.domain.plan import (
    Capacity,
    ClassQuota,
    Objective,
    PlanRequest,
    QuotaUnit,
    Reserve,
    Route,
    RouteShare,
    Share,
    SourceShare,
    Stream,
    StreamYield,
    Tier,
)
from tailwise.ops.progress import SILENT
from tailwise.planning.quota_plan import compute_plan, request_hash
from tailwise.planning.request_file import (
    CAPACITY_KEYS,
    CLASS_KEYS,
    PLAN_KEYS,
    RESERVE_KEYS,
    ROOT_KEYS,
    SHARE_KEYS,
    STREAM_KEYS,
    YIELD_KEYS,
    format_request,
    parse_request,
)

HELP = Path(__file__).parents[2] / "resources" / "help" / "quota-request.md"

CONTRACT = """
[plan]
name = "Sprint 12"
start = 2026-11-23
weeks = 2
unit = "objects"                 # what targets count
objective = "fewest_hours"
seed = 7
[capacity]
label_hours = [120, 110.5]
review_hours = 40
items_per_week = 1000
[[class]]
name = "Wheelchair"
tier = "must-not-miss"
min_per_week = 200
target = 400
[[class]]
name = "Person"
tier = "nice-to-have"
easy_cap = 20
[[stream]]
name = "hospital entrances"
source = "Email"
route = "targeted"
available = 1200
seconds_per_item = 90
review_seconds_per_item = 20
share = [0.0, 0.4]
yields = { Wheelchair = 0.30, Person = { labelled = 200, found = 60 } }
[[source]]
name = "Email"
share = [0.2, 0.5]
[[route]]
name = "rule"
share = [0.0, 0.5]
[reserve]
discovery = 0.15
hard_negatives = 0.10
"""


def test_every_key_of_the_contract_is_read():
    assert parse_request(CONTRACT) == PlanRequest(
        weeks=2,
        name="Sprint 12",
        start=dt.date(2026, 11, 23),
        unit=QuotaUnit.OBJECTS,
        objective=Objective.FEWEST_HOURS,
        seed=7,
        capacity=Capacity((120.0, 110.5), (40.0, 40.0), (1000, 1000)),
        classes=(
            ClassQuota("Wheelchair", Tier.MUST_NOT_MISS, 200.0, 400.0),
            ClassQuota("Person", Tier.NICE_TO_HAVE, easy_cap=20),
        ),
        streams=(
            Stream(
                "hospital entrances",
                1200,
                source="Email",
                route=Route.TARGETED,
                seconds_per_item=90.0,
                review_seconds_per_item=20.0,
                share=Share(0.0, 0.4),
                yields=(StreamYield("Wheelchair", rate=0.3), StreamYield("Person", labelled=200, found=60)),
            ),
        ),
        sources=(SourceShare("Email", Share(0.2, 0.5)),),
        routes=(RouteShare(Route.RULE, Share(0.0, 0.5)),),
        reserve=Reserve(0.15, 0.1),
    )


@pytest.mark.parametrize(
    ("found", "written", "said"),
    [
        ("[capacity]", "[capacty]", "unknown key 'capacty'. The nearest known key is 'capacity'"),
        ("weeks = 2", "week = 2", "unknown key 'week' in [plan]. The nearest known key is 'weeks'"),
        ("min_per_week = 200", "min_per_weak = 200", "'min_per_weak' in [[class]] 'Wheelchair'. The nearest known key is 'min_per_week'"),
        ("available = 1200", "availible = 1200", "unknown key 'availible' in [[stream]] 'hospital entrances'"),
        ("labelled = 200", "labeled = 200", "in [[stream]] 'hospital entrances': yields: Person. The nearest known key is 'labelled'"),
        ("discovery = 0.15", "discovry = 0.15", "unknown key 'discovry' in [reserve]"),
        ("weeks = 2", 'weeks = "two"', "[plan]: weeks is 'two'. Give a whole number"),
        ("weeks = 2", "weeks = true", "[plan]: weeks is True"),
        ("weeks = 2", "weeks = 3", "label_hours has 2 entries for 3 weeks"),
        ("seed = 7", "seed = 7.5", "[plan]: seed is 7.5. Give a whole number"),
        ("start = 2026-11-23", 'start = "2026-11-23"', "without quotes"),
        ("start = 2026-11-23", "start = 2026-11-23T10:00:00", "without quotes"),
        ('"fewest_hours"', '"most_rares"', "Did you mean 'most_rare'? Use one of: fewest_hours, most_rare"),
        ('"must-not-miss"', '"must not miss"', "Did you mean 'must-not-miss'?"),
        ('route = "targeted"', 'route = "aimed"', "[[stream]] 'hospital entrances': route is 'aimed'. Use one of: targeted"),
        ('name = "rule"', 'name = "rules"', "Did you mean 'rule'?"),
        ("available = 1200\n", "", "[[stream]] 'hospital entrances' has no 'available'"),
        ("available = 1200", "available = -1", "stream 'hospital entrances': available is -1"),
        ('name = "Person"\n', "", "[[class]] number 2 has no 'name'"),
        ("share = [0.2, 0.5]", "share = 0.5", "[[source]] 'Email': share is 0.5. Give least and most"),
        ("share = [0.2, 0.5]", "share = [0.5, 0.2]", "[[source]] 'Email': share [0.5, 0.2] is not a range"),
        ("share = [0.2, 0.5]", 'share = ["a", 0.2]', "[[source]] 'Email': share is 'a'. Give a number"),
        ("items_per_week = 1000", "items_per_week = 999.5", "items_per_week is 999.5. Give a whole number"),
        ("review_hours = 40", "review_hours = inf", "review_hours is inf. Give a number that is not infinite"),
        ("review_hours = 40", "review_hours = nan", "review_hours is nan"),
        ("target = 400", "target = 1" + "0" * 400, "Give a number that is not infinite"),
        ("Wheelchair = 0.30", "Wheelchair = [1]", "yields: Wheelchair is [1]. Give a number"),
        ("labelled = 200, ", "", "yields: Person has no 'labelled'"),
        ("[reserve]", "[[reserve]]", "reserve is [{'discovery': 0.15"),
        ("[[class]]", "[class]", "not valid TOML"),
        ("weeks = 2", "weeks = ", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(found, written, said):
    assert found in CONTRACT
    with pytest.raises(RequestError) as caught:
        parse_request(CONTRACT.replace(found, written), "sprint.toml")
    assert caught.value.summary.startswith("sprint.toml: ")
    assert said in caught.value.sentence


def test_brackets_nested_without_end_are_a_fault_of_the_file():
    with pytest.raises(RequestError, match="brackets are nested"):
        parse_request("a = " + "[" * 20_000, "sprint.toml")


def test_a_byte_order_mark_is_no_fault():
    assert parse_request("\ufeff" + CONTRACT) == parse_request(CONTRACT)


def test_the_example_of_the_help_is_a_request_that_can_be_met():
    [example] = re.findall(r"```toml\n(.*?)```", HELP.read_text(encoding="utf-8"), re.DOTALL)
    request = parse_request(example)
    outcome = compute_plan(request, SILENT)
    assert outcome.reasons == ()
    assert dict(outcome.shortfall) == {"Wheelchair": 0.0, "Person": 0.0}
    assert outcome.lines[0].start == dt.date(2026, 11, 23)


def test_the_help_names_every_key_of_the_request_and_of_the_answer():
    text = HELP.read_text(encoding="utf-8")
    keys = {*PLAN_KEYS, *CAPACITY_KEYS, *CLASS_KEYS, *STREAM_KEYS, *YIELD_KEYS, *SHARE_KEYS, *RESERVE_KEYS}
    assert [key for key in keys if f"| `{key}` |" not in text] == []
    assert [key for key in ROOT_KEYS if f"## [{key}]" not in text and f"[[{key}]]" not in text] == []
    answer = compute_plan(gate(30), SILENT).as_json()
    parts = [answer, answer["lines"][0], answer["totals"], answer["weeks"][0], answer["risk"][0], answer["reasons"][0]]
    assert [key for part in parts for key in (*part, "extra_hours", "rules") if f"`{key}`" not in text] == []


names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12).filter(
    lambda s: s.strip() and s.isprintable()
)
amounts = st.one_of(st.integers(0, 10_000).map(float), st.floats(0.0, 1e6))
pairs = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda pair: Share(min(pair), max(pair)))


@st.composite
def any_requests(draw):
    weeks = draw(st.integers(1, 4))

    def weekly(values):
        return draw(st.none() | st.tuples(*[values] * weeks) | values.map(lambda v: (v,) * weeks))

    class_names = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    yields = st.one_of(
        st.builds(StreamYield, names, rate=amounts),
        st.builds(StreamYield, names, labelled=st.integers(1, 500), found=amounts, prior=st.none() | amounts),
    )
    streams = [
        Stream(
            name,
            draw(st.integers(0, 10**9)),
            source=draw(st.none() | names),
            route=draw(st.sampled_from(Route)),
            seconds_per_item=draw(amounts),
            review_seconds_per_item=draw(amounts),
            share=draw(st.none() | pairs),
            yields=tuple(draw(st.lists(yields, max_size=3, unique_by=lambda y: y.class_name))),
        )
        for name in draw(st.lists(names, max_size=3, unique=True))
    ]
    sources = sorted({s.source for s in streams if s.source is not None})
    return PlanRequest(
        weeks=weeks,
        name=draw(names),
        start=draw(st.none() | st.dates()),
        unit=draw(st.sampled_from(QuotaUnit)),
        seed=draw(st.integers(0, 2**63 - 1)),
        capacity=Capacity(weekly(amounts), weekly(amounts), weekly(st.integers(0, 10**9))),
        classes=tuple(
            ClassQuota(name, draw(st.sampled_from([Tier.NICE_TO_HAVE, Tier.EXPERIMENTAL])), draw(amounts), draw(st.none() | amounts), draw(st.none() | st.integers(0, 99)))
            for name in class_names
        ),
        streams=tuple(streams),
        sources=tuple(SourceShare(name, draw(pairs)) for name in sources),
        routes=tuple(RouteShare(r, draw(pairs)) for r in draw(st.lists(st.sampled_from(Route), unique=True))),
        reserve=Reserve(draw(st.just(0.0) | st.floats(0.1, 1.0)), draw(st.floats(0.0, 1.0))),
    )  # fmt: skip


@given(any_requests())
def test_what_is_written_reads_back_as_the_same_request(request_):
    assert parse_request(format_request(request_)) == request_


@given(any_requests())
def test_the_hash_of_a_request_does_not_depend_on_the_order_of_its_rows(request_):
    reverse = PlanRequest(
        **{
            field: getattr(request_, field)[::-1]
            if field in {"classes", "streams", "sources", "routes"}
            else getattr(request_, field)
            for field in PlanRequest.__dataclass_fields__
        }
    )
    assert request_hash(reverse) == request_hash(request_)
