"""Which commands to act on: each action at most once, none after it expired, none under an older epoch."""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from twin.clock import US_PER_S, instant_us
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command, CommandData, Reply
from twin.messages.reply import CommandAccepted, CommandExpired, CommandRejected, ReplyData
from twin.messages.robot import RECENT_ACTIONS_MAX, ActionState, RecentAction

ACTIONS_REMEMBERED_MAX: Final = 4096
"""Actions a gate knows again; with the horizon, room for more than one a second without end."""
REISSUE_HORIZON_US: Final = 3_600 * US_PER_S
"""A backend may issue an action again this long after its command expired; until then a gate forgets none."""
ANSWERED_REMEMBERED_MAX: Final = 1024
"""Refused messages a gate knows again; a copy later than that many others is answered once more, which is harmless."""

_ENDED: Final = frozenset({"FINISHED", "FAILED"})


class Verdict(NamedTuple):
    """What to do with a command: act on it if accepted, keep silent at a duplicate, else refuse it with `code`."""

    outcome: Literal["accepted", "duplicate", "rejected", "expired"]
    code: str | None = None
    detail: str = ""


_ACCEPTED = Verdict("accepted")
_DUPLICATE = Verdict("duplicate")


class KnownAction(Struct, frozen=True, kw_only=True):
    """An action that was accepted or rejected, how it stands, and until when copies of its command may be acted on."""

    action_id: str
    action_state: ActionState
    expires_us: int


class GateMemory(Struct, frozen=True, kw_only=True):
    """All that a gate must remember, over boots too: a copy may be on its way while the robot restarts."""

    highest_epoch: int = 0
    actions: tuple[KnownAction, ...] = ()
    answered: tuple[str, ...] = ()


class CommandGate:
    """Judges the commands to one entity. `commands_accepted` are the types it understands, as `order.assign.v1`.

    `memory` is what `remember` gave before a restart. Times are microseconds by the entity's own clock.
    """

    __slots__ = ("_actions", "_actions_max", "_answered", "_known_types", "_open", "highest_epoch")

    def __init__(
        self,
        commands_accepted: frozenset[str],
        *,
        memory: GateMemory | None = None,
        actions_max: int = ACTIONS_REMEMBERED_MAX,
    ) -> None:
        memory = GateMemory() if memory is None else memory
        self._known_types = commands_accepted
        self._actions_max = actions_max
        self._actions = {action.action_id: action for action in memory.actions}
        self._open = {it.action_id: None for it in memory.actions if it.action_state not in _ENDED}
        """Those that have not ended, in the order they came."""
        self._answered = deque(memory.answered, maxlen=ANSWERED_REMEMBERED_MAX)
        self.highest_epoch = memory.highest_epoch

    def judge(self, command: Command, now_us: int, *, objection: str | None = None, detail: str = "") -> Verdict:
        """What to do with `command` at `now_us`; each action is accepted at most once, ever.

        `objection` is the code of what the entity itself has against it (`busy`), `detail` its sentence; they are heard
        if nothing else stands against the command. A command refused for its epoch or its age does not use up its
        action: the backend may issue that again under a new message.
        """
        data = command.data
        assert isinstance(data, CommandData)
        if data.action_id in self._actions or command.id in self._answered:
            return _DUPLICATE
        if data.epoch < self.highest_epoch:
            return self._refuse(command, "epoch_stale", f"got epoch {data.epoch}, have seen {self.highest_epoch}")
        self.highest_epoch = data.epoch
        expires_us = instant_us(data.expires_at)
        if now_us > expires_us:
            self._answered.append(command.id)
            return Verdict("expired", "expired", f"it ended at {data.expires_at}")
        if command.type not in self._known_types:
            objection, detail = "unsupported", f"{command.type} is not understood here"
        if not self._make_room(now_us):
            return self._refuse(command, "too_many_commands", f"{self._actions_max} actions are open or recent")
        state: ActionState = "WAITING" if objection is None else "FAILED"
        self._actions[data.action_id] = KnownAction(action_id=data.action_id, action_state=state, expires_us=expires_us)
        if objection is None:
            self._open[data.action_id] = None
        return _ACCEPTED if objection is None else Verdict("rejected", objection, detail)

    def note(self, action_id: str, action_state: ActionState) -> None:
        """How an accepted action stands now."""
        self._actions[action_id] = replace(self._actions[action_id], action_state=action_state)
        if action_state in _ENDED:
            self._open.pop(action_id, None)

    def restarted(self) -> None:
        """The entity has started anew: what had not ended will not end."""
        for action_id in list(self._open):
            self.note(action_id, "FAILED")

    def recent_actions(self) -> tuple[RecentAction, ...]:
        """For the state: all that are open and the latest that ended, in the order they came, at most 32."""
        places_left = RECENT_ACTIONS_MAX - len(self._open)
        latest: list[KnownAction] = []
        open_before = dict(self._open)
        for action in reversed(self._actions.values()):  # stops soon: a state is said often, and much is remembered
            if action.action_id in open_before:
                del open_before[action.action_id]
                latest.append(action)
            elif places_left > 0:
                places_left -= 1
                latest.append(action)
            else:
                break
        chosen = [self._actions[action_id] for action_id in open_before] + latest[::-1]
        return tuple(
            [RecentAction(action_id=it.action_id, action_state=it.action_state) for it in chosen[-RECENT_ACTIONS_MAX:]]
        )

    def remember(self) -> GateMemory:
        """What to keep where a power cut spares it."""
        return GateMemory(
            highest_epoch=self.highest_epoch, actions=tuple(self._actions.values()), answered=tuple(self._answered)
        )

    def _refuse(self, command: Command, code: str, detail: str) -> Verdict:
        self._answered.append(command.id)
        return Verdict("rejected", code, detail)

    def _make_room(self, now_us: int) -> bool:
        """Forget, if there is no room, the oldest action that has ended and can not come again."""
        if len(self._actions) < self._actions_max:
            return True
        for action in self._actions.values():
            if action.action_state in _ENDED and action.expires_us + REISSUE_HORIZON_US < now_us:
                del self._actions[action.action_id]
                return True
        return False


_REPLIES: Final[dict[str, type[Reply]]] = {
    "accepted": CommandAccepted,
    "rejected": CommandRejected,
    "expired": CommandExpired,
}


def answer(emitter: Emitter, command: Command, verdict: Verdict, *, at_us: int) -> Reply | None:
    """The reply that tells the backend of a verdict; None for a duplicate, which has had its answer."""
    reply_type = _REPLIES.get(verdict.outcome)
    if reply_type is None:
        return None
    return reply(emitter, reply_type, command, at_us=at_us, code=verdict.code, detail=verdict.detail)


def reply(
    emitter: Emitter,
    reply_type: type[Reply],
    command: Command,
    *,
    at_us: int,
    code: str | None = None,
    detail: str = "",
) -> Reply:
    """A reply to `command`, in its correlation and caused by it."""
    data = command.data
    assert isinstance(data, CommandData)
    return emitter.emit(
        reply_type,
        ReplyData(command_id=command.id, action_id=data.action_id, code=code, detail=detail),
        at_us=at_us,
        correlation_id=command.correlationid,
        causation_id=command.id,
    )
