#!/bin/sh
# The kill path needs nobody: with strategy, risk, feed, alert, Redis and recovery killed, supervisor and executor
# frozen, bw kill cancels and sells by recovery in the executor's place; the halt stays through the next start.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh

profile=$home/profile
venue=$home/venue
exchange_pid=
trap '[ -z "$exchange_pid" ] || kill -KILL "$exchange_pid"; end_everything' EXIT

pid_of() {
	of status "[s['pid'] for s in d['services'] if s['name'] == '$1'][0]"
}

says() { # PATTERN: in what the last command of ends_with said
	grep -qE "$1" "$home/out" "$home/errors"
}

# at_exchange EXPRESSION: over `orders` (open) and `balances` by the exchange's own word, asked with the stack's key.
at_exchange() {
	/usr/bin/python3 - "$venue" "$1" <<'PYTHON'
import hashlib, hmac, json, sys, time, urllib.request
state, expression = sys.argv[1:]
port = open(state + "/exchange.port").read().strip()
key = dict(line.split(": ", 1) for line in open(state + "/keys/venue.key").read().splitlines() if ": " in line)
base = "http://127.0.0.1:" + port
def ask(path, signed=True):
	query = ""
	if signed:
		query = "timestamp=%d&recvWindow=5000" % (ask("/api/v3/time", False)["serverTime"])
		secret = key["secret"].strip().encode()
		query += "&signature=" + hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
	request = urllib.request.Request(base + path + ("?" + query if query else ""))
	request.add_header("X-MBX-APIKEY", key["api_key"].strip())
	return json.load(urllib.request.urlopen(request, timeout=10))
orders = ask("/api/v3/openOrders")
balances = {b["asset"]: float(b["free"]) + float(b["locked"]) for b in ask("/api/v3/account")["balances"]}
value = eval(expression)
if isinstance(value, bool):
	sys.exit(not value)
print(value)
PYTHON
}

start_exchange() {
	"${bw%bw}exchange" --profile "$profile" --state "$venue" --set stack.redis=off >"$home/exchange.log" 2>&1 &
	exchange_pid=$!
	wait_until 20 "the exchange has its port" test -s "$venue/exchange.port"
	port=$(cat "$venue/exchange.port")
}

# The exchange stands apart, as a real one does: the supervisor's end doesn't end it.
cp -r conf/demo "$profile"
start_exchange
cat >>"$profile/stack.yaml" <<YAML
services: [feed, strategy, risk, executor, alert, recovery]
rest_url: http://127.0.0.1:$port
market_url: ws://127.0.0.1:$port
user_url: ws://127.0.0.1:$port
key_file: $venue/keys/venue.key
YAML

has_work() { # open orders, and positions
	at_exchange "len(orders) > 1" && of positions "any(float(p['qty']) > 0 for p in d)"
}

is_on_the_way() {
	of status "d['orders']['fills'] > 3 and d['trading']['status'] == 'NORMAL'"
}

echo "== an executor that answers"
up --profile "$profile"
wait_until 60 "it trades" is_on_the_way
that "a kill needs a reason" ends_with 2 "$bw" kill --profile "$profile" --state "$state" --now
that "and somebody to ask, or --now" ends_with 2 "$bw" kill --profile "$profile" --state "$state" --reason drill
that "level 2 ends with nothing left" ends_with 0 \
	"$bw" kill --profile "$profile" --state "$state" --now --reason "drill one"
that "it says so" says '^halted at level 2: 0 orders and 0 positions are left'
that "the exchange has no entry or exit of ours" at_exchange "all(o['type'].startswith('STOP') for o in orders)"
that "trading is halted" ends_with 7 "$bw" status --profile "$profile" --state "$state"
that "it is armed again" ends_with 0 "$bw" arm --profile "$profile" --state "$state" --reason "drill one is over"

echo "== recovery looks by itself"
wait_until 30 "it trades again" has_work
that "the books agree" ends_with 0 "$bw" recovery --profile "$profile" --state "$state" --now
that "with three numbers for each" says '^BTCUSDT +[-0-9.]+ +[-0-9.]+ +[-0-9.]+'

echo "== everything is dead, the executor is frozen"
wait_until 60 "orders are open and something is held" has_work
executor=$(pid_of executor)
victims=
for service in strategy risk feed alert redis recovery; do
	victims="$victims $(pid_of $service)"
done
# The supervisor hangs too: its end would end its children, and it would start what is killed.
kill -STOP "$up_pid" "$(pid_of supervisor)" "$executor"
kill -KILL $victims
that "the frozen executor holds its lock" test "$(cat "$state/executor/instance.lock")" -eq "$executor"
since=$(date +%s%3N)
that "level 3 ends with nothing left" ends_with 0 \
	"$bw" kill --profile "$profile" --state "$state" --level 3 --now --reason drill
echo "    took $(($(date +%s%3N) - since)) ms"
that "the executor was ended" says "the executor \(pid $executor\) doesn't answer: it is killed"
that "recovery took its place" says '^halted at level 3: 0 orders and 0 positions are left'
that "the exchange has no order at all" at_exchange "len(orders) == 0"
that "and nothing but what the account began with" at_exchange \
	"all(abs(balances[asset] - 1) < 0.0005 for asset in ('BTC', 'ALT'))"

echo "== the halt survives"
kill -KILL "$up_pid"
for pid in $(processes); do
	kill -KILL "$pid"
done
wait "$up_pid" 2>/dev/null
up_pid=
wait_until 20 "nothing of it runs any more" nothing_runs
up --profile "$profile"
wait_until 30 "it comes up halted, for the drill's reason" of status \
	"d['trading']['status'] == 'HALTED' and 'drill' in d['trading']['reason']"
kill -TERM "$up_pid"
up_ends_with 0
up_pid=
kill -TERM "$exchange_pid"
wait "$exchange_pid" 2>/dev/null
exchange_pid=
wait_until 10 "nothing is left running" nothing_runs
