"""The controller is stopped (SIGSTOP), under load, and nobody kills it: how long until another rules, and what is lost."""
import json
import signal
import time

import systems
from probes import Probe, lost, read_back, wait_for_acknowledgements
from processes import Trouble, wait_for

PATIENCE_SECONDS = 60
TOPIC = "stopped"


class Cluster(systems.Baton):
    def __init__(self, directory, port_base, elector):
        super().__init__(directory, port_base, False)
        self.elector = elector

    def start(self):
        self.command("up", "--port-base", self.port_base, "--set", "broker.supervised=false", "--set", f"controller.election={self.elector}",
                     seconds=180)

    def ruler(self):
        """(id, epoch), once the cluster is well: one that has just been let go on is not, for a moment."""
        found = []

        def healthy():
            try:
                controller = json.loads(self.command("status", "--json"))["controller"]
            except Trouble:
                return False
            found[:] = [(controller["id"], controller["epoch"])]
            return True
        wait_for(healthy, PATIENCE_SECONDS, "a healthy cluster", 0.1)
        return found[0]

    def election_after(self, epoch, wall_ns):
        """Milliseconds from that instant to the claim of the first epoch behind this one; none yet: None."""
        try:
            lines = self.command("failovers", "--json", seconds=20).splitlines()
        except Trouble:
            return None
        for record in map(json.loads, lines):
            claims = [stage["after_ms"] for stage in record["stages"] if stage["stage"] == "claim_confirmed"]
            if record["kind"] == "controller-election" and record["controller"]["epoch"] > epoch and claims:
                return (record["detected_us"] * 1000 - wall_ns) / 1e6 + claims[0]
        return None


def one_round(cluster, probe):
    victim, epoch = cluster.ruler()
    wait_for_acknowledgements([probe], probe.acknowledged + 300)
    wall_ns = time.time_ns()
    cluster.signal(victim, signal.SIGSTOP)
    found = []

    def another_rules():
        found[:] = [cluster.election_after(epoch, wall_ns)]
        return found[0] is not None
    wait_for(another_rules, PATIENCE_SECONDS, "another controller", 0.1)
    cluster.signal(victim, signal.SIGCONT)
    cluster.wait_full(TOPIC)
    if cluster.ruler()[0] == victim:
        raise Trouble(f"{victim}, which was stopped, rules again")
    return found[0]


def measure(directory, port_base, elector, rounds):
    """Milliseconds to another controller in each round, and how many acknowledged records are missing of how many."""
    cluster = Cluster(directory, port_base, elector)
    try:
        cluster.start()
        cluster.create_topic(TOPIC, partitions=1)
        cluster.wait_full(TOPIC)
        with Probe("raw", cluster, TOPIC, "load") as probe:
            times = [one_round(cluster, probe) for _ in range(rounds)]
            lines = probe.stop()
        missing = lost(read_back(cluster, TOPIC), "load", lines)
        return times, missing, sum(line.error == 0 for line in lines)
    finally:
        cluster.stop()
