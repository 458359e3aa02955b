from lading.cli.names import unknown


def test_an_unknown_name_is_told_with_the_known_and_of_none_that_there_are_none() -> None:
    assert str(unknown("step", "x", ["b", "a"])) == "the app has no step 'x': expected one of a, b"
    assert str(unknown("step", "x", [])) == "x: the app has no steps"
    assert str(unknown("service or step", "x", [])) == "x: the app has no services or steps"
