"""The chart: each limited figure as a bar against its limit."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import FIGURES, Figure, number
from benchmarks.results import Results

LONGEST = 2.0


def used_share(figure: Figure, value: float) -> float:
    """Return how much of its limit a value uses up: above 1 it is missed."""
    if figure.at_most is not None:
        return value / figure.at_most
    assert figure.at_least is not None
    return figure.at_least / value if value else float("inf")


def label(figure: Figure, value: float) -> str:
    """Return what stands beside a bar; a bar that is cut says so."""
    text = f"{number(value, figure.unit)}  ({figure.limit})"
    share = used_share(figure, value)
    return text if share <= LONGEST else f"» cut: {share:,.1f} times the limit; {text}"


def draw(results: Results, file: Path) -> bool:
    """Draw the limited figures as bars against their limits; False without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as Chart
    except ImportError:
        return False
    # Where nothing but all is enough, a bar says nothing.
    shown = [
        figure
        for figure in FIGURES
        if figure.limit and figure.at_least != 1 and figure.key in results.values
    ]
    if not shown:
        return False
    # Text stays text and nothing tells when or how the file was made: small, and equal when equal.
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "llm_finops"
    mpl.rcParams["hatch.color"] = "white"
    shares = [used_share(each, results.values[each.key]) for each in shown]
    lengths = [min(share, LONGEST) for share in shares]
    chart = Chart(figsize=(9, 0.5 + 0.42 * len(shown)), layout="constrained")
    axes = chart.subplots()
    colours = ["#2a7f62" if share <= 1 else "#c0392b" for share in shares]
    bars = axes.barh([each.label for each in shown], lengths, color=colours, height=0.6)
    for bar, share in zip(bars, shares, strict=True):
        bar.set_hatch("//" if share > LONGEST else "")
    texts = [label(each, results.values[each.key]) for each in shown]
    axes.bar_label(bars, texts, padding=4, fontsize=8)
    axes.axvline(1, color="#333333", linewidth=1)
    is_cut = max(shares) > LONGEST
    axes.set_xlim(0, max([1.6, *[length + (1.2 if is_cut else 0.5) for length in lengths]]))
    axes.set_xlabel("share of the limit that is used; the line is the limit")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    chart.savefig(file, metadata={"Date": None, "Creator": None})
    return True
