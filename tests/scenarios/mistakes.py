"""A good file, and what one change each makes of it: changes, then line, key path, words and suggestion of the mistake."""

from __future__ import annotations

# ruff: noqa: E501 - a table reads best one mistake a line

GOOD = """\
# A day.
site:
  id: bos1
  doors: 2
  robots: 2
start: 2026-01-05 06:00
trailers:
  - id: t-1
    arrives: 06:10
    cases: 300
  - id: t-2
    arrives: 06:20
    cases: 200
timeline:
  - at: 07:00
    fault: conveyor_jam
    conveyor: c1
    for: 4 min
expect:
  - every_trailer: departed
    by: 10:00
  - eventually: exception.raised.v1
    where: {exception_type: conveyor_jammed}
  - kpi: turnaround_min_p90
    at_most: 75
"""

_ANA = "site.operators.people[0]"


def _shifts(shifts: str) -> tuple[str, str]:
    """A person with these shifts."""
    return "robots: 2", f"robots: 2\n  operators: {{people: [{{id: ana, role: remote, shifts: {shifts}}}]}}"


CASES: list[tuple[str, list[tuple[str, str]], tuple[int, str, str, str | None]]] = [
    ("unknown key", [("    cases: 300", "    casse: 300")], (10, "trailers[0].casse", "an unknown key", "cases")),
    ("unknown section", [("timeline:", "timelin:")], (14, "timelin", "an unknown key", "timeline")),
    ("key twice", [("  doors: 2", "  doors: 2\n  doors: 3")], (5, "site.doors", "stands in line 4", None)),
    ("missing key", [("start: 2026-01-05 06:00\n", "")], (2, "start", "got nothing, expected a date and time", None)),
    ("missing site", [("site:\n  id: bos1\n  doors: 2\n  robots: 2\n", "")], (2, "site", "got nothing", None)),
    ("no mapping", [("  id: bos1\n  doors: 2\n  robots: 2\n", "  - bos1\n")], (3, "site", "got a list", None)),
    ("null", [("cases: 300", "cases:")], (10, "trailers[0].cases", "got nothing", None)),
    ("text for a number", [("cases: 300", 'cases: "300"')], (10, "trailers[0].cases", 'got "300"', None)),
    ("fraction", [("cases: 300", "cases: 300.5")], (10, "trailers[0].cases", "got 300.5", None)),
    ("truth for a number", [("cases: 300", "cases: true")], (10, "trailers[0].cases", "got true", None)),
    ("too many cases", [("cases: 300", "cases: 5001")], (10, "trailers[0].cases", "1 to 5000", None)),
    ("more than fits", [("cases: 300", "cases: 3000")], (10, "trailers[0].cases", "no more of this load fit", None)),
    ("no time", [("arrives: 06:10", "arrives: 25:10")], (9, "trailers[0].arrives", "expected a time", None)),
    ("short time", [("arrives: 06:10", "arrives: 6:10")], (9, "trailers[0].arrives", "expected a time", "06:10")),
    ("no such day", [("01-05", "02-30")], (6, "start", "expected a date and time", None)),
    ("before the start", [("arrives: 06:10", "arrives: 05:10")], (9, "trailers[0].arrives", "at or after the", None)),
    ("by before the start", [("by: 10:00", "by: 05:00")], (21, "expect[0].by", "at or after the start, 06:00", None)),
    ("due before arrival", [("arrives: 06:10", "arrives: 06:10\n    due: 06:05")], (10, "trailers[0].due", "06:10", None)),
    ("due and free time", [("06:10", "06:10\n    due: 09:00\n    free_time: 1 h")], (11, "trailers[0].free_time", "", None)),
    ("neither arrival", [("    arrives: 06:10\n", "")], (8, "trailers[0].arrives", "or appointment or rates", None)),
    ("two loads", [("cases: 300", "cases: 300\n    orders: all")], (11, "trailers[0].orders", "beside cases", None)),
    ("no load", [("    cases: 300\n", "")], (8, "trailers[0]", "one of cases, manifest, orders", None)),
    ("no manifest", [("cases: 300", "manifest: gone.csv")], (10, "trailers[0].manifest", "there is no gone.csv", None)),
    ("gap alone", [("cases: 300", "cases: 300\n    mean_gap: 1 s")], (11, "trailers[0].mean_gap", "with count", None)),
    ("after the end", [("cases: 300", "cases: 3\n    count: 900\n    arrivals: even\n    mean_gap: 1 h")],
     (11, "trailers[0].count", "t-1-25 would arrive at 2026-01-06 06:10", None)),
    ("id of capitals", [("id: bos1", "id: Bos1")], (3, "site.id", "of a-z 0-9", "bos1")),
    ("id too long", [("id: bos1", "id: " + "b" * 33)], (3, "site.id", "1 to 32", None)),
    ("id twice", [("id: t-2", "id: t-1")], (11, "trailers[1].id", "line 8 has this one", None)),
    ("numbered id twice", [("id: t-2", "id: t-2\n    count: 1\n    arrivals: even\n    mean_gap: 0.1 s"), ("id: t-1", "id: t-2-1")],
     (11, "trailers[1].id", "line 8 has this one", None)),
    ("robot twice", [("robots: 2", "robots: [{id: a}, {id: a}]")], (5, "site.robots[1].id", "line 5 has this one", None)),
    ("unknown fault", [("conveyor_jam\n", "conveyor_jamm\n")], (16, "timeline[0].fault", "one of", "conveyor_jam")),
    ("unknown conveyor", [("conveyor: c1", "conveyor: c9")], (17, "timeline[0].conveyor", "c1, c2", None)),
    ("key of another fault", [("    for: 4 min", "    robot: r1")], (18, "timeline[0].robot", "only conveyor, for", None)),
    ("key missing", [("conveyor_jam\n    conveyor: c1", "robot_silent\n    robot: r1"), ("    for: 4 min\n", "")],
     (15, "timeline[0].for", "fault: robot_silent needs it", None)),
    ("no unit", [("for: 4 min", "for: 4")], (18, "timeline[0].for", "got 4, expected a duration such as 4 min", None)),
    ("at and when", [("at: 07:00", "at: 07:00\n    when: {trailer_docked: t-1}")], (16, "timeline[0].when", "beside at", None)),
    ("unknown trailer", [("at: 07:00", "when: {trailer_docked: t-3}")], (15, "timeline[0].when.trailer_docked", "t-1, t-2", None)),
    ("of no count", [("at: 07:00", "when: {trailer_docked: t-1, of_trailer: t-2}")], (15, "timeline[0].when.of_trailer", "", None)),
    ("fault after the end", [("at: 07:00", "at: 2026-01-07 07:00")], (15, "timeline[0].at", "before the end", None)),
    ("unknown expectation", [("- every_trailer:", "- evry_trailer:")], (20, "expect[0]", "with one of", "every_trailer")),
    ("two expectations", [("by: 10:00", "kpi: wait_min_mean")], (21, "expect[0]", "both every_trailer and kpi", None)),
    ("unknown type", [("exception.raised.v1", "exception.risen.v1")], (22, "expect[1].eventually", "", "exception.raised.v1")),
    ("unknown field", [("exception_type:", "exceptoin_type:")], (23, "expect[1].where.exceptoin_type", "", "exception_type")),
    ("unknown exception", [("conveyor_jammed", "conveyor_jam_")], (23, "expect[1].where.exception_type", "", "conveyor_jammed")),
    ("value of another type", [("{exception_type: conveyor_jammed}", "{level: HIGH}")],
     (23, "expect[1].where.level", "one of WARNING", None)),
    ("unknown robot", [("{exception_type: conveyor_jammed}", "{entity: robot/r7}")],
     (23, "expect[1].where.entity", "r1, r2", None)),
    ("unknown kpi", [("turnaround_min_p90", "turnaround_p90")], (24, "expect[2].kpi", "a KPI", "turnaround_min_p90")),
    ("crossed bounds", [("at_most: 75", "at_most: 75\n    at_least: 80")], (26, "expect[2].at_least", "80 is above 75", None)),
    ("no bound", [("    at_most: 75\n", "")], (24, "expect[2].at_most", "or at_least", None)),
    ("a count that may not begin at 0",
     [("kpi: turnaround_min_p90\n    at_most: 75", "always: open_exceptions\n    at_most: 7\n    at_least: 1")],
     (26, "expect[2].at_least", "", "at_most")),
    ("grace too short", [("start:", "grace: 1 ms\nstart:")], (6, "grace", "at least the uplink's latency, 20 ms", None)),
    ("uplink too long", [("robots: 2", "robots: 2\n  link: {uplink: 2 min}")], (6, "site.link.uplink", "at most the grace", None)),
    ("no lookahead", [("robots: 2", "robots: 2\n  link: {downlink: 0}\n  decision_latency: 0")],
     (6, "site.link.downlink", "at least 1 us together", None)),
    ("no lookahead, told the other way", [("robots: 2", "robots: 2\n  decision_latency: 0\n  link: {downlink: 0}")],
     (6, "site.decision_latency", "at least 1 us together", None)),
    ("faster in a fault", [("conveyor_jam\n    conveyor: c1", "link\n    robot: all\n    link: {uplink: 1 ms}")],
     (18, "timeline[0].link.uplink", "at least the site's, 20 ms", None)),
    ("bare share", [("robots: 2", "robots: 2\n  link: {loss: 0.02}")], (6, "site.link.loss", "a share", "2 %")),
    ("yaml 1.1 truth", [("robots: 2", "robots: 2\n  dock: {robots_travel: no}")], (6, "site.dock.robots_travel", "", "false")),
    ("lateness of two kinds", [("start:", "lateness: {distribution: uniform, least: 0, most: 1 s, mean: 1 s}\nstart:")],
     (6, "lateness.mean", "only least, most", None)),
    ("lateness upside down", [("start:", "lateness: {distribution: uniform, least: 9 s, most: 1 s}\nstart:")],
     (6, "lateness.most", "at least 9 s", None)),
    ("poisson appointment", [("arrives: 06:10", "appointment: 06:10\n    count: 2\n    arrivals: poisson\n    mean_gap: 1 s")],
     (11, "trailers[0].arrivals", "even", None)),
    ("empty day", [("start: 2026-01-05 06:00", "start: 2026-01-05 06:00\nuntil: 06:00")],
     (7, "until", "a time after the start", None)),
    ("unknown planner", [("start:", "planners: {dock: earliest_dew}\nstart:")], (6, "planners.dock", "", "earliest_due")),
    ("answer to nothing", [("robots: 2", "robots: 2\n  operators: {answers: {grip_faild: skip}}")],
     (6, "site.operators.answers.grip_faild", "", "grip_failed")),
    ("measure of nothing", [("start:", "measure: {from: 08:00, until: 07:00}\nstart:")], (6, "measure.until", "after 08:00", None)),
    ("unknown sorter", [("conveyor_jam\n    conveyor: c1", "sorter_down\n    sorter: s1")], (17, "timeline[0].sorter", "there is none", None)),
    ("sorter without unit", [("robots: 2", "robots: 2\n  sorter: 2400")], (6, "site.sorter", "got 2400, expected a rate", "2400 /h")),
    ("transit of old", [("robots: 2", "robots: 2\n  dock: {conveyor_transit: 20 s}")],
     (6, "site.dock.conveyor_transit", "an unknown key", "conveyor_length")),
    ("charging a tether", [("robots: 2", "robots: [{id: r1, charging: 1 h}]")], (5, "site.robots[0].charging", "only with battery", None)),
    ("high above low", [("robots: 2", "robots: [{id: r1, weight_max: 9 kg, weight_max_high: 10 kg}]")],
     (5, "site.robots[0].weight_max_high", "at most 9 kg", None)),
    ("two edges", [("robots: 2", "robots: [{id: r1, size_max: [1 m, 1 m]}]")], (5, "site.robots[0].size_max", "a list of 2", None)),
    ("people at screens", [("robots: 2", "robots: 2\n  operators: {who: either}")],
     (6, "site.operators.who", "simulated: people at screens need the service, which is not there yet", None)),
    ("unknown skill", [("robots: 2", "robots: 2\n  operators: {people: [{id: ana, role: remote, skills: [grip_faild]}]}")],
     (6, "site.operators.people[0].skills[0]", "one of", "grip_failed")),
    ("robots of the floor", [("robots: 2", "robots: 2\n  operators: {people: [{id: ana, role: floor, robots: 2}]}")],
     (6, "site.operators.people[0].robots", "no such key with role: floor", None)),
    ("number and people", [("robots: 2", "robots: 2\n  operators: {remote: 2, people: [{id: ana, role: remote}]}")],
     (6, "site.operators.remote", "the key beside people", None)),
    ("person twice", [("robots: 2", "robots: 2\n  operators: {people: [{id: ana, role: remote}, {id: ana, role: floor}]}")],
     (6, "site.operators.people[1].id", "line 6 has this one", None)),
    ("person who is another", [("robots: 2", "robots: 2\n  operators: {people: [{id: floor-1, role: remote}]}")],
     (6, "site.operators.people[0].id", "somebody of the other role", None)),
    ("shift without end", [_shifts("[{from: 08:00}]")], (6, f"{_ANA}.shifts[0].until", "got nothing", None)),
    ("no shift", [_shifts("[]")], (6, f"{_ANA}.shifts", "a list of 0", None)),
    ("shift before the day", [_shifts("[{from: 01:00, until: 05:00}]")],
     (6, f"{_ANA}.shifts[0].until", "after the start, 06:00; another day is written", None)),
    ("shift after the day", [_shifts("[{from: 2026-01-07 01:00, until: 05:00}]")], (6, f"{_ANA}.shifts[0].from", "before the end", None)),
    ("shift that ends first", [_shifts("[{from: 09:00, until: 2026-01-05 08:00}]")], (6, f"{_ANA}.shifts[0].until", "begins, 09:00", None)),
    ("shifts that overlap", [_shifts("[{from: 06:00, until: 14:00}, {from: 13:30, until: 15:00}]")],
     (6, f"{_ANA}.shifts[1].from", "which ends at 14:00", None)),
    ("break before its shift", [_shifts("[{from: 08:00, until: 14:00, breaks: [{from: 07:50, for: 30 min}]}]")],
     (6, f"{_ANA}.shifts[0].breaks[0].from", "within its shift, 08:00 to 14:00", None)),
    ("break beyond its shift", [_shifts("[{from: 08:00, until: 14:00, breaks: [{from: 13:50, for: 30 min}]}]")],
     (6, f"{_ANA}.shifts[0].breaks[0].for", "within its shift, 08:00 to 14:00", None)),
    ("breaks that overlap", [_shifts("[{from: 08:00, until: 14:00, breaks: [{from: 09:00, for: 1 h}, {from: 09:30, for: 1 h}]}]")],
     (6, f"{_ANA}.shifts[0].breaks[1].from", "when no other lasts", None)),
    ("more flaws than cases", [("cases: 300", "cases: 300\n    missing: 200\n    wrong: 101")],
     (12, "trailers[0].wrong", "got 301 with missing, wrong together, expected together at most its cases, 300", None)),
    ("nothing in it", [("cases: 300", "cases: 3\n    missing: 3")], (11, "trailers[0].missing", "fewer than its cases, 3", None)),
    ("more than fits with what is extra", [("cases: 300", "cases: 400\n    extra: 300")], (10, "trailers[0].cases", "no more of this load fit", None)),
    ("detention without unit", [("cases: 300", "cases: 300\n    detention: 75")], (11, "trailers[0].detention", "", "75 /h")),
    ("rates alone", [("    arrives: 06:10\n", "    rates: [{from: 06:00, per_hour: 2}]\n")], (9, "trailers[0].rates", "only with count", None)),
    ("rates and gap", [("arrives: 06:10", "count: 3\n    arrivals: by_rate\n    mean_gap: 1 s\n    rates: [{from: 06:00, per_hour: 2}]")],
     (11, "trailers[0].mean_gap", "with arrivals: by_rate only rates", None)),
    ("rates and arrival", [("arrives: 06:10", "arrives: 06:10\n    count: 3\n    arrivals: by_rate\n    rates: [{from: 06:00, per_hour: 2}]")],
     (12, "trailers[0].rates", "beside arrives", None)),
    ("rates out of order", [("arrives: 06:10", "count: 3\n    arrivals: by_rate\n    rates: [{from: 07:00, per_hour: 2}, {from: 06:30, per_hour: 3}]")],
     (11, "trailers[0].rates[1].from", "a time after that of the entry before, 07:00", None)),
    ("rates of nothing", [("arrives: 06:10", "count: 3\n    arrivals: by_rate\n    rates: [{from: 07:00, per_hour: 0}]")],
     (11, "trailers[0].rates", "a rate above 0", None)),
    ("lognormal of nothing", [("start:", "lateness: {distribution: lognormal, mean: -1 min, sigma: 1}\nstart:")],
     (6, "lateness.mean", "above 0", None)),
    ("nothing measured", [("start:", "service: {distribution: empirical}\nstart:")], (6, "service.values", "empirical needs it", None)),
    ("mean of what was measured", [("start:", "service: {distribution: empirical, mean: 1 s, values: [1 s]}\nstart:")],
     (6, "service.mean", "only values", None)),
    ("restart when something holds", [("at: 07:00", "when: {trailer_docked: t-1}"), ("conveyor_jam\n    conveyor: c1\n    for: 4 min", "backend_restarts")],
     (15, "timeline[0].when", "expected at", None)),
    ("restart at the start", [("at: 07:00", "at: 06:00"), ("conveyor_jam\n    conveyor: c1\n    for: 4 min", "backend_restarts")],
     (15, "timeline[0].at", "a time after the start, 06:00", None)),
    ("restart for a while", [("conveyor_jam\n    conveyor: c1", "backend_restarts")], (17, "timeline[0].for", "no such key", None)),
    ("who is no speaker", [("conveyor_jam\n    conveyor: c1", "partition\n    what: trailer/t-1")], (17, "timeline[0].what", "kinds: robot", None)),
    ("what is no message", [("conveyor_jam\n    conveyor: c1", "messages_lost\n    what: robot/r1\n    types: [case.plcaed.v1]")],
     (18, "timeline[0].types[0]", "a type of message", "case.placed.v1")),
    ("messages that nobody loses", [("conveyor_jam\n    conveyor: c1", "messages_lost\n    what: robot/r1\n    types: []")],
     (18, "timeline[0].types", "a list of 1 to 100", None)),
    ("types of a partition", [("conveyor_jam\n    conveyor: c1", "partition\n    what: robot/r1\n    types: [case.placed.v1]")],
     (18, "timeline[0].types", "with fault: partition only what, for", None)),
    ("who is not there", [("conveyor_jam\n    conveyor: c1", "partition\n    what: robot/r7")], (17, "timeline[0].what", "r1, r2", None)),
    ("who is no operator", [("conveyor_jam\n    conveyor: c1\n    for: 4 min", "late_answer\n    operator: remot")],
     (17, "timeline[0].operator", "remote, floor", "remote")),
    ("each in the timeline", [("conveyor_jam\n    conveyor: c1", "robot_dies\n    robot: each")], (17, "timeline[0].robot", "r1, r2", None)),
    ("restart at random", [("expect:", "faults: [{fault: backend_restarts, per_hour: 1}]\nexpect:")], (19, "faults[0].fault", "one of", None)),
    ("all at random", [("expect:", "faults: [{fault: robot_dies, robot: all, per_hour: 1}]\nexpect:")], (19, "faults[0].robot", "r1, r2, each", None)),
    ("rate of text", [("expect:", "faults: [{fault: robot_dies, robot: r1, per_hour: often}]\nexpect:")], (19, "faults[0].per_hour", "a number 0 to", None)),
    ("no random link", [("expect:", "faults: [{fault: link, robot: r1, per_hour: 1, for: 1 s}]\nexpect:")], (19, "faults[0].link", "needs it", None)),
    ("random and over before", [("expect:", "faults: [{fault: robot_dies, robot: each, per_hour: 1, from: 08:00, until: 07:00}]\nexpect:")],
     (19, "faults[0].until", "after 08:00", None)),
    ("tag", [("cases: 300", "cases: !!int 300")], (10, "", "got the tag", None)),
    ("tab", [("  doors: 2", "\tdoors: 2")], (4, "", "got a tab, expected spaces", None)),
    ("open bracket", [("where: {exception_type: conveyor_jammed}", "where: [")], (24, "", "got no YAML", None)),
    ("two documents", [("start:", "---\nstart:")], (6, "", "a second document", None)),
]  # fmt: skip
