"""keelboat's resident dbt: imports dbt early, then runs the commands it is sent.

Commands are JSON lines on standard input, answers and dbt's events are JSON lines
on descriptor 3. Standard output and error hold whatever else Python prints. When
the other end of standard input is gone, so is this process.
"""

import atexit
import gc
import importlib.metadata
import json
import os
import queue
import signal
import sys
import threading

EVENTS = 3
NODE_EVENTS = {"NodeStart", "NodeFinished"}
# Few objects of a build die young enough for the collector's usual haste.
gc.set_threshold(50_000, 20, 100)

# Said once per command and worth nothing in a log, or said again by NodeFinished.
DULL_EVENTS = {
    "ArtifactWritten",
    "ConcurrencyLine",
    "EndOfRunSummary",
    "Formatting",
    "LogHookEndLine",
    "LogModelResult",
    "LogNodeNoOpResult",
    "LogNodeResult",
    "LogSeedResult",
    "LogSnapshotResult",
    "LogTestResult",
    "MainReportVersion",
    "RunResultError",
    "RunResultFailure",
    "RunResultWarning",
    "RunResultWarningMessage",
    "SkippingDetails",
    "StatsLine",
}

settings = json.loads(sys.argv[1])
lock = threading.Lock()


def send(answer):
    """Writes one line; any thread."""
    line = (json.dumps(answer) + "\n").encode()
    with lock:
        while line:
            line = line[os.write(EVENTS, line) :]


def read_commands(commands):
    """Passes commands on; ends the process when there will be no more."""
    for line in sys.stdin:
        commands.put(json.loads(line))
    os._exit(1)


def pass_on(message):
    """dbt's event callback."""
    info = message.info
    if info.name == "ConcurrencyLine":
        send({"event": "nodes", "count": message.data.node_count})
    if info.name in NODE_EVENTS:
        node = message.data.node_info
        event = {
            "event": "node_started",
            "id": node.unique_id,
            "name": node.node_name,
            "type": node.resource_type,
        }
        if info.name == "NodeFinished":
            result = message.data.run_result
            event["event"] = "node_finished"
            event["status"] = result.status
            event["message"] = result.message
            event["failures"] = result.num_failures
            event["seconds"] = result.execution_time
            event["path"] = node.node_path
        send(event)
    elif info.level != "debug" and info.name not in DULL_EVENTS:
        text = info.msg.strip()
        if text:
            send({"event": "line", "level": info.level, "text": text})


def arguments_of(command):
    return [
        *command,
        "--project-dir",
        settings["project_dir"],
        "--profiles-dir",
        settings["profiles_dir"],
        "--profile",
        settings["profile"],
        "--target",
        settings["target"],
        "--log-path",
        settings["log_path"],
        "--log-level",
        "none",
        "--log-level-file",
        "none",
        "--no-use-colors",
    ]


def with_target_path(command):
    return [*arguments_of(command), "--target-path", settings["target_path"]]


def warm(state, imported):
    """Imports dbt and reads the project: the one stretch that cannot be shared out.

    At full priority, though rows are still moving: what is left of it when they are
    done, everything waits for.
    """
    try:
        state["version"] = importlib.metadata.version("dbt-core")
        from dbt.cli.main import dbtRunner

        state["runner"] = dbtRunner
    except BaseException as error:
        state["failure"] = {
            "version": state.get("version", ""),
            "text": f"{type(error).__name__}: {error}",
        }
        return
    finally:
        imported.set()
    # Opens no database. What is wrong with the project, the build finds again and reports.
    dbtRunner().invoke(with_target_path(["parse"]))
    # What is there now stays to the end: the collector need not look through it again.
    gc.freeze()


def missing_packages():
    """Whether a packages file names packages that are not installed."""
    import yaml

    project = settings["project_dir"]

    def load(name):
        path = os.path.join(project, name)
        if not os.path.exists(path):
            return {}
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file) or {}

    wanted = len(load("packages.yml").get("packages") or [])
    wanted += len(load("dependencies.yml").get("packages") or [])
    place = load("dbt_project.yml").get("packages-install-path", "dbt_packages")
    place = os.path.join(project, place)
    installed = os.listdir(place) if os.path.isdir(place) else []
    return wanted > len(installed)


def invoke(state, command):
    result = state["runner"](callbacks=[pass_on]).invoke(command)
    error = result.exception
    send(
        {
            "event": "done",
            "success": bool(result.success),
            "error": str(error) if error else "",
            "classes": [c.__name__ for c in type(error).__mro__] if error else [],
        }
    )


def interrupt_at_once():
    """From now on SIGINT ends the process: dbt would wait for its query.

    For commands that only read the warehouse: nothing is lost there by a lost reader.
    """
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def leave():
    """Ends the process as usual, but without taking hundreds of megabytes apart."""
    atexit._run_exitfuncs()  # adapters close databases and sessions here
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def serve(state, commands, warmer):
    while True:
        command = commands.get()
        warmer.join()
        if command["do"] == "exit":
            leave()
        if command["do"] == "deps":
            if missing_packages():
                invoke(state, arguments_of(["deps"]))
            else:
                send({"event": "done", "success": True, "error": "", "classes": []})
        else:
            if command["arguments"][0] == "docs":
                interrupt_at_once()
            invoke(state, with_target_path(command["arguments"]))


def main():
    # The folder we stand in may hold a folder named dbt, which is not the package.
    sys.path[:] = [entry for entry in sys.path if entry not in ("", os.getcwd())]
    commands = queue.SimpleQueue()
    threading.Thread(target=read_commands, args=(commands,), daemon=True).start()
    state = {}
    imported = threading.Event()
    warmer = threading.Thread(target=warm, args=(state, imported), daemon=True)
    warmer.start()
    imported.wait()
    if "failure" in state:
        send({"event": "unusable", **state["failure"]})
        return
    send({"event": "ready", "version": state["version"]})
    serve(state, commands, warmer)


try:
    main()
except KeyboardInterrupt:  # between commands; within one, dbt deals with it
    os._exit(130)
