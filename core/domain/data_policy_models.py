"""The JSON form of a data policy, the same in the API and in the database: parse strictly, dump canonically."""

from typing import Any
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError

from core.domain.data_policy import EVERYONE, Audience, ColumnRule, DataPolicy, GroupSize, RowRule, Treatment, Unmatched
from core.domain.definition_json import KEPT_KEYS
from core.domain.filter_models import GroupModel, check_all_on, check_depth
from core.domain.json_form import Model, check_size, dump_value, first_mistake
from core.domain.json_values import Name
from core.errors import InvalidDataset

MAX_BYTES = 1_000_000
MAX_RULES = 200
_MAX_LEAST = 1_000_000


class AudienceModel(Model):
    """For whom something holds: those who are named, or all except them."""

    all_except: StrictBool = Field(False, description="Everybody but those who are named.")
    roles: tuple[Name, ...] = Field((), max_length=MAX_RULES, description="Names of roles.")
    groups: tuple[UUID, ...] = Field((), max_length=MAX_RULES, description="Ids of groups.")
    people: tuple[UUID, ...] = Field((), max_length=5000, description="Ids of people.")

    def build(self) -> Audience:
        """The audience."""
        return Audience(**self.parts())


_EVERYONE = AudienceModel(all_except=EVERYONE.all_except)


class RowRuleModel(Model):
    """Rows that exist for an audience."""

    name: Name = Field(description="What the rule is called.")
    audience: AudienceModel = Field(_EVERYONE, description="For whom the rule is.")
    filters: GroupModel = Field(
        description="Which rows they see. A condition's `parameter` names an attribute of the person."
    )
    group: StrictStr = Field("", max_length=100, description="Rules of one group are joined with or, others with and.")

    def build(self) -> RowRule:
        """The rule."""
        return RowRule(**self.parts())


class ColumnRuleModel(Model):
    """What an audience gets of some fields."""

    fields: tuple[Name, ...] = Field(min_length=1, max_length=MAX_RULES, description="Names of fields.")
    treatment: Treatment = Field(description="What becomes of them.")
    audience: AudienceModel = Field(_EVERYONE, description="For whom.")

    def build(self) -> ColumnRule:
        """The rule."""
        return ColumnRule(fields=self.fields, treatment=self.treatment, audience=self.audience.build())


class GroupSizeModel(Model):
    """The smallest number of rows that a figure may be of."""

    least: StrictInt = Field(ge=2, le=_MAX_LEAST, description="How many rows a figure is of at least.")
    audience: AudienceModel = Field(_EVERYONE, description="For whom.")

    def build(self) -> GroupSize:
        """The smallest number."""
        return GroupSize(**self.parts())


class DataPolicyModel(Model):
    """Which rows and fields of a dataset exist for whom."""

    rows: tuple[RowRuleModel, ...] = Field((), max_length=MAX_RULES, description="Rules about rows.")
    unmatched: Unmatched = Field(Unmatched.NONE, description="What those see for whom none of these rules is.")
    columns: tuple[ColumnRuleModel, ...] = Field((), max_length=MAX_RULES, description="Rules about fields.")
    group_size: GroupSizeModel | None = Field(None, description="The smallest number of rows of a figure.")

    def build(self) -> DataPolicy:
        """The policy."""
        return DataPolicy(**self.parts())


def parse_policy(data: object) -> DataPolicy:
    """Read a policy. Raises InvalidDataset with its place."""
    if not isinstance(data, dict):
        raise InvalidDataset("A data policy is a JSON object.", place="")
    check_size(data, what="A data policy", max_bytes=MAX_BYTES, refuse=InvalidDataset)
    try:
        model = DataPolicyModel.model_validate(data)
    except ValidationError as error:
        place, words = first_mistake(error)
        raise InvalidDataset(words, place=place) from error
    check_depth(model, refuse=InvalidDataset)
    check_all_on(model, refuse=InvalidDataset)
    return model.build()


def load_policy(stored: object) -> DataPolicy | None:
    """Read what is stored; None: the dataset has no policy."""
    return None if stored is None else parse_policy(stored)


def dump_policy(policy: DataPolicy) -> dict[str, Any]:
    """The canonical JSON of a policy with all keys."""
    return {
        "rows": [dump_value(rule, whole=True, kept=KEPT_KEYS) for rule in policy.rows],
        "unmatched": str(policy.unmatched),
        "columns": [dump_value(rule, whole=True) for rule in policy.columns],
        "group_size": None if policy.group_size is None else dump_value(policy.group_size, whole=True),
    }
