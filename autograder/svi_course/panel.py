"""A verdict as text and as HTML with a figure. Every string that may be a learner's is escaped."""

import base64
import html
import io
import math
import re
import warnings

import numpy as np

WITHOUT_ROWS = ("missing", "unwritten", "wrong signature", "not measured")  # statuses of which no row could say more
GOOD, BAD = "#0b6e4f", "#b3261e"  # with a sign and a word beside them, never colour alone


def _number(value):
    if not math.isfinite(value):
        return "none" if math.isnan(value) else "infinite"
    return f"{value:.3g}"


def _escaped(text):
    """Text for HTML, with `names` in backticks set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def headline(verdict):
    """One line: points and status."""
    points = f"{verdict.points:g} of {verdict.max_points:g} points"
    if verdict.passed:
        return f"\N{CHECK MARK} {verdict.exercise}: all right, {points}"
    status = "not yet right" if verdict.status == "failed" else verdict.status
    return f"\N{BALLOT X} {verdict.exercise}: {status}, {points}"


def advice(verdict):
    """The sentence and the hint, as separate lines."""
    lines = [verdict.sentence] if verdict.sentence else []
    if verdict.hint:
        lines.append(f"Hint: {verdict.hint}")
    return lines


def as_text(verdict):
    """The panel for a terminal."""
    lines = [headline(verdict)]
    if verdict.status not in WITHOUT_ROWS:
        for row in verdict.rows:
            mark = "ok  " if row.passed else "FAIL"
            lines.append(
                f"  {mark} {row.name}: {row.compared}; distance {_number(row.distance)}, tolerance "
                f"{_number(row.tolerance)}"
            )
            if row.sentence and row.sentence != verdict.sentence:
                lines.append(f"       {row.sentence}")
    lines += [f"  {line}" for line in advice(verdict)]
    lines += [f"  Warning while measuring: {w}" for w in verdict.warnings]
    return "\n".join(lines)


def as_html(verdict, png=None, alt=""):
    """The panel for a notebook or a feedback page.

    Args:
        verdict: the Verdict.
        png: bytes of a figure, or None.
        alt: its text for those who can't see it.
    """
    esc = html.escape
    colour = GOOD if verdict.passed else BAD
    cell = "padding:4px 10px;text-align:left;vertical-align:top;border-top:1px solid #ccc;color:#1a1a1a;background:#fff"
    out = [
        f'<div role="group" aria-label="Result of {esc(verdict.exercise)}" style="border:1px solid #ccc;'
        f"border-left:6px solid {colour};padding:10px 14px;margin:6px 0;max-width:860px;font-family:sans-serif;"
        'font-size:14px;color:#1a1a1a;background:#fff">',
        f'<div style="font-weight:bold;color:{colour}">{esc(headline(verdict))}</div>',
        f'<div style="color:#444">{esc(verdict.title)}</div>',
    ]
    if verdict.status not in WITHOUT_ROWS:
        heads = ["", "criterion", "compared", "distance", "tolerance", "points"]
        if verdict.hidden:
            heads.insert(5, "hidden cases")
        out.append('<table style="border-collapse:collapse;margin:8px 0;font-size:13px"><thead><tr>')
        out += [f'<th scope="col" style="{cell};border-top:none">{head}</th>' for head in heads]
        out.append("</tr></thead><tbody>")
        for row in verdict.rows:
            passed = row.passed and verdict.hidden.get(row.name, True)
            ink, word = (GOOD, "✓ passed") if passed else (BAD, "✗ failed")
            mark = f'<span style="color:{ink};font-weight:bold;white-space:nowrap">{word}</span>'
            note = (
                f'<div style="color:{BAD}">{_escaped(row.sentence)}</div>'
                if row.sentence and row.sentence != verdict.sentence
                else ""
            )
            cells = [mark, esc(row.name), _escaped(row.compared) + note, _number(row.distance), _number(row.tolerance)]
            if verdict.hidden:
                cells.append("passed" if verdict.hidden[row.name] else "failed")
            cells.append(f"{row.points if passed else 0:g}/{row.points:g}")
            out.append("<tr>" + "".join(f'<td style="{cell}">{text}</td>' for text in cells) + "</tr>")
        out.append("</tbody></table>")
    if verdict.sentence:
        out.append(f'<p style="margin:6px 0">{_escaped(verdict.sentence)}</p>')
    if verdict.hint:
        out.append(
            f'<p style="margin:6px 0;padding:6px 10px;background:#fff4d6"><b>Hint</b> {_escaped(verdict.hint)}</p>'
        )
    for w in verdict.warnings:
        out.append(f'<p style="margin:4px 0;color:#555">Warning while measuring: {esc(w)}</p>')
    if png:
        data = base64.b64encode(png).decode()
        out.append(f'<img alt="{esc(alt, quote=True)}" style="max-width:100%" src="data:image/png;base64,{data}">')
    out.append("</div>")
    return "\n".join(out)


def figure(exercise, measurement, reference):
    """(png bytes, alt text) of the exercise's figure, or (None, "") where it has none."""
    if exercise.figure is None or measurement.get("status") != "ok":
        return None, ""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    for name, wanted in exercise.fields.items():
        if wanted.problem(measurement.get(name)):
            return None, ""
    fig = Figure(figsize=(6.4, 3.2), dpi=90, layout="constrained")
    FigureCanvasAgg(fig)
    axes = fig.subplots()
    axes.tick_params(labelsize=8)
    buffer = io.BytesIO()
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
        ):  # a learner's odd numbers would warn, and that goes to stderr
            warnings.simplefilter("ignore")
            alt = exercise.figure(axes, measurement, reference)
            if not isinstance(alt, str):  # the figure says that there is nothing to show
                return None, ""
            fig.savefig(buffer, format="png", metadata={"Software": None})
    except Exception:  # odd numbers can defeat a plot; the panel stands without it
        return None, ""
    return buffer.getvalue(), alt


def as_page(verdict, exercise, measurement, reference):
    """The panel as HTML with the figure of the public case, where there is one; never raises.

    What fails costs itself: a figure its picture, a sentence its line, never the verdict.
    """
    try:
        return as_html(verdict, *figure(exercise, measurement, reference))
    except Exception:
        return f"<pre>{html.escape(headline(verdict))}</pre>"
