"""Words of the screens: choices that look alike must not be taken for each other."""

from uuid import uuid4

from pages.widgets.words import distinct


def test_labels_that_occur_twice_are_told_apart() -> None:
    labels = ["Revenue", "Usage", "Revenue", "Revenue (2)", "Revenue"]
    told = list(distinct({uuid4(): label for label in labels}).values())
    assert told[:3] == ["Revenue", "Usage", "Revenue (2)"]
    assert len(set(told)) == len(labels)
