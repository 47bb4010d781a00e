"""What is measured in one cluster: its creation, what it costs when nothing happens, deaths of brokers, deaths of the controller."""
import time

from cluster import boot_ns
from processes import Trouble

CREATED_AT_ONCE = 20_000
STAGES = ("detected", "tombstone_confirmed", "pages_confirmed", "pushed", "applied", "removed_confirmed")


def measure_all(cluster, options, run, say):
    create(cluster, options.per_topic, run)
    say(f"  created in {run['creation_s']:.1f} s")
    idle(cluster, run)
    say(f"  controller: {run['controller_mb']:.0f} MB, at worst {run['controller_worst_mb']:.0f} MB; idle {run['controller_idle_percent']:.2f} % of a core")
    for round_number in range(options.repeat if "broker" in options.deaths else 0):
        run.setdefault("broker_deaths", []).append(broker_death(cluster, round_number, say))
    for _ in range(options.repeat if "controller" in options.deaths else 0):
        run.setdefault("controller_deaths", []).append(controller_death(cluster, say))
    memory(cluster, run, "after_")
    if not options.no_creation:
        run["topic_ms"] = one_topic(cluster)
        say(f"  a topic of 10,000 partitions: {run['topic_ms']:.0f} ms")


def create(cluster, per_topic, run):
    """Through the real path: CreateTopics on a broker's control stream, twenty thousand partitions a request, each with an assignment."""
    creator = cluster.of("broker")[0]
    # Every broker's stream has to stand before anything can be placed on it.
    cluster.all("partitions 0")
    cluster.expect("known", cluster.brokers, 60)
    began = time.monotonic()
    for number, first in enumerate(range(0, cluster.partitions, CREATED_AT_ONCE)):
        count = min(CREATED_AT_ONCE, cluster.partitions - first)
        for attempt in range(200):
            creator.tell(f"create {1000 + number} {first} {count} {cluster.brokers} {per_topic}")
            _, words = cluster.expect("created", 1, 120)[0]
            if words[1] == "0":
                break
            time.sleep(0.05)
        else:
            raise Trouble("a creation was refused: " + " ".join(words))
    run["creation_s"] = time.monotonic() - began
    cluster.all(f"partitions {cluster.partitions}")
    cluster.expect("known", cluster.brokers, 120)


def one_topic(cluster):
    """10,000 partitions in one topic, placed by the controller: request to the last broker's knowledge of it."""
    creator = cluster.of("broker")[0]
    cluster.all(f"created placed 10000")
    began = boot_ns()
    creator.tell("topic 900 placed 10000 3")
    known = cluster.expect("appeared", cluster.brokers, 120)
    return (max(int(words[1]) for _, words in known) - began) / 1e6


def memory(cluster, run, prefix=""):
    run[prefix + "controller_mb"], run[prefix + "controller_worst_mb"] = cluster.controller().memory_mb()


def idle(cluster, run, seconds=5):
    controller = cluster.controller()
    time.sleep(1)
    before, began = controller.cpu_ms(), time.monotonic()
    time.sleep(seconds)
    run["controller_idle_percent"] = (controller.cpu_ms() - before) / (time.monotonic() - began) / 10
    memory(cluster, run)


def broker_death(cluster, round_number, say):
    victim = next(node for node in cluster.of("broker") if node.first == round_number % cluster.alone + 1)
    controller = cluster.controller()
    before = controller.cpu_ms()
    for node in cluster.of("broker"):
        if node is not victim:
            node.tell(f"expect {victim.first} {cluster.partitions} {cluster.brokers}")
    cluster.expect("expecting", len(cluster.of("broker")) - 1, 20)
    store_before = cluster.store_ms(controller)
    at = cluster.kill(victim)
    applied = cluster.expect("applied", cluster.brokers - 1, 120)
    done = max(int(words[2]) for _, words in applied)
    sample = {"victim": victim.first, "all_know_ms": (done - at) / 1e6, "changed": int(applied[0][1][1]),
              "leaderless": max(int(words[3]) for _, words in applied)}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        stages = [stage for stage in cluster.status(controller)[2] if stage["broker"] == victim.first and stage["ns"] > at]
        if any(stage["stage"] == "removed_confirmed" for stage in stages) and any(stage["stage"] == "applied" for stage in stages):
            break
        time.sleep(0.02)
    for stage in stages:
        if stage["stage"] in STAGES:
            sample.setdefault(stage["stage"] + "_ms", (stage["ns"] - at) / 1e6)
    sample["controller_cpu_ms"] = controller.cpu_ms() - before
    sample["store_ms"] = cluster.store_ms(controller) - store_before
    say(f"  broker {victim.first} dead: all know after {sample['all_know_ms']:.1f} ms ({sample['changed']} partitions changed); "
        f"multis under way {sample['store_ms']:.0f} ms; controller's CPU {sample['controller_cpu_ms']:.0f} ms; " +
        ", ".join(f"{stage} {sample[stage + '_ms']:.1f}" for stage in STAGES if stage + "_ms" in sample))
    # It comes back, and every ISR is full again, so that the next death finds what this one found.
    cluster.add("broker", victim.first, victim.last)
    cluster.expect("registered", 1, 60)
    began = time.monotonic()
    cluster.all("restore")
    cluster.expect("restored", cluster.brokers, 300)
    sample["isr_full_again_s"] = time.monotonic() - began
    return sample


def controller_death(cluster, say):
    victim = cluster.controller()
    epoch = cluster.status(victim)[1]
    cluster.all(f"after {epoch}")
    at = cluster.kill(victim)
    follows = cluster.expect("follows", cluster.brokers, 120)
    sample = {"all_follow_ms": (max(int(words[2]) for _, words in follows) - at) / 1e6}
    creator = cluster.of("broker")[0]
    creator.tell(f"topic {2000 + epoch} after-{epoch} 1 3")
    _, words = cluster.expect("created", 1, 60)[0]
    sample["first_creation_ms"] = (int(words[2]) - at) / 1e6
    sample["creation_error"] = int(words[1])
    say(f"  controller dead: all follow the next after {sample['all_follow_ms']:.1f} ms, a topic is created after {sample['first_creation_ms']:.1f} ms")
    # A standby that has just been started has neither the image nor a connection whose end proves a death: the next death waits for both.
    standby = cluster.add("controller", victim.first, victim.last)
    cluster.expect("registered", 1, 60)
    standby.tell(f"partitions {cluster.partitions}")
    cluster.expect("known", 1, 60)
    cluster.controller()
    return sample
