"""The tables of bench/scale/run."""
import statistics


def median_worst(values):
    return f"{statistics.median(values):.0f} / {max(values):.0f}" if values else "–"


def of(samples, key):
    return [sample[key] for sample in samples if key in sample]


def report(document):
    settings = "".join(f"; {each}" for each in document.get("settings", []))
    lines = [f"Measured {document['when']} on {document['machine']}; load average at the start {document['load'][0]:.1f}{settings}", "",
             "Milliseconds after kill -9 of a broker, median / worst:", "",
             "| brokers | partitions | changed | detected | tombstone confirmed | pages confirmed | pushed | all brokers know | multis under way | controller's CPU |",
             "|--|--|--|--|--|--|--|--|--|--|"]
    for run in document["runs"]:
        deaths = run.get("broker_deaths", [])
        if not deaths:
            continue
        columns = [median_worst(of(deaths, key)) for key in ("detected_ms", "tombstone_confirmed_ms", "pages_confirmed_ms", "pushed_ms",
                                                             "all_know_ms", "store_ms", "controller_cpu_ms")]
        lines.append(f"| {run['brokers']} | {run['partitions']:,} | {deaths[0]['changed']:,} | " + " | ".join(columns) + " |")
    lines += ["", "After kill -9 of the controller; its memory; creation:", "",
              "| brokers | partitions | all follow the next, ms | a topic created, ms | controller, MB now / at worst | idle, % of a core | all created, s | 10,000 in one topic, ms |",
              "|--|--|--|--|--|--|--|--|"]
    for run in document["runs"]:
        deaths = run.get("controller_deaths", [])
        if "controller_mb" not in run:
            lines.append(f"| {run['brokers']} | {run['partitions']:,} | {run.get('failure', '')} | | | | | |")
            continue
        memory = f"{run['controller_mb']:.0f} / {run.get('after_controller_worst_mb', run['controller_worst_mb']):.0f}"
        topic = f"{run['topic_ms']:.0f}" if "topic_ms" in run else "–"
        lines.append(f"| {run['brokers']} | {run['partitions']:,} | {median_worst(of(deaths, 'all_follow_ms'))} | "
                     f"{median_worst(of(deaths, 'first_creation_ms'))} | {memory} | {run['controller_idle_percent']:.2f} | {run['creation_s']:.1f} | {topic} |")
    return "\n".join(lines)
