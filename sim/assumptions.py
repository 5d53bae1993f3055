"""Every domain number of the simulated dock, each with its source or the word "assumption"."""

from __future__ import annotations

# Trailers

CONTAINER_40FT_M = (12.03, 2.35, 2.39)
"""Inside of a 40 ft container: length, width, height. Source: the usual figures of carriers, as DESIGN section 5 gives
them; ISO 668 asks of type 1AA for no less than 11.998 x 2.330 x 2.350 m."""

SEMITRAILER_LENGTH_M = 13.6
"""Inside length of a European semi-trailer. Source: the usual figure of carriers."""

STACK_HEIGHT_M = 2.05
"""How high people stack cases by hand, from the floor. Assumption: reach of a person without a step."""

# Cases

CASE_SIZE_LIMITS_M = (0.914, 0.61, 0.61)
"""The largest case one deployed robot takes, 36 x 24 x 24 in. Source: published limits of a truck unloading robot,
as DESIGN section 5 gives them; so the two limits of weight below."""

CASE_WEIGHT_RANGE_KG = (5.0, 35.0)
"""Weights of cases in floor-loaded trucks. Source: range named by makers of truck unloading robots."""

WEIGHT_LIMIT_HIGH_KG = 27.2
"""The heaviest case above `CHEST_HEIGHT_M`, 60 lb. Source: as `CASE_SIZE_LIMITS_M`."""

WEIGHT_LIMIT_LOW_KG = 45.4
"""The heaviest case on the floor, 100 lb. Source: as `CASE_SIZE_LIMITS_M`."""

CHEST_HEIGHT_M = 1.3
"""Where "high" begins for the limit above, measured at the centre of a case. Assumption."""

SKU_MIX: tuple[tuple[str, tuple[float, float, float], tuple[float, float], float], ...] = (
    ("sku-apparel", (0.60, 0.40, 0.40), (6.0, 15.0), 0.22),
    ("sku-home", (0.50, 0.40, 0.35), (6.0, 20.0), 0.20),
    ("sku-shoes", (0.60, 0.38, 0.33), (8.0, 16.0), 0.20),
    ("sku-toys", (0.45, 0.35, 0.30), (5.0, 12.0), 0.16),
    ("sku-food", (0.40, 0.30, 0.25), (8.0, 22.0), 0.14),
    ("sku-tools", (0.40, 0.30, 0.20), (18.0, 35.0), 0.08),
)
"""Kinds of goods: sku, length x width x height in metres, weight range in kg, share of the cases. Assumption: within
`CASE_SIZE_LIMITS_M` and `CASE_WEIGHT_RANGE_KG`, 0.024 to 0.096 m3 each."""

PLAY_MAX_M = 0.015
"""The most that cases by hand are left apart, beside and behind each other. Assumption: cardboard is never flush."""

AT_HAND_M3 = 5.0
AT_HAND_MIN = 40
"""What loaders choose from while they build a wall: so much, and so many cases. Assumption: two walls' worth; with more
at hand, the light ones would be left for the door."""

OVERHANG_MAX = 0.12
"""How much of its length or width a case stands out at most over what carries it, each side, where the cases differ.
Assumption: so little that what is put on it later does not tip it."""

BALANCE_MIN_M = 0.015
"""How far inside what carries it the middle of a case is at least, where the cases differ. Assumption."""

MIXED_FILL = 0.6
"""Share of the room below `STACK_HEIGHT_M` that a mixed load takes. Assumption: walls of many sizes leave a quarter of
it empty, and there is room to spare before the door, 2.2 m on average and 0.6 m at the least of 1,200 seeds."""

MIXED_MEAN_M3 = (0.02, 0.12)
"""The least and the most that a case of a mixed load has on average: fewer than 290 cases do not fill a 40 ft
container, more than 1,740 get no smaller. Assumption."""

MIXED_KINDS = 24
"""Kinds of goods in a mixed load, each with a manifest line. Assumption."""

MIXED_FORMS = (
    ((1.0, 1.6), (0.7, 1.1)),
    ((1.5, 2.2), (0.7, 1.0)),
    ((1.2, 1.8), (0.35, 0.6)),
    ((1.0, 1.4), (0.8, 1.0)),
    ((1.3, 1.6), (0.6, 0.9)),
    ((1.0, 1.3), (1.7, 2.6)),
)
"""Least and most length and height of a case in its widths, by kind in turn: boxes, long, flat, cubes, the usual, tall
and thin. Assumption."""

MIXED_VOLUME_SIGMA = 0.45
MIXED_VOLUMES = (0.35, 2.2)
"""How kinds differ in volume: log-space standard deviation, and the least and the most in means. Assumption."""

MIXED_HEIGHT_STEP_M = 0.05
"""Cases are a whole number of these high, so that different ones make one level. Assumption: cartons are cut to a few
heights."""

MIXED_SIDE_MIN_M = 0.12
"""No side of a case is shorter. Assumption: smaller things come in a case."""

MIXED_WEIGHT = (12.0, 0.05)
MIXED_WEIGHT_EXPONENT = 0.6
"""A case of so many kg has so many m3, and weight grows with this power of volume: 240 kg/m3 there, less in larger
cases, so that people can lift them. Assumption, within `CASE_WEIGHT_RANGE_KG`."""

MIXED_DENSITY_SIGMA = 0.35
MIXED_WEIGHT_PLAY = 0.1
"""Log-space standard deviation of the density from kind to kind, and how much cases of a kind differ. Assumption."""

MIXED_RUN_MAX = 8
"""So many cases of a kind come to the door after each other, at most. Assumption."""

BOX_DENSITY_KG_PER_M3 = 150.0
"""Of boxes whose weight is not in the data. Assumption: a container that weighs out as it cubes out takes 400 kg/m3 at
the most, and floor-loaded goods cube out long before."""

PO_COUNT = 1
"""Purchase orders of a generated trailer. Assumption."""

MANIFEST_LINE_COUNT = 8
"""Manifest lines of a generated trailer. Assumption."""

UNREADABLE_SHARE = 0.01
"""Share of the cases whose barcode no scanner reads. Assumption: no-read rates are not published."""

OVER_WEIGHT = (1.1, 1.5)
"""The least and the most a case that is too heavy weighs, in limits. Assumption: heavier ones come on pallets."""

OVER_LENGTH = 1.1
"""How long a case that is too large is, in limits. Assumption: so that it still fits anywhere in a trailer."""

# What holds and what falls, in `case` fidelity

SUPPORT_MARGIN_M = 0.01
"""A case that lost a support surely stays where its centre of mass is this far inside what still carries it; nearer to
the edge it falls by chance. Assumption: the play of cardboard, and the margin at which the physics needs no episode."""

FACE_OVERLAP_M = 0.01
"""Cases nearer the door hide and block a face only where they cover more than this of it, each way. Assumption."""

VISIBLE_SHARE_MIN = 0.3
"""A case is seen where at least this share of its face towards the door is open. Assumption."""

SEAM_MAX_M = 0.03
"""Cases whose sides are this near, and whose fronts and undersides are flush within it, stand side by side: they can be
gripped as one, and mistaken for one. Assumption: the play of hand-stacked cardboard."""

VIEW_CELL_M = 0.06
"""The grid in which the share above is counted. Assumption: about the depth resolution needed to tell cases apart."""

# What the physics is told

VIEW_RAY_M = 0.03
"""How far apart the rays of a look from the door are. Assumption: a depth camera sees more than is needed."""

CARDBOARD_FRICTION = 0.5
"""Of cardboard on cardboard and on a plywood floor, static. Source: DESIGN section 5; published: 0.4 to 0.6."""

WALL_FRICTION = 0.3
"""Of cardboard on a painted steel wall. Assumption."""

SHAKE_SIDEWAYS_G = 0.3
SHAKE_BRAKING_G = 0.48
SHAKE_REARWARD_G = 0.15
"""The ride to the dock, in g. Source: DESIGN section 5, what is met on roads; the stress case of EN 12195-1 is 0.5
sideways, 0.8 braking and 0.5 rearward."""

SHAKE_EACH_S = 0.6
"""How long each of them lasts. Assumption: half of a slow sway."""

PULL_M_PER_S2 = 2.0
PULL_M_PER_S = 1.0
"""How a robot pulls a case out. Assumption: so that it is out well within the share of the cycle for it."""

TOPPLE_M_PER_S = 2.5
"""How fast a case of a collapsing wall starts towards the door. Assumption: with friction 0.5 it slides 0.6 m, off what
it stands on; half of that leaves it there."""

SEAL_PA = 40_000.0
"""What vacuum cups hold on cardboard, below the air around. Assumption: porous goods; tight ones allow 60 kPa."""

CUPS_M2 = 0.05
"""Area of all cups of a gripper. Assumption: about 25 cups of 5 cm."""

CUPS_FACE_SHARE = 0.5
"""How much of a small face the cups cover. Assumption."""

# -- robots ----------------------------------------------------------------------------------------------------------

PICK_CYCLE_S = (2.4, 4.6, 6.2)
"""Least, most likely and longest time from one case to the next, grip to grip. Source: 2.4 to 6.2 s is published for
truck unloading robots; the mode is an assumption: scans and advances included, 580-800 cases an hour result."""

PICK_SHARE = 0.55
"""Share of the cycle until the case is in hand; the rest is carrying and placing. Assumption."""

GRIP_FAILS = 0.015
"""Probability that a grip does not hold. Assumption: pick failures of 1-2 % are usual, rates are not published."""

GRIP_TRIES_MAX = 3
"""Grips at one case before a robot asks for help. Assumption."""

DROPS = 0.002
"""Probability that a held case slips from the gripper on its way. Assumption."""

CARRY_HEIGHT_M = 0.9
"""Underside of a case on its way to the conveyor: the height of a slip. Assumption: the height of an induction belt."""

GRIP_SHARE_MIN = 0.5
"""A case of whose face at least this share is open is lifted over what hides the rest; with less it has to wait, or
drags down what stands before it. Assumption: the gripper needs half a face."""

SCAN_S = 4.0
"""Looking at a wall from where the robot stands. Assumption."""

ADVANCE_S = 6.0
"""Moving up to the next wall. Assumption."""

ENTER_S = 30.0
"""From the dock over the leveller to the first wall, and the same way out. Assumption."""

TRAVEL_SPEED_M_PER_S = 1.0
"""Along the dock. Assumption: below the 2 m/s usual for mobile robots near people."""

ROBOT_REACH_M = 2.5
"""How high a robot reaches. Assumption: the roof of a container."""

STARTUP_S = 60.0
"""From power-on after a repair to idle. Assumption."""

REPAIR_S = 1800.0
"""From its removal to power-on where the scenario does not say. Assumption."""

CALIBRATED_BEFORE_S = 7 * 86_400.0
"""How long before the day a robot's camera was calibrated to its gripper; again after each repair. Assumption."""

BATTERY_CHARGES_BELOW = 0.25
"""An idle robot with less of its battery left charges, and is given no order. Assumption."""

BATTERY_LEAVES_BELOW = 0.08
"""A robot with less left gives its trailer up and leaves at the next scan. Assumption: enough for the way out."""

BATTERY_CHARGED = 0.95
"""So full it goes back to work. Assumption."""

BATTERY_IDLE_SHARE = 0.1
"""How fast a battery falls at rest, as a share of how fast at work. Assumption."""

FLOOR_SHIFT_M = 0.8
"""How far before its place in the load a fallen case lies. Assumption: about the foot of the wall."""

POSITION_STDDEV_M = 0.008
"""Of each coordinate of a seen case's centre. Assumption: depth cameras at 2 m are good to about 1 cm."""

ISTA_1A_HEIGHTS_M = ((10.0, 0.760), (19.0, 0.610), (28.0, 0.460), (45.0, 0.310))
"""Drop heights that packaged goods up to so many kg pass. Source: ISTA 1A."""

DAMAGE_AT_PASS_HEIGHT = 0.1
"""Probability of damage in a fall from the pass height; it grows with the square of the height. ISTA 1A says
only that goods pass: an assumption."""

IMPOSTOR_STARTUP_S = 5.0
"""Until a second machine under the id of a robot idles. Assumption: it comes out of a box, not out of a repair."""

CHARGING_S = 3600.0
"""A battery from empty to full. Assumption."""

SERVICE_MEAN_S = 1800.0
"""How long a robot works at a trailer where its cases are not simulated. Assumption."""

SERVICE_SIGMA = 0.5
"""Log-space standard deviation of that, where it is lognormal. Assumption."""

# -- doors and trailers ----------------------------------------------------------------------------------------------

DOCKING_S = 240.0
"""From the yard to standing at a door. Assumption."""

RESTRAINT_S = 15.0
"""Engaging the restraint, or releasing it. Assumption."""

DOOR_S = 30.0
"""Opening the door, or closing it. Assumption."""

LEVELLER_S = 15.0
"""Lowering the leveller, or storing it. Assumption."""

DEPARTURE_S = 120.0
"""From its release until a trailer is gone. Assumption."""

FETCH_S = 600.0
"""Until a tractor is there for a trailer that was dropped. Assumption."""

# -- conveyors -------------------------------------------------------------------------------------------------------

CASE_PITCH_M = 1.0
"""What a case takes of a belt, from its front to that of the next. Assumption: the longest case a robot takes, and a
hand's breadth."""

CONVEYOR_LENGTH_M = 12.0
"""From the door to induction. Assumption: about the length of a trailer."""

CONVEYOR_SPEED_M_PER_S = 0.6
"""Of a belt. Assumption: with `CASE_PITCH_M` 2,160 cases an hour, above what a robot places."""

SORTER_RATE_PER_H = 3600.0
"""Cases that a sorter takes in from all belts. Assumption."""

# -- the radio -------------------------------------------------------------------------------------------------------

LINK_LEAST_MS = 20.0
"""Least latency, each direction. Assumption."""

REORDERING_DELAY_MS = 200.0
"""How much later a message comes that others overtake. Assumption."""

RETRANSMIT_MS = 250.0
"""How much later a durable message comes, each time it is lost. Assumption."""

# -- people ----------------------------------------------------------------------------------------------------------

HUMAN_SIGMA = 0.4
"""Log-space standard deviation of how long people take. Assumption."""

REMOTE_RESPONSE_S = 8.0
"""Until a remote operator looks at a request: median. Assumption."""

REMOTE_HANDLING_S = 20.0
"""How long a remote operator then helps: median. Assumption."""

FLOOR_RESPONSE_S = 120.0
"""Until somebody of the floor staff is at the place: median. Assumption."""

FLOOR_HANDLING_S = 180.0
"""How long they are at it then: median. Assumption."""

MANUAL_CASE_S = 10.0
"""How long a person takes to carry one case out of a trailer, on top of that. Assumption: 360 cases an hour."""

LATE_S = 5.0
"""How long after its deadline a late answer comes. Assumption."""

PAUSE_S = 300.0
"""How long an operator pauses a robot where the scenario does not say. Assumption: a look at the door and back."""

LOOK_S = 60.0
"""How often who has had a robot paused looks whether it goes on. Assumption."""

LOOKS_MAX = 30
"""How many times they look. Assumption."""

# -- faults ----------------------------------------------------------------------------------------------------------

COLLAPSE_SHARE = 0.5
"""How much of the wall in front comes down where the scenario does not say. Assumption."""
