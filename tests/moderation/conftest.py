import pytest
from judges import POLICY, CalmJudge

from moderation import embedded
from moderation.policy import ScreeningPolicy, load
from moderation.screening import Screener


@pytest.fixture(scope="session")
def policy() -> ScreeningPolicy:
    return load(POLICY)


@pytest.fixture(scope="session")
def model() -> embedded.EmbeddedModel:
    return embedded.load()


@pytest.fixture(scope="session")
def screener(policy, model) -> Screener:
    return Screener(policy, model)


@pytest.fixture(scope="session")
def rules(policy) -> Screener:
    """The rules alone: a judge that never minds."""
    return Screener(policy, CalmJudge())
