#!/bin/sh
# While the stack trades, every service in turn is killed, two at once, two are made to hang, and the supervisor is
# killed: all come back, trading goes on, and at the end no order is lost, doubled or of unknown fate.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/stack.sh

check="/usr/bin/python3 tests/e2e/check_report.py"

pid_of() {
	of status "[s['pid'] for s in d['services'] if s['name'] == '$1'][0]"
}

is_well() { # every service, and trading
	of status "all(s['state'] == 'HEALTHY' for s in d['services']) and d['trading']['status'] == 'NORMAL'"
}

has_another() { # SERVICE PID
	pid=$(pid_of "$1") && [ "$pid" -ne 0 ] && [ "$pid" -ne "$2" ]
}

now_ms() {
	date +%s%3N
}

# comes_back SERVICE PID SINCE
comes_back() {
	wait_until 30 "$1 has another process" has_another "$1" "$2"
	wait_until 30 "everything is well again, $1 too" is_well
	echo "    $1: $(($(now_ms) - $3)) ms"
	sent=$(sends)
	wait_until 30 "orders are sent again" of status "d['orders']['sent'] > $sent"
}

redis_keys() {
	redis-cli -s "$state/run/redis.sock" --raw --scan --pattern "breakwater:executor:position:*" 2>/dev/null | wc -l
}

mirrors_positions() {
	[ "$(redis_keys)" -ge "$(of positions 'len(d)')" ]
}

sends() { # so many orders so far
	of status "d['orders']['sent']"
}

is_told() { # EVENT SERVICE
	of "alerts -n 1000" "any(a['event'] == '$1' and a['text'].startswith('$2 ') for a in d)"
}

up
wait_until 30 "the first fill" progressed 'first fill'
wait_until 30 "everything is well" is_well

for service in exchange feed strategy risk executor alert recovery redis; do
	echo "== $service is killed"
	pid=$(pid_of $service)
	since=$(now_ms)
	kill -KILL "$pid"
	comes_back $service "$pid" "$since"
done
wait_until 10 "Redis was filled again" mirrors_positions

echo "== exchange and executor are killed together"
exchange=$(pid_of exchange)
executor=$(pid_of executor)
since=$(now_ms)
kill -KILL "$exchange" "$executor"
comes_back exchange "$exchange" "$since"
comes_back executor "$executor" "$since"

for service in risk recovery; do
	echo "== $service hangs"
	pid=$(pid_of $service)
	since=$(now_ms)
	kill -STOP "$pid"
	comes_back $service "$pid" "$since"
done

echo "== the supervisor is killed"
pid=$(pid_of supervisor)
since=$(now_ms)
kill -KILL "$pid"
comes_back supervisor "$pid" "$since"

fills=$(of status "d['orders']['fills']")
wait_until 30 "it still trades" of status "d['orders']['fills'] > $fills"
for service in exchange feed strategy risk executor alert recovery redis; do
	wait_until 15 "the end of $service was told" is_told service.ended $service
done
for service in exchange feed strategy risk executor alert; do
	wait_until 15 "it was told that $service is back" is_told service.back $service
done
wait_until 15 "the hang of risk was told" is_told service.restart risk
wait_until 15 "the hang of recovery was told" is_told service.restart recovery

kill -TERM "$up_pid"
up_ends_with 0
that "the books agree after all that" $check "$report" --restarted --fills "$fills"
that "restarts are counted" evaluate \
	"{s['name']: s['restarts'] for s in d['services']} == dict(supervisor=1, redis=2, exchange=3, feed=2, strategy=2, risk=3, executor=3, alert=2, recovery=3)" <"$report"
that "nothing is left running" nothing_runs
