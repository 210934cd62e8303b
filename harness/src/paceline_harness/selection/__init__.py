"""How backends are chosen, seen from outside: what calibration found, the table that is shipped, how good choices are.

``words`` says who serves which sizes; ``shipped`` makes the table that comes with paceline from committed profiles,
``page`` and ``crossovers`` a table and a picture of the same; ``points`` is the arithmetic of regret and ``truth``
measures for it, ``telling`` prints it.
"""
