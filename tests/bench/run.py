#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the product beside its baselines, interleaved, and prints JSON with medians.

  run.py [--pairs N] [--seconds S]     N pairs (9) of S seconds (5) each

Only the ratios mean anything: single times are this machine's mood.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN, BENCH = os.path.join(ROOT, "build/bin"), os.path.join(ROOT, "build/bench")
PROFILE = os.path.join(ROOT, "tests/bench/profile")
RATE, EVERY = 1000, 10


def say(text):
    print(text, file=sys.stderr, flush=True)


def lines(*command):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    if run.returncode != 0:
        sys.exit("failed: %s\n%s" % (" ".join(command), run.stderr[-2000:]))
    return {line["name"]: line for line in map(json.loads, run.stdout.splitlines())}


def stack(ticks, redis):
    """One run of the order path over the real services."""
    state = tempfile.mkdtemp(prefix="bw-bench-")
    server = None
    environment = dict(os.environ)
    try:
        if redis:
            path = os.path.join(state, "redis.sock")
            server = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", ""],
                                      stdout=subprocess.DEVNULL)
            os.environ["BREAKWATER__STACK__REDIS"] = "unix:" + path
        return lines(BENCH + "/bench_stack", BIN, PROFILE, os.path.join(state, "s"), str(RATE), str(ticks))
    finally:
        os.environ.clear()
        os.environ.update(environment)
        if server:
            server.terminate()
            server.wait()
        shutil.rmtree(state)


def restart(rounds):
    state = tempfile.mkdtemp(prefix="bw-bench-")
    supervisor = subprocess.Popen([BIN + "/supervisor", "--profile", ROOT + "/conf/demo", "--state", state,
                                   "--set", "crashes_max=32", "--set", "crash_window=1s",
                                   "--set", "calm_after=1s", "--set", "restart_delay=10ms"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return lines(BENCH + "/bench_restart", "ours", str(rounds), state)
    finally:
        supervisor.terminate()
        supervisor.wait()
        shutil.rmtree(state)


def ratio(pairs):
    values = [a / b for a, b in pairs]
    return {"median": round(statistics.median(values), 3), "min": round(min(values), 3),
            "max": round(max(values), 3), "pairs": len(values)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    ticks = options.seconds * RATE
    chains, plain, mirrored, codecs, streams, restarts, records = [], [], [], [], [], [], []
    for pair in range(options.pairs):
        say("pair %d of %d" % (pair + 1, options.pairs))
        chains.append(lines(BENCH + "/bench_chain", str(RATE), str(ticks), str(EVERY))["chain"])
        plain.append(stack(ticks, redis=False))
        mirrored.append(stack(ticks, redis=True))
        codecs.append(lines(BENCH + "/bench_codec", "300"))
        streams.append((lines(BENCH + "/bench_stream", "ours", "1000000")["stream.ours"]["value"],
                        lines(BENCH + "/bench_stream", "raw", "1000000")["stream.raw"]["value"]))
        records.append(lines(BENCH + "/bench_records", "2000", "1000000"))
        raw = lines(BENCH + "/bench_restart", "raw", "15")
        restarts.append((restart(5)["restart.ours"]["p50"], raw["restart.raw"]["p50"], raw["pss.raw"]["value"]))
    order = [run["tick_to_order"] for run in plain]

    def codec(a, b):
        return ratio([(run[a]["value"], run[b]["value"]) for run in codecs])

    def pss(service):
        return statistics.median(run["pss." + service]["value"] for run in plain)

    raw_pss = statistics.median(r[2] for r in restarts)
    print(json.dumps({
        "tick_to_order_p50_over_chain": ratio([(o["p50"], c["p50"]) for o, c in zip(order, chains)]),
        "tick_to_order_p99_over_chain": ratio([(o["p99"], c["p99"]) for o, c in zip(order, chains)]),
        "samples_per_run": statistics.median(o["samples"] for o in order),
        "tick_to_order_p50_redis_over_none": ratio([(m["tick_to_order"]["p50"], o["p50"])
                                                    for m, o in zip(mirrored, order)]),
        "stream_ours_over_raw": ratio(streams),
        "codec_encode_over_by_hand": codec("encode.ours", "encode.by_hand"),
        "codec_decode_over_by_hand": codec("decode.ours", "decode.by_hand"),
        "codec_msgpack_over_encode": codec("encode.msgpack", "encode.ours"),
        "codec_msgpack_over_decode": codec("decode.msgpack", "decode.ours"),
        "records_p50_over_fdatasync": ratio([(r["records.ours"]["p50"], r["records.bare"]["p50"]) for r in records]),
        "replay_all_over_checkpoint": ratio([(r["replay.all_ms"]["value"], r["replay.checkpoint_ms"]["value"])
                                             for r in records]),
        "restart_over_raw": ratio([(ours, raw) for ours, raw, _ in restarts]),
        "pss_raw_kib": raw_pss,
        "pss_over_raw": {name: round(pss(name) / raw_pss, 2) for name in ("strategy", "risk", "executor")},
        "medians_us": {"chain_p50": statistics.median(c["p50"] for c in chains) / 1e3,
                       "chain_p99": statistics.median(c["p99"] for c in chains) / 1e3,
                       "tick_to_order_p50": statistics.median(o["p50"] for o in order) / 1e3,
                       "tick_to_order_p99": statistics.median(o["p99"] for o in order) / 1e3},
        "restart_ms": {"ours": statistics.median(r[0] for r in restarts) / 1e6,
                       "raw": statistics.median(r[1] for r in restarts) / 1e6},
    }, indent=2))


if __name__ == "__main__":
    main()
