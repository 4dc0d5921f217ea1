"""One measured number beside its yardstick and its goal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured. `ratio` is the value in yardsticks of the same run; `limit` is the goal as a number."""

    name: str
    value: float
    unit: str
    yardstick: float | None
    ratio: float | None
    goal: str
    reached: bool


def against(name: str, value: float, yardstick: float, *, most: float, unit: str = "µs") -> Figure:
    """A cost that may be at most so many yardsticks."""
    ratio = value / yardstick
    return Figure(name, round(value, 2), unit, round(yardstick, 2), round(ratio, 3), f"≤ {most:g}×", ratio <= most)


def absolute(name: str, value: float, unit: str, *, most: float) -> Figure:
    """A number with a limit of its own."""
    return Figure(name, round(value, 3), unit, None, None, f"≤ {most:g} {unit}", value <= most)
