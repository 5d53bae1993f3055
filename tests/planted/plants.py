"""The bugs. Each is a wrong behaviour that stays running: it has to be noticed by what the dock does."""

from __future__ import annotations

from tests.planted.planting import Plant

THE_TEN = (
    Plant(
        name="command not re-sent",
        file="backend/services/commands.py",
        old="        desk.send(record.command)\n        desk.arm(",
        new="        desk.arm(",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="duplicate applied",
        file="backend/services/ingest.py",
        old="""            desk.refuse("duplicate")\n            return\n""",
        new="            yield message\n            return\n",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="gap skipped",
        file="backend/services/ingest.py",
        old="    if seq != stream.last_seq + 1:\n        if len(",
        new="    if False:\n        if len(",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="expired command executed",
        file="twin/robot/gate.py",
        old="        if now_us > expires_us:\n",
        new="        if False:\n",
        scenarios=("late_commands",),
    ),
    Plant(
        name="old epoch accepted",
        file="twin/robot/gate.py",
        old="        if data.epoch < self.highest_epoch:\n",
        new="        if False:\n",
        scenarios=("failover",),
    ),
    Plant(
        name="two robots one door",
        file="backend/services/policy.py",
        old="    if trailer.docked_at is None or order.robot_id is not None or order.is_unloaded",
        new="    if trailer.docked_at is None or order.is_unloaded",
        scenarios=("morning_rush",),
    ),
    Plant(
        name="case counted twice",
        file="backend/core/receipt.py",
        old="""        elif _COUNTED_AS.get(case.place) == "received":\n""",
        new="""        if _COUNTED_AS.get(case.place) == "received":\n""",
        scenarios=("first_truck",),
    ),
    Plant(
        name="case forgotten when a robot dies",
        file="backend/core/fold_cases.py",
        old="""        if case.robot_place == "hand":\n            case.robot_place = "unknown"\n""",
        new="""        if case.robot_place == "held":\n            case.robot_place = "unknown"\n""",
        scenarios=("robot_dies_holding_a_case",),
    ),
    Plant(
        name="watchdog that never fires",
        file="backend/services/site.py",
        old="            deadline_us = robots[sender.entity] = desk.now_us + desk.robot_silence_us\n",
        new="            deadline_us = desk.now_us + desk.robot_silence_us\n",
        scenarios=("robot_dies_holding_a_case",),
    ),
    Plant(
        name="timer fired before a message of the same instant",
        file="backend/services/site.py",
        old="        if desk.due_us < at_us:\n            self.advance(at_us)\n",
        new="        if desk.due_us <= at_us:\n            self.advance(at_us + 1)\n",
        scenarios=("to_the_tick",),
    ),
)
"""What issue 2 names."""

MORE = (
    Plant(
        name="what a command's end makes possible waits for the next message",
        file="backend/services/outcomes.py",
        old="        desk.changes.orders[order.order_id] = None\n\n\ndef _door_ended",
        new="\n\ndef _door_ended",
        scenarios=("rough_day", "belts_unheard"),
    ),
    Plant(
        name="leftovers ignored",
        file="backend/services/dispatch.py",
        old="    left = 0 if order.are_leftovers_settled else _leftovers(trailer)\n",
        new="    left = 0\n",
        scenarios=("nobody_at_the_screen",),
    ),
    Plant(
        name="retry answer ignored",
        file="backend/services/interventions.py",
        old="def _answer_robot(desk: Desk, exception: OpenException, answer: Answer) -> None:\n",
        new="def _answer_robot(desk: Desk, exception: OpenException, answer: Answer) -> None:\n"
        '    if answer == "retry":\n        return\n',
        scenarios=("every_20_ms",),
    ),
    Plant(
        name="default answer never given",
        file="backend/services/interventions.py",
        old="""        _apply(desk, exception, exception.default, by="rule", label=None)\n""",
        new="        return\n",
        scenarios=("nobody_at_the_screen",),
    ),
    Plant(
        name="answer that expired not given again",
        file="backend/services/outcomes.py",
        old="""    elif ended.outcome == "expired":\n        _answer_again(desk, record)\n""",
        new="",
        scenarios=("late_commands",),
    ),
    Plant(
        name="label read by a person thrown away",
        file="backend/services/interventions.py",
        old="        desk.state.trailers[exception.trailer_id].cases[exception.track_id].label = label\n",
        new="        assert label is not None\n",
        scenarios=("first_truck",),
    ),
    Plant(
        name="trailer let go with its robot on the way out",
        file="backend/services/dispatch.py",
        old="    if order.is_finished and order.is_robot_out and order.robot_id is not None:",
        new="    if order.is_finished and order.robot_id is not None:",
        scenarios=("first_truck",),
    ),
    Plant(
        name="receipt closed with cases on the conveyor",
        file="backend/services/receipts.py",
        old='("hand", "conveyor", "unknown")',
        new='("hand", "unknown")',
        scenarios=("jam_at_the_last_case",),
    ),
    Plant(
        name="two trailers one door",
        file="backend/services/policy.py",
        old="    return door.trailer_id is None and door.restrains is",
        new="    return door.restrains is",
        scenarios=("morning_rush",),
    ),
    Plant(
        name="work for a lost robot",
        file="backend/services/policy.py",
        old="        and not cells.is_out_of_touch(robot)\n",
        new="        and robot.removed_boot != robot.boot\n        and not robot.doubled_boot\n",
        scenarios=("to_the_tick",),
    ),
    Plant(
        name="hand of a lost robot emptied in silence",
        file="backend/core/fold_cases.py",
        old="""            case.robot_place = "unknown"\n            relocate(changes, trailer, case)\n"""
        "        changes.touched.append(case)\n",
        new="            case.owner = None\n",
        scenarios=("robot_dies_holding_a_case",),
    ),
    Plant(
        name="outdated state believed",
        file="backend/services/site.py",
        old="message.boot < sender.boot or message.seq <= sender.state_seq:",
        new="message.boot < sender.boot:",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="gap never asked for",
        file="backend/services/ingest.py",
        old="        desk.arm(watchdogs.gap_resend, key, desk.timeouts.gap_resend_us)\n",
        new="",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="command carried out twice",
        file="twin/robot/gate.py",
        old="        if data.action_id in self._actions or command.id in self._answered:",
        new="        if command.id in self._answered:",
        scenarios=("radio_storm",),
    ),
    Plant(
        name="refusal of an older message taken for the action's end",
        file="backend/services/commands.py",
        old="""    if data.command_id in record.superseded and (""",
        new="""    if False and (""",
        scenarios=("failover",),
    ),
    Plant(
        name="wall taken from below",
        file="backend/planning/top_down.py",
        old="    return tuple(order)\n",
        new="    return tuple(reversed(order))\n",
        scenarios=("first_truck",),
    ),
    Plant(
        name="cached next timer not lowered by a watchdog",
        file="backend/services/desk.py",
        old="        self.due_us = min(self.due_us, deadline_us)\n",
        new="",
        scenarios=("radio_storm",),
    ),
)
"""What we have thought of besides. Some were missed at first, and the library or the invariants sharpened by them."""
