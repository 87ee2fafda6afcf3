"""Usability grades, recomputed from recorded measures by versioned rules.

``rules.evaluate`` takes measures and a rule set and returns three axes that are never added up:
function, appearance, remaining life. A rule caps the grade of its axis; the lowest cap stands. An
axis is at its best grade only when every rule that applies was measured and none took anything
away. What was not measured is unknown, and so is an axis that nothing was measured for.

A new rule goes into a new version of a file in ``rules/``, with its own examples. A released rule
set is never edited: the same measures under the same rules give the same bytes for ever.
"""
