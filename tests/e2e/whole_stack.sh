#!/bin/sh
# One command brings the whole stack up on an empty state directory; it trades, can be looked at and steered,
# ends by itself with books that agree, and goes on from there at the next start.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh

check="/usr/bin/python3 tests/e2e/check_report.py"

says() { # PATTERN: in what the last command of ends_with said
	grep -qE "$1" "$home/out" "$home/errors"
}

redis_keys() {
	redis-cli -s "$state/run/redis.sock" --raw --scan --pattern "breakwater:executor:$1:*" 2>/dev/null
}

mirrors_positions() {
	[ "$(redis_keys position | wc -l)" -ge "$(of positions 'len(d)')" ] || return 1
	for key in $(redis_keys position); do
		redis-cli -s "$state/run/redis.sock" --raw hget "$key" qty | grep -qE '^-?[0-9.]+$' || return 1
	done
}

mirrors_orders() {
	[ -n "$(redis_keys order)" ]
}

market_went_on() { # MESSAGES: so many more than then
	of status "sum(m['messages'] for m in d['markets']) > $1"
}

has_log_files() {
	for file in executor/combined executor/info executor/trades strategy/signals alert/alerts feed/warn; do
		ls "$state/logs/$file"-*.log >/dev/null || return 1
	done
}

never_shows() { # TEXT: in no file but the key itself, and not on the screen
	! grep -rqaF --exclude-dir=keys "$1" "$home"
}

only_owner_reads() {
	[ "$(stat -c %a "$state")" = 700 ] && [ -z "$(find "$state/keys" -type f -perm /077)" ]
}

echo "== a fresh start"
up --exit-after 60s
wait_until 30 "the first fill is told" progressed 'first fill: (buy|sell) '
wait_until 15 "the first alert is told" progressed 'first alert '
wait_until 15 "every service is told healthy" progressed ' executor healthy \(pid [0-9]+\)'

echo "== looking at it"
wait_until 15 "every service is healthy" of status "[s['state'] for s in d['services']] == 9 * ['HEALTHY']"
wait_until 15 "as many processes run" test "$(processes | wc -l)" -ge 9
wait_until 15 "status names markets, money and bots" of status "len(d['markets']) == 2 and d['money']['equity'] > '0' and len(d['bots']) == 4"
wait_until 15 "orders are a list" of "orders --all" "len(d) > 0 and all(o['client_id'] for o in d)"
wait_until 15 "open orders are open" of orders "all(o['status'] in ('LIVE', 'PARTIAL', 'SENDING', 'INTENT') for o in d)"
wait_until 15 "positions are told" of positions "len(d) > 0 and all(p['bot'] for p in d)"
wait_until 15 "balances are told" of balances "'USDT' in [b['asset'] for b in d]"
wait_until 15 "alerts are told" of alerts "len(d) > 0 and all(a['event'] and a['text'] for a in d)"
wait_until 15 "the same without JSON" ends_with 0 "$bw" status --state "$state"
that "a summary for people" says '^executor +healthy'
wait_until 15 "Redis mirrors the positions" mirrors_positions
wait_until 15 "Redis mirrors the orders" mirrors_orders
that "keys and state are the owner's only" only_owner_reads

echo "== a second start beside it"
that "it is refused" ends_with 6 "$bw" up --state "$state" --exit-after 1s
that "it names the first" says "pid $up_pid"

echo "== halt and arm"
that "a halt needs a reason" ends_with 2 "$bw" halt --state "$state"
that "a halt is confirmed" ends_with 0 "$bw" halt --state "$state" --reason "end-to-end test"
that "status tells it by its exit code" ends_with 7 "$bw" status --state "$state"
wait_until 15 "entries and exits are cancelled" of orders "all(o['purpose'] == 'PROTECT' for o in d)"
sent=$(of status "d['orders']['sent']")
messages=$(of status "sum(m['messages'] for m in d['markets'])")
wait_until 15 "the market moves on" market_went_on "$((messages + 300))"
that "nothing was sent meanwhile" of status "d['orders']['sent'] == $sent"
that "arming needs a reason" ends_with 2 "$bw" arm --state "$state"
that "arming is confirmed" ends_with 0 "$bw" arm --state "$state" --reason "end-to-end test"
wait_until 15 "orders are sent again" of status "d['orders']['sent'] > $sent"
wait_until 15 "status is well again" ends_with 0 "$bw" status --state "$state"

echo "== the end"
up_ends_with 0
that "the report is whole and the books agree" $check "$report" --fills 10
that "it ran for as long as it was told" evaluate "60 <= d['seconds'] < 63" <"$report"
that "the end is told" progressed 'books agree with the exchange: [0-9]+ executions'
that "nothing is left running" nothing_runs
that "each kind of log has its file" has_log_files
that "status says so" ends_with 4 "$bw" status --state "$state"
that "a key was there to be found" grep -qE '^secret: [0-9a-f]{64}$' "$state/keys/venue.key"
for secret in $(sed -n 's/^[a-z_]*key: *//p; s/^secret: *//p' "$state/keys/venue.key"); do
	that "no file shows a secret" never_shows "$secret"
done

echo "== the next start"
fills=$(evaluate "d['fills']" <"$report")
trades=$(evaluate "d['exchange']['trades']" <"$report")
up --exit-after 15s
wait_until 30 "it trades" of status "d['orders']['fills'] >= $fills and len(d['positions']) > 0"
up_ends_with 0
that "the books still agree" $check "$report" --fills "$fills"
that "the exchange kept its ledger" evaluate "d['exchange']['trades'] >= $trades" <"$report"
that "nothing is left running after it" nothing_runs
