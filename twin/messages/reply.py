"""Replies: the outcome of a command, said by its target alone.

Accepted, then completed or failed; or rejected or expired at once.
"""

from __future__ import annotations

from twin.ids import Name
from twin.messages.envelope import Data, MessageId, Reply, Text

_ANY_TARGET = frozenset({"robot", "yard", "door", "conveyor", "sorter", "operator"})


class ReplyData(Data, frozen=True, kw_only=True):
    """Which command (its message id and action), and if it did not go well a code and a sentence."""

    command_id: MessageId
    action_id: Name
    code: Name | None = None
    detail: Text = ""


class CommandAccepted(Reply, tag="command.accepted.v1", frozen=True, kw_only=True):
    """The target has taken the command on."""

    PUBLISHERS = _ANY_TARGET
    data: ReplyData


class CommandRejected(Reply, tag="command.rejected.v1", frozen=True, kw_only=True):
    """The target will not do it; `code` says why. Nothing was done."""

    PUBLISHERS = _ANY_TARGET
    data: ReplyData


class CommandCompleted(Reply, tag="command.completed.v1", frozen=True, kw_only=True):
    """It is done."""

    PUBLISHERS = _ANY_TARGET
    data: ReplyData


class CommandFailed(Reply, tag="command.failed.v1", frozen=True, kw_only=True):
    """The target began and could not end it; `code` says why."""

    PUBLISHERS = _ANY_TARGET
    data: ReplyData


class CommandExpired(Reply, tag="command.expired.v1", frozen=True, kw_only=True):
    """It came after its `expires_at`. Nothing was done."""

    PUBLISHERS = _ANY_TARGET
    data: ReplyData
