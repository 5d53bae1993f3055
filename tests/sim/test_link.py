from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.link import Direction, Loss, Way, least_us
from sim.plan import LinkPlan
from twin.clock import NEVER_US
from twin.rng import Draws

SECOND_US = 1_000_000
DIRECTIONS: list[Direction] = ["up", "down"]

rates = st.floats(0.0, 1.0)
plans = st.builds(
    LinkPlan,
    uplink_least_us=st.integers(0, SECOND_US),
    downlink_least_us=st.integers(0, SECOND_US),
    jitter_us=st.integers(0, SECOND_US),
    loss=rates,
    duplication=rates,
    reordering=rates,
    retransmit_us=st.integers(1, SECOND_US),
)


def way(plan: LinkPlan, *, seed: int = 1, entity: str = "robot/r1", direction: Direction = "up") -> Way:
    return Way(entity=entity, direction=direction, plan=plan, draws=Draws(seed))


@given(plan=plans, seed=st.integers(0, 99), direction=st.sampled_from(DIRECTIONS), is_durable=st.booleans())
def test_nothing_arrives_before_the_least_latency(
    *, plan: LinkPlan, seed: int, direction: Direction, is_durable: bool
) -> None:
    link = way(plan, seed=seed, direction=direction)
    for now_us in range(0, 20 * SECOND_US, SECOND_US):
        for sent_us, at_us in link.flights(now_us, is_durable=is_durable):
            assert now_us <= sent_us
            assert sent_us + least_us(plan, direction) <= at_us


@given(plan=plans, seed=st.integers(0, 99), silent_until_us=st.integers(0, 10 * SECOND_US))
def test_durable_messages_are_late_but_never_lost(plan: LinkPlan, seed: int, silent_until_us: int) -> None:
    link = way(plan, seed=seed)
    link.silence(silent_until_us)
    for now_us in range(0, 20 * SECOND_US, SECOND_US):
        flights = link.flights(now_us, is_durable=True)
        assert len(flights) in {1, 2}
        assert all(sent_us >= silent_until_us for sent_us, _ in flights)


def test_a_clear_link_is_exactly_its_least_latency() -> None:
    assert way(LinkPlan(uplink_least_us=7)).flights(100, is_durable=False) == ((100, 107),)


def test_what_is_not_durable_is_lost_as_often_as_the_plan_says() -> None:
    link = way(LinkPlan(loss=0.3))
    lost = sum(not link.flights(0, is_durable=False) for _ in range(10_000))
    assert abs(lost / 10_000 - 0.3) < 0.02


def test_each_further_loss_of_a_durable_message_has_the_same_probability() -> None:
    link = way(LinkPlan(loss=0.5, retransmit_us=10))
    losses = [link.flights(0, is_durable=True)[0].sent_us // 10 for _ in range(10_000)]
    assert abs(sum(losses) / 10_000 - 1.0) < 0.05
    assert abs(losses.count(2) / 10_000 - 0.125) < 0.02


def test_silence_loses_states_and_commands() -> None:
    link = way(LinkPlan())
    link.silence(500)
    assert link.flights(499, is_durable=False) == ()
    assert len(link.flights(500, is_durable=False)) == 1


def test_draws_run_in_order_of_transmission_whatever_the_plan_makes_of_them() -> None:
    """A change of the plan changes what it causes, not the draws of what is sent later."""
    stormy = LinkPlan(jitter_us=SECOND_US)
    lossy = LinkPlan(jitter_us=SECOND_US, loss=0.9, duplication=0.9, reordering=0.9)
    steady, changed = way(stormy), way(stormy)
    for _ in range(5):
        steady.flights(0, is_durable=True)
    changed.change(lossy)
    for _ in range(5):
        changed.flights(0, is_durable=False)
    changed.change(stormy)
    assert changed.flights(9, is_durable=True) == steady.flights(9, is_durable=True)


def test_every_entity_and_direction_has_a_stream_of_its_own() -> None:
    plan = LinkPlan(jitter_us=SECOND_US)
    first = way(plan).flights(0, is_durable=True)
    assert way(plan).flights(0, is_durable=True) == first
    assert way(plan, entity="robot/r2").flights(0, is_durable=True) != first
    assert way(plan, direction="down").flights(0, is_durable=True) != first
    assert way(plan, seed=2).flights(0, is_durable=True) != first


# -- lost for good ----------------------------------------------------------------------------------------------------


def test_messages_of_the_types_named_are_lost_for_good_as_often_as_it_says_and_no_others() -> None:
    link = way(LinkPlan())
    link.lose(Loss(("a", "b"), 0.3))
    assert abs(sum(link.loses("b") for _ in range(10_000)) / 10_000 - 0.3) < 0.02
    assert not any(link.loses("c") for _ in range(100))


def test_a_loss_of_no_types_is_of_all() -> None:
    link = way(LinkPlan())
    link.lose(Loss((), 1.0))
    assert link.loses("a")


def test_two_losses_at_once_end_each_by_itself() -> None:
    link = way(LinkPlan())
    rare, all_ = Loss((), 0.0), Loss(("a",), 1.0)
    for loss in (rare, all_, all_):
        link.lose(loss)
    link.lose_no_more(all_)
    assert link.loses("a")
    link.lose_no_more(all_)
    assert not link.loses("a")
    assert link.clear_from_us == NEVER_US
    link.lose_no_more(rare)
    assert (link.losses, link.clear_from_us) == ((), 0)


def test_what_is_lost_for_good_moves_nothing_else() -> None:
    stormy = LinkPlan(jitter_us=SECOND_US, loss=0.5, duplication=0.5)
    plain, lossy = way(stormy), way(stormy)
    lossy.lose(Loss((), 0.5))
    for now_us in range(20):
        lossy.loses("a")
        assert plain.flights(now_us, is_durable=True) == lossy.flights(now_us, is_durable=True)


def test_each_loss_has_draws_of_its_own_whatever_the_others_hit() -> None:
    alone, beside = way(LinkPlan()), way(LinkPlan())
    alone.lose(Loss((), 0.0))
    beside.lose(Loss((), 1.0))
    for link in (alone, beside):
        link.lose(Loss((), 0.5))
    for _ in range(20):
        alone.loses("a")
        beside.loses("a")
    for link in (alone, beside):
        link.lose_no_more(link.losses[0])
    assert [alone.loses("a") for _ in range(50)] == [beside.loses("a") for _ in range(50)]
