"""A plan in words and marks."""

from lading.building.differences import Changed, Difference
from lading.cli.plan_shown import lines
from lading.releases.changes import Changes, Outcome, ServiceChange, Setting

CHANGES = Changes(
    (
        ServiceChange("ocr", Outcome.NEW),
        ServiceChange(
            "translate-de-en",
            Outcome.CHANGED,
            (
                Difference("python", changed=(Changed("", "3.11", "3.13"),)),
                Difference("wheels", ("scipy 1.14",), ("rich",), (Changed("numpy", "2.1", "2.2"),)),
                Difference("code", ("new.py",), (), (Changed("reader.py"),)),
                Difference("handler", changed=(Changed("", "", "reader:Reader"),)),
            ),
            (Setting("resources.memory", "512Mi", "1Gi"),),
        ),
        ServiceChange("detect", Outcome.CHANGED, (Difference("runtime"),)),
        ServiceChange("spell", Outcome.AGAIN, (Difference("base"), Difference("code"))),
        ServiceChange("tone", Outcome.STARTED),
        ServiceChange("old", Outcome.REMOVED),
        ServiceChange("a", Outcome.SAME),
        ServiceChange("b", Outcome.SAME),
    ),
    (Setting("port", "8080", "9090"),),
)


def test_every_service_has_a_mark_and_a_reason_and_what_stays_is_one_line() -> None:
    assert "\n".join(lines(CHANGES, ["c"])) == (
        "  + ocr              new\n"
        "  ~ translate-de-en  python: 3.11 → 3.13\n"
        "                     wheels: numpy 2.1 → 2.2, + scipy 1.14, - rich\n"
        "                     code: reader.py, + new.py\n"
        "                     handler: none → reader:Reader\n"
        "                     resources.memory: 512Mi → 1Gi\n"
        "  ~ detect           runtime: another version of Lading\n"
        "  ~ spell            made again (base, code); replaced if another image comes of\n"
        "                       it\n"
        "  + tone             starts, as it was\n"
        "  - old              removed\n"
        "  ~ gateway          port: 8080 → 9090\n"
        "  = 2 unchanged: a, b\n"
        "  = 1 not asked for: c"
    )


def test_of_many_parts_the_first_are_named_and_the_others_counted() -> None:
    files = tuple(Changed(f"module_number_{number}.py") for number in range(7))
    changes = Changes((ServiceChange("s", Outcome.CHANGED, (Difference("code", (), (), files),)),))
    assert list(lines(changes)) == [
        "  ~ s  code: module_number_0.py, module_number_1.py, module_number_2.py,",
        "         module_number_3.py and 3 more",
    ]


def test_no_line_is_wider_than_eighty_columns() -> None:
    names = [f"translate-{number}-to-another" for number in range(20)]
    changes = Changes(tuple(ServiceChange(name, Outcome.SAME) for name in names))
    assert max(map(len, lines(changes))) <= 80


def test_a_graph_in_place_of_a_handler_is_said_once_and_so_is_the_way_back() -> None:
    for before, after, said in (
        (("front:Front", ""), ("", "graph.json"), "handler front:Front → a graph"),
        (("", "front:Front"), ("graph.json", ""), "a graph → handler front:Front"),
    ):
        differences = (
            Difference("handler", changed=(Changed("", *before),)),
            Difference("graph", changed=(Changed("", *after),)),
            Difference("code", ("graph.json",), ("front.py",)),
            Difference("wheels", ("rich",)),
        )
        shown = lines(Changes((ServiceChange("front", Outcome.CHANGED, differences),), ()))
        assert list(shown) == [f"  ~ front  {said}", "           wheels: + rich"]
