"""The table: Markdown from a run's document (see run). Pure."""
import math

from figures import COUNT, FIGURES, ahead, summarize

OURS = "baton"
# What a row does not show, said under every table that holds it.
NOT_SHOWN = {
    1: "a machine that loses power or its network: there is no proof of death then, and row 3 applies. The victim leads and is not the "
       "controller. librdkafka's figure holds its own back-off and metadata refresh.",
    3: "a pause shorter than the session. The bound follows from each system's session time-out.",
    10: "slow disks (nothing waits for fsync in either system), networks, and clients on other machines: the client shares these cores, "
        "so MB/s is bounded by it too. CPU is that of the three brokers; ZooKeeper's and the client's are not in it.",
    13: "many partitions (here three or four of RF 3) and memory after load. ZooKeeper's own memory is not in it: Kafka in ZooKeeper mode and Baton both need one.",
    14: "recovery of data. KRaft's disks are formatted before the clock starts; ZooKeeper's start is in Baton's and in ZooKeeper mode's "
        "figure. Ready means: open ports (Kafka), all registered and a controller elected (Baton).",
}


def number(value, decimals):
    if math.isinf(value):
        return "never"
    if value >= 100:
        decimals = 0
    return f"{value:,.{decimals}f}"


def cell(figure, summary, failures):
    """`failures`: the reasons of the rounds in which the row came to nothing."""
    if summary is None:
        return f"failed: {failures[0]}" if failures else "–"
    note = f" ({len(failures)} of {summary.count + len(failures)} rounds failed)" if failures else ""
    if figure.better == COUNT:
        return f"{summary.median:,.0f} of {summary.whole:,.0f}{note}"
    if summary.never and math.isfinite(summary.median):
        note = f" ({summary.never} of {summary.count} never){note}"
    return f"{number(summary.median, figure.decimals)} / {number(summary.worst, figure.decimals)}{note}"


def times(ratio):
    if ratio is None:
        return "–"
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def failures_of(document, system, figure):
    """The reasons of the rounds in which the row failed before the figure was measured."""
    row = str(figure.row)
    return [sample["failures"][row] for sample in document["samples"]
            if sample["system"] == system and row in sample["failures"] and figure.key not in sample["figures"]]


def escaped(text):
    return text.replace("|", "\\|").replace("\n", " ")


def rows_of(document):
    return [int(row) for row in document["rows"]]


def table(document):
    systems = document["systems"]
    figures = {system: [sample["figures"] for sample in document["samples"] if sample["system"] == system] for system in systems}
    compares = OURS in systems and len(systems) > 1
    heads = ["row", "median / worst", *(document["names"][system] for system in systems), *(["Baton ahead"] if compares else [])]
    lines = ["| " + " | ".join(heads) + " |", "|" + "--|" * len(heads)]
    for figure in FIGURES:
        if figure.row not in rows_of(document):
            continue
        summaries = {system: summarize(figure, figures[system]) for system in systems}
        cells = [cell(figure, summaries[system], failures_of(document, system, figure)) for system in systems]
        if compares:
            theirs = [summaries[system] for system in systems if system != OURS]
            cells.append(times(ahead(figure, summaries[OURS], theirs)))
        lines.append(f"| {figure.row} | {figure.label} | " + " | ".join(map(escaped, cells)) + " |")
    return "\n".join(lines)


def footnotes(document):
    rounds = {system: max((s["round"] for s in document["samples"] if s["system"] == system), default=0) for system in document["systems"]}
    lines = [f"Setting: {document['setting']}. Rounds: {min(rounds.values(), default=0)}, systems taking turns. {document['when']}.",
             f"Machine: {document['machine']}. Load average before the first round: {document['load']:.1f}.",
             "Versions: " + ", ".join(document["versions"]) + ".",
             "*Ahead* compares Baton's median with the better of Kafka's two. What a row does not show:"]
    lines += [f"- row {row}: {NOT_SHOWN[row]}" for row in rows_of(document)]
    troubles = [(s["round"], document["names"][s["system"]], row, reason) for s in document["samples"] for row, reason in s["failures"].items()]
    if troubles:
        lines.append("\nWhat failed:")
        lines += [f"- round {at}, {name}, row {row}: {reason}" for at, name, row, reason in troubles]
    return "\n".join(lines)


def report(document):
    return f"{table(document)}\n\n{footnotes(document)}"
