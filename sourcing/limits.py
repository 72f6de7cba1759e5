"""What an installation may choose of approaching people: how fresh, how often, who introduces, who words a draft."""

from pydantic import BaseModel, ConfigDict, Field


class LanguageModel(BaseModel):
    """A language model that may reword drafts; without an address there is none. The key is SOURCER_MODEL_KEY."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    name: str = ""
    timeout_seconds: float = Field(default=30, gt=0, le=120)


class Outreach(BaseModel):
    """How fresh a conversation must be, how often somebody is written to, and who words the draft."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fresh_months: int = Field(default=12, ge=1, le=12)
    cool_down_days: int = Field(default=90, ge=1, le=730)
    person_cap: int = Field(default=3, ge=1, le=50)
    person_cap_days: int = Field(default=365, ge=1, le=730)
    sender_cap: int = Field(default=50, ge=1, le=10_000)
    sender_cap_days: int = Field(default=7, ge=1, le=365)
    model: LanguageModel = LanguageModel()


class Team(BaseModel):
    """Whose colleagues are looked for: keys of our own people in the store, or ids of their accounts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: tuple[str, ...] = ()
