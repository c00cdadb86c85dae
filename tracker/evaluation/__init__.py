"""How good the program is: events against labels, seeded scenarios, events injected into recorded backgrounds, decoders beside others.

``claims`` says which events claim that something is wrong, ``comparison`` holds them against labels, ``by_story`` counts by story; ``benchmark`` simulates, replays
and compares seeds and backgrounds (``background`` reads recordings, ``injections`` edits them), ``figures`` sums up; ``screen`` is what people see.
``decoding`` times decoders.
"""
