"""The controller is cut off, under load, from its peers and from ZooKeeper, on a network of the test's own: how long until another
rules. The test is ElectionCutOff (tests/cluster/network), which checks besides that nothing is lost, and that who returns does not rule."""
import re
import subprocess

SUITE = "Each/ElectionCutOff.TheControllerIsSucceededAndNothingIsLost"
RULES = re.compile(r"^another rules ([0-9.]+) ms after the cut$", re.MULTILINE)
PASSED = re.compile(r"^\[ +OK \]", re.MULTILINE)


def measure(program, elector, rounds):
    """Milliseconds to another controller, of each round that passed, and what the program said if one did not."""
    times = []
    for _ in range(rounds):
        case = f"{SUITE}/{elector.replace('-', '')}"
        done = subprocess.run([program, f"--gtest_filter={case}"], capture_output=True, text=True)
        found = RULES.findall(done.stdout)
        if done.returncode != 0 or len(PASSED.findall(done.stdout)) != 1 or len(found) != 1:
            return times, done.stdout + done.stderr
        times.append(float(found[0]))
    return times, None
