"""A cluster of one's own, and a Prometheus that scrapes it and evaluates the project's alert rules every half second."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

BIN = os.environ["BATON_BIN"]
PROMETHEUS = os.environ["PROMETHEUS_BIN"]
RULES = os.path.realpath(os.path.join(os.environ["BATON_SOURCE"], "config", "prometheus", "alerts.yml"))
DASHBOARD = os.path.realpath(os.path.join(os.environ["BATON_SOURCE"], "config", "grafana", "baton.json"))
METRICS_PORTS = 200  # above a broker's own


def wait_until(condition, what, seconds=60):
    """The condition's first true value. Fails when there is none in time; `what` may be called for the latest news."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def is_free(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port_base(brokers):
    for base in range(20000 + os.getpid() % 5000, 30000, 311):
        wanted = [base + 99, base + 299] + [base + more + i for more in (0, 100, METRICS_PORTS) for i in range(brokers)]
        if all(is_free(port) for port in wanted):
            return base
    raise AssertionError("no free ports")


class Cluster:
    def __init__(self, brokers=3):
        self.dir = tempfile.mkdtemp(prefix="baton-metrics-")
        self.base = free_port_base(brokers)
        self.ids = list(range(1, brokers + 1))
        try:
            self.baton("up", "--brokers", str(brokers), "--port-base", str(self.base))
        except BaseException:
            self.close()
            raise

    def baton(self, command, *arguments, check=True, feed=None):
        line = [os.path.join(BIN, "baton-cli"), *command.split(), "--dir", self.dir, *arguments]
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, input=feed)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(line)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def status(self):
        return json.loads(self.baton("status", "--json", check=False))

    def instance(self, broker):
        return f"127.0.0.1:{self.base + broker - 1 + METRICS_PORTS}"

    def scrape(self, broker, path="/metrics"):
        with urllib.request.urlopen(f"http://{self.instance(broker)}{path}", timeout=10) as answer:
            return answer.read().decode()

    def zookeeper_pid(self):
        with open(os.path.join(self.dir, "cluster.json"), encoding="utf-8") as file:
            return json.load(file)["zookeeper"]["process"]["pid"]

    def close(self):
        try:
            self.baton("down", "--purge", check=False)
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)


class Prometheus:
    def __init__(self, cluster):
        self.dir = tempfile.mkdtemp(prefix="baton-prometheus-")
        self.port = cluster.base + 299
        targets = ", ".join(f'"{cluster.instance(broker)}"' for broker in cluster.ids)
        config = os.path.join(self.dir, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                "global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\n"
                f"rule_files: ['{RULES}']\n"
                f"scrape_configs: [{{job_name: baton, static_configs: [{{targets: [{targets}]}}]}}]\n"
            )
        self.log = open(os.path.join(self.dir, "log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(PROMETHEUS, "prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.dir}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=self.log, stderr=subprocess.STDOUT)
        wait_until(self.ready, lambda: f"Prometheus serves; its log: {self.words()}")

    def words(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()[-2000:]

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Prometheus has ended: {self.words()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def api(self, what, **arguments):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(arguments)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{what} {arguments}: {error.read().decode()}") from error

    def query(self, expression):
        return self.api("query", query=expression)["result"]

    def rules(self):
        return [rule for group in self.api("rules")["groups"] for rule in group["rules"]]

    def alerts(self, *states):
        """Names of the alerts whose expressions hold now, whether or not for long enough; or only those in these states."""
        return {alert["labels"]["alertname"] for alert in self.api("alerts")["alerts"] if not states or alert["state"] in states}

    def evaluate_again(self, times=1):
        """Waits until every group of rules has been evaluated so often once more."""
        seen = {}

        def enough():
            for group in self.api("rules")["groups"]:
                seen.setdefault(group["name"], set()).add(group["lastEvaluation"])
            return all(len(moments) > times for moments in seen.values())

        wait_until(enough, "the rules are evaluated")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)
