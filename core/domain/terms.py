"""Terms of a schedule: what must be true before a run's files go out, and what becomes of them where it is not."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError, model_validator

from core.domain.json_form import first_mistake
from core.domain.json_values import FiniteNumber, Name, refusal
from core.errors import InvalidInput


class ConditionKind(StrEnum):
    """What a run must find before anything is sent."""

    ALWAYS = "always"  #: nothing
    ROWS = "rows"  #: at least one row
    CHANGED = "changed"  #: another result than the last one that was delivered
    THRESHOLD = "threshold"  #: a measure beyond a number
    DEVIATION = "deviation"  #: a measure that moved by so many percent


class Against(StrEnum):
    """What a deviation is measured against."""

    PREVIOUS = "previous"  #: the run before
    MEDIAN = "median"  #: the median of the last `window` runs


class StaleThen(StrEnum):
    """What happens where the data is still too old at the deadline."""

    SKIP = "skip"  #: nothing is sent
    SEND = "send"  #: it is sent, marked as stale
    NOTIFY = "notify"  #: nothing is sent and the owner is told


class UnknownThen(StrEnum):
    """What happens to a delivery of which nobody can say whether it arrived."""

    RESEND = "resend"  #: once more, under the same reference
    HOLD = "hold"  #: until the owner decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An alert: the run sends only where it holds, with `until_recovers` only the first time in a row."""

    kind: ConditionKind = ConditionKind.ALWAYS
    measure: str | None = None  #: the measure's name in the definition
    op: str | None = None  #: threshold: > >= < <= = !=; deviation: up, down or either
    value: float | None = None  #: threshold: the number; deviation: percent
    against: Against = Against.PREVIOUS
    window: int = 5  #: runs that the median is taken of
    until_recovers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The newest value of `field` must be younger than `max_age_s` at the run's slot."""

    field: str
    max_age_s: int
    deadline_s: int  #: seconds after the slot that the run waits for fresh data
    then: StaleThen = StaleThen.SKIP


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A measure that moved by more than this against the median of the last runs is held for the owner's approval."""

    measure: str
    max_change_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """All terms of a schedule; a run copies them."""

    condition: Condition = Condition()
    freshness: Freshness | None = None
    hold: Hold | None = None
    unknown: UnknownThen = UnknownThen.RESEND


#: Comparisons of the kinds that look at a measure.
_OPS: dict[ConditionKind, tuple[str, ...]] = {
    ConditionKind.THRESHOLD: (">", ">=", "<", "<=", "=", "!="),
    ConditionKind.DEVIATION: ("up", "down", "either"),
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ConditionModel(_In):
    kind: ConditionKind = ConditionKind.ALWAYS
    measure: Name | None = None
    op: Literal[">", ">=", "<", "<=", "=", "!=", "up", "down", "either"] | None = None
    value: FiniteNumber | None = None
    against: Against = Against.PREVIOUS
    window: Annotated[StrictInt, Field(ge=2, le=100)] = 5
    until_recovers: StrictBool = False

    @model_validator(mode="after")
    def _fits(self) -> "_ConditionModel":
        """A condition on a measure says which, how and beyond what; the others say nothing of that."""
        ops = _OPS.get(self.kind)
        if ops is None:
            if self.measure is not None or self.op is not None or self.value is not None:
                raise refusal("This kind of condition takes no measure, comparison or value.")
            return self
        if self.measure is None or self.value is None:
            raise refusal("Name the measure and the value it is compared with.")
        if self.op not in ops:
            raise refusal(f"The comparison is one of {', '.join(ops)}.")
        if self.kind is ConditionKind.DEVIATION and self.value <= 0:
            raise refusal("Give the percentage as a number above 0.")
        return self


class _FreshnessModel(_In):
    field: Name
    max_age_s: Annotated[StrictInt, Field(ge=60, le=366 * 86_400)]
    deadline_s: Annotated[StrictInt, Field(ge=0, le=7 * 86_400)]
    then: StaleThen = StaleThen.SKIP


class _HoldModel(_In):
    measure: Name
    max_change_pct: Annotated[FiniteNumber, Field(gt=0)]


class _TermsModel(_In):
    condition: _ConditionModel = _ConditionModel()
    freshness: _FreshnessModel | None = None
    hold: _HoldModel | None = None
    unknown: UnknownThen = UnknownThen.RESEND


def parse_terms(data: object) -> Terms:
    """Read `{"condition"?, "freshness"?, "hold"?, "unknown"?}`. Raises InvalidInput with its place."""
    try:
        given = _TermsModel.model_validate(data)
    except ValidationError as error:
        place, message = first_mistake(error)
        raise InvalidInput(message, place=place) from error
    return Terms(
        condition=Condition(**dict(given.condition)),
        freshness=None if given.freshness is None else Freshness(**dict(given.freshness)),
        hold=None if given.hold is None else Hold(**dict(given.hold)),
        unknown=given.unknown,
    )


def dump_terms(terms: Terms) -> dict[str, Any]:
    """The JSON of terms, without those that are as usual."""
    given = _TermsModel.model_validate(asdict(terms))
    return given.model_dump(mode="json", exclude_defaults=True)
