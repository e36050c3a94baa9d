"""One definition asked of one engine and of the oracle."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.dataset import Dataset
from core.domain.definition import ReportDefinition
from core.errors import BroadsheetError, InvalidDefinition, InvalidInput
from core.query.validate import validate_definition
from tests.oracle.answer import Answer, Oracle
from tests.oracle.comparing import difference
from tests.oracle.engines import Engine
from tests.oracle.minimal import minimal
from tests.oracle.order import Undecided
from tests.oracle.pivot import TooManyColumns


class Verdict(StrEnum):
    """How an engine's answer compares with the oracle's."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"  #: hangs on the last bits of doubles


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it; `words` say what differs."""

    verdict: Verdict
    words: str = ""


def try_definition(definition: ReportDefinition, dataset: Dataset, oracle: Oracle, engine: Engine) -> Trial:
    """Ask both. What the oracle refuses the engine has to refuse, too."""
    answer: Answer | None
    try:
        answer = oracle.answer(definition, numbers_rows=engine.numbers_rows)
    except Undecided:
        return Trial(verdict=Verdict.UNDECIDED)
    except TooManyColumns:
        answer = None
    try:
        head, table = engine.ask(definition, dataset)
    except InvalidDefinition as error:
        if answer is None:
            return Trial(verdict=Verdict.SAME)
        return Trial(verdict=Verdict.DIFFERENT, words=f"refused: {error.user_message}")
    except BroadsheetError as error:
        return Trial(verdict=Verdict.DIFFERENT, words=f"{error.user_message} {error.__cause__}")
    words = "not refused" if answer is None else difference(head, table, answer)
    return Trial(verdict=Verdict.SAME if words is None else Verdict.DIFFERENT, words=words or "")


def smallest(definition: ReportDefinition, dataset: Dataset, oracle: Oracle, engine: Engine) -> ReportDefinition:
    """The smallest definition that comes of one that differs and differs, too."""

    def is_wrong(smaller: ReportDefinition) -> bool:
        try:
            validate_definition(smaller, dataset)
        except InvalidInput:
            return False
        return try_definition(smaller, dataset, oracle, engine).verdict is Verdict.DIFFERENT

    return minimal(definition, is_wrong)
