#!/usr/bin/python3
"""What every report of `bw up --report` must say: check_report.py FILE [--fills N] [--restarted].

Keys and their types are fixed; the run must have ended with books that agree and without an order of unknown
fate. --restarted: services may have been started again and the market may have been joined anew.
"""

import argparse
import json
import re
import sys

COUNT = int
NUMBER = (int, float)
DECIMAL = "decimal"
PERCENTILES = {"p50": NUMBER, "p99": NUMBER}

SHAPE = {
    "build": str,
    "seconds": NUMBER,
    "services": [{"name": str, "state": str, "pid": COUNT, "restarts": COUNT, "rss_bytes": COUNT}],
    "market": {"messages": COUNT, "gaps": COUNT, "resyncs": COUNT},
    "orders": {"sent": COUNT, "filled": COUNT, "cancelled": COUNT, "rejected": COUNT, "unknown": COUNT,
               "open": COUNT},
    "fills": COUNT,
    "exchange": {"orders": COUNT, "trades": COUNT},
    "books_agree": bool,
    "differences": [str],
    "positions": [{"symbol": str, "qty": DECIMAL, "entry_price": DECIMAL, "unrealised": DECIMAL,
                   "realised": DECIMAL}],
    "equity": DECIMAL,
    "fees": DECIMAL,
    "alerts": COUNT,
    "latency_us": {"tick_to_intent": PERCENTILES, "tick_to_approval": PERCENTILES, "tick_to_order": PERCENTILES},
}

SERVICES = ["supervisor", "redis", "exchange", "feed", "strategy", "risk", "executor", "alert", "recovery"]

wrong = []


def expect(truth, sentence):
    if not truth:
        wrong.append(sentence)


def check_shape(value, shape, place):
    if isinstance(shape, dict):
        expect(isinstance(value, dict), f"{place} is no object")
        for key in shape:
            if not isinstance(value, dict) or key not in value:
                expect(False, f"{place}.{key} is missing")
            else:
                check_shape(value[key], shape[key], f"{place}.{key}")
    elif isinstance(shape, list):
        expect(isinstance(value, list), f"{place} is no list")
        for index, item in enumerate(value if isinstance(value, list) else []):
            check_shape(item, shape[0], f"{place}[{index}]")
    elif shape == DECIMAL:
        good = isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value)
        expect(good, f"{place} is {value!r}, not a decimal as text")
    else:
        good = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
        expect(good, f"{place} is {value!r}")


def check_values(report, fills):
    orders = report["orders"]
    expect(report["books_agree"] is True, "books and exchange don't agree")
    expect(report["differences"] == [], f"differences: {report['differences']}")
    expect(orders["unknown"] == 0, f"{orders['unknown']} orders of unknown fate")
    expect(orders["open"] == 0, f"{orders['open']} orders open after the end")
    expect(report["fills"] >= fills, f"{report['fills']} fills, at least {fills} wanted")
    expect(report["exchange"]["trades"] == report["fills"], "the exchange counts other executions than we do")
    expect(report["market"]["messages"] > 0, "no market message")
    expect(report["alerts"] > 0, "no alert")
    expect(float(report["equity"]) > 0, "no equity")
    expect(float(report["fees"]) > 0, "no fees")
    names = [service["name"] for service in report["services"]]
    expect(sorted(names) == sorted(SERVICES), f"services are {names}")
    for service in report["services"]:
        expect(service["state"] == "HEALTHY", f"{service['name']} is {service['state']}")
        expect(service["pid"] > 0, f"{service['name']} has no pid")
    for stage, values in report["latency_us"].items():
        expect(0 < values["p50"] <= values["p99"], f"{stage}: p50 {values['p50']}, p99 {values['p99']}")


def check_calm(report):
    for service in report["services"]:
        expect(service["restarts"] == 0, f"{service['name']} was started again {service['restarts']} times")
    expect(report["market"]["gaps"] == 0, f"{report['market']['gaps']} gaps in market data")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--fills", type=int, default=1)
    parser.add_argument("--restarted", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.file, encoding="utf-8") as file:
        report = json.load(file)
    check_shape(report, SHAPE, "report")
    if not wrong:
        check_values(report, arguments.fills)
    if not wrong and not arguments.restarted:
        check_calm(report)
    for sentence in wrong:
        print(f"{arguments.file}: {sentence}")
    return 1 if wrong else 0


sys.exit(main())
