#!/usr/bin/env python3
"""Records golden frames: what Apache Kafka 3.9.1, its Java clients and kcat really put on the wire.

    record.py --jars DIR [--out frames.txt] [--passes N] [--add]

DIR holds the jars of org.apache.kafka:kafka_2.13:3.9.1 with its dependencies (mvn dependency:copy-dependencies).
Starts two brokers (KRaft) in a temporary directory on free loopback ports, each behind a recording proxy, so that the
clients' and the followers' requests pass through it. The proxy caps the versions that a broker offers (it rewrites the
maxima of the ApiVersions response, after recording it), one step lower in each pass, so that the clients come to speak
every version that we serve. The result is one line a frame, `client api version direction hex`; the frame is without its
size. Of equal kinds the shortest and the longest are kept. With --add the file keeps what it holds and gains only the
kinds that it lacks; --passes 0 records kcat, the oldest versions and the telling answers only.
"""
import argparse, asyncio, contextlib, os, shutil, signal, socket, struct, subprocess, sys, tempfile, time

# key: (name, oldest, newest): what is recorded, and the first pass's caps.
APIS = {0: ("Produce", 3, 11), 1: ("Fetch", 4, 16), 2: ("ListOffsets", 1, 7), 3: ("Metadata", 0, 12), 8: ("OffsetCommit", 2, 8),
        9: ("OffsetFetch", 1, 8), 10: ("FindCoordinator", 0, 4), 11: ("JoinGroup", 0, 9), 12: ("Heartbeat", 0, 4),
        13: ("LeaveGroup", 0, 5), 14: ("SyncGroup", 0, 5), 15: ("DescribeGroups", 0, 5), 16: ("ListGroups", 0, 4),
        18: ("ApiVersions", 0, 4), 19: ("CreateTopics", 2, 7), 20: ("DeleteTopics", 1, 6), 22: ("InitProducerId", 0, 4),
        23: ("OffsetForLeaderEpoch", 2, 4), 32: ("DescribeConfigs", 1, 4), 33: ("AlterConfigs", 0, 2),
        35: ("DescribeLogDirs", 1, 4), 37: ("CreatePartitions", 0, 3), 42: ("DeleteGroups", 0, 2), 43: ("ElectLeaders", 0, 2),
        44: ("IncrementalAlterConfigs", 0, 1),
        45: ("AlterPartitionReassignments", 0, 0), 46: ("ListPartitionReassignments", 0, 0), 60: ("DescribeCluster", 0, 1)}
TELLING = ("diverging", "misdirected", "outdated", "exact")  # names that Clients.java gives itself for its telling questions
LONGEST = 3000  # bytes of a frame worth keeping, unless there is no shorter one


class Recorder:
    def __init__(self):
        self.frames = {}  # (client, name, version, direction): {size: bytes}
        self.lower_by = 0

    def keep(self, client, key, version, direction, frame):
        if key in APIS and APIS[key][1] <= version <= APIS[key][2]:
            self.frames.setdefault((client, APIS[key][0], version, direction), {}).setdefault(len(frame), bytes(frame))

    def capped(self, version, frame):
        """The same ApiVersions response with each maximum lowered to this pass's cap."""
        frame, flexible = bytearray(frame), version >= 3
        at = 6
        if flexible:
            count, at = frame[at] - 1, at + 1
            if count >= 127:
                count, at = (frame[6] & 127 | frame[7] << 7) - 1, at + 1
        else:
            count, at = struct.unpack_from(">i", frame, at)[0], at + 4
        for _ in range(count):
            key, low, high = struct.unpack_from(">hhh", frame, at)
            if key in APIS:
                cap = max(APIS[key][1], APIS[key][2] - self.lower_by)
                struct.pack_into(">h", frame, at + 4, max(low, min(high, cap)))
            at += 7 if flexible else 6
        return bytes(frame)

    def add(self, lines):
        """Frames of an earlier run: of their kinds this run's are not wanted."""
        earlier = Recorder()
        for line in lines:
            client, name, version, direction, frame = line.split()
            frame = bytes.fromhex(frame)
            earlier.frames.setdefault((client, name, int(version), direction), {})[len(frame)] = frame
        self.frames = {**self.frames, **earlier.frames}

    def lines(self):
        for (client, name, version, direction), by_size in sorted(self.frames.items()):
            sizes = sorted(by_size)
            fitting = [s for s in sizes if s <= LONGEST] or sizes[:1]
            for size in sorted({fitting[0], fitting[-1]}):
                yield f"{client} {name} {version} {direction} {by_size[size].hex()}"


async def read_frame(reader):
    size = struct.unpack(">i", await reader.readexactly(4))[0]
    return await reader.readexactly(size)


def client_of(frame):
    length = struct.unpack_from(">h", frame, 8)[0]
    name = frame[10:10 + max(length, 0)].decode(errors="replace")
    return name if name in TELLING else "kcat" if name.startswith("rdkafka") else "java" if name.startswith("java") else "broker"


async def proxy(recorder, broker_port):
    async def serve(from_client, to_client):
        from_broker, to_broker = await asyncio.open_connection("127.0.0.1", broker_port)
        asked = {}

        async def up():
            while True:
                frame = await read_frame(from_client)
                key, version, correlation = struct.unpack_from(">hhi", frame)
                asked[correlation] = (client_of(frame), key, version)
                recorder.keep(client_of(frame), key, version, "request", frame)
                to_broker.write(struct.pack(">i", len(frame)) + frame)
                await to_broker.drain()

        async def down():
            while True:
                frame = await read_frame(from_broker)
                client, key, version = asked.pop(struct.unpack_from(">i", frame)[0], ("?", -1, 0))
                recorder.keep(client, key, version, "response", frame)
                if key == 18 and client != "broker" and struct.unpack_from(">h", frame, 4)[0] == 0:
                    frame = recorder.capped(version, frame)
                to_client.write(struct.pack(">i", len(frame)) + frame)
                await to_client.drain()

        halves = [asyncio.create_task(up()), asyncio.create_task(down())]
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        for half in halves:
            half.cancel()
        await asyncio.gather(*halves, return_exceptions=True)
        for writer in (to_client, to_broker):
            with contextlib.suppress(Exception):
                writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_brokers(directory, classpath, ports, proxied, controller):
    processes = []
    for node in (1, 2):
        file = os.path.join(directory, f"{node}.properties")
        roles = "broker,controller" if node == 1 else "broker"
        listeners = f"PLAINTEXT://127.0.0.1:{ports[node]}" + (f",CONTROLLER://127.0.0.1:{controller}" if node == 1 else "")
        with open(file, "w") as out:
            out.write(f"process.roles={roles}\nnode.id={node}\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n"
                      f"listeners={listeners}\nadvertised.listeners=PLAINTEXT://127.0.0.1:{proxied[node]}\n"
                      "controller.listener.names=CONTROLLER\noffsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n"
                      "group.initial.rebalance.delay.ms=0\ntransaction.state.log.replication.factor=1\n"
                      f"transaction.state.log.min.isr=1\nlog.dirs={directory}/log-{node}\n"
                      "metadata.log.max.record.bytes.between.snapshots=1\n")  # so that there is one to be sent to
        java = ["java", "-Xmx512M", "-cp", classpath]
        subprocess.run(java + ["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", file, "--release-version", "3.8"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = open(os.path.join(directory, f"{node}.log"), "w")
        processes.append(subprocess.Popen(java + ["kafka.Kafka", file], stdout=log, stderr=log))
    return processes


async def run(*command, stdin=None, seconds=90):
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL)
    try:
        await asyncio.wait_for(process.communicate(stdin), seconds)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        print("timed out:", " ".join(command[-3:]), file=sys.stderr)


async def kcat_pass(bootstrap):
    await run("kcat", "-b", bootstrap, "-L", seconds=20)
    for extra in ([], ["-X", "enable.idempotence=true"], ["-z", "lz4"]):
        await run("kcat", "-b", bootstrap, "-P", "-t", "kcat", "-K:", *extra, stdin=b"key:value\nother:thing\n", seconds=20)
    await run("kcat", "-b", bootstrap, "-C", "-t", "kcat", "-o", "beginning", "-e", "-q", seconds=20)
    await run("kcat", "-b", bootstrap, "-C", "-t", "kcat", "-o", "s@1000", "-e", "-q", seconds=20)
    await run("kcat", "-b", bootstrap, "-G", "kcat-group", "kcat", "-e", "-q", "-X", "auto.offset.reset=earliest", "-X",
              "heartbeat.interval.ms=100", "-X", "session.timeout.ms=6000", seconds=30)


async def record(arguments, directory):
    recorder = Recorder()
    classpath = os.path.join(arguments.jars, "*")
    ports = {node: free_port() for node in (1, 2)}
    proxied = {}
    servers = []
    for node in (1, 2):
        server, proxied[node] = await proxy(recorder, ports[node])
        servers.append(server)
    controller = free_port()
    server, to_controller = await proxy(recorder, controller)
    servers.append(server)
    brokers = start_brokers(directory, classpath, ports, proxied, controller)
    try:
        until = time.monotonic() + 60
        while not all(socket.socket().connect_ex(("127.0.0.1", port)) == 0 for port in ports.values()):
            if time.monotonic() > until or any(b.poll() is not None for b in brokers):
                raise SystemExit(f"the brokers did not start: see {directory}")
            await asyncio.sleep(0.2)
        await asyncio.sleep(3)
        bootstrap = f"127.0.0.1:{proxied[1]}"
        java = ("java", "-cp", classpath, os.path.join(os.path.dirname(os.path.abspath(__file__)), "Clients.java"), bootstrap)
        await kcat_pass(bootstrap)
        await run(*java, "oldest")
        await run(*java, "telling", f"127.0.0.1:{to_controller}")
        for recorder.lower_by in range(arguments.passes):
            print(f"pass {recorder.lower_by}", file=sys.stderr)
            await run(*java, str(recorder.lower_by))
        if arguments.add:
            with open(arguments.out) as earlier:
                recorder.add(earlier)
        with open(arguments.out, "w") as out:
            out.writelines(line + "\n" for line in recorder.lines())
    finally:
        for broker in brokers:
            broker.send_signal(signal.SIGKILL)
            broker.wait()
        for server in servers:
            server.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jars", required=True)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "frames.txt"))
    parser.add_argument("--passes", type=int, default=13)
    parser.add_argument("--add", action="store_true")
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="golden-")
    asyncio.run(record(arguments, directory))
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
