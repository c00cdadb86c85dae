"""Thresholds of the diversion detector. No open definition with numbers was found anywhere; nearly all are ours."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.schema import check_thresholds, threshold


@dataclass(frozen=True, slots=True)
class DiversionConfig:
    """When a craft no longer serves its declared itinerary."""

    sea_corridor_base_km: float = threshold(
        25.0, "Half width of the corridor of a sea route at its ends; wider is quieter.",
        "ours: the network of sea lanes lies within this of where most ships go near ports", low=1.0, high=500.0,
    )  # fmt: skip
    sea_corridor_growth: float = threshold(
        0.06, "How much the half width grows per km from the nearer end.",
        "ours: 55 km in the middle of a 1,000 km leg holds the usual choice between lanes", high=0.5,
    )  # fmt: skip
    sea_corridor_widest_km: float = threshold(
        250.0, "The corridor of a sea route is never wider than this to either side.",
        "ours: great circle and network differ by up to this in mid-ocean", low=1.0, high=2000.0,
    )  # fmt: skip
    sea_detour_km: float = threshold(
        10.0, "Outside the corridor counts only when it makes the voyage longer by at least this.",
        "ours: half an hour at 11 kn; a ship on another lane of equal length still serves the declaration", high=5000.0,
    )  # fmt: skip
    sea_detour_share: float = threshold(
        0.05, "... or by at least this share of a coastal leg, whichever is more.",
        "ours: lanes on either side of a bank or an island differ by less", high=1.0,
    )  # fmt: skip
    sea_detour_share_ocean: float = threshold(
        0.12, "The same share on an ocean passage.",
        "ours: six ships went 240 km (9 %) round a typhoon between Singapore and Hong Kong, four 9.5 % round Cabo San Antonio", high=1.0,
    )  # fmt: skip
    sea_coastal_km: float = threshold(
        500.0, "A leg up to this long is a coastal one; between it and an ocean passage the share grows in proportion.",
        "ours: a day and a half at 8 kn: who meets weather there waits in port", low=1.0, high=5000.0,
    )  # fmt: skip
    sea_ocean_km: float = threshold(
        1500.0, "A leg of this length is an ocean passage.", "ours: three days at 12 kn, as far as a forecast is trusted", low=2.0, high=20000.0,
    )  # fmt: skip
    sea_near_share: float = threshold(
        0.025, "Outside the corridor, but on her way again with half of this share of the leg as detour.",
        "ours: another lane of like length", high=1.0,
    )  # fmt: skip
    sea_stalled_h: float = threshold(
        6.0, "Outside the corridor and under way for so long without coming nearer to her port, she is off her route whatever the leg's length.",
        "ours: rounding capes by hand-laid routes brought ships nearer in any six hours", low=1.0, high=240.0,
    )  # fmt: skip
    sea_stalled_km: float = threshold(
        150.0, "... once that has cost so much.", "ours: nine hours at 9 kn", low=1.0, high=5000.0,
    )  # fmt: skip
    sea_veered_h: float = threshold(
        24.0, "Outside the corridor and for so long at most the share below of what she sailed brought her nearer: off her route, too.",
        "ours: a ship dodging a storm is back on her way after a day", low=1.0, high=240.0,
    )  # fmt: skip
    sea_veered_share: float = threshold(
        0.6, "... this share: a course of more than 53 degrees off the way to her port.",
        "measured on hand-laid voyages: weather routing stays above 0.9 by the day, two ships that met others in mid-ocean were at 0.2 and 0.5", high=1.0,
    )  # fmt: skip
    sea_veered_km: float = threshold(
        250.0, "... once that has cost so much.", "ours: six ships sailed 240 km more round a typhoon", low=1.0, high=5000.0,
    )  # fmt: skip
    sea_veered_port_km: float = threshold(
        300.0, "... and no port is within this: off a coast there may be another strait, in mid-ocean there is none.",
        "ours: east of Mindanao instead of by Sibutu passes 190 km off the nearest port", high=2000.0,
    )  # fmt: skip
    sea_strait_share: float = threshold(
        0.25, "By another strait, with land between it and the usual way, the voyage may get longer by this share ...",
        "Abraham et al. 2013, Alternative routes in road networks: what is up to a quarter longer is still another way", high=1.0,
    )  # fmt: skip
    sea_strait_km: float = threshold(
        400.0, "... and by at most this.", "measured on hand-laid voyages: the fourth Kuril strait instead of the first costs 290 km", high=5000.0,
    )  # fmt: skip
    sea_sustained_h: float = threshold(
        1.0, "How long a ship must be off route or sail the wrong way.", "ours: avoiding traffic and squalls takes less", high=240.0,
    )  # fmt: skip
    sea_wrong_way_km: float = threshold(
        50.0, "How much further from her next declared port than she already was.",
        "ours: two hours at 14 kn; tacking and pilots' manoeuvres stay below, and waiting ships are told apart", low=1.0, high=5000.0,
    )  # fmt: skip
    sea_wrong_way_share: float = threshold(
        0.02, "... or this share of the distance still to go, whichever is more.",
        "ours: rounding a cape or a bank costs that much on an ocean passage", high=1.0,
    )  # fmt: skip
    sea_made_good: float = threshold(
        0.9, "After an undeclared call: this share of six hours' sailing brings her nearer to the declared port, so she serves it again.",
        "ours: a course within 25 degrees of the shortest way", low=0.1, high=1.0,
    )  # fmt: skip
    sea_company_km: float = threshold(
        150.0, "Others this near are asked whether they stray, too.", "ours: the size of a storm's core or the approaches of a strait", high=2000.0,
    )  # fmt: skip
    sea_company_craft: int = threshold(
        3, "So many others off their routes, and more than are on theirs, make straying nobody's own.", "ours: two may have business together", low=1,
    )  # fmt: skip
    declared_radius_km: float = threshold(
        40.0, "A stop this close to a declared port is a call there.",
        "ours: Maasvlakte lies 30 km from Rotterdam's reference point", low=1.0, high=200.0,
    )  # fmt: skip
    waiting_radius_km: float = threshold(
        100.0, "A ship idling this close to her next declared port is waiting for it, neither late nor turning away.",
        "ours: outer anchorages and drifting areas lie within 50 nm", low=1.0, high=500.0,
    )  # fmt: skip
    idle_radius_km: float = threshold(
        250.0, "Who lies or drifts for hours this close to her next declared port waits for it, too, and is not late by that.",
        "ours: anchorages of river ports (Houston 110, Zhangjiagang 200 km), drifting areas off Lagos", low=1.0, high=1000.0,
    )  # fmt: skip
    sea_idle_h: float = threshold(
        3.0, "... for so long below 3 kn.", "ours: longer than embarking a pilot or a repair under way", low=0.5, high=48.0,
    )  # fmt: skip
    port_radius_km: float = threshold(
        8.0, "A stop this close to another port may be an undeclared call there.",
        "ours: berths lie within some 8 km of a port's reference point", low=0.5, high=50.0,
    )  # fmt: skip
    berth_radius_km: float = threshold(
        30.0, "The same for a ship that says she is moored: berths of a large port lie this far from its reference point.",
        "measured on hand-laid voyages: Sohar 23, Houston 30, Mumbai 29 km; Maasvlakte lies 30 km from Rotterdam's point", low=0.5, high=200.0,
    )  # fmt: skip
    sea_early_h: float = threshold(
        24.0, "A ship that leaves the first port for the second this long before the declared departure has begun the voyage.",
        "ours: papers give the berth's plan, cargo work ends hours before or after it", high=240.0,
    )  # fmt: skip
    sea_begun_km: float = threshold(
        20.0, "First heard on a declared leg, she has begun it when she sailed this far and half of it brought her nearer.",
        "ours: an hour at 11 kn; ships between voyages cross or sail back along the lanes", low=1.0, high=500.0,
    )  # fmt: skip
    sea_room: float = threshold(
        3.0, "With this many times the hours she needs still left, sailing elsewhere first is no diversion yet.",
        "ours: papers with so much room name no voyage in particular; supply ships go out and back in between", low=1.0, high=100.0,
    )  # fmt: skip
    stopped_kn: float = threshold(
        1.0, "A ship slower than this is stopped.", "ours: above swinging at anchor", low=0.1, high=5.0
    )
    call_stop_h: float = threshold(
        2.0, "How long a stop off the declared route must last to be an undeclared call.",
        "ours: shorter than any cargo work, longer than embarking a pilot", high=240.0,
    )  # fmt: skip
    call_on_route_moored_h: float = threshold(
        3.0, "The same at a berth (moored, or within 2 km of the port) on the declared route.",
        "ours: shorter than nearly any cargo work; a visit for water or crew alone is mostly over by then", high=240.0,
    )  # fmt: skip
    call_on_route_anchored_h: float = threshold(
        14.0, "The same at anchor on the declared route.", "ours: bunkering at anchor takes 4 to 12 h", high=240.0,
    )  # fmt: skip
    canal_radius_km: float = threshold(
        80.0, "Within this of a canal that the declared route uses, waiting is no call.",
        "ours: convoys gather within it off Suez, Port Said, Colon and Balboa", high=500.0,
    )  # fmt: skip
    sea_late_h: float = threshold(
        12.0, "A ship is late only beyond this.", "ours: half a day; berth slots and tides move arrivals by hours", high=240.0,
    )  # fmt: skip
    sea_unreachable_h: float = threshold(
        2.0, "A declared time counts as unreachable when even at her best she would be later than this.",
        "ours: papers round to hours, pilots and tides add some", high=240.0,
    )  # fmt: skip
    best_over_seen: float = threshold(
        1.35, "After three hours under way, her best speed is this times the highest seen, but never more than the top speed of her class.",
        "ours: slow steaming is mostly at three quarters of design speed or more", low=1.0, high=5.0,
    )  # fmt: skip
    sea_slowed_share: float = threshold(
        0.7, "Below this share of the highest speed seen she has slowed down; that, not her usual pace, is why a time cannot be kept.",
        "ours: more than weather costs a laden ship", low=0.1, high=1.0,
    )  # fmt: skip
    sea_slowed_h: float = threshold(
        3.0, "Slow for this long, she is not about to sail faster than ever: her best speed is then the share below.",
        "ours: fog, fishing fleets and traffic last less", high=240.0,
    )  # fmt: skip
    sea_slowed_best: float = threshold(
        1.15, "Best speed of a ship that has slowed down, as a share of the highest seen.",
        "ours: what she showed before is nearly what she can do; engines run at 85 % for long", low=0.5, high=5.0,
    )  # fmt: skip
    sea_slowed_unreachable_h: float = threshold(
        1.0, "A declared time counts as unreachable for her beyond this.",
        "ours: half of what others are allowed, for she shows no haste", high=240.0,
    )  # fmt: skip
    sea_unreachable_share: float = threshold(
        0.1, "... or than this share of the time that is left, whichever is more.",
        "ours: currents, weather and the length of the way are not known better", high=1.0,
    )  # fmt: skip
    sea_turned_factor: float = threshold(
        2.0, "Outside the corridor, where a detour itself adds distance, wrong way needs this many times the distance.",
        "ours: a detour of 100 km off the lane adds up to 100 km to what is left", low=1.0, high=20.0,
    )  # fmt: skip
    sea_passed_km: float = threshold(
        75.0, "A declared port passed within this, lying on the way to the port called at, was skipped; else the order was changed.",
        "ours: from coastal lanes a port is within sight or radio of its pilots", low=1.0, high=500.0,
    )  # fmt: skip
    sea_passed_detour: float = threshold(
        1.3, "... on the way means that going by it makes the voyage at most this many times longer.",
        "ours: beyond it nobody plans the call in between", low=1.0, high=10.0,
    )  # fmt: skip
    destination_radius_km: float = threshold(
        35.0, "A port named as destination this close to a declared port is that port.",
        "ours: Maasvlakte and Rotterdam, 30 km apart, are one port to crews and papers", low=1.0, high=200.0,
    )  # fmt: skip
    destination_sustained_h: float = threshold(
        0.5, "How long the transmitted destination must contradict the papers.",
        "ours: five reports of AIS message 5 (ITU-R M.1371-5: every 6 min); typing takes less", high=48.0,
    )  # fmt: skip
    destination_eta_h: float = threshold(
        12.0, "A transmitted ETA this much later than the declared arrival is added to the evidence; it is no event by itself.",
        "ours: crews often leave old times standing", low=0.5, high=240.0,
    )  # fmt: skip
    cargo_top_kn: float = threshold(
        25.0, "Top speed of ships of unknown type and cargo ships.", "container ships reach it; others cannot be told apart by AIS type", low=1.0, high=60.0,
    )  # fmt: skip
    tanker_top_kn: float = threshold(
        18.0, "Top speed of tankers (AIS types 80-89).", "fastest tankers in service", low=1.0, high=60.0
    )
    passenger_top_kn: float = threshold(
        36.0, "Top speed of passenger and high-speed craft (AIS types 40-49, 60-69).", "fast ferries", low=1.0, high=60.0,
    )  # fmt: skip
    air_corridor_base_km: float = threshold(
        150.0, "Half width of the corridor of a flight at its ends.", "ours: departure and arrival routes, holding and vectors", low=1.0, high=2000.0,
    )  # fmt: skip
    air_corridor_growth: float = threshold(
        0.1, "How much it grows per km from the nearer end.", "ours: airways and winds", high=0.5
    )
    air_corridor_widest_km: float = threshold(
        500.0, "The corridor of a flight is never wider than this to either side.", "ours: oceanic tracks follow the wind", low=1.0, high=4000.0,
    )  # fmt: skip
    air_detour_km: float = threshold(
        150.0,
        "Outside the corridor counts only when it makes the flight longer by this.",
        "ours: as air_corridor_base_km, what departure, arrival, holding and vectors take",
        high=5000.0,
    )
    air_detour_share: float = threshold(
        0.08, "... or by this share of the leg.", "ours: closed airspace costs about as much", high=1.0
    )
    air_sustained_min: float = threshold(
        10.0,
        "How long an aircraft must be off route or fly the wrong way.",
        "ours: 140 km at 450 kn, about air_wrong_way_km; set on the simulator's flights",
        high=600.0,
    )
    air_wrong_way_km: float = threshold(
        150.0, "How much further from the declared airport than it already was.", "ours: three times a holding pattern's reach", low=1.0, high=5000.0,
    )  # fmt: skip
    airport_radius_km: float = threshold(
        8.0, "On the ground this close to a declared airport is landed there.", "ours: runway ends lie within 5 km of the reference point", low=0.5, high=50.0,
    )  # fmt: skip
    approach_km: float = threshold(
        10.0, "Lost low this close to an airport may have landed there.", "adsbtrack matches within 10 km", low=0.5, high=50.0,
    )  # fmt: skip
    approach_ft: float = threshold(
        3000.0, "Lost low is below this height above the airport, descending.", "ours: final approach begins there", low=100.0, high=20000.0,
    )  # fmt: skip
    approach_silence_min: float = threshold(
        15.0, "Silence after being lost low until it counts as landed.", "ours: a go-around is heard again within minutes", low=1.0, high=240.0,
    )  # fmt: skip
    air_late_h: float = threshold(
        2.0, "A flight is late only beyond this.", "ours: beyond the usual delays of departure slots", high=48.0
    )
    air_turn_round_min: float = threshold(
        25.0, "The shortest turn-round at an airport: after a silence that leaves room for it the flight may be over.",
        "Ryanair's planned turn-round, the shortest of the airlines (simpleflying.com/ryanair-25-minute-turnaround)", high=240.0,
    )  # fmt: skip
    air_unseen_kn: float = threshold(
        500.0, "Out of hearing it is reckoned to fly at this or, where more, at the highest speed seen; light aircraft at 1.3 times that.",
        "ours: cruise of jets (455 to 490 kn) with some wind; reckoning fast makes more silences long enough to have landed in", low=50.0, high=1000.0,
    )  # fmt: skip
    air_other_flight_h: float = threshold(
        14.0, "After so long a silence the same call sign is the next flight of that number.",
        "ours: numbers are flown once a day, and few flights last longer", low=1.0, high=48.0,
    )  # fmt: skip
    air_other_call_min: float = threshold(
        10.0, "Another call sign for so long is another flight; until then nothing is judged.",
        "ours: a slip of the crew is corrected sooner", high=240.0,
    )  # fmt: skip
    aircraft_top_kn: float = threshold(
        600.0, "Top ground speed of aircraft.", "jets with the wind behind them", low=50.0, high=2000.0
    )
    forget_after_days: float = threshold(
        30.0, "An itinerary ends this long after its last declared time.", "ours: later than this it is another voyage", low=1.0, high=365.0,
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)
        if self.sea_ocean_km <= self.sea_coastal_km:
            raise ValueError("sea_ocean_km must be more than sea_coastal_km")
