"""Mutants that nothing notices, and why: by key, one sentence each."""
# ruff: noqa: E501 - a key is as long as it is

from __future__ import annotations

HARMLESS: dict[str, str] = {
    "backend/core/fold_cases.py recovered: drop a branch: holder.holding.pop(case.track_id, None) is not None": "Who takes the case out of a hand takes the robot out in the same instant, and robot.removed empties the hand.",
    "backend/core/fold_doors.py state_report: skip a check: before == (it.restrains, it.open_for, it.leveller_down_for, it.people_inside)": "A shortcut: with nothing changed, looking again finds nothing to do.",
    'backend/services/decisions.py _check_dock: swap two steps: _each_once("free door", [it.door_id for it in answer.doors], (it.door_id for it ': "Both refuse the whole answer; only the sentence of the exception names the other mistake.",
    "backend/services/identity.py doubled: swap two steps: commands.abandon_all(desk, entity) doubt_holding(desk.state, desk.changes, robot": "The one ends commands, the other doubts cases; neither reads what the other writes.",
    "backend/services/ingest.py refuse_numbered: off by one: seq <= stream.last_seq": "A number used before is kept in vain; nothing ever waits for it, and a copy of it is a duplicate either way.",
    "backend/services/ingest.py _announce: off by one: last_seq > stream.announced": "With the same number announced again the gap is watched already, and watching it again changes nothing.",
    'backend/services/ingest.py _lament: swap two steps: commands.ask_how_it_is(desk, entity) exceptions.resolve(desk, exception, by="rul': "The same two messages of one instant, in the other order.",
    "backend/services/interventions.py removed: swap two steps: commands.abandon_all(desk, entity) exceptions.close_errors_of(desk, entity, reso": "The same messages of one instant, in another order.",
    "backend/services/outcomes.py _answer_ended: off by one: plan.command.seq < record.command.seq": "Two commands to one robot never have the same number.",
    "backend/services/outcomes.py _plan_ended: swap two steps: order.planned_scan = None _retry_later(desk, order, ended)": "Nothing on the way reads which scan was planned; it is read when the pause is over.",
    "backend/services/site.py finish_window: off by one: self._desk.due_us < until_us": "Who is asked to advance to the end of a window looks again, and stops before it.",
    "backend/services/site.py begin_epoch: swap two steps: state.seqs.clear() desk.bind(state, desk.tally)": "What is bound is the table itself, and it is the same table when it is cleared afterwards.",
    "backend/core/fold_doors.py leveller_lowered: swap two steps: it.leveller_down_for = message.data.trailer_id _look_again(changes, it, message.": "It marks what is looked at when the message has been folded, and the leveller is down by then.",
    "backend/core/fold_doors.py people_told: swap two steps: _set_people(changes, it, message.data.people_inside) _look_again(changes, it, me": "It marks what is looked at when the message has been folded, and the people are counted by then.",
    "backend/services/site.py _take: off by one: desk.due_us < at_us": "Who is asked to advance to this instant looks again, and stops before it.",
    "backend/services/site.py _hear: off by one: deadline_us < desk.due_us": "The same instant is set again.",
    "backend/core/fold_doors.py leveller_stored: drop a step: state.is_dock_due = True": "The door is free when the trailer has gone, and that marks the dock as due again.",
    "backend/services/decisions.py dock_view: skip a check: not ready and not doors": "A shortcut: with nothing to decide the planner is asked in vain, and proposes nothing.",
}
"""They cannot change what a dock does, whatever happens on it: no bugs."""

UNSEEN: dict[str, str] = {
    "backend/core/fold_doors.py restrained: drop a branch: trailer.docked_at is None and not trailer.is_released and not trailer.is_departe": "Redundant: the yard's own word, or its next state within ten seconds, says the same; only an order comes later.",
    "backend/core/fold_yard.py state_report: drop a step: stands_at(state, changes, it, told.door_id)": "Redundant: the door's word that it holds the trailer says the same, and sooner.",
    "backend/core/fold_yard.py state_report: drop a step: it.is_arrived = True": "Redundant where the trailer has arrived at a door: it is docked by the door's word.",
    "backend/core/fold_yard.py departed: drop a branch: message.data.door_id is not None": "Redundant: where the trailer stood is known, and that door is freed too.",
    "backend/core/fold_robots.py state_report: skip a check: robot.doubled_boot": "Each decision about such a robot asks for itself whether it is doubled; what its states set is set anew after the visit.",
    'backend/core/fold_robots.py _compare_stops: skip a check: data.robot_state == "STARTUP"': "The simulated robots say how their latch is while they start up; one that says nothing then is not simulated.",
    "backend/core/fold_robots.py _compare_stops: skip a check: data.last_event_seq < heard_events or data.last_reply_seq < heard_replies": "A state that is overtaken by an event of a stop, and lost events besides: not drawn together yet.",
    "backend/core/fold_robots.py unload_finished: drop a branch: order is None or order.robot_id != robot.robot_id": "Not reached: the word that an order ended, heard before unload.finished, and the order taken away in between.",
    "backend/core/fold_robots.py removed: off by one: speaker.boot_heard_us > parse_time(message.time)": "The word that a robot was taken out, of the very microsecond at which it has started again.",
    "backend/core/fold_yard.py manifest: swap two steps: it.parts = message.data.parts receipt.bind_all(it)": "Needs an announcement lost for good; else the number of parts is known before the first of them.",
    "backend/services/commands.py settle_unknown: off by one: desk.now_us < parse_time(record.command.data.expires_at) + desk.timeouts.expiry_": "One microsecond: a report that arrives exactly when the grace of a command ends.",
    "backend/services/commands.py abandon_all: drop a step: abandon(desk, record.command.data.action_id)": "What is not abandoned expires a minute later, unanswered; nothing is promised about how soon a lost robot's commands end.",
    "backend/services/dispatch.py settle: swap two steps: state.is_dock_due = False _decide_dock(desk)": "What becomes due while the dock is decided waits for the next message, a fraction of a second on these docks.",
    "backend/services/identity.py _lives_on: off by one: desk.now_us > sender.boot_heard_us + desk.robot_silence_us": "One microsecond: a word of an older boot exactly when its silence would be long enough.",
    'backend/services/interventions.py _answer_robot: skip a check: answer == "abandon"': "Nobody simulated answers abandon to a robot's error: it is tested in tests/backend.",
    "backend/services/interventions.py removed: drop a step: identity.visited(desk, entity)": "Redundant: who took the robot out answers the exception a moment later, which says the same.",
    'backend/services/interventions.py _apply: drop a branch: exception.exception_type == "double_identity"': "Redundant: people who answer it have taken the robot out before, which says the same.",
    "backend/services/site.py _hear_of_old_boot: swap two steps: self._desk.cause = message identity.consider(self._desk, sender, message)": "The exception names another message as its cause; no expectation can ask for a cause yet.",
    "backend/services/site.py _hear_of_old_boot: swap two steps: identity.consider(self._desk, sender, message) self._settle()": "What follows from it follows at the next message, a fraction of a second later.",
    "backend/services/site.py take_over: swap two steps: desk.cause = None commands.take_over(desk)": "A restart comes between two inputs, where the last cause is seldom the cause of what is issued anew.",
    "backend/services/stalls.py consider: off by one: desk.now_us - robot.in_vain_since_us >= desk.timeouts.rule_us": "A robot that waits in vain is told to leave one report later, after 130 s and not 120; nothing is promised to the second.",
    'backend/services/outcomes.py _release_ended: drop a branch: ended.outcome != "completed"': "Not reached: a person or robot that enters a trailer in the milliseconds in which the word to let it go is on its way.",
    "backend/services/outcomes.py _answer_ended: drop a step: case.owner = None": "Redundant where the plan ends soon: all cases of a robot are freed with its order.",
    'backend/services/decisions.py _check_dock: drop a step: _each_once("free door", [it.door_id for it in answer.doors], (it.door_id for it ': "Redundant: policy refuses the second trailer for a door, and a door it does not know is not proposed in strange_dock.",
    "backend/services/dispatch.py _consider_plan: skip a check: order.plan_action is not None or order.is_plan_pending or order.is_finished or o": "Redundant: a scan is planned once, and a robot scans only when it has no plan.",
    "backend/services/site.py _hear: off by one: stream.announced <= last_seq": "The long way for what could go the short one; after lost messages it differs, and no expectation shows it.",
    "backend/services/site.py take_over: swap two steps: commands.take_over(desk) self._settle()": "What is issued anew is settled at the next message, a fraction of a second later.",
    'backend/services/stuck.py consider_free: skip a check: reported.robot_state == "MAINTENANCE" and (reported.battery_fraction or 0.0) >= ': "Not reached: a robot that is fully charged and stays in maintenance.",
    'backend/services/stuck.py _limit_us: skip a check: state == "WAITING_FOR_CONVEYOR" and order is not None': "Not shown by itself: where a robot is stuck at a belt that runs, another limit sends people there as well.",
    "twin/robot/gate.py _make_room: off by one: action.expires_us + REISSUE_HORIZON_US < now_us": "One microsecond, in a gate that is full: 4096 actions within an hour.",
    "backend/services/commands.py give_up_waiting: drop a step: ask_how_it_is(desk, target)": "Redundant: the state that it asks for comes within ten seconds anyhow.",
    "backend/services/stops.py release_ended: drop a step: robot.is_release_granted = False": "Not reached: no simulated robot rejects a release that it waits for.",
}
"""They can, and neither the library nor random faults show it."""
